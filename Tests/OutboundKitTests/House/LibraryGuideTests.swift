import Foundation
import OutboundKit
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
        // The 200 has Flow-Timer: 20, and so the stack under test has to ping every 16 to 20 s.
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

    static func decision(_ request: SIPMessage, print: (String) -> Void) {
        // example decision begins
        for decision in [OutboundDecision.rfc5626(request), .kamailio(request)] {
            for step in decision.steps { print("\(step.question) \(step.answer)") }
            print("\(decision.authority.name) \(decision.action?.sentence ?? decision.open ?? "")")
        }
        // example decision ends
    }

    // MARK: - they are those of the guide

    @Test(arguments: ["tokens", "stream", "audit", "stack", "engine", "decision"])
    func exampleIsTheOneInTheGuide(_ name: String) throws {
        let example = try DocumentedExample(name, in: Self.path).text
        #expect(!example.isEmpty)
        #expect(try SourceFile(reading: "docs/library.md").text.contains("```swift\n\(example)\n```"))
    }

    @Test func theGuideHasNoOtherExample() throws {
        let guide = try SourceFile(reading: "docs/library.md").text
        // The first is of Package.swift.
        #expect(guide.components(separatedBy: "```swift\n").count - 1 == 1 + 6)
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
        #expect(list.findings.contains { $0.rule == "OB-FT-004" && $0.verdict == .fail })
    }

    @Test func engineSendsItsRegister() throws {
        let lines = try printed { try Self.engine(print: $0) }
        #expect(lines.count == 2 && lines[0].hasPrefix("REGISTER sip:example.com SIP/2.0\r\n"))
        #expect(lines[0].contains(";reg-id=1;"))
        // RFC 3261 §17.1.2.1: Timer E is 500 ms.
        #expect(lines.last == "call again at 500000000 ns at the latest")
    }

    @Test func bothAuthoritiesDecide() throws {
        var message = SIPMessage()
        try MessageParser.parse(Self.register.span.bytes, into: &message)
        let lines = printed { Self.decision(message, print: $0) }
        #expect(lines.filter { $0.contains("adds Path with a flow token and ob") }.count == 2)
    }
}
