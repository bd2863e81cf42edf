/// Memory that is limited.
extension CapturePipeline {
    /// What the pipeline keeps for a flow: its entry, and its slots, which growth may hold twice for a moment.
    private static var octetsOfEntry: Int { MemoryLayout<FlowEntry>.stride + 32 }
    /// What a flow may cost with all that the sink keeps for it: how often memory must be looked at.
    private static var octetsOfFlow: Int { 2048 }
    /// The buffers of reading, whatever the flows are.
    private static var octetsOfReading: Int { 4 << 20 }

    private var octets: Int {
        flows.count * Self.octetsOfEntry + (streams.count - freeStreams.count) * MemoryLayout<StreamBuffer>.stride
            + layers.count * 2048 + sink.octets + Self.octetsOfReading
    }

    /// Looks at what flows take, and gives up the eighth of it that can be spared most easily where it is too much: seldom
    /// and then many, since each time all flows are looked at.
    @inline(never)
    mutating func relieve(_ time: Int64) {
        guard let limit = limits.memory else {
            flowsToRelief = .max
            return
        }
        let total = octets
        if total > limit {
            tellAttempts()
            let beside = Self.octetsOfEntry
            let gone = sink.evict(total - limit + limit / 8, octetsBeside: beside)
            forget(Set(gone), time)
        }
        flowsToRelief = max(limit - octets, limit / 64) / Self.octetsOfFlow
    }

    private mutating func forget(_ gone: Set<FlowID>, _ time: Int64) {
        // The lower bits of their numbers: of those that stay few have to be looked up.
        let words = 1 << 14
        var marks = [UInt64](repeating: 0, count: words)
        for flow in gone { marks[Int(flow.rawValue) / 64 & (words - 1)] |= 1 << (UInt64(flow.rawValue) % 64) }
        for index in flows.entries.indices where flows.entries[index].kind != .free {
            let id = flows.entries[index].id
            // What is no SIP so far is known again by its next packet.
            let isIdle =
                id == FlowEntry.unreported && !gone.isEmpty && time &- flows.entries[index].lastTime > closedAge
            if isIdle
                || id != FlowEntry.unreported && marks[Int(id) / 64 & (words - 1)] & 1 << (UInt64(id) % 64) != 0
                    && gone.contains(FlowID(id))
            {
                forget(index, time)
            }
        }
    }
}
