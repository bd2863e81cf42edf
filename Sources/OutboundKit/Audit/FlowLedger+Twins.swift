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
            mayBeTwin(index, of: first)
        else { return }
        join(index, to: first)
    }

    /// Whether two flows may be the sides of a NAT: a phone's, and to the same server.
    private func mayBeTwin(_ index: Int, of first: Int) -> Bool {
        first < flows.count && flows[first].isUserAgentFlow && flows[first].server == flows[index].server
            && flows[first].client != flows[index].client
    }

    /// The flow is another one's, seen a second time.
    mutating func join(_ index: Int, to first: Int) {
        flows[index].sights.insert(.copy)
        flows[index].copyOf = flows[first].id
    }

    @inline(never)
    private mutating func joinTwin(_ index: Int, to first: Int, _ facts: STUNFacts) {
        guard RecentTransactions.isRandom(facts), mayBeTwin(index, of: first), flows[index].pings == 1,
            flows[index].registrations.isEmpty, flows[index].isUserAgentFlow,
            !flows[first].log.contains(.reusedTransaction)
        else { return }
        join(index, to: first)
    }
}
