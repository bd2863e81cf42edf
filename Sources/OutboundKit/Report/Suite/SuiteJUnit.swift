/// The suite for build servers: a `testsuite` a group, a `testcase` a case, with its time. What could not be judged is
/// `skipped` with the reason, so that a green build never hides it.
public struct SuiteJUnit: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var suites = report.groups.map { group, results in
            let nanoseconds = results.reduce(0) { $0 + $1.duration.inNanoseconds }
            return JUnitSuite(
                name: group.title, cases: results.map(self.case(_:)),
                time: DecimalSeconds.text(nanoseconds, places: 3))
        }
        // A build must not be green because nothing was tried.
        if let error = report.error, report.violations.isEmpty {
            var one = JUnitCase(className: "sipob.\(run.command)", name: "carried out to the end")
            one.outcome = .errored(error)
            suites.append(JUnitSuite(name: "The run", cases: [one]))
        }
        write(JUnitSuite.document(suites, run))
    }

    private func `case`(_ result: CaseResult) -> JUnitCase {
        var one = JUnitCase(
            className: "sipob.\(run.command)", name: result.testCase.id, duration: result.duration.inNanoseconds)
        let body = SuiteWords.details(result).joined(separator: "\n")
        if report.isViolation(result) {
            one.outcome = .failed(SuiteWords.headline(result), type: result.verdict.word, body: body)
        } else if let reason = result.reason {
            one.outcome = .skipped(reason)
        } else if result.verdict != .pass {
            one.outcome = .remarked(body)
        }
        return one
    }
}
