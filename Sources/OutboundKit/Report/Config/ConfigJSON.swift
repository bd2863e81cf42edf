/// The document of `config-check --json`.
public struct ConfigJSON: AuditDocument {
    private let report: ConfigReport
    private let run: ReportRun

    public init(_ report: ConfigReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, run)
        json.key("configurations")
        json.beginArray()
        for verdict in report.verdicts { configuration(&json, verdict) }
        json.endArray()
        json.key("findings")
        json.beginArray()
        for finding in report.findings { self.finding(&json, finding) }
        json.endArray()
        JSONFrame.notAnalyzed(
            &json,
            report.verdicts.flatMap(\.notRead).map { NotAnalyzed(what: "part of a configuration", count: 1, why: $0) })
        JSONFrame.summary(&json, report.counts)
        JSONFrame.exit(&json, code: report.exitCode, reason: report.exitReason)
        json.endObject()
        json.newline()
        write(json.drain())
    }

    private func configuration(_ json: inout JSONWriter, _ verdict: ConfigVerdict) {
        json.beginObject()
        json.member("file", verdict.file)
        json.member("role", verdict.role.rawValue)
        json.member("role_reason", verdict.roleReason)
        json.member("files", verdict.files)
        json.member("modules", verdict.modules)
        json.member("routes", verdict.routes)
        json.endObject()
    }

    private func finding(_ json: inout JSONWriter, _ finding: ConfigFinding) {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        json.beginObject()
        json.member("requirement", finding.requirement?.text)
        json.member("section", row?.citation)
        json.member("level", row?.levelText)
        json.member("verdict", finding.verdict.word)
        if case .unknown(let reason) = finding.verdict {
            json.member("reason", reason.rawValue)
        } else {
            json.member("reason", String?.none)
        }
        json.member("subject", finding.subject)
        json.member("file", finding.file)
        json.member("line", finding.line)
        json.member("message", finding.message)
        json.key("evidence")
        json.beginArray()
        if let excerpt = finding.excerpt {
            json.beginObject()
            json.member("time", String?.none)
            json.member("frame", Int?.none)
            json.member("observed", excerpt)
            json.member("expected", finding.advice)
            json.endObject()
        }
        json.endArray()
        json.member("diagnosis", finding.rule.text)
        json.member("source", finding.sources)
        json.member("advice", finding.advice)
        json.endObject()
    }
}
