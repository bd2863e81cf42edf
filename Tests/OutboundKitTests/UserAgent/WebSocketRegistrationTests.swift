import Testing

@testable import OutboundKit

/// A registration over WebSocket against a server that does only what each test says.
@Suite struct WebSocketRegistrationTests {
    private struct Rehearsal {
        var session: RegistrationSession
        var server = WebSocketSession(server: .init(server: "rig"))
        var now = Timestamp.zero
        /// What the server got.
        var messages: [[UInt8]] = []
        var pings: [[UInt8]] = []
        var closes: [UInt16?] = []
        var handshake: WebSocketHandshake.Opening?
        var events: [RegistrationSession.Event] = []
        var observed: [FlowEvent.WebSocketControl] = []
        var isClosed = false
        /// What the client sends reaches the server, and the server's frames the client.
        var isConnected = true

        init(
            _ transport: TransportProtocol = .ws, aor: String = "sip:alice@example.com", isConnected: Bool = true,
            identity: RegistrationIdentity? = nil
        ) throws {
            var settings = RegistrationSettings(
                addressOfRecord: try SIPURI.parse(aor), registrar: try SIPURI.parse("sip:example.com"),
                instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                regID: try RegID.parse("1"), expiresSeconds: 600, userAgent: "test")
            settings.identity = identity
            settings.webSocket = WebSocketHandshake.Request(host: "edge.example.com:8080", path: "/sip")
            session = RegistrationSession(settings, transport: transport, random: SeededGenerator(seed: 1))
            self.isConnected = isConnected
            let local = try #require(TransportAddress("192.0.2.7:5070"))
            let remote = try #require(TransportAddress("198.51.100.1:8080"))
            session.handle(.up(FlowID(0), Flow(transport: transport, local: local, remote: remote)), at: now)
            server.answersPings = false
            settle()
        }

        mutating func command(_ command: RegistrationSession.Command) {
            session.handle(.command(command), at: now)
            settle()
        }

        mutating func settle() {
            var isQuiet = false
            while !isQuiet {
                isQuiet = true
                while let output = session.next() {
                    isQuiet = false
                    switch output {
                    case .send(let octets, _): if isConnected { server.receive(octets.span.bytes) }
                    case .event(.observed(let event, _)):
                        if case .webSocketControl(let control) = event.what { observed.append(control) }
                    case .event(let event): events.append(event)
                    case .close: isClosed = true
                    }
                }
                while let output = server.next() {
                    isQuiet = false
                    switch output {
                    case .send(let octets): session.receive(octets.span.bytes, on: FlowID(0), at: now)
                    case .event(.message(let octets, _)): messages.append(octets)
                    case .event(.ping(let payload)): pings.append(payload)
                    case .event(.close(let close)): closes.append(close.code)
                    case .event(.accepted(let opening)): handshake = opening
                    case .event, .end: break
                    }
                }
            }
        }

        mutating func run(seconds: Int64) {
            let end = now + .seconds(seconds)
            while let deadline = session.deadline, deadline <= end {
                now = max(now, deadline)
                session.handle(.timer, at: now)
                settle()
            }
            now = end
        }

        /// The last request that came.
        func request() throws -> SIPMessage {
            var message = SIPMessage()
            let last = try #require(messages.last)
            try MessageParser.parse(last.span.bytes, into: &message)
            return message
        }

        mutating func answer(_ status: UInt16 = 200) throws {
            let request = try request()
            var writer = MessageWriter(status: status, reason: "x", to: request, toTag: "1")
            writer.header(.require, "outbound")
            if let contact = request.first(.contact) { writer.header(.contact, request.text(contact.value)) }
            server.send(writer.finish(), isText: true)
            settle()
        }

        mutating func register() throws {
            command(.register)
            try answer()
        }

        var failure: RegistrationSession.Failure? {
            for case .failed(let failure, _) in events { return failure }
            return nil
        }

        var ending: WebSocketEnding? {
            if case .webSocket(let ending)? = failure { return ending }
            return nil
        }

