import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The network of a conformance suite on this host: a socket of its own for each flow, all that comes in one queue.
public final class LiveSuiteNetwork: SuiteNetwork {
    private struct State {
        var queue = CircularBuffer<NetworkEvent>()
        /// Who waits for the next event, and under which number: a time limit ends only its own wait.
        var waiter: CheckedContinuation<NetworkEvent?, Never>?
        var waitNumber = 0
        var isInterrupted = false
        var hostRefusal: TransportError?
        var lastFlow: UInt32 = 0
        var flows: [FlowID: FlowDriver<OctetEngine>] = [:]
        /// The network's handles of flows that came to a listener.
        var accepted: [FlowID: (listener: HubDriver<OctetHub>, inner: FlowID)] = [:]
        var listeners: [HubDriver<OctetHub>] = []
        /// What reads the flows; ended with them.
        var readers: [FlowID: Task<Void, Never>] = [:]
    }

    private let state = Mutex(State())
    private let clock: SystemClock
    private let tls: TLSContext?
    private let patience: Duration
    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    /// - Parameters:
    ///   - tls: for targets over TLS and WSS, which cannot be opened without.
    ///   - patience: how long a connection may take to come about, and then the TLS handshake.
    public init(tls: TLSContext?, patience: Duration, clock: SystemClock = SystemClock()) {
        self.tls = tls
        self.patience = patience
        self.clock = clock
    }

    public var now: Timestamp { clock.now }
    public var isInterrupted: Bool { state.withLock { $0.isInterrupted } }
    /// The first flow that this host itself did not let us open, which says nothing of the server.
    public var hostRefusal: TransportError? { state.withLock { $0.hostRefusal } }

    /// The user wants an end: whoever waits is woken.
    public func interrupt() {
        let waiter = state.withLock { state in
            state.isInterrupted = true
            return Self.takeWaiter(&state)
        }
        waiter?.resume(returning: nil)
    }

    // MARK: Flows

    public func open(
        to target: SuiteTarget, from local: TransportAddress?
    ) async throws(TransportRefusal) -> (id: FlowID, flow: Flow) {
        let id = newFlow()
        let driver: FlowDriver<OctetEngine>
        do throws(TransportError) {
            driver = try await connect(id, to: target, from: local)
        } catch {
            if error.hostAdvice != nil { state.withLock { $0.hostRefusal = $0.hostRefusal ?? error } }
            throw TransportRefusal("\(error)")
        }
        let reader = Task {
            for await event in driver.events { self.append(event) }
        }
        state.withLock { state in
            state.flows[id] = driver
            state.readers[id] = reader
        }
        return (id, driver.flow)
    }

    /// Ports that hosts do not give out by themselves (32,768 and above on Linux, RFC 6335 §6 from 49,152 on): a phone's
    /// port is still free when it has closed its flow, and a case can see whether anybody calls there.
    private static let ownPorts: ClosedRange<UInt16> = 20_000...31_999
    private static let portAttempts = 8

    private func connect(
        _ id: FlowID, to target: SuiteTarget, from local: TransportAddress?
    ) async throws(TransportError) -> FlowDriver<OctetEngine> {
        let isIPv6 = target.address.ip.isIPv6
        let anyAddress = isIPv6 ? IPAddress(v6High: 0, v6Low: 0) : IPAddress(v4: 0)
        var attempts = local.map(\.port) ?? 0 == 0 ? Self.portAttempts : 0
        while true {
            var port = UInt16.random(in: Self.ownPorts)
            // A connection from a port to itself would be one with ourselves, where nobody listens.
            if port == target.address.port { port = Self.ownPorts.lowerBound - 1 }
            let near = attempts > 0 ? TransportAddress(ip: local?.ip ?? anyAddress, port: port) : local
            do throws(TransportError) {
                return try await FlowDriver.open(
                    OctetEngine(), id: id, over: target.transport, to: target.address, from: near, patience: patience,
                    tls: target.transport.isSecured ? tls : nil, name: target.host,
                    heardStray: { self.append(.stray(id, $0.source, $0.bytes, at: $0.time)) }, clock: clock)
            } catch {
                // Taken by somebody, or not long ago by us.
                guard attempts > 0, [EADDRINUSE, EADDRNOTAVAIL].contains(error.errorNumber) else { throw error }
                attempts -= 1
            }
        }
    }

