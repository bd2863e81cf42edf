/// Closes and refusals of each server, and its patience: for the excuse of a restart.
struct ServerOutages: Sendable {
    private var closes: [TransportAddress: [Int64]] = [:]
    private var refusals: [TransportAddress: [Int64]] = [:]
    private var refusedClients: [Ends: [Int64]] = [:]
    /// The longest silence of a client before a close of the server.
    private var silences: [TransportAddress: Range<Int64>] = [:]
    /// Of the whole run, where the ledger has a part of it.
    private var known: [TransportAddress: [ServerOutage]] = [:]

    /// Connections are refused to a host; which of its ports, or which phone behind it, asked does not matter.
    struct Ends: Hashable {
        let client: IPAddress
        let server: TransportAddress
    }

    /// Closes so near to each other are of one cause.
    private static let together = Int64.second
    /// A server that refuses connections so soon after a close was down.
    private static let soon = 600 * Int64.second

    /// How many were noted.
    private(set) var count = 0

    init() {}

    init(_ ledger: FlowLedger) {
        if let evicted = ledger.evicted { self = evicted.outages }
        // By index: a record is copied only where it is needed.
        for index in ledger.flows.indices
        where ledger.flows[index].closing != nil || ledger.flows[index].refusedHandshake != nil {
            note(ledger.flows[index])
        }
        known = Dictionary(grouping: ledger.run?.outages ?? [], by: \.server)
    }

    mutating func note(_ flow: FlowRecord) {
        if flow.refusedHandshake != nil, let time = flow.webSocket?.refusedAt {
            // The server is there, and HTTP ends its connections as it likes.
            refusedClients[Ends(client: flow.client.ip, server: flow.server), default: []].append(time)
        } else if flow.closing == .refused {
            refusals[flow.server, default: []].append(flow.closedAt)
            refusedClients[Ends(client: flow.client.ip, server: flow.server), default: []].append(flow.closedAt)
        } else if flow.closing != nil, flow.closedBy == .fromServer {
            closes[flow.server, default: []].append(flow.closedAt)
            noteSilence(flow)
        } else {
            return
        }
        count += 1
    }

    private mutating func noteSilence(_ flow: FlowRecord) {
        guard let mark = flow.log.first(.serverClosed), mark.first != .never, mark.first < mark.time.nanoseconds
        else { return }
        let silence = mark.first..<mark.time.nanoseconds
        // Of equals the earlier one, whatever the order of flows.
        if let known = silences[flow.server],
            (known.count, silence.lowerBound) > (silence.count, known.lowerBound) || known == silence
        {
            return
        }
        silences[flow.server] = silence
    }

    /// The longest silence, in nanoseconds, that the server let pass on a flow before it closed that; 0 where none is known.
    func patience(_ server: TransportAddress) -> Int64 {
        let others = (known[server] ?? []).filter { $0.kind == .silence }.map { $0.end &- $0.start }
        return max(Int64(silences[server]?.count ?? 0), others.max() ?? 0)
    }

    /// Several flows closed within a second: the server went down or was told to.
    ///
    /// - Parameter time: when it closed one of them.
    func closedTogether(_ server: TransportAddress, at time: Int64) -> Bool {
        (closes[server] ?? []).count { abs($0 &- time) <= Self.together } > 1
            || known[server]?.contains { $0.kind == .closed && $0.start <= time && time <= $0.end } == true
    }

    /// The next connection to the server was refused: it was down.
    func refusedAfter(_ server: TransportAddress, _ time: Int64) -> Bool {
        (refusals[server] ?? []).contains { $0 > time && $0 &- time < Self.soon }
            || known[server]?.contains { $0.kind == .refused && $0.start &- Self.soon < time && time < $0.end } == true
    }

    /// Connections from that address to the server were refused in that time, whichever phone's behind it they were.
    func refused(_ client: IPAddress, at server: TransportAddress, from start: Int64, to end: Int64) -> Bool {
        (refusedClients[Ends(client: client, server: server)] ?? []).contains { $0 > start && $0 < end }
    }

    /// What `closedTogether`, `refusedAfter` and `patience` tell, in the order of servers and time.
    var spans: [ServerOutage] {
        let closed = closes.flatMap { server, times in
            Self.runs(of: times, within: Self.together + 1).filter { $0.count > 1 }.map {
                ServerOutage(server: server, kind: .closed, start: $0.start, end: $0.end)
            }
        }
        let refused = refusals.flatMap { server, times in
            Self.runs(of: times, within: Self.soon).map {
                ServerOutage(server: server, kind: .refused, start: $0.start, end: $0.end)
            }
        }
        let silent = silences.map { server, silence in
            ServerOutage(server: server, kind: .silence, start: silence.lowerBound, end: silence.upperBound)
        }
        return (closed + refused + silent).sorted {
            ($0.start, $0.server.description, $0.end) < ($1.start, $1.server.description, $1.end)
        }
    }

    /// Times of which each follows the one before by less than `gap`, as one.
    private static func runs(of times: [Int64], within gap: Int64) -> [(start: Int64, end: Int64, count: Int)] {
        var runs: [(start: Int64, end: Int64, count: Int)] = []
        for time in times.sorted() {
            if let last = runs.last, time &- last.end < gap {
                runs[runs.count - 1] = (last.start, time, last.count + 1)
            } else {
                runs.append((time, time, 1))
            }
        }
        return runs
    }
}

/// A time in which a server closed several flows, each within a second of another, or refused connections again and again;
/// or the longest in which it bore a client's silence before it closed the flow.
public struct ServerOutage: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case closed
        case refused
        case silence
    }

    public let server: TransportAddress
    public let kind: Kind
    /// Nanoseconds: the first of them, and the last.
    public let start: Int64
    public let end: Int64
}
