/// An audit for build servers: a `testsuite` a subject, a `testcase` a requirement judged on it. A violation is a
/// `failure` with what was expected and what was seen; what could not be judged is `skipped` with the reason, so that a
/// green build never hides it. Warnings are failures under `--strict` only, and stand in `system-out` otherwise.
public struct JUnitReport: AuditDocument {
    private let report: AuditReport
    private let run: ReportRun

    public init(_ report: AuditReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let failures = report.findings.count { report.isViolation($0) }
        let seconds = DecimalSeconds.text(run.duration, places: 3)
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob \(escaped(run.command))" tests="\(report.findings.count)" failures="\(failures)" \
            errors="0" time="\(seconds)">

            """
        if report.unlistedPasses > 0 { text += "  <!-- \(report.unlistedPasses) more passes were counted only -->\n" }
        if !report.setAside.isEmpty { text += "  <!-- \(report.setAside.words) -->\n" }
        FindingGroups(report).forEach { subject, findings in
            text += self.text(subject, findings)
            if text.utf8.count > 1 << 16 {
                write(Array(text.utf8))
                text = ""
            }
        }
        text += "</testsuites>\n"
        write(Array(text.utf8))
    }

    private func text(_ subject: String, _ findings: [Finding]) -> String {
        let failures = findings.count { report.isViolation($0) }
        let skipped = findings.count { $0.unjudgedReason != nil }
        // The schema knows no fraction and no zone.
        let timestamp = run.started.description.prefix(19)
        var text = """
              <testsuite name="\(escaped(FleetEdge.isSubject(subject) ? "fleet: \(subject)" : subject))" tests="\(findings.count)" failures="\(failures)" errors="0" \
            skipped="\(skipped)" time="0" timestamp="\(timestamp)">

            """
        for finding in findings { text += self.text(finding) }
        return text + "  </testsuite>\n"
    }

    private func text(_ finding: Finding) -> String {
        var one = JUnitCase(
            className: "sipob.\(run.command).\(finding.subject)", name: finding.rule)
        if let reason = finding.unjudgedReason {
            one.outcome = .skipped(reason)
        } else if report.isViolation(finding) {
            one.outcome = .failed(finding.message, type: finding.verdict.word, body: details(finding))
        } else if finding.verdict != .pass {
            one.outcome = .remarked(details(finding))
        }
        return one.text
    }

    private func details(_ finding: Finding) -> String {
        var lines = ["\(finding.verdict.word): \(finding.message)"]
        if let row = finding.requirement.flatMap({ RequirementTable[$0] }) {
            lines.append("\(row.citation), \(row.levelText): \(row.sentence)")
        }
        for evidence in finding.evidence {
            lines.append("observed: " + evidence.place + evidence.observed)
            if let expected = evidence.expected { lines.append("expected: " + expected) }
        }
        if let diagnosis = finding.diagnosis { lines.append("diagnosis: \(diagnosis)") }
        if let advice = finding.advisedAction { lines.append("advice: " + advice) }
        return lines.joined(separator: "\n")
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
