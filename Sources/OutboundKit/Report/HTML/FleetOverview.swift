/// The fleet at a glance: how many flows stand how, at which intervals keep-alives came against what is due, and when
/// things went wrong. All from the ledger and the findings, so that it holds for any number of flows.
struct FleetOverview {
    // In units of the view box.
    static let width = 980
    private static let left = 56
    private static let right = 26

    let report: AuditReport
    /// With them failures that were got over are seen too.
    var timelines: FlowTimelines?

    var text: String {
        guard report.flowCount > 0 else { return "" }
        let pictures = [verdicts, intervals, failures].compactMap { $0 }
        return "<section><h2>Overview</h2>\n" + pictures.joined() + "</section>\n"
    }

    // MARK: Verdicts

    /// Shares of one bar, each at least a hair wide so that one flow of a million shows.
    private var verdicts: String {
        var counts = [FlowStanding: Int]()
        for index in report.ledger.flows.indices where report.isShown(index) {
            counts[report.standing(index), default: 0] += 1
        }
        let shares = FlowStanding.allCases.compactMap { standing in
            counts[standing].map { (word: standing.word, count: $0) }
        }
        var key = ""
        for share in shares {
            key += "<span><svg viewBox=\"0 0 14 10\" aria-hidden=\"true\">"
            key += "<rect class=\"bar \(share.word)\" width=\"14\" height=\"10\"/></svg> "
            key += "\(share.count) \(share.word)</span>\n"
        }
        return "<figure><figcaption>Flows by their worst verdict</figcaption>\n"
            + FleetBar(shares: shares, total: report.flowCount, width: Self.width, height: 26).svg(
                title: shares.map { "\($0.count) \($0.word)" }.joined(separator: ", "))
            + "<p class=\"key\">\(key)</p></figure>\n"
    }

    // MARK: Intervals

    /// A column for every 5 % of the longest interval that was asked for.
    private static let binPercent = 5
    /// From here on they are counted together.
    private static let lastPercent = 150

    private var intervals: String? {
        var bins = [Int](repeating: 0, count: Self.lastPercent / Self.binPercent + 1)
        var flows = 0
        for index in report.ledger.flows.indices where report.isShown(index) {
            guard let due = report.ledger.flows[index].longestDue, due > 0 else { continue }
            let sample = report.ledger.flows[index].intervals
            guard sample.count > 0 else { continue }
            flows += 1
            sample.forEach { interval, weight in
                // In two steps: an interval of a damaged capture may be as long as a clock allows.
                let percent = Int(clamping: min(interval / (max(due, 100) / 100), 1_000_000))
                bins[min(percent / Self.binPercent, bins.count - 1)] += weight
            }
        }
        guard flows > 0 else { return nil }
        let total = bins.reduce(0, +)
        let early = bins[..<(80 / Self.binPercent)].reduce(0, +)
        let late = bins[(100 / Self.binPercent)...].reduce(0, +)
        let plot = FleetPlot(columns: bins.count, height: 170, top: 14, bottom: 34)
        var svg = plot.open(
            "Keep-alive intervals",
            "\(total) intervals of \(counted(flows, "flow")): \(share(early, total)) below 80 %, "
                + "\(share(late, total)) above 100 % of what is due")
        let due = (80 / Self.binPercent)..<(100 / Self.binPercent)
        svg += "<rect class=\"due\" x=\"\(plot.x(due.lowerBound))\" y=\"\(plot.top)\" "
        svg += "width=\"\(plot.width(due.count))\" height=\"\(plot.base - plot.top)\">"
        svg += "<title>due: 80 to 100 %</title></rect>\n"
        svg += plot.scale(bins.max() ?? 0)
        for (bin, count) in bins.enumerated() where count > 0 {
            let from = bin * Self.binPercent
            let range = bin == bins.count - 1 ? "\(from) % and more" : "\(from) to \(from + Self.binPercent) %"
            // No judgement: whether a long one is a fault is for the rules, which know what happened in between.
            let name = due.contains(bin) ? "ok" : "other"
            svg += plot.column(bin, count, of: bins.max() ?? 0, name, "\(range): \(count)")
        }
        for percent in stride(from: 0, through: Self.lastPercent, by: 10) {
            let label = percent == Self.lastPercent ? "\(percent)+" : "\(percent)"
            svg += plot.label(label, at: percent / Self.binPercent)
        }
        svg += plot.close("percent of the longest interval asked for")
        let note =
            "\(counted(total, "interval")) of \(counted(flows, "flow")); \(share(early, total)) shorter than due, "
            + "\(share(late, total)) longer, pauses of flows that had failed among them"
        return
            "<figure><figcaption>Keep-alive intervals against what is due (80 to 100 %, RFC 5626 §4.4.1)</figcaption>\n"
            + svg + "<p class=\"soft\">\(note).</p></figure>\n"
    }

