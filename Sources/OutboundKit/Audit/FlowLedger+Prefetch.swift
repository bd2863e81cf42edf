extension FlowLedger {
    // As long as flows come in the order of their numbers and none is given up, the number is the index. Elsewhere to find
    // the place would take as long as what it is to save.

    @inline(__always)
    public mutating func prefetch(_ flow: FlowID, mayBeMessage: Bool) {
        if places == nil { flows.prefetch(Int(flow.rawValue), lines: mayBeMessage ? 7 : 4) }
    }

    // It changes nothing, and yet is called in place, with records in their place too: they are too large to be copied.
    @inline(never)
    public mutating func prefetchForMessage(_ flow: FlowID, step: Int) {
        let index = Int(flow.rawValue)
        // What a message most likely is about is the flow's first registration: few have another one.
        guard places == nil, index < flows.count, !flows[index].registrations.isEmpty else { return }
        if step == 0 { return flows[index].registrations.update(0) { $0.prefetch() } }
        let binding = flows[index].registrations.update(0) { $0.bindingKey }
        if step == 1 { return historyOf.prefetch(binding) }
        if let history = historyOf.likely(binding) { histories.prefetch(history, lines: 2) }
    }
}
