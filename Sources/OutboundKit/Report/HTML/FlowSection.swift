/// One flow in the page: who it is, its picture, and what was found on it.
struct FlowSection {
    /// Findings in full; what is beyond is counted.
    private static let maximumFindings = 40
    private static let maximumEvidence = 6

    let flow: FlowSummary
    let findings: [Finding]
    let timeline: FlowTimeline?
    /// The end of what was seen.
    let end: Int64

    var text: String {
        var text = "<section class=\"flow\" id=\"\(flow.id)\" aria-labelledby=\"\(flow.id)-head\">\n"
        text += "<h3 id=\"\(flow.id)-head\">\(flow.id) · \(flow.transport) · \(flow.client) → \(flow.server)"
        if let worst = findings.first?.verdict { text += " \(HTMLPage.badge(worst == .pass ? "ok" : worst.word))" }
        text += "</h3>\n" + facts
        if let timeline, let picture = TimelinePicture(flow, timeline, findings: findings, end: end) {
            text += picture.svg
            if let note = picture.note { text += "<p class=\"soft\">\(MarkupText.escaped(note)).</p>\n" }
        }
        let open = findings.filter { $0.verdict.rank <= 3 }
        for finding in open.prefix(Self.maximumFindings) { text += Self.article(finding) }
        if open.count > Self.maximumFindings {
            text += "<p>… and \(counted(open.count - Self.maximumFindings, "more finding")).</p>\n"
        }
        return text + kept + "</section>\n"
    }

    // MARK: Facts

    private var facts: String {
        var text = "<dl>\n"
        for line in FlowFacts(flow).lines {
            text += "<dt>\(line.name)</dt><dd>\(MarkupText.escaped(line.text))</dd>\n"
        }
        text += "<dt>tshark</dt><dd><code>\(MarkupText.escaped(flow.displayFilter))</code></dd>\n"
        return text + "</dl>\n"
    }

    // MARK: Findings

    /// One finding, with what it rests on and what to do.
    static func article(_ finding: Finding) -> String {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        var text =
            "<article>\n<p>\(HTMLPage.badge(finding.verdict.word)) <b>\(HTMLPage.prose(finding.message))</b></p>\n"
        if let row {
            text +=
                "<p class=\"soft\">\(row.id) · \(MarkupText.escaped(row.citation)) · \(MarkupText.escaped(row.levelText))</p>\n"
        } else if finding.diagnosis != nil {
            text += "<p class=\"soft\">\(finding.rule)</p>\n"
        }
        if case .unknown(let reason) = finding.verdict {
            text += "<p class=\"soft\">Unknown (\(reason.rawValue)): \(reason.explanation).</p>\n"
        }
        if !finding.evidence.isEmpty {
            text += "<ul class=\"evidence\">\n"
            for evidence in finding.evidence.prefix(Self.maximumEvidence) {
                text += "<li>" + Self.text(evidence) + "</li>\n"
            }
            if finding.evidence.count > Self.maximumEvidence {
                text += "<li>… and \(finding.evidence.count - Self.maximumEvidence) more</li>\n"
            }
            text += "</ul>\n"
        }
        if let advice = finding.advisedAction {
            let diagnosis = finding.diagnosis.map { " <span class=\"soft\">(\($0))</span>" } ?? ""
            text += "<p class=\"advice\">\(HTMLPage.prose(advice))\(diagnosis)</p>\n"
        }
        if let row {
            text += "<details><summary>What \(row.id) asks</summary><p>\(HTMLPage.prose(row.sentence))</p>"
            text +=
                "<p class=\"soft\">Binds: \(MarkupText.escaped(row.binds)). \(row.level.explanation)</p></details>\n"
        }
        return text + "</article>\n"
    }

    private static func text(_ evidence: Evidence) -> String {
        var text = HTMLPage.prose(evidence.observed)
        if let expected = evidence.expected { text += "; expected: \(HTMLPage.prose(expected))" }
        let place = [evidence.time?.description, evidence.frame.map { "packet \($0)" }].compactMap { $0 }
        if !place.isEmpty { text += " <span class=\"soft\">\(place.joined(separator: ", "))</span>" }
        return text
    }

    /// What was in order, folded away.
    private var kept: String {
        let passes = findings.filter { $0.verdict == .pass }
        guard !passes.isEmpty else { return "" }
        var text = "<details><summary>\(counted(passes.count, "requirement")) kept</summary><ul class=\"evidence\">\n"
        for pass in passes.prefix(Self.maximumFindings) {
            text += "<li>\(pass.requirement?.text ?? ""): \(HTMLPage.prose(pass.message))</li>\n"
        }
        if passes.count > Self.maximumFindings {
            text += "<li>… and \(passes.count - Self.maximumFindings) more</li>\n"
        }
        return text + "</ul></details>\n"
    }

    /// What the marks in the pictures mean.
    static let key = """
        <p class="key" aria-label="What the marks mean">
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><path class="register" d="M2 10 l5 -10 l5 10 z"/></svg> REGISTER</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><path class="registered" d="M2 0 l5 10 l5 -10 z"/></svg> 2xx</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><path class="refused" d="M2 0 l5 10 l5 -10 z"/></svg> other answer</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><rect class="due" width="14" height="10"/></svg> keep-alive due</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><line class="ping" x1="7" x2="7" y1="0" y2="10"/></svg> keep-alive</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><line class="pong" x1="7" x2="7" y1="0" y2="10"/></svg> its answer</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><rect class="late" width="14" height="10"/></svg> too late by so much</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><rect class="dead" width="14" height="10"/></svg> the flow has failed</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><circle class="fail" cx="7" cy="5" r="4"/></svg> evidence of a fail</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><circle class="warn" cx="7" cy="5" r="3.4"/></svg> of a warning</span>
        <span><svg viewBox="0 0 14 10" aria-hidden="true"><circle class="unknown" cx="7" cy="5" r="4"/></svg> of an unknown</span>
        </p>

        """
}
