import Glibc

/// The UDP side of a hub's driver: its sockets, the flows on them, and what waits to be sent; lives on the hub's event
/// loop alone. Datagrams of one turn go out with one system call.
final class HubDatagrams {
    let ports: [DatagramPort]
    private(set) var flows: DatagramFlows
    let incoming = DatagramVectors(count: 32)
    private let outgoing = DatagramVectors(count: 64)
    /// The flows of the datagrams in `outgoing`, slot by slot; all of one port.
    private var queued: [FlowID] = []
    private var queuedPort: Int32 = 0
    /// What sending found out, for the hub to hear.
    private var losses: [(FlowID, FlowLoss)] = []
    private var dropped = 0

    init(_ ports: [DatagramPort], capacity: Int) {
        self.ports = ports
        flows = DatagramFlows(capacity: capacity)
    }

    // MARK: - In

    /// Takes what datagrams are there into `incoming`.
    func receive(port: Int) -> Int {
        // A pending ICMP error is reported instead, once each; the error queue has the details.
        for _ in 0..<4 {
            let (count, number) = incoming.receive(from: ports[port].descriptor)
            if count >= 0 { return count }
            if number == EAGAIN { return 0 }
        }
        return 0
    }

    /// The flow of a datagram that came; nil for a new one.
    func flow(of key: DatagramFlows.Key, at now: Timestamp) -> DatagramFlows.Entry? { flows.use(key, at: now) }

    /// - Returns: the flow that had to go for it.
    func add(_ key: DatagramFlows.Key, id: FlowID, at now: Timestamp) -> DatagramFlows.Entry? {
        flows.insert(key, id: id, at: now)
    }

    func flow(_ key: DatagramFlows.Key) -> Flow {
        Flow(transport: .udp, local: ports[Int(key.port)].local, remote: key.remote)
    }

    /// The most errors taken from one socket before datagrams have their turn again.
    private static let errorsAtOnce = 256

    /// Empties a socket's error queue (which else would be reported for ever) and notes whom the errors are about.
    func takeErrors(port: Int) {
        for _ in 0..<Self.errorsAtOnce {
            guard let error = ports[port].nextError() else { return }
            guard let remote = error.remote,
                let entry = flows.entry(of: DatagramFlows.Key(port: Int32(port), remote: remote)), !entry.isMuted
            else { continue }
            losses.append((entry.id, error.errno == ECONNREFUSED ? .portUnreachable : .failed(errno: error.errno)))
        }
    }

    // MARK: - Out

    /// Puts a datagram in the queue. Nothing happens when the flow is not there any more.
    func queue(_ bytes: [UInt8], on id: FlowID, at now: Timestamp) {
        guard let entry = flows.use(id, at: now), !entry.isMuted else { return }
        if queued.count == outgoing.count || queuedPort != entry.key.port { flush() }
        queuedPort = entry.key.port
        outgoing.put(bytes, to: entry.key.remote, in: queued.count)
        queued.append(id)
    }

    /// Sends what is queued. What one peer's address or message is refused for does not hold up the others.
    func flush() {
        var next = 0
        var refusals = 0
        while next < queued.count {
            let (sent, number) = outgoing.send(next..<queued.count, over: ports[Int(queuedPort)].descriptor)
            if sent > 0 {
                next += sent
                refusals = 0
                continue
            }
            if number == EAGAIN || number == ENOBUFS || number == ENOMEM {
                // Full buffers: as good as lost on the way, which UDP's users reckon with.
                dropped += queued.count - next
                break
            }
            // The error may be an earlier datagram's, by ICMP; such are reported once each.
            refusals += 1
            guard refusals >= 4 else { continue }
            losses.append((queued[next], .failed(errno: number)))
            next += 1
            refusals = 0
        }
        queued.removeAll(keepingCapacity: true)
    }

    /// Takes what sending and ICMP have told of flows.
    func takeLosses() -> [(FlowID, FlowLoss)] {
        guard !losses.isEmpty else { return [] }
        defer { losses.removeAll() }
        return losses
    }

    /// Takes the count of datagrams that were not sent.
    func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    // MARK: - Opening and closing

    /// The socket to use towards `remote`: the one of that local address, or the first of the family. A loopback
    /// address can only be reached from another.
    func port(local: TransportAddress?, remote: TransportAddress) -> Int32? {
        let fitting = ports.indices.filter { ports[$0].local.ip.isIPv6 == remote.ip.isIPv6 }
        if let local {
            return fitting.first { ports[$0].local.ip == local.ip && [0, ports[$0].local.port].contains(local.port) }
                .map { Int32($0) }
        }
        let alike = fitting.first { ports[$0].local.ip.isLoopback == remote.ip.isLoopback }
        return (alike ?? fitting.first).map { Int32($0) }
    }

    func close(_ id: FlowID, _ manner: CloseManner, at now: Timestamp) {
        if manner == .silent {
            flows.mute(id, at: now)
        } else {
            // What was sent before goes out first.
            flush()
            flows.remove(id)
        }
    }

    /// Takes out a flow that was last used before `limit`, if there is one.
    func expire(before limit: Timestamp) -> DatagramFlows.Entry? { flows.expire(before: limit) }
}
