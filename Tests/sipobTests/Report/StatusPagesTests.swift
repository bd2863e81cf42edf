import OutboundKit
import Testing

@testable import sipob

/// The status of an edge, asked for over HTTP.
@Suite struct StatusPagesTests {
    private func serving(
        _ snapshot: EdgeSnapshot, _ report: AuditReport?, _ body: (UInt16) async throws -> Void
    ) async throws {
        let server = try await HTTPStatusServer(
            try #require(TransportAddress("127.0.0.1:0")),
            pages: StatusPages.all(snapshot: { snapshot }, findings: { report }))
        do { try await body(server.address.port) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func snapshot() -> EdgeSnapshot {
        var snapshot = EdgeSnapshot(started: Timestamp(seconds: 10), taken: Timestamp(seconds: 75))
        snapshot.counters.registrations = [200: 3]
        return snapshot
    }

    @Test func pagesAndTheirTypes() async throws {
        try await serving(snapshot(), nil) { port in
            let rows = [
                ("/", "text/html; charset=utf-8", "up for 1 min 5 s"),
                (
                    "/metrics", "text/plain; version=0.0.4; charset=utf-8",
                    "sipob_edge_registrations_total{status=\"200\"} 3"
                ),
                ("/healthz", "text/plain; charset=utf-8", "\r\n\r\nok\n"),
            ]
            for (path, type, text) in rows {
                let answer = try await TCPClient(port).exchange("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(answer.contains("Content-Type: \(type)\r\n") && answer.contains(text), "\(answer.prefix(400))")
                #expect(!answer.contains("Findings so far") && !answer.contains("sipob_edge_findings"))
            }
        }
    }

    @Test func findingsAreShownWhereThePhonesAreJudged() async throws {
        var sink = AuditSink(judgesExchanges: true, firstHop: .edge)
        sink.finish()
        let report = AuditReport(ledger: sink.ledger, findings: Judge().judge(sink), notAnalyzed: [], packets: 0)
        try await serving(snapshot(), report) { port in
            let page = try await TCPClient(port).exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(page.contains("Findings so far"))
            let metrics = try await TCPClient(port).exchange("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(metrics.contains("sipob_edge_findings{verdict=\"fail\"} 0"))
        }
    }
}
