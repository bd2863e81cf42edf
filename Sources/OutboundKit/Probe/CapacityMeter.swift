/// Measures how many Binding requests a STUN server answers: many in flight at once, each known by its number, which is
/// the lower part of its transaction ID.
///
/// Requests and answers are not parsed attribute by attribute here: at several hundred thousand a second the codec
/// would measure itself. An answer counts when its head is that of a response to a request in flight.
public struct CapacityMeter: Sendable {
    public enum Load: Sendable, Hashable {
        /// As many as the window lets out.
        case flood
        /// So many requests a second, in flight no more than the window.
        case rate(Int)
    }

    public struct Counts: Sendable, Hashable {
        public var sent = 0
        /// Answers that came while requests were still sent, and after.
        public var answered = 0
        public var answeredAfter = 0
        /// Without an answer for `patience`.
        public var lost = 0
        /// Error responses, which are answers too.
        public var errorResponses = 0
        /// Datagrams that answer no request in flight: late, repeated, or no STUN at all.
        public var others = 0

        public var allAnswered: Int { answered + answeredAfter }
    }

    /// The most requests that one call sends. More save nothing (performance: 32 in 322 k/s, 8 in 307 k/s).
    public static let batch = 32
    public static let windowRange = 1...65_536
    public static let rateRange = 1...10_000_000
    /// After which a request counts as lost.
    public static let patience: Duration = .seconds(1)
    /// Each request is a bare head.
    public static let requestLength = STUNMessage.headerLength

    private static let free = Int64.min

    public private(set) var counts = Counts()
    public private(set) var roundTrips = RTTSummary()
    public private(set) var inFlight = 0
    public let window: Int
    private let load: Load
    private let prefix: UInt32
    private let template: [UInt8]
    /// When request n was sent, at n modulo the count, which is a power of two; `free` once it is answered or lost.
    private var sentAt: [Int64]
    private var oldest: UInt64 = 0
    private var following: UInt64 = 0
    private var started = Timestamp.zero
    private var isStopped = false

    /// - Parameter prefix: random, so that answers to another run do not count.
    /// - Precondition: `window` and the rate lie in their ranges.
    public init(_ load: Load, window: Int, prefix: UInt32, at now: Timestamp) {
        precondition(Self.windowRange.contains(window))
        if case .rate(let rate) = load { precondition(Self.rateRange.contains(rate)) }
        self.load = load
        self.window = window
        self.prefix = prefix
        started = now
        template = STUNMessageWriter(.bindingRequest, STUNTransactionID(high: prefix, low: 0)).message
        // Twice the window: answers overtake each other, and one lost request must not hold up the others.
        var capacity = 1024
        while capacity < window * 2 { capacity *= 2 }
        sentAt = [Int64](repeating: Self.free, count: capacity)
    }

    private func slot(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number) & (sentAt.count - 1) }

    /// How many requests are to be sent now, at most `batch`.
    public mutating func due(at now: Timestamp) -> Int {
        expire(at: now)
        guard !isStopped else { return 0 }
        let room = min(window - inFlight, sentAt.count - Int(truncatingIfNeeded: following - oldest), Self.batch)
        guard room > 0 else { return 0 }
        switch load {
        case .flood:
            // Full batches, unless the window has half run dry: a call for each answer would cost more than the wait.
            return room == min(Self.batch, window) || inFlight < (window + 1) / 2 ? room : 0
        case .rate(let rate):
            let wanted = Double(now.nanoseconds(since: started)) * Double(rate) / 1e9
            return max(0, min(room, Int(wanted) + 1 - counts.sent))
        }
    }

    /// When `due` gives more than 0 again without any answer: the next request of the rate, or the next loss.
    public var deadline: Timestamp? {
        let loss = inFlight > 0 ? Timestamp(nanoseconds: oldestTime) + Self.patience : nil
        guard case .rate(let rate) = load, inFlight < window, !isStopped else { return loss }
        let next = Timestamp(
            nanoseconds: started.nanoseconds + Int64((Double(counts.sent) * 1e9 / Double(rate)).rounded(.up)))
        return loss.map { min($0, next) } ?? next
    }

    private var oldestTime: Int64 {
        var number = oldest
        while number < following {
            let time = sentAt[slot(number)]
            if time != Self.free { return time }
            number += 1
        }
        return 0
    }

    /// Writes the next `count` requests one behind the other, `requestLength` octets each.
    public func write(_ count: Int, into octets: inout [UInt8]) {
        precondition(octets.count >= count * Self.requestLength)
        var place = 0
        for index in 0..<count {
            for octet in template.indices { octets[place + octet] = template[octet] }
            let number = following + UInt64(index)
            for octet in 0..<8 {
                octets[place + 12 + octet] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * octet))
            }
            place += Self.requestLength
        }
    }

    /// The first `count` of the requests written last have been handed to the host.
    public mutating func sent(_ count: Int, at now: Timestamp) {
        for _ in 0..<count {
            sentAt[slot(following)] = now.nanoseconds
            following += 1
        }
        inFlight += count
        counts.sent += count
    }

    public mutating func receive(_ bytes: RawSpan, at now: Timestamp) {
        // Success and error response of the Binding method differ in one bit (RFC 8489 §5).
        guard bytes.byteCount >= STUNMessage.headerLength, bytes.big16(0) | 0x0010 == 0x0111,
            bytes.big32(4) == STUNMessage.cookie, bytes.big32(8) == prefix,
            STUNMessage.headerLength + Int(bytes.big16(2)) == bytes.byteCount
        else {
            counts.others += 1
            return
        }
        let number = bytes.big64(12)
        guard number >= oldest, number < following, sentAt[slot(number)] != Self.free else {
            counts.others += 1
            return
        }
        roundTrips.add(now.nanoseconds - sentAt[slot(number)])
        sentAt[slot(number)] = Self.free
        inFlight -= 1
        if isStopped { counts.answeredAfter += 1 } else { counts.answered += 1 }
        if bytes.big16(0) & 0x0010 != 0 { counts.errorResponses += 1 }
    }

    /// Nothing more is sent; what is in flight is waited for, at most `patience`.
    public mutating func stop(at now: Timestamp) {
        isStopped = true
        expire(at: now)
    }

    public var isFinished: Bool { isStopped && inFlight == 0 }

    private mutating func expire(at now: Timestamp) {
        let limit = (now - Self.patience).nanoseconds
        while oldest < following {
            let time = sentAt[slot(oldest)]
            if time != Self.free {
                guard time <= limit else { return }
                sentAt[slot(oldest)] = Self.free
                inFlight -= 1
                counts.lost += 1
            }
            oldest += 1
        }
    }
}
