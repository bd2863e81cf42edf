/// A configuration's findings in Markdown, for tickets and chats.
public struct ConfigMarkdown: AuditDocument {
    private let report: ConfigReport
    private let run: ReportRun

    public init(_ report: ConfigReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var text = "# sipob \(escaped(run.command))\n\n**\(report.totals)**\n\n"
        for verdict in report.verdicts {
            text +=
                "## \(escaped(verdict.file))\n\n\(escaped("Role: \(verdict.role.rawValue), \(verdict.roleReason)."))\n\n"
            for finding in verdict.findings {
                text +=
                    "- **\(finding.verdict.word)** \(escaped(finding.subject)) (\(finding.rule)): \(escaped(finding.message))\n"
                if let excerpt = finding.excerpt, !excerpt.isEmpty {
                    text += "  - Line: \(escaped(excerpt))\n"
                }
                if let advice = finding.advice { text += "  - What to do: \(escaped(advice))\n" }
                text += "  - See: \(escaped(finding.sources))\n"
            }
            if verdict.findings.isEmpty { text += "Nothing here stands in the way of outbound.\n" }
            text += "\n"
        }
        write(Array(text.utf8))
    }

    private func escaped(_ text: String) -> String { MarkdownReport.escaped(text) }
}
