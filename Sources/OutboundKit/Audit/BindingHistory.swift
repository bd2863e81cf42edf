/// How one binding (AOR, instance-id, reg-id) fared over the run, on whatever flows: attempts, successes and losses, in
/// the order of time. Refreshes of a healthy flow leave no trace. RFC 5626 §4.5 is judged on it.
public struct BindingHistory: Sendable {
    public enum What: Sendable, Hashable {
        /// The first packet of an attempt to register: a REGISTER, or the connection for one; and whether it came over the
        /// datagram flow of the one before, with another Call-ID.
        case attempt(isAnew: Bool)
        /// A REGISTER that only takes the binding away, as a phone sends at its end, where a failure or nothing at all was
        /// before: no try to register, whatever answers it.
        case removal
        /// The attempt failed with a final response; `retryAfter` of a 500 or 503.
        case rejected(UInt16, retryAfter: Int64?)
        /// No final response within 32 s (Timer F, RFC 3261 §17.1.2.2). Where the first REGISTER was not seen, its end was
        /// at that time or before.
        case timedOut(sinceSeen: Bool)
        /// The connection was refused, or the server closed it and gave no answer.
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

    /// The attempt that comes first, and the success that follows it on the same flow: all that most bindings have, which
    /// are made once and refreshed.
    private struct Opening: Sendable {
        /// `Int64.never` before there is one.
        private var time = Int64.never
        private var flow = FlowID(0)
        @FrameNumber private var frame: UInt64
        /// Nanoseconds and frames from the one to the other; nanoseconds are `never` without a success.
        private var span = never
        private var frames: UInt16 = 0

        private static let never = UInt32.max

        init() {}

        init(time: Int64, frame: UInt64, flow: FlowID) {
            (self.time, self.flow) = (time, flow)
            self.frame = frame
        }

        /// - Returns: false where there is no room for it.
        mutating func succeed(_ time: Int64, _ frame: UInt64, _ flow: FlowID) -> Bool {
            let (later, overflow) = frame.subtractingReportingOverflow(self.frame)
            guard self.time != .never, flow == self.flow, span == Self.never, !overflow,
                let frames = UInt16(exactly: later), let span = UInt32(exactly: time &- self.time), span != Self.never
            else { return false }
            (self.frames, self.span) = (frames, span)
            return true
        }

        /// How many entries it stands for.
        var count: Int { time == .never ? 0 : span == Self.never ? 1 : 2 }

        var entries: [Entry] {
            guard time != .never else { return [] }
            let attempt = Entry(time: time, frame: frame, flow: flow, what: .attempt(isAnew: false))
            guard span != Self.never else { return [attempt] }
            return [
                attempt, Entry(time: time + Int64(span), frame: frame + UInt64(frames), flow: flow, what: .registered),
            ]
        }
    }

    /// An entry as it is kept.
    private struct PackedEntry: Sendable {
        let time: Int64
        let frame: UInt64
        let flow: FlowID
        /// Seconds of Retry-After, plus one; 0 without.
        let retryAfter: UInt32
        let status: UInt16
        let kind: UInt8
        let detail: UInt8

        init(_ entry: Entry) {
            (time, frame, flow) = (entry.time, entry.frame, entry.flow)
            var retryAfter: UInt32 = 0
            var status: UInt16 = 0
            var detail: UInt8 = 0
            switch entry.what {
            case .attempt(let isAnew):
                kind = 0
                detail = isAnew ? 1 : 0
            case .rejected(let code, let after):
                kind = 1
                status = code
                retryAfter = after.map { UInt32(clamping: max($0, 0) / .second &+ 1) } ?? 0
            case .timedOut(let sinceSeen):
                kind = 2
                detail = sinceSeen ? 1 : 0
            case .refused: kind = 3
            case .registered: kind = 4
            case .lost(let failure, let answered):
                kind = answered ? 6 : 5
                detail = failure.rawValue
            case .moved: kind = 7
            case .unregistered: kind = 8
            case .removal: kind = 9
            }
            (self.retryAfter, self.status, self.detail) = (retryAfter, status, detail)
        }

        var entry: Entry { Entry(time: time, frame: frame, flow: flow, what: what) }

        private var what: What {
            switch kind {
            case 1: .rejected(status, retryAfter: retryAfter == 0 ? nil : Int64(retryAfter - 1) * .second)
            case 2: .timedOut(sinceSeen: detail == 1)
            case 3: .refused
            case 4: .registered
            case 5, 6: .lost(FlowRecord.Failure(rawValue: detail) ?? .serverClosed, answered: kind == 6)
            case 7: .moved
            case 8: .unregistered
            case 9: .removal
            default: .attempt(isAnew: detail == 1)
            }
        }
    }

