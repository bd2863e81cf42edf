/// The two sides of a NAT in one run, where no binding's history tells that they are one flow.
extension FlowLedger {
    /// A Binding request. The first one of a flow without a registration tells whether it is the far side of a flow that
    /// was seen before: the same transaction to the same server, a moment later and from another address.
    @inline(__always)
    mutating func notePing(_ index: Int, _ facts: STUNFacts, time: Int64) {
        guard facts.messageClass == .request,
            let first = recentTransactions.note(facts.transactionLow, flow: index, time: time)
        else { return }
        joinTwin(index, to: first, facts)
    }

    /// A REGISTER of a phone without an instance-id, whose binding has no history to tell that it was seen before.
    mutating func noteBareRegister(_ index: Int, _ identity: Int, time: Int64) {
        guard !flows[index].sights.contains(.copy),
            let first = recentTransactions.note(UInt64(bitPattern: Int64(identity)), flow: index, time: time),
            first < flows.count, flows[first].server == flows[index].server,
            flows[first].client != flows[index].client, flows[first].isUserAgentFlow
        else { return }
        flows[index].sights.insert(.copy)
        flows[index].copyOf = flows[first].id
    }

    @inline(never)
    private mutating func joinTwin(_ index: Int, to first: Int, _ facts: STUNFacts) {
        guard RecentTransactions.isRandom(facts), first < flows.count, flows[index].pings == 1,
            flows[index].registrations.isEmpty, flows[index].isUserAgentFlow, flows[first].isUserAgentFlow,
            flows[first].server == flows[index].server, flows[first].client != flows[index].client,
            !flows[first].log.contains(.reusedTransaction)
        else { return }
        flows[index].sights.insert(.copy)
        flows[index].copyOf = flows[first].id
    }
}
