/// All that is remembered of one flow: a value of fixed size but for the lists of its registrations and of what went
/// wrong. A keep-alive in time, answered in time, touches this record alone.
public struct FlowRecord: Sendable {
    /// What was seen of a flow at all; decides between "not there" and "not visible".
    public struct Sights: OptionSet, Sendable, Hashable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        public static let fromClient = Sights(rawValue: 1)
        public static let fromServer = Sights(rawValue: 2)
        public static let sip = Sights(rawValue: 4)
        public static let cutSIP = Sights(rawValue: 8)
        public static let malformedSIP = Sights(rawValue: 16)
        public static let encrypted = Sights(rawValue: 32)
        public static let gap = Sights(rawValue: 64)
        public static let register = Sights(rawValue: 128)
        /// A final response to a REGISTER, of any class.
        public static let registerAnswered = Sights(rawValue: 256)
        /// A 2xx to a REGISTER.
        public static let registered = Sights(rawValue: 512)
        /// A REGISTER that had passed another hop before: this is no user agent's flow.
        public static let forwarded = Sights(rawValue: 1024)
        /// A 2xx that gave a sign of keep-alive support: Require: outbound, `ob` in Path, or keep.
        public static let sign = Sights(rawValue: 2048)
        /// Somebody else's SIP answers, to requests other than REGISTER too.
        public static let serverSIP = Sights(rawValue: 4096)
        /// The same REGISTER was seen before on another flow: a relay's or NAT's other side.
        public static let copy = Sights(rawValue: 8192)
        /// A later flow of the same binding took over.
        public static let replaced = Sights(rawValue: 16384)
        /// SIP requests of the client other than REGISTER.
        public static let clientRequests = Sights(rawValue: 32768)
    }

    public enum KeepAliveKind: String, Sendable, Hashable {
        case none
        case stun
        case crlf
        case ws
        case other
    }

    /// Why a flow counts as failed (RFC 5626 §4.4, §4.5).
    public enum Failure: UInt8, Sendable, Hashable {
        case missedPong
        case stunTimeout
        case stunError
        case mappedChange
        case icmp
        case serverClosed
        case clientClosed
    }

    // The order is that of use, for the cache's sake: what every keep-alive reads and writes stands together in front,
    // and what registrations, failures and the end need stands behind. Times are nanoseconds since the epoch.

    public let id: FlowID
    public internal(set) var sights: Sights = []
    public let isStream: Bool
    /// Client and server were taken the wrong way round at first.
    var isFlipped = false
    // Keep-alives of the client.
    public internal(set) var kind = KeepAliveKind.none
    var failure: Failure?
    /// The message at hand came right behind a lone CRLF of the client.
    var followsCRLF = false
    var oldTimerRun: UInt8 = 0
    public internal(set) var pings: UInt32 = 0
    public internal(set) var pongs: UInt32 = 0
    var lastSeen: Int64
    var lastFromClient = Int64.never
    var lastFromServer = Int64.never
    var longestToleratedSilence: Int64 = 0
    /// The start of the last ping, and the last request of any kind (a retransmission too).
    var lastPing = Int64.never
    var lastKeepAlive = Int64.never
    var lastKeepAliveFrame: UInt64 = 0
    var lastPong = Int64.never
    var answerMax: Int64 = 0
    var lastSuccess = Int64.never
    var loneCRLFAt = Int64.never
    var lastServerCRLF = Int64.never
    var pending = PendingPings()
    var transaction = STUNTransactionTrace()
    public internal(set) var duty = KeepAliveDuty()
    var oldLimit = Int64.max
    var floodStart = Int64.never
    /// The intervals under the present duty that no failure or registration fell into.
    var epoch = IntervalRange()
    var mappedAddress: TransportAddress?
    public internal(set) var intervals = IntervalSample()

    public let opening: FlowEvent.Opening
    public let openedAt: Int64
    let openedFrame: UInt64
    var lastClientSIP = Int64.never
    var lastServerSIP = Int64.never
    var lastGap = Int64.never
    public internal(set) var retransmissions: UInt32 = 0
    /// Late answers are counted in `pongs` too.
    public internal(set) var latePongs: UInt32 = 0
    var unansweredPings: UInt32 = 0
    var extraPongs: UInt32 = 0
    var serverPings: UInt32 = 0
    var indications: UInt32 = 0
    public internal(set) var mappedChanges: UInt32 = 0
    var firstPing = Int64.never
    var oldShort = Int64.min
    var loneCRLFFrame: UInt64 = 0

    // Registrations.
    /// The duty that was in force longest ago, for the case that the last 2xx ended it.
    public internal(set) var everOwed = false
    /// Whether outbound was agreed on at any time, and the last announced number of seconds.
    public internal(set) var everOutbound = false
    var firstDuty = Int64.never
    var dutyEnded = Int64.never
    public internal(set) var announced: UInt64?
    public internal(set) var registrations: [FlowRegistration] = []
    var pendingRegisters: [PendingRegister] = []
    /// The REGISTER that was answered last, to know a retransmission that crossed with its answer; 0 before one was.
    var answeredRegister = 0
    var registerRequests: UInt32 = 0
    public internal(set) var registerSuccesses: UInt32 = 0
    var lastRegister = Int64.never
    var successFrame: UInt64 = 0

    // Failure and end.
    var failedAt = Int64.never
    /// A failure that a new registration must follow: its time, until one came.
    var recoveryDueSince = Int64.never
    /// When the binding was made here, and how often in a row it had failed before.
    var boundAt = Int64.never
    var priorFailures = 0
    var replacedBy: FlowID?
    /// When a 2xx to REGISTER came right behind a CRLF, and when an answer came that belongs to no request.
    var gluedGrantAt = Int64.never
    var foreignAnswerAt = Int64.never
    /// Binding requests sent again after their answer, and answers to those.
    var repeatedRequests: UInt32 = 0
    var repeatedAnswers: UInt32 = 0
    var copyOf: FlowID?
    public internal(set) var closing: FlowEvent.Closing?
    var closedAt = Int64.never
    var closedFrame: UInt64 = 0
    var closedBy = FlowEvent.Direction.fromClient
    public internal(set) var log = EvidenceLog()

    init(id: FlowID, opening: FlowEvent.Opening, time: Int64, frame: UInt64) {
        self.id = id
        self.opening = opening
        isStream = opening.transport.isStream
        openedAt = time
        openedFrame = frame
        lastSeen = time
    }

    public var transport: TransportProtocol { opening.transport }
    public var client: TransportAddress { isFlipped ? opening.server : opening.client }
    public var server: TransportAddress { isFlipped ? opening.client : opening.server }
    /// A 2xx to a REGISTER with reg-id had `Require: outbound` (RFC 5626 §4.2.1, §6).
    public var usesOutbound: Bool { registrations.contains { $0.outboundGranted && $0.regID != nil } }
    /// A 2xx had `Require: outbound`, whatever was asked for.
    public var outboundGranted: Bool { registrations.contains { $0.outboundGranted } }
    /// Between an edge proxy and a registrar nobody owes keep-alives under RFC 5626 §4.4.
    public var isUserAgentFlow: Bool { !sights.contains(.forwarded) && !sights.contains(.copy) }
    var hasFailed: Bool { failure != nil }
}

