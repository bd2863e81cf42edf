import Synchronization
import Testing

@testable import OutboundKit

/// Flow-Timer as announced and as kept, with minutes in milliseconds.
@Suite struct FlowTimerTests {
    private func run(
        _ mutant: Mutant, _ transport: TransportProtocol = .tcp, periods: Double = 3, quick: Bool = false
    ) async throws -> FlowTimerOutcome {
        let network = try SimulatedNetwork(mutant)
        var runner = FlowTimerRunner(network: network, plan: try SuiteRig.plan([transport]))
        runner.periods = periods
        runner.isQuick = quick
        return await runner.run { _, _ in }.outcome
    }

    private func verdicts(_ outcome: FlowTimerOutcome) -> [String: String] {
        Dictionary(uniqueKeysWithValues: outcome.results.map { ($0.testCase.id, $0.verdict.word) })
    }

    @Test(arguments: [TransportProtocol.tcp, .ws]) func goodServer(transport: TransportProtocol) async throws {
        let outcome = try await run(Mutant(settings: { $0.grace = .seconds(7) }), transport)
        #expect(outcome.trouble == nil && outcome.leftBehind.isEmpty)
        #expect(outcome.announced == 20)
        #expect(Set(verdicts(outcome).values) == ["pass"], "\(outcome.results)")
        let idle = try #require(outcome.flows.first { $0.role == .idle })
        #expect(idle.lifetime == .seconds(27))
        let kept = try #require(outcome.flows.first { $0.role == .kept })
        #expect(kept.lifetime == nil && (3...4).contains(kept.pings) && kept.answers.count == kept.pings)
        let once = try #require(outcome.flows.first { $0.role == .pingedOnce })
        #expect(once.pings == 1 && once.lifetime == .seconds(27))
    }

    @Test func closesBeforeThePromise() async throws {
        let outcome = try await run(.faults("closes-early=10"))
        #expect(verdicts(outcome)["timer.kept"] == "fail")
        #expect(verdicts(outcome)["timer.idle"] == "fail")
        let finding = try #require(outcome.results.flatMap(\.findings).first { $0.verdict == .fail })
        #expect(finding.requirement == "OB-FT-006")
        #expect(finding.advice?.contains("tcp_connection_lifetime to 30") == true)
        #expect(finding.advice?.contains("Flow-Timer of at most 8") == true)
    }

    /// Exactly at the end of Flow-Timer is too early: the server waits longer.
    @Test func closesOnTheSecond() async throws {
        let outcome = try await run(Mutant(settings: { $0.grace = .zero }))
        #expect(verdicts(outcome)["timer.idle"] == "fail")
        #expect(verdicts(outcome)["timer.kept"] == "pass")
    }

    @Test func neverCloses() async throws {
        let outcome = try await run(.faults("never-closes"), periods: 5)
        #expect(verdicts(outcome)["timer.idle"] == "pass")
        let findings = outcome.results.flatMap(\.findings)
        #expect(findings.contains { $0.requirement == "OB-FT-010" && $0.diagnosis == "DX-FT-06" })
    }

    /// A server that waits a little longer than it says, as the remedy has it, is not told to wait less.
    @Test func lastsALittleLonger() async throws {
        let outcome = try await run(Mutant(settings: { $0.grace = .seconds(10) }), periods: 1.2)
        #expect(outcome.flows.contains { $0.role == .idle && $0.lifetime == nil })
        let findings = outcome.results.flatMap(\.findings).filter { $0.requirement == "OB-FT-010" }
        #expect(!findings.isEmpty && findings.allSatisfy { $0.diagnosis == nil && $0.advice == nil }, "\(findings)")
    }

