import Testing

@testable import OutboundKit

@Suite struct ServerBookTests {
    /// Methods are told by case (RFC 3261 §7.1): what the request line calls `Register` is none, whatever CSeq says.
    @Test func aRequestLineMayBelieItsCSeq() throws {
        var book = ServerBook()
        for (line, direction) in [
            ("Register sip:example.com SIP/2.0", FlowEvent.Direction.fromClient), ("SIP/2.0 200 OK", .fromServer),
        ] {
            let text =
                "\(line)\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@example.com>;tag=1\r\n"
                + "To: <sip:a@example.com>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
            var message = SIPMessage()
            try MessageParser.parse(Array(text.utf8).span.bytes, into: &message)
            book.observe(message, FlowID(1), direction, Timestamp(seconds: 1), 1)
        }
        #expect(book.registrations.isEmpty)
    }
}
