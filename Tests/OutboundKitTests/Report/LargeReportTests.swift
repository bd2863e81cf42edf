import Testing

@testable import OutboundKit

/// Reports of very many flows are handed over in pieces: none of them is ever whole in memory.
@Suite struct LargeReportTests {
    private static let flows = 3000

    /// A fleet whose flows all have late keep-alives.
    private static func report() -> (AuditReport, AuditSink) {
        var sink = AuditSink()
        for number in 0..<UInt32(flows) {
            let client = TransportAddress(ip: IPAddress(v4: 0x0A00_0000 + number), port: 5060)
            let server = TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060)
            sink.observe(
                FlowEvent(
                    flow: FlowID(number), time: Timestamp(seconds: 1), frame: 1, direction: .fromClient,
                    what: .open(.init(transport: .udp, client: client, server: server, kind: .datagram))))
        }
        sink.finish()
        var list = FindingList(keeping: .all)
        for number in 0..<UInt32(flows) {
            list.add(.warn("OB-KA-003", subject: FlowID(number).description, message: "late", evidence: []))
        }
        let report = AuditReport(ledger: sink.ledger, findings: list, notAnalyzed: [], packets: 1)
        return (report, sink)
    }

    /// Far below what any of these documents holds in all, which is megabytes.
    @Test func piecesStaySmall() {
        let (report, sink) = Self.report()
        let run = SampleAudit.run
        let documents: [(String, any AuditDocument)] = [
            ("json", AuditJSON.Document(report, run)), ("csv", CSVReport(report)), ("junit", JUnitReport(report, run)),
            ("tap", TAPReport(report, run)), ("md", MarkdownReport(report, run)), ("sarif", SARIFReport(report, run)),
            ("html", HTMLReport(report, run, timelines: sink.timelines)),
        ]
        for (name, document) in documents {
            var (largest, total) = (0, 0)
            document.write { piece in
                largest = max(largest, piece.count)
                total += piece.count
            }
            #expect(largest < 1 << 17, "\(name): \(largest)")
            if ["json", "csv", "junit", "tap"].contains(name) { #expect(total > 300_000, "\(name): \(total)") }
        }
        for isVerbose in [false, true] {
            var options = AuditText.Options()
            options.isVerbose = isVerbose
            var largest = 0
            AuditText(report, options).write { largest = max(largest, $0.count) }
            #expect(largest < 1 << 16)
        }
    }

    /// A person is shown the worst, what was found on all by requirement, and how much more there is.
    @Test func textIsForAPerson() {
        let (report, _) = Self.report()
        func text(_ options: AuditText.Options) -> String {
            var text = ""
            AuditText(report, options).write { text += String(decoding: $0, as: UTF8.self) }
            return text
        }
        var options = AuditText.Options()
        let short = text(options)
        #expect(short.contains("warn   OB-KA-003    3000   f1       "))
        #expect(short.contains("… and 2950 more flows; -v shows all, --flow one of them."))
        #expect(short.contains("… and the findings of 2950 more flows; -v shows all, --flow those of one."))
        #expect(short.count { $0 == "\n" } < 300)
        var page = ""
        MarkdownReport(report, SampleAudit.run).write { page += String(decoding: $0, as: UTF8.self) }
        #expect(page.contains("| warn | OB-KA-003 | 3000 | f1 | "))
        options.isVerbose = true
        let full = text(options)
        #expect(!full.contains("more flows"))
        #expect(full.contains("f3000 udp "))
        #expect(!full.contains("such as"), "all is told")
    }
}
