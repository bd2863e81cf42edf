import Testing

@testable import OutboundKit

/// Text as logs, terminals and other tools print messages: what they did to the lines is undone where nothing else it can be.
@Suite struct PastedTextTests {
    private static let head = """
        REGISTER sip:example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>
        Call-ID: 1
        CSeq: 1 REGISTER
        Contact: <sip:alice@192.0.2.7>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"
        Content-Length: 0
        """
    private static let answer = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport=5060
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>;tag=2
        Call-ID: 1
        CSeq: 1 REGISTER
        Content-Length: 0
        """
    private static let register = wire(head + "\n\n")
    private static let ok = wire(answer + "\n\n")

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func read(_ text: String) -> Transcript { Transcript.read(Array(text.utf8)) }

    private func only(_ text: String) throws -> TranscriptMessage {
        let transcript = read(text)
        #expect(transcript.messages.count == 1)
        return try #require(transcript.messages.first)
    }

    // MARK: Line ends in print

    @Test(arguments: [".", "^M", "^M$", "#015", "$"]) func whatStandsForCR(_ tail: String) throws {
        let text = Self.lines(Self.head + "\n").map { $0 + tail + "\n" }.joined()
        let found = try only("U 192.0.2.7:5060 -> 192.0.2.1:5060\n" + text + "\n")
        #expect(found.octets == Self.register && found.repairs == [.tail(tail)] && found.line == 2)
        let response = Self.lines(Self.answer + "\n").map { $0 + tail + "\n" }.joined()
        #expect(read(text + "\n" + response).messages.map(\.octets) == [Self.register, Self.ok])
    }

    @Test func bodiesBehindDots() throws {
        let head = Self.head.replacing("Content-Length: 0", with: "Content-Length: 12")
        for (body, octets) in [("v=0.\ns=x. .\n", "v=0\r\ns=x. \r\n"), ("v=0.\ns=12345\n", "v=0\r\ns=12345")] {
            let text = Self.lines(head + "\n").map { $0 + ".\n" }.joined() + body + "\n"
            let found = try only(text)
            #expect(String(decoding: found.octets, as: UTF8.self).hasSuffix("\r\n\r\n" + octets), "\(body)")
        }
    }

    /// A dot that one line lacks is no CR, nor is one without the empty line.
    @Test func dotsOfTheMessageStay() throws {
        let dotted = Self.lines(Self.answer).map { $0 + "." }
        for lines in [dotted + [""], dotted.dropLast() + ["X: y", ".", ""]] {
            let found = try only(lines.joined(separator: "\n") + "\n")
            #expect(String(decoding: found.octets, as: UTF8.self).hasPrefix("SIP/2.0 200 OK.\r\nVia"))
        }
    }

    // MARK: Margins

    private static func numbered(_ text: String, _ margin: (Int) -> String) -> String {
        lines(text).enumerated().map { margin($0.offset + 8) + $0.element + "\n" }.joined()
    }

    private static let margins: [@Sendable (Int) -> String] = [
        { "2024-01-02T10:11:12.\(1_000_000 + $0)Z " }, { "\($0):" }, { $0 < 10 ? "     \($0)\t" : "    \($0)\t" },
        { "Nov  6 10:23:\($0 + 10) edge1 proxy[77]: INFO: " }, { "10:11:\($0) D/Sip: " },
    ]

    @Test(arguments: margins.indices) func marginsThatCount(_ row: Int) throws {
        let text = Self.numbered(Self.head + "\n\n" + Self.answer + "\n", Self.margins[row])
        let transcript = read("log:\n" + text)
        #expect(transcript.messages.map(\.octets) == [Self.register, Self.ok])
        #expect(transcript.messages.map(\.line) == [2, 11] && transcript.otherLines == 1)
        let place = try #require(transcript.messages.first?.place(line: 4, column: 1))
        #expect(place == (5, 1 + Self.margins[row](11).utf8.count))
        // What takes off blanks at the ends of lines takes off that of the empty line too.
        let trimmed = Self.lines(text).map { $0.last == " " ? String($0.dropLast()) : $0 }.joined(separator: "\n")
        #expect(read(trimmed).messages.map(\.octets) == [Self.register, Self.ok])
    }

    /// The lines of two processes stand between each other: they are not put together.
    @Test(arguments: [("edge[7]: ", "edge[8]: "), ("edge1: ", "edge2: "), ("192.0.2.1: ", "192.0.2.2: ")])
    func digitsThatName(_ margin: String, _ other: String) throws {
        var lines = Self.lines(Self.head + "\n").map { "12:00:01 " + margin + $0 }
        lines.insert("12:00:01 " + other + "Supported: outbound", at: 6)
        let found = try only(lines.joined(separator: "\n"))
        #expect(!String(decoding: found.octets, as: UTF8.self).contains("Supported"))
        #expect(found.repairs.contains(.emptyLine))
    }

    @Test func anotherMarginBeforeTheStartLine() throws {
        let lines = Self.lines(Self.head)
        let text =
            "10:00:01:1 UA:192.0.2.7:5060 Rx " + lines[0] + "\n"
            + lines.dropFirst().map { "10:00:01:1 UA:192.0.2.7:5060 \($0)\n" }.joined()
        let found = try only(text + "\n10:00:02:7 next\n")
        #expect(found.octets == Self.register)
        #expect(
            found.repairs == [
                .margin("10:00:01:1 UA:192.0.2.7:5060 Rx "), .lineMargin("10:00:01:1 UA:192.0.2.7:5060 "), .lineEnds,
            ])
        // grep -n: another sign behind the numbers of lines around the match.
        let grep =
            "8:" + lines[0] + "\n" + lines.dropFirst().enumerated().map { "\($0.offset + 9)-\($0.element)\n" }.joined()
        #expect(try only(grep + "16-\n").octets == Self.register)
    }

    @Test(arguments: [
        "2024-01-02 10:11:12,123 DEBUG transport: sending: ", "11-06 10:23:55.123  1234  1250 D Sip: ",
        "MESSAGE channel: sent: ", "[DEBUG] sip.c:77 ",
    ]) func aPrefixIsNoMethod(_ prefix: String) throws {
        let alone = try only(prefix + Self.head + "\n\n")
        #expect(alone.octets == Self.register && alone.repairs == [.margin(prefix), .lineEnds])
        let all = try only(Self.lines(Self.head + "\n").map { prefix + $0 + "\n" }.joined())
        #expect(all.octets == Self.register)
    }

    /// Methods that nobody knows are methods.
    @Test(arguments: ["NEWMETHOD", "X-Y", "a.b", "register"]) func anUnknownMethod(_ method: String) throws {
        let text = Self.head.replacing("REGISTER", with: method)
        #expect(try only(text + "\n\n").octets == wire(text + "\n\n"))
    }

    @Test func packetsAsCharacters() throws {
        let title = "12:13:58.723867 IP 192.0.2.7.5060 > 192.0.2.1.5060: UDP, length 368\n"
        for headers in ["E.....@.@..:\n...\n..4..c..x..", "E..=....@.......3d...B)x", "E..=....@.......)..."] {
            let transcript = read(title + headers + Self.head + "\n\n\n" + title + headers + Self.answer + "\n\n")
            #expect(transcript.messages.map(\.octets) == [Self.register, Self.ok], "\(headers)")
        }
        // Without such a line above it nobody can tell where the method begins.
        #expect(read("..4..c.xB" + Self.head + "\n\n").messages.isEmpty)
    }

    // MARK: Where messages end

    @Test func logsBetweenMessagesOfCRLF() throws {
        let register = String(decoding: Self.register, as: UTF8.self)
        let ok = String(decoding: Self.ok, as: UTF8.self)
        let transcript = read("a.js:9 sending:\(register) +2ms\na.js:9 received:\(ok) +20ms\n")
        #expect(transcript.messages.map(\.octets) == [Self.register, Self.ok] && transcript.otherLines == 2)
        let follow = read("401\n\(register)\n\t430\n\t\(ok)\n")
        #expect(follow.messages.map(\.octets) == [Self.register, Self.ok] && follow.otherLines == 2)
    }

    private static func invite(_ type: String, _ length: Int) -> String {
        head.replacing("REGISTER", with: "INVITE").replacing(
            "Content-Length: 0", with: "Content-Type: \(type)\nContent-Length: \(length)")
    }

    @Test func theNextMessageEndsABody() throws {
        for (body, found) in [("", 0), ("v=0\n", 3)] {
            let text = Self.invite("application/sdp", 150) + "\n\n" + body + "\n" + Self.answer + "\n\n"
            let transcript = read(text)
            #expect(transcript.messages.count == 2 && transcript.messages.last?.octets == Self.ok)
            let repair = TranscriptMessage.Repair.bodyLength(announced: 150, found: found, isCut: true)
            #expect(transcript.messages.first?.repairs == [.lineEnds, repair])
            let prefixed = text.replacing("\nSIP/2.0 200", with: "\n12:00:01 received: SIP/2.0 200")
            #expect(read(prefixed).messages.last?.octets == Self.ok)
        }
    }

    @Test func aBodyOfSIPIsWhole() throws {
        let body = Self.answer + "\n\n"
        for type in ["message/sip", "message/sipfrag;version=2.0", "multipart/mixed;boundary=b", "text/plain"] {
            let found = try only(Self.invite(type, wire(body).count) + "\n\n" + body)
            #expect(found.octets == wire(Self.invite(type, wire(body).count) + "\n\n" + body), "\(type)")
        }
        #expect(read(Self.invite("text/plain", 900) + "\n\n" + body).messages.count == 2)
    }

    /// What the line ends were a paste does not show.
    @Test func lengthsOfPastedBodiesAreNotJudged() throws {
        for (length, body) in [(150, "v=0\n"), (150, ""), (3, "v=0\ns=x\n")] {
            let found = try only(Self.invite("application/sdp", length) + "\n\n" + body)
            func pieces(_ unsure: Bool) -> [String] {
                inspected(found.octets) { $0.isLengthUnsure = unsure }.malformed.map(\.rule)
            }
            #expect(
                found.hasUnsureLength
                    == (found.octets.count != wire(Self.invite("application/sdp", length) + "\n\n").count + length))
            #expect(!pieces(found.hasUnsureLength).contains("Content-Length"))
            #expect(pieces(false).contains("Content-Length") == found.hasUnsureLength)
        }
        // With CRLF at its lines it is as it was.
        #expect(
            try !only(String(decoding: wire(Self.invite("application/sdp", 150) + "\n\nv=0\n"), as: UTF8.self))
                .hasUnsureLength)
    }

    @Test(arguments: ["```", "~~~", "````text"]) func theFenceEndsAMessage(_ fence: String) throws {
        let closing = String(fence.prefix { !$0.isLetter })
        let block = "\(fence)\n\(Self.head)\n\(closing)\n"
        let transcript = read(
            "We send:\n" + block + "and get\n" + block.replacing(Self.head, with: Self.answer) + "\nNot so?\n")
        #expect(transcript.messages.map(\.octets) == [Self.register, Self.ok])
        #expect(transcript.messages.allSatisfy { $0.repairs.contains(.emptyLine) })
        let onWire = read(block.replacing("\n", with: "\r\n"))
        #expect(onWire.messages.map(\.octets) == [Self.register])
        // Without an opening one it is a line of the message.
        let line = try only(Self.head + "\n" + closing + "\n\n")
        #expect(String(decoding: line.octets, as: UTF8.self).contains(closing))
    }

    @Test func everySecondLineIsBlank() throws {
        let text = Self.lines(Self.head + "\n").map { $0 + "\n\n" }.joined()
        let transcript = read(text + text)
        #expect(transcript.messages.map(\.octets) == [Self.register, Self.register])
        #expect(transcript.messages.allSatisfy { $0.repairs == [.doubled, .lineEnds] })
        #expect(try #require(transcript.messages.first?.place(line: 3, column: 2)) == (5, 2))
        // One blank line ends the header, whatever its body says.
        let body = "To: you\n\nAnd more\n"
        let found = try only(Self.head.prefix { $0 != "F" } + "\n" + body)
        #expect(found.repairs == [.lineEnds])
    }

    // MARK: What is no message

    @Test(arguments: [
        "Hello all\nNote: this holds no SIP\n", "====\nFollow: udp,raw\nFilter: udp.stream eq 0\n",
        "To: me\nSubject: hi\n",
        "INFO starting\nServer: ready\n", "2024-01-02 10:00 using SIP/2.0\nServer: ready\n",
    ]) func textWithColons(_ text: String) {
        #expect(read(text).messages.isEmpty)
    }

    @Test func brokenMessagesAreShown() throws {
        for first in [
            "REGISTER sip:example.com", "REGISTER example.com SIP/2.0", "SIP/2.0", "REGSTER sip:example.com SIP/2.0",
        ] {
            #expect(try only(first + "\nX-Y: 1\n\n").octets == wire(first + "\nX-Y: 1\n\n"), "\(first)")
        }
        let cut = "lp: SIP/2.0\n" + Self.lines(Self.head).dropFirst().joined(separator: "\n") + "\n\n"
        #expect(try only(cut).octets == wire(cut))
    }

    // MARK: Colours and escapes

    @Test func coloursOfATerminal() throws {
        let each = Self.lines(Self.head).map { "\u{1B}[32m" + $0 + "\u{1B}[0m\n" }.joined() + "\n"
        #expect(try only(each).octets == Self.register && only(each).repairs == [.colours, .lineEnds])
        let block = "\u{1B}[1;33m" + Self.head + "\n\n\u{1B}[0m\nend\n"
        #expect(try only(block).octets == Self.register && only(block).repairs == [.colours, .lineEnds])
        let grep = Self.head.replacing("Contact", with: "\u{1B}[01;31m\u{1B}[KContact\u{1B}[m\u{1B}[K") + "\n\n"
        #expect(try only(grep).octets == Self.register)
        // What a peer has sent stays.
        for sent in [
            Self.head.replacing("Call-ID: 1", with: "Call-ID: \u{1B}[31m1") + "\n\n",
            Self.answer.replacing("200 OK", with: "200 \u{1B}[31mOK") + "\n\n",
        ] {
            #expect(try only(String(decoding: wire(sent), as: UTF8.self)).octets == wire(sent))
            #expect(try only(sent).octets == wire(sent))
        }
        let field = wire(Self.head.replacing("CSeq", with: "\u{1B}[31mCSeq") + "\n\n")
        #expect(try only(String(decoding: field, as: UTF8.self)).octets == field)
    }

    @Test(arguments: ["\\r\\n", "#015#012"]) func lineEndsInPrint(_ end: String) throws {
        let text = (Self.head + "\n\n").replacing("\n", with: end)
        let found = try only("Nov  6 10:23:55 edge proxy[7]: " + text + "\nnext line\n")
        #expect(found.octets == Self.register && found.place(line: 2, column: 1) == nil)
        #expect(found.repairs == [.margin("Nov  6 10:23:55 edge proxy[7]: "), .escapes(end)])
        var report = InspectReport(isStrict: false)
        report.add(inspected(found.octets), of: found, in: "log")
        #expect(report.entries.first?.place(line: 2, column: 5) == "log, message in line 1, 2:5")
        let cut = try only(String(text.dropLast(3 * end.count + 3)))
        #expect(cut.repairs == [.escapes(end), .emptyLine] && cut.octets.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A])
        #expect(read("\(end)\(end)\n").messages.isEmpty)
        #expect(read("use REGISTER sip:example.com SIP/2.0\(end) and no more\n").messages.isEmpty)
    }

    @Test func stringsOfJSON() throws {
        let string = (Self.head + "\n\n").replacing("\"", with: "\\\"").replacing("\n", with: "\\r\\n")
        let found = try only("{\"at\":1,\"message\":\"\(string)\",\"to\":\"x\"}\n")
        #expect(found.octets == Self.register && found.line == 1)
    }
}
