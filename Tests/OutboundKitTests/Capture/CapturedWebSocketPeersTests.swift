import Testing

@testable import OutboundKit

/// WebSockets in captures whose ends do what few do: allowed, odd, and wrong.
@Suite struct CapturedWebSocketPeersTests {
    typealias Talk = CapturedWebSocketTests.Talk
    typealias Builder = CaptureBuilder

    private static let agreed = "Sec-WebSocket-Protocol: sip\r\n"
    private static let opened = CapturedWebSocketTests.open

    /// Pings by their payloads, and the Pongs after them.
    struct PongRow: CustomTestStringConvertible, Sendable {
        let name: String
        let pings: [[UInt8]]
        let pongs: [[UInt8]]
        /// What the capture's reader says of the Pongs.
        let words: [String]
        var testDescription: String { name }
    }

    private static let pong = "f1 S webSocket pong"

    static let pongRows: [PongRow] = [
        PongRow(name: "each its own", pings: [[1], [2]], pongs: [[1], [2]], words: [pong, pong]),
        PongRow(name: "the last for both", pings: [[1], [2]], pongs: [[2]], words: [pong, pong]),
        PongRow(name: "without payload for both", pings: [[], []], pongs: [[]], words: [pong, pong]),
        PongRow(name: "another payload", pings: [[1, 2]], pongs: [[3, 4, 5]], words: ["f1 S unrecognized 3"]),
        PongRow(name: "an empty one", pings: [[1, 2]], pongs: [[]], words: ["f1 S unrecognized 0"]),
        PongRow(name: "twice", pings: [[7]], pongs: [[7], [7]], words: [pong, "f1 S unrecognized 1"]),
        PongRow(name: "of nobody's Ping", pings: [], pongs: [[9]], words: ["f1 S unrecognized 1"]),
    ]

    @Test(arguments: pongRows)
    func pongsAnswerThePingWhosePayloadTheyCarry(_ row: PongRow) {
        var talk = Talk()
        talk.handshake()
        for ping in row.pings { talk.frame(.ping, ping) }
        for pong in row.pongs { talk.frame(.pong, pong, fromClient: false) }
        #expect(
            talk.words == [Self.opened] + row.pings.map { _ in "f1 C webSocket ping" } + row.words + ["f1 end"])
    }

    /// Where only one direction was captured, its Pongs stand for themselves.
    @Test func pongsOfHalfAConnection() {
        var half = Builder()
        half.segment([], sequence: 1000, flags: 0x02)
        half.segment([], fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 0x12)
        let octets = Array((CapturedWebSocketTests.answer + Self.agreed + "\r\n").utf8)
        half.segment(octets, fromClient: false, sequence: 5001)
        half.segment(
            WebSocketFrame(.pong, [1]).encoded(maskingKey: nil), fromClient: false,
            sequence: 5001 + UInt32(octets.count))
        #expect(EventLog.words(of: half.bytes).words == [Self.opened, Self.pong, "f1 end"])
    }

    struct HandshakeRow: CustomTestStringConvertible, Sendable {
        let name: String
        var request = CapturedWebSocketTests.request
        var answer = CapturedWebSocketTests.answer + agreed
        /// What is granted instead of `sip`.
        var other: String?
        var testDescription: String { name }
    }

    static let handshakeRows: [HandshakeRow] = [
        HandshakeRow(
            name: "folded request",
            request: CapturedWebSocketTests.request.replacing("Connection: ", with: "Connection: keep-alive,\r\n ")),
        HandshakeRow(
            name: "folded answer",
            answer: CapturedWebSocketTests.answer.replacing("Upgrade: ", with: "Upgrade:\r\n\t") + agreed),
        HandshakeRow(
            name: "interim responses",
            answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                + CapturedWebSocketTests.answer + agreed),
        HandshakeRow(
            name: "many cookies",
            request: CapturedWebSocketTests.request + "Cookie: " + String(repeating: "c", count: 12_000) + "\r\n"),
        HandshakeRow(
            name: "many fields",
            request: CapturedWebSocketTests.request + (0..<100).map { "X-\($0): a\r\n" }.joined()),
        HandshakeRow(
            name: "another sub-protocol is granted",
            answer: CapturedWebSocketTests.answer + "Sec-WebSocket-Protocol: xmpp\r\n", other: "xmpp"),
        HandshakeRow(
            name: "the sub-protocol in capitals",
            answer: CapturedWebSocketTests.answer + "Sec-WebSocket-Protocol: SIP\r\n", other: "SIP"),
    ]

    @Test(arguments: handshakeRows)
    func handshakesOfEveryKind(_ row: HandshakeRow) {
        var talk = Talk()
        for start in stride(from: 0, to: row.request.utf8.count + 2, by: 1000) {
            talk.say(Array((row.request + "\r\n").utf8.dropFirst(start).prefix(1000)))
        }
        talk.say(Array((row.answer + "\r\n").utf8), fromClient: false)
        talk.frame(.text, Builder.sip("REGISTER"))
        // An agreement in order is not among the words.
        let agreement =
            row.other.map {
                [
                    "f1 S webSocket handshake true false",
                    "f1 S webSocket refused, GET /: the 101 has Sec-WebSocket-Protocol: \($0) instead of sip",
                ]
            } ?? []
        #expect(talk.words == [Self.opened] + agreement + ["f1 C sip REGISTER", "f1 end"])
    }

    /// RFC 6455 §7.1.1: the client asks for the end, and the server closes TCP. Who asked has closed the flow.
    @Test func closeFramesEndTheFlow() {
        var talk = Talk()
        talk.handshake()
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.frame(.close, [0x03, 0xE8])
        talk.frame(.close, [0x03, 0xE8], fromClient: false)
        talk.capture.segment([], fromClient: false, sequence: talk.server, flags: 0x11)
        #expect(
            talk.words == [
                Self.opened, "f1 C sip REGISTER", "f1 C webSocket close(Optional(1000))", "f1 C close fin",
                "f1 S webSocket close(Optional(1000))", "f1 S close fin", "f1 end",
            ])
    }

    /// RFC 7118 §5: the second message is told, and read all the same.
    @Test func twoMessagesInOne() {
        let message = Array(
            "OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
                .utf8)
        var talk = Talk()
        talk.handshake()
        talk.frame(.text, message + Builder.ping + message + message)
        talk.frame(.text, message + Builder.ping)
        #expect(talk.words.filter { $0.contains("glued") } == ["f1 C glued 0", "f1 C glued 0"])
        #expect(talk.words.filter { $0.contains("sip OPTIONS") }.count == 4)
    }
}
