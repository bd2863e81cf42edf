/// How one binding (AOR, instance-id, reg-id) fared over the run, on whatever flows: attempts, successes and losses, in
/// the order of time. Refreshes of a healthy flow leave no trace. RFC 5626 §4.5 is judged on it.
public struct BindingHistory: Sendable {
    public enum What: Sendable, Hashable {
        /// The first packet of an attempt to register: a REGISTER, or the connection for one.
        case attempt
        /// The attempt failed with a final response.
        case rejected(UInt16, retryAfter: Int64?)
        /// No final response within 32 s (Timer F, RFC 3261 §17.1.2.2).
        case timedOut
        /// The connection was refused.
        case refused
        case registered
        /// The registered flow failed, and whether a keep-alive had been answered on it before.
        case lost(FlowRecord.Failure, answered: Bool)
        /// Another flow took over although this one had not failed, as far as could be seen.
        case moved
        case unregistered
    }

    public struct Entry: Sendable {
        public let time: Int64
        public let frame: UInt64
        public let flow: FlowID
        public let what: What
    }

    /// Entries kept; a binding that is registered anew more often than this is judged on its beginning.
    static let maximumEntries = 256

    enum State: Sendable, Hashable {
        case idle
        /// An attempt without final response yet.
        case waiting
        /// A challenge or a correction (401, 407, 420, 421, 423, 3xx): the next request goes on with the attempt.
        case challenged
        case failed
        case registered
    }

    let bindingKey: Int
    let deviceKey: Int
    /// Index of its flow in the ledger.
    var flow: Int
    /// Index in that flow's registrations.
    let registration: Int
    var state = State.idle
    var attemptedAt = Int64.never
    var registeredAt = Int64.never
    /// The refusal that asked for a correction (420, 421, 423), and what it refused: who repeats that corrects nothing.
    var refusal: (status: UInt16, time: Int64, frame: UInt64, request: PendingRegister)?
    /// The last request's identity, for copies of it on the other side of a relay.
    var identity = 0
    /// Its server, for connections that carry no REGISTER.
    var server: TransportAddress
    public internal(set) var entries: [Entry] = []
    /// Failures in a row up to now (RFC 5626 §4.5).
    private(set) var failures = 0
    /// The user agent wanted outbound: reg-id and the option tag.
    public let wantsOutbound: Bool

    mutating func add(_ what: What, _ time: Int64, _ frame: UInt64, _ flow: FlowID) {
        switch what {
        case .rejected, .timedOut, .refused, .lost(_, answered: false): failures += 1
        case .lost, .moved, .unregistered: failures = 0
        case .attempt, .registered: break
        }
        guard entries.count < Self.maximumEntries else { return }
        entries.append(Entry(time: time, frame: frame, flow: flow, what: what))
    }

    /// Timer F: 64 · T1 (RFC 3261 §17.1.2.2).
    static let timerF: Int64 = 32 * .second
}
