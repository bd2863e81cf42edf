import CDatagrams
import Glibc

/// The sockets of a fleet: one for each flow, watched by one epoll.
struct FleetSockets: ~Copyable {
    enum Phase {
        /// The TCP connection is not there yet.
        case connecting
        /// The TLS handshake is not done yet.
        case securing
        case up
    }

    struct Socket {
        let descriptor: Int32
        let ticket: UInt32
        let transport: TransportProtocol
        let remote: TransportAddress
        var phase: Phase
        var tls: TLSSession?
        /// What the host has not taken yet; only of a stream.
        var unsent: [UInt8] = []
    }

    static let interruptionKey = UInt64.max
    static let strangerKey = UInt64.max - 1
    /// A peer that leaves more unread is given up: a REGISTER is in flight at a time, and pings are small.
    private static let mostUnsent = 65_536

    let epoll: Int32
    let security: FleetLoop.Security?
    /// Why TLS failed first.
    var tlsFailure: TLSFailure?
    var sockets: [FlowID: Socket] = [:]
    private var lastID = UInt32.max
    /// Hears what comes to the port of the first flow over UDP from elsewhere than its far end; nil before, and once
    /// something was heard.
    private var stranger: Int32?
    private(set) var news = OutputQueue<HubInput<FlowFleet.Command>>()
    /// When connections must have come about, in the order in which they were begun.
    private var timeLimits = OutputQueue<(flow: FlowID, time: Timestamp)>()

