/// The timeline of one flow as an inline SVG: what the phone sent, what was answered, when keep-alives were due, where
/// the findings lie, how it ended. Colours come from the page's style sheet, so that dark mode and print hold for it;
/// every mark carries its words as a title.
struct TimelinePicture {
    /// Due windows drawn before they would run into one another.
    static let maximumWindows = 150
    /// Marks of findings.
    static let maximumMarks = 60

    // Lanes from above, in units of the view box.
    static let width = 980
    static let left = 92
    static let right = 14
    private static let top = 34
    private static let sip = 50
    private static let pings = 82
    private static let pongs = 112
    private static let findings = 142
    private static let bottom = 158
    private static let height = 192

    private let flow: FlowSummary
    private let moments: [FlowMoment]
    private let stride: UInt32
    private let leftOut: Int
    private let marks: [Finding]
    /// When the keep-alive after the last moment was due.
    private let next: ClosedRange<Int64>?
    /// When the first keep-alive was sent.
    private let firstPing: Int64
    private let axis: TimeAxis

    /// - Parameter end: the end of what was seen, in nanoseconds since the epoch.
    /// Nil without two moments in time, when there is nothing to draw.
    init?(_ flow: FlowSummary, _ timeline: FlowTimeline, findings: [Finding], end: Int64) {
        var moments = timeline.sorted
        // Each side closes in its turn; the first to do so ended the flow.
        if let close = moments.firstIndex(where: { $0.kind.isEnd }) {
            let first = moments[close]
            moments.removeAll { $0.kind.isEnd }
            moments.insert(first, at: min(close, moments.count))
        }
        guard let first = moments.first else { return nil }
        self.flow = flow
        self.moments = moments
        stride = timeline.stride
        leftOut = timeline.leftOut
        marks = findings.filter { $0.verdict.rank <= 2 }
        next = Self.nextDue(moments)
        firstPing = moments.first { $0.kind == .ping || $0.kind == .latePing }?.time ?? .max
        axis = TimeAxis(
            from: first.time, to: Self.end(moments, end, next), left: Self.left, right: Self.width - Self.right)
    }

    /// The keep-alive that was due next when the moments end: counted from the last one, or from the 2xx.
    private static func nextDue(_ moments: [FlowMoment]) -> ClosedRange<Int64>? {
        let last = moments.last { $0.limit > 0 }
        guard let last, !moments.contains(where: { $0.time >= last.time && $0.kind == .failed && !$0.isClose }) else {
            return nil
        }
        let limit = Int64(last.limit) * 1_000_000
        return last.time + limit / 5 * 4...last.time + limit
    }

    /// A flow that nobody closed is drawn until the capture's end, so that silence shows; but not so far that the rest
    /// shrinks to nothing. One that the server closed is drawn until the next keep-alive would have been due, so that a
    /// close before its time shows.
    private static func end(_ moments: [FlowMoment], _ end: Int64, _ next: ClosedRange<Int64>?) -> Int64 {
        guard let first = moments.first, let last = moments.map(\.time).max() else { return end }
        if let close = moments.last(where: { $0.kind.isEnd }) {
            let byServer = close.kind == .closedByServer || close.kind == .resetByServer
            guard byServer, let next, next.upperBound > last else { return last }
            return next.upperBound + (next.upperBound - first.time) / 25
        }
        let room = max(2 * ((next?.upperBound ?? last) - last), (last - first.time) / 2)
        return max(last, min(end, last + room))
    }

    var svg: String {
        var text = """
            <svg class="picture" viewBox="0 0 \(Self.width) \(Self.height)" role="img" \
            aria-labelledby="\(flow.id)-title \(flow.id)-text">
            <title id="\(flow.id)-title">Timeline of flow \(flow.id)</title>
            <desc id="\(flow.id)-text">\(MarkupText.escaped(description))</desc>

            """
        text += grid + failures + windows
        for moment in moments { text += mark(moment) }
        text += failureLines + findingMarks + "</svg>\n"
        return text
    }

    /// The picture in words, for those who do not see it.
    private var description: String {
        "\(counted(flow.registrations.count, "registration")), \(counted(flow.pings, "keep-alive")) of the client, "
            + "\(counted(flow.pongs, "answer")), ended: \(flow.ended.rawValue)"
    }