    public func listen(
        _ transport: TransportProtocol, at local: TransportAddress
    ) async throws(TransportRefusal) -> TransportAddress {
        guard !transport.isSecured else { throw TransportRefusal("the suite has no certificate to listen with") }
        let names = FlowNames(newFlow)
        let driver: HubDriver<OctetHub>
        do throws(TransportError) {
            driver = try await HubDriver.start(
                OctetHub(), listeners: [HubListener(transport, local)], clock: clock
            ) { event in
                self.append(event.renamed(names.outer))
            }
        } catch {
            throw TransportRefusal("\(error)")
        }
        names.register { outer, inner in self.state.withLock { $0.accepted[outer] = (driver, inner) } }
        state.withLock { $0.listeners.append(driver) }
        guard let bound = driver.listeners.first?.address else {
            throw TransportRefusal("the host does not say where it listens")
        }
        return bound
    }

    public func send(_ bytes: [UInt8], on flow: FlowID) async {
        let (own, accepted) = state.withLock { ($0.flows[flow], $0.accepted[flow]) }
        if let own { return own.send(bytes) }
        accepted?.listener.send(.send(bytes, accepted?.inner ?? flow))
    }

    public func close(_ flow: FlowID, _ manner: CloseManner) async {
        let (own, accepted) = state.withLock { ($0.flows[flow], $0.accepted.removeValue(forKey: flow)) }
        if let own {
            await own.close(manner)
            // One that fell silent is kept: its end would be heard.
            guard manner != .silent else { return }
            state.withLock { $0.flows[flow] = nil }
        } else if let accepted {
            accepted.listener.send(.close(accepted.inner, manner))
        }
    }

    public func reset() async {
        let (flows, readers, listeners) = state.withLock { state in
            defer {
                state.flows = [:]
                state.readers = [:]
                state.accepted = [:]
                state.listeners = []
            }
            return (Array(state.flows.values), Array(state.readers.values), state.listeners)
        }
        for flow in flows { await flow.close(.fin) }
        for listener in listeners { await listener.stop() }
        for reader in readers { await reader.value }
        // What came after the case's end is nobody's.
        state.withLock { $0.queue = [] }
    }

    private func newFlow() -> FlowID {
        state.withLock { state in
            defer { state.lastFlow += 1 }
            return FlowID(state.lastFlow)
        }
    }

    // MARK: The queue

    public func next(before deadline: Timestamp) async -> NetworkEvent? {
        await withCheckedContinuation { continuation in
            let wait = deadline.nanoseconds(since: clock.now)
            let (event, number): (NetworkEvent?, Int?) = state.withLock { state in
                if !state.queue.isEmpty { return (state.queue.removeFirst(), nil) }
                guard wait > 0 else { return (nil, nil) }
                precondition(state.waiter == nil, "one case waits at a time")
                state.waiter = continuation
                state.waitNumber += 1
                return (nil, state.waitNumber)
            }
            guard let number else { return continuation.resume(returning: event) }
            loop.scheduleTask(in: .nanoseconds(wait)) { self.expire(number) }
        }
    }

    private func expire(_ number: Int) {
        let waiter = state.withLock { $0.waitNumber == number ? Self.takeWaiter(&$0) : nil }
        waiter?.resume(returning: nil)
    }

    /// Events that wait to be taken. A server that sends more without being asked loses datagrams, as it would in the
    /// host's own queue, or the connection.
    private static let maximumQueue = 20_000

    private func append(_ event: NetworkEvent) {
        let (waiter, flooder) = state.withLock { state -> (CheckedContinuation<NetworkEvent?, Never>?, FlowID?) in
            if let waiter = Self.takeWaiter(&state) { return (waiter, nil) }
            if case .octets(let flow, _, let time) = event, state.queue.count >= Self.maximumQueue {
                guard state.flows[flow]?.flow.transport.isStream ?? true else { return (nil, nil) }
                if state.queue.count == Self.maximumQueue {
                    state.queue.append(.down(flow, .failed(errno: ENOBUFS), at: time))
                }
                return (nil, flow)
            }
            state.queue.append(event)
            return (nil, nil)
        }
        waiter?.resume(returning: event)
        if let flooder { Task { await close(flooder, .rst) } }
    }

