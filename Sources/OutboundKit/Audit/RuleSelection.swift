/// Which findings to make, by globs over what they go by (`Finding.rule`): `OB-KA-*`, `OB-FT-004`, `DX-REG-20`, `*`.
public struct RuleSelection: Sendable {
    private let only: [String]
    private let skip: [String]
    /// Whether some of the remarks that no requirement covers are wanted.
    let includesRemarks: Bool

    /// What such remarks go by. Other diagnoses are causes that the findings of a requirement name.
    public static let remarks: [Diagnosis.ID] =
        (Unregistered.diagnoses + RefusedConnections.diagnoses + ForgottenMappings.diagnoses + FleetRules.diagnoses)
        .sorted()

    public init(only: [String] = [], skip: [String] = []) {
        self.only = only
        self.skip = skip
        includesRemarks = only.isEmpty || Self.remarks.contains { Self.matches($0.text, only) }
    }

    public func includes(_ requirement: Requirement.ID) -> Bool { includes(rule: requirement.text) }

    public func includes(remark diagnosis: Diagnosis.ID) -> Bool { includes(rule: diagnosis.text) }

    func includes(_ finding: Finding) -> Bool { includes(rule: finding.rule) }

    private func includes(rule: String) -> Bool {
        (only.isEmpty || Self.matches(rule, only)) && !Self.matches(rule, skip)
    }

    private static func matches(_ rule: String, _ patterns: [String]) -> Bool {
        patterns.contains { Glob.matches(rule, pattern: $0) }
    }

    /// The requirements that an audit with this selection judges.
    /// - Parameter withExchanges: single registrations are judged too.
    public func judged(withExchanges: Bool) -> [Requirement.ID] {
        (Judge.requirements
            + (withExchanges
                ? Judge.exchangeRequirements + Judge.deviceRequirements + Judge.serverRequirements
                    + [Judge.tokenRequirement] : []))
            .filter { includes($0) }
    }

    /// The patterns among `patterns` that no auditable requirement matches, and no diagnosis of a remark.
    /// - Parameter withExchanges: single registrations are judged too.
    public static func unmatched(_ patterns: [String], withExchanges: Bool = false) -> [String] {
        let known = RuleSelection().judged(withExchanges: withExchanges).map(\.text) + remarks.map(\.text)
        return patterns.filter { pattern in !known.contains { Glob.matches($0, pattern: pattern) } }
    }
}
