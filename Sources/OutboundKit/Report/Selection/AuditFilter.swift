/// Which flows and findings a report is about, and which findings do not count any more.
public struct AuditFilter: Sendable {
    /// The least severe finding to list.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        case fail
        case warn
        case unknown
        case info

        /// As `Verdict.rank`: what ranks above it is not listed.
        var rank: Int {
            switch self {
            case .fail: Verdict.fail.rank
            case .warn: Verdict.warn.rank
            case .unknown: Verdict.unknown(.late).rank
            case .info: Verdict.info.rank
            }
        }
    }

    /// Only these flows; nil for all.
    public var flows: Set<FlowID>?
    /// nil lists passes too, where they were kept. It hides, and changes neither totals nor exit status.
    public var severity: Severity?
    /// What was found before does not count.
    public var baseline: Baseline?
    /// What was accepted does not count.
    public var suppressions: [Suppression] = []

    public init() {}

    /// Takes out of `findings` what does not count.
    func setAside(_ findings: inout [Finding], _ ledger: FlowLedger) -> SetAside {
        var aside = SetAside()
        guard baseline != nil || !suppressions.isEmpty else { return aside }
        let identity = FindingIdentity(ledger)
        var used = suppressions.map { _ in false }
        var candidates: [[String]: [Int]] = [:]
        findings.removeAll { finding in
            guard finding.verdict.rank <= Verdict.info.rank else { return false }
            if !suppressions.isEmpty {
                let names = [finding.rule] + (finding.diagnosis.map { [$0.text] } ?? [])
                if candidates[names] == nil {
                    candidates[names] = suppressions.indices.filter { names.contains(where: suppressions[$0].concerns) }
                }
                let hit = candidates[names]?.filter { suppressions[$0].covers(finding.subject, identity) } ?? []
                for index in hit { used[index] = true }
                if !hit.isEmpty {
                    aside.suppressed.count(finding.verdict)
                    return true
                }
            }
            guard let baseline else { return false }
            let fingerprint = identity.fingerprint(finding)
            guard baseline.knows(fingerprint, finding.verdict) else { return false }
            aside.known.count(finding.verdict)
            aside.knownFindings.append((fingerprint, finding.verdict))
            return true
        }
        aside.unused = suppressions.indices.filter { !used[$0] }.map { suppressions[$0] }
        return aside
    }
}

/// Findings that were made and do not count.
public struct SetAside: Sendable {
    public var suppressed = VerdictCounts()
    public var known = VerdictCounts()
    /// What makes up `known`: a report is the next one's baseline.
    public var knownFindings: [(fingerprint: String, verdict: Verdict)] = []
    /// Suppressions that no finding met.
    public var unused: [Suppression] = []

    public init() {}

    var isEmpty: Bool { suppressed == VerdictCounts() && known == VerdictCounts() }

    /// `3 suppressed, 12 known`, or an empty text.
    var words: String {
        [(suppressed.total, "suppressed"), (known.total, "known")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}

extension VerdictCounts {
    var total: Int { pass + fail + warn + info + unknown + skipped }

    mutating func subtract(_ other: VerdictCounts) {
        pass -= other.pass
        fail -= other.fail
        warn -= other.warn
        info -= other.info
        unknown -= other.unknown
        skipped -= other.skipped
    }
}
