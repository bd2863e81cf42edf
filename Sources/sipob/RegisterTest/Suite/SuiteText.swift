import OutboundKit

/// The readable report of a suite, in the manner of h2spec: a group, its cases with a tick or a cross, and below a case
/// that did not pass what was expected and what was seen.
struct SuiteText: Sendable {
    let style: TextStyle
    let verbose: Bool

    func head(_ plan: SuitePlan, _ cases: Int) -> [String] {
        let servers = plan.targets.map { "\($0.address) (\($0.transport))" }.joined(separator: ", ")
        var lines = ["\(counted(cases, "case")) against \(servers) as \(plan.user.addressOfRecord)"]
        if plan.hasOwnCore { lines.append("Calls come in at \(plan.core.address) (\(plan.core.transport)).") }
        return lines
    }

    func survey(_ survey: Survey) -> [String] {
        var facts = [survey.isOutbound ? "outbound granted" : "outbound NOT granted"]
        if let timer = survey.flowTimer { facts.append("Flow-Timer \(FlowTimer.words(timer))") }
        if survey.hasToken { facts.append("flow token in Path\(survey.pathHasOb ? " with ob" : " without ob")") }
        if survey.isChallenged { facts.append("digest") }
        if survey.givesGRUU { facts.append("GRUU") }
        if survey.isBehindNAT == true { facts.append("behind a NAT") }
        var lines = ["Registered: \(Redaction.visible(survey.answer)); \(facts.joined(separator: ", "))."]
        if !survey.software.isEmpty { lines.append("The server is \(Redaction.visible(survey.software)).") }
        if survey.staleContacts > 0 {
            lines.append("Bindings that an earlier run had left were removed: \(survey.staleContacts).")
        }
        if survey.foreignContacts > 0 {
            lines.append("Other devices of this address-of-record are registered: \(survey.foreignContacts).")
        }
        return lines.map { style.wrapped($0, indent: 0) }
    }

    func group(_ group: CaseGroup) -> [String] { ["", style.bold(group.title)] }

    func result(_ result: CaseResult) -> [String] {
        var line = "  \(mark(result.verdict)) \(result.testCase.title)"
        if let reason = result.reason, !isUnjudged(result) { line += " - \(reason)" }
        var lines = [line]
        let id = "      \(result.testCase.id) (\(TextStyle.time(result.duration)))"
        switch result.verdict {
        case .pass: if verbose { lines.append(id) }
        case .skipped(let why): lines.append(style.wrapped("skipped: \(Redaction.visible(why))", indent: 6))
        case .fail, .warn, .unknown, .info:
            lines.append(id)
            lines += details(result)
        }
        for left in result.leftBehind { lines.append(style.wrapped("left behind: \(left)", indent: 6)) }
        return lines
    }

    private func isUnjudged(_ result: CaseResult) -> Bool { result.reason != nil }

    private func details(_ result: CaseResult) -> [String] {
        SuiteWords.details(result).map { style.wrapped(Redaction.visible($0), indent: 6) }
    }

    private func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .pass: style.green("✔")
        case .fail: style.verdict(verdict) + " ✖"
        case .warn: style.verdict(verdict)
        case .unknown: style.verdict(verdict)
        case .info: "ℹ"
        case .skipped: "-"
        }
    }

    /// The failures again, then the totals.
    func end(_ report: SuiteReport) -> [String] {
        var lines: [String] = []
        if !report.violations.isEmpty {
            let words = report.policy == nil ? "Failed" : "Worse than the policy"
            lines += ["", style.bold("\(words): \(report.violations.count)")]
            for result in report.violations {
                lines.append("  \(result.testCase.id)")
                lines.append(style.wrapped(Redaction.visible(SuiteWords.headline(result)), indent: 6))
            }
        }
        lines.append("")
        let took = report.outcome.results.reduce(Duration.zero) { $0 + $1.duration }
        lines.append(style.bold("\(report.totals); \(DecimalSeconds.text(took.inNanoseconds, places: 1)) s."))
        return lines
    }
}
