/// The server side of one non-INVITE transaction (RFC 3261 §17.2.2): which copies of the request draw the last response
/// again.
///
///     trying ──1xx──▶ proceeding ──200-699──▶ completed ──Timer J──▶ terminated
///        └─────────────── 200-699 ───────────────▲
public struct NonInviteServerTransaction: Sendable {
    public enum State: Sendable, Hashable {
        /// No response yet: copies of the request are dropped.
        case trying
        case proceeding
        /// The final response is sent again for each copy of the request, until Timer J.
        case completed
        case terminated
    }

    public enum Input: Sendable {
        /// The request once more.
        case request
        /// The owner's response; it keeps the octets and sends them at `.transmit`.
        case respond(UInt16)
        case timer
        case transportFailed
    }

    public enum Output: Sendable, Hashable {
        /// Send the last response.
        case transmit
        case ended
    }

    public private(set) var state = State.trying
    private let timing: TransactionTiming
    private let isReliable: Bool
    private var timerJ: Timestamp?
    private var outputs = OutputQueue<Output>()

    public init(timing: TransactionTiming = TransactionTiming(), isReliable: Bool) {
        self.timing = timing
        self.isReliable = isReliable
    }

    public var deadline: Timestamp? { timerJ }

    public mutating func next() -> Output? { outputs.next() }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .request:
            if state == .proceeding || state == .completed { outputs.append(.transmit) }
        case .respond(let code):
            guard state == .trying || state == .proceeding else { return }
            outputs.append(.transmit)
            guard code >= 200 else {
                state = .proceeding
                return
            }
            state = .completed
            timerJ = now + timing.t1 * 64
            // On streams no copy can come (§17.2.2: Timer J is zero).
            if isReliable { terminate() }
        case .timer:
            if let timerJ, timerJ <= now { terminate() }
        case .transportFailed: terminate()
        }
    }

    private mutating func terminate() {
        guard state != .terminated else { return }
        state = .terminated
        timerJ = nil
        outputs.append(.ended)
    }
}
