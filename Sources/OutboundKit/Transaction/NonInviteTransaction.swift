/// The client side of one non-INVITE transaction (RFC 3261 §17.1.2): when to send a request again, when to give up, and
/// which answers still count. It knows neither the request nor the flow; its owner has both.
///
///     trying ──1xx──▶ proceeding ──200-699──▶ completed ──Timer K──▶ terminated
///        └─────────────── 200-699 ───────────────▲
///     trying, proceeding ──Timer F or transport failure──▶ terminated
public struct NonInviteTransaction: Sendable {
    /// The numbers of RFC 3261 §17.1.1.1.
    public struct Timing: Sendable, Hashable {
        /// An estimate of the round-trip time.
        public var t1: Duration
        /// The longest wait between two sends.
        public var t2: Duration
        /// How long a datagram may linger in the network.
        public var t4: Duration
        /// How long the request may stay without a final answer.
        public var timerF: Duration

        public init(
            t1: Duration = .milliseconds(500), t2: Duration = .seconds(4), t4: Duration = .seconds(5),
            timerF: Duration? = nil
        ) {
            self.t1 = t1
            self.t2 = t2
            self.t4 = t4
            self.timerF = timerF ?? t1 * 64
        }
    }

    public enum State: Sendable, Hashable {
        /// Sent, and no answer yet. Goes on to proceeding, completed, or terminated.
        case trying
        /// A provisional answer is there; a lost request is still sent again, every T2.
        case proceeding
        /// A final answer is there. Copies of it are absorbed until Timer K.
        case completed
        case terminated
    }

    public enum Input: Sendable {
        case start
        /// A response that belongs to this transaction.
        case response(UInt16)
        case timer
        case transportFailed
    }

    public enum Output: Sendable, Hashable {
        /// Send the request; the number counts from 1.
        case transmit(Int)
        /// The first answer with this class, to be looked at.
        case provisional(UInt16)
        case final(UInt16)
        /// A copy of the final answer, or a provisional answer after it.
        case absorbed(UInt16)
        case timedOut
        case ended
    }

    public private(set) var state = State.trying
    /// How often the request was sent.
    public private(set) var transmissions = 0
    /// When it was sent first and last.
    public private(set) var firstSent: Timestamp?
    public private(set) var lastSent: Timestamp?
    private let timing: Timing
    private let isReliable: Bool
    private var timerE: Timestamp?
    private var intervalE: Duration
    private var timerF: Timestamp?
    private var timerK: Timestamp?
    private var outputs = OutputQueue<Output>()

    /// - Parameter isReliable: the transport resends by itself (TCP and all above it).
    public init(timing: Timing = Timing(), isReliable: Bool) {
        self.timing = timing
        self.isReliable = isReliable
        intervalE = timing.t1
    }

    public var deadline: Timestamp? {
        Timestamp.earliest(Timestamp.earliest(timerE, timerF), timerK)
    }

    public mutating func next() -> Output? { outputs.next() }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .start:
            precondition(firstSent == nil, "a transaction starts once")
            timerF = now + timing.timerF
            transmit(at: now)
        case .response(let code): respond(code, at: now)
        case .timer: expire(at: now)
        case .transportFailed:
            guard state == .trying || state == .proceeding else { return }
            terminate()
        }
    }

    private mutating func transmit(at now: Timestamp) {
        transmissions += 1
        firstSent = firstSent ?? now
        lastSent = now
        outputs.append(.transmit(transmissions))
        timerE = isReliable ? nil : now + intervalE
    }

    private mutating func respond(_ code: UInt16, at now: Timestamp) {
        switch state {
        case .trying, .proceeding:
            if code < 200 {
                state = .proceeding
                outputs.append(.provisional(code))
                return
            }
            state = .completed
            timerE = nil
            timerF = nil
            timerK = isReliable ? now : now + timing.t4
            outputs.append(.final(code))
            if isReliable { terminate() }
        case .completed, .terminated:
            outputs.append(.absorbed(code))
        }
    }

    private mutating func expire(at now: Timestamp) {
        if let timerF, timerF <= now {
            outputs.append(.timedOut)
            terminate()
            return
        }
        if let timerK, timerK <= now {
            terminate()
            return
        }
        guard let timerE, timerE <= now else { return }
        intervalE = state == .proceeding ? timing.t2 : min(intervalE * 2, timing.t2)
        transmit(at: now)
    }

    private mutating func terminate() {
        guard state != .terminated else { return }
        state = .terminated
        timerE = nil
        timerF = nil
        timerK = nil
        outputs.append(.ended)
    }
}

/// The timers of all four transactions of RFC 3261 §17; `timerF` is Timer B for INVITE.
public typealias TransactionTiming = NonInviteTransaction.Timing
