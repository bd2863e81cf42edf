import Testing

@testable import OutboundKit

/// A made-up flow as a list of moments, in seconds. Judged by the real ledger and rules.
struct Timeline {
    enum Moment {
        case register(regID: Int?, callID: String, cseq: Int, expires: Int?)
        case answer(Int, [String], cseq: Int, callID: String)
        /// A REGISTER with credentials for the registrar.
        case authorized(cseq: Int, callID: String)
        case ping
        /// A ping and, in the same segment, a REGISTER.
        case pingAlong(callID: String, cseq: Int)
        case halfPing(ownSegment: Bool)
        case pong
        case stun(UInt64)
        case stunAnswer(UInt64, port: UInt16, STUNFacts.Flags)
        case stunError(UInt64, UInt16, STUNFacts.Flags)
        case options
        case text(String, FlowEvent.Direction)
        case event(FlowEvent.What, FlowEvent.Direction)
    }

    var flow: UInt32 = 0
    var transport = TransportProtocol.tcp
    var clientPort: UInt16 = 40_000
    var serverPort: UInt16 = 5060
    /// The port that the client takes for its own, where a NAT on the way gives it another.
    var insidePort: UInt16?
    /// What the server says that it saw, where that is not the client's address.
    var seen: TransportAddress?
    /// The User-Agent of its REGISTERs.
    var agent: String?
    var moments: [(Double, Moment)] = []
    var opening: FlowEvent.Opening.Kind?
    /// The server's part of the handshake was seen.
    var isAnswered = false
    /// The server is the first to be seen, and is taken for the client.
    var isReversed = false

    static func tcp(_ moments: [(Double, Moment)]) -> Timeline { Timeline(transport: .tcp, moments: moments) }
    static func udp(_ moments: [(Double, Moment)]) -> Timeline { Timeline(transport: .udp, moments: moments) }

    /// REGISTER with reg-id 1 and its 2xx.
    static func registered(
        at time: Double = 0, regID: Int? = 1, timer: Int? = nil, outbound: Bool = true, cseq: Int = 1,
        callID: String = "a1", more: [String] = []
    ) -> [(Double, Moment)] {
        var headers = more
        if outbound { headers.append("Require: outbound") }
        if let timer { headers.append("Flow-Timer: \(timer)") }
        return [
            (time, .register(regID: regID, callID: callID, cseq: cseq, expires: nil)),
            (time + 0.01, .answer(200, headers, cseq: cseq, callID: callID)),
        ]
    }

    /// CRLF pings at `times`, each answered 20 ms later.
    static func pings(_ times: [Double]) -> [(Double, Moment)] {
        times.flatMap { [($0, Moment.ping), ($0 + 0.02, Moment.pong)] }
    }

    /// CRLFCRLF of the server at `times`, each answered by the client with a CRLF 20 ms later. Captures count the client's
    /// CRLFs in pairs, however far apart they are.
    static func serverPings(_ times: [Double]) -> [(Double, Moment)] {
        times.enumerated().flatMap { index, time in
            [
                (time, Moment.event(.crlf(completesPair: false, ownSegment: true), .fromServer)),
                (time, Moment.event(.crlf(completesPair: true, ownSegment: true), .fromServer)),
                (time + 0.02, Moment.event(.crlf(completesPair: index % 2 == 1, ownSegment: true), .fromClient)),
            ]
        }
    }

    /// STUN transactions at `times`, each answered with `port` 20 ms later.
    static func stuns(_ times: [Double], port: UInt16 = 40_000) -> [(Double, Moment)] {
        times.flatMap { time in
            let id = UInt64(time * 1000) + 7
            return [(time, Moment.stun(id)), (time + 0.02, Moment.stunAnswer(id, port: port, [.cookie, .xorMapped]))]
        }
    }

    /// The last octets of both addresses.
    var clientHost: UInt32 = 7
    var serverHost: UInt32 = 1
    /// The last octets of the phone's own address behind a NAT, in 10.0.0.0/8.
    var insideHost: UInt32?

