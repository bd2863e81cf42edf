/// A load client: many outbound registrations, each over a flow of its own, in one value without sockets or clock.
///
/// It starts them at a pace, holds them with keep-alives and refreshes as RFC 5626 §4.4 and RFC 3261 §10.2.4 have it,
/// opens those that fail again after the waits of RFC 5626 §4.5, and in the end removes every binding.
public struct FlowFleet: FlowHub {
    public enum Command: Sendable {
        case start
        /// Removes what is bound and ends; given again, ends at once.
        case stop
        /// Something came to our end of a flow from elsewhere than its far end: the server lives, and answers from there.
        case heardElsewhere(TransportAddress)
    }

    public enum Event: Sendable {
        case entered(Stage)
        /// There is no use in going on; the fleet removes what it may have bound.
        case halted(Halt)
    }

    /// idle ─▶ ramping ─▶ holding ─▶ removing ─▶ finished. `stop` and a halt lead to removing from anywhere.
    public enum Stage: Sendable, Hashable {
        case idle
        case ramping
        case holding
        case removing
        /// Nothing more will come.
        case finished
    }

    /// What would go wrong with every other flow as it did with the first.
    public enum Halt: Sendable {
        /// A challenge, and no password.
        case noCredentials(UInt16)
        case authentication(DigestAuthenticator.Refusal, user: String)
        case noCrypto(CryptoError)
    }

    enum Limits {
        /// How long the answer that tells whether anything was bound is waited for before the removal follows on its heels.
        static let binding = RegistrationSession.Limits.bindPatience
        /// How long one removal may take, and all of them without a single one that is confirmed.
        static let removal: Duration = .seconds(5)
        static let removals: Duration = .seconds(10)
        static let lengthenings = 3
        /// For the opening handshake of a WebSocket.
        static let handshake: Duration = .seconds(10)
    }

    public let settings: FleetSettings
    public internal(set) var statistics = FleetStatistics()
    public private(set) var stage = Stage.idle
    public private(set) var isInterrupted = false
    let requests: FleetRequests
    var members: [FleetMember]
    var byFlow: [FlowID: Int] = [:]
    /// Of flows over WebSocket.
    var codecs: [FlowID: SIPFlowCodec] = [:]
    var authenticators: [Int: DigestAuthenticator] = [:]
    /// Raised when a registrar asks for more with 423.
    var expiresSeconds: UInt32
    var outputs = OutputQueue<HubOutput<Event>>()
    var random: FleetGenerator
    var scratch = SIPMessage()
    private var alarms = DeadlineHeap<Int>()
    private var started = Timestamp.zero
    /// Something came from the server, whether it could be read or not; the end of a connection that it had taken is such
    /// a thing, for what was sent before may have been carried out.
    private var hasHeard = false
    private var holdsSince: Timestamp?
    private var holdEnds: Timestamp?
    /// The next member whose turn it is to be removed, and how many are at it.
    private var nextToGo = 0
    private var leaving = 0
    private var gone = 0
    /// When all removals are given up; put off by each one that is confirmed.
    private var removalsEnd: Timestamp?

    /// - Parameter seed: different in each run; Call-IDs, tags and branches come from it.
    /// - Throws: when the host's libcrypto has no SHA-1, from which the instance-ids are made.
    public init(_ settings: FleetSettings, seed: UInt64) throws(CryptoError) {
        self.settings = settings
        random = FleetGenerator(seed: seed)
        let requests = FleetRequests(settings, run: random.next())
        self.requests = requests
        expiresSeconds = settings.expiresSeconds
        members = []
        members.reserveCapacity(settings.count)
        for index in 0..<settings.count { members.append(FleetMember(instance: try requests.instance(index))) }
    }

