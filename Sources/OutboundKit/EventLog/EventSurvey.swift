/// What has to be known of the whole capture before its events are cut into shards: the key of each flow, and what
/// concerns whole fleets, since their phones fall into different shards.
struct EventSurvey: FlowEventSink {
    private(set) var keys = ShardKeys()
    /// Settings change what single keep-alives are worth, and hardly how many flows an edge loses: the RFC's are taken.
    private var ledger = FlowLedger()

    mutating func observe(_ event: borrowing FlowEvent) {
        keys.observe(event)
        ledger.observe(event)
    }

    mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) { ledger.observeSTUN(facts, moment) }

    mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        ledger.observeCRLF(completesPair: completesPair, ownSegment: ownSegment, moment)
    }

    mutating func end(_ flow: FlowID, at time: Timestamp) { ledger.end(flow, at: time) }

    func touch(_ flow: FlowID) -> UInt64 { ledger.touch(flow) }

    consuming func finish() -> (keys: ShardKeys.Table, fleet: FleetFacts) {
        ledger.finish()
        return (keys.finish(), FleetFacts(ledger))
    }
}
