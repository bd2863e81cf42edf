import Testing

@testable import OutboundKit

/// One codec for every transport: what a server sends, cut anywhere, gives the same items.
@Suite struct SIPFlowCodecTests {
    private static let request = WebSocketHandshake.Request(host: "edge.example.com", path: "/sip")
    private static let message = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"

    private static func codec(_ transport: TransportProtocol) -> SIPFlowCodec {
        SIPFlowCodec(transport, request: request, using: SeededGenerator(seed: 1))
    }

    /// An output as text, octets left out.
    private static func word(_ output: SIPFlowCodec.Output) -> String {
        switch output {
        case .send: "send"
        case .opened(let server): "opened \(server ?? "-")"
        case .item(.sip(let message)): "sip \(message.isRequest)"
        case .item(.malformedSIP): "malformed"
        case .item(.unframedResponse(let head)): "unframed \(head.statusCode)"
        case .item(.stun(let octets)): "stun \(octets.count)"
        case .item(.crlf(let completesPair, _)): completesPair ? "pair" : "crlf"
        case .item(.crlfDatagram(let count)): "crlfs \(count)"
        case .item(.otherDatagram(let length, _)): "other \(length)"
        case .item(.unrecognized(let count)): "unrecognized \(count)"
        case .ping: "ping"
        case .pong(let payload): "pong \(payload)"
        case .ended(let ending): "ended \(ending)"
        }
    }

    private static func drain(_ codec: inout SIPFlowCodec) -> [String] {
        var words: [String] = []
        while let output = codec.next() { words.append(word(output)) }
        return words
    }

    /// What a server answers to the handshake that the seeded codec sends, and what it sends then.
    private static func serverOctets(_ then: (inout WebSocketSession<SystemRandomNumberGenerator>) -> Void) -> [UInt8] {
        var client = codec(.ws)
        client.start()
        var server = WebSocketSession(server: .init(server: "rig"))
        while let output = client.next() {
            if case .send(let octets) = output { server.receive(octets.span.bytes) }
        }
        then(&server)
        var octets: [UInt8] = []
        while let output = server.next() {
            if case .send(let more) = output { octets += more }
        }
        return octets
    }

    private static func fed(_ transport: TransportProtocol, _ octets: [UInt8]) -> [String] {
        ThreeFeeds.agree(on: octets) { segments in
            var codec = codec(transport)
            codec.start()
            var words = drain(&codec)
            for segment in segments {
                codec.receive(segment.span.bytes)
                words += drain(&codec)
            }
            return words
        }
    }

    @Test func webSocket() {
        let octets = Self.serverOctets { server in
            server.send(Array(Self.message.utf8), isText: true)
            server.send([13, 10], isText: true)
            server.send([13, 10, 13, 10], isText: false)
            server.send([13, 10, 13], isText: false)
            server.send(Array("hello".utf8), isText: true)
            server.ping([7])
            server.send(raw: WebSocketFrame(.pong, [1, 2]))
            // In two fragments, with a control frame between.
            server.send(raw: WebSocketFrame(.text, Array(Self.message.utf8.prefix(9)), isFinal: false))
            server.ping([])
            server.send(raw: WebSocketFrame(.continuation, Array(Self.message.utf8.dropFirst(9))))
            server.close(WebSocketClose(code: 1001, reason: "bye"))
        }
        #expect(
            Self.fed(.ws, octets) == [
                "send", "opened rig", "sip true", "crlf", "pair", "crlfs 3", "other 5", "send", "ping", "pong [1, 2]",
                "send", "ping", "sip true", "send",
                "ended the server closed the WebSocket: 1001 going away: \"bye\"",
            ])
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\n\r\n", "ended no WebSocket: the server answers 404 Not Found"),
        ("SIP/2.0 400 Bad Request\r\n\r\n", "ended no WebSocket: the answer is no HTTP response"),
        ("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", "ended no WebSocket: the 101 has no Connection"),
    ])
    func webSocketThatDoesNotOpen(_ answer: String, _ words: String) {
        let fed = Self.fed(.wss, Array(answer.utf8))
        #expect(fed.count == 2 && fed.last?.hasPrefix(words) == true, "\(fed)")
    }

    @Test func brokenFrame() {
        let octets = Self.serverOctets { _ in } + [0x8F, 0]
        let fed = Self.fed(.ws, octets)
        #expect(fed.prefix(2) == ["send", "opened rig"])
        #expect(fed.last?.hasPrefix("ended the server broke the WebSocket protocol: ") == true, "\(fed)")
    }

    @Test(arguments: [TransportProtocol.tcp, .tls]) func stream(_ transport: TransportProtocol) {
        #expect(
            Self.fed(transport, Array((Self.message + "\r\n" + Self.message).utf8)) == [
                "opened -", "sip true", "crlf", "sip true",
            ])
    }

    /// A response without Content-Length is known for what it is where all of its header came and is good.
    @Test(arguments: [
        ("SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n\r\n", ["unframed 200"]),
        ("SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n\r\nSIP/2.0 404 No\r\nl: 0\r\n\r\n", ["unframed 200", "sip false"]),
        ("SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n", []),
        ("SIP/2.0 200 OK\r\nno colon\r\n\r\n", ["malformed"]),
        ("SIP/2.0 200 OK\r\nContent-Length:\r\n\r\n", ["malformed"]),
        ("OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n", ["malformed"]),
    ]) func withoutContentLength(_ octets: String, _ words: [String]) {
        #expect(Self.fed(.tcp, Array(octets.utf8)) == ["opened -"] + words)
    }

    @Test func datagrams() {
        var codec = Self.codec(.udp)
        codec.start()
        for text in [Self.message, "\r\n\r\n", "x"] {
            let octets = Array(text.utf8)
            codec.receive(octets.span.bytes)
        }
        #expect(Self.drain(&codec) == ["opened -", "sip true", "crlfs 4", "other 1"])
        codec.send([1, 2, 3])
        guard case .send([1, 2, 3])? = codec.next() else {
            Issue.record("a datagram goes out as it is")
            return
        }
    }

    /// Each message goes out in a frame of its own: binary where it is no UTF-8, and masked.
    @Test func framesOfAClient() {
        var client = Self.codec(.ws)
        client.start()
        var server = WebSocketSession(server: .init())
        var seen: [String] = []
        func carry() {
            while let output = client.next() {
                if case .send(let octets) = output { server.receive(octets.span.bytes) }
            }
            while let output = server.next() {
                switch output {
                case .send(let octets): client.receive(octets.span.bytes)
                case .event(.message(let octets, let isText)): seen.append("\(octets.count) \(isText)")
                case .event(.ping(let payload)): seen.append("ping \(payload)")
                case .event(.close(let close)): seen.append("close \(close.code ?? 0)")
                case .event(.fault(let fault)): seen.append("fault \(fault)")
                case .event, .end: break
                }
            }
        }
        // Nothing may be sent before the handshake is done.
        client.send([1])
        carry()
        client.send(Array(Self.message.utf8))
        client.send([0xFF, 0xFE])
        client.send([13, 10, 13, 10])
        client.ping([9, 9])
        client.close()
        client.send([1])
        carry()
        #expect(seen == ["\(Self.message.utf8.count) true", "2 false", "4 true", "ping [9, 9]", "close 1000"])
    }
}
