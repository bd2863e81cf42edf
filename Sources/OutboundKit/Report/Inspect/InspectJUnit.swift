/// Inspections for build servers: a `testsuite` a message, a `testcase` a requirement, and one for its grammar.
public struct InspectJUnit: AuditDocument {
    private let report: InspectReport
    private let run: ReportRun

    public init(_ report: InspectReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var suites = ""
        var tests = 0
        var failures = 0
        for entry in report.entries {
            let cases = self.cases(entry)
            let failed = cases.count { $0.failure != nil }
            tests += cases.count
            failures += failed
            suites += "  <testsuite name=\"\(escaped(entry.inspection.subject))\" tests=\"\(cases.count)\" "
            suites += "failures=\"\(failed)\" errors=\"0\" skipped=\"\(cases.count { $0.skipped != nil })\" time=\"0\" "
            suites += "timestamp=\"\(run.started.description.prefix(19))\">\n"
            for one in cases { suites += element(one) }
            suites += "  </testsuite>\n"
        }
        let head = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob inspect" tests="\(tests)" failures="\(failures)" errors="0" \
            time="\(DecimalSeconds.text(run.duration, places: 3))">

            """
        write(Array((head + suites + "</testsuites>\n").utf8))
    }

    private struct Case {
        let name: String
        var failure: (message: String, body: String)?
        var skipped: String?
    }

    private func cases(_ entry: InspectReport.Entry) -> [Case] {
        var grammar = Case(name: "grammar")
        let pieces = entry.inspection.malformed.filter { report.isStrict || !$0.isTolerated }
        if let first = pieces.first {
            let body = InspectWords.malformed(entry).map(\.text).joined(separator: "\n")
            grammar.failure = (first.message, body)
        }
        let judged = entry.inspection.findings.compactMap { finding -> Case? in
            if case .skipped = finding.verdict { return nil }
            var one = Case(name: finding.requirement?.text ?? "remark")
            if report.isViolation(finding) {
                one.failure = (finding.message, InspectWords.details(finding).joined(separator: "\n"))
            } else if case .unknown(let reason) = finding.verdict {
                one.skipped = "\(reason.rawValue): \(finding.message)"
            }
            return one
        }
        return [grammar] + judged
    }

    private func element(_ one: Case) -> String {
        let head = "    <testcase classname=\"sipob.inspect\" name=\"\(escaped(one.name))\" time=\"0\""
        if let failure = one.failure {
            return head
                + ">\n      <failure message=\"\(escaped(failure.message))\">\(escaped(failure.body))</failure>\n"
                + "    </testcase>\n"
        }
        if let skipped = one.skipped {
            return head + ">\n      <skipped message=\"\(escaped(skipped))\"/>\n    </testcase>\n"
        }
        return head + "/>\n"
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
