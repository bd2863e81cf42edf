/// One result in words.
public enum SuiteWords {
    /// The findings that made the verdict.
    public static func decisive(_ result: CaseResult) -> [Finding] {
        result.findings.filter { $0.verdict.rank <= max(result.verdict.rank, 1) && $0.verdict != .pass }
    }

    public static func headline(_ result: CaseResult) -> String {
        decisive(result).first?.message ?? result.testCase.title
    }

    /// Requirement, what was seen and expected, what to do; line by line.
    public static func details(_ result: CaseResult) -> [String] {
        decisive(result).flatMap { finding -> [String] in
            let row = finding.requirement.flatMap { RequirementTable[$0] }
            var head = "\(finding.verdictWords): \(finding.message)"
            if let row { head += " [\(row.id), \(row.citation), \(row.levelText)]" }
            var lines = [head]
            for evidence in finding.evidence {
                lines.append("observed: " + evidence.observed)
                if let expected = evidence.expected { lines.append("expected: " + expected) }
            }
            if let advice = finding.advisedAction {
                lines.append("what to do\(finding.diagnosis.map { " (\($0))" } ?? ""): " + advice)
            }
            return lines
        }
    }
}
