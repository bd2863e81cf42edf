import Testing

@testable import OutboundKit

/// WebSocket in captured streams: handshake, frames, compression, and what is said where octets are missing.
@Suite struct CapturedWebSocketTests {
    typealias Builder = CaptureBuilder

    static let request =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n"
    static let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

    /// A connection whose ends say one thing after the other.
    struct Talk {
        var capture = Builder()
        var client: UInt32 = 1001
        var server: UInt32 = 5001

        init(handshake: Bool = true) {
            if handshake { capture.handshake() }
        }

        mutating func say(_ octets: [UInt8], fromClient: Bool = true, captured: Int? = nil) {
            capture.segment(
                octets, fromClient: fromClient, sequence: fromClient ? client : server,
                captured: captured.map { 14 + 20 + 20 + $0 })
            skip(octets.count, fromClient: fromClient)
        }

        /// Octets that the capture missed.
        mutating func skip(_ count: Int, fromClient: Bool = true) {
            if fromClient { client &+= UInt32(count) } else { server &+= UInt32(count) }
        }

        mutating func handshake(extensions: String = "", protocols: String = "Sec-WebSocket-Protocol: sip\r\n") {
            say(Array((request + extensions + "\r\n").utf8))
            say(Array((answer + protocols + extensions + "\r\n").utf8), fromClient: false)
        }

        mutating func frame(
            _ opcode: WebSocketFrame.Opcode, _ payload: [UInt8], fromClient: Bool = true, isFinal: Bool = true,
            isCompressed: Bool = false
        ) {
            let frame = WebSocketFrame(opcode, payload, isFinal: isFinal, isCompressed: isCompressed)
            say(frame.encoded(maskingKey: fromClient ? 0x1234_5678 : nil), fromClient: fromClient)
        }

        var words: [String] { EventLog.words(of: capture.bytes).words }
        var notAnalyzed: [String] { EventLog.words(of: capture.bytes).notAnalyzed.map(\.what) }
    }

    static let open = "f1 C open ws 192.0.2.10:40000 192.0.2.1:5060 handshake"

