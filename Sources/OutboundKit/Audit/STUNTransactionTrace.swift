/// The client's present STUN transaction and the identity of the one before, for answers that come late. It began with
/// the flow's last ping.
struct STUNTransactionTrace: Sendable {
    private struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        static let answered = Marks(rawValue: 1)
        static let expired = Marks(rawValue: 2)
        static let required = Marks(rawValue: 4)
        static let cookie = Marks(rawValue: 8)
        static let icmp = Marks(rawValue: 16)
        static let badAnswer = Marks(rawValue: 32)
        static let moreInAnswer = Marks(rawValue: 64)
        static let priorOpen = Marks(rawValue: 128)
    }

    var low: UInt64 = 0
    var priorLow: UInt64 = 0
    var priorStarted = Int64.never
    var lastSent = Int64.never
    /// The first 32 bits of both IDs, the present one's in the upper half.
    var highs: UInt64 = 0
    var sends: UInt16 = 0
    private var marks: Marks = [.answered, .cookie]

    var high: UInt32 { UInt32(truncatingIfNeeded: highs >> 32) }
    var priorHigh: UInt32 { UInt32(truncatingIfNeeded: highs) }

    /// Keeps the ID of an answer where no request was ever seen, which may have gone to another address.
    mutating func keepAnswer(_ facts: STUNFacts) {
        low = facts.transactionLow
        highs = UInt64(facts.transactionHigh) << 32
    }

    /// The next one, as its first request shows it.
    @inline(__always)
    mutating func begin(_ facts: STUNFacts, at time: Int64) {
        var next = marks.intersection(.moreInAnswer)
        if !marks.contains(.answered) { next.insert(.priorOpen) }
        // Of a request that the capture cut nobody can tell.
        if !facts.flags.isDisjoint(with: [.required, .cut]) { next.insert(.required) }
        if facts.flags.contains(.cookie) { next.insert(.cookie) }
        marks = next
        (priorLow, low) = (low, facts.transactionLow)
        highs = highs >> 32 | UInt64(facts.transactionHigh) << 32
        lastSent = time
        sends = 1
    }

    @inline(__always)
    func has(_ facts: STUNFacts) -> Bool { facts.transactionLow == low && UInt64(facts.transactionHigh) == highs >> 32 }
    @inline(__always)
    func had(_ facts: STUNFacts) -> Bool {
        facts.transactionLow == priorLow && facts.transactionHigh == UInt32(truncatingIfNeeded: highs)
    }

    @inline(__always)
    private subscript(mark: Marks) -> Bool {
        get { marks.contains(mark) }
        set { if newValue { marks.insert(mark) } else { marks.remove(mark) } }
    }

    var answered: Bool {
        @inline(__always) get { self[.answered] }
        @inline(__always) set { self[.answered] = newValue }
    }
    /// It ran out without an answer, and that was noted.
    var expired: Bool {
        @inline(__always) get { self[.expired] }
        set { self[.expired] = newValue }
    }
    var hasRequired: Bool { self[.required] }
    var hasCookie: Bool { self[.cookie] }
    var metICMP: Bool {
        get { self[.icmp] }
        set { self[.icmp] = newValue }
    }
    /// An answer came that a client has to drop, for it lacks the cookie.
    var metBadAnswer: Bool {
        get { self[.badAnswer] }
        set { self[.badAnswer] = newValue }
    }
    /// The answer has more than the mapped address.
    var answerHasMore: Bool {
        @inline(__always) get { self[.moreInAnswer] }
        @inline(__always) set { self[.moreInAnswer] = newValue }
    }
    var priorOpen: Bool {
        @inline(__always) get { self[.priorOpen] }
        set { self[.priorOpen] = newValue }
    }
}
