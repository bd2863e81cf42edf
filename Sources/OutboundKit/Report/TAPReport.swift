/// An audit in the Test Anything Protocol, version 14: one test point a finding, the worst first, with its evidence as a
/// YAML block. What could not be judged is `ok` with a SKIP directive and the reason.
public struct TAPReport: AuditDocument {
    private let report: AuditReport
    private let run: ReportRun

    public init(_ report: AuditReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var text = "TAP version 14\n# sipob \(run.version) \(run.command)\n1..\(report.findings.count)\n"
        for (index, finding) in report.findings.enumerated() {
            text += point(index + 1, finding)
            if text.utf8.count > 1 << 16 {
                write(Array(text.utf8))
                text = ""
            }
        }
        if report.unlistedPasses > 0 { text += "# \(report.unlistedPasses) more passes were counted only\n" }
        if !report.setAside.isEmpty { text += "# \(report.setAside.words)\n" }
        for entry in report.notAnalyzed {
            text += "# not analysed: \(MarkupText.singleLine("\(entry.what): \(entry.count) (\(entry.why))"))\n"
        }
        write(Array(text.utf8))
    }

    private func point(_ number: Int, _ finding: Finding) -> String {
        var words = finding.subject
        if finding.requirement != nil || finding.diagnosis != nil { words += " \(finding.rule)" }
        words += " \(finding.message)"
        var line = "\(report.isViolation(finding) ? "not ok" : "ok") \(number) - \(Self.escaped(words))"
        if let reason = finding.unjudgedReason { return line + " # SKIP \(Self.escaped(reason))\n" }
        line += "\n"
        guard finding.verdict != .pass else { return line }
        return line + block(finding)
    }

    private func block(_ finding: Finding) -> String {
        var text = "  ---\n  verdict: \(finding.verdict.word)\n"
        if let row = finding.requirement.flatMap({ RequirementTable[$0] }) {
            text += "  section: \(quoted(row.citation))\n  level: \(quoted(row.levelText))\n"
        }
        if !finding.evidence.isEmpty { text += "  evidence:\n" }
        for evidence in finding.evidence {
            text += "    - observed: \(quoted(evidence.observed))\n"
            if let expected = evidence.expected { text += "      expected: \(quoted(expected))\n" }
            if let time = evidence.time { text += "      time: \(quoted(time.description))\n" }
            if let frame = evidence.frame { text += "      frame: \(frame)\n" }
        }
        if let diagnosis = finding.diagnosis { text += "  diagnosis: \(quoted(diagnosis.text))\n" }
        if let advice = finding.advisedAction { text += "  advice: \(quoted(advice))\n" }
        return text + "  ...\n"
    }

    /// A JSON string is a YAML double-quoted scalar.
    private func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.value(MarkupText.singleLine(text))
        return json.text
    }

    /// A number sign begins a directive unless it is escaped.
    static func escaped(_ text: String) -> String {
        MarkupText.singleLine(text).replacing("\\", with: "\\\\").replacing("#", with: "\\#")
    }
}
