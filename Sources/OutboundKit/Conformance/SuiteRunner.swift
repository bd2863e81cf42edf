/// What came of one case.
public struct CaseResult: Sendable {
    public let testCase: TestCase
    /// The worst of its findings; information beside a pass leaves it a pass, and `skipped` is only where nothing was judged.
    public let verdict: Verdict
    public let findings: [Finding]
    public let duration: Duration
    /// Bindings that could not be removed, in words.
    public let leftBehind: [String]

    /// The worst of the findings; information beside a pass is no worse than a pass.
    static func verdict(_ findings: [Finding]) -> Verdict {
        let verdicts = findings.map(\.verdict)
        // What gave no occasion takes nothing from what was judged.
        let judged = verdicts.filter { if case .skipped = $0 { false } else { true } }
        let worst = (judged.isEmpty ? verdicts : judged).min { $0.rank < $1.rank } ?? .pass
        let isMild = worst.rank >= Verdict.info.rank
        return isMild && findings.contains { $0.verdict == .pass } ? .pass : worst
    }

    /// Why it was not judged; nil where it was.
    public var reason: String? {
        switch verdict {
        case .unknown(let reason): reason.rawValue
        case .skipped(let why): why
        case .pass, .fail, .warn, .info: nil
        }
    }
}

/// What happens while a suite runs.
public enum SuiteEvent: Sendable {
    case surveyed(Survey)
    case began(TestCase)
    case ended(CaseResult)
}

/// What came of a suite.
public struct SuiteOutcome: Sendable {
    public internal(set) var survey: Survey?
    public internal(set) var results: [CaseResult] = []
    /// Why it did not run, or not to its end.
    public internal(set) var trouble: SuiteTrouble?
    /// What may still be bound, in words.
    public internal(set) var leftBehind: [String] = []

    public var findings: [Finding] { results.flatMap(\.findings) }
    /// Verdicts of cases, not of their findings.
    public var counts: VerdictCounts {
        var counts = VerdictCounts()
        for result in results { counts.count(result.verdict) }
        return counts
    }
}

/// Runs cases one after the other, each on flows of its own, and cleans up behind each.
public struct SuiteRunner: Sendable {
    private let network: any SuiteNetwork
    private var plan: SuitePlan
    private let cases: [TestCase]
    /// All that was exchanged, where it is to be kept.
    public private(set) var recorder: FlowRecorder?
    private var authenticators: [SIPURI: DigestAuthenticator] = [:]
    private var random: any RandomNumberGenerator & Sendable

    public init(
        network: any SuiteNetwork, plan: SuitePlan, cases: [TestCase], recorder: FlowRecorder? = nil,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.network = network
        self.plan = plan
        self.cases = cases
        self.recorder = recorder
        self.random = random
        for user in [plan.user, plan.otherUser].compactMap({ $0 }) {
            authenticators[user.addressOfRecord] = user.authenticator
        }
    }

    /// The recording's next octets.
    public mutating func takeRecording() -> [UInt8] { recorder?.take() ?? [] }

    /// - Parameter progress: told of everything as it happens.
    public mutating func run(progress: @Sendable (SuiteEvent) -> Void) async -> SuiteOutcome {
        var outcome = SuiteOutcome()
        let started = network.now
        let survey: Survey
        do throws(SuiteTrouble) {
            survey = try await self.survey(&outcome)
        } catch {
            outcome.trouble = error
            if let (one, finding) = error.violation {
                outcome.results = [result(one, [finding], started, outcome.leftBehind)]
                progress(.ended(outcome.results[0]))
            }
            return outcome
        }
        outcome.survey = survey
        plan.expiresSeconds = survey.expiresSeconds ?? plan.expiresSeconds
        plan.quiet = min(max(.milliseconds(25), survey.roundTrip * 4), .milliseconds(500))
        progress(.surveyed(survey))
        for one in cases {
            guard !network.isInterrupted else { break }
            progress(.began(one))
            let result = await run(one, survey)
            outcome.leftBehind += result.leftBehind
            outcome.results.append(result)
            progress(.ended(result))
        }
        if network.isInterrupted { outcome.trouble = .interrupted }
        return outcome
    }

    private mutating func survey(_ outcome: inout SuiteOutcome) async throws(SuiteTrouble) -> Survey {
        var bed = bed(subject: "survey", target: plan.targets[0], limit: plan.patience * 4, Survey())
        let survey: Result<Survey, SuiteTrouble>
        do throws(SuiteTrouble) { survey = .success(try await Survey.perform(on: &bed)) } catch {
            survey = .failure(error)
        }
        switch survey {
        case .failure(.unreachable), .failure(.webSocket(_, .notOpened)): bed.bindings = []
        default: break
        }
        outcome.leftBehind += await finish(&bed)
        return try survey.get()
    }

    private mutating func run(_ one: TestCase, _ survey: Survey) async -> CaseResult {
        let started = network.now
        let plan = plan
        if let why = one.needs.lazy.compactMap({ survey.missing($0, plan) }).first {
            return result(one, [.skipped(one.requirements[0], subject: one.id, why: why)], started, [])
        }
        guard let target = plan.target(for: one.needs) else {
            let why = "no one server has all that the case needs: \(one.needs)"
            return result(one, [.skipped(one.requirements[0], subject: one.id, why: why)], started, [])
        }
        var bed = bed(subject: one.id, target: target, limit: one.limit + plan.patience, survey)
        do throws(CaseStop) {
            try await one.run(&bed)
        } catch {
            switch error {
            case .done: break
            case .skipped(let why): bed.findings.append(.skipped(one.requirements[0], subject: one.id, why: why))
            case .unknown(let reason, let why): bed.unknown(one.requirements[0], reason, why)
            case .interrupted: bed.unknown(one.requirements[0], .cut, "interrupted")
            }
        }
        if bed.findings.isEmpty { bed.unknown(one.requirements[0], .configuration, "the case came to no verdict") }
        let findings = bed.findings
        let left = await finish(&bed)
        return result(one, findings, started, left)
    }

    private func bed(subject: String, target: SuiteTarget, limit: Duration, _ survey: Survey) -> TestBed {
        var recorder = recorder
        recorder?.comment = subject
        return TestBed(
            network: network, plan: plan, target: target, survey: survey, subject: subject, limit: limit,
            authenticators: authenticators, recorder: recorder, random: random)
    }

    /// Removes what the case has bound, closes its flows, and keeps what the next one goes on with.
    private mutating func finish(_ bed: inout TestBed) async -> [String] {
        let left = await bed.end()
        authenticators = bed.authenticators
        recorder = bed.recorder
        random = bed.random
        return left
    }

    private func result(
        _ one: TestCase, _ findings: [Finding], _ started: Timestamp, _ left: [String]
    ) -> CaseResult {
        CaseResult(
            testCase: one, verdict: CaseResult.verdict(findings), findings: findings, duration: network.now - started,
            leftBehind: left)
    }
}
