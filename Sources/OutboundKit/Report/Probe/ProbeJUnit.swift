/// Pings for build servers: a `testsuite` a target, a `testcase` for its answers and one for each requirement judged.
public struct ProbeJUnit: AuditDocument {
    /// What became of one target.
    public struct Target: Sendable {
        /// As the user named it.
        let name: String
        let findings: [Finding]
        /// How many of how many pings were answered, in words.
        let counts: String
        /// Why it is not in order, apart from the findings: no connection, no answer, a flow that failed; nil otherwise.
        let failure: String?

        public init(name: String, findings: [Finding], counts: String, failure: String?) {
            (self.name, self.findings, self.counts, self.failure) = (name, findings, counts, failure)
        }
    }

    private let targets: [Target]
    private let run: ReportRun
    private let isStrict: Bool

    /// - Parameter strict: a warning counts as a violation.
    public init(_ targets: [Target], _ run: ReportRun, strict: Bool) {
        (self.targets, self.run, isStrict) = (targets, run, strict)
    }

    public func write(to write: ([UInt8]) -> Void) {
        let time = DecimalSeconds.text(run.duration, places: 3)
        write(JUnitSuite.document(targets.map { JUnitSuite(name: $0.name, cases: cases($0), time: time) }, run))
    }

    private func cases(_ target: Target) -> [JUnitCase] {
        var answers = one("answers")
        answers.outcome =
            target.failure.map { .failed($0, type: nil, body: target.counts) } ?? .remarked(target.counts)
        // Several rules may judge one requirement: the worst of them is its case.
        var worst: [String: Finding] = [:]
        for finding in target.findings where worst[finding.rule].map({ finding.verdict.rank < $0.verdict.rank }) ?? true
        {
            worst[finding.rule] = finding
        }
        var names: Set<String> = []
        let judged = target.findings.filter { names.insert($0.rule).inserted }.compactMap { worst[$0.rule] }
        return [answers] + judged.map(self.case(_:))
    }

    private func `case`(_ finding: Finding) -> JUnitCase {
        var one = one(finding.rule)
        switch finding.verdict {
        case .fail: one.outcome = failed(finding)
        case .warn where isStrict: one.outcome = failed(finding)
        case .warn, .info: one.outcome = .remarked("\(finding.verdict.word): \(finding.message)")
        case .unknown(let reason): one.outcome = .skipped("\(reason.rawValue): \(finding.message)")
        case .skipped(let why): one.outcome = .skipped(why)
        case .pass: break
        }
        return one
    }

    private func failed(_ finding: Finding) -> JUnitCase.Outcome {
        let advice = finding.advisedAction.map { ["-> \($0)"] } ?? []
        let body = (finding.evidence.map(\.line) + advice).joined(separator: "\n")
        return .failed(finding.message, type: finding.verdict.word, body: body)
    }

    private func one(_ name: String) -> JUnitCase { JUnitCase(className: "sipob.\(run.command)", name: name) }
}