    /// When the flow failed; without a timeline only what it did not get over.
    private func lossTimes(_ index: Int) -> [Int64] {
        if let moments = timelines?[index].moments, !moments.isEmpty {
            return moments.filter { $0.kind == .failed }.map(\.time)
        }
        let time = report.ledger.flows[index].failedAt
        return time == .never ? [] : [time]
    }

    /// One decimal, never 0 or 100 where it is not.
    private func share(_ part: Int, _ whole: Int) -> String {
        guard part > 0, whole > 0 else { return "none" }
        if part == whole { return "all" }
        let tenths = min(max(Int(Int64(part) * 1000 / Int64(whole)), 1), 999)
        return "\(tenths / 10).\(tenths % 10) %"
    }

    // MARK: Failures

    private static let timeBins = 60

    /// Above the line what was found, below it flows that were lost, both when it happened.
    private var failures: String? {
        guard let start = report.ledger.flows.map(\.openedAt).min() else { return nil }
        let axis = TimeAxis(
            from: start, to: report.ledger.lastTime, left: Self.left, right: Self.width - Self.right)
        func bin(_ time: Int64) -> Int {
            let span = max(1, axis.end &- axis.start)
            let offset = min(max(time, axis.start), axis.end) &- axis.start
            return min(Self.timeBins - 1, Int(offset / max(1, span / Int64(Self.timeBins))))
        }
        var fails = [Int](repeating: 0, count: Self.timeBins)
        var warns = fails
        var losses = fails
        for finding in report.findings where finding.verdict.rank <= Verdict.warn.rank {
            guard let time = finding.evidence.lazy.compactMap(\.time).first else { continue }
            if finding.verdict == .fail { fails[bin(time.nanoseconds)] += 1 } else { warns[bin(time.nanoseconds)] += 1 }
        }
        for index in report.ledger.flows.indices where report.isShown(index) {
            for time in lossTimes(index) { losses[bin(time)] += 1 }
        }
        let sums = zip(fails, warns).map(+)
        guard let most = sums.max(), let mostLost = losses.max(), most + mostLost > 0 else { return nil }
        let plot = FleetPlot(
            columns: Self.timeBins, height: mostLost > 0 ? 230 : 160, top: 14, bottom: mostLost > 0 ? 112 : 42)
        var svg = plot.open(
            "Failures over time",
            "\(counted(fails.reduce(0, +), "fail")), \(counted(warns.reduce(0, +), "warning")), \(counted(losses.reduce(0, +), "flow")) lost"
        )
        svg += plot.scale(most)
        for index in sums.indices {
            let when = Timestamp(
                nanoseconds: axis.start &+ (axis.end &- axis.start) / Int64(Self.timeBins) &* Int64(index))
            let words = "\(when): \(fails[index]) fail, \(warns[index]) warn, \(losses[index]) lost"
            if fails[index] > 0 { svg += plot.column(index, fails[index], of: most, "fail", words) }
            if warns[index] > 0 {
                svg += plot.column(index, warns[index], above: fails[index], of: most, "warn", words)
            }
            if losses[index] > 0 {
                svg += plot.hanging(index, losses[index], of: mostLost, from: plot.base + 4, room: 60, "lost", words)
            }
        }
        if mostLost > 0 {
            let y = plot.base + 68
            svg +=
                "<text class=\"axis\" x=\"\(Self.left - 8)\" y=\"\(y)\" text-anchor=\"end\">\(mostLost) lost</text>\n"
        }
        for tick in axis.ticks {
            let y = plot.base + (mostLost > 0 ? 84 : 16)
            svg += "<text class=\"axis\" x=\"\(tick.x)\" y=\"\(y)\" text-anchor=\"middle\">\(tick.label)</text>\n"
        }
        svg += plot.close(axis.caption)
        let key = [
            ("fail", "fails"), ("warn", "warnings, by their first evidence"),
            ("lost", "flows that failed: no answer, another mapped address, closed"),
        ]
        let words = key.map { name, text in
            "<span><svg viewBox=\"0 0 14 10\" aria-hidden=\"true\"><rect class=\"bar \(name)\" width=\"14\" "
                + "height=\"10\"/></svg> \(text)</span>\n"
        }
        return "<figure><figcaption>Failures over time</figcaption>\n" + svg + "<p class=\"key\">\(words.joined())</p>"
            + "</figure>\n"
    }
}

