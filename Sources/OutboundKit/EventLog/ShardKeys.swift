/// Finds out which flows have to be judged together: those of one address-of-record, since rules compare what a device
/// does on all of its flows; and, where a connection was refused, those from the same address to the same server, since
/// it may have been an attempt of theirs. So with STUN on a flow without SIP, which may be theirs too. What no key can bring
/// together is found out before (`RunFacts`).
///
/// A first reading of the captures fills it; only then is the key of a flow known, whose REGISTER may come an hour after
/// its first keep-alive.
public struct ShardKeys: FlowEventSink {
    /// The key of each flow.
    public struct Table: Sendable {
        fileprivate var keys: [String] = []
        public var flows: Int { keys.count }
        /// How many different ones there are.
        public fileprivate(set) var groups = 0

        public subscript(flow: FlowID) -> String {
            let index = Int(flow.rawValue)
            return index < keys.count ? keys[index] : "flow \(flow)"
        }
    }

    private struct Entry {
        var opening: FlowEvent.Opening
        /// Who registers is the client, whoever spoke first.
        var isFlipped = false
        var aor: Int32 = -1
        /// Of a request on a flow without REGISTER.
        var caller: Int32 = -1
        var wasRefused = false
        var hasSTUN = false
    }

    /// Whatever the transport: that of a refused connection is a guess.
    private struct Origin: Hashable {
        let client: IPAddress
        let server: TransportAddress
    }

    private var entries: [Entry?] = []
    private var names: [String] = []
    private var places: [String: Int32] = [:]
    /// Names that one flow registered: they belong together.
    private var ties: [(Int32, Int32)] = []

    public init() {}

    public mutating func observe(_ event: borrowing FlowEvent) {
        let index = Int(event.flow.rawValue)
        switch event.what {
        case .open(let opening):
            let missing = index + 1 - entries.count
            if missing > 0 { entries.append(contentsOf: repeatElement(nil, count: missing)) }
            // As in the ledger the first opening counts.
            if entries[index] == nil { entries[index] = Entry(opening: opening) }
        case .stun: noteSTUN(event.flow)
        case .close(.refused), .webSocketRefused:
            guard index < entries.count else { return }
            entries[index]?.wasRefused = true
        case .sip(let message):
            guard index < entries.count, entries[index] != nil, message.isRequest else { return }
            if message.method == .register, event.direction == .fromServer { entries[index]?.isFlipped = true }
            guard message.viaCount == 1 else { return }
            if message.method == .register {
                register(index, copy message)
            } else if entries[index]?.aor == -1, entries[index]?.caller == -1, let caller = name(message, .from) {
                let place = place(of: caller)
                entries[index]?.caller = place
            }
        default: break
        }
    }

    public mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) { noteSTUN(moment.flow) }

    private mutating func noteSTUN(_ flow: FlowID) {
        let index = Int(flow.rawValue)
        if index < entries.count { entries[index]?.hasSTUN = true }
    }

    public mutating func end(_ flow: FlowID, at: Timestamp) {}

    private mutating func register(_ index: Int, _ message: SIPMessage) {
        guard let aor = name(message, .to) else { return }
        let place = place(of: aor)
        guard let known = entries[index]?.aor, known >= 0 else {
            entries[index]?.aor = place
            return
        }
        if known != place { ties.append((known, place)) }
    }

    private func name(_ message: borrowing SIPMessage, _ header: HeaderName) -> String? {
        (try? message.nameAddrs(header).first).map { RegistrationNote.user($0.uri).lowercased() }
    }

    private mutating func place(of name: String) -> Int32 {
        if let known = places[name] { return known }
        names.append(name)
        places[name] = Int32(names.count - 1)
        return Int32(names.count - 1)
    }

    /// The keys of all flows seen.
    ///
    /// - Parameter together: flows that must have the keys of others, for another reason.
    public consuming func finish(together: [FlowID: FlowID] = [:]) -> Table {
        var groups = Groups(count: names.count + entries.count)
        // Names come first among the members, then flows.
        func member(_ flow: Int) -> Int { names.count + flow }
        for (one, other) in ties { groups.join(Int(one), Int(other)) }
        for (one, other) in together { groups.join(member(Int(one.rawValue)), member(Int(other.rawValue))) }
        var nameless: Set<Origin> = []
        for case (let index, let entry?) in zip(entries.indices, entries) {
            if entry.aor >= 0 { groups.join(Int(entry.aor), member(index)) }
            if entry.aor < 0, entry.caller >= 0 { groups.join(Int(entry.caller), member(index)) }
            let isNameless = entry.aor < 0 && entry.caller < 0
            if entry.wasRefused || entry.hasSTUN && isNameless { nameless.insert(Self.origin(entry)) }
        }
        if !nameless.isEmpty {
            var first: [Origin: Int] = [:]
            for case (let index, let entry?) in zip(entries.indices, entries) {
                let origin = Self.origin(entry)
                guard nameless.contains(origin) else { continue }
                groups.join(first[origin] ?? member(index), member(index))
                if first[origin] == nil { first[origin] = member(index) }
            }
        }
        var leastName: [Int: String] = [:]
        for index in names.indices {
            let root = groups.root(index)
            leastName[root] = min(leastName[root] ?? names[index], names[index])
        }
        var table = Table()
        table.keys.reserveCapacity(entries.count)
        for (index, entry) in zip(entries.indices, entries) {
            let root = groups.root(member(index))
            if leastName[root] == nil {
                leastName[root] =
                    entry.map { "\($0.opening.transport) \($0.opening.client) \($0.opening.server)" } ?? ""
            }
            table.keys.append(leastName[root] ?? "")
        }
        table.groups = Set(table.keys).count
        return table
    }

    private static func origin(_ entry: Entry) -> Origin {
        let (client, server) =
            entry.isFlipped
            ? (entry.opening.server, entry.opening.client) : (entry.opening.client, entry.opening.server)
        return Origin(client: client.ip, server: server)
    }
}

/// Members that belong together, by way of any others: a forest in which every member leads to its group's root.
private struct Groups {
    private var parents: [Int32]

    init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

    mutating func root(_ member: Int) -> Int {
        var at = member
        while Int(parents[at]) != at {
            parents[at] = parents[Int(parents[at])]
            at = Int(parents[at])
        }
        return at
    }

    mutating func join(_ one: Int, _ other: Int) {
        let (low, high) = (root(one), root(other))
        guard low != high else { return }
        parents[max(low, high)] = Int32(min(low, high))
    }
}
