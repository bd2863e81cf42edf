/// The server side of one INVITE transaction (RFC 3261 §17.2.1 with RFC 6026): when the last response is sent again, and
/// when the ACK is overdue.
///
///     proceeding ──300-699──▶ completed ──ACK──▶ confirmed ──Timer I──▶ terminated
///         │                       └──Timer H──▶ terminated
///         └──2xx──▶ accepted ──Timer L──▶ terminated
public struct InviteServerTransaction: Sendable {
    public enum State: Sendable, Hashable {
        /// The INVITE is being worked on; a copy of it draws the last provisional response again.
        case proceeding
        /// 300-699 was sent, and is again until ACK or Timer H.
        case completed
        /// ACK is there: copies of it are absorbed until Timer I.
        case confirmed
        /// 2xx was sent: copies of the INVITE are absorbed, further 2xx pass, until Timer L (RFC 6026 §8.7).
        case accepted
        case terminated
    }

    public enum Input: Sendable {
        /// The INVITE once more.
        case request
        /// The owner's response; it keeps the octets and sends them at `.transmit`.
        case respond(UInt16)
        /// An ACK that matches this transaction: one for 300-699.
        case acknowledged
        case timer
        case transportFailed
    }

    public enum Output: Sendable, Hashable {
        /// Send the last response.
        case transmit
        /// No ACK came (Timer H).
        case timedOut
        case ended
    }

    public private(set) var state = State.proceeding
    private let timing: TransactionTiming
    private let isReliable: Bool
    private var hasResponse = false
    private var intervalG: Duration
    private var timerG: Timestamp?
    /// Timer H, I or L.
    private var timerEnd: Timestamp?
    private var outputs = OutputQueue<Output>()

    public init(timing: TransactionTiming = TransactionTiming(), isReliable: Bool) {
        self.timing = timing
        self.isReliable = isReliable
        intervalG = timing.t1
    }

    public var deadline: Timestamp? { [timerG, timerEnd].compactMap { $0 }.min() }

    public mutating func next() -> Output? { outputs.next() }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .request:
            if hasResponse, state == .proceeding || state == .completed { outputs.append(.transmit) }
        case .respond(let code): respond(code, at: now)
        case .acknowledged:
            guard state == .completed else { return }
            state = .confirmed
            timerG = nil
            timerEnd = isReliable ? now : now + timing.t4
            if isReliable { terminate() }
        case .timer: expire(at: now)
        case .transportFailed: terminate()
        }
    }

    private mutating func respond(_ code: UInt16, at now: Timestamp) {
        guard state == .proceeding || (state == .accepted && code >= 200 && code < 300) else { return }
        hasResponse = true
        outputs.append(.transmit)
        if code < 200 { return }
        if code < 300 {
            if state == .proceeding { timerEnd = now + timing.t1 * 64 }
            state = .accepted
        } else {
            state = .completed
            timerG = isReliable ? nil : now + intervalG
            timerEnd = now + timing.t1 * 64
        }
    }

    private mutating func expire(at now: Timestamp) {
        if let timerEnd, timerEnd <= now {
            if state == .completed { outputs.append(.timedOut) }
            terminate()
            return
        }
        guard let timerG, timerG <= now else { return }
        outputs.append(.transmit)
        intervalG = min(intervalG * 2, timing.t2)
        self.timerG = now + intervalG
    }

    private mutating func terminate() {
        guard state != .terminated else { return }
        state = .terminated
        timerG = nil
        timerEnd = nil
        outputs.append(.ended)
    }
}