/// A bar of shares.
struct FleetBar {
    let shares: [(word: String, count: Int)]
    let total: Int
    let width: Int
    let height: Int

    /// - Parameter title: what it shows, in words.
    func svg(title: String) -> String {
        var text = "<svg class=\"chart\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" "
        text += "aria-label=\"\(MarkupText.escaped(title))\">\n"
        // Each share gets a hair first, the rest is divided.
        let hair = 2
        let room = max(0, width - hair * shares.count)
        var x = 0
        for (index, share) in shares.enumerated() {
            let isLast = index == shares.count - 1
            let part = hair + Int(Int64(room) * Int64(share.count) / Int64(max(1, total)))
            let own = isLast && shares.reduce(0, { $0 + $1.count }) == total ? width - x : part
            text += "<rect class=\"bar \(share.word)\" x=\"\(x)\" y=\"0\" width=\"\(own)\" height=\"\(height)\">"
            text += "<title>\(share.count) \(share.word)</title></rect>\n"
            x += own
        }
        return text + "</svg>\n"
    }
}

/// Columns over a base line.
struct FleetPlot {
    let columns: Int
    let height: Int
    let top: Int
    private let left = 56
    private let right = 26
    /// The line on which the columns stand.
    let base: Int

    init(columns: Int, height: Int, top: Int, bottom: Int) {
        self.columns = columns
        self.height = height
        self.top = top
        base = height - bottom
    }

    /// Tenths of a unit.
    private var step: Int { (FleetOverview.width - left - right) * 10 / columns }

    private func text(_ tenths: Int) -> String { "\(tenths / 10).\(tenths % 10)" }

    func x(_ column: Int) -> String { text(left * 10 + column * step) }
    func width(_ columns: Int) -> String { text(columns * step) }

    func open(_ title: String, _ words: String) -> String {
        """
        <svg class="chart framed" viewBox="0 0 \(FleetOverview.width) \(height)" role="img" \
        aria-label="\(MarkupText.escaped(title + ": " + words))">
        <line class="tick" x1="\(left)" y1="\(base)" x2="\(FleetOverview.width - right)" y2="\(base)"/>

        """
    }

    /// The caption below, and the end.
    func close(_ caption: String) -> String {
        "<text class=\"axis\" x=\"\(left)\" y=\"\(height - 6)\">\(caption)</text>\n</svg>\n"
    }

    /// The height of the highest column as a number.
    func scale(_ most: Int) -> String {
        guard most > 0 else { return "" }
        return """
            <line class="rail" x1="\(left)" y1="\(top)" x2="\(FleetOverview.width - right)" y2="\(top)"/>
            <text class="axis" x="\(left - 8)" y="\(top + 4)" text-anchor="end">\(most)</text>
            <text class="axis" x="\(left - 8)" y="\(base + 4)" text-anchor="end">0</text>

            """
    }

    func column(_ index: Int, _ count: Int, above below: Int = 0, of most: Int, _ name: String, _ words: String)
        -> String
    {
        let room = Int64(base - top) * 10
        let high = max(10, Int(room * Int64(count) / Int64(max(1, most))))
        let low = Int(room * Int64(below) / Int64(max(1, most)))
        return rect(index, base * 10 - low - high, high, name, words)
    }

    /// A column that hangs down from `line`.
    func hanging(
        _ index: Int, _ count: Int, of most: Int, from line: Int, room: Int, _ name: String, _ words: String
    ) -> String {
        rect(index, line * 10, max(10, Int(Int64(room) * 10 * Int64(count) / Int64(max(1, most)))), name, words)
    }

    private func rect(_ index: Int, _ y: Int, _ height: Int, _ name: String, _ words: String) -> String {
        "<rect class=\"bar \(name)\" x=\"\(text(left * 10 + index * step + 5))\" y=\"\(text(y))\" "
            + "width=\"\(text(max(10, step - 10)))\" height=\"\(text(height))\"><title>\(words)</title></rect>\n"
    }

    func label(_ words: String, at column: Int) -> String {
        "<text class=\"axis\" x=\"\(x(column))\" y=\"\(base + 14)\" text-anchor=\"middle\">\(words)</text>\n"
    }
}
