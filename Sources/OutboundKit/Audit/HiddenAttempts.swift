/// A time in which a host tried to reach a server in a way that shows no REGISTER, nor whose it would have been.
public struct HiddenAttempt: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        /// Connections whose SYN nothing answered.
        case unanswered
        /// A connection that was made and is encrypted.
        case encrypted
    }

    public let client: IPAddress
    public let server: TransportAddress
    public let kind: Kind
    /// Nanoseconds: the first SYN and the last one; of an encrypted connection both are its beginning.
    public internal(set) var start: Int64
    public internal(set) var end: Int64
}

/// Attempts between hosts of which one had lost a flow: who seems to do nothing may have made them.
struct HiddenAttempts: Sendable {
    private var attempts: [UnansweredAttempts.Hosts: [HiddenAttempt]] = [:]

    init() {}

    init(_ ledger: FlowLedger) {
        attempts = ledger.unanswered.stretches
        for attempt in ledger.run?.hiddenAttempts ?? [] { add(attempt) }
        let wanted = Self.hostsThatLostFlows(ledger)
        guard !wanted.isEmpty else { return }
        for attempt in ledger.evicted?.encrypted ?? [] where wanted.contains(Self.hosts(attempt)) { add(attempt) }
        // By index: a record is copied only where it is needed.
        for index in ledger.flows.indices where ledger.flows[index].sights.contains(.encrypted) {
            let attempt = HiddenAttempt(encrypted: ledger.flows[index])
            if wanted.contains(Self.hosts(attempt)) { add(attempt) }
        }
    }

    private static func hostsThatLostFlows(_ ledger: FlowLedger) -> Set<UnansweredAttempts.Hosts> {
        var hosts: Set<UnansweredAttempts.Hosts> = []
        func add(_ index: Int) {
            hosts.insert(
                UnansweredAttempts.Hosts(client: ledger.flows[index].client.ip, server: ledger.flows[index].server.ip))
        }
        for index in ledger.flows.indices where ledger.flows[index].rare != nil {
            if ledger.flows[index].log.contains(.noRecovery) { add(index) }
        }
        for index in ledger.histories.indices where ledger.histories[index].hasFailure {
            add(ledger.histories[index].flow)
        }
        return hosts
    }

    private static func hosts(_ attempt: HiddenAttempt) -> UnansweredAttempts.Hosts {
        UnansweredAttempts.Hosts(client: attempt.client, server: attempt.server.ip)
    }

    private mutating func add(_ attempt: HiddenAttempt) {
        let hosts = Self.hosts(attempt)
        // The events of all flows may be there together with what the whole run shows.
        if attempts[hosts]?.contains(attempt) != true { attempts[hosts, default: []].append(attempt) }
    }

    /// The last attempt from the flow's host at its server in that time.
    func last(_ flow: FlowRecord, from start: Int64, to end: Int64) -> HiddenAttempt? {
        attempts[UnansweredAttempts.Hosts(client: flow.client.ip, server: flow.server.ip)]?
            .filter { $0.end > start && $0.start < end }.max { $0.end < $1.end }
    }

    /// In the order of time.
    var all: [HiddenAttempt] {
        attempts.values.joined().sorted {
            ($0.start, $0.end, $0.client.description, $0.server.description)
                < ($1.start, $1.end, $1.client.description, $1.server.description)
        }
    }
}

extension HiddenAttempt {
    init(encrypted flow: FlowRecord) {
        self.init(
            client: flow.client.ip, server: flow.server, kind: .encrypted, start: flow.openedAt, end: flow.openedAt)
    }

    /// Why nobody can tell what the attempt was for.
    var doubt: UnknownReason { kind == .encrypted ? .encrypted : .identity }

    /// What follows "No REGISTER was seen, but".
    var words: String {
        switch kind {
        case .unanswered:
            "connections that were tried from the client's address meanwhile got no answer, and whose they were does not show"
        case .encrypted:
            "an encrypted connection was made from the client's address meanwhile, and what it carries does not show"
        }
    }
}
