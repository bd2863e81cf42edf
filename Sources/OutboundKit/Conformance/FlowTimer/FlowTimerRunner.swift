/// What `flow-timer` found out.
public struct FlowTimerOutcome: Sendable {
    /// What the first 200 says, in seconds; nil when it has none.
    public internal(set) var announced: UInt64?
    /// What was measured, one a flow.
    public internal(set) var flows: [FlowLifetime] = []
    public internal(set) var results: [CaseResult] = []
    public internal(set) var leftBehind: [String] = []
    /// Why it did not run, or not to its end.
    public internal(set) var trouble: SuiteTrouble?

    public init() {}

    /// In the form that the suite's reports take.
    public var asSuite: SuiteOutcome {
        var outcome = SuiteOutcome()
        outcome.results = results
        outcome.leftBehind = leftBehind
        outcome.trouble = trouble
        return outcome
    }
}

/// Registers, reads Flow-Timer, and proves three things at once on flows of their own: a flow kept alive on time stays
/// up, each keep-alive is answered, and a silent flow is not cut too early.
public struct FlowTimerRunner: Sendable {
    /// Headers alone are compared; nothing is waited for.
    public var isQuick = false
    /// How many Flow-Timers the flows are watched.
    public var periods = 3.0
    /// Told of everything that goes over the flows, where somebody reads along.
    public var trace: (@Sendable (FlowEvent) -> Void)?
    private let network: any SuiteNetwork
    private let plan: SuitePlan
    private let recorder: FlowRecorder?

    public init(network: any SuiteNetwork, plan: SuitePlan, recorder: FlowRecorder? = nil) {
        self.network = network
        self.plan = plan
        self.recorder = recorder
    }

    /// Runs to the end.
    /// - Parameter announced: told of the server's Flow-Timer, and how many seconds are to come, before the waiting begins.
    public mutating func run(
        announced: @Sendable (UInt64?, Double) -> Void
    ) async -> (outcome: FlowTimerOutcome, recording: [UInt8]) {
        var outcome = FlowTimerOutcome()
        var authenticators: [SIPURI: DigestAuthenticator] = [:]
        authenticators[plan.user.addressOfRecord] = plan.user.authenticator
        var bed = TestBed(
            network: network, plan: plan, target: plan.targets[0], survey: Survey(), subject: "flow-timer",
            // A hundred times the longest Flow-Timer that a trial goes by.
            limit: .seconds(101 * 86_400), authenticators: authenticators, recorder: recorder,
            random: SystemRandomNumberGenerator())
        bed.trace = trace
        let started = network.now
        do throws(CaseStop) {
            try await run(&bed, &outcome, announced)
        } catch {
            switch error {
            case .interrupted: outcome.trouble = .interrupted
            case .unknown(.half, let why): outcome.trouble = .unreachable(why)
            case .unknown(_, let why), .skipped(let why): outcome.trouble = .refused(why)
            case .done: break
            }
            if case .unknown = error,
                let violation = bed.unframedTrouble ?? bed.webSocketTrouble ?? bed.unboundTrouble
            {
                outcome.trouble = violation
                outcome.results =
                    violation.violation.map { one, finding in
                        [judged(one, &bed) { $0.findings = [finding] }]
                    } ?? []
            }
        }
        outcome.leftBehind = await bed.end()
        let took = network.now - started
        outcome.results = outcome.results.map { result in
            CaseResult(
                testCase: result.testCase, verdict: result.verdict, findings: result.findings, duration: took,
                leftBehind: [])
        }
        return (outcome, bed.recorder?.take() ?? [])
    }

    private func run(
        _ bed: inout TestBed, _ outcome: inout FlowTimerOutcome, _ announced: @Sendable (UInt64?, Double) -> Void
    ) async throws(CaseStop) {
        if isQuick {
            let (_, reply) = try await bed.registeredPhone()
            outcome.announced = reply.flowTimer
            announced(reply.flowTimer, 0)
            outcome.results = [judged(CaseCatalogue.timerHeader, &bed) { $0.judgeHeader(reply) }]
            return
        }
        let periods = periods
        let (trial, reply) = try await FlowTimerTrial.run(FlowRole.allCases, periods: periods, on: &bed) {
            trial, reply in
            announced(reply.flowTimer, trial.timer * periods)
        }
        outcome.announced = reply.flowTimer
        outcome.flows = trial.members.map(\.result)
        outcome.results = [
            judged(CaseCatalogue.timerHeader, &bed) {
                $0.judgeHeader(reply)
                $0.judgeAgreement(trial)
            },
            judged(CaseCatalogue.timerKept, &bed) { $0.judgeKept(trial) },
            judged(CaseCatalogue.timerAnswered, &bed) { $0.judgeAnswers(trial) },
            judged(CaseCatalogue.timerIdle, &bed) { $0.judgeIdle(trial) },
        ]
        if trial.isInterrupted { throw .interrupted }
    }

    private func judged(_ one: TestCase, _ bed: inout TestBed, _ judge: (inout TestBed) -> Void) -> CaseResult {
        bed.findings = []
        judge(&bed)
        let findings = bed.findings
        return CaseResult(
            testCase: one, verdict: CaseResult.verdict(findings), findings: findings, duration: .zero, leftBehind: [])
    }
}
