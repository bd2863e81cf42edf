import Testing

@testable import OutboundKit

/// Opening handshakes in captures that come to nothing, or should have: RFC 6455 §4.1, RFC 7118 §4.
@Suite struct CapturedHandshakeTests {
    typealias Talk = CapturedWebSocketTests.Talk
    typealias Builder = CaptureBuilder

    private static let open = CapturedWebSocketTests.open
    private static let request = CapturedWebSocketTests.request
    private static let agreed = CapturedWebSocketTests.answer + "Sec-WebSocket-Protocol: sip\r\n"

    /// An answer, and what it is called; nil for one that is in order, or is none of ours.
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        var request = CapturedHandshakeTests.request
        let answer: String
        let words: String?
        /// What else is said, where frames follow.
        var isWebSocket = false
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "403", answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            words: "the server answers 403 Forbidden"),
        Row(name: "404", answer: "HTTP/1.1 404\r\n\r\n", words: "the server answers 404"),
        Row(
            name: "426", answer: "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n\r\n",
            words: "the server answers 426 Upgrade Required"),
        Row(
            name: "redirect", answer: "HTTP/1.1 302 Found\r\nLocation: /ws\r\n\r\n",
            words: "the server answers 302 Found"),
        Row(
            name: "a page", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n",
            words: "the server answers 200 OK"),
        Row(
            name: "503 after 100", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Service Unavailable\r\n\r\n",
            words: "the server answers 503 Service Unavailable"),
        Row(
            name: "no HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            words: "the answer is no HTTP response"),
        Row(
            name: "the proof of another key", answer: agreed.replacing("s3pP", with: "S3pP") + "\r\n",
            words: "the 101 has Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", isWebSocket: true),
        Row(
            name: "no proof", answer: agreed.replacing("Sec-WebSocket-Accept", with: "X") + "\r\n",
            words: "the 101 has no Sec-WebSocket-Accept", isWebSocket: true),
        Row(
            name: "no Upgrade", answer: agreed.replacing("Upgrade: websocket\r\n", with: "") + "\r\n",
            words: "the 101 has no Upgrade", isWebSocket: true),
        Row(
            name: "an extension that was not offered",
            answer: agreed + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
            words: "the 101 has Sec-WebSocket-Extensions: permessage-deflate", isWebSocket: true),
        Row(
            name: "another one than was offered", request: request + "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            answer: agreed + "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n\r\n",
            words: "the 101 has Sec-WebSocket-Extensions: x-webkit-deflate-frame", isWebSocket: true),
        Row(
            name: "one that was offered",
            request: request + "Sec-WebSocket-Extensions: a; b=\"1,2\", permessage-deflate; client_max_window_bits\r\n",
            answer: agreed + "Sec-WebSocket-Extensions: Permessage-Deflate; server_no_context_takeover\r\n\r\n",
            words: nil, isWebSocket: true),
        Row(
            name: "no extension by name", answer: agreed + "Sec-WebSocket-Extensions:\r\n\r\n", words: nil,
            isWebSocket: true),
        Row(
            name: "no sub-protocol", answer: CapturedWebSocketTests.answer + "\r\n",
            words: "the 101 has no Sec-WebSocket-Protocol: sip", isWebSocket: true),
        Row(
            name: "a sub-protocol that was not offered",
            answer: CapturedWebSocketTests.answer + "Sec-WebSocket-Protocol: chat\r\n\r\n",
            words: "the 101 has Sec-WebSocket-Protocol: chat instead of sip", isWebSocket: true),
    ]

    @Test(arguments: rows)
    func answers(_ row: Row) {
        var talk = Talk()
        talk.say(Array((row.request + "\r\n").utf8))
        for octet in row.answer.utf8 { talk.say([octet], fromClient: false) }
        let refusal = row.words.map { ["f1 S webSocket refused, GET /: \($0)"] } ?? []
        let names = row.answer.contains("Sec-WebSocket-Protocol: sip")
        let agreement = row.isWebSocket && !names ? ["f1 S webSocket handshake true false"] : []
        // An agreement in order is not among the words.
        #expect(talk.words == [Self.open] + agreement + refusal + ["f1 end"])
        #expect(talk.notAnalyzed.isEmpty)
    }

    /// A client that looks goes away; one that does not is read.
    @Test func whoGoesOnIsRead() {
        var talk = Talk()
        talk.say(Array((Self.request + "\r\n").utf8))
        talk.say(Array((Self.agreed.replacing("s3pP", with: "S3pP") + "\r\n").utf8), fromClient: false)
        talk.frame(.text, Builder.sip("REGISTER"))
        #expect(talk.words.dropFirst(2) == ["f1 C sip REGISTER", "f1 end"])
    }

    /// A capture that begins behind the SYNs and lacks the 101: the client's frames show that there was one.
    @Test func theAnswerWasNotCaptured() {
        var talk = Talk(handshake: false)
        talk.say(Array((Self.request + "\r\n").utf8))
        talk.skip(150, fromClient: false)
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.frame(.text, Builder.sip("OPTIONS"), fromClient: false)
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open.replacing("handshake", with: "midstream"), "f1 C sip REGISTER", "f1 S sip OPTIONS",
                "f1 C crlf pair own", "f1 end",
            ])
    }

    /// A server may choose another one of the sub-protocols that it is offered (RFC 6455 §4.2.2).
    @Test func anotherChoice() {
        var talk = Talk()
        talk.say(Array((Self.request + "Sec-WebSocket-Protocol: chat\r\n\r\n").utf8))
        talk.say(
            Array((CapturedWebSocketTests.answer + "Sec-WebSocket-Protocol: chat\r\n\r\n").utf8), fromClient: false)
        talk.frame(.text, Array("hello".utf8))
        #expect(talk.words.isEmpty)
    }

    /// After a 401 the client may ask again on the same connection, with credentials; other HTTP is none of ours.
    @Test func askedAgain() {
        var talk = Talk()
        talk.say(Array((Self.request + "\r\n").utf8))
        talk.say(
            Array("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno".utf8),
            fromClient: false)
        talk.say(Array((Self.request + "Authorization: Basic eDp5\r\n\r\n").utf8))
        talk.say(Array((Self.agreed + "\r\n").utf8), fromClient: false)
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 S webSocket refused, GET /: the server answers 401 Unauthorized", "f1 C crlf pair own",
                "f1 end",
            ])
        var other = Talk()
        other.say(Array((Self.request + "\r\n").utf8))
        other.say(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8), fromClient: false)
        other.say(Array("GET /index.html HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        other.say(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), fromClient: false)
        #expect(other.words.filter { $0.contains("refused") }.count == 1)
    }

    /// Tokens stand in queries, and a peer's text may be long.
    @Test func whatIsTold() {
        var talk = Talk()
        let request = Self.request.replacing("GET / ", with: "GET /ws?token=secret ")
        talk.say(Array((request + "Origin: https://example.com\r\n\r\n").utf8))
        let phrase = String(repeating: "x", count: 500)
        talk.say(Array("HTTP/1.1 403 \(phrase)\r\n\r\n".utf8), fromClient: false)
        let asked = "f1 S webSocket refused, GET /ws, Origin https://example.com: the server answers 403 "
        #expect(talk.words == [Self.open, asked + phrase.prefix(99) + "…", "f1 end"])
    }

    // MARK: No answer

    private static let silence = ["f1 C webSocket refused, GET /: the server does not answer"]

    /// - Parameter after: milliseconds behind the request.
    private static func unanswered(_ after: Int, _ flags: UInt8, fromClient: Bool, acknowledges more: UInt32 = 0)
        -> [String]
    {
        var talk = Talk()
        talk.say(Array((request + "\r\n").utf8))
        talk.capture.milliseconds += after
        talk.capture.segment(
            [], fromClient: fromClient, sequence: fromClient ? talk.client : talk.server,
            acknowledgement: (fromClient ? talk.server : talk.client) &+ more, flags: flags)
        return talk.words
    }

    @Test func noAnswer() {
        let (fin, rst): (UInt8, UInt8) = (0x11, 0x14)
        #expect(
            Self.unanswered(50, fin, fromClient: false) == [Self.open] + Self.silence + ["f1 S close fin", "f1 end"])
        #expect(
            Self.unanswered(50, rst, fromClient: false) == [Self.open] + Self.silence + ["f1 S close rst", "f1 end"])
        #expect(
            Self.unanswered(11_000, fin, fromClient: true) == [Self.open] + Self.silence + ["f1 C close fin", "f1 end"])
        #expect(Self.unanswered(11_000, 0x10, fromClient: true) == [Self.open] + Self.silence + ["f1 end"])
        // Who goes away before an answer is due misses none, and a capture that ends by then shows none.
        #expect(Self.unanswered(5_000, fin, fromClient: true).isEmpty)
        #expect(Self.unanswered(5_000, 0x10, fromClient: true).isEmpty)
        // The server that then closes too owes nothing any more.
        var left = Talk()
        left.say(Array((Self.request + "\r\n").utf8))
        left.capture.segment([], sequence: left.client, flags: fin)
        left.capture.milliseconds += 11_000
        left.capture.segment([], fromClient: false, sequence: left.server, acknowledgement: left.client, flags: fin)
        #expect(left.words.isEmpty)
        // What is acknowledged was sent, and not captured.
        #expect(Self.unanswered(11_000, fin, fromClient: true, acknowledges: 300).isEmpty)
    }

    /// Where the server's direction was not captured, its answer was not either.
    @Test func halfOfIt() {
        var half = Builder()
        half.segment([], sequence: 1000, flags: 0x02)
        half.segment(Array((Self.request + "\r\n").utf8), sequence: 1001)
        half.milliseconds += 20_000
        half.segment([], sequence: 1001 + UInt32(Self.request.utf8.count) + 2, flags: 0x11)
        #expect(EventLog.words(of: half.bytes).words.isEmpty)
        // Frames behind the request show that it was granted.
        var talk = Talk()
        talk.say(Array((Self.request + "\r\n").utf8))
        talk.frame(.text, Builder.ping)
        talk.capture.milliseconds += 20_000
        talk.frame(.text, Builder.ping)
        #expect(talk.words == [Self.open, "f1 C crlf pair own", "f1 C crlf pair own", "f1 end"])
    }

    @Test func holeInTheAnswer() {
        var talk = Talk()
        talk.say(Array((Self.request + "\r\n").utf8))
        talk.skip(300, fromClient: false)
        talk.say(Array("page".utf8), fromClient: false)
        talk.capture.milliseconds += 20_000
        talk.capture.segment([], fromClient: false, sequence: talk.server, flags: 0x11)
        #expect(talk.words.isEmpty)
    }

    // MARK: Frames

    /// Octets of an end, and what they are called; nil for what is allowed.
    struct FrameRow: CustomTestStringConvertible, Sendable {
        let name: String
        var fromClient = true
        var extensions = ""
        let wire: [UInt8]
        let words: String?
        var testDescription: String { name }
    }

    private static let other = "Sec-WebSocket-Extensions: x-other\r\n"

    /// In the words of RFC 6455 §5.1, §5.2, §5.4, §5.5 and §5.6.
    static let frameRows: [FrameRow] = [
        FrameRow(name: "unmasked client", wire: [0x89, 0], words: "a client's frame is not masked"),
        FrameRow(
            name: "masked server", fromClient: false, wire: [0x89, 0x80, 1, 2, 3, 4],
            words: "a server's frame is masked"),
        FrameRow(name: "masked client", wire: [0x89, 0x80, 1, 2, 3, 4], words: nil),
        FrameRow(name: "unmasked server", fromClient: false, wire: [0x89, 0], words: nil),
        FrameRow(name: "RSV1", wire: [0xC9, 0x80, 0, 0, 0, 0], words: "a reserved bit of a frame is set"),
        FrameRow(name: "RSV3", fromClient: false, wire: [0x91, 0], words: "a reserved bit of a frame is set"),
        FrameRow(
            name: "RSV3 that an extension may use", extensions: other, wire: [0x91, 0x80, 0, 0, 0, 0], words: nil),
        FrameRow(
            name: "RSV2 beside permessage-deflate", extensions: CapturedWebSocketTests.deflate,
            wire: [0xA1, 0x80, 0, 0, 0, 0], words: "a reserved bit of a frame is set"),
        FrameRow(name: "opcode 3", wire: [0x83, 0x80, 0, 0, 0, 0], words: "opcode 3 is reserved"),
        FrameRow(name: "fragmented Ping", wire: [0x09, 0x80, 0, 0, 0, 0], words: "a control frame is fragmented"),
        FrameRow(
            name: "Ping of 126 octets", wire: [0x89, 0xFE, 0, 126],
            words: "a control frame is longer than 125 octets"),
        FrameRow(
            name: "Ping of 4 octets, its length in 16 bits", wire: [0x89, 0xFE, 0, 4],
            words: "a length is not in its shortest form"),
        FrameRow(
            name: "a continuation of nothing", fromClient: false, wire: [0x80, 0],
            words: "a continuation frame continues nothing"),
        FrameRow(
            name: "text that is no UTF-8", fromClient: false, wire: [0x81, 1, 0xFF],
            words: "a text message is not UTF-8"),
        FrameRow(name: "binary that is no UTF-8", fromClient: false, wire: [0x82, 1, 0xFF], words: nil),
        FrameRow(
            name: "Close with 1005", wire: [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED],
            words: "status code 1005 must not stand in a Close frame"),
    ]

    private static func faults(_ words: [String]) -> [String] { words.filter { $0.contains("fault") } }

    @Test(arguments: frameRows)
    func frames(_ row: FrameRow) {
        let told = row.words.map { ["f1 \(row.fromClient ? "C" : "S") webSocket fault: \($0)"] } ?? []
        var talk = Talk()
        talk.handshake(extensions: row.extensions)
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.say(row.wire, fromClient: row.fromClient)
        #expect(Self.faults(talk.words) == told)
        // The same behind a hole: where frames begin is a guess then.
        var hole = Talk()
        hole.handshake(extensions: row.extensions)
        hole.frame(.text, Builder.sip("REGISTER"))
        hole.skip(40, fromClient: row.fromClient)
        hole.frame(.text, Builder.ping, fromClient: row.fromClient)
        hole.say(row.wire, fromClient: row.fromClient)
        #expect(Self.faults(hole.words).isEmpty)
        // And in a stream that is joined in the middle.
        var late = Talk(handshake: false)
        late.frame(.text, Builder.ping)
        late.frame(.text, Builder.pong, fromClient: false)
        late.say(row.wire, fromClient: row.fromClient)
        #expect(Self.faults(late.words).isEmpty)
    }

    /// permessage-deflate that was offered and not granted gives RSV1 no meaning.
    @Test func compressedWithoutLeave() {
        var talk = Talk()
        talk.say(Array((Self.request + CapturedWebSocketTests.deflate + "\r\n").utf8))
        talk.say(Array((Self.agreed + "\r\n").utf8), fromClient: false)
        talk.frame(.text, CapturedWebSocketTests.compressedPing, isCompressed: true)
        #expect(Self.faults(talk.words) == ["f1 C webSocket fault: a reserved bit of a frame is set"])
    }

    /// Each frame without a mask is read all the same.
    @Test func unmaskedClientsAreRead() {
        var talk = Talk()
        talk.handshake()
        for _ in 0..<2 { talk.say(WebSocketFrame(.text, Builder.ping).encoded(maskingKey: nil)) }
        let fault = "f1 C webSocket fault: a client's frame is not masked"
        #expect(talk.words == [Self.open, fault, "f1 C crlf pair own", fault, "f1 C crlf pair own", "f1 end"])
    }
}
