/// What an audit found, ready to be printed: flows, findings, and what could not be read or judged.
public struct AuditReport: Sendable {
    /// How what was audited came to its end; unless it went as asked for, that outweighs "nothing violated".
    public enum Ending: Sendable {
        case complete
        /// A whole capture could not be read.
        case unreadable
        /// Somebody ended it before its time: what was found by then is no verdict.
        case interrupted
        /// There was nothing of what should be judged.
        case nothingToJudge
    }

    public let ledger: FlowLedger
    public let counts: VerdictCounts
    /// The worst first; within one verdict by flow, then by requirement.
    public let findings: [Finding]
    /// What was found and does not count: accepted, or known before.
    public let setAside: SetAside
    public let notAnalyzed: [NotAnalyzed]
    /// Packets read; nil for live flows, which have none.
    public let packets: Int?
    /// Packets that a filter left out, and which are not among these.
    public let leftOut: Int
    /// Show these flows alone; nil for all.
    public let shownFlows: Set<FlowID>?
    /// TLS connections that were decrypted.
    public let decrypted: Int
    /// What concerns whole fleets, by its numbers.
    public let fleet: FleetFacts
    public let ending: Ending
    /// Whether all that was asked for could be looked at, whatever was found.
    var wentAsAsked: Bool { if case .complete = ending { true } else { false } }
    public let exitCode: Int32
    public let exitReason: String
    /// A warning counts as a violation.
    public let isStrict: Bool
    /// Passes and skipped requirements that are counted and not listed, because there were too many.
    public let unlistedPasses: Int
    /// By the place of the flow in the ledger.
    private let standings: [FlowStanding]

    /// - Parameters:
    ///   - filter: which flows and findings it is about, and what does not count.
    ///   - strict: a warning counts as a violation.
    public init(
        ledger: FlowLedger, findings list: consuming FindingList, notAnalyzed: [NotAnalyzed], packets: Int?,
        leftOut: Int = 0, filter: AuditFilter = AuditFilter(), strict: Bool = false, ending: Ending = .complete,
        decrypted: Int = 0, fleet: FleetFacts = FleetFacts()
    ) {
        self.ledger = ledger
        self.packets = packets
        self.leftOut = leftOut
        self.decrypted = decrypted
        // Of chosen flows nothing can be said that takes a fleet.
        self.fleet = filter.flows == nil ? fleet : FleetFacts()
        shownFlows = filter.flows
        isStrict = strict
        self.ending = ending
        unlistedPasses = filter.flows == nil && filter.severity == nil ? list.unlistedPasses : 0
        // Taken out of the list: there may be hundreds of thousands, which need not be there twice.
        var shown = list.takeFindings()
        if let flows = filter.flows {
            shown.removeAll { finding in FlowID(named: finding.subject).map { !flows.contains($0) } ?? true }
        }
        var counts = filter.flows == nil ? list.counts : VerdictCounts(shown)
        setAside = filter.setAside(&shown, ledger)
        counts.subtract(setAside.suppressed)
        counts.subtract(setAside.known)
        self.counts = counts
        standings = Self.standings(shown, ledger)
        if let severity = filter.severity { shown.removeAll { $0.verdict.rank > severity.rank } }
        shown.sort { Self.isWorse($0, $1) }
        findings = shown
        var entries = notAnalyzed
        if list.dropped > 0 {
            entries.append(
                NotAnalyzed(
                    what: "findings", count: list.dropped,
                    why: "only \(list.maximum) are listed, a quarter of them unknown or info")
            )
        }
        if self.fleet.dropped > 0 {
            entries.append(
                NotAnalyzed(
                    what: "outages and rhythms of fleets", count: self.fleet.dropped,
                    why: "only the \(FleetFacts.maximumOutages) largest of each are told"))
        }
        self.notAnalyzed = entries
        (exitCode, exitReason) = Self.exit(counts, ending, strict: strict)
    }

    /// The exit status of a command that ends with this report, and what it stands for.
    private static func exit(_ counts: VerdictCounts, _ ending: Ending, strict: Bool) -> (Int32, String) {
        if case .interrupted = ending { return (130, "interrupted") }
        if counts.fail > 0 { return (1, "fail") }
        if strict, counts.warn > 0 { return (1, "warn") }
        return switch ending {
        case .complete, .interrupted: (0, "done")
        case .unreadable: (2, "unreadable")
        case .nothingToJudge: (2, "nothing to judge")
        }
    }

