/// An audit in the Static Analysis Results Interchange Format, version 2.1.0, for code scanning services: a rule a
/// requirement, a result a finding, the worst first. What is in order is left out.
///
/// A result's fingerprint is that of `--baseline` (`FindingIdentity`), so that services know a fault again in the next
/// capture of the same phones.
public struct SARIFReport: AuditDocument {
    private let report: AuditReport
    private let run: ReportRun

    public init(_ report: AuditReport, _ run: ReportRun) {
        self.report = report.withoutPasses
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let findings = report.findings.prefix(SARIFLog.maximumResults)
        let rules = SARIFRules(findings)
        let identity = FindingIdentity(report.ledger)
        var json = JSONWriter(indented: true)
        SARIFLog.begin(
            &json, run, exitCode: report.exitCode, isSuccessful: report.wentAsAsked, notes: notes, rules: rules.write)
        for finding in findings {
            let result = SARIFLog.Result(
                finding: finding, isViolation: report.isViolation(finding),
                source: run.source(at: finding.evidence.first?.time), fingerprint: identity.fingerprint(finding),
                subject: identity.subject(finding.subject), properties: properties(finding))
            SARIFLog.result(&json, result, ruleIndex: rules.index(of: finding))
            if json.bytes.count > 1 << 16 { write(json.drain()) }
        }
        SARIFLog.end(&json)
        write(json.drain())
    }

    private var notes: [String] {
        var notes = report.notAnalyzed.map { "Not analysed: \($0.what): \($0.count) (\($0.why))." }
        let left = report.findings.count - SARIFLog.maximumResults
        if left > 0 {
            notes.append("\(counted(left, "more finding")) left out: services take \(SARIFLog.maximumResults) at most.")
        }
        return notes
    }

    private func properties(_ finding: Finding) -> [(String, String?)] {
        guard let flow = FlowID(named: finding.subject).flatMap({ report.ledger[$0] }) else { return [] }
        return [
            ("flow", finding.subject), ("transport", flow.transport.description),
            ("client", flow.client.description), ("server", flow.server.description),
            ("displayFilter", FlowSummary(flow, end: report.ledger.lastTime).displayFilter),
        ]
    }
}
