/// All that a run shows of servers, looked up as the rules need it.
struct ServerCase: Sendable {
    /// One address-of-record, as the place nearest to its phones shows it: their own flows, or what was forwarded where
    /// those were not captured.
    struct User: Sendable {
        let aor: String
        /// In the order of time, each REGISTER once.
        let notes: [BindingNote]
        /// They are the phones' own flows, so that the notes' flows are those that the bindings stand for.
        let isOwnFlows: Bool

        /// The latest answered registration of that binding by a time; nil when it is removed or over by then.
        func current(_ key: BindingKey, at time: Int64) -> BindingNote? {
            guard
                let place = notes.lastIndex(where: {
                    $0.key == key && !$0.isRemoval && $0.isGranted && $0.answered <= time
                })
            else { return nil }
            let latest = notes[place]
            guard latest.expiry > time &+ ServerCase.margin else { return nil }
            let isRemoved = notes[place...].contains {
                $0.isGranted && $0.answered <= time && $0.removes(latest)
            }
            return isRemoved ? nil : latest
        }

        /// The bindings that had been made by a time.
        func keys(by time: Int64) -> Set<BindingKey> {
            Set(notes.lazy.filter { $0.isGranted && $0.answered <= time }.compactMap(\.key))
        }
    }

    /// Answers are written on their way: what ends or changes this near to another thing is not compared with it.
    static let margin = 2 * Int64.second

    let ledger: FlowLedger
    let users: [User]
    /// In the order of time.
    let requests: [RequestNote]
    /// Requests after that time are not all there.
    let requestsUntil: Int64
    /// REGISTERs behind the first proxy, in the order of time.
    let forwarded: [BindingNote]
    /// Granted registrations on the phones' own flows, in the order of time.
    let byFlow: [FlowID: [BindingNote]]
    /// Whose flow a token is: granted registrations with outbound that have it in Path, in the order of time.
    let byToken: [FlowTokenName: [BindingNote]]
    let byTransaction: [Int: [RequestNote]]
    /// The users, by their place in `users`, who registered a Contact that leads there.
    private let usersAt: [String: Set<Int>]
    /// Tokens by which no phone was reached at some time.
    let lostTokens: Set<FlowTokenName>
    /// The most contacts that an answer names, by domain: of those only whose servers name others than the one at hand
    /// somewhere, so that what they leave out is not there.
    private let longestLists: [String: Int]

    init(_ book: ServerBook, _ ledger: FlowLedger) {
        self.ledger = ledger
        requests = book.requests.filter { ledger[$0.flow]?.sights.contains(.copy) == false }
        requestsUntil = book.requestsUntil
        let seen = book.registrations.filter { ledger[$0.flow]?.sights.contains(.copy) == false }
            .sorted { ($0.time, $0.hops) < ($1.time, $1.hops) }
        let own = seen.filter { $0.hops == 1 && ledger[$0.flow]?.isUserAgentFlow == true }
        let forwarded = seen.filter { $0.hops > 1 }
        self.forwarded = forwarded
        byFlow = Dictionary(grouping: own.filter(\.isGranted), by: \.flow)
        var tokens: [FlowTokenName: [BindingNote]] = [:]
        for note in seen where note.isOutbound && note.hasEdge && !note.isRemoval {
            if let token = note.token { tokens[token, default: []].append(note) }
        }
        byToken = tokens
        byTransaction = Dictionary(grouping: requests, by: \.transaction)
        let owned = Set(own.lazy.filter(\.isGranted).map(\.aor))
        let others = forwarded.filter { !owned.contains($0.aor) }
        users =
            Self.users(own.filter { owned.contains($0.aor) }, isOwnFlows: true)
            + Self.users(others, isOwnFlows: false)
        var usersAt: [String: Set<Int>] = [:]
        var longestLists: [String: Int] = [:]
        for (index, user) in users.enumerated() {
            for note in user.notes {
                usersAt[note.place, default: []].insert(index)
                // Where the own one comes back in other words, any contact may be it.
                if note.own != nil, let count = note.listed?.count, count > 1 {
                    longestLists[note.domain] = max(longestLists[note.domain] ?? 0, count)
                }
            }
        }
        self.usersAt = usersAt
        self.longestLists = longestLists
        lostTokens = Set(requests.lazy.filter(\.reachedNobody).compactMap(\.token))
    }

    private static func users(_ notes: [BindingNote], isOwnFlows: Bool) -> [User] {
        Dictionary(grouping: notes, by: \.aor).sorted { $0.key < $1.key }.map { aor, notes in
            guard !isOwnFlows else { return User(aor: aor, notes: notes, isOwnFlows: true) }
            // A proxy behind a proxy shows the same REGISTER again; a phone that was started anew may count as before.
            var seen: [Int: BindingNote] = [:]
            let once = notes.filter { note in
                if let first = seen[note.transaction], first.key == note.key, first.hops < note.hops { return false }
                seen[note.transaction] = note
                return true
            }
            return User(aor: aor, notes: once, isOwnFlows: false)
        }
    }

    func record(_ note: BindingNote) -> FlowRecord? { ledger[note.flow] }

    /// Who sent a request, and whom it went to.
    func ends(_ request: RequestNote) -> (from: TransportAddress, to: TransportAddress)? {
        guard let record = ledger[request.flow] else { return nil }
        let isClient = (request.direction == .fromClient) != record.isFlipped
        return isClient ? (record.client, record.server) : (record.server, record.client)
    }

    /// The server of a phone's own flow sent it there.
    func isDelivery(_ request: RequestNote) -> Bool {
        guard byFlow[request.flow] != nil, let record = ledger[request.flow] else { return false }
        return ends(request)?.from == record.server
    }

    /// Whether a flow had neither closed nor failed by a time, nor lost anything of what would show it.
    func isAlive(_ flow: FlowID, at time: Int64) -> Bool {
        guard let record = ledger[flow], !record.sights.contains(.gap) else { return false }
        if record.closing != nil, record.closedAt <= time { return false }
        return record.failedAt == .never || record.failedAt > time
    }

    /// The registration on a phone's own flow that a request for that place was meant for.
    func target(on flow: FlowID, _ place: String, at time: Int64) -> BindingNote? {
        byFlow[flow]?.last { $0.answered < time && $0.place == place && !$0.isRemoval && $0.isOutbound }
    }

    func listsOthers(in domain: String) -> Bool { longestLists[domain] != nil }

    /// Whether no answer of that domain lists more contacts than this one.
    func isLongest(_ answer: BindingNote) -> Bool {
        answer.listed.map { $0.count >= longestLists[answer.domain] ?? 0 } ?? true
    }

    /// Who registered a Contact that leads there.
    func users(at place: String) -> [User] { (usersAt[place] ?? []).sorted().map { users[$0] } }
}

/// A rule on what servers do with registrations.
protocol ServerRule: Sendable {
    var requirement: Requirement.ID { get }
    func judge(_ servers: ServerCase, _ out: inout FindingList)
}

enum ServerRules {
    static let all: [any ServerRule] = bindings + delivery + tokens + routes
}
