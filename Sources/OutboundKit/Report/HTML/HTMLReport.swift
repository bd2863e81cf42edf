/// An audit as one self-contained page: totals, what was violated, user agents, flows with the worst first, and for the
/// worst of them a picture with the findings beside it. Nothing is loaded from elsewhere, and nothing needs a script but
/// the filter of the table, which appears only where scripts run.
public struct HTMLReport: AuditDocument {
    /// Flows with a section and picture of their own.
    public static let maximumPictures = 50
    /// Rows in the table of flows.
    static let maximumRows = 1000
    /// Rows in the table of user agents.
    static let maximumAgents = 40

    private let report: AuditReport
    private let run: ReportRun
    private let timelines: FlowTimelines?

    /// - Parameter timelines: what the pictures are drawn from; without them there are none.
    public init(_ report: AuditReport, _ run: ReportRun, timelines: FlowTimelines?) {
        self.report = report
        self.run = run
        self.timelines = timelines
    }

    public func write(to write: ([UInt8]) -> Void) {
        let order = report.flowsWorstFirst()
        func put(_ text: String) { write(Array(text.utf8)) }
        put(
            HTMLPage.head(
                title: "sipob \(run.command): \(run.sources.joined(separator: ", "))", script: HTMLFilter.script))
        put(header + totals + FleetOverview(report: report, timelines: timelines).text + fleet + requirements + agents)
        writeTable(order, put)
        writeSections(order, put)
        put(notAnalyzed + footer + HTMLPage.foot)
    }

    // MARK: Overview

    private var header: String {
        let sources = run.sources.prefix(20).map { "<code>\(MarkupText.escaped($0))</code>" }.joined(separator: ", ")
        let more = run.sources.count > 20 ? " and \(run.sources.count - 20) more" : ""
        return """
            <header><h1>\(headline)</h1>
            <p class="soft">sipob \(MarkupText.escaped(run.command)) \(MarkupText.escaped(run.version)), \
            \(run.started) · \(sources)\(more)</p></header>
            <main>

            """
    }

    /// The answer first.
    private var headline: String {
        let counts = report.counts
        if counts.fail > 0 { return "\(counted(counts.fail, "violation")) of RFC requirements" }
        if counts.warn > 0 { return "No violation, \(counted(counts.warn, "warning"))" }
        if counts.unknown > 0 { return "Nothing violated as far as can be told" }
        return "Nothing violated"
    }

    private var totals: String {
        let counts = report.counts
        let flows = report.flowCount
        var cards: [(String, String, Int)] = [("", flows == 1 ? "flow" : "flows", flows)]
        if let packets = report.packets { cards.append(("", packets == 1 ? "packet" : "packets", packets)) }
        cards += [
            (counts.fail > 0 ? "fail" : "", "fail", counts.fail),
            (counts.warn > 0 ? "warn" : "", "warn", counts.warn),
            ("", "unknown", counts.unknown), ("", "info", counts.info), ("pass", "pass", counts.pass),
        ]
        let aside = report.setAside
        if aside.suppressed.total > 0 { cards.append(("", "suppressed", aside.suppressed.total)) }
        if aside.known.total > 0 { cards.append(("", "known before", aside.known.total)) }
        return "<ul class=\"cards\">\n"
            + cards.map { "<li class=\"\($0.0)\"><b>\($0.2)</b>\($0.1)</li>\n" }.joined() + "</ul>\n"
    }

    private var requirements: String {
        let lines = RequirementTally(report).lines
        guard !lines.isEmpty else { return "" }
        var text = "<section><h2>What was found</h2><div class=\"wide\"><table>\n"
        text += HTMLPage.heads(["verdict", "requirement", "what it asks", "level", "flows"]) + "<tbody>\n"
        for line in lines {
            let row = line.requirement.flatMap { RequirementTable[$0] }
            text += "<tr><td>\(HTMLPage.badge(line.verdict.word))</td>"
            text += "<td class=\"tight\">\(line.rule)</td>"
            text += "<td>\(HTMLPage.prose(line.sentence))</td>"
            text += HTMLPage.cell(row.map { "\($0.levelText), \($0.citation)" } ?? "–")
            text += "<td class=\"number\">\(line.subjects)</td></tr>\n"
        }
        return text + "</tbody></table></div></section>\n"
    }

    /// What concerns the phones of an edge together, which often explains what single flows suffered.
    private var fleet: String {
        let groups = FindingGroups(report).fleet
        guard !groups.isEmpty else { return "" }
        var text = "<section><h2>Fleet</h2>\n"
        for group in groups {
            text += "<section class=\"flow\"><h3>\(MarkupText.escaped(group.subject))</h3>\n"
            text += group.findings.map { FlowSection.article($0) }.joined() + "</section>\n"
        }
        return text + "</section>\n"
    }

