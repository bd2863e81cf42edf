import Foundation
import OutboundKit
import Synchronization
import Testing

/// The examples of docs/library.md compile, because they stand here, and do what is said there. Nothing but the public
/// interface is in sight.
@Suite struct LibraryGuideTests {
    static let path = "Tests/OutboundKitTests/House/LibraryGuideTests.swift"

    static func token(key: [UInt8], print: (String) -> Void) {
        // example tokens begins
        guard let edge = TransportAddress("192.0.2.1:5060"), let phone = TransportAddress("203.0.113.7:43210"),
            let issuer = FlowTokenIssuer(.kamailio, effectiveKey: key)
        else { return }
        var token: [UInt8] = []
        guard issuer.append(Flow(transport: .tcp, local: edge, remote: phone), to: &token) else { return }
        print("Path: <sip:\(String(decoding: token, as: UTF8.self))@edge.example.com;lr;ob>")

        // When a request comes back for the phone, its Route says over which flow. nil: answer 403.
        guard let flow = issuer.flow(of: token.span.bytes) else { return }
        print("\(flow.transport) from \(flow.remote)")
        // example tokens ends
    }

    static func stream(_ received: [UInt8], print: (String) -> Void) {
        // example stream begins
        var framer = StreamFramer()
        framer.receive(received.span.bytes)
        while let piece = framer.next() {
            switch piece {
            case .message(let message):
                let contact = message.first(.contact).map { message.text($0.value) }
                print("\(message.text(message.startLineText)) from \(contact ?? "nobody")")
            case .crlf(let completesPair, _): if completesPair { print("ping: answer it with one CRLF") }
            case .malformed(let error): print("400: \(error)")
            case .stun: print("STUN, which has no place on a stream of SIP")
            case .unrecognized(let octets): print("\(octets) octets of something else")
            }
        }
        // example stream ends
    }

    static func audit(_ captures: [String], print: (String) -> Void) {
        // example audit begins
        var audit = CaptureAudit()
        audit.read(paths: captures) { error in print("\(error)") }
        let seen = audit.finish()

        let list = Judge().judge(seen.ledger)
        for finding in list.findings where finding.verdict == .fail {
            print("\(finding.subject) breaks \(finding.rule): \(finding.message)")
            for evidence in finding.evidence { print("  \(evidence.observed), packet \(evidence.frame ?? 0)") }
        }
        for flow in seen.ledger.flows { print("\(flow.id): \(flow.client) to \(flow.server), \(flow.transport)") }
        // example audit ends
    }

    static func stack(ok: [UInt8], register: [UInt8]) throws -> FindingList {
        // example stack begins
        var ledger = FlowLedger()
        let flow = FlowID(0)
        func tell(_ seconds: Double, _ direction: FlowEvent.Direction, _ what: FlowEvent.What) {
            ledger.observe(FlowEvent(flow: flow, time: Timestamp(seconds: seconds), direction: direction, what: what))
        }
        func message(_ octets: [UInt8]) throws -> FlowEvent.What {
            var message = SIPMessage()
            try MessageParser.parse(octets.span.bytes, into: &message)
            return .sip(message)
        }
        guard let phone = TransportAddress("203.0.113.7:43210"), let edge = TransportAddress("192.0.2.1:5060") else {
            return FindingList()
        }
        tell(0, .fromClient, .open(.init(transport: .tcp, client: phone, server: edge, kind: .handshake)))
        tell(0.1, .fromClient, try message(register))
        tell(0.2, .fromServer, try message(ok))
        // The 200 has Flow-Timer: 20, and so the stack under test has to ping every 16 to 20 s. A ping is two CRLFs.
        tell(45, .fromClient, .crlf(completesPair: false, ownSegment: true))
        tell(45, .fromClient, .crlf(completesPair: true, ownSegment: true))
        tell(45.1, .fromServer, .crlf(completesPair: false, ownSegment: true))
        tell(46, .fromClient, .close(.fin))
        ledger.end(flow, at: Timestamp(seconds: 46))
        ledger.finish()
        let list = Judge(of: .registeredPhones).judge(ledger)
        // example stack ends
        return list
    }

    static func engine(print: (String) -> Void) throws {
        // example engine begins
        guard let phone = TransportAddress("203.0.113.7:5060"), let edge = TransportAddress("192.0.2.1:5060"),
            let regID = RegID(1)
        else { return }
        let settings = RegistrationSettings(
            addressOfRecord: try SIPURI.parse("sip:alice@example.com"), registrar: try SIPURI.parse("sip:example.com"),
            instance: try InstanceID(urn: "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF"), regID: regID,
            expiresSeconds: 600, userAgent: "my-test")
        var session = RegistrationSession(settings, transport: .udp)
        session.handle(.up(FlowID(0), Flow(transport: .udp, local: phone, remote: edge)), at: .zero)
        session.handle(.command(.register), at: .zero)
        while let output = session.next() {
            switch output {
            case .send(let octets, _): print(String(decoding: octets, as: UTF8.self))
            case .close: print("done with the flow")
            case .event(.registered(let grant, _)): print("Flow-Timer: \(grant.flowTimerSeconds ?? 0) s")
            case .event: break
            }
        }
        // Then: receive(…) what comes, handle(.timer, …) when session.deadline is reached, and drain next() after each.
        print("call again at \(session.deadline?.nanoseconds ?? 0) ns at the latest")
        // example engine ends
    }

