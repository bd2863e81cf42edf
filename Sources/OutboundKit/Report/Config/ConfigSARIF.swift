/// A configuration's findings in SARIF 2.1.0: a rule a diagnosis, a result a finding, at its line, so that code scanning
/// services show it where it stands.
public struct ConfigSARIF: AuditDocument {
    private let report: ConfigReport
    private let run: ReportRun

    public init(_ report: ConfigReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let findings = report.findings.prefix(SARIFLog.maximumResults)
        let rules = Set(findings.map(\.rule)).sorted()
        var json = JSONWriter(indented: true)
        SARIFLog.begin(
            &json, run, exitCode: report.exitCode,
            notes: report.verdicts.flatMap(\.notRead).map { "Not judged: \($0)." }
        ) { json in
            for rule in rules { SARIFLog.rule(&json, rule) }
        }
        for finding in findings { result(&json, finding, ruleIndex: rules.firstIndex(of: finding.rule) ?? 0) }
        SARIFLog.end(&json)
        write(json.drain())
    }

    private func result(_ json: inout JSONWriter, _ finding: ConfigFinding, ruleIndex: Int) {
        SARIFLog.beginResult(
            &json, rule: finding.rule.text, ruleIndex: ruleIndex, finding.verdict,
            isViolation: report.isViolation(finding),
            finding.message + (finding.advice.map { "\n\($0)" } ?? ""))
        json.key("locations")
        json.beginArray()
        json.beginObject()
        SARIFLog.physicalLocation(&json, finding.file, line: finding.line)
        json.endObject()
        json.endArray()
        // Lines move; what is said about them does not.
        SARIFLog.fingerprint(&json, "\(finding.rule) \(finding.file) \(finding.excerpt ?? "")")
        json.key("properties")
        json.beginObject()
        json.member("verdict", finding.verdict.word)
        json.member("requirement", finding.requirement?.text)
        json.endObject()
        json.endObject()
    }
}
