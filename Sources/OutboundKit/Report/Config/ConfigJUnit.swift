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
            if findings.isEmpty { text += self.one(name: "read and judged", file: verdict.file).text }
            for finding in findings { text += element(finding) }
            text += "  </testsuite>\n"
        }
        write(Array((text + "</testsuites>\n").utf8))
    }

    private func one(name: String, file: String) -> JUnitCase {
        JUnitCase(className: "sipob.\(run.command).\(file)", name: name)
    }

    private func element(_ finding: ConfigFinding) -> String {
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
        return one.text
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
