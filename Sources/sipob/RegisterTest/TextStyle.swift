import OutboundKit

/// Width and colour of the report.
struct TextStyle {
    let isColored: Bool
    /// Columns to fill.
    let width: Int

    init(isColored: Bool, columns: Int) {
        self.isColored = isColored
        width = min(max(columns, 60), 110)
    }

    func bold(_ text: String) -> String { colored(text, "1") }

    func green(_ text: String) -> String { colored(text, "32") }

    /// The status line in the colour of its class.
    func status(_ message: SIPMessage) -> String {
        let code =
            switch message.statusCode {
            case ..<200: "36"
            case ..<300: "32"
            case 401, 407: "36"
            case ..<400: "33"
            default: "31"
            }
        return colored(message.startLine, code)
    }

    func verdict(_ verdict: Verdict) -> String {
        let word = verdict.word.uppercased()
        return switch verdict {
        case .fail: colored(word, "1;31")
        case .warn: colored(word, "1;33")
        case .pass: colored(word, "32")
        case .unknown: colored(word, "36")
        case .info, .skipped: word
        }
    }

    /// A fact, and its meaning behind it where there is room, else below it.
    func point(_ point: Point, indent: Int) -> String {
        let inner = indent + point.fact.prefix { $0 == " " }.count
        guard let meaning = point.meaning else { return wrapped(point.fact, indent: inner) }
        let single = "\(point.fact)  - \(meaning)"
        if indent + single.count <= width { return String(repeating: " ", count: indent) + single }
        return wrapped(point.fact, indent: inner) + "\n" + wrapped("- \(meaning)", indent: inner + 4)
    }

    /// Breaks at blanks; a word that is longer than a line stays whole.
    func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(margin + line)
        return lines.joined(separator: "\n")
    }

    private func colored(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// A short time for people: `0.4 ms`, `1.250 s`.
    static func time(_ duration: Duration) -> String {
        let nanoseconds = duration.inNanoseconds
        return nanoseconds < 1_000_000_000
            ? DecimalSeconds.text(nanoseconds.multipliedReportingOverflow(by: 1000).partialValue, places: 1) + " ms"
            : DecimalSeconds.text(nanoseconds, places: 3) + " s"
    }
}
