/// The results of a conformance suite as the reports see them.
public struct SuiteReport: Sendable {
    public let outcome: SuiteOutcome
    public let addressOfRecord: SIPURI
    /// The servers as `127.0.0.1:5060 (tcp)`.
    public let servers: [String]
    /// The verdicts to compare with; nil judges by the requirements alone.
    public let policy: SuitePolicy?
    /// A broken SHOULD counts as well.
    public let isStrict: Bool
    /// Why not all of it was carried out, in words for a person; nil where it was.
    public let error: String?

    public init(
        _ outcome: SuiteOutcome, plan: SuitePlan, policy: SuitePolicy?, isStrict: Bool, error: String? = nil
    ) {
        self.outcome = outcome
        addressOfRecord = plan.user.addressOfRecord
        servers = plan.targets.map { "\($0.address) (\($0.transport))" }
        self.policy = policy
        self.isStrict = isStrict
        self.error = error
    }

    /// Of a run that did not begin, because a server was not found.
    public init(notBegun error: String, for addressOfRecord: SIPURI) {
        var outcome = SuiteOutcome()
        outcome.trouble = .unreachable(error)
        self.outcome = outcome
        self.addressOfRecord = addressOfRecord
        servers = []
        policy = nil
        isStrict = false
        self.error = error
    }

    /// Whether a result makes the run fail.
    public func isViolation(_ result: CaseResult) -> Bool {
        if let policy { return policy.isWorse(result) }
        switch result.verdict {
        case .fail: return true
        case .warn: return isStrict
        case .pass, .info, .unknown, .skipped: return false
        }
    }

    public var violations: [CaseResult] { outcome.results.filter(isViolation) }

    /// The results group by group, in the order in which they ran.
    public var groups: [(group: CaseGroup, results: [CaseResult])] {
        CaseGroup.allCases.compactMap { group in
            let results = outcome.results.filter { $0.testCase.group == group }
            return results.isEmpty ? nil : (group, results)
        }
    }

    /// The exit status (0, 1, 2 or 130) and one word for machines.
    public var exit: (code: Int32, reason: String) {
        switch outcome.trouble {
        case .interrupted: (130, "interrupted")
        case .unframed, .webSocket, .notBound, .elsewhere: (1, "fail")
        case .some: (2, "not-carried-out")
        case nil where !violations.isEmpty: (1, policy == nil ? "fail" : "worse-than-policy")
        case nil where outcome.results.allSatisfy { $0.reason != nil }: (2, "nothing-judged")
        case nil: (0, "pass")
        }
    }

    /// `12 cases: 9 pass, 1 fail, …`
    public var totals: String {
        let counts = outcome.counts
        return
            "\(counted(outcome.results.count, "case")): \(counts.pass) pass, \(counts.fail) fail, \(counts.warn) warn, "
            + "\(counts.info) info, \(counts.unknown) unknown, \(counts.skipped) skipped"
    }
}
