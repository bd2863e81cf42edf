/// A configuration's findings for build servers: a `testsuite` a configuration, a `testcase` a finding.
public struct ConfigJUnit: AuditDocument {
    private let report: ConfigReport
    private let run: ReportRun

    public init(_ report: ConfigReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let all = report.findings
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob \(escaped(run.command))" tests="\(max(1, all.count))" \
            failures="\(all.count(where: report.isViolation))" errors="0" time="\(DecimalSeconds.text(run.duration, places: 3))">

            """
        for verdict in report.verdicts {
            let findings = verdict.findings
            text += """
                  <testsuite name="\(escaped(verdict.file))" tests="\(max(1, findings.count))" \
                failures="\(findings.count(where: report.isViolation))" errors="0" \
                skipped="\(findings.count { if case .unknown = $0.verdict { true } else { false } })" time="0" \
                timestamp="\(run.started.description.prefix(19))">

                """
            // A suite without a case looks like one that was not run.
            if findings.isEmpty { text += head(name: "read and judged", file: verdict.file) + "/>\n" }
            for finding in findings { text += element(finding) }
            text += "  </testsuite>\n"
        }
        write(Array((text + "</testsuites>\n").utf8))
    }

    private func head(name: String, file: String) -> String {
        """
            <testcase classname="sipob.\(escaped(run.command)).\(escaped(file))" name="\(escaped(name))" time="0"
        """
    }

    private func element(_ finding: ConfigFinding) -> String {
        let head = head(name: "\(finding.rule) \(finding.subject)", file: finding.file)
        let lines = [
            "\(finding.verdict.word): \(finding.message)", finding.excerpt.map { "\(finding.subject): \($0)" },
            finding.advice.map { "advice: \($0)" }, "see: \(finding.sources)",
        ]
        let body = escaped(lines.compactMap { $0 }.joined(separator: "\n"))
        if report.isViolation(finding) {
            return head + ">\n      <failure message=\"\(escaped(finding.message))\" type=\"\(finding.verdict.word)\">"
                + "\(body)</failure>\n    </testcase>\n"
        }
        if case .unknown = finding.verdict {
            return head + ">\n      <skipped message=\"\(escaped(finding.message))\"/>\n    </testcase>\n"
        }
        return head + ">\n      <system-out>\(body)</system-out>\n    </testcase>\n"
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