    /// It is the pings that end flows, not silence: what to set for silences would be wrong advice.
    @Test func pingsEndTheFlow() async throws {
        let outcome = try await run(.faults("kill-after-pings=1"))
        #expect(verdicts(outcome)["timer.answered"] == "fail", "\(outcome.results)")
        #expect(verdicts(outcome)["timer.kept"] == "fail")
        let findings = outcome.results.flatMap(\.findings)
        #expect(!findings.contains { $0.diagnosis == "DX-FT-05" })
        #expect(
            !findings.contains {
                $0.verdict == .fail && $0.requirement == "OB-FT-006" && $0.message.contains("after its last")
            })
    }

    @Test func pingsAreNotAnswered() async throws {
        let outcome = try await run(.faults("no-pong"))
        #expect(verdicts(outcome)["timer.answered"] == "fail")
        #expect(outcome.flows.contains { $0.missed > 0 })
    }

    /// What is waited for the last answers keeps no flow alive.
    @Test func silenceAtTheEndIsNotCounted() async throws {
        let outcome = try await run(.faults("no-pong"), periods: 1.2)
        let kept = try #require(outcome.flows.first { $0.role == .kept })
        #expect(kept.pings == 1 && kept.missed == 1)
        #expect(kept.age <= .seconds(25) && kept.silence < .seconds(9), "\(kept.age), \(kept.silence)")
    }

    @Test func datagrams() async throws {
        let outcome = try await run(Mutant(), .udp)
        #expect(Set(verdicts(outcome).values) == ["pass"], "\(outcome.results)")
        #expect(outcome.flows.allSatisfy { $0.lifetime == nil && $0.isBound == true })
        let mute = try await run(.faults("no-stun"), .udp)
        #expect(verdicts(mute)["timer.answered"] == "fail")
    }

    /// What is asked for without a Contact is answered with `list` of what stands in the answer.
    private static func lists(_ list: @escaping @Sendable (String) -> String) -> Mutant {
        let isQuestion = Flag()
        return Mutant(
            toServer: { text in
                if text.hasPrefix("REGISTER") { isQuestion.set(!text.contains("\r\nContact:")) }
                return text
            },
            toClient: { isQuestion.isSet && $0.isAnswerToRegister ? list($0) : $0 })
    }

    /// Some registrars list nothing when they are asked: not even the flow that is kept alive, and so nothing shows.
    @Test func registrarListsNothing() async throws {
        let outcome = try await run(Self.lists { $0.without("Contact:") }, .udp)
        #expect(verdicts(outcome)["timer.idle"] == "unknown", "\(outcome.results)")
        #expect(outcome.flows.allSatisfy { $0.isBound == nil })
        var mutant = Self.lists { $0.without("Contact:") }
        mutant.settings = { $0.faults = FaultPlan(["never-closes"].compactMap { try? Fault.parse($0) }) }
        let open = try await run(mutant)
        #expect(verdicts(open)["timer.idle"] == "pass", "\(open.results)")
    }

    /// Where the others are listed, the one that is not is gone; a connection that is up shows more than a list.
    @Test(arguments: [(TransportProtocol.udp, "fail"), (.tcp, "pass")])
    func bindingOfTheSilentFlowIsGone(_ transport: TransportProtocol, _ verdict: String) async throws {
        var mutant = Self.lists { text in
            text.split(separator: "\r\n", omittingEmptySubsequences: false)
                .filter { !($0.hasPrefix("Contact:") && $0.contains("reg-id=3")) }.joined(separator: "\r\n")
        }
        mutant.settings = { $0.faults = FaultPlan(["never-closes"].compactMap { try? Fault.parse($0) }) }
        let outcome = try await run(mutant, transport)
        #expect(verdicts(outcome)["timer.idle"] == verdict, "\(outcome.results)")
    }

    /// A Contact with no time left is no binding (RFC 3261 §10.2.2), and there is no flow to watch.
    @Test(arguments: [false, true]) func noTimeLeftIsAViolation(quick: Bool) async throws {
        let outcome = try await run(.says(matching: #";expires=\d+"#, ";expires=0"), quick: quick)
        guard case .notBound? = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
        #expect(outcome.results.flatMap(\.findings).map(\.requirement) == ["OB-REG-025"])
        #expect(outcome.leftBehind.isEmpty)
    }

    /// What a 2xx has bound and a refusal keeps is told, whatever the refusal.
    @Test(arguments: [401, 403, 503] as [UInt16]) func refusedRemovalIsTold(_ status: UInt16) async throws {
        let mutant = Mutant(answers: { $0.hasPrefix("REGISTER") && $0.contains(";expires=0\r\n") ? status : nil })
        let outcome = try await run(mutant, quick: true)
        #expect(outcome.leftBehind.count == 1 && outcome.leftBehind[0].contains("\(status)"), "\(outcome.leftBehind)")
    }

    /// FreeSWITCH may answer a removal with the Contact that it has removed.
    @Test func removedContactIsListedWithNoTimeLeft() async throws {
        let contact = Mutex("")
        let outcome = try await run(
            Mutant(
                toServer: { text in
                    let line = text.split(separator: "\r\n").first { $0.hasPrefix("Contact:") }
                    contact.withLock { $0 = line.map(String.init) ?? "" }
                    return text
                },
                toClient: { text in
                    let line = contact.withLock { $0 }
                    guard text.isAnswerToRegister, line.hasSuffix(";expires=0") else { return text }
                    return text.replacing("Content-Length:", with: "\(line)\r\nContent-Length:")
                }), quick: true)
        #expect(outcome.leftBehind.isEmpty, "\(outcome.leftBehind)")
    }

    /// A binding that was granted for less than Flow-Timer runs out by itself: that says nothing of the flow.
    @Test(arguments: [TransportProtocol.tcp, .udp]) func bindingRunsOut(transport: TransportProtocol) async throws {
        let outcome = try await run(
            Mutant(settings: {
                $0.registrar.minimumExpires = 1
                $0.registrar.defaultExpires = 8
                $0.registrar.maximumExpires = 8
            }), transport)
        #expect(outcome.trouble == nil)
        let isUDP = transport == .udp
        #expect(verdicts(outcome)["timer.idle"] == (isUDP ? "unknown" : "pass"), "\(outcome.results)")
        #expect(outcome.flows.allSatisfy { $0.isBound == nil && $0.granted == 8 })
    }

    @Test func noPromiseNoViolation() async throws {
        let outcome = try await run(
            Mutant(settings: {
                $0.flowTimer = nil
                $0.idleTime = .seconds(40)
            }))
        #expect(outcome.announced == nil)
        #expect(verdicts(outcome)["timer.idle"] == "warn")
        #expect(outcome.results.flatMap(\.findings).contains { $0.diagnosis == "DX-FT-04" })
        let patient = try await run(
            Mutant(settings: {
                $0.flowTimer = nil
                $0.idleTime = .seconds(200)
            }))
        #expect(!verdicts(patient).values.contains("warn") && !verdicts(patient).values.contains("fail"))
    }

    /// The newest 200 on a flow governs it (RFC 5626 §4.4), whatever another flow was told.
    @Test(arguments: [("Flow-Timer: 40\r\n", "fail"), ("", "warn"), ("Flow-Timer: 20\r\n", "pass")])
    func eachFlowHasItsOwn(_ field: String, _ verdict: String) async throws {
        let outcome = try await run(
            Mutant(
                settings: { $0.grace = .seconds(7) },
                toClient: { text in
                    text.contains("reg-id=3") ? text.replacing("Flow-Timer: 20\r\n", with: field) : text
                }))
        #expect(outcome.announced == 20)
        #expect(verdicts(outcome)["timer.idle"] == verdict, "\(outcome.results)")
        #expect(verdicts(outcome)["timer.kept"] == "pass")
        let differs = outcome.results.flatMap(\.findings).contains { $0.message.contains("different Flow-Timers") }
        #expect(differs == (verdict != "pass"))
    }

    /// As `register-test` has it: the answer came, and breaks a MUST.
    @Test func answersWithoutContentLength() async throws {
        let outcome = try await run(Mutant(toClient: { $0.replacing("Content-Length: 0\r\n", with: "") }))
        guard case .unframed(_, 200)? = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
        #expect(outcome.results.flatMap(\.findings).map(\.requirement) == ["OB-SIP-003"])
    }

    @Test func quickLooksAtHeadersOnly() async throws {
        let outcome = try await run(Mutant(), quick: true)
        #expect(outcome.results.map(\.testCase.id) == ["timer.header"])
        #expect(outcome.flows.isEmpty)
        let bare = try await run(
            Mutant(toClient: { $0.replacing("Require: outbound\r\n", with: "") }), quick: true)
        #expect(verdicts(bare)["timer.header"] == "warn", "\(bare.results)")
    }

    /// Shorter than a ping may take: nothing may loop or trap.
    @Test(arguments: [1, 2, 4_294_967_295] as [UInt32]) func oddTimers(seconds: UInt32) async throws {
        let outcome = try await run(Mutant(settings: { $0.flowTimer = seconds }), periods: 1.2)
        #expect(outcome.trouble == nil)
        #expect(outcome.results.count == 4)
    }
}
