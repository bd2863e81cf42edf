import OutboundKit

/// Explanations as text for a person: a heading, sentences, and labelled paragraphs with a hanging indent.
struct ExplainText {
    private let width: Int
    private let colored: Bool
    private var text = ""
    private var isFirst = true

    /// - Parameter width: columns of the output; kept between 40 and 100, where lines are good to read.
    init(width: Int, colored: Bool) {
        self.width = min(max(width, 40), 100)
        self.colored = colored
    }

    var bytes: [UInt8] { Array(text.utf8) }

    /// One line: the name and what it is about. Not wrapped, so that it can be searched.
    mutating func line(_ entry: RulebookEntry) {
        let (name, summary) = Self.summary(entry)
        let padding = String(repeating: " ", count: max(2, 21 - name.count))
        text += emphasized(name) + padding + summary + "\n"
    }

    private static func summary(_ entry: RulebookEntry) -> (name: String, summary: String) {
        switch entry {
        case .requirement(let row): (row.id.text, "\(row.levelText), \(row.binds): \(row.sentence)")
        case .diagnosis(let row): (row.id.text, "\(row.symptom): \(row.verdict)")
        case .explanation(let row): (row.id, row.title)
        }
    }

    /// All that is known. `verbose` also tells in full what is otherwise only named.
    mutating func full(_ entry: RulebookEntry, verbose: Bool) {
        if !isFirst { text += "\n" }
        isFirst = false
        switch entry {
        case .requirement(let row): requirement(row, verbose: verbose)
        case .diagnosis(let row): diagnosis(row)
        case .explanation(let row): explanation(row, verbose: verbose)
        }
    }

    private mutating func requirement(_ row: Requirement, verbose: Bool) {
        heading(row.id.text, "\(row.levelText), binds \(row.binds), \(row.citation)")
        paragraph(row.sentence, indent: 2)
        text += "\n"
        field("Level", row.level.explanation)
        if !row.sourceChecked {
            field("Note", "This row was not compared with the RFC's own text; look there before you act on it.")
        }
        field("Provoked by", row.activeCheck.isEmpty ? "nothing that sipob could send." : row.activeCheck)
        field("Seen as", row.passiveCheck.isEmpty ? "nothing that a capture could show." : row.passiveCheck)
        field("Checked by", CoverageTable[row.id]?.words.joined(separator: ", ") ?? "")
        let behind = DiagnosisTable.behind(row.id).compactMap { DiagnosisTable[$0] }
        guard !behind.isEmpty else { return }
        text += "\n  " + emphasized("Usual causes") + "\n"
        for cause in behind {
            paragraph("\(cause.id)  \(cause.symptom)", indent: 4, hanging: 6)
            field("Cause", cause.verdict, indent: 6)
            field("Advice", cause.advice, indent: 6)
            if verbose {
                field("Evidence", cause.evidence, indent: 6)
                if !cause.source.isEmpty { field("Seen in", cause.source, indent: 6) }
            }
        }
    }

    private mutating func diagnosis(_ row: Diagnosis) {
        heading(row.id.text, row.symptom)
        field("Evidence", row.evidence)
        field("Cause", row.verdict)
        field("Advice", row.advice)
        let commands = Sipob.available(row.commands)
        if !commands.isEmpty { field("Shown by", commands.map { "sipob " + $0 }.joined(separator: ", ")) }
        if !row.source.isEmpty { field("Seen in", row.source) }
        requirements(row.requirements)
    }

    private mutating func explanation(_ row: Explanation, verbose: Bool) {
        heading(row.title, row.section)
        paragraph(row.meaning, indent: 2)
        text += "\n"
        field("Goes wrong", row.usuallyWrong)
        field("What to do", row.whatToDo)
        requirements(row.requirements)
        for diagnosis in row.diagnoses.compactMap({ DiagnosisTable[$0] }) {
            paragraph("\(diagnosis.id)  \(diagnosis.symptom): \(diagnosis.verdict)", indent: 2, hanging: 14)
            if verbose { paragraph(diagnosis.advice, indent: 14) }
        }
    }

    private mutating func requirements(_ ids: [Requirement.ID]) {
        guard !ids.isEmpty else { return }
        text += "\n"
        for row in ids.compactMap({ RequirementTable[$0] }) {
            paragraph("\(row.id)  \(row.sentence)", indent: 2, hanging: 14)
        }
    }

    private mutating func heading(_ name: String, _ rest: String) {
        paragraph("\(name)  \(rest)", indent: 0, hanging: 2, emphasizing: name)
    }

    private mutating func field(_ label: String, _ value: String, indent: Int = 2) {
        let padding = String(repeating: " ", count: max(1, 12 - label.count))
        paragraph(label + padding + value, indent: indent, hanging: indent + 12)
    }

    /// Words of `content` in lines of at most `width` columns; a word longer than that stays whole. Runs of blanks
    /// at the start of a label are kept, since only single blanks are break points.
    private mutating func paragraph(
        _ content: String, indent: Int, hanging: Int? = nil, emphasizing name: String? = nil
    ) {
        var line = String(repeating: " ", count: indent)
        var used = indent
        var isEmpty = true
        var lines = ""
        for word in content.split(separator: " ", omittingEmptySubsequences: false) {
            if !isEmpty, !word.isEmpty, used + 1 + word.count > width {
                while line.hasSuffix(" ") { line.removeLast() }
                lines += line + "\n"
                line = String(repeating: " ", count: hanging ?? indent)
                used = hanging ?? indent
                isEmpty = true
            }
            if !isEmpty {
                line += " "
                used += 1
            }
            line += word
            used += word.count
            isEmpty = false
        }
        lines += line + "\n"
        if let name, lines.hasPrefix(name) { lines = emphasized(name) + lines.dropFirst(name.count) }
        text += lines
    }

    private func emphasized(_ name: String) -> String { colored ? "\u{1B}[1m\(name)\u{1B}[0m" : name }
}
