/// An audit as text for a person: a table of flows, the worst first; the findings of each flow; one line of totals; and
/// what could not be read or judged, and why.
public struct AuditText: Sendable {
    public struct Options: Sendable {
        public var isColored = false
        /// Columns to fill.
        public var width = 100
        /// Passes, evidence in full, and display filters.
        public var isVerbose = false
        /// The totals alone.
        public var isQuiet = false
        /// Flows in the table, and flows whose findings are told; of more there are numbers. 0 is no limit.
        public var maximumRows = 50

        public init() {}
    }

    private let report: AuditReport
    private let options: Options
    private let timelines: FlowTimelines?

    /// - Parameter timelines: of the flows that are shown, where each is to be told in full.
    public init(_ report: AuditReport, _ options: Options = Options(), timelines: FlowTimelines? = nil) {
        self.report = report
        self.options = options
        self.timelines = timelines
    }

    /// - Parameter write: takes each piece in turn.
    public func write(to write: ([UInt8]) -> Void) {
        if !options.isQuiet {
            let order = report.flowsWorstFirst()
            let isLimited = options.maximumRows > 0 && !options.isVerbose
            let shown = isLimited ? order.prefix(options.maximumRows) : order[...]
            writeTable(shown, write)
            writeAgents(write)
            writeFindings(shown, beyond: order[shown.endIndex...], write)
        }
        write(Array(totals.utf8))
    }

    // MARK: Table

    private func writeTable(_ rows: ArraySlice<Int>, _ write: ([UInt8]) -> Void) {
        guard !rows.isEmpty else {
            write(Array((report.noFlows + "\n").utf8))
            return
        }
        // Made twice, once to be measured and once to be written: of a million flows only one row is held at a time.
        var widths = FlowRow.titles.map(\.count)
        for index in rows { Self.widen(&widths, cells(index)) }
        write(Array(line(FlowRow.titles, widths, isHead: true).utf8))
        for index in rows { write(Array(line(cells(index), widths, isHead: false).utf8)) }
        let left = report.flowCount - rows.count
        if left > 0 {
            write(Array("… and \(counted(left, "more flow")); -v shows all, --flow one of them.\n".utf8))
        }
        write(Array("\n".utf8))
    }

    private func cells(_ index: Int) -> [String] {
        let flow = FlowSummary(report.ledger.flows[index], end: report.ledger.lastTime)
        return FlowRow(flow, report.standing(index)).cells.map(PrintableText.of)
    }