    /// Entries kept; a binding that is registered anew more often than this is judged on its beginning.
    static let maximumEntries = 256

    enum State: UInt8, Sendable, Hashable {
        case idle
        /// An attempt without final response yet.
        case waiting
        /// A challenge or a correction (401, 407, 420, 421, 423, 494, 3xx): the next request goes on with the attempt.
        case challenged
        case failed
        case registered
    }

    // Of a million bindings every octet here is a megabyte; and it is one cache line.

    let bindingKey: Int
    var attemptedAt = Int64.never
    var registeredAt = Int64.never
    /// Half of the last request's identity, for copies of it on the other side of a relay.
    private var identity: UInt32 = 0
    /// Index of its flow in the ledger.
    private var flowIndex: UInt32
    private var opening = Opening()
    var state = State.idle
    /// The user agent wanted outbound: reg-id and the option tag.
    public let wantsOutbound: Bool
    private var more: ValueBox<More>?

    /// What most bindings never have.
    private struct More: Sendable {
        /// Those behind the opening.
        var entries: [PackedEntry] = []
        var failures: UInt16 = 0
        var hasFailure = false
        var refusal: Refusal?
        var portMoves = PortMoves()

        mutating func add(_ entry: Entry, isKept: Bool) {
            switch entry.what {
            case .rejected, .timedOut, .refused, .lost(_, answered: false):
                if failures < .max { failures += 1 }
            case .lost, .moved, .removal, .unregistered: failures = 0
            case .attempt, .registered: break
            }
            guard isKept else { return }
            switch entry.what {
            case .rejected, .timedOut, .refused, .lost: hasFailure = true
            case .attempt, .removal, .registered, .moved, .unregistered: break
            }
            entries.append(PackedEntry(entry))
        }
    }

    /// A refusal that asks for a correction (420, 421, 423, 494), and what it refused: who repeats that corrects nothing. Or a
    /// 500 or 503 to a refresh that names a time to wait.
    struct Refusal: Sendable {
        let status: UInt16
        let time: Int64
        let frame: UInt64
        let request: PendingRegister
        /// Nanoseconds, of a 500 or 503 with Retry-After.
        var retryAfter: Int64?
        /// Of the registration, as `FlowRegistration.callID`.
        var callID: UInt32 = 0
    }

    init(_ registration: FlowRegistration, flow: Int) {
        bindingKey = registration.bindingKey
        flowIndex = UInt32(flow)
        wantsOutbound = registration.supportsOutbound && registration.hasRegID
    }

    /// Index of its flow in the ledger.
    var flow: Int {
        get { Int(flowIndex) }
        set { flowIndex = UInt32(newValue) }
    }

    /// Failures in a row up to now (RFC 5626 §4.5).
    var failures: UInt16 { more?.value.failures ?? 0 }
    /// One of the entries is a failure.
    var hasFailure: Bool { more?.value.hasFailure ?? false }

    /// Whether the last request was this one, on whatever flow.
    func sawLast(_ identity: Int) -> Bool { self.identity == UInt32(truncatingIfNeeded: identity) }
    mutating func noteLast(_ identity: Int) { self.identity = UInt32(truncatingIfNeeded: identity) }

    var refusal: Refusal? {
        get { more?.value.refusal }
        set {
            if more == nil {
                if newValue == nil { return }
                more = ValueBox(More())
            }
            more?.value.refusal = newValue
        }
    }

    /// Nil where the flow has hardly ever been another.
    var portMoves: PortMoves? { more?.value.portMoves }

    mutating func notePortMove(_ move: PortMoves.Move) {
        if more == nil { more = ValueBox(More()) }
        more?.value.portMoves.add(move)
    }

    public var entries: [Entry] { opening.entries + (more?.value.entries.map(\.entry) ?? []) }

    mutating func add(_ what: What, _ time: Int64, _ frame: UInt64, _ flow: FlowID) {
        let count = opening.count + (more?.value.entries.count ?? 0)
        switch what {
        case .attempt where count == 0:
            opening = Opening(time: time, frame: frame, flow: flow)
        case .registered where count == 1 && opening.succeed(time, frame, flow):
            break
        default:
            if more == nil { more = ValueBox(More()) }
            let entry = Entry(time: time, frame: frame, flow: flow, what: what)
            more?.value.add(entry, isKept: count < Self.maximumEntries)
        }
    }

    /// Timer F: 64 · T1 (RFC 3261 §17.1.2.2).
    static let timerF: Int64 = 32 * .second
}
