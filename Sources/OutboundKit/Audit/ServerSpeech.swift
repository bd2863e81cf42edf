/// What servers said over datagrams: when they spoke SIP to each binding for the last time, on whichever of its flows (a
/// phone comes back on another port, and the server answers it there), and whether they answer STUN at all.
struct ServerSpeech: Sendable {
    private struct Key: Hashable {
        let binding: Int
        let server: TransportAddress
    }

    private var last: [Key: Int64] = [:]
    /// Servers that left the STUN of some flows without any answer, and answered that of others.
    private(set) var stunServers: Set<TransportAddress>

    /// Of the bindings alone that have a flow on which STUN was never answered: nobody asks for others, and of a million
    /// flows they are few.
    /// - Parameter asked: by index, the flows for which somebody will ask; nil for all.
    init(_ ledger: FlowLedger, for asked: [Bool]? = nil) {
        var silent = SmallSet<TransportAddress>()
        stunServers = ledger.run?.stunServers ?? []
        for index in ledger.flows.indices
        where asked?[index] ?? true && ledger.flows[index].kind == .stun && ledger.flows[index].pongs == 0 {
            if let key = Self.key(ledger.flows[index]) { last[key] = .never }
            silent.insert(ledger.flows[index].server)
        }
        guard !silent.isEmpty else { return }
        for index in ledger.flows.indices
        where !ledger.flows[index].isStream && silent.contains(ledger.flows[index].server) {
            if ledger.flows[index].pongs > 0 { stunServers.insert(ledger.flows[index].server) }
            let time = ledger.flows[index].lastServerSIP
            guard time != .never, let key = Self.key(ledger.flows[index]), let known = last[key] else { continue }
            last[key] = max(known, time)
        }
    }

    private static func key(_ flow: FlowRecord) -> Key? {
        guard let binding = flow.registrations.first?.bindingKey, binding != 0 else { return nil }
        return Key(binding: binding, server: flow.server)
    }

    /// Whether the server answered STUN on some flow, where it did not on another.
    func answersSTUN(_ server: TransportAddress) -> Bool { stunServers.contains(server) }

    /// Whether the flow's server spoke to its binding after `time`.
    func hasSpoken(to flow: FlowRecord, after time: Int64) -> Bool {
        flow.lastServerSIP > time || Self.key(flow).map { last[$0] ?? .never > time } ?? false
    }
}
