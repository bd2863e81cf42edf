import Glibc
import NIOCore
import NIOPosix

/// A hub with its flows, timer and sockets; lives on one event loop alone.
///
/// Every input is a turn: the hub is fed, drained to nil, what it sent is flushed once, and its timer armed. Inputs that
/// come up inside a turn (a write may find its peer gone) wait until the hub has been drained.
///
/// Where octets come in, `@_specialize` has the compiler make a second version for the edge: the program that starts
/// one is another module, and what follows would else ask for types and copy hubs' outputs at run time.
final class HubCore<Hub: FlowHub> {
    let loop: any EventLoop
    let limits: HubLimits
    let clock: SystemClock
    private(set) var hub: Hub
    private let events: @Sendable (Hub.Event) -> Void
    private let notices: @Sendable (HubNotice) -> Void
    private let clientTLS: TLSContext?

    private var lastID: UInt32 = .max
    private var streams: [FlowID: HubStream<Hub>] = [:]
    private var connections = 0
    private var accepted: [IPAddress: Int] = [:]
    let datagrams: HubDatagrams

    private var waiting = OutputQueue<HubInput<Hub.Command>>()
    private var isInTurn = false
    private var isFinishing = false
    private var dirty: [HubStream<Hub>] = []
    private var overflowing: [HubStream<Hub>] = []
    private var timer: Scheduled<Void>?
    private var armedFor: Timestamp?
    private var isStopped = false
    private var allGone: EventLoopPromise<Void>?

    init(
        _ hub: Hub, loop: any EventLoop, limits: HubLimits, clock: SystemClock, clientTLS: TLSContext?,
        datagrams: HubDatagrams, notices: @escaping @Sendable (HubNotice) -> Void,
        events: @escaping @Sendable (Hub.Event) -> Void
    ) {
        self.hub = hub
        self.loop = loop
        self.limits = limits
        self.clock = clock
        self.clientTLS = clientTLS
        self.datagrams = datagrams
        self.notices = notices
        self.events = events
    }

    // MARK: - Turns

    /// Runs `body`, which tells the hub something, and sees to everything that follows from it.
    func turn(_ body: (HubCore) -> Void) {
        body(self)
        finish()
    }

    /// Asks the hub something between turns, or changes it.
    func ask<R>(_ body: (inout Hub) -> R) -> R {
        let result = body(&hub)
        settle()
        finish()
        return result
    }

    /// Feeds the hub something other than octets.
    func tell(_ input: HubInput<Hub.Command>) {
        guard !isStopped else { return }
        waiting.append(input)
        settle()
    }

    func receive(_ bytes: RawSpan, on flow: FlowID) {
        // Inside a turn NIO reads only what is left on a stream that the hub has just closed.
        guard !isStopped, !isInTurn else { return }
        hub.receive(bytes, on: flow, at: clock.now)
        settle()
    }

    /// Drains the hub, and feeds it what has come up meanwhile, until there is nothing of either.
    private func settle() {
        guard !isInTurn, !isStopped else { return }
        isInTurn = true
        repeat {
            while let output = hub.next() { carryOut(output) }
            guard let input = waiting.next() else { break }
            hub.handle(input, at: clock.now)
        } while true
        isInTurn = false
    }

    /// Sends what the turn has left to send. That may find peers gone or too slow, about which the hub may have
    /// something to say in turn; the outermost call sees to that.
    func finish() {
        guard !isInTurn, !isFinishing else { return }
        isFinishing = true
        var rounds = 0
        repeat {
            let flushing = dirty
            dirty.removeAll(keepingCapacity: true)
            for stream in flushing { stream.flush() }
            let full = overflowing
            overflowing.removeAll()
            for stream in full { stream.dropForOverflow() }
            datagrams.flush()
            for (flow, loss) in datagrams.takeLosses() { tell(.down(flow, loss)) }
            rounds += 1
        } while hasWork && rounds < Self.roundsAtOnce
        isFinishing = false
        let dropped = datagrams.takeDropped()
        if dropped > 0 { notices(.datagramsDropped(dropped)) }
        // A hub that answers each refusal of a datagram with the next one must not keep the loop to itself.
        if hasWork {
            let loopBound = NIOLoopBound(self, eventLoop: loop)
            loop.execute { loopBound.value.finish() }
        }
        arm()
    }

