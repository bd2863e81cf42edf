/// The moments of one flow as lines of text: when, which packet, who, what. What repeats while all is well is folded.
struct TimelineText {
    /// So many keep-alives in a row, in time and answered, are worth one line.
    private static let leastFolded = 4

    private let flow: FlowSummary
    private let moments: [FlowMoment]
    private let timeline: FlowTimeline
    /// Every moment has a line.
    private let isFull: Bool

    init(_ flow: FlowSummary, _ timeline: FlowTimeline, isFull: Bool) {
        self.flow = flow
        self.timeline = timeline
        self.isFull = isFull
        moments = timeline.sorted
    }

    /// Without line ends; empty for a flow without moments.
    var lines: [String] {
        guard let first = moments.first else { return [] }
        var lines: [String] = []
        var index = 0
        // Keep-alives without their answer yet, and when the last of them was sent.
        var open = 0
        var sent: Int64 = 0
        var hasPinged = false
        var day = Self.date(first)
        while index < moments.count {
            let fold = isFull ? Fold() : Fold(moments[index...], isFirst: !hasPinged)
            if fold.pings >= Self.leastFolded {
                lines.append(Self.margin + fold.words)
                index += fold.moments
                hasPinged = true
                continue
            }
            let moment = moments[index]
            let date = Self.date(moment)
            if date != day { lines.append(date) }
            day = date
            var words = moment.words(keepAlive: flow.keepAlive, isFirst: !hasPinged)
            switch moment.kind {
            case .ping, .latePing:
                open += 1
                sent = moment.time
                hasPinged = true
            case .pong, .latePong:
                // Of several the oldest is answered; how long that took cannot be told from here.
                if open == 1 { words += " after \(Self.delay(moment.time - sent))" }
                open = max(0, open - 1)
            case .registered where moment.limit > 0:
                words += "; keep-alives are due within \(seconds(Int64(moment.limit) * 1_000_000))"
            case .failed:
                words = "the flow has failed: \(words)"
                open = 0
            default: break
            }
            lines.append(line(moment, words, from: first.time))
            index += 1
        }
        return lines + notes
    }

    private var notes: [String] {
        var notes: [String] = []
        if timeline.stride > 1 { notes.append("of keep-alives in time, one in \(timeline.stride) is shown") }
        if timeline.leftOut > 0 { notes.append("\(counted(timeline.leftOut, "later moment")) had no room") }
        return notes.map { Self.margin + "(\($0))" }
    }

    // MARK: One line

    private static func date(_ moment: FlowMoment) -> String {
        Timestamp(nanoseconds: moment.time).description.prefix(10) + ", UTC"
    }

    /// As wide as time, offset, packet and arrow.
    private static let margin = String(repeating: " ", count: 40)

    private func line(_ moment: FlowMoment, _ words: String, from start: Int64) -> String {
        let clock = Timestamp(nanoseconds: moment.time).description.dropFirst(11).prefix(12)
        let offset = DecimalSeconds.text(moment.time - start, places: 3)
        let packet = moment.frame > 0 ? "#\(moment.frame)" : ""
        return clock + Self.right(offset, 11) + " s  " + Self.left(packet, 10) + Self.arrow(moment.kind) + " " + words
    }

    private static func arrow(_ kind: FlowMoment.Kind) -> String {
        switch kind {
        case .register, .ping, .latePing, .crlfDatagram, .clientMessage, .closedByClient, .resetByClient: "->"
        case .registered, .unregistered, .refused, .pong, .latePong, .serverMessage, .closedByServer, .resetByServer,
            .connectionRefused, .handshakeRefused, .mappedChange, .icmpError:
            "<-"
        case .failed, .gap, .frameFault: "**"
        }
    }

    private static func delay(_ nanoseconds: Int64) -> String {
        nanoseconds < .second ? DecimalSeconds.text(nanoseconds * 1000, places: 1) + " ms" : seconds(nanoseconds)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Keep-alives from some moment on of which none was late, each with its answer, before anything else happened.
private struct Fold {
    private(set) var pings = 0
    /// Moments that it stands for.
    private(set) var moments = 0
    /// All of them were owed; else nobody can say that they came in time.
    private var wereOwed = true
    private var shortest = UInt32.max
    private var longest: UInt32 = 0

    init() {}

    /// - Parameter isFirst: no keep-alive was sent before; what the first one has is the time since the 2xx.
    init(_ row: ArraySlice<FlowMoment>, isFirst: Bool) {
        var at = row.startIndex
        while at + 1 < row.endIndex, row[at].kind == .ping, row[at + 1].kind == .pong {
            pings += 1
            if row[at].limit == 0 { wereOwed = false }
            if row[at].value > 0, !(isFirst && at == row.startIndex) {
                shortest = min(shortest, row[at].value)
                longest = max(longest, row[at].value)
            }
            at += 2
        }
        moments = at - row.startIndex
    }

    var words: String {
        var text = "… \(counted(pings, "keep-alive"))\(wereOwed ? " in time" : ""), each answered"
        if shortest <= longest {
            text += ", \(seconds(Int64(shortest) * 1_000_000)) to \(seconds(Int64(longest) * 1_000_000)) apart"
        }
        return text + "; -v shows them"
    }
}
