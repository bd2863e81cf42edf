import Testing

@testable import OutboundKit

/// A client and a server joined by a wire that cuts what it carries.
struct WebSocketPair {
    typealias Client = WebSocketSession<SeededGenerator>
    typealias Server = WebSocketSession<SystemRandomNumberGenerator>

    var client: Client
    var server: Server
    var clientEvents: [Client.Event] = []
    var serverEvents: [Server.Event] = []
    let step: Int

    init(step: Int, policy: WebSocketHandshake.Policy = WebSocketHandshake.Policy()) {
        self.step = step
        client = WebSocketSession(
            client: WebSocketHandshake.Request(host: "edge.example.com", path: "/ws?x=1"),
            using: SeededGenerator(seed: 4))
        server = WebSocketSession(server: policy)
        client.start()
        settle()
    }

    /// Carries octets to and fro until both are silent.
    mutating func settle() {
        var isBusy = true
        while isBusy {
            isBusy = false
            while let output = client.next() {
                isBusy = true
                switch output {
                case .send(let octets): for piece in pieces(octets) { server.receive(piece.span.bytes) }
                case .event(let event): clientEvents.append(event)
                case .end: break
                }
            }
            while let output = server.next() {
                isBusy = true
                switch output {
                case .send(let octets): for piece in pieces(octets) { client.receive(piece.span.bytes) }
                case .event(let event): serverEvents.append(event)
                case .end: break
                }
            }
        }
    }

    private func pieces(_ octets: [UInt8]) -> [[UInt8]] {
        stride(from: 0, to: octets.count, by: step).map { Array(octets[$0..<min(octets.count, $0 + step)]) }
    }
}

@Suite struct WebSocketSessionTests {
    static let options = Array("OPTIONS sip:a@b SIP/2.0\r\n\r\n".utf8)

