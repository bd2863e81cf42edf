import Testing

@testable import OutboundKit

/// Messages in all the ways in which people keep them.
@Suite struct TranscriptTests {
    static let message = wire(
        """
        MESSAGE sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport
        From: <sip:alice@example.com>;tag=1
        To: <sip:bob@example.com>
        Call-ID: 1
        CSeq: 1 MESSAGE
        Content-Type: text/plain
        Content-Length: 14

        SIP/2.0 200 OK
        """)

    private static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    /// Without CR, as after a paste.
    private static let pasted = text(message).replacing("\r\n", with: "\n")

    private func only(_ octets: [UInt8]) throws -> TranscriptMessage {
        let transcript = Transcript.read(octets)
        #expect(transcript.messages.count == 1)
        return try #require(transcript.messages.first)
    }

    @Test func asOnTheWire() throws {
        let found = try only(Self.message)
        #expect(found.octets == Self.message && found.repairs == [] && found.line == 1 && found.dump == nil)
    }

    @Test func severalOnAStream() throws {
        let transcript = Transcript.read([0x0D, 0x0A, 0x0D, 0x0A] + Self.message + Self.message + [0x0D, 0x0A])
        #expect(transcript.messages.map(\.octets) == [Self.message, Self.message])
        // The body has no line end: the second begins on its line.
        #expect(transcript.messages.map(\.line) == [3, 12] && transcript.otherLines == 0)
        #expect(try #require(transcript.messages.last?.place(line: 1, column: 1)) == (12, 15))
        #expect(try #require(transcript.messages.last?.place(line: 2, column: 1)) == (13, 1))
    }

    @Test func pastedWithLineFeeds() throws {
        let found = try only(Array(Self.pasted.utf8))
        #expect(found.octets == Self.message && found.repairs == [.lineEnds])
        let many = Transcript.read(Array((Self.pasted + "\n\n" + Self.pasted + "\n").utf8))
        #expect(many.messages.map(\.octets) == [Self.message, Self.message])
        #expect(many.messages.map(\.line) == [1, 12])
    }

    @Test func withoutItsEmptyLine() throws {
        let head = Self.pasted.prefix { $0 != "T" } + "To: <sip:b@example.com>"
        let found = try only(Array(head.utf8))
        #expect(found.repairs == [.lineEnds, .emptyLine] && found.octets.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A])
        let kept = try only(wire(head + "\n"))
        #expect(kept.repairs == [.emptyLine] && kept.octets == found.octets)
    }

    @Test(arguments: ["> ", "    ", "12:00:01 edge[7]: "]) func withAMargin(_ margin: String) throws {
        let lines = Self.pasted.split(separator: "\n", omittingEmptySubsequences: false)
        let text = "seen today:\n" + lines.map { margin + $0 }.joined(separator: "\n") + "\nthat is all\n"
        let transcript = Transcript.read(Array(text.utf8))
        let found = try #require(transcript.messages.first)
        #expect(found.octets == Self.message && found.repairs == [.margin(margin), .lineEnds])
        #expect(found.line == 2 && transcript.otherLines == 2)
        #expect(try #require(found.place(line: 3, column: 1)) == (4, 1 + margin.count))
    }

    @Test func aLogPrefixBeforeTheFirstLineAlone() throws {
        let found = try only(Array(("Nov 26 12:00:01 edge[7]: received: " + Self.pasted).utf8))
        #expect(found.octets == Self.message)
        #expect(try #require(found.place(line: 2, column: 5)) == (2, 5))
    }

    /// A word before the start-line that goes on in no header is prose.
    @Test func proseIsNoMessage() {
        for text in [
            "the phone sent REGISTER sip:example.com SIP/2.0\nand got 403\n", "hello\nworld\n", "\n\n", "a: b\n",
        ] {
            #expect(Transcript.read(Array(text.utf8)).messages.isEmpty, "\(text)")
        }
    }

    @Test func aFirstLineThatIsNoStartLineIsStillShown() throws {
        let found = try only(wire("REGISTER sip:example.com\nVia: SIP/2.0/UDP 192.0.2.7\n\n"))
        #expect(parseError { _ = try parsed(found.octets) }?.rule.description == "Request-URI")
    }

    @Test func bodiesWithLineFeedsOfTheirOwn() throws {
        let body = "<?xml version=\"1.0\"?>\n<presence>\n</presence>"
        let head = "PUBLISH sip:a@example.com SIP/2.0\nContent-Length: \(body.utf8.count)\n\n"
        #expect(try only(Array((head + body + "\n").utf8)).octets == wire(head) + Array(body.utf8))
    }

    @Test func whatFollowsContentLengthStaysWithTheMessage() throws {
        let found = try only(wire("BYE sip:a@example.com SIP/2.0\nContent-Length: 0\n\nv=0\n"))
        #expect(Self.text(found.octets).hasSuffix("v=0\r\n"))
    }

    /// A message without its end does not swallow the next.
    @Test func theNextMessageEndsOneWithoutAnEnd() throws {
        let first = wire("BYE sip:a@example.com SIP/2.0\nVia: x\n")
        let transcript = Transcript.read(first + Self.message)
        #expect(transcript.messages.map(\.octets) == [first + [0x0D, 0x0A], Self.message])
        let long = wire("BYE sip:a@example.com SIP/2.0\nX: \(String(repeating: "a", count: 20_000))\n\n")
        #expect(Transcript.read(long + Self.message).messages.map(\.octets) == [long, Self.message])
    }

    @Test func tooManyMessages() {
        let one = wire("BYE sip:a@example.com SIP/2.0\nContent-Length: 0\n\n")
        let many = Transcript.read((0...Transcript.maximumMessages).flatMap { _ in one })
        #expect(many.messages.count == Transcript.maximumMessages && many.isCutShort)
    }