    private static func takeWaiter(_ state: inout State) -> CheckedContinuation<NetworkEvent?, Never>? {
        defer { state.waiter = nil }
        return state.waiter
    }
}

/// The handles by which the network knows the flows of one listener, which numbers them for itself.
private final class FlowNames: Sendable {
    private struct State {
        var outer: [FlowID: FlowID] = [:]
        /// Flows that came before `register` was called.
        var early: [(outer: FlowID, inner: FlowID)] = []
        var tell: (@Sendable (FlowID, FlowID) -> Void)?
    }
    private let state = Mutex(State())
    private let new: @Sendable () -> FlowID

    init(_ new: @escaping @Sendable () -> FlowID) { self.new = new }

    func register(_ tell: @escaping @Sendable (FlowID, FlowID) -> Void) {
        let early = state.withLock { state in
            state.tell = tell
            defer { state.early = [] }
            return state.early
        }
        for one in early { tell(one.outer, one.inner) }
    }

    func outer(_ inner: FlowID) -> FlowID {
        if let known = state.withLock({ $0.outer[inner] }) { return known }
        let fresh = new()
        let tell = state.withLock { state in
            state.outer[inner] = fresh
            if state.tell == nil { state.early.append((fresh, inner)) }
            return state.tell
        }
        tell?(fresh, inner)
        return fresh
    }
}

extension NetworkEvent {
    fileprivate func renamed(_ name: (FlowID) -> FlowID) -> NetworkEvent {
        switch self {
        case .octets(let id, let bytes, let time): .octets(name(id), bytes, at: time)
        case .down(let id, let loss, let time): .down(name(id), loss, at: time)
        case .accepted(let id, let flow, let time): .accepted(name(id), flow, at: time)
        case .stray(let id, let source, let bytes, let time): .stray(name(id), source, bytes, at: time)
        }
    }
}

/// Passes octets on, both ways.
struct OctetEngine: FlowEngine {
    private var flow = FlowID(0)
    private var outputs = OutputQueue<EngineOutput<NetworkEvent>>()
    private var isStream = true

    var deadline: Timestamp? { nil }

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        outputs.append(.event(.octets(flow, bytes.array(0..<bytes.byteCount), at: now)))
    }

    mutating func handle(_ input: EngineInput<[UInt8]>, at now: Timestamp) {
        switch input {
        case .command(let bytes): outputs.append(.send(bytes, flow))
        case .up(let id, let ends):
            flow = id
            isStream = ends.transport.isStream
        case .down(let id, let loss):
            outputs.append(.event(.down(id, loss, at: now)))
            if isStream { outputs.append(.close(id)) }
        case .timer: break
        }
    }

    mutating func next() -> EngineOutput<NetworkEvent>? { outputs.next() }
}

/// Passes octets of all flows on, both ways.
struct OctetHub: FlowHub {
    enum Command: Sendable {
        case send([UInt8], FlowID)
        case close(FlowID, CloseManner)
    }

    private var outputs = OutputQueue<HubOutput<NetworkEvent>>()

    var deadline: Timestamp? { nil }

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        outputs.append(.event(.octets(flow, bytes.array(0..<bytes.byteCount), at: now)))
    }

    mutating func handle(_ input: HubInput<Command>, at now: Timestamp) {
        switch input {
        case .command(.send(let bytes, let id)): outputs.append(.send(bytes, id))
        case .command(.close(let id, let manner)): outputs.append(.close(id, manner))
        case .up(let id, let flow, _): outputs.append(.event(.accepted(id, flow, at: now)))
        case .down(let id, let loss): outputs.append(.event(.down(id, loss, at: now)))
        case .timer, .notOpened: break
        }
    }

    mutating func next() -> HubOutput<NetworkEvent>? { outputs.next() }
}