    init(_ security: FleetLoop.Security?) throws(TransportError) {
        self.security = security
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw TransportError(.bind, .udp, nil, errno: errno) }
    }

    deinit {
        for socket in sockets.values { Glibc.close(socket.descriptor) }
        if let stranger { Glibc.close(stranger) }
        Glibc.close(epoll)
    }

    /// Gives all sockets back.
    mutating func closeAll() {
        for socket in sockets.values { Glibc.close(socket.descriptor) }
        sockets.removeAll()
    }

    /// Watches a descriptor that is no socket of a flow.
    func watch(_ descriptor: Int32) { control(EPOLL_CTL_ADD, descriptor, Self.interruptionKey, EPOLLIN.rawValue) }

    var isSecured: Bool { security != nil }

    func descriptor(_ id: FlowID) -> Int32? { sockets[id]?.descriptor }

    func isConnecting(_ id: FlowID) -> Bool { sockets[id]?.phase == .connecting }

    /// What has come of sends and opens since the last call, one at a time.
    mutating func takeNews() -> HubInput<FlowFleet.Command>? { news.next() }

    // MARK: Opening

    /// Opens a flow; `takeNews` tells what came of it.
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
            descriptor: descriptor, ticket: ticket, transport: transport, remote: remote, phase: .connecting)
        sockets[id] = entry
        let events = isConnected ? EPOLLIN.rawValue : EPOLLIN.rawValue | EPOLLOUT.rawValue
        control(EPOLL_CTL_ADD, descriptor, UInt64(id.rawValue), events)
        if transport != .udp { timeLimits.append((id, now + FleetLoop.patience)) }
        if isConnected { connected(id, entry) }
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

    /// The connection stands; TLS is still to come where there is any.
    private mutating func connected(_ id: FlowID, _ entry: Socket) {
        if entry.transport.isSecured { secure(id) } else { tellUp(id, entry) }
    }

    mutating func tellUp(_ id: FlowID, _ entry: Socket) {
        guard let local = UDPSocket.name(of: entry.descriptor) else { return give(up: id, entry, errno) }
        // While nobody listens on a port that this host may give out, a connection to it can end up with itself.
        guard local != entry.remote else { return give(up: id, entry, ECONNREFUSED) }
        sockets[id]?.phase = .up
        if entry.transport == .udp, id.rawValue == 0 { listen(beside: entry.descriptor, at: local) }
        let flow = Flow(transport: entry.transport, local: local, remote: entry.remote)
        news.append(.up(id, flow, .opened(ticket: entry.ticket)))
    }

    mutating func give(up id: FlowID, _ entry: Socket, _ number: Int32) {
        forget(id, entry)
        notOpened(entry.ticket, number)
    }

    /// A socket can be written to, or has come to its end before that.
    mutating func writable(_ id: FlowID) {
        guard let entry = sockets[id] else { return }
        guard entry.phase == .connecting else { return flush(id, entry) }
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(entry.descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        guard number == 0 else { return give(up: id, entry, number) }
        control(EPOLL_CTL_MOD, entry.descriptor, UInt64(id.rawValue), EPOLLIN.rawValue)
        connected(id, entry)
    }

    var firstTimeLimit: Timestamp? { timeLimits.first?.time }

    /// Gives up the connections that have not come about in time.
    mutating func giveUpLate(at now: Timestamp) {
        while let first = timeLimits.first, first.time <= now {
            _ = timeLimits.next()
            if let entry = sockets[first.flow], entry.phase != .up { give(up: first.flow, entry, ETIMEDOUT) }
        }
    }

    // MARK: Strangers

    /// A second socket on the port of a flow: the kernel prefers the connected one for what comes from its peer.
    private mutating func listen(beside connected: Int32, at local: TransportAddress) {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(local.ip.isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { return }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Only now: with it from the start, the kernel might have chosen a port that somebody else has.
        for one in [connected, descriptor] { _ = unsafe setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &on, size) }
        var (storage, length) = UDPSocket.storage(of: local)
        guard unsafe UDPSocket.rebound(&storage, { unsafe bind(descriptor, $0, length) }) == 0 else {
            Glibc.close(descriptor)
            return
        }
        stranger = descriptor
        control(EPOLL_CTL_ADD, descriptor, Self.strangerKey, EPOLLIN.rawValue)
    }

    /// Reads what came from elsewhere.
    /// - Returns: from where, if it was a response of SIP; nobody listens for another one then.
    mutating func hearStranger(_ buffer: inout [UInt8]) -> TransportAddress? {
        guard let descriptor = stranger else { return nil }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let (room, flags) = (buffer.count, Int32(MSG_DONTWAIT))
        let count = unsafe UDPSocket.rebound(&storage) {
            unsafe recvfrom(descriptor, &buffer, room, flags, $0, &length)
        }
        guard count > 0, buffer[..<count].starts(with: Array("SIP/2.0 ".utf8)),
            let source = UDPSocket.address(storage)
        else { return nil }
        Glibc.close(descriptor)
        stranger = nil
        return source
    }

    // MARK: Sending

    mutating func send(_ bytes: [UInt8], on id: FlowID) {
        guard let entry = sockets[id] else { return }
        guard entry.tls == nil else { return encrypt(bytes, id) }
        transmit(bytes, id, entry)
    }

    /// Sends octets as they are.
    mutating func transmit(_ bytes: [UInt8], _ id: FlowID, _ entry: Socket) {
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

    private mutating func flush(_ id: FlowID, _ entry: Socket) {
        guard !entry.unsent.isEmpty else { return }
        let sent = unsafe Glibc.send(
            entry.descriptor, entry.unsent, entry.unsent.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        guard sent >= 0 else {
            let number = errno
            if number != EAGAIN, number != EINTR { lose(id, entry, Self.loss(number)) }
            return
        }
        sockets[id]?.unsent.removeFirst(sent)
        if sent == entry.unsent.count {
            control(EPOLL_CTL_MOD, entry.descriptor, UInt64(id.rawValue), EPOLLIN.rawValue)
        }
    }

    // MARK: Ends

    /// A read gave nothing: a stream is over then.
    mutating func readNothing(_ id: FlowID, _ count: Int, _ number: Int32) {
        guard let entry = sockets[id] else { return }
        // An empty datagram is no end.
        if count == 0, entry.transport == .udp { return }
        if count < 0, number == EAGAIN || number == EINTR { return }
        lose(id, entry, count == 0 ? .closedByPeer : Self.loss(number))
    }

    /// A flow is lost; one that never was up was not opened.
    mutating func lose(_ id: FlowID, _ entry: Socket, _ loss: FlowLoss) {
        if entry.transport != .udp { forget(id, entry) }
        news.append(entry.phase == .up ? .down(id, loss) : .notOpened(ticket: entry.ticket, loss))
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
        if manner == .fin, entry.tls != nil { sayGoodbye(id) }
        if let entry = sockets[id] { forget(id, entry) }
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