    var client: TransportAddress { TransportAddress(ip: IPAddress(v4: 0xC000_0200 &+ clientHost), port: clientPort) }
    var server: TransportAddress { TransportAddress(ip: IPAddress(v4: 0xC633_6400 &+ serverHost), port: serverPort) }

    /// Gives the flow's events to `ledger`, in order.
    func play(into ledger: inout some FlowEventSink) throws {
        let id = FlowID(flow)
        let start = moments.first?.0 ?? 0
        let kind = opening ?? (transport.isStream ? .handshake : .datagram)
        ledger.observe(
            FlowEvent(
                flow: id, time: Timestamp(seconds: start), frame: 1, direction: .fromClient,
                what: .open(
                    .init(
                        transport: transport, client: isReversed ? server : client,
                        server: isReversed ? client : server, kind: kind, isAnswered: isAnswered))))
        for (index, (time, moment)) in moments.enumerated() {
            for (what, direction) in try events(moment) {
                ledger.observe(
                    FlowEvent(
                        flow: id, time: Timestamp(seconds: time), frame: UInt64(index + 2),
                        direction: isReversed ? direction.opposite : direction,
                        what: what))
            }
        }
    }

    private func events(_ moment: Moment) throws -> [(FlowEvent.What, FlowEvent.Direction)] {
        switch moment {
        case .register(let regID, let callID, let cseq, let expires):
            [(.sip(try written(register(regID, callID, cseq, expires))), .fromClient)]
        case .authorized(let cseq, let callID):
            [
                (
                    .sip(
                        try written(
                            register(1, callID, cseq, nil).replacing(
                                "Supported:", with: "Authorization: Digest username=\"alice\"\r\nSupported:"))),
                    .fromClient
                )
            ]
        case .answer(let status, let headers, let cseq, let callID):
            [(.sip(try written(answer(status, headers, cseq, callID))), .fromServer)]
        case .ping:
            [
                (.crlf(completesPair: false, ownSegment: true), .fromClient),
                (.crlf(completesPair: true, ownSegment: true), .fromClient),
            ]
        case .pingAlong(let callID, let cseq):
            [
                (.crlf(completesPair: false, ownSegment: false), .fromClient),
                (.crlf(completesPair: true, ownSegment: false), .fromClient),
                (.sip(try written(register(1, callID, cseq, nil))), .fromClient),
            ]
        case .halfPing(let own):
            [(.crlf(completesPair: false, ownSegment: own), .fromClient)]
        case .pong:
            [(.crlf(completesPair: false, ownSegment: true), .fromServer)]
        case .stun(let id):
            [(.stun(facts(.request, id, [.cookie])), .fromClient)]
        case .stunAnswer(let id, let port, let flags):
            [(.stun(facts(.success, id, flags, port: port)), .fromServer)]
        case .stunError(let id, let code, let flags):
            [(.stun(facts(.error, id, flags, code: code)), .fromServer)]
        case .options:
            [
                (
                    .sip(
                        try written(
                            "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKo\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                        )), .fromClient
                )
            ]
        case .text(let text, let direction): [(.sip(try written(text)), direction)]
        case .event(let what, let direction):
            [(what, direction)]
        }
    }

    private func facts(
        _ kind: STUNFacts.Class, _ id: UInt64, _ flags: STUNFacts.Flags, port: UInt16? = nil, code: UInt16 = 0
    ) -> STUNFacts {
        STUNFacts(
            messageClass: kind, method: 1, transactionHigh: 1, transactionLow: id, flags: flags,
            mappedAddress: port.map { TransportAddress(ip: client.ip, port: $0) }, errorCode: code)
    }

    /// What the phone takes for its own end: behind a NAT another one than the client's.
    private var sentBy: TransportAddress {
        TransportAddress(
            ip: insideHost.map { IPAddress(v4: 0x0A00_0000 &+ $0) } ?? client.ip, port: insidePort ?? clientPort)
    }

    private func register(_ regID: Int?, _ callID: String, _ cseq: Int, _ expires: Int?) -> String {
        """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/\(transport.description.uppercased()) \(sentBy);branch=z9hG4bK\(callID)\(cseq);rport\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>\r
        Call-ID: \(callID)\r
        CSeq: \(cseq) REGISTER\r
        Supported: path, outbound\r
        Contact: <sip:alice@\(sentBy);ob>\(regID.map { ";reg-id=\($0)" } ?? "");+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"\r
        Expires: \(expires ?? 3600)\r
        \(agent.map { "User-Agent: \($0)\r\n" } ?? "")Content-Length: 0\r
        \r

        """
    }

    private func answer(_ status: Int, _ headers: [String], _ cseq: Int, _ callID: String) -> String {
        // `keep=20` among the headers is a parameter of Via (RFC 6223).
        let keep = headers.first { $0.hasPrefix("keep") }.map { ";\($0)" } ?? ""
        let headers = headers.filter { !$0.hasPrefix("keep") }
        let seen = seen ?? client
        return """
            SIP/2.0 \(status) Whatever\r
            Via: SIP/2.0/\(transport.description.uppercased()) \(sentBy);branch=z9hG4bK\(callID)\(cseq);rport=\(seen.port);received=\(seen.ip)\(keep)\r
            To: <sip:alice@example.com>;tag=2\r
            Call-ID: \(callID)\r
            CSeq: \(cseq) REGISTER\r
            \(headers.map { $0 + "\r\n" }.joined())Content-Length: 0\r
            \r

            """
    }
}

/// Judges timelines. Their events are played flow by flow in the order of the array.
func audit(_ timelines: [Timeline], end: Double? = nil, settings: AuditSettings = AuditSettings()) throws -> FindingList
{
    var ledger = FlowLedger(settings: settings)
    for timeline in timelines { try timeline.play(into: &ledger) }
    if let end { ledger.end(FlowID(0), at: Timestamp(seconds: end)) }
    ledger.finish()
    return Judge().judge(ledger, keeping: .all)
}

/// One row of a rule's tests: a timeline, and the word of the verdict that the requirement must get; nil for none.
struct RuleRow: Sendable, CustomTestStringConvertible {
    let requirement: Requirement.ID
    let verdict: String?
    let what: String
    let reason: UnknownReason?
    let timelines: [Timeline]
    let end: Double?
    let settings: AuditSettings

    init(
        _ requirement: Requirement.ID, _ verdict: String?, _ reason: UnknownReason?, _ what: String,
        _ timelines: [Timeline], end: Double? = nil, settings: AuditSettings = AuditSettings()
    ) {
        self.requirement = requirement
        self.verdict = verdict
        self.reason = reason
        self.what = what
        self.timelines = timelines
        self.end = end
        self.settings = settings
    }

    init(
        _ requirement: Requirement.ID, _ verdict: String?, _ what: String, _ timelines: [Timeline], end: Double? = nil,
        settings: AuditSettings = AuditSettings()
    ) {
        self.init(requirement, verdict, nil, what, timelines, end: end, settings: settings)
    }

    var testDescription: String { "\(requirement) \(verdict ?? "nothing"): \(what)" }

    func check() throws {
        let list = try audit(timelines, end: end, settings: settings)
        let own = list.findings.filter { $0.requirement == requirement }
        #expect(
            own.first?.verdict.word == verdict,
            "\(list.findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word) \($0.message)" })")
        if let reason, let verdict = own.first?.verdict { #expect(verdict == .unknown(reason)) }
        if verdict == "fail" { #expect(own.first?.evidence.first?.expected != nil) }
    }
}

/// Rows as statements: the compiler checks each by itself, where one array literal of them all takes it too long.
@resultBuilder enum RuleRows {
    static func buildBlock(_ rows: RuleRow...) -> [RuleRow] { rows }
}