    /// What the picture leaves out; nil when it shows everything.
    var note: String? {
        var parts: [String] = []
        if stride > 1 {
            parts.append("of keep-alives in time, one in \(stride) is drawn")
        }
        if leftOut > 0 { parts.append("\(counted(leftOut, "later moment")) had no room") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    // MARK: Background

    private var grid: String {
        let right = Self.width - Self.right
        var text = """
            <rect class="plot" x="\(Self.left)" y="\(Self.top)" width="\(right - Self.left)" \
            height="\(Self.bottom - Self.top)"/>

            """
        let lanes = [
            (Self.sip, "SIP"), (Self.pings, "keep-alives"), (Self.pongs, "answers"), (Self.findings, "findings"),
        ]
        for (y, name) in lanes {
            text += "<text class=\"lane\" x=\"\(Self.left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">\(name)</text>\n"
            text += "<line class=\"rail\" x1=\"\(Self.left)\" y1=\"\(y)\" x2=\"\(right)\" y2=\"\(y)\"/>\n"
        }
        for tick in axis.ticks {
            text +=
                "<line class=\"tick\" x1=\"\(tick.x)\" y1=\"\(Self.top)\" x2=\"\(tick.x)\" y2=\"\(Self.bottom + 4)\"/>"
            text +=
                "<text class=\"axis\" x=\"\(tick.x)\" y=\"\(Self.bottom + 16)\" text-anchor=\"middle\">\(tick.label)</text>\n"
        }
        text += "<text class=\"axis\" x=\"\(Self.left)\" y=\"\(Self.height - 3)\">\(axis.caption)</text>\n"
        return text
    }

    /// From a failure until the flow is registered again, or the end.
    private var failures: String {
        var text = ""
        for (index, moment) in moments.enumerated() where moment.kind == .failed {
            let end = moments[index...].first { $0.kind == .registered && $0.time > moment.time }?.time ?? axis.end
            text += "<rect class=\"dead\" x=\"\(axis.x(moment.time))\" y=\"\(Self.top)\" "
            text += "width=\"\(axis.width(moment.time, end))\" height=\"\(Self.bottom - Self.top)\"/>\n"
        }
        return text
    }

    /// When each keep-alive was due: 80 to 100 % of what was asked, counted from the one before (RFC 5626 §4.4.1); and
    /// how much too late it came.
    private var windows: String {
        var text = ""
        var drawn = 0
        for ping in moments where (ping.kind == .ping || ping.kind == .latePing) && ping.limit > 0 {
            guard ping.value > 0, drawn < Self.maximumWindows || ping.kind == .latePing else { continue }
            drawn += 1
            text += window(from: ping.time - Int64(ping.value) * 1_000_000, ping)
            guard ping.kind == .latePing else { continue }
            let due = ping.time - Int64(ping.value) * 1_000_000 + Int64(ping.limit) * 1_000_000
            text += "<rect class=\"late\" x=\"\(axis.x(due))\" y=\"\(Self.pings - 8)\" "
            text += "width=\"\(axis.width(due, ping.time))\" height=\"16\"><title>"
            text += "\(seconds(ping.time - due)) too late</title></rect>\n"
        }
        if let next { text += window(next, after: (next.upperBound - next.lowerBound) * 5) }
        return text
    }

    private func window(from start: Int64, _ ping: FlowMoment) -> String {
        let limit = Int64(ping.limit) * 1_000_000
        return window(start + limit / 5 * 4...start + limit, after: limit)
    }

    private func window(_ due: ClosedRange<Int64>, after limit: Int64) -> String {
        guard due.lowerBound < axis.end else { return "" }
        return "<rect class=\"due\" x=\"\(axis.x(due.lowerBound))\" y=\"\(Self.pings - 11)\" "
            + "width=\"\(axis.width(due.lowerBound, due.upperBound))\" height=\"22\"><title>"
            + "due \(seconds(limit / 5 * 4)) to \(seconds(limit)) after the one before</title></rect>\n"
    }

    // MARK: Moments

    private func mark(_ moment: FlowMoment) -> String {
        let x = axis.x(moment.time)
        let title = "<title>\(words(moment))</title>"
        func tick(_ name: String, _ y: Int, _ half: Int) -> String {
            "<line class=\"\(name)\" x1=\"\(x)\" y1=\"\(y - half)\" x2=\"\(x)\" y2=\"\(y + half)\">\(title)</line>\n"
        }
        func triangle(_ name: String, up: Bool) -> String {
            let shape = up ? "m-5 0 l5 -10 l5 10 z" : "m-5 0 l5 10 l5 -10 z"
            return "<path class=\"\(name)\" d=\"M\(x) \(Self.sip + (up ? -1 : 1)) \(shape)\">\(title)</path>\n"
        }
        switch moment.kind {
        case .register: return triangle("register", up: true)
        case .registered, .unregistered: return triangle("registered", up: false)
        case .refused:
            return triangle("refused", up: false)
                + "<text class=\"code\" x=\"\(x)\" y=\"\(Self.sip + 21)\" text-anchor=\"middle\">\(moment.value)</text>\n"
        case .crlfDatagram: return tick("message", Self.pings, 5)
        case .clientMessage: return tick("message", Self.sip - 4, 4)
        case .serverMessage: return tick("message", Self.sip + 4, 4)
        case .ping: return tick("ping", Self.pings, 8)
        case .latePing: return tick("ping bad", Self.pings, 11)
        case .pong: return tick("pong", Self.pongs, 6)
        case .latePong: return tick("pong bad", Self.pongs, 9)
        case .mappedChange: return diamond("bad", x, Self.pongs, title)
        case .gap: return diamond("gapmark", x, Self.sip, title)
        case .icmpError, .frameFault: return diamond("bad", x, Self.pongs, title)
        case .handshakeRefused: return triangle("refused", up: false)
        // Drawn together, so that their words do not run into one another.
        case .failed: return ""
        case .closedByClient, .closedByServer, .resetByClient, .resetByServer, .connectionRefused:
            return line(moment, "end", Self.top - 8, label: words(moment))
        }
    }

    private func diamond(_ name: String, _ x: String, _ y: Int, _ title: String) -> String {
        "<path class=\"\(name)\" d=\"M\(x) \(y) m-5 0 l5 -6 l5 6 l-5 6 z\">\(title)</path>\n"
    }

    /// Failures that are not the close itself; words only where there is room for them.
    private var failureLines: String {
        var text = ""
        var taken = 0.0
        for moment in moments where moment.kind == .failed && !moment.isClose {
            let label = "failed: \(words(moment))"
            // So wide is a bold letter of 11 units on average.
            let width = Double(label.count) * 6.4
            let place = axis.position(moment.time)
            let from = axis.isInLaterHalf(moment.time) ? place - width : place
            let fits = from >= taken
            if fits { taken = from + width + 8 }
            text += line(moment, "failed", Self.top - 22, label: fits ? label : "")
        }
        return text
    }

    /// A line from top to bottom with words above it, to the side where there is room.
    private func line(_ moment: FlowMoment, _ name: String, _ y: Int, label: String) -> String {
        let x = axis.x(moment.time)
        let anchor = axis.isInLaterHalf(moment.time) ? "end" : "start"
        let line =
            "<line class=\"\(name)\" x1=\"\(x)\" y1=\"\(y + 4)\" x2=\"\(x)\" y2=\"\(Self.bottom)\">"
            + "<title>\(words(moment))</title></line>\n"
        guard !label.isEmpty else { return line }
        return line + "<text class=\"\(name)\" x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(label)</text>\n"
    }

    private func words(_ moment: FlowMoment) -> String {
        let what = moment.words(keepAlive: flow.keepAlive, isFirst: moment.time <= firstPing)
        if moment.kind.isEnd || moment.kind == .failed { return what }
        let at = "\(seconds(moment.time - axis.start)): "
        return at + what + (moment.frame > 0 ? " (packet \(moment.frame))" : "")
    }

    // MARK: Findings

    private var findingMarks: String {
        var text = ""
        var drawn = 0
        for finding in marks {
            for evidence in finding.evidence {
                guard let time = evidence.time?.nanoseconds, time >= axis.start, time <= axis.end,
                    drawn < Self.maximumMarks
                else { continue }
                drawn += 1
                let words = "\(finding.rule) \(finding.verdict.word): \(evidence.observed)"
                text +=
                    "<circle class=\"\(finding.verdict.word)\" cx=\"\(axis.x(time))\" cy=\"\(Self.findings)\" r=\"5\">"
                text += "<title>\(MarkupText.escaped(words))</title></circle>\n"
            }
        }
        return text
    }
}
