/// The STUN transactions of the last moment, whichever flow they were on: 96 bits are not drawn twice (RFC 8489 §5), so
/// that a request which comes by again on another flow is the same request beyond a NAT. Fixed in size; a later
/// transaction takes the place of an earlier one.
struct RecentTransactions: Sendable {
    struct Entry: Sendable {
        var low: UInt64 = 0
        var high: UInt32 = 0
        /// Index of the flow in the ledger.
        var flow: UInt32 = .max
        var time = Int64.never
    }

    private static let places = 1024
    private var entries = [Entry](repeating: Entry(), count: places)

    /// Notes a request.
    /// - Returns: the flow that it was seen on before.
    @inline(__always)
    mutating func note(_ facts: STUNFacts, flow: Int, time: Int64) -> Entry? {
        let place = Int(truncatingIfNeeded: facts.transactionLow ^ facts.transactionLow >> 32) & (Self.places - 1)
        let known = entries[place]
        if known.low == facts.transactionLow, known.high == facts.transactionHigh { return known }
        entries[place] = Entry(low: facts.transactionLow, high: facts.transactionHigh, flow: UInt32(flow), time: time)
        return nil
    }

    /// Whether an ID may be drawn at random: of clients that count, or send the same one always, nothing follows. Of 96
    /// random bits fewer than 20, or more than 76, are set once in a hundred million.
    static func isRandom(_ facts: STUNFacts) -> Bool {
        (20...76).contains(facts.transactionLow.nonzeroBitCount + facts.transactionHigh.nonzeroBitCount)
    }
}