    private var agents: String {
        let table = UserAgentTable(report)
        guard !table.rows.isEmpty else { return "" }
        var text =
            "<section><h2>User agents</h2><div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">User-Agent</th>"
        for name in ["flows", "with a fail", "with a warn", "with an unknown"] {
            text += "<th scope=\"col\" class=\"number\">\(name)</th>"
        }
        text += "<th scope=\"col\">share</th></tr></thead>\n<tbody>\n"
        for row in table.rows.prefix(Self.maximumAgents) {
            text += "<tr>" + HTMLPage.cell(row.name)
            for count in [row.flows, row.fail, row.warn, row.unknown] {
                text += "<td class=\"number\">\(count)</td>"
            }
            let words = row.shares.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
            let bar = FleetBar(shares: row.shares, total: row.flows, width: 160, height: 12).svg(title: words)
            text += "<td class=\"share\">\(bar)</td></tr>\n"
        }
        text += "</tbody></table></div>\n"
        let left = table.rows.count - Self.maximumAgents
        if left > 0 { text += "<p>… and \(left) more.</p>\n" }
        return text + "</section>\n"
    }

    // MARK: Flows

    private func writeTable(_ order: [Int], _ put: (String) -> Void) {
        guard !order.isEmpty else {
            put(
                "<section><h2>Flows</h2><p>\(report.noFlows)</p></section>\n"
            )
            return
        }
        put(
            "<section><h2>Flows, the worst first</h2>\n" + HTMLFilter.form
                + "<div class=\"wide\"><table id=\"flows\">\n")
        put(HTMLPage.heads(FlowRow.titles.map { $0.isEmpty ? "transport" : $0 }) + "<tbody>\n")
        for (place, index) in order.prefix(Self.maximumRows).enumerated() {
            let flow = FlowSummary(report.ledger.flows[index], end: report.ledger.lastTime)
            let row = FlowRow(flow, report.standing(index))
            let id = place < Self.maximumPictures ? "<a href=\"#\(row.id)\">\(row.id)</a>" : row.id
            var text = "<tr data-verdict=\"\(row.verdict)\"><td>\(id)</td>"
            text += row.cells.dropFirst().dropLast().map { HTMLPage.cell($0) }.joined()
            text += "<td>\(HTMLPage.badge(row.verdict))</td></tr>\n"
            put(text)
        }
        put("</tbody></table></div>\n")
        if order.count > Self.maximumRows {
            put(
                "<p>… and \(counted(order.count - Self.maximumRows, "more flow")); <code>--report csv=</code> lists every finding.</p>\n"
            )
        }
        put("</section>\n")
    }

    private func writeSections(_ order: [Int], _ put: (String) -> Void) {
        guard !order.isEmpty else { return }
        put("<section><h2>The worst flows, one by one</h2>\n")
        put(FlowSection.key)
        if order.count > Self.maximumPictures {
            let left = order.count - Self.maximumPictures
            put(
                "<p>The \(Self.maximumPictures) worst flows are shown; \(counted(left, "flow")) left out. "
                    + "<code>--flow</code> shows any of them.</p>\n")
        }
        put("</section>\n")
        let groups = FindingGroups(report)
        for index in order.prefix(Self.maximumPictures) {
            let record = report.ledger.flows[index]
            let flow = FlowSummary(record, end: report.ledger.lastTime)
            put(
                FlowSection(
                    flow: flow, findings: groups[index], timeline: timelines?[index],
                    end: report.ledger.lastTime
                ).text)
        }
    }

    // MARK: End

    private var notAnalyzed: String {
        guard !report.notAnalyzed.isEmpty else { return "" }
        var text = "<section><h2>Not analysed</h2><div class=\"wide\"><table>\n"
        text += HTMLPage.heads(["what", "count", "why"]) + "<tbody>\n"
        for entry in report.notAnalyzed {
            text +=
                "<tr>" + HTMLPage.cell(entry.what) + "<td>\(entry.count)</td>" + HTMLPage.cell(entry.why) + "</tr>\n"
        }
        return text + "</tbody></table></div></section>\n"
    }

    private var footer: String {
        """
        </main>
        <footer><p class="soft">Made by sipob \(MarkupText.escaped(run.version)). <code>sipob explain OB-FT-004</code> \
        tells what stands behind a requirement. Times are UTC.</p></footer>

        """
    }
}
