/// One thing that was seen: when, in which packet, what it was and what it should have been.
public struct Evidence: Sendable, Hashable {
    public let time: Timestamp?
    /// The packet's number in its capture, from 1; nil for live traffic.
    public let frame: UInt64?
    public let observed: String
    public let expected: String?

    public init(time: Timestamp? = nil, frame: UInt64? = nil, observed: String, expected: String? = nil) {
        self.time = time
        self.frame = frame
        self.observed = observed
        self.expected = expected
    }
}

/// A judgement with its evidence: the one product of every command.
///
/// A finding is made by the factory of its verdict, so that a `fail` always has what was observed and what was
/// expected, and an `unknown` always has its reason.
public struct Finding: Sendable {
    /// The rule that was judged; nil for a remark that no requirement covers.
    public let requirement: Requirement.ID?
    public let verdict: Verdict
    /// The flow, binding, case, or file and line that it is about.
    public let subject: String
    /// One sentence for a person.
    public let message: String
    public let evidence: [Evidence]
    public let diagnosis: Diagnosis.ID?
    /// What to do, where there is something to do.
    public let advice: String?

    /// What it goes by in reports: the requirement, or the diagnosis where no requirement is concerned.
    public var rule: String { requirement?.text ?? diagnosis?.text ?? "remark" }

    private init(
        _ requirement: Requirement.ID?, _ verdict: Verdict, subject: String, message: String, evidence: [Evidence],
        diagnosis: Diagnosis.ID?, advice: String?
    ) {
        self.requirement = requirement
        self.verdict = verdict
        self.subject = subject
        self.message = message
        self.evidence = evidence
        self.diagnosis = diagnosis
        self.advice = advice
    }

    public static func pass(
        _ requirement: Requirement.ID, subject: String, message: String, evidence: [Evidence] = []
    ) -> Finding {
        Finding(
            requirement, .pass, subject: subject, message: message, evidence: evidence, diagnosis: nil, advice: nil)
    }

    /// A broken MUST or grammar rule.
    public static func fail(
        _ requirement: Requirement.ID, subject: String, message: String, evidence first: Evidence,
        _ more: [Evidence] = [], diagnosis: Diagnosis.ID? = nil, advice: String? = nil
    ) -> Finding {
        precondition(first.expected != nil, "a fail says what was expected")
        return Finding(
            requirement, .fail, subject: subject, message: message, evidence: [first] + more, diagnosis: diagnosis,
            advice: advice)
    }

    /// A broken SHOULD.
    public static func warn(
        _ requirement: Requirement.ID?, subject: String, message: String, evidence: [Evidence],
        diagnosis: Diagnosis.ID? = nil, advice: String? = nil
    ) -> Finding {
        Finding(
            requirement, .warn, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
            advice: advice)
    }

    public static func info(
        _ requirement: Requirement.ID?, subject: String, message: String, evidence: [Evidence] = [],
        diagnosis: Diagnosis.ID? = nil, advice: String? = nil
    ) -> Finding {
        Finding(
            requirement, .info, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
            advice: advice)
    }

    public static func unknown(
        _ requirement: Requirement.ID?, _ reason: UnknownReason, subject: String, message: String,
        evidence: [Evidence] = [], advice: String? = nil
    ) -> Finding {
        Finding(
            requirement, .unknown(reason), subject: subject, message: message, evidence: evidence, diagnosis: nil,
            advice: advice)
    }

    public static func skipped(_ requirement: Requirement.ID, subject: String, why: String) -> Finding {
        Finding(requirement, .skipped(why), subject: subject, message: why, evidence: [], diagnosis: nil, advice: nil)
    }
}

/// How many findings of each verdict.
public struct VerdictCounts: Sendable, Hashable {
    public var pass = 0
    public var fail = 0
    public var warn = 0
    public var info = 0
    public var unknown = 0
    public var skipped = 0

    public init() {}

    public init(_ findings: some Sequence<Finding>) {
        for finding in findings { count(finding.verdict) }
    }

    public mutating func count(_ verdict: Verdict) {
        switch verdict {
        case .pass: pass += 1
        case .fail: fail += 1
        case .warn: warn += 1
        case .info: info += 1
        case .unknown: unknown += 1
        case .skipped: skipped += 1
        }
    }

    mutating func add(_ other: VerdictCounts) {
        pass += other.pass
        fail += other.fail
        warn += other.warn
        info += other.info
        unknown += other.unknown
        skipped += other.skipped
    }
}
