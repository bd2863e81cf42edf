extension FleetFacts {
    /// Digests what a settled ledger knows of every flow.
    /// - Complexity: a few passes over the flows, and over the histories of bindings; in memory one number a second in which
    ///   an edge lost flows.
    public init(_ ledger: FlowLedger) {
        outages = OutageSurvey.outages(of: ledger)
        rhythms = RhythmSurvey.rhythms(of: ledger)
        dropped = max(0, outages.count - Self.maximumOutages) + max(0, rhythms.count - Self.maximumRhythms)
        outages = Array(
            outages.sorted { ($1.lost.sum, $0.start) < ($0.lost.sum, $1.start) }.prefix(Self.maximumOutages)
        )
        .sorted { ($0.start, $0.edge) < ($1.start, $1.edge) }
        rhythms = Array(rhythms.sorted { ($1.together, $0.edge) < ($0.together, $1.edge) }.prefix(Self.maximumRhythms))
            .sorted { ($0.edge, $0.kind.rawValue, $0.period) < ($1.edge, $1.kind.rawValue, $1.period) }
    }
}

extension FlowLedger {
    /// Whether the flow at `index` is a phone's own: one that registered or kept itself alive. What is encrypted may be
    /// anybody's, such as a browser's.
    func isPhone(_ index: Int) -> Bool {
        flows[index].isUserAgentFlow && (flows[index].sights.contains(.registered) || flows[index].pings > 0)
    }

    /// The first User-Agent that registered on the flow at `index`.
    func agent(_ index: Int) -> String? {
        // Nearly always the first registration has it.
        flows[index].registrations.first?.userAgent
            ?? flows[index].registrations.lazy.dropFirst().compactMap(\.userAgent).first
    }

    func edge(_ index: Int) -> FleetEdge { FleetEdge(flows[index].transport, flows[index].server) }
}
