import Foundation
import Testing

/// SIPp registers 2,000 users: none may fail, and the metrics say the same number, but for what SIPp sent twice.
@Suite(.oneAtATime, .serialized) struct EdgeLoadTests {
    @Test(.needs("sipp"), .needs("curl"), arguments: ["udp", "tcp"])
    func registrations(_ transport: String) async throws {
        let edge = try await EdgeProcess.start([transport], ["--http", "127.0.0.1:0", "--flow-timer", "3600"])
        let scratch = try ScratchDirectory()
        let count = 2000
        let result = try await #require(Program.installed("bash")).run(
            [
                "-c", "cd \"$1\" && shift && exec sipp \"$@\"", "bash", scratch.root,
                "127.0.0.1:\(edge.port(transport))", "-sf", "\(Files.repository)/bench/register_uac.xml",
                "-i", "127.0.0.1", "-t", transport == "udp" ? "u1" : "t1", "-r", "400", "-l", "1000", "-m", "\(count)",
                "-buff_size", "4000000", "-nostdin", "-timeout", "60s",
                "-trace_stat", "-stf", "statistics.csv",
            ])
        #expect(result.status == 0, "\(result.output.suffix(2000))\(result.errors.suffix(2000))")
        let rows = try scratch.text("statistics.csv").split(separator: "\n").map { $0.split(separator: ";") }
        let names = try #require(rows.first)
        let last = try #require(rows.last)
        func value(_ name: String) -> Int? {
            names.firstIndex { $0 == name }.flatMap { $0 < last.count ? Int(last[$0]) : nil }
        }
        #expect(value("SuccessfulCall(C)") == count)
        #expect(value("FailedCall(C)") == 0)
        let repeats = value("Retransmissions(C)") ?? 0
        let most = count + repeats

        let metrics = try await StatusTests.get("/metrics", edge)
        let granted = try #require(StatusTests.sum("sipob_edge_registrations_total{status=\"200\"}", metrics))
        #expect((count...most).contains(granted), "\(metrics)")
        // A stream takes its bindings along when SIPp closes it; and so does an answer to what SIPp sent twice, when it meets
        // a port that is closed by then.
        if transport == "udp", repeats == 0 {
            #expect(StatusTests.sum("sipob_edge_bindings", metrics) == count, "\(metrics)")
        }
        let summary = try await edge.stop()
        #expect(summary.status == 0)
        #expect(summary.output.contains(" \(granted) registrations granted, 0 not"), "\(summary.output)")
    }
}
