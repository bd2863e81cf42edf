/// Takes the findings of rules. Passes are counted and, unless they are asked for, not made: of tens of thousands of
/// flows most have nothing else.
public struct FindingList: Sendable {
    /// Findings kept; more are only counted.
    public static let maximum = 200_000
    /// Of these, so many may be passes or without occasion: they must not crowd out what is wrong.
    static let maximumPasses = maximum / 2

    public private(set) var counts = VerdictCounts()
    public private(set) var findings: [Finding] = []
    /// Findings beyond `maximum`.
    public private(set) var dropped = 0
    public let keepsPasses: Bool

    public init(keepsPasses: Bool = false) {
        self.keepsPasses = keepsPasses
    }

    /// A requirement that `flow` keeps. The message is built only where passes are kept.
    mutating func pass(_ requirement: Requirement.ID, _ flow: FlowID, _ message: @autoclosure () -> String) {
        guard keepsPasses else {
            counts.count(.pass)
            return
        }
        add(.pass(requirement, subject: flow.description, message: message()))
    }

    mutating func skip(_ requirement: Requirement.ID, _ flow: FlowID, _ why: @autoclosure () -> String) {
        guard keepsPasses else {
            counts.count(.skipped(""))
            return
        }
        add(.skipped(requirement, subject: flow.description, why: why()))
    }

    @inline(never) mutating func add(_ finding: Finding) {
        counts.count(finding.verdict)
        let room =
            switch finding.verdict {
            case .pass, .skipped: Self.maximumPasses
            case .fail, .warn, .info, .unknown: Self.maximum
            }
        if findings.count < room { findings.append(finding) } else { dropped += 1 }
    }
}
