import Testing

@testable import OutboundKit

/// Every REGISTER with its final answer that a capture of real phones and a real Kamailio holds.
private struct ExchangeCollector: FlowEventSink {
    private var openings: [FlowID: FlowEvent.Opening] = [:]
    private var pending: [String: (request: SIPMessage, sent: Timestamp, count: Int)] = [:]
    private var challenges: [String: RegistrationExchange.Challenged] = [:]
    private(set) var exchanges: [RegistrationExchange] = []

    mutating func observe(_ event: borrowing FlowEvent) {
        switch event.what {
        case .open(let opening): openings[event.flow] = opening
        case .sip(let message) where message.method == .register: take(message, event.flow, event.time)
        default: break
        }
    }

    mutating func end(_ flow: FlowID, at: Timestamp) {}

    private mutating func take(_ message: SIPMessage, _ flow: FlowID, _ time: Timestamp) {
        guard let opening = openings[flow], let id = message.callID, let cseq = try? message.cseq() else { return }
        let dialog = "\(flow) \(message.text(id))"
        let key = "\(dialog) \(cseq.number)"
        if message.isRequest {
            let first = pending[key]
            pending[key] = (first?.request ?? message, first?.sent ?? time, (first?.count ?? 0) + 1)
        } else if message.statusCode >= 200, let sent = pending.removeValue(forKey: key) {
            var exchange = RegistrationExchange(
                subject: "\(flow)",
                flow: Flow(transport: opening.transport, local: opening.client, remote: opening.server),
                request: sent.request, sent: sent.sent, response: message, ended: time)
            exchange.firstHop = .edge
            exchange.transmissions = sent.count
            exchange.responseSource = opening.server
            exchange.challenged = challenges[dialog]
            exchanges.append(exchange)
            if [401, 407].contains(message.statusCode) {
                challenges[dialog] = RegistrationExchange.Challenged(
                    request: sent.request, response: message, answered: time)
            }
        }
    }
}

@Suite struct CapturedExchangeTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Fixtures/Captures/"

    /// Kamailio 5.6.3 signs with a key that everybody knows.
    private static let forgeable: Set<String> = ["OB-TOK-001"]

    /// What real software is held to have broken, each entry looked at by hand. Nothing else may be called a fail.
    private static let broken: [String: Set<String>] = [
        "bs_udp_ft20.pcap": forgeable, "bs_tcp_ft120_short.pcap": forgeable, "bs_tcp_norequire.pcap": forgeable,
        "bs_udp_nat_short_inside.pcap": forgeable, "bs_udp_nat_short_outside.pcap": forgeable,
        "bs_tcp_udp_msgs_ft20.pcap": forgeable, "pj_tcp_ft20.pcap": forgeable, "sipp_tcp_reg.pcap": forgeable,
        "bs_udp_2flow_edge2_killed.pcap": forgeable, "bs_tcp_500_retry.pcap": forgeable,
        // The edge adds a plain Path, which is what the registrar's 439 says.
        "bs_udp_439.pcap": ["OB-EP-005"],
        // linphone sends no reg-id, and gets Require: outbound all the same.
        "lin_tcp_ft20.pcap": ["OB-REG-010"], "lin_udp_tcp_ft36.pcap": ["OB-REG-010"],
        // Sofia-SIP writes the user into the Request-URI.
        "sof_udp_tcp.pcap": ["OB-SIP-004"],
    ]

    @Test(arguments: [
        "bs_udp_ft20.pcap", "bs_tcp_ft120_short.pcap", "bs_tcp_norequire.pcap", "bs_udp_439.pcap",
        "bs_udp_nat_short_inside.pcap", "bs_udp_nat_short_outside.pcap", "bs_tcp_udp_msgs_ft20.pcap",
        "lin_tcp_ft20.pcap",
        "lin_udp_tcp_ft36.pcap", "pj_tcp_ft20.pcap", "pj_udp_ft20.pcap", "sipp_tcp_reg.pcap", "sof_udp_tcp.pcap",
        "bs_udp_2flow_edge2_killed.pcap", "bs_tcp_500_retry.pcap",
    ])
    func realExchanges(_ name: String) throws {
        var pipeline = CapturePipeline(sink: ExchangeCollector())
        try pipeline.read(path: Self.folder + name)
        pipeline.finish()
        let exchanges = pipeline.sink.exchanges
        #expect(!exchanges.isEmpty, "\(name) holds no exchange")
        var failed: Set<String> = []
        for exchange in exchanges {
            let vantage: Vantage = exchange.request.viaCount > 1 ? .core : .ua
            for finding in ExchangeRules.judge(exchange, vantage: vantage, parties: [.server, .userAgent])
            where finding.verdict == .fail {
                let id = finding.requirement?.text ?? ""
                failed.insert(id)
                if Self.broken[name]?.contains(id) != true {
                    Issue.record("\(name): \(id) \(finding.message): \(finding.evidence.map(\.observed))")
                }
            }
        }
        #expect(failed == Self.broken[name] ?? [], "\(name)")
    }
}