        var outcomes: [KeepAliveOutcome] {
            events.compactMap { if case .keptAlive(let outcome) = $0 { outcome } else { nil } }
        }
    }

    @Test func handshakeAndNames() throws {
        var rehearsal = try Rehearsal()
        #expect(rehearsal.handshake?.path == "/sip" && rehearsal.handshake?.host == "edge.example.com:8080")
        rehearsal.command(.register)
        let request = try rehearsal.request()
        let via = try #require(try request.topVia())
        #expect(via.transport == .ws && via.host.hasSuffix(".invalid") && via.port == nil)
        let contact = try #require(try request.contacts().first?.uri)
        #expect(contact.description == "sip:alice@\(via.host);transport=ws;ob")
        try rehearsal.answer()
        #expect(rehearsal.session.state == .registered)
        rehearsal.command(.unregister)
        #expect(try rehearsal.request().contacts().first?.uri == contact, "one name for the whole flow")
        try rehearsal.answer()
        rehearsal.command(.leave)
        #expect(rehearsal.session.state == .unregistered && rehearsal.closes == [1000] && rehearsal.isClosed)
    }

    struct Naming: Sendable, CustomTestStringConvertible {
        let transport: TransportProtocol
        let scheme: String
        let contact: String
        var testDescription: String { "\(scheme) over \(transport)" }
    }

    @Test(arguments: [
        Naming(transport: .udp, scheme: "sip", contact: "sip:alice@h:7;ob"),
        Naming(transport: .tcp, scheme: "sip", contact: "sip:alice@h:7;transport=tcp;ob"),
        Naming(transport: .tls, scheme: "sip", contact: "sip:alice@h:7;transport=tls;ob"),
        Naming(transport: .tls, scheme: "sips", contact: "sips:alice@h:7;ob"),
        Naming(transport: .wss, scheme: "sip", contact: "sip:alice@h:7;transport=ws;ob"),
        Naming(transport: .wss, scheme: "sips", contact: "sips:alice@h:7;transport=ws;ob"),
    ]) func contacts(_ naming: Naming) throws {
        let aor = try SIPURI.parse("\(naming.scheme):alice@example.com")
        let contact = RegistrationSettings.contactURI(of: aor, host: "h", port: 7, over: naming.transport)
        #expect(contact.description == naming.contact)
    }

    @Test func pingFrameThenCRLF() throws {
        var rehearsal = try Rehearsal(.wss)
        try rehearsal.register()
        rehearsal.command(.keepAlive)
        let payload = try #require(rehearsal.pings.first)
        #expect(payload.count == 8)
        // Somebody else's Pong is none.
        rehearsal.server.send(raw: WebSocketFrame(.pong, [1]))
        rehearsal.settle()
        #expect(rehearsal.outcomes.isEmpty)
        rehearsal.now = rehearsal.now + .milliseconds(3)
        rehearsal.server.send(raw: WebSocketFrame(.pong, payload))
        rehearsal.settle()
        #expect(rehearsal.outcomes.first?.technique == .webSocketPing)
        #expect(rehearsal.outcomes.first?.elapsed == .milliseconds(3))
        rehearsal.command(.keepAliveByCRLF)
        #expect(rehearsal.messages.last == [13, 10, 13, 10])
        rehearsal.server.send([13, 10], isText: true)
        rehearsal.settle()
        #expect(rehearsal.outcomes.last?.technique == .crlf && rehearsal.outcomes.last?.isAnswered == true)
        #expect(rehearsal.observed == [.ping, .pong, .pong])
    }

    @Test func missingPong() throws {
        var rehearsal = try Rehearsal()
        try rehearsal.register()
        rehearsal.command(.keepAlive)
        rehearsal.run(seconds: 9)
        #expect(rehearsal.outcomes.isEmpty)
        rehearsal.run(seconds: 1)
        guard case .failed(.pongTimeout)? = rehearsal.outcomes.first?.result else {
            Issue.record("no time-out: \(rehearsal.outcomes)")
            return
        }
    }