    // MARK: The hub

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        guard let index = byFlow[flow] else { return }
        hasHeard = true
        if settings.transport.isWebSocket {
            receiveWebSocket(bytes, index, on: flow, at: now)
        } else if settings.transport.isStream {
            receiveStream(bytes, index, at: now)
        } else {
            receiveDatagram(bytes, index, on: flow, at: now)
        }
        advance(index, at: now)
    }

    public mutating func handle(_ input: HubInput<Command>, at now: Timestamp) {
        switch input {
        case .command(.start):
            guard stage == .idle else { return }
            started = now
            enter(.ramping)
            advance(at: now)
        case .command(.stop): stop(at: now)
        case .command(.heardElsewhere(let source)):
            hasHeard = true
            statistics.elsewhere = statistics.elsewhere ?? source
        case .timer: expire(at: now)
        case .up(let id, let flow, .opened(let ticket)):
            let index = Int(ticket)
            guard members.indices.contains(index), members[index].phase == .opening else {
                return outputs.append(.close(id, .fin))
            }
            rise(index, id, flow, at: now)
            advance(index, at: now)
        case .up(let id, _, .accepted): outputs.append(.close(id, .rst))
        case .down(let id, let loss):
            guard let index = byFlow[id] else { return }
            if loss == .reset || loss == .closedByPeer { hasHeard = true }
            // An ICMP error does not end a flow of datagrams for the driver.
            fail(index, FleetCause(loss), closes: !settings.transport.isStream, at: now)
            advance(index, at: now)
        case .notOpened(let ticket, let loss):
            let index = Int(ticket)
            guard members.indices.contains(index), members[index].phase == .opening else { return }
            fail(index, FleetCause(loss), closes: false, at: now)
            advance(index, at: now)
        }
    }

    public mutating func next() -> HubOutput<Event>? { outputs.next() }

    public var deadline: Timestamp? {
        let stageEnds = Timestamp.earliest(holdEnds, removalsEnd)
        return Timestamp.earliest(Timestamp.earliest(alarms.first, nextStart), stageEnds)
    }

    private mutating func expire(at now: Timestamp) {
        while let (time, index) = alarms.next(at: now) {
            guard members[index].wakesAt == time else { continue }
            members[index].wakesAt = nil
            expire(index, at: now)
            wake(index)
        }
        advance(at: now)
    }

    /// Sets the alarm of a member. One that is set too early costs one look; one that moved with every message would
    /// cost more.
    private mutating func wake(_ index: Int) {
        guard let deadline = members[index].deadline else { return }
        if let wakesAt = members[index].wakesAt, wakesAt <= deadline { return }
        members[index].wakesAt = deadline
        alarms.insert(index, at: deadline)
    }

    private mutating func advance(_ index: Int, at now: Timestamp) {
        wake(index)
        advance(at: now)
    }

    // MARK: Stages

    private mutating func enter(_ next: Stage) {
        stage = next
        outputs.append(.event(.entered(next)))
    }

    /// Starts what is due, and goes on to the next stage when this one is over.
    private mutating func advance(at now: Timestamp) {
        if stage == .ramping {
            while let due = nextStart, due <= now { start(at: now) }
            let isHopeless = statistics.registered == 0 && statistics.settled >= settings.window
            if statistics.settled == settings.count || isHopeless {
                statistics.rampTime = now - started
                hold(at: now)
            }
        }
        if stage == .holding, let holdEnds, holdEnds <= now { beginRemoving(at: now) }
        guard stage == .removing else { return }
        if let removalsEnd, removalsEnd <= now { return abandon() }
        while leaving < settings.window, nextToGo < members.count {
            nextToGo += 1
            release(nextToGo - 1, at: now)
            wake(nextToGo - 1)
        }
        if gone == members.count { finish() }
    }

    /// When the next member is to be started; nil when it waits for others, or there is none.
    private var nextStart: Timestamp? {
        guard stage == .ramping, statistics.started < settings.count else { return nil }
        guard let ramp = settings.ramp else {
            return statistics.started - statistics.settled < settings.window ? started : nil
        }
        return started + .nanoseconds(Int64(Double(statistics.started) * 1e9 / ramp))
    }

    private mutating func start(at now: Timestamp) {
        let index = statistics.started
        statistics.started += 1
        open(index)
    }

    private mutating func hold(at now: Timestamp) {
        // Where none of a whole window came about, the rest would only wait as long.
        guard statistics.registered > 0 else { return beginRemoving(at: now) }
        holdsSince = now
        holdEnds = now + settings.hold
        enter(.holding)
        guard settings.floods else { return }
        for index in members.indices where members[index].phase == .bound {
            ask(index, removes: false, at: now)
            wake(index)
        }
    }

    mutating func halt(_ reason: Halt, at now: Timestamp) {
        guard stage == .ramping || stage == .holding else { return }
        outputs.append(.event(.halted(reason)))
        beginRemoving(at: now)
    }

    private mutating func stop(at now: Timestamp) {
        guard stage != .finished else { return }
        if isInterrupted { return abandon() }
        isInterrupted = true
        if stage != .removing { beginRemoving(at: now) }
        advance(at: now)
    }

    private mutating func beginRemoving(at now: Timestamp) {
        if let holdsSince { statistics.holdTime = now - holdsSince }
        holdEnds = nil
        removalsEnd = now + Limits.removals
        enter(.removing)
    }

    /// Takes a member out of the fleet.
    /// - Parameter isConfirmed: the server has said that its binding is gone.
    mutating func leave(_ index: Int, isConfirmed: Bool = false, at now: Timestamp) {
        guard members[index].phase != .gone else { return }
        if members[index].isCurrent { statistics.current -= 1 }
        if members[index].isLeaving { leaving -= 1 }
        if isConfirmed { removalsEnd = now + Limits.removals }
        members[index].isCurrent = false
        members[index].phase = .gone
        gone += 1
        dropFlow(index, closes: true)
        members[index].patienceEnds = nil
        members[index].retryAt = nil
        authenticators[index] = nil
    }

    /// Whether the server may hold a binding of it. One that answers nothing at all holds none; one whose answers cannot
    /// be read, or fit nothing, may.
    func leavesBinding(_ index: Int) -> Bool { members[index].mayBeBound && hasHeard }

    /// The same of a member that is to be gone now. A server that has answered nobody yet is only taken for one that
    /// answers nothing at all once a request to it has had all its time.
    private func mayLeaveBinding(_ index: Int) -> Bool {
        let isOpen = members[index].phase == .asking && statistics.failures[.timedOut] == nil
        return leavesBinding(index) || members[index].mayBeBound && isOpen
    }

    /// It is a member's turn to be removed.
    private mutating func release(_ index: Int, at now: Timestamp) {
        guard members[index].phase != .gone else { return }
        members[index].isLeaving = true
        leaving += 1
        guard !settings.keepsBindings, mayLeaveBinding(index) else { return leave(index, at: now) }
        let isAsking = members[index].phase == .asking && !members[index].removes
        members[index].patienceEnds = now + (isAsking ? Limits.binding : Limits.removal)
        members[index].refreshAt = nil
        members[index].retryAt = nil
        switch members[index].phase {
        case .idle, .gone: leave(index, at: now)
        // Until its answer is there, or was waited for, no other REGISTER is sent (RFC 3261 §10.2).
        case .opening, .asking: break
        case .bound: ask(index, removes: true, at: now)
        // The binding is known by its key, not by its flow (RFC 5626 §6): any flow can remove it.
        case .waiting: open(index)
        }
    }

    private mutating func abandon() {
        for index in members.indices where members[index].phase != .gone {
            if mayLeaveBinding(index), !settings.keepsBindings { statistics.mayRemain += 1 }
        }
        finish()
    }

    private mutating func finish() {
        removalsEnd = nil
        enter(.finished)
    }
}