    private var hasWork: Bool { !isStopped && (!dirty.isEmpty || !overflowing.isEmpty || datagrams.hasWork) }

    private func carryOut(_ output: HubOutput<Hub.Event>) {
        switch output {
        case .event(let event):
            events(event)
        case .send(let bytes, let flow):
            guard let stream = streams[flow] else { return datagrams.queue(bytes, on: flow, at: clock.now) }
            stream.write(bytes)
            guard !stream.isDirty else { return }
            stream.isDirty = true
            dirty.append(stream)
        case .open(let ticket, let transport, let remote, let local):
            open(ticket, transport, remote, local)
        case .close(let flow, let manner):
            guard let stream = streams[flow] else { return datagrams.close(flow, manner, at: clock.now) }
            stream.close(manner)
        }
    }

    func notice(_ notice: HubNotice) { notices(notice) }

    /// A timer that is due too early costs one look; one that is moved with every message costs more.
    private func arm() {
        guard !isStopped, let deadline = Self.deadline(of: &hub) else { return }
        if let armedFor, armedFor <= deadline { return }
        timer?.cancel()
        armedFor = deadline
        let wait = max(0, deadline.nanoseconds(since: clock.now))
        let loopBound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: .nanoseconds(wait)) { loopBound.value.expire() }
    }

    /// Lent, not read: a class would first copy the whole hub out of its property.
    private static func deadline(of hub: inout Hub) -> Timestamp? { hub.deadline }

    @_specialize(where Hub == EdgeServer)
    private func expire() {
        timer = nil
        armedFor = nil
        if let deadline = Self.deadline(of: &hub), deadline <= clock.now { tell(.timer) }
        finish()
    }

    private func newID() -> FlowID {
        repeat { lastID &+= 1 } while streams[FlowID(lastID)] != nil || datagrams.flows.contains(FlowID(lastID))
        return FlowID(lastID)
    }

    // MARK: - Streams

    /// Prepares the channel of a connection that was accepted.
    /// - Throws: when a limit forbids it; the channel is then closed with a reset.
    func accept(_ channel: any Channel, _ transport: TransportProtocol, _ tls: TLSContext?) throws {
        guard !isStopped, let remote = channel.remoteAddress.flatMap(TransportAddress.init(socketAddress:)) else {
            Sockets.resetOnClose(channel)
            throw ChannelError.inputClosed
        }
        guard connections < limits.connections, accepted[remote.ip, default: 0] < limits.connectionsPerAddress else {
            notices(.refused(remote: remote, connections: connections))
            Sockets.resetOnClose(channel)
            throw ChannelError.inputClosed
        }
        try build(channel, transport, remote, .accepted, tls)
    }

    private func build(
        _ channel: any Channel, _ transport: TransportProtocol, _ remote: TransportAddress, _ origin: FlowOrigin,
        _ tls: TLSContext?
    ) throws {
        var secured: TLSHandler?
        if let tls {
            let handler = TLSHandler(try TLSSession(tls, peerName: "\(remote.ip)"), patience: limits.opening)
            try channel.pipeline.syncOperations.addHandler(handler)
            secured = handler
        }
        let stream = HubStream(newID(), transport, remote: remote, origin: origin, core: self, tls: secured)
        try channel.pipeline.syncOperations.addHandler(stream)
    }

    func entered(_ stream: HubStream<Hub>) {
        streams[stream.id] = stream
        connections += 1
        if stream.origin == .accepted { accepted[stream.remote.ip, default: 0] += 1 }
    }

    func left(_ stream: HubStream<Hub>) {
        streams[stream.id] = nil
        connections -= 1
        if stream.origin == .accepted {
            let left = accepted[stream.remote.ip, default: 1] - 1
            accepted[stream.remote.ip] = left == 0 ? nil : left
        }
        if connections == 0 { allGone?.succeed() }
    }

    func overflowed(_ stream: HubStream<Hub>) { overflowing.append(stream) }

    // MARK: - Opening

    private func open(
        _ ticket: UInt32, _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?
    ) {
        guard transport != .udp else { return openDatagrams(ticket, remote, local) }
        let tls = transport.isSecured ? clientTLS : nil
        guard transport != .sctp, transport.isSecured == (tls != nil) else {
            return tell(.notOpened(ticket: ticket, .failed(errno: EPROTONOSUPPORT)))
        }
        guard connections < limits.connections else {
            return tell(.notOpened(ticket: ticket, .failed(errno: ENFILE)))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        var bootstrap = Sockets.configured(ClientBootstrap(group: loop), limits)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try bound.value.build(channel, transport, remote, .opened(ticket: ticket), tls)
                }
            }
        do {
            // A listener's own port is taken; from its address any other will do.
            if let local { bootstrap = bootstrap.bind(to: try TransportAddress(ip: local.ip, port: 0).socketAddress()) }
            bootstrap.connect(to: try remote.socketAddress()).whenFailure { error in
                bound.value.notOpened(ticket, error)
            }
        } catch {
            notOpened(ticket, error)
        }
    }

    /// A connection that did not come about. One that did, and then failed in the TLS handshake, is its stream's to tell.
    private func notOpened(_ ticket: UInt32, _ error: any Error) {
        let number = Sockets.errorNumber(error)
        turn { $0.tell(.notOpened(ticket: ticket, .failed(errno: number == 0 ? ETIMEDOUT : number))) }
    }

    private func openDatagrams(_ ticket: UInt32, _ remote: TransportAddress, _ local: TransportAddress?) {
        guard let port = datagrams.port(local: local, remote: remote) else {
            return tell(.notOpened(ticket: ticket, .failed(errno: EADDRNOTAVAIL)))
        }
        let key = DatagramFlows.Key(port: port, remote: remote)
        // A flow that is there already is the same flow: two ends make one.
        let id = datagrams.flow(of: key, at: clock.now)?.id ?? newDatagramFlow(key)
        tell(.up(id, datagrams.flow(key), .opened(ticket: ticket)))
    }

    private func newDatagramFlow(_ key: DatagramFlows.Key) -> FlowID {
        let id = newID()
        if let pushedOut = datagrams.add(key, id: id, at: clock.now), !pushedOut.isMuted {
            tell(.down(pushedOut.id, .failed(errno: ENOBUFS)))
        }
        return id
    }

    // MARK: - Datagrams

    /// Rounds of reading, or of sending what follows from sending, before other sockets and timers have their turn.
    private static var roundsAtOnce: Int { 8 }

    /// Reads a UDP socket that has something, batch by batch.
    /// - Returns: false when there may be more.
    @_specialize(where Hub == EdgeServer)
    func read(port: Int, hasError: Bool) -> Bool {
        guard !isStopped else { return true }
        if hasError {
            datagrams.takeErrors(port: port)
            finish()
        }
        for _ in 0..<Self.roundsAtOnce {
            let count = datagrams.receive(port: port)
            for slot in 0..<count { takeDatagram(slot, port) }
            finish()
            if count < datagrams.incoming.count { return true }
        }
        return false
    }

    private func takeDatagram(_ slot: Int, _ port: Int) {
        guard let source = datagrams.incoming.source(slot) else { return }
        let key = DatagramFlows.Key(port: Int32(port), remote: source)
        let id: FlowID
        if let entry = datagrams.flow(of: key, at: clock.now) {
            guard !entry.isMuted else { return }
            id = entry.id
        } else {
            id = newDatagramFlow(key)
            tell(.up(id, datagrams.flow(key), .accepted))
        }
        datagrams.incoming.withDatagram(slot) { receive($0, on: id) }
    }

    /// Forgets the pairs that were quiet for long.
    func expireDatagrams() {
        guard !isStopped else { return }
        let limit = clock.now - limits.datagramIdle
        turn { core in
            while let entry = core.datagrams.expire(before: limit) {
                if !entry.isMuted { core.tell(.down(entry.id, .failed(errno: ETIMEDOUT))) }
            }
        }
    }

    // MARK: - The end

    /// Takes no more input, closes the streams in order and sends what waits.
    func stop() -> EventLoopFuture<Void> {
        finish()
        isStopped = true
        timer?.cancel()
        datagrams.shutDown()
        let promise = loop.makePromise(of: Void.self)
        for stream in Array(streams.values) { stream.shutDown() }
        if connections == 0 { promise.succeed() } else { allGone = promise }
        return promise.futureResult
    }
}
