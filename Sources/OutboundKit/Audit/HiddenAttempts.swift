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
    /// Those of two hosts. There may be as many as a proxy has phones behind it, and each of them asks.
    private struct Track {
        /// In the order of their beginning.
        let attempts: [HiddenAttempt]
        /// Of those up to each the place of the one that ended last.
        let latest: [Int]

        init(_ all: Set<HiddenAttempt>) {
            let attempts = all.sorted {
                ($0.start, $0.end, $0.kind.rawValue, $0.server.port) < (
                    $1.start, $1.end, $1.kind.rawValue, $1.server.port
                )
            }
            var last = 0
            latest = attempts.indices.map { place in
                if attempts[place].end >= attempts[last].end { last = place }
                return last
            }
            self.attempts = attempts
        }

        func last(from start: Int64, to end: Int64) -> HiddenAttempt? {
            var (low, high) = (0, attempts.count)
            while low < high {
                let middle = (low + high) / 2
                if attempts[middle].start < end { low = middle + 1 } else { high = middle }
            }
            guard low > 0 else { return nil }
            let last = attempts[latest[low - 1]]
            return last.end > start ? last : nil
        }
    }

    private let tracks: [UnansweredAttempts.Hosts: Track]

    init(_ ledger: FlowLedger) {
        // Sets, for the events of all flows may be there together with what the whole run shows.
        var all = ledger.unanswered.stretches.mapValues { Set($0) }
        for attempt in ledger.run?.hiddenAttempts ?? [] { all[Self.hosts(attempt), default: []].insert(attempt) }
        let wanted = Self.hostsThatLostFlows(ledger)
        func add(encrypted attempt: HiddenAttempt) {
            let hosts = Self.hosts(attempt)
            if wanted.contains(hosts) { all[hosts, default: []].insert(attempt) }
        }
        if !wanted.isEmpty {
            for attempt in ledger.evicted?.encrypted ?? [] { add(encrypted: attempt) }
            // By index: a record is copied only where it is needed.
            for index in ledger.flows.indices where ledger.flows[index].sights.contains(.encrypted) {
                add(encrypted: HiddenAttempt(encrypted: ledger.flows[index]))
            }
        }
        tracks = all.mapValues(Track.init)
    }

    private static func hostsThatLostFlows(_ ledger: FlowLedger) -> Set<UnansweredAttempts.Hosts> {
        var hosts: Set<UnansweredAttempts.Hosts> = []
        func add(_ index: Int) {
            hosts.insert(
                UnansweredAttempts.Hosts(client: ledger.flows[index].client.ip, server: ledger.flows[index].server.ip))
        }
        // Lost is lost, whatever wait the settings allow: who judges the events may have others.
        for index in ledger.flows.indices where ledger.flows[index].rare != nil {
            if ledger.flows[index].hasFailed || ledger.flows[index].log.contains(.noRecovery) { add(index) }
        }
        for index in ledger.histories.indices where ledger.histories[index].hasFailure {
            add(ledger.histories[index].flow)
        }
        return hosts
    }

    private static func hosts(_ attempt: HiddenAttempt) -> UnansweredAttempts.Hosts {
        UnansweredAttempts.Hosts(client: attempt.client, server: attempt.server.ip)
    }

    /// The last attempt from the flow's host at its server in that time.
    func last(_ flow: FlowRecord, from start: Int64, to end: Int64) -> HiddenAttempt? {
        tracks[UnansweredAttempts.Hosts(client: flow.client.ip, server: flow.server.ip)]?.last(from: start, to: end)
    }

    /// In the order of time.
    var all: [HiddenAttempt] {
        tracks.values.flatMap(\.attempts).sorted {
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
