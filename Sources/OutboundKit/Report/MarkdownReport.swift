/// An audit in Markdown, for tickets and chats: totals, a table of flows with the worst first, and the findings of each.
public struct MarkdownReport: AuditDocument {
    /// Rows of the table and findings in full; what is beyond is counted. A ticket is to be read.
    static let maximumRows = 500
    static let maximumFindings = 500

    private let report: AuditReport
    private let run: ReportRun

    public init(_ report: AuditReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        write(Array(head.utf8))
        writeTable(write)
        writeAgents(write)
        writeTally(write)
        writeFindings(write)
        guard !report.notAnalyzed.isEmpty else { return }
        var text = "## Not analysed\n\n"
        for entry in report.notAnalyzed {
            text += "- \(Self.escaped(entry.what)): \(entry.count) (\(Self.escaped(entry.why)))\n"
        }
        write(Array(text.utf8))
    }

    private var head: String {
        let counts = report.counts
        return """
            # sipob \(Self.escaped(run.command))

            \(run.sources.map { "`" + $0.replacing("`", with: "'") + "`" }.map(MarkupText.singleLine).joined(separator: ", "))

            **\(report.scope): \
            \(counts.fail) fail, \(counts.warn) warn, \(counts.unknown) unknown, \(counts.info) info, \
            \(counts.pass) pass\(report.setAside.isEmpty ? "" : "; " + report.setAside.words)**


            """
    }

    private func writeTable(_ write: ([UInt8]) -> Void) {
        let order = report.flowsWorstFirst()
        guard !order.isEmpty else { return }
        var text = "| " + FlowRow.titles.joined(separator: " | ") + " |\n"
        text += "|" + repeatElement(" --- |", count: FlowRow.titles.count).joined() + "\n"
        for index in order.prefix(Self.maximumRows) {
            let flow = FlowSummary(report.ledger.flows[index], end: report.ledger.lastTime)
            let cells = FlowRow(flow, report.standing(index)).cells
            text += "| " + cells.map(Self.escaped).joined(separator: " | ") + " |\n"
        }
        if order.count > Self.maximumRows {
            text += "\n… and \(counted(order.count - Self.maximumRows, "more flow")).\n"
        }
        write(Array((text + "\n").utf8))
    }

    private func writeAgents(_ write: ([UInt8]) -> Void) {
        guard report.flowCount >= FleetFacts.minimumFlows else { return }
        let rows = UserAgentTable(report).rows
        guard !rows.isEmpty else { return }
        var text = "| " + UserAgentTable.titles.joined(separator: " | ") + " |\n"
        text += "|" + repeatElement(" --- |", count: UserAgentTable.titles.count).joined() + "\n"
        for row in rows.prefix(Self.maximumRows) {
            text += "| " + UserAgentTable.cells(row).map(Self.escaped).joined(separator: " | ") + " |\n"
        }
        if rows.count > Self.maximumRows { text += "\n… and \(rows.count - Self.maximumRows) more User-Agents.\n" }
        write(Array((text + "\n").utf8))
    }

    /// What was found on all flows, where not every finding is told.
    private func writeTally(_ write: ([UInt8]) -> Void) {
        guard report.findings.count > Self.maximumFindings else { return }
        var text = "| " + RequirementTally.titles.joined(separator: " | ") + " |\n"
        text += "|" + repeatElement(" --- |", count: RequirementTally.titles.count).joined() + "\n"
        for line in RequirementTally(report).lines {
            text += "| " + (line.cells + [line.sentence]).map(Self.escaped).joined(separator: " | ") + " |\n"
        }
        write(Array((text + "\n").utf8))
    }

    private func writeFindings(_ write: ([UInt8]) -> Void) {
        var left = Self.maximumFindings
        let shown = report.withoutPasses.findings
        FindingGroups(report.withoutPasses).forEach { subject, findings in
            guard left > 0 else { return }
            let title = FleetEdge.isSubject(subject) ? "Fleet: \(subject)" : subject
            var text = "## \(Self.escaped(title))\n\n"
            for finding in findings.prefix(left) { text += self.text(finding) }
            left -= findings.count
            write(Array((text + "\n").utf8))
        }
        if shown.count > Self.maximumFindings {
            write(Array("… and \(counted(shown.count - Self.maximumFindings, "more finding")).\n\n".utf8))
        }
    }

    private func text(_ finding: Finding) -> String {
        var text = "- **\(finding.verdictWords)**"
        if finding.requirement != nil || finding.diagnosis != nil { text += " \(finding.rule)" }
        if let row = finding.requirement.flatMap({ RequirementTable[$0] }) {
            text += " (\(Self.escaped(row.citation)), \(Self.escaped(row.levelText)))"
        }
        text += ": \(Self.escaped(finding.message))\n"
        for evidence in finding.evidence { text += "  - \(Self.escaped(evidence.line))\n" }
        if let advice = finding.advisedAction {
            text += "  - What to do\(finding.diagnosis.map { " (\($0))" } ?? ""): \(Self.escaped(advice))\n"
        }
        return text
    }

    /// Text that stays what it is in a paragraph and in a cell of a table: on one line, and no character with a meaning.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in MarkupText.singleLine(text) {
            if "\\`*_[]<>|#~&".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
