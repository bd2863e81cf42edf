import OutboundKit

/// The findings of a ping under its statistics, the worst first, and the line of totals.
struct FindingLines {
    let style: TextStyle
    /// Also what passed.
    let verbose: Bool

    func lines(_ findings: [Finding]) -> [String] {
        var lines: [String] = []
        let sorted = findings.enumerated().sorted {
            ($0.element.verdict.rank, $0.offset) < ($1.element.verdict.rank, $1.offset)
        }
        for (_, finding) in sorted {
            if !verbose, finding.verdict.rank > Verdict.unknown(.side).rank { continue }
            lines.append(
                "\(style.verdict(finding.verdict)) \(finding.requirement?.text ?? "") \(Redaction.visible(finding.message))"
            )
            for piece in finding.evidence where verbose || finding.verdict.rank <= Verdict.warn.rank {
                lines.append(style.wrapped("seen: \(Redaction.visible(piece.observed))", indent: 6))
                if let expected = piece.expected {
                    lines.append(style.wrapped("expected: \(Redaction.visible(expected))", indent: 6))
                }
            }
            let advice = finding.advice ?? finding.diagnosis.map { "see sipob explain \($0)" }
            if let advice {
                lines.append(style.wrapped((finding.diagnosis.map { "\($0): " } ?? "") + advice, indent: 6))
            }
        }
        let counts = VerdictCounts(findings)
        if !findings.isEmpty {
            lines.append(
                "\(counted(findings.count, "requirement")) judged: \(counts.pass) pass, \(counts.fail) fail, \(counts.warn) warn, "
                    + "\(counts.info) info, \(counts.unknown) unknown")
        }
        return lines
    }
}
