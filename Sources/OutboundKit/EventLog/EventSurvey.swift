/// What has to be known of a whole capture before its events are cut into shards, since its users fall into different
/// ones: the key of each flow, what bears on the judgement of others' flows, and what concerns whole fleets.
public struct EventSurvey: Sendable {
    public let keys: ShardKeys.Table
    public let run: RunFacts
    public let fleet: FleetFacts
    /// When the first flow began.
    let start: Timestamp
    /// What was passed over, where that is every packet; empty where some could be looked into.
    public internal(set) var unreadable: [NotAnalyzed] = []
}

/// The first reading's sink: fills a survey.
struct EventSurveyor: FlowEventSink {
    private var keys = ShardKeys()
    private var ledger: FlowLedger
    private var servers = ServerBook()

    init(settings: AuditSettings = AuditSettings()) { ledger = FlowLedger(settings: settings) }

    mutating func observe(_ event: borrowing FlowEvent) {
        keys.observe(event)
        if case .sip(let message) = event.what {
            servers.observe(message, event.flow, event.direction, event.time, event.frame)
        }
        ledger.observe(event)
    }

    mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        keys.observeSTUN(facts, moment)
        ledger.observeSTUN(facts, moment)
    }

    mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        ledger.observeCRLF(completesPair: completesPair, ownSegment: ownSegment, moment)
    }

    mutating func end(_ flow: FlowID, at time: Timestamp) { ledger.end(flow, at: time) }

    mutating func miss(at time: Timestamp) { ledger.miss(at: time) }

    mutating func observeAttempt(_ attempt: UnansweredAttempt) { ledger.observeAttempt(attempt) }

    mutating func prefetch(_ flow: FlowID, mayBeMessage: Bool) {
        ledger.prefetch(flow, mayBeMessage: mayBeMessage)
    }

    mutating func prefetchForMessage(_ flow: FlowID, step: Int) {
        ledger.prefetchForMessage(flow, step: step)
    }

    consuming func finish() -> EventSurvey {
        ledger.finish()
        let start = ledger.flows.indices.first.map { ledger.flows[$0].openedAt } ?? 0
        // A request that went on to another hop, one that was answered from elsewhere, and one that was seen again beyond a
        // NAT.
        var together = OB_STUN.StaysOnTheHop.forwarded(ledger.flows)
        for (flow, other) in OB_STUN.answersElsewhere(ledger.flows) { together[flow] = other.flow }
        for index in ledger.flows.indices where ledger.flows[index].sights.contains(.copy) {
            together[ledger.flows[index].id] = ledger.flows[index].copyOf
        }
        return EventSurvey(
            keys: keys.finish(together: together),
            run: RunFacts(ledger, servers), fleet: FleetFacts(ledger), start: Timestamp(nanoseconds: start))
    }
}