/// Client pings on a stream that still wait for a pong, the oldest first. One is the rule; more cost an allocation.
struct PendingPings: Sendable {
    /// Pings kept; of more, the latest are forgotten.
    private static let maximum = 256

    private var oldestTime: Int64 = 0
    private var oldestFrame: UInt64 = 0
    private var rest: [(time: Int64, frame: UInt64)] = []
    private(set) var count: UInt16 = 0
    /// How many of the oldest are past their deadline already.
    private(set) var missed: UInt16 = 0

    var oldest: Int64? { count > 0 ? oldestTime : nil }
    /// The oldest one whose deadline has not been judged.
    var oldestUnjudged: (time: Int64, frame: UInt64)? {
        guard missed < count else { return nil }
        return missed == 0 ? (oldestTime, oldestFrame) : rest[Int(missed) - 1]
    }

    @inline(__always) mutating func append(_ time: Int64, _ frame: UInt64) {
        if count == 0 {
            oldestTime = time
            oldestFrame = frame
            count = 1
        } else {
            queue(time, frame)
        }
    }

    @inline(never) private mutating func queue(_ time: Int64, _ frame: UInt64) {
        guard rest.count < Self.maximum else { return }
        rest.append((time, frame))
        count += 1
    }

    mutating func markMissed() { missed += 1 }

    /// Forgets the pings past their deadline, if a younger one waits for the pong at hand.
    mutating func dropMissed() {
        guard missed > 0, missed < count else { return }
        (oldestTime, oldestFrame) = rest[Int(missed) - 1]
        rest.removeFirst(Int(missed))
        count -= missed
        missed = 0
    }

    /// The oldest ping, and whether its pong is late. There must be one.
    mutating func removeFirst() -> (time: Int64, late: Bool) {
        let first = (oldestTime, missed > 0)
        count -= 1
        if missed > 0 { missed -= 1 }
        if count > 0 { (oldestTime, oldestFrame) = rest.removeFirst() }
        return first
    }

    mutating func removeAll() {
        count = 0
        missed = 0
        rest = []
    }
}

/// The client's present STUN transaction and the identity of the one before, for answers that come late.
struct STUNTransactionTrace: Sendable {
    var high: UInt32 = 0
    var low: UInt64 = 0
    var started = Int64.never
    var lastSent = Int64.never
    var previousGap: Int64 = 0
    var firstGap: Int64 = 0
    var frame: UInt64 = 0
    var sends: UInt16 = 0
    var answered = true
    /// It ran out without an answer, and that was noted.
    var expired = false
    var hasAttributes = false
    var hasCookie = true
    var metICMP = false
    /// An answer came that a client has to drop, for it lacks the cookie.
    var metBadAnswer = false
    /// The answer has more than the mapped address.
    var answerHasMore = false
    var priorHigh: UInt32 = 0
    var priorLow: UInt64 = 0
    var priorStarted = Int64.never
    var priorOpen = false

    /// When it has failed: 16 RTO after the seventh request, else 79 RTO after the first (RFC 8489 §6.2.1).
    var deadline: Int64 {
        sends >= 7 && firstGap > 0 ? lastSent + min(16 * firstGap, 60 * .second) : started + 39_500_000_000
    }
}
