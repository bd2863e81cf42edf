/// Takes the findings of rules. Passes are counted and, unless they are asked for, not made: of tens of thousands of
/// flows most have nothing else.
public struct FindingList: Sendable {
    /// What is kept; the rest is counted.
    public enum Keeping: Sendable, Hashable {
        /// Nothing, for who wants to know only how many there are.
        case nothing
        /// What is wrong, unknown or remarkable.
        case complaints
        /// Passes and what gave no occasion, too.
        case all
        /// The same, of these flows alone.
        case allOf(Set<FlowID>)
    }

    /// Findings kept; more are only counted.
    public static let maximum = 200_000
    /// Of these, so many may be passes or without occasion: they must not crowd out what is wrong.
    static let maximumPasses = maximum / 2
    /// The same for what accuses nobody: a capture of minutes leaves most of a million flows unknown.
    private static let shareOfRemarks = 4

    /// Findings that this list keeps, `maximum` of them at most.
    public let maximum: Int

    public private(set) var counts = VerdictCounts()
    public private(set) var findings: [Finding] = []
    /// Findings beyond `maximum`, or beyond a quarter of it for those that accuse nobody.
    public private(set) var dropped = 0
    /// Passes, and requirements without occasion, beyond `maximumPasses`: they are in `counts` alone.
    public private(set) var unlistedPasses = 0
    public let keeping: Keeping
    var keepsPasses: Bool {
        switch keeping {
        case .nothing, .complaints: false
        case .all, .allOf: true
        }
    }

    private func keepsPasses(of flow: FlowID) -> Bool {
        if case .allOf(let flows) = keeping { flows.contains(flow) } else { keepsPasses }
    }

    private var remarks = 0

    public init(keeping: Keeping = .complaints, maximum: Int = FindingList.maximum) {
        self.keeping = keeping
        self.maximum = min(maximum, Self.maximum)
    }

    /// A requirement that `flow` keeps. The message is built only where passes are kept.
    mutating func pass(_ requirement: Requirement.ID, _ flow: FlowID, _ message: @autoclosure () -> String) {
        guard keepsPasses(of: flow) else {
            counts.count(.pass)
            return
        }
        add(.pass(requirement, subject: flow.description, message: message()))
    }

    mutating func skip(_ requirement: Requirement.ID, _ flow: FlowID, _ why: @autoclosure () -> String) {
        guard keepsPasses(of: flow) else {
            counts.count(.skipped(""))
            return
        }
        add(.skipped(requirement, subject: flow.description, why: why()))
    }

    @inline(never) mutating func add(_ finding: Finding) {
        counts.count(finding.verdict)
        keep(finding)
    }

    /// A finding, where `selection` includes what it goes by.
    mutating func add(_ finding: Finding, in selection: RuleSelection) {
        if selection.includes(finding) { add(finding) }
    }

    private mutating func keep(_ finding: Finding) {
        guard keeping != .nothing else { return }
        switch finding.verdict {
        case .pass, .skipped:
            if case .allOf(let flows) = keeping, FlowID(named: finding.subject).map(flows.contains) != true { return }
            if findings.count < maximum / 2 { findings.append(finding) } else { unlistedPasses += 1 }
        case .info, .unknown:
            guard findings.count < maximum, remarks < maximum / Self.shareOfRemarks else {
                dropped += 1
                return
            }
            remarks += 1
            findings.append(finding)
        case .fail, .warn:
            if findings.count < maximum { findings.append(finding) } else { dropped += 1 }
        }
    }

    /// Takes what another list was given, as if that had been given to this one.
    mutating func append(_ later: FindingList) {
        counts.add(later.counts)
        dropped += later.dropped
        unlistedPasses += later.unlistedPasses
        for finding in later.findings { keep(finding) }
    }

    /// Gives the findings away; counts stay.
    mutating func takeFindings() -> [Finding] {
        let taken = findings
        findings = []
        return taken
    }

    /// Takes findings that were made elsewhere, where `dropped` more found no room.
    mutating func add(_ findings: [Finding], dropped: Int) {
        for finding in findings {
            switch finding.verdict {
            case .pass, .skipped:
                if keepsPasses { add(finding) } else { counts.count(finding.verdict) }
            case .fail, .warn, .info, .unknown: add(finding)
            }
        }
        self.dropped += dropped
    }

    /// Takes what another list has, where no violation is certain: those become `unknown`, with what is not certain.
    mutating func add(_ list: FindingList, uncertain reason: UnknownReason, because why: String) {
        if !keepsPasses {
            counts.pass += list.counts.pass
            counts.skipped += list.counts.skipped
        }
        for finding in list.findings {
            switch finding.verdict {
            case .fail, .warn:
                add(
                    .unknown(
                        finding.requirement, reason, subject: finding.subject, message: "\(finding.message) \(why)",
                        evidence: finding.evidence))
            case .pass, .info, .unknown, .skipped: add(finding)
            }
        }
    }
}
