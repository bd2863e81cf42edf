/// The client side of one INVITE transaction (RFC 3261 §17.1.1 with RFC 6026): when to send the INVITE again, when to
/// acknowledge, when to give up. It knows neither the request nor the flow; its owner has both.
///
///     calling ──1xx──▶ proceeding ──300-699──▶ completed ──Timer D──▶ terminated
///        │  └─────────── 300-699 ──────────────▲
///        └──2xx (also from proceeding)──▶ accepted ──Timer M──▶ terminated
///     calling ──Timer B or transport failure──▶ terminated
public struct InviteClientTransaction: Sendable {
    public enum State: Sendable, Hashable {
        /// Sent, and no answer yet.
        case calling
        /// A provisional answer is there: the INVITE is not sent again, and nothing here limits the wait (Timer C is
        /// the proxy's, §16.6).
        case proceeding
        /// 300-699: copies of it are acknowledged again until Timer D.
        case completed
        /// 2xx: copies of it are passed on until Timer M, for their ACK goes end to end (RFC 6026 §8.4).
        case accepted
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
        /// Send the INVITE; the number counts from 1.
        case transmit(Int)
        case provisional(UInt16)
        /// A 2xx, the first or a copy: to be passed on.
        case success(UInt16)
        /// The first 300-699; `.acknowledge` comes before it.
        case final(UInt16)
        /// Send ACK for the 300-699 (§17.1.1.3).
        case acknowledge
        case timedOut
        case ended
    }

    public private(set) var state = State.calling
    private let timing: TransactionTiming
    private let isReliable: Bool
    private var transmissions = 0
    private var intervalA: Duration
    private var timerA: Timestamp?
    /// Timer B while calling; D or M later.
    private var timerEnd: Timestamp?
    private var outputs = OutputQueue<Output>()

    /// - Parameter isReliable: the transport resends by itself (TCP and all above it).
    public init(timing: TransactionTiming = TransactionTiming(), isReliable: Bool) {
        self.timing = timing
        self.isReliable = isReliable
        intervalA = timing.t1
    }

    public var deadline: Timestamp? { [timerA, timerEnd].compactMap { $0 }.min() }

    public mutating func next() -> Output? { outputs.next() }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .start:
            precondition(transmissions == 0, "a transaction starts once")
            timerEnd = now + timing.timerF
            transmit(at: now)
        case .response(let code): respond(code, at: now)
        case .timer: expire(at: now)
        case .transportFailed:
            guard state == .calling || state == .proceeding else { return }
            terminate()
        }
    }

    private mutating func transmit(at now: Timestamp) {
        transmissions += 1
        outputs.append(.transmit(transmissions))
        timerA = isReliable ? nil : now + intervalA
    }

    private mutating func respond(_ code: UInt16, at now: Timestamp) {
        switch state {
        case .calling, .proceeding:
            timerA = nil
            timerEnd = nil
            if code < 200 {
                state = .proceeding
                outputs.append(.provisional(code))
            } else if code < 300 {
                state = .accepted
                timerEnd = now + timing.timerF
                outputs.append(.success(code))
            } else {
                state = .completed
                // Timer D is at least 32 s on datagrams, and nothing where copies cannot come (§17.1.1.2).
                timerEnd = now + timing.t1 * 64
                outputs.append(.acknowledge)
                outputs.append(.final(code))
                if isReliable { terminate() }
            }
        case .completed:
            if code >= 300 { outputs.append(.acknowledge) }
        case .accepted:
            if code >= 200, code < 300 { outputs.append(.success(code)) }
        case .terminated: break
        }
    }

    private mutating func expire(at now: Timestamp) {
        if let timerEnd, timerEnd <= now {
            if state == .calling { outputs.append(.timedOut) }
            terminate()
            return
        }
        guard let timerA, timerA <= now else { return }
        intervalA = intervalA * 2
        transmit(at: now)
    }

    private mutating func terminate() {
        guard state != .terminated else { return }
        state = .terminated
        timerA = nil
        timerEnd = nil
        outputs.append(.ended)
    }
}
