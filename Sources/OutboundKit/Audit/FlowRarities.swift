/// What few flows have even of those with something rare.
struct FurtherRarities: Sendable {
    var refusals: [RegisterRefusals] = []
    var pings: ValueBox<PingRarities>?
    var webSocket: ValueBox<WebSocketRarities>?
    /// When the last answer came that told no address.
    var noAddressAt = Int64.never
    /// When SIP of the client last broke a silence that was longer than its keep-alives may be apart.
    var lateTrafficAt = Int64.never
}

/// What is remembered of a flow beyond the ordinary: failures, the end, pings that wait in a row, what went wrong. Made
/// when the first of it is to be noted, so that the many flows that behave don't carry room for it.
struct FlowRarities: Sendable {
    var latePongs: UInt32 = 0
    var retransmissions: UInt32 = 0
    var unansweredPings: UInt32 = 0
    var extraPongs: UInt32 = 0
    var serverPings: UInt32 = 0
    @FrameNumber var closedFrame: UInt64
    /// The last WebSocket Ping of the server, until the client answers.
    var serverPingAt = Int64.never
    var indications: UInt32 = 0
    var mappedChanges: UInt32 = 0
    var repeatedRequests: UInt32 = 0
    var repeatedAnswers: UInt32 = 0
    var replacedBy: FlowID?
    var copyOf: FlowID?
    var oldTimerRun: UInt8 = 0
    var priorFailures: UInt16 = 0
    var oldShort = Int64.min
    var oldLimit = Int64.max
    var floodStart = Int64.never
    var lastGap = Int64.never
    var dutyEnded = Int64.never
    var failedAt = Int64.never
    var recoveryDueSince = Int64.never
    var foreignAnswerAt = Int64.never
    var closedAt = Int64.never
    var boundAt = Int64.never
    var lastCloseAt = Int64.never
    var firstGap: Int64 = 0
    var previousGap: Int64 = 0
    /// Pings that wait for their pong, but for the last one, which every flow remembers.
    var earlierPings: [(time: Int64, frame: UInt64)] = []
    var further: ValueBox<FurtherRarities>?
    var log = EvidenceLog()

    /// Those of the rarities that every keep-alive asks for: what is not there need not be looked for.
    struct Present: OptionSet, Sendable {
        let rawValue: UInt8
        static let oldLimit = Present(rawValue: 1)
        static let floodStart = Present(rawValue: 2)
        static let lastGap = Present(rawValue: 4)
        static let gaps = Present(rawValue: 8)
        static let earlierPings = Present(rawValue: 16)
        static let repeatedPing = Present(rawValue: 32)
        static let doubtfulPong = Present(rawValue: 64)
        static let serverPings = Present(rawValue: 128)
    }
}

extension FlowRecord {
    @inline(__always)
    private mutating func note(_ mark: FlowRarities.Present, _ isThere: Bool) {
        if isThere { present.insert(mark) } else { present.remove(mark) }
    }

