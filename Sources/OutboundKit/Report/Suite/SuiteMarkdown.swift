/// The suite in Markdown, for tickets and chats.
public struct SuiteMarkdown: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        func escaped(_ text: String) -> String { MarkdownReport.escaped(text) }
        var text = "# sipob \(escaped(run.command))\n\n"
        text += run.sources.map { "`" + $0.replacing("`", with: "'") + "`" }.joined(separator: ", ")
        text += "\n\n**\(escaped(report.totals))**\n\n"
        if let error = report.error { text += "Not all of it was carried out: \(escaped(error))\n\n" }
        for (group, results) in report.groups {
            text += "## \(escaped(group.title))\n\n| verdict | case | what |\n| --- | --- | --- |\n"
            for result in results {
                let reason = result.reason.map { " (\($0))" } ?? ""
                text += "| \(escaped(result.verdict.word + reason)) | \(escaped(result.testCase.id)) | "
                text += "\(escaped(result.testCase.title)) |\n"
            }
            text += "\n"
            for result in results where [.fail, .warn].contains(result.verdict) {
                text += "- **\(escaped(result.testCase.id))**\n"
                for line in SuiteWords.details(result) { text += "  - \(escaped(line))\n" }
            }
            text += "\n"
        }
        write(Array(text.utf8))
    }
}
