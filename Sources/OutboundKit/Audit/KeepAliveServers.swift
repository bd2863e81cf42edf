/// Servers that have a part in RFC 5626 or RFC 6223, as far as the run shows: to one of their phones, whichever, they granted
/// outbound, offered keep-alives, announced a Flow-Timer, or answered a keep-alive. Only those owe an answer to a ping: a
/// server that implements neither answers nothing (RFC 5626 §3.5.1, §5.4, §8).
struct KeepAliveServers: Sendable {
    /// Of the servers that somebody asks for: those that left the pings of a flow without any answer, and gave it no sign.
    private(set) var servers: Set<IPAddress>

    /// - Parameter asked: by index, the flows for which somebody will ask; nil for all.
    init(_ ledger: FlowLedger, for asked: [Bool]? = nil) {
        servers = ledger.run?.keepAliveServers ?? []
        var silent = SmallSet<IPAddress>()
        for index in ledger.flows.indices where asked?[index] ?? true && ledger.flows[index].pingsWithoutSign {
            silent.insert(ledger.flows[index].server.ip)
        }
        guard !silent.isEmpty else { return }
        for server in ledger.serversOf439 where silent.contains(server) { servers.insert(server) }
        for server in ledger.evicted?.keepAliveServers ?? [] where silent.contains(server) { servers.insert(server) }
        for index in ledger.flows.indices where ledger.flows[index].showsKeepAlives {
            let server = ledger.flows[index].server.ip
            if silent.contains(server) { servers.insert(server) }
        }
    }

    /// Whether the flow's server shows anywhere that it answers keep-alives, or should.
    func owesAnswers(on flow: FlowRecord) -> Bool { flow.showsKeepAlives || servers.contains(flow.server.ip) }

    /// Why nobody can tell whether a ping of the flow was owed an answer.
    static func doubt(_ flow: FlowRecord) -> UnknownReason {
        flow.sights.contains(.registered) ? .configuration : .late
    }

    static let advice =
        "If the server is meant to answer keep-alives, ask it with `sipob register-test`; else the client should send none that need an answer."

    /// What comes behind the number of pings that nothing answered.
    static func words(_ flow: FlowRecord) -> String {
        "got no answer, and nothing shows that the server does outbound or agreed to keep-alives"
            + (flow.sights.contains(.registered) ? "" : ": no 2xx to a REGISTER was seen")
            + ". A server that does neither owes none."
    }
}

extension FlowRecord {
    /// Its server gave a sign of keep-alives on it, or answered one.
    var showsKeepAlives: Bool {
        sights.contains(.sign) || pongs > 0 || announced != nil
            || registerSuccesses > 0 && registrations.contains { $0.flowTimer != nil }
    }

    fileprivate var pingsWithoutSign: Bool { pings > 0 && !showsKeepAlives }
}
