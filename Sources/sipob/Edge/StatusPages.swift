import OutboundKit

/// The pages of an edge's status server: `/` for people, `/metrics` for Prometheus, `/healthz` for those who only ask
/// whether it lives.
enum StatusPages {
    /// - Parameters:
    ///   - snapshot: what the edge holds now.
    ///   - findings: what was found so far; nil where the phones are not judged.
    static func all(
        snapshot: @escaping @Sendable () async -> EdgeSnapshot,
        findings: @escaping @Sendable () async -> AuditReport? = { nil }
    ) -> [String: HTTPStatusServer.Page] {
        [
            "/": {
                let page = StatusPage(await snapshot(), findings: await findings(), version: sipobVersion)
                return HTTPAnswer(type: StatusPage.type, body: page.html)
            },
            "/metrics": {
                let metrics = StatusMetrics(
                    await snapshot(), verdicts: await findings()?.counts, version: sipobVersion)
                return HTTPAnswer(type: StatusMetrics.type, body: metrics.text)
            },
            // It answers only if the edge does: a loop that hangs is not healthy.
            "/healthz": {
                _ = await snapshot()
                return HTTPAnswer(type: "text/plain; charset=utf-8", body: Array("ok\n".utf8))
            },
        ]
    }
}