    @Test func messagesAndControlFrames() {
        var talk = Talk()
        talk.handshake()
        let register = Builder.sip("REGISTER")
        talk.frame(.text, Array(register.prefix(50)), isFinal: false)
        talk.frame(.ping, [1, 2, 3])
        talk.frame(.pong, [1, 2, 3], fromClient: false)
        talk.frame(.continuation, Array(register.dropFirst(50)))
        talk.frame(.text, Builder.ping)
        talk.frame(.text, Builder.pong, fromClient: false)
        talk.frame(.binary, FlowEventTests.stunRequest)
        talk.frame(.text, Array("OPTIONS sip:example.com SIP/2.0\r\nVia".utf8), fromClient: false)
        talk.frame(.text, Array("hello".utf8))
        talk.frame(.close, [0x03, 0xE9], fromClient: false)
        talk.frame(.close, [])
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 C webSocket ping", "f1 S webSocket pong", "f1 C sip REGISTER", "f1 C crlf pair own",
                "f1 S crlf own", "f1 C stun request", "f1 S malformedSIP", "f1 C unrecognized 5",
                "f1 S webSocket close(Optional(1001))", "f1 S close fin", "f1 C webSocket close(nil)", "f1 C close fin",
                "f1 end",
            ])
        #expect(talk.notAnalyzed.isEmpty)
    }

    /// A server that does not name the sub-protocol, a client that does not offer it, and CRLFs before a start-line.
    @Test func whatHandshakeAndMessagesLack() {
        var notGranted = Talk()
        notGranted.handshake(protocols: "")
        notGranted.frame(.text, Builder.sip("REGISTER"))
        #expect(
            notGranted.words == [
                Self.open, "f1 S webSocket handshake true false",
                "f1 S webSocket refused, GET /: the 101 has no Sec-WebSocket-Protocol: sip", "f1 C sip REGISTER",
                "f1 end",
            ])
        var notOffered = Talk()
        let request = Self.request.replacing("Sec-WebSocket-Protocol: sip\r\n", with: "")
        notOffered.say(Array((request + "\r\n").utf8))
        notOffered.say(Array((Self.answer + "\r\n").utf8), fromClient: false)
        notOffered.frame(.text, Builder.sip("REGISTER"))
        notOffered.frame(.text, Builder.ping + Builder.sip("REGISTER"))
        #expect(
            notOffered.words == [
                Self.open, "f1 C webSocket handshake false false", "f1 C sip REGISTER", "f1 C glued 4",
                "f1 C sip REGISTER", "f1 end",
            ])
    }

    @Test func cutsDoNotMatter() {
        var whole = Talk()
        whole.handshake()
        whole.frame(.text, Builder.sip("REGISTER"))
        whole.frame(.ping, [7])
        var pieces = Talk()
        let head = Array((Self.request + "\r\n").utf8)
        for octet in head { pieces.say([octet]) }
        pieces.say(Array((Self.answer + "Sec-WebSocket-Protocol: sip\r\n\r\n").utf8), fromClient: false)
        let frames = WebSocketFrame(.text, Builder.sip("REGISTER")).encoded(maskingKey: 99)
        for octet in frames + WebSocketFrame(.ping, [7]).encoded(maskingKey: 3) { pieces.say([octet]) }
        #expect(pieces.words == whole.words)
        #expect(whole.words.count == 4)
    }

    @Test(arguments: [
        "", "Sec-WebSocket-Protocol: chat\r\n", "Sec-WebSocket-Protocol: chat, xmpp\r\n",
    ])
    func otherProtocolsAreNotReported(protocols: String) {
        let request = Self.request.replacing("Sec-WebSocket-Protocol: sip\r\n", with: protocols)
        for answer in [Self.answer + protocols, "HTTP/1.1 403 Forbidden\r\n", ""] {
            var talk = Talk()
            talk.say(Array((request + "\r\n").utf8))
            if !answer.isEmpty { talk.say(Array((answer + "\r\n").utf8), fromClient: false) }
            talk.frame(.text, Builder.ping)
            #expect(talk.words.isEmpty)
            #expect(talk.notAnalyzed.isEmpty)
        }
    }

    /// One direction of a connection alone shows what it says.
    @Test(arguments: [true, false])
    func halfOfIt(fromClient: Bool) {
        var talk = Talk()
        talk.handshake()
        talk.frame(.text, Builder.ping)
        talk.frame(.text, Builder.pong, fromClient: false)
        var half = Builder()
        half.segment([], sequence: 1000, flags: 0x02)
        half.segment([], fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 0x12)
        let head = fromClient ? Self.request : Self.answer + "Sec-WebSocket-Protocol: sip\r\n"
        let octets = Array((head + "\r\n").utf8)
        half.segment(octets, fromClient: fromClient, sequence: fromClient ? 1001 : 5001)
        half.segment(
            WebSocketFrame(.text, Builder.ping).encoded(maskingKey: fromClient ? 5 : nil), fromClient: fromClient,
            sequence: (fromClient ? 1001 : 5001) + UInt32(octets.count))
        #expect(
            EventLog.words(of: half.bytes).words == [Self.open, "f1 \(fromClient ? "C" : "S") crlf pair own", "f1 end"])
    }

    /// What they say decides where the handshake names another sub-protocol: `SIP` is not `sip`.
    @Test(arguments: ["SIP", "xmpp", ""]) func contentTells(name: String) {
        let field = name.isEmpty ? "" : "Sec-WebSocket-Protocol: \(name)\r\n"
        var talk = Talk()
        talk.say(Array((Self.request.replacing("Sec-WebSocket-Protocol: sip\r\n", with: field) + "\r\n").utf8))
        talk.say(Array((Self.answer + field + "\r\n").utf8), fromClient: false)
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 C webSocket handshake false false", "f1 C sip REGISTER", "f1 C crlf pair own", "f1 end",
            ])
    }

    // MARK: Missing octets

    /// A capture that begins between the request and its answer shows no less than one that begins behind both.
    @Test(arguments: ["sip", "SIP", ""]) func joinedBeforeTheAnswer(name: String) {
        var talk = Talk(handshake: false)
        let field = name.isEmpty ? "" : "Sec-WebSocket-Protocol: \(name)\r\n"
        talk.say(Array((Self.answer + field + "\r\n").utf8), fromClient: false)
        if name == "sip" { talk.frame(.ping, [1]) }
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.frame(.text, Builder.ping)
        talk.frame(.text, Builder.pong, fromClient: false)
        #expect(
            talk.words == ["f1 C open ws 192.0.2.10:40000 192.0.2.1:5060 midstream"]
                + (name == "sip" ? ["f1 C webSocket ping"] : [])
                + ["f1 C sip REGISTER", "f1 C crlf pair own", "f1 S crlf own", "f1 end"])
        var other = Talk(handshake: false)
        other.say(Array((Self.answer + field + "\r\n").utf8), fromClient: false)
        other.frame(.text, Array("{}".utf8))
        #expect(other.words.count == (name == "sip" ? 3 : 0) && other.notAnalyzed.isEmpty)
    }

    @Test func joinedInTheMiddle() {
        var talk = Talk(handshake: false)
        talk.frame(.text, Builder.pong, fromClient: false)
        talk.frame(.ping, [1])
        talk.frame(.text, Builder.ping)
        talk.frame(.text, Builder.pong, fromClient: false)
        talk.frame(.text, Builder.sip("OPTIONS"), fromClient: false)
        #expect(
            talk.words == [
                "f1 C open ws 192.0.2.10:40000 192.0.2.1:5060 midstream", "f1 C crlf pair own", "f1 S crlf own",
                "f1 S sip OPTIONS", "f1 end",
            ])
    }

    @Test func framesOfOthersInTheMiddleAreNotSIP() {
        var talk = Talk(handshake: false)
        talk.frame(.text, Array("{\"chat\": 1}".utf8))
        talk.frame(.ping, [1])
        talk.say([0x81, 0x85, 1, 2, 3, 4, 5], fromClient: true)
        #expect(talk.words.isEmpty)
    }

    @Test func holeInsideOfAFrame() {
        var talk = Talk()
        talk.handshake()
        let frame = WebSocketFrame(.text, Builder.sip("REGISTER")).encoded(maskingKey: 9)
        talk.say(Array(frame.prefix(40)))
        talk.skip(30)
        talk.say(Array(frame.dropFirst(70)))
        talk.frame(.text, Builder.ping)
        #expect(talk.words == [Self.open, "f1 C gap 30", "f1 C crlf pair own", "f1 end"])
    }

    @Test func holeOverWholeFrames() {
        var talk = Talk()
        talk.handshake()
        talk.frame(.text, Builder.sip("REGISTER"))
        talk.skip(2000)
        talk.say(Array(repeating: 0x81, count: 50))
        talk.frame(.ping, [1])
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 C sip REGISTER", "f1 C gap 2000", "f1 C gap ?", "f1 C webSocket ping",
                "f1 C crlf pair own", "f1 end",
            ])
        #expect(talk.notAnalyzed == ["pieces of WebSocket streams"])
    }

    @Test func cutBySnapLength() {
        var talk = Talk()
        talk.handshake()
        talk.say(WebSocketFrame(.text, Builder.sip("REGISTER")).encoded(maskingKey: 9), captured: 30)
        talk.frame(.text, Builder.ping)
        #expect(talk.words.first == Self.open)
        #expect(talk.words.dropFirst(2) == ["f1 C crlf pair own", "f1 end"])
        #expect(talk.notAnalyzed == ["packets cut by the snapshot length"])
    }

    @Test func framesAgainstTheProtocol() {
        var talk = Talk()
        talk.handshake()
        talk.say([0xF1, 0x80, 0, 0, 0, 0])
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 C webSocket fault: a reserved bit of a frame is set", "f1 C gap ?",
                "f1 C crlf pair own", "f1 end",
            ])
        #expect(talk.notAnalyzed == ["pieces of WebSocket streams"])
    }

    // MARK: Compression

    static let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n"

    /// RFC 7692 §7.2.3: twice the same, the second time from the window; without compression; in a final block; in two.
    @Test(
        arguments: [
            [[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], [0xF2, 0x00, 0x11, 0x00, 0x00]],
            [[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]],
            [[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], [0xF2, 0x00, 0x11, 0x00, 0x00]],
            [[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]],
        ] as [[[UInt8]]])
    func examplesOfTheRFC(messages: [[UInt8]]) throws {
        let inflater = try #require(RawInflater())
        for message in messages { #expect(inflater.inflate(message, limit: 5) == .whole(Array("Hello".utf8))) }
        let fresh = try #require(RawInflater())
        #expect(fresh.inflate(messages[0], limit: 4) == .tooBig)
        #expect(try #require(RawInflater()).inflate(Array(messages[0].prefix(3)), limit: 100) == .damaged)
    }

    /// What zlib makes of CRLFCRLF, and again with the window: the second message refers to the first.
    static let compressedPing: [UInt8] = [0xE2, 0xE5, 0xE2, 0xE5, 0x02, 0x00]

    @Test func compressedMessages() {
        var talk = Talk()
        talk.handshake(extensions: Self.deflate)
        talk.frame(.text, Array(Self.compressedPing.prefix(3)), isFinal: false, isCompressed: true)
        talk.frame(.pong, [])
        talk.frame(.continuation, Array(Self.compressedPing.dropFirst(3)))
        talk.frame(.text, Self.compressedPing, isCompressed: true)
        talk.frame(.text, Builder.ping)
        #expect(
            talk.words == [
                Self.open, "f1 C unrecognized 0", "f1 C crlf pair own", "f1 C crlf pair own", "f1 C crlf pair own",
                "f1 end",
            ])
    }

    /// After a hole, messages that may refer to what was lost are not read; those that stand alone are.
    @Test(arguments: [false, true])
    func compressionBehindAHole(standsAlone: Bool) {
        let more = standsAlone ? "; client_no_context_takeover" : ""
        var talk = Talk()
        talk.handshake(extensions: "Sec-WebSocket-Extensions: permessage-deflate\(more)\r\n")
        talk.frame(.text, Self.compressedPing, isCompressed: true)
        talk.skip(20)
        talk.frame(.text, Self.compressedPing, isCompressed: true)
        talk.frame(.ping, [])
        #expect(
            talk.words == [
                Self.open, "f1 C crlf pair own", "f1 C gap 20", standsAlone ? "f1 C crlf pair own" : "f1 C gap ?",
                "f1 C webSocket ping", "f1 end",
            ])
        #expect(talk.notAnalyzed == (standsAlone ? [] : ["compressed WebSocket messages"]))
    }

    /// 200,000 zeros in 211 octets: it ends at the limit, and what follows in the clear is read.
    @Test func bomb() {
        var bomb: [UInt8] = [0xEC, 0xC1, 0x31, 0x01, 0, 0, 0, 0xC2, 0xA0, 0xF5, 0x4F, 0x6D, 0x06, 0x7F, 0xA0]
        bomb += [UInt8](repeating: 0, count: 193) + [0x80, 0xD7, 0x00]
        var talk = Talk()
        talk.handshake(extensions: Self.deflate)
        talk.frame(.binary, bomb, isCompressed: true)
        talk.frame(.text, Self.compressedPing, isCompressed: true)
        talk.frame(.text, Builder.ping)
        #expect(talk.words == [Self.open, "f1 C gap ?", "f1 C gap ?", "f1 C crlf pair own", "f1 end"])
        #expect(talk.notAnalyzed == ["compressed WebSocket messages", "compressed WebSocket messages"])
    }

    /// Windows are counted over all connections, and given back with them.
    @Test func windowsAreBounded() {
        var limits = CaptureLimits()
        limits.inflaters = 1
        var talk = Talk()
        talk.handshake(extensions: Self.deflate)
        talk.frame(.text, Self.compressedPing, isCompressed: true)
        talk.frame(.text, Self.compressedPing, fromClient: false, isCompressed: true)
        talk.frame(.close, [])
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        #expect(pipeline.feedAll([talk.capture.bytes]) == nil)
        #expect(pipeline.inflaters == 0)
        pipeline.finish()
        #expect(pipeline.layers.isEmpty)
        #expect(
            pipeline.sink.words == [
                Self.open, "f1 C crlf pair own", "f1 S gap ?", "f1 C webSocket close(nil)", "f1 C close fin", "f1 end",
            ])
    }
}
