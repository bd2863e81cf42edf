/// The two sides of a NAT in one run, where no REGISTER tells that they are one flow.
extension FlowLedger {
    /// How long a NAT keeps a datagram at most.
    private static let transit: Int64 = .second

    /// A Binding request of a client. The first one of a flow without a registration tells whether it is the far side of a
    /// flow that was seen before: the same transaction to the same server, a moment later and from another address.
    @inline(__always)
    mutating func notePing(_ index: Int, _ facts: STUNFacts, time: Int64) {
        guard facts.messageClass == .request,
            let known = recentTransactions.note(facts, flow: index, time: time), known.flow != UInt32(index)
        else { return }
        joinTwin(index, to: Int(known.flow), facts, after: time &- known.time)
    }

    @inline(never)
    private mutating func joinTwin(_ index: Int, to first: Int, _ facts: STUNFacts, after delay: Int64) {
        guard delay < Self.transit, RecentTransactions.isRandom(facts), first < flows.count,
            flows[index].pings == 1, flows[index].registrations.isEmpty, flows[index].isUserAgentFlow,
            flows[first].isUserAgentFlow, flows[first].server == flows[index].server,
            flows[first].client != flows[index].client, !flows[first].log.contains(.reusedTransaction)
        else { return }
        flows[index].sights.insert(.copy)
        flows[index].copyOf = flows[first].id
    }
}
