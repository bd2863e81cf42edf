import Testing

@testable import OutboundKit

@Suite struct OB_WSTests {
    private static let registered: [(Double, Timeline.Moment)] = Timeline.registered(timer: 20)

    private static func ws(_ moments: [(Double, Timeline.Moment)]) -> Timeline {
        Timeline(transport: .ws, moments: moments)
    }

    /// Ping frames of one end at `times`, each answered 20 ms later.
    private static func frames(
        _ times: [Double], by side: FlowEvent.Direction = .fromClient, answered: Bool = true
    ) -> [(Double, Timeline.Moment)] {
        times.flatMap { time -> [(Double, Timeline.Moment)] in
            let ping: (Double, Timeline.Moment) = (time, .event(.webSocketControl(.ping), side))
            return answered ? [ping, (time + 0.02, .event(.webSocketControl(.pong), side.opposite))] : [ping]
        }
    }

    private static let good = ws(registered + frames([18, 35, 54, 71, 90, 107]))
    private static let byServer = ws(registered + frames([11, 22, 33, 44, 55], by: .fromServer) + [(60, .options)])

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-WS-002", "pass", "each Ping answered", [good])
        RuleRow(
            "OB-WS-002", "fail", "no Pong",
            [ws(registered + frames([18], answered: false) + [(40, .event(.webSocketControl(.ping), .fromClient))])])
        RuleRow(
            "OB-WS-002", "unknown", .cut, "ends before a Pong is due", [ws(registered + frames([18], answered: false))],
            end: 19)
        RuleRow("OB-WS-002", nil, "the server pings", [byServer])
        RuleRow(
            "OB-WS-002", "pass", "a Pong that nobody asked for",
            [ws(registered + [(5, .event(.webSocketControl(.pong), .fromServer))] + frames([18, 35]))])
        RuleRow("OB-WS-009", "pass", "Pings of the client", [good])
        RuleRow("OB-WS-009", "pass", "CRLFs of the client", [ws(registered + Timeline.pings([18, 35, 54]))])
        RuleRow("OB-WS-009", "warn", "Pings of the server alone", [byServer])
        RuleRow("OB-WS-009", nil, "nothing owed", [ws(Timeline.registered(outbound: false) + frames([18]))])
        RuleRow("OB-KA-001", "pass", "Pings of the client keep alive", [good])
        RuleRow("OB-KA-001", "skipped", "only the server pings", [byServer])
        RuleRow("OB-KA-010", nil, "Pings are no CRLFs", [good])
        RuleRow("OB-FT-004", "fail", "Pings too far apart", [ws(registered + frames([18, 55, 73]))])
        RuleRow("OB-FT-004", "pass", "Pings in time", [good])
    }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }

    @Test func summary() throws {
        var ledger = FlowLedger(settings: AuditSettings())
        try Self.good.play(into: &ledger)
        let flow = try #require(ledger.flows.first)
        let summary = FlowSummary(flow, end: 120_000_000_000)
        #expect(summary.keepAlive == "ws")
        #expect((summary.pings, summary.pongs) == (6, 6))
    }
}