    private func line(_ cells: [String], _ widths: [Int], isHead: Bool) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let isLast = column == cells.count - 1
            let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.count + 2)
            line += (isHead ? bold(cell) : isLast ? colored(cell) : cell) + padding
        }
        return line + "\n"
    }

    private static func widen(_ widths: inout [Int], _ cells: [String]) {
        for (column, cell) in cells.enumerated() { widths[column] = max(widths[column], cell.count) }
    }

    /// Rows of the table of User-Agents.
    private static let maximumAgents = 20

    private func writeAgents(_ write: ([UInt8]) -> Void) {
        guard report.flowCount >= (options.isVerbose ? 1 : FleetFacts.minimumFlows) else { return }
        let table = UserAgentTable(report)
        guard !table.rows.isEmpty else { return }
        let shown = options.isVerbose ? table.rows[...] : table.rows.prefix(Self.maximumAgents)
        let rows = shown.map { UserAgentTable.cells($0).map(PrintableText.of) }
        var widths = UserAgentTable.titles.map(\.count)
        for row in rows { Self.widen(&widths, row) }
        var text = line(UserAgentTable.titles, widths, isHead: true)
        for row in rows { text += line(row, widths, isHead: false) }
        let left = table.rows.count - shown.count
        if left > 0 { text += "… and \(left) more User-Agents; -v shows them.\n" }
        write(Array((text + "\n").utf8))
    }

    // MARK: Findings

    /// - Parameter beyond: flows whose findings are only counted, by requirement, unless stories of flows are asked for.
    private func writeFindings(_ shown: ArraySlice<Int>, beyond: ArraySlice<Int>, _ write: ([UInt8]) -> Void) {
        let groups = FindingGroups(report)
        if !groups.fleet.isEmpty { write(Array((bold("FLEET") + "\n").utf8)) }
        for group in groups.fleet { write(Array(text(group.subject, group.findings).utf8)) }
        let left = timelines == nil ? beyond.count { groups.hasFindings($0) } : 0
        if left > 0 { write(Array((tally + "\n").utf8)) }
        writeFlows(shown, groups, write)
        if timelines != nil { writeFlows(beyond, groups, write) }
        if left > 0 {
            write(
                Array(
                    "… and the findings of \(counted(left, "more flow")); -v shows all, --flow those of one.\n\n".utf8))
        }
        for group in groups.others { write(Array(text(group.subject, group.findings).utf8)) }
    }

    /// What was found on all flows, in one table.
    private var tally: String {
        let lines = RequirementTally(report).lines
        let rows = lines.map(\.cells)
        var widths = RequirementTally.titles.dropLast().map(\.count)
        for row in rows { Self.widen(&widths, row) }
        let indent = widths.reduce(0) { $0 + $1 + 2 }
        var text = line(RequirementTally.titles, widths + [0], isHead: true)
        for (row, found) in zip(rows, lines) {
            let head = zip([colored(row[0])] + row.dropFirst(), zip(row, widths)).map { cell, place in
                cell + String(repeating: " ", count: place.1 - place.0.count + 2)
            }.joined()
            text += head + wrapped(found.sentence, indent: indent).dropFirst(indent)
        }
        return text
    }

    private func writeFlows(_ flows: ArraySlice<Int>, _ groups: FindingGroups, _ write: ([UInt8]) -> Void) {
        for index in flows {
            let findings = groups[index]
            guard !findings.isEmpty || timelines != nil else { continue }
            let record = report.ledger.flows[index]
            let flow = FlowSummary(record, end: report.ledger.lastTime)
            var text = bold("\(flow.id) \(flow.transport) \(flow.client) -> \(flow.server)")
            if let timelines {
                text += "\n" + story(flow, timelines[index]) + (findings.isEmpty ? "" : "\n")
            } else {
                for registration in flow.registrations.prefix(3) {
                    var who = "  \(registration.aor)"
                    if let regID = registration.regID { who += " reg-id \(regID)" }
                    if options.isVerbose, let agent = registration.userAgent { who += " (\(agent))" }
                    text += PrintableText.of(who)
                }
                text += "\n"
                if options.isVerbose { text += "    tshark: \(flow.displayFilter)\n" }
            }
            for finding in findings { text += self.text(finding) }
            write(Array((text + "\n").utf8))
        }
    }

    private static let factIndent = 15

    /// Who the flow is, how it fared, and what happened on it in turn.
    private func story(_ flow: FlowSummary, _ timeline: FlowTimeline) -> String {
        func head(_ name: String) -> String {
            "  " + name + String(repeating: " ", count: max(1, Self.factIndent - 2 - name.count))
        }
        var text = ""
        for fact in FlowFacts(flow).lines {
            text += head(fact.name) + wrapped(fact.text, indent: Self.factIndent).dropFirst(Self.factIndent)
        }
        // On one line, to be copied.
        text += head("tshark") + flow.displayFilter + "\n"
        let lines = TimelineText(flow, timeline, isFull: options.isVerbose).lines
        guard let first = timeline.sorted.first, !lines.isEmpty else { return text }
        text += "\n  " + bold("\(Timestamp(nanoseconds: first.time).description.prefix(10)), UTC") + "\n"
        return text + lines.map { "  " + PrintableText.of($0) + "\n" }.joined()
    }

    private func text(_ subject: String, _ findings: [Finding]) -> String {
        bold(PrintableText.of(subject)) + "\n" + findings.map { text($0) }.joined() + "\n"
    }

    private func text(_ finding: Finding) -> String {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        let verdict = finding.verdictWords.uppercased()
        var head = "  " + colored(verdict)
        if finding.requirement != nil || finding.diagnosis != nil { head += "  \(finding.rule)" }
        if let row { head += "  \(row.citation), \(row.levelText)" }
        var text = head + "\n" + wrapped(finding.message, indent: 4)
        if case .pass = finding.verdict { return text }
        let shown = options.isVerbose ? finding.evidence[...] : finding.evidence.prefix(2)
        for evidence in shown { text += wrapped(evidence.line, indent: 6) }
        if shown.count < finding.evidence.count {
            text += "      … \(finding.evidence.count - shown.count) more; -v shows them\n"
        }
        let diagnosis = finding.requirement == nil ? "" : finding.diagnosis.map { "[\($0)] " } ?? ""
        if let advice = finding.advisedAction {
            text += wrapped("-> \(diagnosis)\(advice)", indent: 4)
        }
        let frames = finding.evidence.compactMap(\.frame)
        if options.isVerbose, !frames.isEmpty {
            text += "    tshark: frame.number in {\(frames.map(String.init).joined(separator: ","))}\n"
        }
        return text
    }

    // MARK: Totals

    private var totals: String {
        let counts = report.counts
        var text = report.scope + ": "
        text += colored("\(counts.fail) fail") + ", \(counts.warn) warn, \(counts.unknown) unknown, "
        text += "\(counts.info) info, \(counts.pass) pass"
        text += report.setAside.isEmpty ? "\n" : "; \(report.setAside.words)\n"
        if !report.notAnalyzed.isEmpty {
            let parts = report.notAnalyzed.map { "\($0.what): \($0.count) (\($0.why))" }
            text += wrapped("Not analysed: " + parts.joined(separator: "; ") + ".", indent: 0)
        }
        return text
    }

    // MARK: Style

    private func bold(_ text: String) -> String { options.isColored ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// The text in the colour of the verdict that it begins or ends with.
    private func colored(_ text: String) -> String {
        guard options.isColored else { return text }
        let lower = text.lowercased()
        let code =
            lower.contains("fail") && !lower.hasPrefix("0 ")
            ? "1;31"
            : lower.hasPrefix("warn") ? "1;33" : lower.hasPrefix("unknown") ? "36" : lower == "ok" ? "32" : "0"
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// Breaks at blanks; a word longer than a line stays whole. What a peer wrote cannot steer the terminal.
    private func wrapped(_ words: String, indent: Int) -> String {
        let text = PrintableText.of(words)
        let margin = String(repeating: " ", count: indent)
        var lines = ""
        var line = ""
        var width = 0
        // By octets, and with a running width: to count a line's characters at each word takes most of a report's time.
        for octets in text.utf8.split(separator: ASCII.space) {
            let word = Substring(octets)
            let length = octets.allSatisfy { $0 < 0x80 } ? octets.count : word.count
            if !line.isEmpty, indent + width + 1 + length > options.width {
                lines += margin + line + "\n"
                line = "  "
                width = 2
            }
            let isFirst = line.isEmpty || line == "  "
            line += (isFirst ? "" : " ") + word
            width += length + (isFirst ? 0 : 1)
        }
        return lines + margin + line + "\n"
    }
}