    @Test(arguments: [1, 2, 7, 10_000])
    func wholeLife(step: Int) {
        var pair = WebSocketPair(step: step)
        #expect(pair.clientEvents == [.opened(server: nil)])
        #expect(
            pair.serverEvents == [
                .accepted(
                    WebSocketHandshake.Opening(path: "/ws?x=1", host: "edge.example.com", origin: nil, userAgent: nil))
            ])
        pair.client.send(Self.options, isText: true)
        pair.client.ping([1, 2, 3])
        pair.settle()
        #expect(pair.serverEvents.dropFirst() == [.message(Self.options, isText: true), .ping([1, 2, 3])])
        #expect(pair.clientEvents.last == .pong([1, 2, 3]))
        pair.server.send(Self.options, isText: false)
        pair.server.ping([])
        pair.settle()
        #expect(pair.clientEvents.suffix(2) == [.message(Self.options, isText: false), .ping([])])
        pair.server.close(WebSocketClose(code: 1001, reason: "restart"))
        pair.settle()
        #expect(pair.clientEvents.last == .close(WebSocketClose(code: 1001, reason: "restart")))
        #expect(pair.serverEvents.last == .close(WebSocketClose(code: 1001)))
        #expect(pair.client.isEnded && pair.server.isEnded)
        pair.client.ping([])
        pair.client.send([], isText: true)
        #expect(pair.client.next() == nil)
    }

    @Test func noPongWhenSoAsked() {
        var pair = WebSocketPair(step: 100)
        pair.server.answersPings = false
        pair.client.ping([1])
        pair.settle()
        #expect(pair.serverEvents.last == .ping([1]))
        #expect(pair.clientEvents == [.opened(server: nil)])
    }

    @Test func faultsAreAnsweredAndEndTheSession() {
        var server = WebSocketSession(server: WebSocketHandshake.Policy())
        server.receive(Array(Self.request().utf8).span.bytes)
        // An unmasked frame with another one after it, which must not be heard.
        server.receive([0x81, 0, 0x81, 0x80, 0, 0, 0, 0].span.bytes)
        var outputs: [WebSocketSession<SystemRandomNumberGenerator>.Output] = []
        while let output = server.next() { outputs.append(output) }
        let words = "a client's frame is not masked"
        #expect(
            outputs.suffix(3) == [
                .send(
                    WebSocketFrame(.close, WebSocketClose(code: 1002, reason: words).payload).encoded(maskingKey: nil)),
                .event(.fault(.violation(words))), .end,
            ])
    }

    @Test func framesRightBehindTheHandshake() {
        var server = WebSocketSession(server: WebSocketHandshake.Policy())
        let ping = WebSocketFrame(.ping, [5]).encoded(maskingKey: 77)
        server.receive((Array(Self.request().utf8) + ping).span.bytes)
        var events: [WebSocketSession<SystemRandomNumberGenerator>.Event] = []
        while let output = server.next() { if case .event(let event) = output { events.append(event) } }
        #expect(events.count == 2 && events.last == .ping([5]))
    }

    // MARK: the handshake

    /// The request of RFC 6455 §1.3 with `sip` for its subprotocol.
    static func request(
        line: String = "GET /chat HTTP/1.1", without name: String? = nil, _ more: String...
    ) -> String {
        let fields = [
            "Host: server.example.com", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://example.com",
            "Sec-WebSocket-Protocol: chat, sip", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        ].filter { field in name.map { !field.hasPrefix($0 + ":") } ?? true }
        return ([line] + fields + more).joined(separator: "\r\n") + "\r\n\r\n"
    }

    struct ServerRow: CustomTestStringConvertible, Sendable {
        let name: String
        let request: String
        /// nil: accepted.
        let status: UInt16?
        var policy = WebSocketHandshake.Policy()
        var testDescription: String { name }

        init(_ name: String, _ request: String, _ status: UInt16?, _ policy: WebSocketHandshake.Policy = .init()) {
            self.name = name
            self.request = request
            self.status = status
            self.policy = policy
        }
    }

    static let serverRows: [ServerRow] = [
        ServerRow("good", request(), nil),
        ServerRow("no Origin", request(without: "Origin"), nil),
        ServerRow("POST", request(line: "POST /chat HTTP/1.1"), 400),
        ServerRow("HTTP/1.0", request(line: "GET /chat HTTP/1.0"), 400),
        ServerRow("no HTTP", request(line: "OPTIONS sip:a@b SIP/2.0"), 400),
        ServerRow("no Host", request(without: "Host"), 400),
        ServerRow("plain HTTP", request(without: "Upgrade"), 426),
        ServerRow("no Connection", request(without: "Connection"), 426),
        ServerRow("no version", request(without: "Sec-WebSocket-Version"), 426),
        ServerRow("version 8", request(without: "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426),
        ServerRow("no key", request(without: "Sec-WebSocket-Key"), 400),
        ServerRow("short key", request(without: "Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAA"), 400),
        ServerRow("no subprotocol", request(without: "Sec-WebSocket-Protocol"), 400),
        ServerRow("other subprotocol", request(without: "Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: mqtt"), 400),
        ServerRow(
            "two fields",
            request(without: "Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: mqtt", "Sec-WebSocket-Protocol: sip"),
            nil),
        ServerRow(
            "a whole URI", request(line: "GET http://server.example.com/chat?x HTTP/1.1"), nil, .init(path: "/chat")),
        ServerRow(
            "a URI without path", request(line: "GET HTTPS://server.example.com?x HTTP/1.1"), nil, .init(path: "/")),
        ServerRow("no path", request(line: "GET chat HTTP/1.1"), 400),
        ServerRow("folded field", request(without: nil, " folded"), 400),
        ServerRow("field without colon", request(without: nil, "nonsense"), 400),
        ServerRow("octets of TLS", "\u{16}\u{03}\u{01}", 400),
        ServerRow("long header", request(without: nil, "X: " + String(repeating: "x", count: 9000)), 431),
        ServerRow("many fields", "GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 100) + "\r\n", 431),
        ServerRow("served path", request(line: "GET /chat?x HTTP/1.1"), nil, .init(path: "/chat")),
        ServerRow("other path", request(), 404, .init(path: "/sip")),
        ServerRow("admitted origin", request(), nil, .init(origins: ["http://example.com"])),
        ServerRow("other origin", request(), 403, .init(origins: ["http://example.net"])),
    ]

    @Test(arguments: serverRows)
    func server(_ row: ServerRow) {
        let answers = ThreeFeeds.agree(on: Array(row.request.utf8)) { segments -> [String] in
            var server = WebSocketSession(server: row.policy)
            var answer: [UInt8] = []
            for segment in segments {
                server.receive(segment.span.bytes)
                while let output = server.next() { if case .send(let octets) = output { answer += octets } }
            }
            #expect(server.isOpen == (row.status == nil) && server.isEnded == (row.status != nil))
            return [String(decoding: answer, as: UTF8.self)]
        }
        let answer = answers.first ?? ""
        #expect(answer.hasPrefix("HTTP/1.1 \(row.status ?? 101) "), "\(answer)")
        if row.status == nil {
            #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(answer.contains("Sec-WebSocket-Protocol: sip\r\n"))
            #expect(!answer.contains("Extensions"))
        }
        if row.status == 426 { #expect(answer.contains("Sec-WebSocket-Version: 13\r\n")) }
    }

    struct ClientRow: CustomTestStringConvertible, Sendable {
        let name: String
        /// Of the 101 that a good server sends: what is replaced, and by what.
        let change: (String, String)
        let fault: WebSocketHandshake.ClientFault?
        var testDescription: String { name }

        init(_ name: String, _ change: (String, String), _ fault: WebSocketHandshake.ClientFault?) {
            self.name = name
            self.change = change
            self.fault = fault
        }
    }

    static let clientRows: [ClientRow] = [
        ClientRow("good", ("", ""), nil),
        ClientRow("letter case", ("Upgrade: websocket", "UPGRADE: WebSocket"), nil),
        ClientRow("folded fields", ("Connection: Upgrade", "Connection:\r\n Upgrade\r\nX: a\r\n\tb"), nil),
        ClientRow(
            "interim responses",
            ("HTTP/1.1 101", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101"),
            nil),
        ClientRow("403", ("101 Switching Protocols", "403 Forbidden"), .status(403, "Forbidden")),
        ClientRow("no reason", ("101 Switching Protocols", "503"), .status(503, "")),
        ClientRow("SIP", ("HTTP/1.1 101", "SIP/2.0 400"), .notHTTP(ParseError(.unexpected, at: 0, in: "status-line"))),
        ClientRow("no Upgrade", ("Upgrade: websocket\r\n", ""), .field("Upgrade", nil)),
        ClientRow("other Connection", ("Connection: Upgrade", "Connection: close"), .field("Connection", "close")),
        ClientRow("no subprotocol", ("Sec-WebSocket-Protocol: sip\r\n", ""), .subprotocol(nil)),
        ClientRow("other subprotocol", ("Protocol: sip", "Protocol: msrp"), .subprotocol("msrp")),
        ClientRow(
            "an extension that nobody offered",
            ("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Extensions: x"),
            .field("Sec-WebSocket-Extensions", "x")),
    ]

    @Test(arguments: clientRows)
    func client(_ row: ClientRow) throws {
        var client = WebSocketSession(
            client: WebSocketHandshake.Request(host: "a", origin: "http://b", userAgent: "c"),
            using: SeededGenerator(seed: 8))
        client.start()
        guard case .send(let request) = client.next() else { throw Failure() }
        let text = String(decoding: request, as: UTF8.self)
        #expect(text.hasPrefix("GET / HTTP/1.1\r\nHost: a\r\n"))
        #expect(text.contains("\r\nOrigin: http://b\r\nUser-Agent: c\r\n"))
        var server = WebSocketSession(server: .init())
        server.receive(request.span.bytes)
        guard case .send(let octets) = server.next() else { throw Failure() }
        var answer = String(decoding: octets, as: UTF8.self)
        if let range = answer.firstRange(of: row.change.0), !row.change.0.isEmpty {
            answer.replaceSubrange(range, with: row.change.1)
        }
        client.receive(Array(answer.utf8).span.bytes)
        let expected: WebSocketSession<SeededGenerator>.Event = row.fault.map { .notOpened($0) } ?? .opened(server: nil)
        #expect(client.next() == .event(expected))
        #expect(client.isOpen == (row.fault == nil))
        if row.fault != nil { #expect(client.next() == .end) }
    }

    @Test func wrongAccept() throws {
        var client = WebSocketSession(client: .init(host: "a"), using: SeededGenerator(seed: 8))
        client.start()
        _ = client.next()
        let answer =
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        client.receive(Array(answer.utf8).span.bytes)
        #expect(client.next() == .event(.notOpened(.field("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))))
    }

    struct Failure: Error {}
}
