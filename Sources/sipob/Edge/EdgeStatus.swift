import OutboundKit

/// The pages that `--http` serves: what the edge holds, and what the judge has found so far.
enum EdgeStatus {
    static func serve<Hub: EdgeHub>(
        _ address: String?, driver: HubDriver<Hub>, witness: EdgeWitness
    ) async throws(TransportError) -> HTTPStatusServer? {
        guard let address = address.flatMap({ TransportAddress($0) }) else { return nil }
        let clock = SystemClock()
        return try await HTTPStatusServer(
            address,
            pages: [
                "/": {
                    let snapshot = await driver.ask { $0.edge.snapshot(at: clock.now) }
                    let page = StatusPage(snapshot, findings: report(witness), version: sipobVersion)
                    return HTTPAnswer(type: StatusPage.type, body: page.html)
                },
                "/metrics": {
                    let snapshot = await driver.ask { $0.edge.snapshot(at: clock.now) }
                    let metrics = StatusMetrics(snapshot, verdicts: report(witness)?.counts, version: sipobVersion)
                    return HTTPAnswer(type: StatusMetrics.type, body: metrics.text)
                },
                "/healthz": { HTTPAnswer(type: "text/plain; charset=utf-8", body: Array("ok\n".utf8)) },
            ])
    }

    private static func report(_ witness: EdgeWitness) -> AuditReport? {
        witness.conclude().map { seen in
            AuditReport(
                ledger: seen.ledger, findings: Judge(of: .registeredPhones).judge(seen), notAnalyzed: [], packets: nil)
        }
    }
}
