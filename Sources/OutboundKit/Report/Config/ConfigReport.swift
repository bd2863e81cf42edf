/// What config-check found in one configuration, or in an edge's and a registrar's.
public struct ConfigReport: Sendable {
    public let verdicts: [ConfigVerdict]
    /// Whether a warning counts as a violation.
    public let isStrict: Bool

    public init(_ verdicts: [ConfigVerdict], isStrict: Bool) {
        self.verdicts = verdicts
        self.isStrict = isStrict
    }

    public var findings: [ConfigFinding] { verdicts.flatMap(\.findings) }

    public func isViolation(_ finding: ConfigFinding) -> Bool {
        finding.verdict == .fail || isStrict && finding.verdict == .warn
    }

    public var counts: VerdictCounts {
        var counts = VerdictCounts()
        for finding in findings { counts.count(finding.verdict) }
        return counts
    }

    public var exitCode: Int32 { findings.contains(where: isViolation) ? 1 : 0 }

    public var exitReason: String {
        guard exitCode != 0 else { return "ok" }
        return counts.fail > 0 ? "fail" : "warn"
    }

    /// `2 fail, 1 warn, 0 unknown, 3 info`.
    var totals: String {
        let counts = counts
        return "\(counts.fail) fail, \(counts.warn) warn, \(counts.unknown) unknown, \(counts.info) info"
    }
}

extension ConfigFinding {
    /// Why it matters: the sentence of the rulebook's sources.
    var sources: String {
        let section = requirement.flatMap { RequirementTable[$0] }?.citation
        let manual = DiagnosisTable[rule]?.source ?? ""
        return [section, manual.isEmpty ? nil : manual].compactMap { $0 }.joined(separator: "; ")
    }
}