    static func keepAlive(_ received: [UInt8], print: (String) -> Void) {
        // example keepalive begins
        let flow = FlowID(0)
        var framer = StreamFramer()
        var keepAlive = CRLFKeepAlive(flow: flow, transport: .tcp, using: SystemRandomNumberGenerator())

        func drain() {
            while let output = keepAlive.next() {
                switch output {
                case .send(let octets, _): print("send \(octets.count) octets")
                case .event(.answered(let time)): print("pong after \(time)")
                case .event(.strayCRLF): print("a CRLF that no ping waits for")
                case .event(.failed(let failure)): print("make a new flow: \(failure)")
                }
            }
        }
        func receive(_ octets: [UInt8], at now: Timestamp) {
            framer.receive(octets.span.bytes)
            var endsMessage = false
            while let piece = framer.next() {
                switch piece {
                case .message, .malformed: endsMessage = true
                case .crlf: keepAlive.handle(.pong, at: now)
                case .stun, .unrecognized: break
                }
            }
            if endsMessage { keepAlive.handle(.messageEnded, at: now) }
            if framer.isInsideMessage { keepAlive.handle(.messageBegan, at: now) }
            drain()
        }

        // What the 2xx granted: its Flow-Timer, and outbound, without which no pong is due.
        keepAlive.handle(.start(FlowTimer(seconds: 20), expectsPong: true), at: .zero)
        // When the deadline is reached:
        let due = keepAlive.deadline ?? .zero
        keepAlive.handle(.timer, at: due)
        drain()
        // When octets come:
        receive(received, at: due + .seconds(1))
        // example keepalive ends
    }

