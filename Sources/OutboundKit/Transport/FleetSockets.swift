import CDatagrams
import Glibc

/// The sockets of a fleet: one for each flow, watched by one epoll.
struct FleetSockets: ~Copyable {
    private struct Socket {
        let descriptor: Int32
        let ticket: UInt32
        let transport: TransportProtocol
        let remote: TransportAddress
        /// The TCP connection is not there yet.
        var isOpening: Bool
        /// What the host has not taken yet; only of a stream.
        var unsent: [UInt8] = []
    }

    enum News {
        case nothing
        case up(ticket: UInt32, Flow)
        case notOpened(ticket: UInt32, FlowLoss)
        case lost(FlowLoss)
    }

    static let interruptionKey = UInt64.max
    /// A peer that leaves more unread is given up: a REGISTER is in flight at a time, and pings are small.
    private static let mostUnsent = 65_536

    let epoll: Int32
    private var sockets: [FlowID: Socket] = [:]
    private var lastID = UInt32.max
    private var news = OutputQueue<HubInput<FlowFleet.Command>>()
    /// When connections must have come about, in the order in which they were begun.
    private var timeLimits = OutputQueue<(flow: FlowID, time: Timestamp)>()

    init() throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw TransportError(.bind, .udp, nil, errno: errno) }
    }

    deinit {
        for socket in sockets.values { Glibc.close(socket.descriptor) }
        Glibc.close(epoll)
    }

    /// Gives all sockets back.
    mutating func closeAll() {
        for socket in sockets.values { Glibc.close(socket.descriptor) }
        sockets.removeAll()
    }

    /// Watches a descriptor that is no socket of a flow.
    func watch(_ descriptor: Int32) { control(EPOLL_CTL_ADD, descriptor, Self.interruptionKey, EPOLLIN.rawValue) }

    func descriptor(_ id: FlowID) -> Int32? { sockets[id]?.descriptor }

    func isOpening(_ id: FlowID) -> Bool { sockets[id]?.isOpening == true }

    /// What has come of sends and opens since the last call, one at a time.
    mutating func takeNews() -> HubInput<FlowFleet.Command>? { news.next() }

    // MARK: Opening

    /// Opens a flow; `takeNews` or `writable` tells what came of it.
    mutating func open(
        _ ticket: UInt32, _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?,
        at now: Timestamp
    ) {
        let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let type = Int32(kind.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(remote.ip.isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { return notOpened(ticket, errno) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        if let local {
            // The port is chosen with the remote end in view: one local port then serves for many peers.
            _ = unsafe setsockopt(descriptor, Int32(IPPROTO_IP), Self.bindAddressNoPort, &on, size)
            var (storage, length) = UDPSocket.storage(of: local)
            guard unsafe UDPSocket.rebound(&storage, { unsafe bind(descriptor, $0, length) }) == 0 else {
                return refused(descriptor, ticket)
            }
        }
        if transport != .udp {
            _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), Self.noDelay, &on, size)
        }
        var (storage, length) = UDPSocket.storage(of: remote)
        let isConnected = unsafe UDPSocket.rebound(&storage) { unsafe connect(descriptor, $0, length) } == 0
        guard isConnected || errno == EINPROGRESS else { return refused(descriptor, ticket) }
        lastID &+= 1
        let id = FlowID(lastID)
        let entry = Socket(
            descriptor: descriptor, ticket: ticket, transport: transport, remote: remote, isOpening: !isConnected)
        sockets[id] = entry
        let events = isConnected ? EPOLLIN.rawValue : EPOLLIN.rawValue | EPOLLOUT.rawValue
        control(EPOLL_CTL_ADD, descriptor, UInt64(id.rawValue), events)
        if isConnected {
            tellUp(id, entry)
        } else {
            timeLimits.append((id, now + FleetLoop.patience))
        }
    }

    /// linux/in.h and netinet/tcp.h; not among the names that Swift sees.
    private static let bindAddressNoPort: Int32 = 24
    private static let noDelay: Int32 = 1

    private mutating func refused(_ descriptor: Int32, _ ticket: UInt32) {
        let number = errno
        Glibc.close(descriptor)
        notOpened(ticket, number)
    }

    private mutating func notOpened(_ ticket: UInt32, _ number: Int32) {
        news.append(.notOpened(ticket: ticket, Self.loss(number)))
    }

    private mutating func tellUp(_ id: FlowID, _ entry: Socket) {
        guard let local = UDPSocket.name(of: entry.descriptor) else { return give(up: id, entry, errno) }
        let flow = Flow(transport: entry.transport, local: local, remote: entry.remote)
        news.append(.up(id, flow, .opened(ticket: entry.ticket)))
    }

    private mutating func give(up id: FlowID, _ entry: Socket, _ number: Int32) {
        sockets[id] = nil
        Glibc.close(entry.descriptor)
        notOpened(entry.ticket, number)
    }

    /// A socket can be written to, or has come to its end before that.
    mutating func writable(_ id: FlowID) -> News {
        guard var entry = sockets[id] else { return .nothing }
        guard entry.isOpening else { return flush(id, &entry) }
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(entry.descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        guard number == 0, let local = UDPSocket.name(of: entry.descriptor) else {
            sockets[id] = nil
            Glibc.close(entry.descriptor)
            return .notOpened(ticket: entry.ticket, Self.loss(number))
        }
        sockets[id]?.isOpening = false
        control(EPOLL_CTL_MOD, entry.descriptor, UInt64(id.rawValue), EPOLLIN.rawValue)
        return .up(ticket: entry.ticket, Flow(transport: entry.transport, local: local, remote: entry.remote))
    }

    var firstTimeLimit: Timestamp? { timeLimits.first?.time }

    /// Closes the connections that have not come about in time.
    mutating func takeLate(at now: Timestamp) -> [(ticket: UInt32, loss: FlowLoss)] {
        var late: [(ticket: UInt32, loss: FlowLoss)] = []
        while let first = timeLimits.first, first.time <= now {
            _ = timeLimits.next()
            guard let entry = sockets[first.flow], entry.isOpening else { continue }
            sockets[first.flow] = nil
            Glibc.close(entry.descriptor)
            late.append((entry.ticket, .failed(errno: ETIMEDOUT)))
        }
        return late
    }

    // MARK: Sending

    mutating func send(_ bytes: [UInt8], on id: FlowID) {
        guard let entry = sockets[id] else { return }
        if !entry.unsent.isEmpty { return keep(bytes[...], id) }
        let sent = unsafe Glibc.send(
            entry.descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if sent == bytes.count { return }
        if sent >= 0 { return keep(bytes[sent...], id) }
        switch errno {
        case EAGAIN, ENOBUFS, ENOMEM:
            // Full buffers: as good as lost on the way, which UDP's users reckon with.
            if entry.transport != .udp { keep(bytes[...], id) }
        case EINTR: keep(bytes[...], id)
        case let number: lose(id, entry, Self.loss(number))
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, _ id: FlowID) {
        guard let entry = sockets[id], entry.transport != .udp else { return }
        guard entry.unsent.count + bytes.count <= Self.mostUnsent else {
            return lose(id, entry, .failed(errno: ENOBUFS))
        }
        if entry.unsent.isEmpty {
            control(EPOLL_CTL_MOD, entry.descriptor, UInt64(id.rawValue), EPOLLIN.rawValue | EPOLLOUT.rawValue)
        }
        sockets[id]?.unsent.append(contentsOf: bytes)
    }

    private mutating func flush(_ id: FlowID, _ entry: inout Socket) -> News {
        guard !entry.unsent.isEmpty else { return .nothing }
        let sent = unsafe Glibc.send(
            entry.descriptor, entry.unsent, entry.unsent.count,
            Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        guard sent >= 0 else {
            let number = errno
            if number == EAGAIN || number == EINTR { return .nothing }
            forget(id, entry)
            return .lost(Self.loss(number))
        }
        entry.unsent.removeFirst(sent)
        if entry.unsent.isEmpty { control(EPOLL_CTL_MOD, entry.descriptor, UInt64(id.rawValue), EPOLLIN.rawValue) }
        sockets[id] = entry
        return .nothing
    }

    // MARK: Ends

    /// What a read that gave nothing means; a stream is then closed.
    mutating func loss(_ id: FlowID, read count: Int, _ number: Int32) -> FlowLoss? {
        guard let entry = sockets[id] else { return nil }
        // An empty datagram is no end.
        if count == 0, entry.transport == .udp { return nil }
        if count < 0, number == EAGAIN || number == EINTR { return nil }
        if entry.transport != .udp { forget(id, entry) }
        return count == 0 ? .closedByPeer : Self.loss(number)
    }

    private mutating func lose(_ id: FlowID, _ entry: Socket, _ loss: FlowLoss) {
        if entry.transport != .udp { forget(id, entry) }
        news.append(.down(id, loss))
    }

    private mutating func forget(_ id: FlowID, _ entry: Socket) {
        sockets[id] = nil
        Glibc.close(entry.descriptor)
    }

    mutating func close(_ id: FlowID, _ manner: CloseManner) {
        guard let entry = sockets[id] else { return }
        if manner == .rst {
            var option = linger(l_onoff: 1, l_linger: 0)
            _ = unsafe setsockopt(
                entry.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        forget(id, entry)
    }

    private static func loss(_ number: Int32) -> FlowLoss {
        switch number {
        case ECONNRESET, EPIPE: .reset
        case ECONNREFUSED: .portUnreachable
        default: .failed(errno: number)
        }
    }

    private func control(_ action: Int32, _ descriptor: Int32, _ key: UInt64, _ events: UInt32) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.u64 = key
        // Fails only for descriptors that are closed, which then need no watching.
        _ = unsafe epoll_ctl(epoll, action, descriptor, &event)
    }
}