    @Test func serverPingIsAnswered() throws {
        var rehearsal = try Rehearsal()
        rehearsal.server.ping([5])
        rehearsal.settle()
        #expect(rehearsal.observed == [.ping, .pong] && rehearsal.failure == nil)
    }

    @Test func silentHandshake() throws {
        var rehearsal = try Rehearsal(isConnected: false)
        rehearsal.command(.register)
        #expect(rehearsal.session.state == .idle && rehearsal.messages.isEmpty)
        rehearsal.run(seconds: 10)
        #expect(rehearsal.ending == .unanswered)
        #expect(!rehearsal.session.mayBeBound && rehearsal.session.deadline == nil)
    }

    @Test func refusedHandshake() throws {
        var rehearsal = try Rehearsal(isConnected: false)
        rehearsal.command(.register)
        let answer = Array("HTTP/1.1 403 Forbidden\r\n\r\n".utf8)
        rehearsal.session.receive(answer.span.bytes, on: FlowID(0), at: rehearsal.now)
        rehearsal.settle()
        #expect(rehearsal.ending == .notOpened(.status(403, "Forbidden")))
        rehearsal.session.handle(.down(FlowID(0), .closedByPeer), at: rehearsal.now)
        rehearsal.settle()
        #expect(rehearsal.events.count { if case .failed = $0 { true } else { false } } == 1, "told once")
    }

    @Test func stopInTheHandshake() throws {
        var rehearsal = try Rehearsal(isConnected: false)
        rehearsal.command(.register)
        rehearsal.command(.stop)
        guard case .interrupted? = rehearsal.failure else {
            Issue.record("not interrupted: \(rehearsal.events)")
            return
        }
        #expect(rehearsal.session.deadline == nil)
    }

    /// What may be bound is named, so that it can be removed over a new flow.
    @Test func closeWhileRegistered() throws {
        var rehearsal = try Rehearsal()
        try rehearsal.register()
        rehearsal.command(.keepAlive)
        rehearsal.server.close(WebSocketClose(code: 1001, reason: "restart"))
        rehearsal.settle()
        #expect(rehearsal.ending == .closed(WebSocketClose(code: 1001, reason: "restart")))
        #expect(rehearsal.observed.last == .close(1001))
        guard case .failed(.closed)? = rehearsal.outcomes.first?.result,
            case .failed(_, let identity?)? = rehearsal.events.last
        else {
            Issue.record("the keep-alive or the binding is forgotten: \(rehearsal.events)")
            return
        }
        var next = try Rehearsal(identity: identity)
        next.command(.unregister)
        let removal = try next.request()
        #expect(removal.callID.map(removal.text) == identity.callID)
        #expect(try removal.contacts().first?.expires == 0)
    }

    @Test func brokenFrameEndsIt() throws {
        var rehearsal = try Rehearsal()
        try rehearsal.register()
        let frame: [UInt8] = [0x8F, 0]
        rehearsal.session.receive(frame.span.bytes, on: FlowID(0), at: rehearsal.now)
        rehearsal.settle()
        guard case .fault? = rehearsal.ending else {
            Issue.record("no fault: \(rehearsal.events)")
            return
        }
        #expect(rehearsal.closes == [1002])
    }

    @Test func serverRequestIsAnsweredInAFrame() throws {
        var rehearsal = try Rehearsal()
        try rehearsal.register()
        let options =
            "OPTIONS sip:alice@x.invalid SIP/2.0\r\nVia: SIP/2.0/WS e.invalid;branch=z9hG4bKa\r\n"
            + "From: <sip:e>;tag=1\r\nTo: <sip:a>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
        rehearsal.server.send(Array(options.utf8), isText: true)
        rehearsal.settle()
        #expect(String(decoding: rehearsal.messages.last ?? [], as: UTF8.self).hasPrefix("SIP/2.0 200 OK"))
    }
}
