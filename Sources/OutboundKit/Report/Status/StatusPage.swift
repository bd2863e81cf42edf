/// What an edge is doing, as a page for a browser: plain HTML that asks for itself anew every few seconds and needs no
/// script. Names come from phones and are escaped.
public struct StatusPage: Sendable {
    /// Seconds between two looks.
    public static let refresh = 5
    /// Rows of each table.
    static let maximumRows = 500
    static let maximumFindings = 100

    private let snapshot: EdgeSnapshot
    private let report: AuditReport?
    private let version: String

    /// - Parameter report: what was found so far, where the phones are judged.
    public init(_ snapshot: EdgeSnapshot, findings report: AuditReport?, version: String) {
        self.snapshot = snapshot
        self.report = report
        self.version = version
    }

    /// The Content-Type of `html`.
    public static let type = "text/html; charset=utf-8"

    public var html: [UInt8] {
        var text = HTMLPage.head(title: "sipob edge", refresh: Self.refresh)
        text += """
            <header><h1>sipob edge</h1>
            <p class="soft">\(MarkupText.escaped(version)), up for \(age(since: snapshot.started)), as of \
            \(snapshot.taken)</p></header>
            <main>

            """
        text += cards + findings + flows + bindings + counters
        text +=
            "</main>\n<footer><p class=\"soft\">Numbers for machines are under <a href=\"/metrics\">/metrics</a>.</p></footer>\n"
        return Array((text + HTMLPage.foot).utf8)
    }

    private var cards: String {
        let counters = snapshot.counters
        let phones = snapshot.flows.count { !$0.isUpstream }
        let registered = counters.registrations.filter { (200...299).contains($0.key) }.values.reduce(0, &+)
        var cards: [(String, String, String)] = [
            ("", "flows", "\(phones)"), ("", "bindings", "\(snapshot.bindings.count)"),
            ("", "REGISTER granted", "\(registered)"),
            ("", "keep-alives", "\(counters.crlfPings &+ counters.stunRequests &+ counters.webSocketPings)"),
        ]
        if let counts = report?.counts {
            cards.append((counts.fail > 0 ? "fail" : "", "fail", "\(counts.fail)"))
            cards.append((counts.warn > 0 ? "warn" : "", "warn", "\(counts.warn)"))
        }
        return "<ul class=\"cards\">\n"
            + cards.map { "<li class=\"\($0.0)\"><b>\($0.2)</b>\($0.1)</li>\n" }.joined() + "</ul>\n"
    }

    private var findings: String {
        guard let report else { return "" }
        let shown = report.findings.filter { $0.verdict.rank <= 2 }
        var text = "<section><h2>Findings so far</h2>\n"
        guard !shown.isEmpty else { return text + "<p>None.</p></section>\n" }
        text +=
            "<div class=\"wide\"><table>\n" + HTMLPage.heads(["verdict", "flow", "requirement", "finding"])
            + "<tbody>\n"
        for finding in shown.prefix(Self.maximumFindings) {
            text += "<tr><td>\(HTMLPage.badge(finding.verdict.word))</td>" + HTMLPage.cell(finding.subject)
            text +=
                HTMLPage.cell(finding.requirement?.text ?? "–", " class=\"tight\"") + HTMLPage.cell(finding.message)
                + "</tr>\n"
        }
        return text + "</tbody></table></div>\n" + more(shown.count - Self.maximumFindings, "finding") + "</section>\n"
    }

    private var flows: String {
        table(
            "Flows", ["flow", "transport", "peer", "registered", "outbound", "pings", "answered", "heard", "since"],
            snapshot.flows, "flow"
        ) { line in
            [
                "\(line.id)", line.flow.transport.description, "\(line.flow.remote)",
                line.isUpstream ? "(upstream)" : Self.joined(line.addressesOfRecord), line.hasOutbound ? "yes" : "no",
                "\(line.pings)", "\(line.pongs)", "\(age(since: line.lastHeard)) ago", age(since: line.since),
            ]
        }
    }

    private var bindings: String {
        table(
            "Bindings", ["AOR", "Contact", "instance", "reg-id", "flow", "expires in", "User-Agent"], snapshot.bindings,
            "binding"
        ) { line in
            [
                line.addressOfRecord, line.contact, line.instance ?? "–", line.regID.map { "\($0)" } ?? "–",
                line.flow.map { "\($0)" } ?? "–", left(until: line.expiresAt), line.userAgent ?? "–",
            ]
        }
    }

    private var counters: String {
        let rows = StatusMetrics.counters(snapshot.counters)
        return table("Counters", ["what", "how many"], rows, "counter") { [$0.help, "\($0.value)"] }
    }

    private func table<Row>(
        _ title: String, _ heads: [String], _ rows: [Row], _ noun: String, _ cells: (Row) -> [String]
    ) -> String {
        var text = "<section><h2>\(title)</h2>\n"
        guard !rows.isEmpty else { return text + "<p>None.</p></section>\n" }
        text += "<div class=\"wide\"><table>\n" + HTMLPage.heads(heads) + "<tbody>\n"
        for row in rows.prefix(Self.maximumRows) {
            text += "<tr>" + cells(row).map { HTMLPage.cell(String($0.prefix(300))) }.joined() + "</tr>\n"
        }
        return text + "</tbody></table></div>\n" + more(rows.count - Self.maximumRows, noun) + "</section>\n"
    }

    private func more(_ count: Int, _ noun: String) -> String {
        count > 0 ? "<p>… and \(counted(count, "more \(noun)")).</p>\n" : ""
    }

    private static func joined(_ names: [String]) -> String {
        names.isEmpty ? "–" : names.sorted().prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
    }

    private func age(since moment: Timestamp) -> String { Self.words(snapshot.taken.nanoseconds(since: moment)) }
    private func left(until moment: Timestamp) -> String { Self.words(moment.nanoseconds(since: snapshot.taken)) }

    /// `4 s`, `12 min 3 s`, `5 h 2 min`, `3 d 4 h`.
    static func words(_ nanoseconds: Int64) -> String {
        let total = max(0, nanoseconds / 1_000_000_000)
        if total < 60 { return "\(total) s" }
        if total < 3600 { return "\(total / 60) min \(total % 60) s" }
        if total < 86_400 { return "\(total / 3600) h \(total / 60 % 60) min" }
        return "\(total / 86_400) d \(total / 3600 % 24) h"
    }
}
