/// Inspections in Markdown, for tickets and chats.
public struct InspectMarkdown: AuditDocument {
    private let report: InspectReport
    private let run: ReportRun

    public init(_ report: InspectReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var text = "# sipob inspect\n\n**\(escaped(report.totals))**\n\n"
        for entry in report.entries {
            text += "## \(escaped(entry.inspection.subject)): \(escaped(entry.facts.startLine))\n\n"
            text += "\(escaped(entry.facts.kind))\n\n"
            for (_, line) in InspectWords.malformed(entry) { text += "- **malformed** \(escaped(line))\n" }
            for finding in entry.notable where finding.verdict != .info {
                text +=
                    "- **\(finding.verdictWords)** \(finding.requirement?.text ?? ""): \(escaped(finding.message))\n"
                for line in InspectWords.details(finding).dropFirst() { text += "  - \(escaped(line))\n" }
            }
            for token in entry.inspection.tokens {
                let format = token.assessment.format?.rawValue ?? "no token"
                let end = token.assessment.token?.remote.map { ", phone \($0)" } ?? ""
                text += "- flow token in \(token.place.rawValue): \(escaped(format + end))\n"
            }
            if !entry.inspection.decisions.isEmpty {
                text += "\n| authority | outbound | since |\n| --- | --- | --- |\n"
                for decision in entry.inspection.decisions {
                    let sentence = decision.action?.sentence ?? "open"
                    text += "| \(decision.authority.name) | \(escaped(sentence)) | \(escaped(decision.reason)) |\n"
                }
            }
            for view in entry.inspection.registrars {
                text += "\nRegistrar, \(view.way.words): \(view.status) \(escaped(view.reason)); "
                text += "\(escaped(view.meaning))\n"
            }
            text += "\n"
        }
        write(Array(text.utf8))
    }

    private func escaped(_ text: String) -> String { MarkdownReport.escaped(text) }
}