    // MARK: Hex dumps

    /// How the tools print octets, made by hand: offset, octets, characters.
    private static func dump(_ octets: [UInt8], line: (Int, ArraySlice<UInt8>) -> String) -> [UInt8] {
        let lines = stride(from: 0, to: octets.count, by: 16).map { line($0, octets[$0..<min($0 + 16, octets.count)]) }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func padded(_ number: Int, _ radix: Int, _ width: Int) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func characters(_ octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets.map { ASCII.isPrintable($0) ? $0 : ASCII.dot }, as: UTF8.self)
    }

    @Test func likeTshark() throws {
        // A packet has headers before the message, whose last octet may be a letter.
        let packet = [UInt8](repeating: 0x45, count: 42) + Self.message
        let text = Self.dump(packet) { offset, octets in
            let hex = octets.map { Self.padded(Int($0), 16, 2) }.joined(separator: " ")
            return "\(Self.padded(offset, 16, 4))  \(hex)\(String(repeating: " ", count: 50 - hex.count))"
                + Self.characters(octets)
        }
        let found = try only(Array("Frame (300 bytes):\n\n".utf8) + text)
        #expect(found.octets == Self.message && found.dump == 1 && found.place(line: 1, column: 1) == nil)
    }

    @Test func severalDumpsAndSomeWithoutSIP() throws {
        func tshark(_ octets: [UInt8]) -> [UInt8] {
            Self.dump(octets) { offset, octets in
                "\(Self.padded(offset, 16, 4))  " + octets.map { Self.padded(Int($0), 16, 2) }.joined(separator: " ")
            } + [0x0A]
        }
        let transcript = Transcript.read(tshark(Self.message) + tshark([0, 1, 0, 0]) + tshark(Self.message))
        #expect(transcript.messages.map(\.octets) == [Self.message, Self.message])
        #expect(transcript.messages.map(\.dump) == [1, 3] && transcript.dumpsWithoutSIP == 1)
    }

    private static let tools: [[String]] = [
        ["xxd"], ["xxd", "-g", "1"], ["xxd", "-c", "8"], ["xxd", "-u"], ["hexdump", "-C"], ["od", "-tx1"],
        ["od", "-A", "x", "-tx1z"], ["od", "-tx1", "-w8"], ["xxd", "-p"], ["xxd", "-p", "-u"],
        ["xxd", "-p", "-c", "24"], ["xxd", "-p", "-c", "256"], ["hexdump"], ["od", "-x"], ["od", "-A", "x", "-x"],
    ]

    @Test(
        .enabled(if: ShellTool.has("xxd", "hexdump", "od"), "xxd, hexdump or od is not installed"), arguments: tools)
    func asTheToolsPrint(_ words: [String]) throws {
        let scratch = try CaptureScratch()
        // Octets that repeat are printed once, with a star.
        let long = Self.message.prefix { $0 != 0x43 } + wire("Subject: \(String(repeating: "ab cd ", count: 40))\n")
        // Of an odd number of octets too, where numbers of 16 bits are filled up.
        let odd = Array(Self.text(Self.message).replacing("Call-ID: 1", with: "Call-ID: 12").utf8)
        for octets in [Self.message, Array(long) + wire("Content-Length: 0\n\n"), odd] {
            let file = try scratch.write(octets, "message")
            let printed = try ShellTool.run(words[0], Array(words.dropFirst()) + [file])
            #expect(try only(printed).octets == octets, "\(words)")
        }
    }

    @Test(.enabled(if: ShellTool.has("hexdump"), "hexdump is not installed")) func repeatedLinesOfADump() throws {
        let octets = wire(
            "BYE sip:a@example.com SIP/2.0\nX: \(String(repeating: "a", count: 200))\nContent-Length: 0\n\n")
        let scratch = try CaptureScratch()
        let printed = try ShellTool.run("hexdump", ["-C", try scratch.write(octets, "message")])
        #expect(printed.contains(ASCII.star))
        #expect(try only(printed).octets == octets)
    }

    @Test func textIsNoDump() {
        for text in [
            "0000 is the code\n0001 too\n", "dead beef cafe\n", "abcd\n", "0x0000 0x0001\n", "abcdef0123456789\n",
            "0123456789012345678\n",
        ] {
            #expect(HexDump.find(in: Array(text.utf8).span.bytes).allSatisfy { $0.octets.count < 8 }, "\(text)")
        }
    }

    /// A body of digits is one however long it is, under a start-line with or without something before it.
    @Test(arguments: ["", "12:00:01 edge[7]: "]) func aBodyOfDigitsIsNoDump(_ prefix: String) throws {
        let line = String(repeating: "0123456789abcdef", count: 4)
        let body = [String](repeating: line, count: 20).joined(separator: "\r\n")
        let head = "MESSAGE sip:b@example.com SIP/2.0\nCSeq: 1 MESSAGE\nContent-Length: \(body.utf8.count)\n\n"
        let message = wire(head) + Array(body.utf8)
        let found = try only(Array(prefix.utf8) + message)
        #expect(found.octets == message && found.dump == nil)
        let pasted = Self.text(Array(prefix.utf8) + message).replacing("\r\n", with: "\n")
        #expect(try only(Array(pasted.utf8)).octets == message)
    }

    @Test func fuzzEntryRunsOverTheCorpus() throws {
        for octets in MutationTests.corpus + [Self.message, Array(Self.pasted.utf8)] {
            TranscriptFuzz.run(octets.span.bytes)
            let hex = Self.dump(octets) { offset, octets in
                "\(Self.padded(offset, 16, 8)): " + octets.map { Self.padded(Int($0), 16, 2) }.joined(separator: " ")
            }
            TranscriptFuzz.run(hex.span.bytes)
        }
    }
}
