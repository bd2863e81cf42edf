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
        let results = report.outcome.results
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob \(escaped(run.command))" tests="\(results.count)" \
            failures="\(report.violations.count)" errors="0" time="\(DecimalSeconds.text(run.duration, places: 3))">

            """
        for (group, results) in report.groups {
            let nanoseconds = results.reduce(0) { $0 + $1.duration.inNanoseconds }
            text += """
                  <testsuite name="\(escaped(group.title))" tests="\(results.count)" \
                failures="\(results.count(where: report.isViolation))" errors="0" \
                skipped="\(results.count { $0.reason != nil })" time="\(DecimalSeconds.text(nanoseconds, places: 3))" \
                timestamp="\(run.started.description.prefix(19))">

                """
            for result in results { text += element(result) }
            text += "  </testsuite>\n"
        }
        write(Array((text + "</testsuites>\n").utf8))
    }

    private func element(_ result: CaseResult) -> String {
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
        return one.text
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
