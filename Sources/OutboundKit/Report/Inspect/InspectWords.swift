/// Lines that several formats share.
enum InspectWords {
    /// Each malformed piece with its place.
    static func malformed(_ entry: InspectReport.Entry) -> [(place: String, text: String)] {
        entry.inspection.malformed.map { piece in
            let place = entry.place(line: piece.line, column: piece.column)
            let expected = piece.expected.map { "; expected: \($0) (\(piece.section ?? ""))" } ?? ""
            return (place, "\(place): \(piece.message): \(piece.observed)\(expected)")
        }
    }

    /// A finding line by line.
    static func details(_ finding: Finding) -> [String] {
        var lines = ["\(finding.verdict.word): \(finding.message)"]
        if let row = finding.requirement.flatMap({ RequirementTable[$0] }) {
            lines.append("\(row.citation), \(row.levelText): \(row.sentence)")
        }
        for evidence in finding.evidence {
            lines.append("observed: " + evidence.observed)
            if let expected = evidence.expected { lines.append("expected: " + expected) }
        }
        if let advice = finding.advisedAction { lines.append("advice: " + advice) }
        return lines
    }
}
