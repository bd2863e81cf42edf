import Testing

@testable import OutboundKit

@Suite struct MessageWriterTests {
    @Test func request() throws {
        var writer = MessageWriter(request: .register, uri: SIPURI(host: "2001:db8::1", port: 5070))
        writer.header(.maxForwards, 70)
        writer.header("X-Note", "a: b")
        let octets = writer.finish(body: [0x61, 0x62], contentType: "text/plain")
        let expected =
            "REGISTER sip:[2001:db8::1]:5070 SIP/2.0\nMax-Forwards: 70\nX-Note: a: b\nContent-Type: text/plain\n"
            + "Content-Length: 2\n\nab"
        #expect(octets == wire(expected))
    }

    @Test func responseCopiesWhatRFC3261Says() throws {
        let request = try parsed(
            "OPTIONS sip:a SIP/2.0\nv: SIP/2.0/TCP a;branch=z9hG4bK1,\n SIP/2.0/UDP b\nf: <sip:x@y>;tag=1\nt: sip:u@v\n"
                + "Via: SIP/2.0/UDP c\ni: call\nCSeq: 4 OPTIONS\nl: 0\n\n")
        let octets = MessageWriter(status: 200, reason: "OK", to: request, toTag: "t9").finish()
        let response = try parsed(octets)
        #expect(
            octets
                == wire(
                    "SIP/2.0 200 OK\nVia: SIP/2.0/TCP a;branch=z9hG4bK1, SIP/2.0/UDP b\nVia: SIP/2.0/UDP c\n"
                        + "From: <sip:x@y>;tag=1\nTo: sip:u@v;tag=t9\nCall-ID: call\nCSeq: 4 OPTIONS\n"
                        + "Content-Length: 0\n\n"))
        #expect(response.viaCount == 3 && response.faults() == [] && response.method == .options)
        // A To that has its tag keeps it.
        let again = MessageWriter(status: 500, reason: "", to: response, toTag: "other").finish()
        #expect(try parsed(again).nameAddrs(.to).first?.parameter("tag") == "t9")
    }

    /// What a peer put into a copied field can never begin a line of ours.
    @Test func foldsAndControlsAreNotEchoed() throws {
        let request = try parsed(
            Array("OPTIONS sip:a SIP/2.0\r\nCall-ID: a\r\n\t b\rVia: x\u{0}y\r\nl: 0\r\n\r\n".utf8))
        let text = String(decoding: MessageWriter(status: 400, reason: "No", to: request).finish(), as: UTF8.self)
        #expect(text == "SIP/2.0 400 No\r\nCall-ID: a b Via: x y\r\nContent-Length: 0\r\n\r\n")
    }

    /// Typed values of a peer can be written again: a fold in them is one blank (RFC 3261 §7.3.1), and what no line may hold
    /// is gone.
    @Test(arguments: [
        (#""Alice\r\n Example" <sip:a@b>;tag=1;x="p \r\n\t q""#, #""Alice Example" <sip:a@b>;tag=1;x="p q""#),
        ("Alice\r\n  Example \r\n <sip:a@b>;tag=1", #""Alice Example" <sip:a@b>;tag=1"#),
        ("\"a\\\u{0}b\u{0}\" <sip:a@b>;tag=cd", "\"a\\\u{0}b \" <sip:a@b>;tag=cd"),
        ("\"a\\\r\n b\" <sip:a@b>", #""a b" <sip:a@b>"#),
    ])
    func typedValuesCanBeWritten(_ value: String, _ expected: String) throws {
        let value = value.replacing("\\r", with: "\r").replacing("\\n", with: "\n").replacing("\\t", with: "\t")
        let request = try parsed(Array("OPTIONS sip:a SIP/2.0\r\nFrom: \(value)\r\nl: 0\r\n\r\n".utf8))
        let from = try #require(try request.nameAddrs(.from).first)
        var writer = MessageWriter(request: "OPTIONS", uri: "sip:b")
        writer.header(.from, from.description)
        let again = try parsed(writer.finish())
        #expect(again.first(.from).map { again.text($0.value) } == expected)
        #expect(try again.nameAddrs(.from).first == from)
    }

    @Test func parametersHoldNoNUL() throws {
        let request = try parsed(Array("OPTIONS sip:a SIP/2.0\r\nFrom: <sip:a@b>;tag=c\u{0}d\r\nl: 0\r\n\r\n".utf8))
        #expect(parseError { _ = try request.nameAddrs(.from) }?.code == .trailing)
    }

    @Test func reasonOfAPeer() throws {
        let response = MessageWriter(status: 486, reason: "Busy\u{0}Here\r\n There\n").finish()
        #expect(response == wire("SIP/2.0 486 Busy Here There \nContent-Length: 0\n\n"))
    }

    @Test func piecesOfAPeerAreUnfolded() {
        #expect(MessageWriter.unfolded("<sip:a@b;lr>\r\n\t ;x=1") == "<sip:a@b;lr> ;x=1")
        #expect(MessageWriter.unfolded("a\rVia: x\u{0}y\n") == "a Via: x y ")
        #expect(MessageWriter.unfolded("as it is") == "as it is")
    }

    @Test func everyFieldCanBeCopied() throws {
        let message = try parsed("OPTIONS sip:a SIP/2.0\nv: x\nX-Own :  1\n\t2\nl: 0\n\n")
        var writer = MessageWriter(request: "OPTIONS", uri: "sip:b")
        for field in message.headers where field.name != .contentLength { writer.copy(field, from: message) }
        #expect(writer.finish() == wire("OPTIONS sip:b SIP/2.0\nVia: x\nX-Own: 1 2\nContent-Length: 0\n\n"))
    }

    /// Written and read again, a generated message is the same.
    @Test(arguments: 0..<50) func roundTrip(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let words = ["a", "b\u{00E9}", "x=y", "\"q,\"", "<sip:a@b>", "1,2", ";", "%41", "(c)"]
        var writer = MessageWriter(
            request: SIPMethod.allCases.dropFirst().randomElement(using: &generator) ?? .options, uri: SIPURI(host: "h")
        )
        var expected: [String] = []
        for index in 0..<Int.random(in: 0...40, using: &generator) {
            let words = (0..<Int.random(in: 0...5, using: &generator)).compactMap { _ in
                words.randomElement(using: &generator)
            }
            let value = words.joined(separator: " ")
            let name =
                HeaderName.allCases.filter { $0 != .contentLength && $0 != .other }.randomElement(using: &generator)
                ?? .via
            if index % 3 == 0 { writer.header("X-\(index)", value) } else { writer.header(name, value) }
            expected.append(value)
        }
        let body = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        let octets = writer.finish(body: body)
        let message = try parsed(octets)
        #expect(message.headers.dropLast().map { message.text($0.value) } == expected, "seed \(seed)")
        #expect(Array(message.bytes[message.body.range]) == body, "seed \(seed)")
        #expect(message.defects == [], "seed \(seed)")
        #expect(frame([octets, octets]).count == 2, "seed \(seed)")
    }
}
