/// The two sides of a NAT in one run, where no REGISTER tells that they are one flow.
extension FlowLedger {
    private struct Transactions: Hashable {
        let server: TransportAddress
        let high: UInt32
        let low: UInt64
        let priorHigh: UInt32
        let priorLow: UInt64
    }

    /// How long a NAT keeps a datagram at most.
    private static let transit: Int64 = .second

    /// Flows of one server whose last STUN transactions have one ID are one flow: 96 bits are not drawn twice. The one that
    /// was seen later is the copy. Only flows without a registration; the others are known by their REGISTERs.
    mutating func joinTwins() {
        var first: [Transactions: Int] = [:]
        for index in flows.indices where isTwin(index) {
            let trace = flows[index].transaction
            let key = Transactions(
                server: flows[index].server, high: trace.high, low: trace.low, priorHigh: trace.priorHigh,
                priorLow: trace.priorLow)
            guard let other = first[key] else {
                first[key] = index
                continue
            }
            let (one, two) = (flows[other], flows[index])
            guard one.client != two.client, abs(one.lastPing &- two.lastPing) < Self.transit,
                max(one.pings, two.pings) &- min(one.pings, two.pings) <= 1
            else { continue }
            let isLater = one.lastPing <= two.lastPing
            let copy = isLater ? index : other
            flows[copy].sights.insert(.copy)
            flows[copy].copyOf = flows[isLater ? other : index].id
            if !isLater { first[key] = index }
        }
    }

    private func isTwin(_ index: Int) -> Bool {
        flows[index].kind == .stun && flows[index].registrations.isEmpty && flows[index].pings > 0
            && flows[index].isUserAgentFlow && !flows[index].log.contains(.reusedTransaction)
    }
}
