import OutboundKit

/// The end of the readable report: findings, the worst first, and the totals.
struct RegisterTestText {
    let record: RegistrationRecord
    let plan: RegisterTestPlan
    let findings: [Finding]
    let outcome: RegisterTestOutcome
    let style: TextStyle
    let verbose: Bool

    func lines() -> [String] {
        var lines: [String] = []
        let shown = findings.filter { finding in
            switch finding.verdict {
            case .fail, .warn, .info, .unknown: true
            case .pass: verbose
            case .skipped: false
            }
        }
        let sorted = shown.enumerated().sorted {
            ($0.element.verdict.rank, $0.offset) < ($1.element.verdict.rank, $1.offset)
        }
        if !sorted.isEmpty {
            lines.append("")
            lines.append(style.bold("Findings"))
            var told: Set<String> = []
            for (_, finding) in sorted {
                // One reason is told once, however many requirements it keeps from being judged.
                guard let why = Self.sameReason(finding) else {
                    lines += show(finding)
                    continue
                }
                guard told.insert(why).inserted else { continue }
                lines += show(sorted.map(\.element).filter { Self.sameReason($0) == why })
            }
        }
        let idle = Set(findings.filter { $0.verdict.word == "skipped" }.compactMap(\.requirement)).sorted()
        if verbose, !idle.isEmpty {
            let ids = idle.map(\.text).joined(separator: ", ")
            lines.append(style.wrapped("No occasion to judge: \(ids).", indent: 2))
        }
        lines.append("")
        lines += leftovers()
        // What could not be carried out is told once, on standard error.
        if outcome.complaint == nil { lines.append(style.bold(outcome.headline)) }
        if !findings.isEmpty { lines.append(totals) }
        return lines
    }

    /// For `--quiet`.
    var verdict: [String] { outcome.complaint == nil ? ["\(outcome.headline) \(totals)"] : [] }

    private var totals: String {
        let counts = VerdictCounts(findings)
        let judged = findings.count - counts.skipped
        return
            "\(counted(judged, "requirement")) judged: \(counts.pass) pass, \(counts.fail) fail, \(counts.warn) warn, "
            + "\(counts.info) info, \(counts.unknown) unknown; \(counts.skipped) without occasion."
    }

    /// What unknowns share that are told together; nil for what stands for itself.
    private static func sameReason(_ finding: Finding) -> String? {
        guard case .unknown(let reason) = finding.verdict, finding.evidence.isEmpty, finding.advice == nil,
            finding.diagnosis == nil
        else { return nil }
        return "\(reason.rawValue) \(finding.message)"
    }

    /// Findings with one reason.
    private func show(_ alike: [Finding]) -> [String] {
        guard alike.count > 1, let first = alike.first, case .unknown(let reason) = first.verdict else {
            return alike.flatMap(show)
        }
        let ids = Set(alike.compactMap(\.requirement)).sorted().map(\.text).joined(separator: ", ")
        return [
            "  \(style.verdict(first.verdict))  (\(alike.count) for one reason)", style.wrapped(ids, indent: 6),
            style.wrapped(Redaction.visible(first.message), indent: 6),
            style.wrapped("why unknown: \(reason.rawValue), \(reason.explanation)", indent: 6),
        ]
    }

    private func show(_ finding: Finding) -> [String] {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        var head = "  \(style.verdict(finding.verdict))"
        if let id = finding.requirement { head += "  \(id)" }
        if let row { head += "  (\(row.citation), \(row.levelText))" }
        var lines = [head, style.wrapped(Redaction.visible(finding.message), indent: 6)]
        for piece in finding.evidence {
            lines.append(style.wrapped("seen: \(Redaction.visible(piece.observed))", indent: 6))
            if let expected = piece.expected { lines.append(style.wrapped("expected: \(expected)", indent: 6)) }
        }
        if case .unknown(let reason) = finding.verdict {
            lines.append(style.wrapped("why unknown: \(reason.rawValue), \(reason.explanation)", indent: 6))
        }
        if let diagnosis = finding.diagnosis {
            lines.append(
                style.wrapped("\(diagnosis): \(finding.advice ?? "see sipob explain \(diagnosis)")", indent: 6))
        } else if let advice = finding.advice {
            lines.append(style.wrapped("what to do: \(advice)", indent: 6))
        }
        return lines
    }

    /// What the user should know of besides: bindings that stay, and what was left aside.
    private func leftovers() -> [String] {
        var lines: [String] = []
        if record.isKept, record.isUnbound {
            lines.append("There was no binding to keep (--keep-binding).")
        } else if record.isKept {
            lines.append("The binding is kept for up to \(grantedSeconds) s (--keep-binding).")
        } else if record.mayRemain {
            lines.append(
                "A binding of this test may remain for up to \(grantedSeconds) s: its removal was not confirmed.")
        } else if record.isStillListed {
            lines.append("The binding is still listed after its removal.")
        }
        let ignored = record.ignored.values.reduce(0, +)
        if ignored > 0 {
            let kinds = record.ignored.sorted { $0.value > $1.value }.map {
                "\($0.value) x \(IgnoredWords.text($0.key))"
            }
            lines.append(style.wrapped("Left aside: \(kinds.prefix(5).joined(separator: "; ")).", indent: 0))
        }
        return lines
    }

    private var grantedSeconds: UInt32 { record.bound?.grant.own?.expires ?? plan.expiresSeconds }
}
