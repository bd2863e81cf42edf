/// A configuration's findings for a person: the worst first, each with its place, the line, what is wrong and what to write
/// instead.
public struct ConfigText: AuditDocument {
    public struct Options: Sendable {
        public var isColored = false
        /// Columns to fill.
        public var width = 100
        /// The symptom and the sources of each finding too.
        public var isVerbose = false
        /// The totals alone.
        public var isQuiet = false

        public init() {}
    }

    private let report: ConfigReport
    private let options: Options

    public init(_ report: ConfigReport, _ options: Options = Options()) {
        self.report = report
        self.options = options
    }

    public func write(to write: ([UInt8]) -> Void) {
        var text = ""
        if !options.isQuiet {
            for verdict in report.verdicts { text += self.text(verdict) }
        }
        let names = report.verdicts.map { MarkupText.singleLine($0.file) }.joined(separator: " and ")
        text += "\(names): \(colored(report.totals, report.exitCode == 0 ? "0" : "1;31"))\n"
        write(Array(text.utf8))
    }

    private func text(_ verdict: ConfigVerdict) -> String {
        let name = MarkupText.singleLine(verdict.file)
        let included = verdict.files.count - 1
        let more = included > 0 ? ", \(counted(included, "more file"))" : ""
        var text = wrapped(
            "\(name): taken for \(Self.words(verdict.role)), \(verdict.roleReason). "
                + "\(counted(verdict.modules, "module")), \(counted(verdict.routes, "route"))\(more).", indent: 0)
        if options.isColored, text.hasPrefix(name) { text = "\u{1B}[1m\(name)\u{1B}[0m" + text.dropFirst(name.count) }
        text += "\n"
        for finding in verdict.findings { text += self.text(finding) }
        if verdict.findings.isEmpty { text += "Nothing here stands in the way of outbound.\n\n" }
        return text
    }

    private static func words(_ role: ConfigRole) -> String {
        switch role {
        case .edge: "an edge proxy"
        case .registrar: "a registrar"
        case .both: "an edge proxy and registrar in one"
        case .neither: "neither edge proxy nor registrar"
        }
    }

    private func text(_ finding: ConfigFinding) -> String {
        let word = finding.verdict.word.uppercased()
        var text =
            colored(word, Self.color(finding.verdict))
            + "  \(MarkupText.singleLine(finding.subject))  [\(finding.rule)]\n"
        if let excerpt = finding.excerpt, !excerpt.isEmpty { text += "    | \(MarkupText.singleLine(excerpt))\n" }
        text += wrapped(MarkupText.singleLine(finding.message), indent: 4)
        if let advice = finding.advice, finding.verdict != .pass {
            text += wrapped("-> " + MarkupText.singleLine(advice), indent: 4)
        }
        if options.isVerbose {
            if let row = DiagnosisTable[finding.rule] { text += wrapped("seen as: \(row.symptom)", indent: 4) }
            if let requirement = finding.requirement { text += "    requirement: \(requirement)\n" }
            text += wrapped("see: \(finding.sources)", indent: 4)
        }
        return text + "\n"
    }

    private static func color(_ verdict: Verdict) -> String {
        switch verdict {
        case .fail: "1;31"
        case .warn: "1;33"
        case .unknown: "36"
        case .pass, .info, .skipped: "0"
        }
    }

    private func colored(_ text: String, _ code: String) -> String {
        options.isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines = ""
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > options.width {
                lines += margin + line + "\n"
                line = indent > 0 ? "  " : ""
            }
            line += (line.isEmpty || line == "  " ? "" : " ") + word
        }
        return lines + margin + line + "\n"
    }
}
