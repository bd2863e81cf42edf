/// What an audit found, ready to be printed: flows, findings, and what could not be read or judged.
public struct AuditReport: Sendable {
    public let ledger: FlowLedger
    public let counts: VerdictCounts
    /// The worst first; within one verdict by flow, then by requirement.
    public let findings: [Finding]
    public let notAnalyzed: [NotAnalyzed]
    /// Packets read; nil for live flows, which have none.
    public let packets: Int?
    /// TLS connections that were decrypted.
    public let decrypted: Int
    /// Show this flow alone.
    public let flow: FlowID?
    public let exitCode: Int32
    public let exitReason: String
    /// A warning counts as a violation.
    public let isStrict: Bool
    /// Passes and skipped requirements that are counted and not listed, because there were too many.
    public let unlistedPasses: Int

    /// - Parameters:
    ///   - strict: a warning counts as a violation.
    ///   - isIncomplete: a whole capture could not be read, so that "nothing violated" would say too much.
    public init(
        ledger: FlowLedger, findings list: FindingList, notAnalyzed: [NotAnalyzed], packets: Int?, flow: FlowID? = nil,
        strict: Bool = false, isIncomplete: Bool = false, decrypted: Int = 0
    ) {
        self.ledger = ledger
        self.packets = packets
        self.decrypted = decrypted
        self.flow = flow
        isStrict = strict
        unlistedPasses = flow == nil ? list.unlistedPasses : 0
        let shown = flow.map { id in list.findings.filter { $0.subject == id.description } } ?? list.findings
        findings = shown.sorted { Self.isWorse($0, $1) }
        counts = flow == nil ? list.counts : VerdictCounts(shown)
        var entries = notAnalyzed
        if list.dropped > 0 {
            entries.append(
                NotAnalyzed(what: "findings", count: list.dropped, why: "only \(FindingList.maximum) findings are kept")
            )
        }
        self.notAnalyzed = entries
        if counts.fail > 0 {
            (exitCode, exitReason) = (1, "fail")
        } else if strict, counts.warn > 0 {
            (exitCode, exitReason) = (1, "warn")
        } else if isIncomplete {
            (exitCode, exitReason) = (2, "unreadable")
        } else {
            (exitCode, exitReason) = (0, "done")
        }
    }

    private init(_ report: AuditReport, findings: [Finding]) {
        ledger = report.ledger
        counts = report.counts
        self.findings = findings
        notAnalyzed = report.notAnalyzed
        packets = report.packets
        decrypted = report.decrypted
        flow = report.flow
        exitCode = report.exitCode
        exitReason = report.exitReason
        isStrict = report.isStrict
        unlistedPasses = 0
    }

    /// The same report without what is in order and what gave no occasion; the counts stay.
    public var withoutPasses: AuditReport {
        // Mostly none were kept in the first place, and tens of thousands of findings need not be copied.
        guard findings.contains(where: \.verdict.isQuiet) else { return self }
        return AuditReport(self, findings: findings.filter { !$0.verdict.isQuiet })
    }

    /// Whether the finding is held against somebody: a `fail`, under `--strict` also a `warn`.
    public func isViolation(_ finding: Finding) -> Bool {
        finding.verdict == .fail || isStrict && finding.verdict == .warn
    }

    /// The findings by what they are about: the subject with the worst one first.
    public func findingsBySubject() -> [(subject: String, findings: [Finding])] {
        var place: [String: Int] = [:]
        var groups: [(subject: String, findings: [Finding])] = []
        for finding in findings {
            if let index = place[finding.subject] {
                groups[index].findings.append(finding)
            } else {
                place[finding.subject] = groups.count
                groups.append((finding.subject, [finding]))
            }
        }
        return groups
    }

    /// The worst verdict of each subject, where it is more than a pass.
    public func worstVerdicts() -> [String: Verdict] {
        var worst: [String: Verdict] = [:]
        for finding in findings where finding.verdict.rank < (worst[finding.subject]?.rank ?? 9) {
            if case .pass = finding.verdict { continue }
            if case .skipped = finding.verdict { continue }
            worst[finding.subject] = finding.verdict
        }
        return worst
    }

    private static func isWorse(_ left: Finding, _ right: Finding) -> Bool {
        if left.verdict.rank != right.verdict.rank { return left.verdict.rank < right.verdict.rank }
        if left.subject != right.subject {
            return left.subject.utf8.count != right.subject.utf8.count
                ? left.subject.utf8.count < right.subject.utf8.count : left.subject < right.subject
        }
        guard let first = left.requirement, let second = right.requirement else { return right.requirement == nil }
        return first < second
    }

    /// `12 flows, 3456 packets, 2 TLS connections decrypted`; without packets for live flows.
    var scope: String {
        counted(ledger.flows.count, "flow") + (packets.map { ", " + counted($0, "packet") } ?? "")
            + (decrypted > 0 ? ", " + counted(decrypted, "TLS connection") + " decrypted" : "")
    }

    /// Why there is no table.
    var noFlows: String { "No SIP flow was \(packets.map { "found in " + counted($0, "packet") } ?? "seen")." }

    /// The flows in the order of the report: those with the worst findings first, then by number.
    public func flowsWorstFirst() -> [Int] {
        var rank: [String: Int] = [:]
        for finding in findings {
            rank[finding.subject] = min(rank[finding.subject] ?? 9, finding.verdict.rank)
        }
        let indices = ledger.flows.indices.filter { flow == nil || ledger.flows[$0].id == flow }
        let keyed = indices.map { (index: $0, rank: rank[ledger.flows[$0].id.description] ?? 6) }
        return keyed.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.index)
    }
}

extension Verdict {
    /// Nothing is wrong, or there was no occasion.
    fileprivate var isQuiet: Bool {
        switch self {
        case .pass, .skipped: true
        case .fail, .warn, .info, .unknown: false
        }
    }
}
