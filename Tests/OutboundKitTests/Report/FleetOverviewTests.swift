import Testing

@testable import OutboundKit

/// The overview at the top of the page, by its numbers.
@Suite struct FleetOverviewTests {
    private func overview(_ sink: AuditSink) -> String {
        FleetOverview(report: SampleAudit.report(sink)).text
    }

    @Test func flowsAreCountedByTheirWorst() throws {
        let sink = try SampleAudit.sink()
        let report = SampleAudit.report(sink)
        let text = overview(sink)
        try HTMLCheck.balanced(text)
        for standing in FlowStanding.allCases {
            let count = sink.ledger.flows.indices.count { report.standing($0) == standing }
            #expect(text.contains("<title>\(count) \(standing.word)</title>") == (count > 0), "\(standing)")
        }
    }

    /// Flow-Timer 20: intervals of 17 and 18 s are due, 30 and 31 s late.
    @Test func intervalsAreMeasuredByWhatIsDue() throws {
        let text = overview(try SampleAudit.sink())
        let columns = text.ranges(of: "<rect class=\"bar ").count
        #expect(columns > 4)
        #expect(text.contains("<title>85 to 90 %: ") && text.contains("<title>150 % and more: "))
        #expect(text.contains("class=\"due\""))
    }

    @Test func failuresStandWhereTheyHappened() throws {
        let text = overview(try SampleAudit.sink())
        #expect(text.contains("Failures over time") && text.contains("class=\"bar fail\""))
        #expect(text.contains(" 1 lost</title>"))
    }

    @Test func nothingIsDrawnOfNothing() throws {
        var empty = AuditSink(timelines: .allFlows)
        empty.finish()
        #expect(overview(empty).isEmpty)
        // A flow that owes nothing has no intervals to compare, and one in order no failures.
        let text = overview(try SampleAudit.sink([.tcp([(0, .options), (9, .options)])]))
        #expect(text.contains("Flows by their worst verdict") && !text.contains("Keep-alive intervals"))
    }

    /// What never became a flow, and has no remark, is not in order either.
    @Test func refusedConnectionsStandApart() throws {
        let refused = Timeline(
            flow: 1, serverPort: 80, moments: [(0, .event(.close(.refused), .fromServer))])
        let text = overview(try SampleAudit.sink([.tcp([(0, .options), (9, .options)]), refused]))
        #expect(text.contains("<title>1 ok</title>") && text.contains("<title>1 refused</title>"))
    }

    @Test func chosenFlowsAlone() throws {
        let sink = try SampleAudit.sink()
        let text = FleetOverview(report: SampleAudit.report(sink, flow: FlowID(0))).text
        #expect(text.ranges(of: "class=\"bar fail\"").isEmpty)
    }

    /// The smallest share is still seen, and the bar is full.
    @Test func sharesOfABar() throws {
        let shares = [(word: "fail", count: 1), (word: "ok", count: 999_999)]
        let svg = FleetBar(shares: shares, total: 1_000_000, width: 980, height: 10).svg(title: "x")
        #expect(svg.contains("class=\"bar fail\" x=\"0\" y=\"0\" width=\"2\""))
        #expect(svg.contains("class=\"bar ok\" x=\"2\" y=\"0\" width=\"978\""))
    }
}
