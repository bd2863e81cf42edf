import OutboundKit

/// The readable report: what was measured, then the verdicts.
struct FlowTimerText {
    let outcome: FlowTimerOutcome
    let report: SuiteReport
    let style: TextStyle

    var headline: String {
        // What keeps flows from being watched is no word on Flow-Timer.
        switch outcome.trouble {
        case .unframed, .webSocket, .notBound, .elsewhere: return "The flows were not watched."
        case .unreachable, .noAnswer, .unfinished, .noCredentials, .refused, .interrupted, nil: break
        }
        if !report.violations.isEmpty { return "Flow-Timer is not honoured." }
        if outcome.results.contains(where: { $0.verdict.word == "unknown" }) {
            return "Nothing is violated as far as can be told."
        }
        if outcome.announced == nil, outcome.flows.allSatisfy({ $0.announced == nil }) {
            return "No Flow-Timer is announced, and nothing is violated."
        }
        // Headers alone were compared.
        return outcome.flows.isEmpty
            ? "Flow-Timer is announced in order; whether it is honoured was not watched (--quick)."
            : "Flow-Timer is honoured."
    }

    func lines() -> [String] {
        var lines: [String] = []
        if !outcome.flows.isEmpty {
            lines.append("")
            lines.append(style.bold("Measured"))
            for flow in outcome.flows { lines.append(style.wrapped(measured(flow), indent: 2)) }
        }
        lines.append("")
        for result in outcome.results {
            lines.append("  \(style.verdict(result.verdict))  \(result.testCase.title)")
            let details = result.verdict == .pass ? passes(result) : SuiteWords.details(result)
            for line in details { lines.append(style.wrapped(Redaction.visible(line), indent: 8)) }
        }
        lines.append("")
        lines.append(style.bold(headline))
        return lines
    }

    private func passes(_ result: CaseResult) -> [String] {
        result.findings.filter { $0.verdict == .pass || $0.verdict == .info }.flatMap { finding in
            [finding.message] + [finding.verdict == .info ? finding.advice : nil].compactMap { $0 }
        }
    }

    private func measured(_ flow: FlowLifetime) -> String {
        let role =
            switch flow.role {
            case .kept: "kept alive"
            case .pingedOnce: "pinged once, then silent"
            case .idle: "silent"
            }
        var text = "reg-id \(flow.regID), \(role): "
        if flow.isPingClosed {
            text += "closed by the server at its keep-alive, \(Self.seconds(flow.age)) s after it came up"
        } else if let lifetime = flow.lifetime {
            text += "closed by the server after \(Self.seconds(lifetime)) s of silence"
        } else {
            text +=
                "still up after \(Self.seconds(flow.age)) s, the last \(Self.seconds(flow.silence)) s of them silent"
        }
        if flow.announced != outcome.announced {
            text += "; its Flow-Timer is \(flow.announced.map { FlowTimer.words($0) } ?? "none")"
        }
        if flow.pings > 0 {
            text += "; \(flow.answers.count) of \(counted(flow.pings, "keep-alive")) answered"
            if let slowest = flow.answers.max() { text += ", the slowest in \(TextStyle.time(slowest))" }
        }
        return text
    }

    private static func seconds(_ duration: Duration) -> String {
        DecimalSeconds.text(duration.inNanoseconds, places: 1)
    }
}