    static func edge(log: @escaping @Sendable (String) -> Void) async throws {
        // example edge begins
        var settings = EdgeSettings()
        settings.domains = ["example.com"]
        settings.flowTimer = 120
        let loopback = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)
        let driver = try await HubDriver.start(
            try EdgeServer(settings), listeners: [HubListener(.tcp, loopback), HubListener(.udp, loopback)]
        ) { event in
            if case .note(let note) = event { log("\(note)") }
        }
        // Port 0 let the host choose: the edge has to know its own addresses.
        driver.send(.listening(driver.listeners.map(\.address)))
        for listener in driver.listeners { log("listening on \(listener)") }
        // Later, between two of its inputs:
        let snapshot = await driver.ask { edge in edge.snapshot(at: SystemClock().now) }
        log("\(snapshot.flows.count) flows, \(snapshot.bindings.count) bindings")
        await driver.stop()
        // example edge ends
    }

    static func decision(_ request: SIPMessage, print: (String) -> Void) {
        // example decision begins
        for decision in [OutboundDecision.rfc5626(request), .kamailio(request)] {
            for step in decision.steps { print("\(step.question) \(step.answer)") }
            print("\(decision.authority.name) \(decision.action?.sentence ?? decision.open ?? "")")
        }
        // example decision ends
    }

    // MARK: - they are those of the guide

    @Test(arguments: ["tokens", "stream", "audit", "stack", "engine", "keepalive", "edge", "decision"])
    func exampleIsTheOneInTheGuide(_ name: String) throws {
        let example = try DocumentedExample(name, in: Self.path).text
        #expect(!example.isEmpty)
        #expect(try SourceFile(reading: "docs/library.md").text.contains("```swift\n\(example)\n```"))
    }

    @Test func theGuideHasNoOtherExample() throws {
        let guide = try SourceFile(reading: "docs/library.md").text
        // The first is of Package.swift.
        #expect(guide.components(separatedBy: "```swift\n").count - 1 == 1 + 8)
    }

    @Test func theLayersAreThoseOfTheHouse() throws {
        let guide = try SourceFile(reading: "docs/library.md").text
        let rows = HouseRules.layers.enumerated().map { "| \($0) | \($1.joined(separator: ", ")) |\n" }
        #expect(guide.contains("| --- | --- |\n" + rows.joined() + "\n"))
    }

    // MARK: - and do what it says

    static let register = Array(
        """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/TCP 203.0.113.7:43210;branch=z9hG4bK1\r
        Max-Forwards: 70\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>\r
        Call-ID: 1\r
        CSeq: 1 REGISTER\r
        Supported: path, outbound\r
        Contact: <sip:alice@203.0.113.7:43210;transport=tcp;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"\r
        Content-Length: 0\r
        \r

        """.utf8)
    static let ok = Array(
        """
        SIP/2.0 200 OK\r
        Via: SIP/2.0/TCP 203.0.113.7:43210;branch=z9hG4bK1\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>;tag=2\r
        Call-ID: 1\r
        CSeq: 1 REGISTER\r
        Require: outbound\r
        Supported: path, outbound\r
        Flow-Timer: 20\r
        Contact: <sip:alice@203.0.113.7:43210;transport=tcp;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";expires=600\r
        Content-Length: 0\r
        \r

        """.utf8)

    private func printed(_ body: ((String) -> Void) throws -> Void) rethrows -> [String] {
        var lines: [String] = []
        try body { lines.append($0) }
        return lines
    }

    @Test func tokenNamesItsFlow() {
        let lines = printed { Self.token(key: Array(repeating: 7, count: 20), print: $0) }
        #expect(lines.count == 2 && lines[0].hasSuffix("@edge.example.com;lr;ob>"))
        #expect(lines.last == "tcp from 203.0.113.7:43210")
    }

    @Test func streamHasMessagesAndPings() {
        let lines = printed { Self.stream(Self.register + Array("\r\n\r\n".utf8), print: $0) }
        #expect(lines.count == 2 && lines[0].hasPrefix("REGISTER from <sip:alice@203.0.113.7:43210;transport=tcp;ob>"))
        #expect(lines.last == "ping: answer it with one CRLF")
    }

    @Test func captureIsAudited() throws {
        let capture = SourceFile.repository.appendingPathComponent("Tests/Fixtures/Captures/bs_tcp_ft120_short.pcap")
            .path
        let lines = printed { Self.audit([capture, "/nonexistent.pcap"], print: $0) }
        #expect(lines.contains { $0.contains("/nonexistent.pcap") })
        #expect(lines.contains { $0.hasPrefix("f1: ") })
    }

    @Test func ownStackIsJudged() throws {
        let list = try Self.stack(ok: Self.ok, register: Self.register)
        #expect(list.findings.filter { $0.verdict == .fail || $0.verdict == .warn }.map(\.rule) == ["OB-FT-004"])
    }

    @Test func engineSendsItsRegister() throws {
        let lines = try printed { try Self.engine(print: $0) }
        #expect(lines.count == 2 && lines[0].hasPrefix("REGISTER sip:example.com SIP/2.0\r\n"))
        #expect(lines[0].contains(";reg-id=1;"))
        // RFC 3261 §17.1.2.1: Timer E is 500 ms.
        #expect(lines.last == "call again at 500000000 ns at the latest")
    }

    /// The session that takes over the identity and the flow refreshes the binding.
    @Test func refreshIsANewSession() throws {
        let phone = try #require(TransportAddress("203.0.113.7:5060"))
        let flow = Flow(transport: .tcp, local: phone, remote: try #require(TransportAddress("192.0.2.1:5060")))
        var settings = RegistrationSettings(
            addressOfRecord: try SIPURI.parse("sip:alice@example.com"), registrar: try SIPURI.parse("sip:example.com"),
            instance: try InstanceID(urn: "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF"),
            regID: try #require(RegID(1)), expiresSeconds: 600, userAgent: "my-test")
        var cseqs: [String] = []
        for _ in 0..<2 {
            var session = RegistrationSession(settings, transport: .tcp)
            session.handle(.up(FlowID(0), flow), at: .zero)
            session.handle(.command(.register), at: .zero)
            while let output = session.next() {
                guard case .send(let octets, _) = output else { continue }
                var message = SIPMessage()
                try MessageParser.parse(octets.span.bytes, into: &message)
                let callID = message.first(.callID).map { message.text($0.value) }
                let cseq = message.first(.cseq).map { message.text($0.value) }
                cseqs.append("\(cseq ?? "") \(callID == session.identity.callID)")
            }
            settings.identity = session.identity
        }
        #expect(cseqs == ["1 REGISTER true", "2 REGISTER true"])
    }

    @Test func pongIsHeard() {
        let lines = printed { Self.keepAlive(Array("\r\n".utf8), print: $0) }
        #expect(lines == ["send 4 octets", "pong after 1.0 seconds"])
        // Half a message decides nothing yet.
        #expect(printed { Self.keepAlive(Array("OPTIONS".utf8), print: $0) } == ["send 4 octets"])
    }

    @Test func edgeListensInTheOrderAskedFor() async throws {
        let lines = Mutex<[String]>([])
        try await Self.edge { line in lines.withLock { $0.append(line) } }
        let said = lines.withLock { $0 }
        try #require(said.count == 3, "\(said)")
        #expect(said[0].hasPrefix("listening on tcp 127.0.0.1:") && said[1].hasPrefix("listening on udp 127.0.0.1:"))
        #expect(said[2] == "0 flows, 0 bindings")
    }

    @Test func bothAuthoritiesDecide() throws {
        var message = SIPMessage()
        try MessageParser.parse(Self.register.span.bytes, into: &message)
        let lines = printed { Self.decision(message, print: $0) }
        #expect(lines.filter { $0.contains("adds Path with a flow token and ob") }.count == 2)
    }
}
