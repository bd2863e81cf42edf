import Testing

@testable import OutboundKit

/// Selection, policy and the file formats of a suite.
@Suite struct SuiteReportTests {
    @Test func ids() {
        let ids = CaseCatalogue.all.map(\.id)
        #expect(Set(ids).count == ids.count, "an id stands twice")
        for one in CaseCatalogue.all {
            #expect(one.group != nil, "\(one.id) is of no group")
            #expect(one.requirements.allSatisfy { RequirementTable[$0] != nil }, "\(one.id)")
            #expect(
                one.id.utf8.allSatisfy {
                    $0 == 0x2D || $0 == 0x2E || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                })
        }
    }

    struct Pattern: Sendable, CustomTestStringConvertible {
        let text: String
        let fits: Bool
        init(_ text: String, _ fits: Bool) {
            self.text = text
            self.fits = fits
        }
        var testDescription: String { text }
    }

    static let patterns: [Pattern] = [
        Pattern("keepalive.ping", true), Pattern("keepalive.*", true), Pattern("keepalive", true),
        Pattern("*ping", true),
        Pattern("keepalive.pin?", true), Pattern("KEEPALIVE.PING", true), Pattern("OB-KA-010", true),
        Pattern("OB-KA-*", true), Pattern("5626 §5.4", true), Pattern("RFC 5626 §5", true),
        Pattern("5626 §5.44", false),
        Pattern("keepalive.pin", false), Pattern("ping", false), Pattern("OB-KA-01", false), Pattern("", false),
        Pattern("**", true), Pattern("*a*a*a*a*a*a*a*b", false),
    ]

    @Test(arguments: patterns) func pattern(row: Pattern) throws {
        let one = try #require(CaseCatalogue["keepalive.ping"])
        #expect(CaseSelector.fits(row.text, one) == row.fits)
    }

    @Test func selection() {
        let quick = CaseSelector().select(from: CaseCatalogue.all)
        #expect(!quick.isEmpty && quick.allSatisfy { !$0.isSlow })
        let slow = CaseSelector(includesSlow: true).select(from: CaseCatalogue.all)
        #expect(slow.count == CaseCatalogue.all.count)
        let some = CaseSelector(only: ["stun"], skip: ["stun.broken"]).select(from: CaseCatalogue.all)
        #expect(some.allSatisfy { $0.group == .stun && $0.id != "stun.broken" } && !some.isEmpty)
        #expect(CaseSelector(only: ["stun", "nope"], skip: ["x*"]).unmatched(in: CaseCatalogue.all) == ["nope", "x*"])
    }

    private func outcome(_ mutant: Mutant = .faults("no-pong", "double-pong")) async throws -> SuiteOutcome {
        let cases = CaseSelector(only: ["keepalive", "digest"]).select(from: CaseCatalogue.all)
        return try await SuiteRig.run(cases, mutant)
    }

    @Test func policy() async throws {
        let bad = try await outcome()
        let good = try await outcome(Mutant())
        let policy = SuitePolicy(bad.results)
        let read = try SuitePolicy(parsing: policy.text)
        #expect(read == policy)
        #expect(bad.results.allSatisfy { !policy.isWorse($0) })
        #expect(good.results.allSatisfy { !policy.isWorse($0) })
        let strict = SuitePolicy(good.results)
        #expect(bad.results.filter(strict.isWorse).map(\.testCase.id).contains("keepalive.ping"))
        #expect(throws: SuitePolicy.Failure.self) { try SuitePolicy(parsing: "keepalive.ping perhaps") }
        #expect(throws: SuitePolicy.Failure.self) { try SuitePolicy(parsing: "a b c") }
        #expect(try SuitePolicy(parsing: "# nothing\n\n  \r\n").verdicts.isEmpty)
    }

    @Test func exitStatus() async throws {
        let plan = try SuiteRig.plan()
        func code(_ outcome: SuiteOutcome, _ policy: SuitePolicy? = nil, strict: Bool = false) -> Int32 {
            SuiteReport(outcome, plan: plan, policy: policy, isStrict: strict).exit.code
        }
        let bad = try await outcome()
        #expect(code(bad) == 1)
        #expect(code(bad, SuitePolicy(bad.results)) == 0)
        #expect(code(try await outcome(Mutant())) == 0)
        let warned = try await SuiteRig.run(
            CaseSelector(only: ["keepalive.ping"]).select(from: CaseCatalogue.all), .faults("late-pong=2"))
        #expect(code(warned) == 0 && code(warned, strict: true) == 1)
        var dead = SuiteOutcome()
        dead.trouble = .unreachable("x")
        #expect(code(dead) == 2)
        dead.trouble = .interrupted
        #expect(code(dead) == 130)
        #expect(code(SuiteOutcome()) == 2)
    }

    @Test func documents() async throws {
        let outcome = try await outcome()
        let report = SuiteReport(outcome, plan: try SuiteRig.plan(), policy: nil, isStrict: false)
        let run = ReportRun(
            command: "register-test", version: "1", started: .zero, duration: 1_500_000_000, sources: report.servers)
        func text(_ document: any AuditDocument) -> String {
            var octets: [UInt8] = []
            document.write { octets += $0 }
            return String(decoding: octets, as: UTF8.self)
        }
        let junit = text(SuiteJUnit(report, run))
        let failures = report.violations.count
        #expect(failures > 0)
        #expect(junit.contains("failures=\"\(failures)\" errors=\"0\" time=\"1.500\""))
        #expect(junit.components("<failure ") == failures)
        #expect(junit.components("<testcase ") == outcome.results.count)
        #expect(junit.components("<skipped ") == outcome.results.count { $0.reason != nil })
        let tap = text(SuiteTAP(report, run))
        #expect(tap.hasPrefix("TAP version 14\n") && tap.contains("1..\(outcome.results.count)\n"))
        #expect(tap.components("\nnot ok ") == failures)
        let markdown = text(SuiteMarkdown(report, run))
        #expect(markdown.contains("## CRLF keep-alive") && markdown.contains("observed:"))
        let csv = text(SuiteCSV(report))
        #expect(csv.components("\r\n") == outcome.findings.count + 1)
        let html = text(SuiteHTML(report, run))
        #expect(
            html.contains("</html>") && html.contains("id=\"keepalive.ping\"")
                && html.contains("\(failures) cases failed"))
        let json = text(SuiteJSON(report, run))
        #expect(json.contains("\"reason\": \"fail\""))
    }

    /// What was not carried out looks like a success in none of them.
    @Test func documentsOfNothing() throws {
        let why = "cannot find an address of <nowhere>"
        let report = SuiteReport(notBegun: why, for: try SuiteRig.plan().user.addressOfRecord)
        #expect(report.exit.code == 2 && report.servers.isEmpty)
        let run = ReportRun(command: "register-test", version: "1", started: .zero, duration: 0, sources: [])
        func text(_ document: any AuditDocument) -> String {
            var octets: [UInt8] = []
            document.write { octets += $0 }
            return String(decoding: octets, as: UTF8.self)
        }
        let junit = text(SuiteJUnit(report, run))
        #expect(
            junit.contains("failures=\"0\" errors=\"1\"") && junit.contains("address of &lt;nowhere&gt;"), "\(junit)")
        #expect(text(SuiteTAP(report, run)).hasSuffix("1..0\nBail out! \(why)\n"))
        let html = text(SuiteHTML(report, run))
        #expect(html.contains("<h1>Not carried out</h1>") && html.contains("address of &lt;nowhere&gt;"))
        #expect(text(SuiteMarkdown(report, run)).contains("Not all of it was carried out: cannot find an address of"))
        #expect(text(SuiteSARIF(report, run)).contains(why))
        #expect(text(SuiteJSON(report, run)).contains("\"error\": \"\(why)\""))
    }
}

extension String {
    /// How often `piece` stands in it.
    fileprivate func components(_ piece: String) -> Int { ranges(of: piece).count }
}
