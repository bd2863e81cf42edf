/// A configuration's findings for build servers: a `testsuite` a configuration, a `testcase` a finding.
public struct ConfigJUnit: AuditDocument {
    private let report: ConfigReport
    private let run: ReportRun

    public init(_ report: ConfigReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let suites = report.verdicts.map { verdict in
            // A suite without a case looks like one that was not run.
            let cases =
                verdict.findings.isEmpty
                ? [one(name: "read and judged", file: verdict.file)] : verdict.findings.map(element)
            return JUnitSuite(name: verdict.file, cases: cases)
        }
        write(JUnitSuite.document(suites, run))
    }

    private func one(name: String, file: String) -> JUnitCase {
        JUnitCase(className: "sipob.\(run.command).\(file)", name: name)
    }

    private func element(_ finding: ConfigFinding) -> JUnitCase {
        var one = one(name: "\(finding.rule) \(finding.subject)", file: finding.file)
        let lines = [
            "\(finding.verdict.word): \(finding.message)", finding.excerpt.map { "\(finding.subject): \($0)" },
            finding.advice.map { "advice: \($0)" }, "see: \(finding.sources)",
        ]
        let body = lines.compactMap { $0 }.joined(separator: "\n")
        if report.isViolation(finding) {
            one.outcome = .failed(finding.message, type: finding.verdict.word, body: body)
        } else if case .unknown = finding.verdict {
            one.outcome = .skipped(finding.message)
        } else {
            one.outcome = .remarked(body)
        }
        return one
    }
}
