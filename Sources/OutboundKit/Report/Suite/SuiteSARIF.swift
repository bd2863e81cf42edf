/// The suite in SARIF 2.1.0: a result a finding of a case that was not in order. The subject is the case, which has the
/// same name in every run.
public struct SuiteSARIF: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let decisive = report.outcome.results.flatMap { result in
            SuiteWords.decisive(result).map { (result: result, finding: $0) }
        }
        let rules = SARIFRules(decisive.map(\.finding))
        var json = JSONWriter(indented: true)
        SARIFLog.begin(
            &json, run, exitCode: report.exit.code, notes: [report.error].compactMap { $0 }, rules: rules.write)
        for (result, finding) in decisive {
            let name = result.testCase.id
            SARIFLog.result(
                &json,
                SARIFLog.Result(
                    finding: finding, isViolation: report.isViolation(result), source: run.source(at: nil),
                    fingerprint: "\(finding.rule) \(name)", subject: name,
                    properties: [("case", name), ("title", result.testCase.title)]),
                ruleIndex: rules.index(of: finding))
        }
        SARIFLog.end(&json)
        write(json.drain())
    }
}
