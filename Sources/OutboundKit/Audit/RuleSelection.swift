/// Which requirements to judge, by glob: `OB-KA-*`, `OB-FT-004`, `*`.
public struct RuleSelection: Sendable {
    private let only: [String]
    private let skip: [String]

    public init(only: [String] = [], skip: [String] = []) {
        self.only = only
        self.skip = skip
    }

    public func includes(_ requirement: Requirement.ID) -> Bool {
        (only.isEmpty || only.contains { Glob.matches(requirement.text, pattern: $0) })
            && !skip.contains { Glob.matches(requirement.text, pattern: $0) }
    }

    /// Whether remarks that no requirement covers are wanted: not where requirements were asked for by name.
    var includesRemarks: Bool { only.isEmpty }

    /// The requirements that an audit with this selection judges.
    /// - Parameter withExchanges: single registrations are judged too.
    public func judged(withExchanges: Bool) -> [Requirement.ID] {
        (Judge.requirements
            + (withExchanges
                ? Judge.exchangeRequirements + Judge.deviceRequirements + Judge.serverRequirements
                    + [Judge.tokenRequirement] : []))
            .filter(includes)
    }

    /// The patterns among `patterns` that no auditable requirement matches.
    /// - Parameter withExchanges: single registrations are judged too.
    public static func unmatched(_ patterns: [String], withExchanges: Bool = false) -> [String] {
        let known = RuleSelection().judged(withExchanges: withExchanges)
        return patterns.filter { pattern in !known.contains { Glob.matches($0.text, pattern: pattern) } }
    }
}
