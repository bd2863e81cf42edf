import OutboundKit

/// Inspections for a person: each message with its first line, what it says, what is wrong, what an edge does with it.
struct InspectText {
    let style: TextStyle
    let isVerbose: Bool
    let isQuiet: Bool
    /// The column at which values begin.
    private static let margin = 15

    func text(_ report: InspectReport) -> String {
        var lines: [String] = []
        for entry in report.entries {
            if isQuiet {
                lines.append(verdictLine(entry, report))
            } else {
                lines += message(entry, report)
                lines.append("")
            }
        }
        if !isQuiet {
            lines += report.notes.map { style.wrapped($0, indent: 0) }
            if !report.entries.isEmpty { lines.append(report.totals) }
        }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    /// One line a message: where, the verdict, the first line, and what each authority has an edge do.
    private func verdictLine(_ entry: InspectReport.Entry, _ report: InspectReport) -> String {
        let word = entry.inspection.isViolated(strict: report.isStrict) ? "violated" : "fine"
        let actions = entry.inspection.decisions.map { "\($0.authority.rawValue)=\($0.action?.rawValue ?? "open")" }
        return ([entry.inspection.subject, word] + actions).joined(separator: " ") + " " + entry.facts.startLine
    }

    private func message(_ entry: InspectReport.Entry, _ report: InspectReport) -> [String] {
        var lines = [style.bold("\(entry.inspection.subject): \(entry.facts.startLine)")]
        for repair in entry.origin.repairs { lines.append(style.wrapped("(\(repair.sentence))", indent: 2)) }
        lines += InspectFacts.rows(entry.facts).map { row($0.label, $0.value) }
        if !entry.inspection.malformed.isEmpty {
            lines += ["", "  " + style.bold("Malformed")]
            for piece in entry.inspection.malformed { lines += malformed(piece, entry) }
        }
        if entry.inspection.isIncomplete {
            lines.append(
                style.wrapped(
                    "Its end is missing, so nothing is decided or judged: what it lacks may have followed.", indent: 4))
        }
        if !entry.inspection.tokens.isEmpty {
            lines += ["", "  " + style.bold("Flow tokens")]
            for token in entry.inspection.tokens { lines += self.token(token, entry) }
        }
        if !entry.inspection.decisions.isEmpty {
            lines += ["", "  " + style.bold("Would an edge proxy apply outbound?")]
            if entry.inspection.malformed.contains(where: { !$0.isTolerated }) {
                lines.append(style.wrapped("A strict edge refuses it first: 400, since it is malformed.", indent: 4))
            }
            for words in entry.inspection.assumptions { lines.append(style.wrapped("Assumed: \(words).", indent: 4)) }
            for decision in entry.inspection.decisions { lines += self.decision(decision) }
            if entry.inspection.decisions.contains(where: { $0.open != nil }) {
                lines.append(style.wrapped("--from ADDRESS:PORT says where it came from.", indent: 4))
            }
            if let difference = entry.inspection.difference {
                lines.append(style.wrapped("They differ: \(difference).", indent: 4))
            }
        }
        if !entry.inspection.registrars.isEmpty {
            lines += ["", "  " + style.bold("What would a registrar with outbound answer?")]
            for view in entry.inspection.registrars {
                let fields = view.fields.map { ", " + $0 }.joined()
                lines.append(style.wrapped("\(view.way.words): \(view.status) \(view.reason)\(fields)", indent: 4))
                lines.append(style.wrapped("- \(view.meaning)", indent: 6))
            }
        }
        return lines + findings(entry)
    }

    private func row(_ label: String, _ value: String) -> String {
        let padding = String(repeating: " ", count: max(1, Self.margin - 2 - label.count))
        let wrapped = style.wrapped(Redaction.visible(value), indent: Self.margin)
        return "  " + label + padding + wrapped.dropFirst(Self.margin)
    }

    private func malformed(_ piece: MalformedPiece, _ entry: InspectReport.Entry) -> [String] {
        let what = piece.observed.isEmpty ? piece.message : "\(piece.message): \(piece.observed)"
        var lines = [style.wrapped("\(entry.place(line: piece.line, column: piece.column)): \(what)", indent: 4)]
        if let expected = piece.expected {
            let tolerated = piece.isTolerated ? "; most readers let it pass" : ""
            lines.append(style.wrapped("\(expected) (\(piece.section ?? "")\(tolerated))", indent: 6))
        }
        return lines
    }

    private func token(_ token: InspectedToken, _ entry: InspectReport.Entry) -> [String] {
        let head = "\(token.place.rawValue) at \(entry.place(line: token.line, column: token.column))"
        var report = TokenReport(verbose: isVerbose, colored: style.isColored)
        entry.inspection.message.withSpan { report.block($0, token.found, token.assessment, token.direction) }
        let block = String(decoding: report.bytes, as: UTF8.self).split(separator: "\n")
        return ["    " + head] + block.map { "      " + $0 }
    }

    private func decision(_ decision: OutboundDecision) -> [String] {
        let name = decision.authority == .rfc5626 ? "RFC 5626" : "Kamailio"
        let word = decision.isApplied.map { $0 ? "yes" : "no" } ?? "open"
        let sentence = decision.action.map { "the edge \($0.sentence)" } ?? decision.open ?? ""
        var lines = [style.wrapped("\(name): \(word); \(sentence)", indent: 4)]
        for step in decision.steps {
            let question = isVerbose ? "\(step.question) " : ""
            let source = decision.authority == .rfc5626 || isVerbose ? " (\(step.source))" : ""
            lines.append(style.wrapped("- \(question)\(step.answer)\(source)", indent: 6))
        }
        return lines
    }

    private func findings(_ entry: InspectReport.Entry) -> [String] {
        let shown =
            entry.notable.filter { isVerbose || $0.verdict.rank <= Verdict.unknown(.side).rank || isTelling($0) }
            + (isVerbose ? entry.inspection.findings.filter { $0.verdict == .pass } : [])
        guard !shown.isEmpty else { return [] }
        var lines = ["", "  " + style.bold("Requirements")]
        for finding in shown {
            let row = finding.requirement.flatMap { RequirementTable[$0] }
            let place = InspectPlace.line(of: finding, in: entry.inspection.message)
                .map {
                    " at \(entry.place(line: $0, column: 1).split(separator: ":").dropLast().joined(separator: ":"))"
                }
            let head = "\(finding.requirement?.text ?? "")\(place ?? "")"
            lines.append(
                "    \(style.verdict(finding.verdict)) \(head)  \(row?.citation ?? ""), \(row?.levelText ?? "")")
            lines.append(style.wrapped(Redaction.visible(finding.message), indent: 6))
            if case .unknown(let reason) = finding.verdict {
                lines.append(style.wrapped("unknown: \(reason.explanation)", indent: 6))
            }
            for piece in finding.evidence {
                lines.append(style.wrapped("seen: \(Redaction.visible(piece.observed))", indent: 6))
                if let expected = piece.expected {
                    lines.append(style.wrapped("expected: \(Redaction.visible(expected))", indent: 6))
                }
            }
            if let advice = finding.advice {
                lines.append(style.wrapped("-> \(finding.diagnosis.map { "[\($0)] " } ?? "")\(advice)", indent: 6))
            }
        }
        return lines
    }

    /// Information with a cause behind it; the rest, such as a token's layout, stands elsewhere already.
    private func isTelling(_ finding: Finding) -> Bool { finding.verdict == .info && finding.diagnosis != nil }
}
