/// Inspections in SARIF 2.1.0, for code scanning services over files of messages: a result a malformed piece or a finding, each
/// with its line.
public struct InspectSARIF: AuditDocument {
    private let report: InspectReport
    private let run: ReportRun

    public init(_ report: InspectReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let rules = SARIFRules(report.entries.flatMap(\.notable))
        var json = JSONWriter(indented: true)
        SARIFLog.begin(&json, run, exitCode: report.exit.code, notes: report.notes, rules: rules.write)
        for entry in report.entries.prefix(SARIFLog.maximumResults) {
            for piece in entry.inspection.malformed {
                let place = entry.origin.place(line: piece.line, column: piece.column)
                let finding = Finding.warn(
                    nil, subject: entry.inspection.subject, message: "malformed: \(piece.message)",
                    evidence: [Evidence(observed: piece.observed, expected: piece.expected)])
                result(&json, finding, !piece.isTolerated || report.isStrict, entry, place, nil)
            }
            for finding in entry.notable {
                let line = InspectPlace.line(of: finding, in: entry.inspection.message)
                let place = line.flatMap { entry.origin.place(line: $0, column: 1) }
                result(&json, finding, report.isViolation(finding), entry, place, rules.index(of: finding))
            }
        }
        SARIFLog.end(&json)
        write(json.drain())
    }

    private func result(
        _ json: inout JSONWriter, _ finding: Finding, _ isViolation: Bool, _ entry: InspectReport.Entry,
        _ place: (line: Int, column: Int)?, _ rule: Int?
    ) {
        let words = "\(finding.requirement?.text ?? finding.message) \(entry.facts.startLine)"
        SARIFLog.result(
            &json,
            SARIFLog.Result(
                finding: finding, isViolation: isViolation,
                source: entry.source == "standard input" ? "-" : entry.source,
                fingerprint: words, subject: entry.facts.startLine, region: place ?? (entry.origin.line, 1)),
            ruleIndex: rule)
    }
}
