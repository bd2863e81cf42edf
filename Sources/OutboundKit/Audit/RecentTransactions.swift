/// The transactions of the last moment, whichever flow they were on: STUN's IDs (RFC 8489 §5) and the branches of SIP
/// (RFC 3261 §8.1.1.7) are not drawn twice, so that a request which comes by again on another flow is the same request
/// beyond a NAT. Fixed in size, and small enough to stay in the cache; a later transaction takes the place of an earlier
/// one.
struct RecentTransactions: Sendable {
    struct Entry: Sendable {
        /// 64 of the STUN ID's 96 bits, or a hash of a SIP request's Call-ID, CSeq and branch.
        var id: UInt64 = 0
        /// Index of the flow in the ledger.
        var flow: UInt32 = .max
        /// Milliseconds, in the time's lower bits.
        var time: UInt32 = 0
    }

    private static let places = 256
    private var entries = [Entry](repeating: Entry(), count: places)

    /// Notes a request.
    /// - Returns: the flow that it was seen on before, if that was another one and less than a second ago.
    @inline(__always)
    mutating func note(_ id: UInt64, flow: Int, time: Int64) -> Int? {
        let place = Int(truncatingIfNeeded: id ^ id >> 32) & (Self.places - 1)
        let now = UInt32(truncatingIfNeeded: time / 1_000_000)
        guard entries[place].id == id, entries[place].flow != UInt32(truncatingIfNeeded: flow) else {
            entries[place] = Entry(id: id, flow: UInt32(truncatingIfNeeded: flow), time: now)
            return nil
        }
        return now &- entries[place].time < 1000 ? Int(entries[place].flow) : nil
    }

    /// Whether an ID may be drawn at random: of clients that count, or send the same one always, nothing follows. Of 96
    /// random bits fewer than 20, or more than 76, are set once in a hundred million.
    static func isRandom(_ facts: STUNFacts) -> Bool {
        (20...76).contains(facts.transactionLow.nonzeroBitCount + facts.transactionHigh.nonzeroBitCount)
    }
}