    /// Late answers are counted in `pongs` too.
    public internal(set) var latePongs: UInt32 {
        get { rare?.value.latePongs ?? 0 }
        set { if newValue != latePongs { rarities.value.latePongs = newValue } }
    }
    public internal(set) var retransmissions: UInt32 {
        get { rare?.value.retransmissions ?? 0 }
        set { if newValue != retransmissions { rarities.value.retransmissions = newValue } }
    }
    var unansweredPings: UInt32 {
        get { rare?.value.unansweredPings ?? 0 }
        set { if newValue != unansweredPings { rarities.value.unansweredPings = newValue } }
    }
    var extraPongs: UInt32 {
        get { rare?.value.extraPongs ?? 0 }
        set { if newValue != extraPongs { rarities.value.extraPongs = newValue } }
    }
    var serverPings: UInt32 {
        get { rare?.value.serverPings ?? 0 }
        set {
            if newValue != serverPings { rarities.value.serverPings = newValue }
            note(.serverPings, newValue > 0)
        }
    }
    var serverPingAt: Int64 {
        get { rare?.value.serverPingAt ?? .never }
        set { if newValue != serverPingAt { rarities.value.serverPingAt = newValue } }
    }
    var indications: UInt32 {
        get { rare?.value.indications ?? 0 }
        set { if newValue != indications { rarities.value.indications = newValue } }
    }
    public internal(set) var mappedChanges: UInt32 {
        get { rare?.value.mappedChanges ?? 0 }
        set { if newValue != mappedChanges { rarities.value.mappedChanges = newValue } }
    }
    /// Binding requests sent again after their answer, and answers to those.
    var repeatedRequests: UInt32 {
        get { rare?.value.repeatedRequests ?? 0 }
        set { if newValue != repeatedRequests { rarities.value.repeatedRequests = newValue } }
    }
    var repeatedAnswers: UInt32 {
        get { rare?.value.repeatedAnswers ?? 0 }
        set { if newValue != repeatedAnswers { rarities.value.repeatedAnswers = newValue } }
    }
    var replacedBy: FlowID? {
        get { rare?.value.replacedBy }
        set { if newValue != replacedBy { rarities.value.replacedBy = newValue } }
    }
    var copyOf: FlowID? {
        get { rare?.value.copyOf }
        set { if newValue != copyOf { rarities.value.copyOf = newValue } }
    }
    /// Intervals in a row that fit the Flow-Timer of an older 2xx, and that one's bounds.
    var oldTimerRun: UInt8 {
        get { rare?.value.oldTimerRun ?? 0 }
        set { if newValue != oldTimerRun { rarities.value.oldTimerRun = newValue } }
    }
    var oldShort: Int64 {
        get { rare?.value.oldShort ?? .min }
        set { if newValue != oldShort { rarities.value.oldShort = newValue } }
    }
    var oldLimit: Int64 {
        @inline(__always) get { present.contains(.oldLimit) ? rare?.value.oldLimit ?? .max : .max }
        set {
            if newValue != oldLimit { rarities.value.oldLimit = newValue }
            note(.oldLimit, newValue != .max)
        }
    }
    var floodStart: Int64 {
        @inline(__always) get { present.contains(.floodStart) ? rare?.value.floodStart ?? .never : .never }
        set {
            if newValue != floodStart { rarities.value.floodStart = newValue }
            note(.floodStart, newValue != .never)
        }
    }
    var lastGap: Int64 {
        @inline(__always) get { present.contains(.lastGap) ? rare?.value.lastGap ?? .never : .never }
        set {
            if newValue != lastGap { rarities.value.lastGap = newValue }
            note(.lastGap, newValue != .never)
        }
    }
    var dutyEnded: Int64 {
        get { rare?.value.dutyEnded ?? .never }
        set { if newValue != dutyEnded { rarities.value.dutyEnded = newValue } }
    }
    var failedAt: Int64 {
        get { rare?.value.failedAt ?? .never }
        set { if newValue != failedAt { rarities.value.failedAt = newValue } }
    }
    /// A failure that a new registration must follow: its time, until one came.
    var recoveryDueSince: Int64 {
        get { rare?.value.recoveryDueSince ?? .never }
        set { if newValue != recoveryDueSince { rarities.value.recoveryDueSince = newValue } }
    }
    /// How often in a row the binding had failed before it was made here.
    var priorFailures: Int {
        get { Int(rare?.value.priorFailures ?? 0) }
        set { if newValue != priorFailures { rarities.value.priorFailures = UInt16(clamping: newValue) } }
    }
    /// When the binding was made here: at the first 2xx, unless it was made anew later.
    var boundAt: Int64 {
        get {
            let later = rare?.value.boundAt ?? .never
            return later != .never ? later : registrations.first?.firstGranted ?? .never
        }
        set { if newValue != boundAt { rarities.value.boundAt = newValue } }
    }
    /// When an answer came that belongs to no request.
    var foreignAnswerAt: Int64 {
        get { rare?.value.foreignAnswerAt ?? .never }
        set { if newValue != foreignAnswerAt { rarities.value.foreignAnswerAt = newValue } }
    }
    var closedAt: Int64 {
        get { rare?.value.closedAt ?? .never }
        set { if newValue != closedAt { rarities.value.closedAt = newValue } }
    }
    var closedFrame: UInt64 {
        get { rare?.value.closedFrame ?? 0 }
        set { if newValue != closedFrame { rarities.value.closedFrame = newValue } }
    }
    /// Of several closes, such as the FINs of both ends, the last.
    var lastCloseAt: Int64 {
        get { rare?.value.lastCloseAt ?? .never }
        set { if newValue != lastCloseAt { rarities.value.lastCloseAt = newValue } }
    }
    /// The first gap between requests of the present STUN transaction, and the last one; 0 without retransmissions.
    var firstGap: Int64 {
        @inline(__always) get { present.contains(.gaps) ? rare?.value.firstGap ?? 0 : 0 }
        set {
            if newValue != firstGap { rarities.value.firstGap = newValue }
            note(.gaps, newValue != 0 || previousGap != 0)
        }
    }
    var previousGap: Int64 {
        @inline(__always) get { present.contains(.gaps) ? rare?.value.previousGap ?? 0 : 0 }
        set {
            if newValue != previousGap { rarities.value.previousGap = newValue }
            note(.gaps, newValue != 0 || firstGap != 0)
        }
    }
    var earlierPings: [(time: Int64, frame: UInt64)] {
        @inline(__always) get { present.contains(.earlierPings) ? rare?.value.earlierPings ?? [] : [] }
        _modify {
            yield &rarities.value.earlierPings
            note(.earlierPings, !rarities.value.earlierPings.isEmpty)
        }
    }
    private var further: FurtherRarities {
        get { rare?.value.further?.value ?? FurtherRarities() }
        set { rarities.value.further = ValueBox(newValue) }
    }
    var refusals: [RegisterRefusals] {
        get { rare?.value.further?.value.refusals ?? [] }
        set { if !newValue.isEmpty || !refusals.isEmpty { further.refusals = newValue } }
    }
    var noAddressAt: Int64 {
        get { rare?.value.further?.value.noAddressAt ?? .never }
        set { if newValue != noAddressAt { further.noAddressAt = newValue } }
    }
    var lateTrafficAt: Int64 {
        get { rare?.value.further?.value.lateTrafficAt ?? .never }
        set { if newValue != lateTrafficAt { further.lateTrafficAt = newValue } }
    }
    var pingRarities: PingRarities {
        get { rare?.value.further?.value.pings?.value ?? PingRarities() }
        set {
            further.pings = ValueBox(newValue)
            note(.repeatedPing, newValue.repeatedAt != .never)
            note(.doubtfulPong, newValue.doubt != nil)
        }
    }
    var webSocket: WebSocketRarities? {
        get { rare?.value.further?.value.webSocket?.value }
        set { if newValue != nil || webSocket != nil { further.webSocket = newValue.map { ValueBox($0) } } }
    }
    public internal(set) var log: EvidenceLog {
        get { rare?.value.log ?? EvidenceLog() }
        _modify { yield &rarities.value.log }
    }

    /// The box, made where there is none.
    private var rarities: ValueBox<FlowRarities> {
        get { rare ?? ValueBox(FlowRarities()) }
        @inline(__always) _modify {
            if rare == nil { makeRarities() }
            yield &rare!
        }
    }

    @inline(never)
    private mutating func makeRarities() { rare = ValueBox(FlowRarities()) }
}
