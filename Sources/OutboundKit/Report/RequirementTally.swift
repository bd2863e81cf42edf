/// What was found, by requirement: the same fault of a thousand phones is one line here.
struct RequirementTally {
    struct Line {
        /// Of the first finding; unknowns of different reasons are one line.
        let verdict: Verdict
        /// nil for remarks that no requirement covers.
        let requirement: Requirement.ID?
        /// The requirement, or what stands behind a remark.
        let rule: String
        /// Flows, and other things that findings are about.
        var subjects = 0
        /// The one that stands first in the report, for an example.
        let example: String

        /// What the requirement asks, or what the diagnosis says.
        var sentence: String {
            requirement.flatMap { RequirementTable[$0] }?.sentence
                ?? DiagnosisTable[Diagnosis.ID(rule)]?.verdict ?? "-"
        }
        /// All but the sentence.
        var cells: [String] { [verdict.word, rule, "\(subjects)", example] }
    }

    private struct Key: Hashable {
        let rank: Int
        let rule: String
    }

    static let titles = ["found", "requirement", "flows", "such as", "what it asks"]

    /// Those with the worst verdict first, of these those that concern most. Passes and skips are left out.
    let lines: [Line]

    init(_ report: AuditReport) {
        var lines: [Key: Line] = [:]
        var last: [Key: String] = [:]
        for finding in report.findings where FlowStanding(finding.verdict) != nil {
            let key = Key(rank: finding.verdict.rank, rule: finding.rule)
            // Findings of one verdict on one subject stand together.
            guard last.updateValue(finding.subject, forKey: key) != finding.subject else { continue }
            lines[
                key,
                default: Line(
                    verdict: finding.verdict, requirement: finding.requirement, rule: finding.rule,
                    example: finding.subject)
            ].subjects += 1
        }
        self.lines = lines.values.sorted {
            ($0.verdict.rank, -$0.subjects, $0.rule) < ($1.verdict.rank, -$1.subjects, $1.rule)
        }
    }
}