    private init(_ report: AuditReport, findings: [Finding]) {
        ledger = report.ledger
        counts = report.counts
        self.findings = findings
        setAside = report.setAside
        notAnalyzed = report.notAnalyzed
        packets = report.packets
        leftOut = report.leftOut
        shownFlows = report.shownFlows
        decrypted = report.decrypted
        fleet = report.fleet
        ending = report.ending
        exitCode = report.exitCode
        exitReason = report.exitReason
        isStrict = report.isStrict
        unlistedPasses = 0
        standings = report.standings
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

    private static func isWorse(_ left: Finding, _ right: Finding) -> Bool {
        if left.verdict.rank != right.verdict.rank { return left.verdict.rank < right.verdict.rank }
        if left.subject != right.subject {
            return left.subject.utf8.count != right.subject.utf8.count
                ? left.subject.utf8.count < right.subject.utf8.count : left.subject < right.subject
        }
        guard let first = left.requirement, let second = right.requirement else {
            // Remarks stand behind what a requirement asks.
            return left.requirement != nil || right.requirement == nil && left.rule < right.rule
        }
        return first < second
    }

    // MARK: Flows

    /// How the flow at `index` of the ledger stands, by all that counts; findings that are merely not listed do.
    public func standing(_ index: Int) -> FlowStanding { standings[index] }

    private static func standings(_ findings: [Finding], _ ledger: FlowLedger) -> [FlowStanding] {
        // What is stored is asked for first: for the rest a record is copied.
        var standings = ledger.flows.indices.map { index in
            let mayBeNone = ledger.flows[index].closing == .refused || ledger.flows[index].rare != nil
            return mayBeNone && ledger.flows[index].isNoFlow ? FlowStanding.refused : .ok
        }
        for finding in findings {
            guard let standing = FlowStanding(finding.verdict),
                let index = FlowID(named: finding.subject).flatMap({ ledger.index(of: $0) })
            else { continue }
            standings[index] = min(standings[index], standing)
        }
        return standings
    }

    func isShown(_ index: Int) -> Bool { shownFlows?.contains(ledger.flows[index].id) ?? true }

    /// Flows in the report.
    var flowCount: Int { shownFlows?.count ?? ledger.flows.count }

    /// The flows in the order of the report: those with the worst findings first, then by number.
    public func flowsWorstFirst() -> [Int] {
        // A pass for each standing instead of sorting: there may be millions of flows, and nothing else is made here.
        var order: [Int] = []
        order.reserveCapacity(flowCount)
        for standing in FlowStanding.allCases {
            for index in standings.indices where standings[index] == standing && isShown(index) { order.append(index) }
        }
        return order
    }

    /// `12 flows, 3456 packets (100 more left out by the filter), 2 TLS connections decrypted`; without packets for live flows.
    var scope: String {
        counted(flowCount, "flow") + (packets.map { ", " + counted($0, "packet") } ?? "")
            + (leftOut > 0 ? " (\(leftOut) more left out by the filter)" : "")
            + (decrypted > 0 ? ", " + counted(decrypted, "TLS connection") + " decrypted" : "")
    }

    /// Why there is no table.
    var noFlows: String { "No SIP flow was \(packets.map { "found in " + counted($0, "packet") } ?? "seen")." }
}

/// The worst that counts on a flow, the worst first, and what is in order.
public enum FlowStanding: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    case fail
    case warn
    case unknown
    case info
    case ok
    /// It never became a flow: its connection or handshake was refused, and nothing else was to be judged.
    case refused

    /// nil for what says nothing against a flow.
    init?(_ verdict: Verdict) {
        switch verdict {
        case .fail: self = .fail
        case .warn: self = .warn
        case .unknown: self = .unknown
        case .info: self = .info
        case .pass, .skipped: return nil
        }
    }

    public static func < (left: FlowStanding, right: FlowStanding) -> Bool { left.rawValue < right.rawValue }

    public var word: String {
        switch self {
        case .fail: "fail"
        case .warn: "warn"
        case .unknown: "unknown"
        case .info: "info"
        case .ok: "ok"
        case .refused: "refused"
        }
    }
}

/// The findings of a report by what they are about. It holds numbers alone, so that hundreds of thousands of findings are
/// grouped in the memory of none.
struct FindingGroups {
    private let report: AuditReport
    /// By flow: the first of its findings, and by finding: the next one of the same flow; -1 where there is none.
    private var first: [Int32]
    private var next: [Int32]
    /// Findings on whole fleets, and others whose subject is no flow, by subject, in the order of the report.
    private(set) var fleet: [(subject: String, findings: [Finding])] = []
    private(set) var others: [(subject: String, findings: [Finding])] = []

    init(_ report: AuditReport) {
        self.report = report
        first = Array(repeating: -1, count: report.ledger.flows.count)
        next = Array(repeating: -1, count: report.findings.count)
        var places: [String: Int] = [:]
        // Backwards, so that each list begins with what comes first in the report.
        for index in report.findings.indices.reversed() {
            let finding = report.findings[index]
            if let flow = FlowID(named: finding.subject).flatMap({ report.ledger.index(of: $0) }) {
                next[index] = first[flow]
                first[flow] = Int32(index)
            } else if let place = places[finding.subject] {
                others[place].findings.append(finding)
            } else {
                places[finding.subject] = others.count
                others.append((finding.subject, [finding]))
            }
        }
        others = others.map { ($0.subject, $0.findings.reversed()) }.reversed()
        fleet = others.filter { FleetEdge.isSubject($0.subject) }
        others.removeAll { FleetEdge.isSubject($0.subject) }
    }

    func hasFindings(_ index: Int) -> Bool { first[index] >= 0 }

    /// The findings of the flow at `index` of the ledger, the worst first.
    subscript(index: Int) -> [Finding] {
        var list: [Finding] = []
        var place = first[index]
        while place >= 0 {
            list.append(report.findings[Int(place)])
            place = next[Int(place)]
        }
        return list
    }

    /// Calls `body` with each subject that has findings: fleets, then the worst flow first; what is neither comes last.
    func forEach(_ body: (_ subject: String, _ findings: [Finding]) -> Void) {
        for group in fleet { body(group.subject, group.findings) }
        for index in report.flowsWorstFirst() where hasFindings(index) {
            body(report.ledger.flows[index].id.description, self[index])
        }
        for group in others { body(group.subject, group.findings) }
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
