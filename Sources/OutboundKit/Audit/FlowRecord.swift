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
        /// A 2xx that gave a sign of keep-alive support: Require: outbound, `ob` in Path, or keep; or keep in a response to
        /// an INVITE or SUBSCRIBE.
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

    // The order is that of use, for the cache's sake: what every keep-alive reads and writes stands together in front, first
    // what an answer needs too (two cache lines), then what only requests need (two more); what registrations need stands
    // behind. What an ordinary flow never needs is kept apart (`FlowRarities`), for of a million flows every octet here is a
    // megabyte. Times are nanoseconds since the epoch.

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
    /// The duty that was in force longest ago, for the case that the last 2xx ended it.
    public internal(set) var everOwed = false
    /// Pings of a stream that wait for their pong, and how many of the oldest are past their deadline already.
    var waiting: UInt16 = 0
    var missed: UInt16 = 0
    var lastFromClient = Int64.never
    var lastFromServer = Int64.never
    /// The start of the last ping.
    var lastPing = Int64.never
    var lastPong = Int64.never
    var answerMax: Int64 = 0
    public internal(set) var pings: UInt32 = 0
    public internal(set) var pongs: UInt32 = 0
    var transaction = STUNTransactionTrace()
    // Small things stand where the larger ones before them leave room.
    var present: FlowRarities.Present = []
    /// Outbound was agreed on at any time.
    public internal(set) var everOutbound = false
    /// The last 2xx to a REGISTER came right behind a CRLF.
    var successIsGlued = false
    public internal(set) var closing: FlowEvent.Closing?
    private var ends: FlowEnds
    var closedBy = FlowEvent.Direction.fromClient
    var handshake = WebSocketAgreement.unseen
    // Here the third line begins.
    var lastSuccess = Int64.never
    /// The silence that the client broke last, and the longest before that one; neither counts pauses within a burst.
    var brokenSilence: Int64 = 0
    var longestSilenceBefore: Int64 = 0
    public internal(set) var duty = KeepAliveDuty()
    /// The intervals under the present duty that no failure or registration fell into.
    var epoch = IntervalRange()
    @FrameNumber var lastKeepAliveFrame: UInt64
    /// What only some flows have; nil while a flow has none of it.
    var rare: ValueBox<FlowRarities>?
    public internal(set) var intervals = IntervalSample()

    /// The last announced number of seconds plus one; 0 where none was announced.
    private var announcement: UInt32 = 0
    var registerRequests: UInt32 = 0
    public internal(set) var registerSuccesses: UInt32 = 0
    @FrameNumber var openedFrame: UInt64
    public let openedAt: Int64
    var lastClientSIP = Int64.never
    var lastServerSIP = Int64.never
    var firstPing = Int64.never

    // Registrations.
    var firstDuty = Int64.never
    public internal(set) var registrations = FlowRegistrations()
    var pendingRegisters: [PendingRegister] = []
    /// The REGISTER that was answered last, by half of its key, to know a retransmission that crossed with its answer; 0
    /// before one was.
    private var answered: UInt32 = 0
    @FrameNumber var successFrame: UInt64

    init(id: FlowID, opening: FlowEvent.Opening, time: Int64, frame: UInt64) {
        self.id = id
        ends = FlowEnds(opening)
        isStream = opening.transport.isStream
        openedAt = time
        openedFrame = frame
        if opening.isAnswered { sights.insert(.fromServer) }
    }

    public var opening: FlowEvent.Opening { ends.opening }

    /// The Flow-Timer that was announced last, in seconds; `.max`, which is too large, from 136 years on.
    public internal(set) var announced: UInt64? {
        get { announcement == 0 ? nil : announcement == .max ? .max : UInt64(announcement - 1) }
        set { announcement = newValue.map { UInt32(clamping: min($0, UInt64(UInt32.max - 1)) + 1) } ?? 0 }
    }

    /// The mapped address of the last answer since the flow was registered.
    var mappedAddress: TransportAddress? {
        @inline(__always) get { ends.mapped }
        set { ends.mapped = newValue }
    }

    /// Asks for what the next answer is compared with.
    @inline(__always)
    mutating func prefetchMappedAddress() { ends.prefetch() }

    /// A REGISTER was answered that had been seen.
    var hasAnswered: Bool { answered != 0 }
    func answeredLast(_ key: Int) -> Bool { answered != 0 && answered == Self.half(key) }
    mutating func noteAnswer(to key: Int) { answered = Self.half(key) }
    private static func half(_ key: Int) -> UInt32 { UInt32(truncatingIfNeeded: key) | 1 }

    /// The last request of any kind, a retransmission too. Of those, streams have none.
    var lastKeepAlive: Int64 { @inline(__always) get { isStream ? lastPing : transaction.lastSent } }

    // Streams have no STUN transactions, and only streams have CRLFs: the room of the one serves the other.
    /// The first CRLF of what may become a ping, or stay a lone one; `never` without.
    var loneCRLFAt: Int64 {
        @inline(__always) get { isStream ? transaction.priorStarted : .never }
        @inline(__always) set { if isStream { transaction.priorStarted = newValue } }
    }
    var loneCRLFFrame: UInt64 {
        get { transaction.priorLow }
        set { if isStream { transaction.priorLow = newValue } }
    }

    /// The client's last CRLF that is not part of a ping yet; `never` without.
    var halfPingAt: Int64 {
        @inline(__always) get { isStream ? transaction.lastSent : .never }
        @inline(__always) set { if isStream { transaction.lastSent = newValue } }
    }
    /// The same of the server's CRLFs that are no pongs.
    var extraPongAt: Int64 {
        get { isStream && transaction.low != 0 ? Int64(bitPattern: transaction.low) : .never }
        set { if isStream { transaction.low = newValue == .never ? 0 : UInt64(bitPattern: newValue) } }
    }

    /// The server's last CRLF.
    var lastServerCRLF: Int64 {
        @inline(__always) get { isStream && transaction.highs != 0 ? Int64(bitPattern: transaction.highs) : .never }
        @inline(__always) set {
            if isStream { transaction.highs = newValue == .never ? 0 : UInt64(bitPattern: newValue) }
        }
    }

    /// When two CRLFs of the server came together, which the client may answer as a ping.
    var serverPairAt: Int64 {
        get { isStream && firstGap != 0 ? firstGap : .never }
        set { if isStream { firstGap = newValue == .never ? 0 : newValue } }
    }
    /// The end of two CRLFs of the client that were sent far apart: together a ping, whose pong is not missed.
    var optionalPingAt: Int64 {
        get { isStream && previousGap != 0 ? previousGap : .never }
        set { if isStream { previousGap = newValue == .never ? 0 : newValue } }
    }

    /// The longest silence of the client after which it still sent something.
    var longestToleratedSilence: Int64 { max(brokenSilence, longestSilenceBefore) }

    /// The last sight of the flow, whoever sent it.
    var lastSeen: Int64 { max(openedAt, lastFromClient, lastFromServer, lastCloseAt) }

    public var transport: TransportProtocol { ends.transport }
    public var client: TransportAddress { isFlipped ? ends.server : ends.client }
    public var server: TransportAddress { isFlipped ? ends.client : ends.server }
    /// A 2xx to a REGISTER with reg-id had `Require: outbound` (RFC 5626 §4.2.1, §6).
    public var usesOutbound: Bool { registrations.contains { $0.outboundGranted && $0.hasRegID } }
    /// A 2xx had `Require: outbound`, whatever was asked for.
    public var outboundGranted: Bool { registrations.contains { $0.outboundGranted } }
    /// Between an edge proxy and a registrar nobody owes keep-alives under RFC 5626 §4.4, and on a path of media nobody.
    public var isUserAgentFlow: Bool { !sights.contains(.forwarded) && !sights.contains(.copy) && !isMedia }
    var hasFailed: Bool { failure != nil }
    /// The server refused the connection, or its WebSocket handshake: nothing is to be judged.
    var isNoFlow: Bool { closing == .refused || refusedHandshake != nil }
}
