/// A ledger together with what some reports want besides: the moments of each flow for pictures, and a judgement of
/// every REGISTER with its answer. Slower than the ledger alone, which serves where neither is asked for.
///
/// Moments are taken from what changes in the ledger's record at each event, so that a picture never says anything else
/// than the judgement.
public struct AuditSink: FlowEventSink, Sendable {
    public private(set) var ledger: FlowLedger
    /// nil where they were not asked for.
    public private(set) var timelines: FlowTimelines?
    public private(set) var exchanges: RegistrationExchangeCollector?
    /// What devices do over the run; kept with the exchanges.
    public private(set) var devices: DeviceBook?

    /// - Parameters:
    ///   - timelines: of which flows moments are kept; nil for none.
    ///   - judgesExchanges: for the requirements of one REGISTER and its answer (`ExchangeRules`).
    ///   - comparesServers: with the exchanges, what servers do with the bindings and requests of all users is judged too;
    ///     false where flows of some users may be elsewhere (`learn`).
    ///   - firstHop: what stands at the far end of the flows, if that is known.
    public init(
        settings: AuditSettings = AuditSettings(), timelines: FlowTimelines.Extent? = nil,
        judgesExchanges: Bool = false, comparesServers: Bool = true,
        firstHop: RegistrationExchange.FirstHop = .unknown
    ) {
        ledger = FlowLedger(settings: settings)
        self.timelines = timelines.map { FlowTimelines(of: $0) }
        exchanges =
            judgesExchanges ? RegistrationExchangeCollector(vantage: settings.vantage, firstHop: firstHop) : nil
        devices = judgesExchanges ? DeviceBook(comparesServers: comparesServers) : nil
    }

    /// What found no room; complete after `finish`.
    public var notJudged: [NotAnalyzed] {
        var list = ledger.notAnalyzed
        if let dropped = exchanges?.dropped, dropped > 0 {
            list.append(
                NotAnalyzed(
                    what: "flows whose registrations were not judged", count: dropped,
                    why: "only \(RegistrationExchangeCollector.maximumFlows) flows are followed that closely"))
        }
        if devices != nil, let dropped = devices?.servers?.dropped ?? ledger.run?.notCompared, dropped > 0 {
            list.append(
                NotAnalyzed(
                    what: "REGISTERs and requests that were not compared with each other", count: dropped,
                    why:
                        "only the latest \(ServerBook.maximumPerUser) REGISTERs of a user and \(ServerBook.maximumRequests) requests are kept"
                ))
        }
        return list
    }

    public mutating func observe(_ event: borrowing FlowEvent) {
        exchanges?.observe(event)
        compareAddresses(event)
        devices?.observe(event)
        guard let extent = timelines?.extent else {
            ledger.observe(event)
            return
        }
        let known = ledger.index(of: event.flow)
        let before = known.flatMap { extent.covers(ledger.flows[$0]) ? FlowGlimpse(ledger.flows[$0]) : nil }
        ledger.observe(event)
        guard before != nil || known == nil, let index = ledger.index(of: event.flow),
            extent.covers(ledger.flows[index])
        else { return }
        let after = FlowGlimpse(ledger.flows[index])
        timelines?.note(event, before, after, index)
    }

    private mutating func compareAddresses(_ event: borrowing FlowEvent) {
        guard exchanges != nil, case .sip(let message) = event.what, !message.isRequest, message.method == .register,
            let index = ledger.index(of: event.flow), let mapping = ledger.flows[index].mapping
        else { return }
        exchanges?.compare(message, on: event.flow, mapping, at: event.time.nanoseconds, frame: event.frame)
    }

    public mutating func prefetch(_ flow: FlowID, mayBeMessage: Bool) {
        ledger.prefetch(flow, mayBeMessage: mayBeMessage)
    }

    public mutating func prefetchForMessage(_ flow: FlowID, step: Int) {
        ledger.prefetchForMessage(flow, step: step)
    }

    public mutating func end(_ flow: FlowID, at time: Timestamp) {
        exchanges?.end(flow, at: time)
        ledger.end(flow, at: time)
    }

    public mutating func miss(at time: Timestamp) { ledger.miss(at: time) }

    public mutating func observeAttempt(_ attempt: UnansweredAttempt) { ledger.observeAttempt(attempt) }

    /// The run went on until `time` at least, whoever was last to send something.
    public mutating func advance(to time: Timestamp) { ledger.advance(to: time) }

    /// This is a part of a run, of which the whole shows so much (`FlowLedger.learn`).
    public mutating func learn(_ facts: RunFacts) { ledger.learn(facts) }

    /// The run is over; deadlines that have passed by now are failures too.
    /// - Parameter endsFlows: whoever watched was an end of each flow, and leaves it now.
    public mutating func finish(endsFlows: Bool = false) {
        exchanges?.finish()
        let before = timelines == nil ? [] : ledger.flows.map(FlowGlimpse.init)
        ledger.finish(endsFlows: endsFlows)
        for index in before.indices where timelines?.extent.covers(ledger.flows[index]) == true {
            let after = FlowGlimpse(ledger.flows[index])
            timelines?.noteFailure(before[index], after, index)
        }
    }
}
