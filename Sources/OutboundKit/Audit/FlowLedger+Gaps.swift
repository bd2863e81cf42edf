/// Packets that were not seen, of whichever flow.
extension FlowLedger {
    /// What any flow lacks up to here may have been missed; nothing is known of those that had nothing to send.
    public mutating func miss(at time: Timestamp) {
        missesUntil = max(missesUntil, time.nanoseconds)
        for index in flows.indices where flows[index].closing == nil { noteGap(on: index, until: time.nanoseconds) }
    }

    /// Of the flow at `index` packets may be missing until `time`.
    mutating func noteGap(on index: Int, until time: Int64) {
        flows[index].sights.insert(.gap)
        flows[index].lastGap = max(flows[index].lastGap, time)
    }
}
