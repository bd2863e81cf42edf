/// Rows of OB-REC on single waits, and what they share.
extension OB_REC {
    /// OB-REC-008: a flow is a success only when one of its keep-alives was answered.
    struct SuccessNeedsAnswer: BindingRule {
        let requirement: Requirement.ID = "OB-REC-008"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound else { return }
            let waits = binding.waits.filter(\.neverAnswered)
            guard let first = waits.first else { return }
            let loop = waits.filter { $0.length < 15 * .second }
            if loop.count >= 2 {
                out.add(
                    .fail(
                        requirement, subject: loop[0].flow.description,
                        message:
                            "Register, no answer to a keep-alive, register again: \(counted(loop.count, "time")) after less than 15 s.",
                        evidence: OB_REC.evidence(loop[0], expected: "growing waits: 30 to 60 s, 1 to 2 min, …"),
                        loop.dropFirst().map { OB_REC.evidence($0, expected: nil) }))
                return
            }
            let short = waits.filter { OB_REC.isShort($0, scope.settings) }
            if let worst = short.first {
                OB_REC.report(
                    requirement, worst, short, scope.settings, &out,
                    message:
                        "A flow on which no keep-alive was ever answered counts as one more failure; the client tried again too soon."
                )
            } else if let early = resetAfterGoodFlow(binding, scope.settings) {
                out.add(
                    .warn(
                        requirement, subject: early.flow.description,
                        message:
                            "The client counted the loss of its first flow as a failure (its wait fits 30 to 60 s), yet not the flow after it, on which no keep-alive was answered: the wait did not grow.",
                        evidence: [OB_REC.evidence(early, expected: "60 to 120 s after two failures")],
                        advice: "A 200 alone must not reset the failure count; an answered keep-alive does."))
            } else {
                out.pass(requirement, first.flow, "The failure count went on growing.")
            }
        }

        /// After a good flow the count is 0, by the table of Appendix A, or 1 for a client that counts the loss itself.
        /// Which one this client uses shows in its first wait; the second must then be the next step.
        private func resetAfterGoodFlow(_ binding: BindingCase, _ settings: AuditSettings) -> BindingCase.Wait? {
            for (before, after) in zip(binding.waits, binding.waits.dropFirst())
            where before.failures == 0 && after.neverAnswered && after.failures == 1 {
                let one = OB_REC.upperBound(1, high: before.othersAlive, settings)
                let two = OB_REC.upperBound(2, high: after.othersAlive, settings)
                let slack = settings.tolerances.backOff.around(two / 2)
                if before.length >= one / 2, before.length <= one, after.length < two / 2 - slack { return after }
            }
            return nil
        }
    }

    /// OB-UA-012 and OB-REC-009: Retry-After of a 503 is kept. Of a 500 it says when the client may try again (RFC 3261
    /// §21.5.1), in words that bind less.
    struct KeepsRetryAfter: BindingRule {
        let requirement: Requirement.ID = "OB-UA-012"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            let asked = binding.waits.filter { ($0.retryAfter ?? 0) > 0 }
            guard let first = asked.first else { return judgeRestart(binding, &out) }
            let early = asked.filter(Self.isEarly)
            guard let wait = early.first(where: { $0.status == 503 }) ?? early.first else {
                return out.pass(requirement, first.flow, "The Retry-After was kept.")
            }
            let status = wait.status ?? 503
            let message = "The client tried again before the Retry-After of a \(status) had passed."
            let evidence = OB_REC.evidence(wait, expected: "at least \(seconds(wait.retryAfter ?? 0))")
            let subject = wait.flow.description
            out.add(
                status == 503
                    ? .fail(requirement, subject: subject, message: message, evidence: evidence)
                    : .warn(requirement, subject: subject, message: message, evidence: [evidence]))
        }

        private static func isEarly(_ wait: BindingCase.Wait) -> Bool {
            wait.length < (wait.retryAfter ?? 0) - .second / 2
        }

        private func judgeRestart(_ binding: BindingCase, _ out: inout FindingList) {
            guard let restart = binding.restarts.first(where: Self.isEarly) else { return }
            out.add(
                .unknown(
                    requirement, .side, subject: restart.flow.description, message: OB_REC.words(ofRestart: restart)))
        }
    }

    static func isShort(_ wait: BindingCase.Wait, _ settings: AuditSettings) -> Bool {
        guard wait.failures > 0, wait.retryAfter == nil || wait.retryAfter != 0 else { return false }
        let least = upperBound(wait.failures, high: wait.othersAlive, settings) / 2
        return wait.length < least - settings.tolerances.backOff.around(least)
    }

    /// A start anew after the first failure of all, before any retry.
    static func firstRestart(of binding: BindingCase) -> BindingCase.Wait? {
        guard let restart = binding.restarts.first, restart.failures == 1, restart.retryAfter == nil,
            restart.attemptedAt <= binding.waits.first?.attemptedAt ?? .max
        else { return nil }
        return restart
    }

    static func words(ofRestart restart: BindingCase.Wait) -> String {
        "\(seconds(restart.length)) after a failure a REGISTER came with another Call-ID: the phone may have been started anew, which is no retry."
    }

    /// The first retry of all, sooner than any default allows.
    static func isFirst(_ wait: BindingCase.Wait, in binding: BindingCase, _ settings: AuditSettings) -> Bool {
        binding.waits.first?.attemptedAt == wait.attemptedAt && wait.failures == 1 && !wait.neverAnswered
            && wait.retryAfter == nil && wait.length < settings.lowBase - .second
    }

    static func evidence(_ wait: BindingCase.Wait, expected: String?) -> Evidence {
        Evidence(
            time: Timestamp(nanoseconds: wait.attemptedAt), frame: wait.attemptFrame > 0 ? wait.attemptFrame : nil,
            observed: "\(seconds(wait.length)) after failure \(wait.failures)"
                + (wait.othersAlive ? ", another flow alive" : ""),
            expected: expected)
    }

    /// A wait below 50 % of W: a violation where the client's recovery times are known, else a warning.
    static func report(
        _ requirement: Requirement.ID, _ first: BindingCase.Wait, _ all: [BindingCase.Wait], _ settings: AuditSettings,
        _ out: inout FindingList, message: String
    ) {
        func shown(_ wait: BindingCase.Wait) -> Evidence {
            evidence(
                wait, expected: "at least \(seconds(upperBound(wait.failures, high: wait.othersAlive, settings) / 2))")
        }
        let advice =
            "The wait is 50 to 100 % of min(\(settings.maximumWait / .second), base · 2^failures) seconds, base \(settings.lowBase / .second) when all flows failed, else \(settings.highBase / .second)."
        if settings.recoveryTimesAreKnown {
            out.add(
                .fail(
                    requirement, subject: first.flow.description, message: message, evidence: shown(first),
                    all.dropFirst().prefix(3).map(shown), advice: advice))
        } else {
            out.add(
                .warn(
                    requirement, subject: first.flow.description,
                    message: message + " (Judged by the RFC's default times, which may be configured.)",
                    evidence: all.prefix(4).map(shown), advice: advice))
        }
    }
}
