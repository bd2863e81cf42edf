/// Flows that are given up where memory is limited (`EvictedFlows`).
extension FlowLedger {
    /// What a flow costs: its record, who registers on it, one binding's history, and of every third the rarities.
    private static let octetsOfFlow =
        MemoryLayout<FlowRecord>.stride + MemoryLayout<BindingHistory>.stride + 120 + ValueBox<FlowRarities>.octets / 3

    public var octets: Int {
        flows.count * Self.octetsOfFlow + (places?.octets ?? 0) + originOf.count << 5
            + unanswered.octets + (evicted?.octets ?? 0)
    }

    /// Addresses without a flow that are remembered.
    private static let maximumOrigins = 1 << 16

    /// Gives up flows: those that are over first, then the longest silent. They are judged by what they show now.
    public mutating func evict(_ octets: Int, octetsBeside: Int) -> [FlowID] {
        guard evicted != nil, octets > 0, !flows.isEmpty else { return [] }
        let gone = longestSilent(min(flows.count, octets / (Self.octetsOfFlow + octetsBeside) + 1))
        let ids = flows.indices.filter { gone[$0] }.map { flows[$0].id }
        judge(gone)
        forget(gone)
        return ids
    }

    /// Of each flow, whether it is among the `count` that can be spared most easily.
    private func longestSilent(_ count: Int) -> [Bool] {
        var order = flows.indices.map { index -> (silentSince: Int64, index: Int) in
            // A closed flow whose client is still to come back is not over.
            let isOver =
                flows[index].sights.contains(.replaced)
                || flows[index].closing != nil && flows[index].recoveryDueSince == .never
            return (isOver ? flows[index].lastSeen + .never : flows[index].lastSeen, index)
        }
        Self.moveLeast(count, ofAll: &order)
        var gone = [Bool](repeating: false, count: flows.count)
        for (_, index) in order.prefix(count) { gone[index] = true }
        return gone
    }

    /// Moves the `count` least to the front, in whatever order: to put all in theirs would take several times as long.
    private static func moveLeast(_ count: Int, ofAll order: inout [(silentSince: Int64, index: Int)]) {
        var (low, high) = (0, order.count)
        // Everything before `low` belongs to the front, nothing from `high` on does.
        while low < count, count < high {
            let middle = order[low + (high - low) / 2]
            var (below, next, above) = (low, low, high)
            while next < above {
                if order[next] < middle {
                    order.swapAt(below, next)
                    (below, next) = (below + 1, next + 1)
                } else if middle < order[next] {
                    above -= 1
                    order.swapAt(next, above)
                } else {
                    next += 1
                }
            }
            if count <= below {
                high = below
            } else {
                low = above
            }
        }
    }

    private mutating func judge(_ gone: [Bool]) {
        for index in flows.indices where gone[index] { flows[index].finish(at: lastTime, settings: settings) }
        for index in histories.indices where gone[histories[index].flow] { closeHistory(index) }
        guard let scope = evicted?.judge.scope(of: self, for: gone), var evicted else { return }
        // One owner at a time, or its lists would be copied.
        self.evicted = nil
        var findings = evicted.findings
        evicted.findings = FindingList()
        for index in flows.indices where gone[index] {
            let before = findings.findings.count
            evicted.judge.judge(flows[index], scope, &findings)
            evicted.take(flows[index], hasFindings: findings.findings.count > before, end: lastTime)
        }
        let judge = evicted.judge
        self.evicted = evicted
        judge.judgeBindings(of: self, scope, &findings) { gone[histories[$0].flow] }
        self.evicted?.findings = findings
    }

    /// Removes flows, and the histories of the bindings that were on them last: a later registration begins a new one.
    private mutating func forget(_ gone: [Bool]) {
        // It knows flows by their place.
        recentTransactions = RecentTransactions()
        let goneHistories = histories.map { gone[$0.flow] }
        let (flowAt, historyAt) = (Self.places(without: gone), Self.places(without: goneHistories))
        flows.removeAll { gone[$0] }
        notePlaces()
        histories.removeAll { goneHistories[$0] }
        var table = KeyTable(count: histories.count)
        for index in histories.indices {
            histories[index].flow = flowAt[histories[index].flow]
            table.insert(index, histories[index].bindingKey) { histories[$0].bindingKey }
        }
        historyOf = table
        // That an address had connections of which nothing is known is remembered, while it takes little.
        let unknown: Int32? = originOf.count < Self.maximumOrigins ? -1 : nil
        originOf = originOf.compactMapValues { history in
            guard history > -2 else {
                let flow = -2 - Int(history)
                return gone[flow] ? unknown : Self.unknownBinding(on: flowAt[flow])
            }
            guard history >= 0 else { return unknown }
            return goneHistories[Int(history)] ? nil : Int32(historyAt[Int(history)])
        }
    }

    /// Where each place is when those that are gone have been removed.
    private static func places(without gone: [Bool]) -> [Int] {
        var kept = 0
        return gone.map { isGone in
            defer { kept += isGone ? 0 : 1 }
            return kept
        }
    }
}
