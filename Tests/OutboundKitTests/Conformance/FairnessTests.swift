import Synchronization
import Testing

@testable import OutboundKit

/// What is legal, what is judged elsewhere, and what shows nothing: none of it is held against a server.
@Suite struct FairnessTests {
    @Test(arguments: folded + unlisted + pongs + moments + others) func isJudgedFairly(row: MutantRow) async throws {
        try await row.check()
    }

    // MARK: Folds and GRUUs that are none

    private static let folded: [MutantRow] = [
        MutantRow("dialog.incoming", "Record-Route is folded", "pass", "OB-EP-011", .folds("Record-Route:")),
        MutantRow("dialog.phone-hangs-up", "Record-Route is folded", "pass", "OB-EP-009", .folds("Record-Route:")),
        MutantRow(
            "delivery.by-token", "a folded display-name in Path", "pass", "OB-EP-010",
            .says("Path: <", "Path: \"x\r\n y\" <")),
        MutantRow("registration.gruu", "an empty GRUU", "fail", "OB-GRUU-001", noGRUU),
        MutantRow("gruu.public", "an empty GRUU", "unknown", "OB-GRUU-005", noGRUU),
        MutantRow("gruu.two-flows", "an empty GRUU", "unknown", "OB-GRUU-005", noGRUU),
        MutantRow("gruu.contact", "a folded GRUU", "unknown", "OB-GRUU-004", .says(";gr=", ";\r\n gr=")),
        MutantRow("gruu.mid-dialog", "a folded GRUU", "unknown", "OB-GRUU-007", .says(";gr=", ";\r\n gr=")),
        MutantRow(
            "gruu.temporary", "an empty GRUU", "unknown", "OB-GRUU-005",
            .says(matching: #"temp-gruu="[^"]*""#, "temp-gruu=\"\"")),
    ]

    private static let noGRUU = Mutant.says(matching: #"pub-gruu="[^"]*""#, "pub-gruu=\"\"")

    /// Whatever the server wrote into it: a request that cannot be sent ends the case, not the program.
    @Test func unsendableIsUnknown() async throws {
        let one = TestCase("registration.probe", "-", ["OB-REG-017"]) { bed throws(CaseStop) in
            let phone = try await bed.open()
            _ = try await bed.ask(phone, bed.call("MESSAGE", to: ""))
        }
        let result = try #require(try await SuiteRig.run([one]).results.first)
        #expect(result.verdict == .unknown(.configuration))
    }

    // MARK: Lists that tell nothing

    private static let noKeys = Mutant.says(matching: #";reg-id=\d+|;\+sip\.instance="[^"]*""#)
    private static let noList = Mutant.saysNo("Contact:")

    private static let unlisted: [MutantRow] =
        [
            ("registration.side-by-side", "OB-REG-011"), ("registration.two-flows", "OB-REG-015"),
            ("registration.list", "OB-REG-025"), ("registration.other-user", "OB-REG-030"),
            ("instance.key", "OB-REG-014"), ("instance.reg-id-wraps", "OB-REG-022"), ("instance.case", "OB-INST-007"),
        ].flatMap { (id: String, requirement: Requirement.ID) in
            [
                MutantRow(id, "no list", "unknown", requirement, noList),
                MutantRow(id, "a list without keys", "unknown", requirement, noKeys),
            ]
        } + [
            MutantRow("registration.cseq", "no list", "unknown", "OB-REG-027", noList),
            MutantRow("registration.star", "no list", "unknown", "OB-REG-024", noList),
            MutantRow("instance.plain-bindings", "no list", "unknown", "OB-REG-013", noList),
            MutantRow("instance.parameters", "no list", "unknown", "OB-REG-016", noList),
            MutantRow("answers.huge-expiry", "no list", "unknown", "OB-REG-025", noList),
            MutantRow("failure.only-flow", "a list without keys", "unknown", "OB-AP-008", noKeys),
            MutantRow(
                "digest.wrong-password", "no list", "unknown", "OB-REG-031",
                Mutant(settings: { $0.demandDigest() }, toClient: noList.toClient)),
            MutantRow(
                "registration.unauthenticated", "no list", "unknown", "OB-REG-031", noList, setup: .digest),
        ]

    // MARK: Pongs that are judged elsewhere

    private static let pongs: [MutantRow] =
        [
            ("keepalive.split-ping", "OB-KA-011"), ("keepalive.ping-before-request", "OB-KA-004"),
            ("keepalive.half-request", "OB-KA-004"),
        ].flatMap { (id: String, requirement: Requirement.ID) in
            [
                MutantRow(id, "no pong", "unknown", requirement, .faults("no-pong")),
                MutantRow(id, "double pong", "unknown", requirement, .faults("double-pong")),
                MutantRow(id, "pong after 12 s", "unknown", requirement, .faults("late-pong=12")),
                MutantRow(id, "pong after 2 s", "pass", requirement, .faults("late-pong=2")),
            ]
        }

    // MARK: The wrong moment

    private static let moments: [MutantRow] =
        [
            ("path.without-ob", "OB-REG-003"), ("answers.datagram-trailer", "OB-SIP-003"),
            ("registration.ob-anywhere", "OB-GR-002"), ("registration.two-flows", "OB-REG-015"),
            ("robustness.compact-register", "OB-GR-006"), ("instance.reg-id-zero", "OB-REG-022"),
            ("digest.algorithms", "OB-AUTH-002"),
        ].flatMap { (id: String, requirement: Requirement.ID) in
            // With a password each second REGISTER would be all that give one.
            (id.hasPrefix("digest") ? 3...4 : 2...4).map { interval in
                MutantRow(
                    id, "503 to each \(interval). REGISTER", "pass", requirement, .isBusy(interval),
                    setup: id.hasPrefix("digest") ? .digest : .edge)
            }
        } + [
            MutantRow(
                "path.without-ob", "503 behind a proxy", "unknown", "OB-REG-003",
                Mutant(answers: { $0.contains("first.invalid") ? 503 : nil })),
            MutantRow(
                "robustness.compact-register", "503 to compact names", "unknown", "OB-GR-006",
                Mutant(answers: { $0.contains("\r\nm:") ? 503 : nil })),
            MutantRow(
                "answers.datagram-trailer", "503 to what has a trailer", "unknown", "OB-SIP-003",
                Mutant(answers: { $0.contains("these octets belong") ? 503 : nil })),
            MutantRow(
                "registration.ob-anywhere", "503 without ob", "unknown", "OB-GR-002",
                Mutant(answers: { $0.contains("REGISTER") && !$0.contains(";ob>") ? 503 : nil })),
            MutantRow(
                "gruu.sent-by-phone", "503 to GRUUs of phones", "unknown", "OB-GRUU-004",
                Mutant(answers: { $0.contains("pub-gruu") ? 503 : nil })),
        ]

    // MARK: Others

    private static let others: [MutantRow] = [
        MutantRow("stun.broken", "no answer to OPTIONS", "unknown", "OB-STUN-015", .isDeaf(to: "OPTIONS ")),
        MutantRow("robustness.garbage", "no answer to OPTIONS", "unknown", "OB-GR-006", .isDeaf(to: "OPTIONS ")),
        MutantRow("robustness.slow-sender", "no answer to OPTIONS", "unknown", "OB-GR-006", .isDeaf(to: "OPTIONS ")),
        MutantRow(
            "answers.rewritten", "the URI is the key", "pass", "OB-RPORT-002",
            .says(
                matching: #"Contact: (?=<sip:elsewhere@)"#,
                "Contact: <sip:alice@127.0.0.1:40001>;reg-id=1;+sip.instance=\"<\(SuiteRig.instance)>\";expires=600\r\nContact: "
            )),
        MutantRow(
            "answers.huge-expiry", "bindings are short", "pass", "OB-REG-025",
            .set { settings in
                settings.registrar.minimumExpires = 1
                settings.registrar.maximumExpires = 5
            }),
    ]

    // MARK: The first REGISTER

    private static let one = CaseCatalogue["registration.plain"].map { [$0] } ?? []

    private func run(
        _ mutant: Mutant, _ transport: TransportProtocol, _ cases: [TestCase] = one
    ) async throws -> (outcome: SuiteOutcome, bindings: Int) {
        let network = try SimulatedNetwork(mutant)
        var runner = SuiteRunner(
            network: network, plan: try SuiteRig.plan([transport]), cases: cases, random: SeededGenerator(seed: 7))
        return (await runner.run { _ in }, network.bindingCount)
    }

    /// RFC 3581 §4: the answer is heard where nobody behind a NAT hears it, and nothing is left bound.
    @Test func answersFromElsewhereAreTold() async throws {
        let source = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5099)
        let (outcome, bindings) = try await run(Mutant(answersFrom: source), .udp)
        guard case .elsewhere(_, let stranger) = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
        #expect("\(stranger)" == "200 OK from 127.0.0.1:5099")
        #expect(outcome.results.map(\.testCase.id) == ["answers.false-sent-by"])
        #expect(outcome.findings.map(\.requirement) == ["OB-RPORT-003"] && outcome.counts.fail == 1)
        #expect(bindings == 0 && outcome.leftBehind.isEmpty, "\(outcome.leftBehind)")
    }

    /// The same of a server that is not the first one.
    @Test func otherServersThatAnswerFromElsewhereAreToldToo() async throws {
        let source = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5099)
        let one = try #require(CaseCatalogue["answers.false-sent-by"])
        let (outcome, bindings) = try await SuiteRig.run([one], Mutant(answersFrom: source), .edge)
        #expect(outcome.trouble == nil && outcome.counts.fail == 1, "\(outcome.findings)")
        #expect(bindings == 0 && outcome.leftBehind.isEmpty, "\(outcome.leftBehind)")
    }

    /// 439 is said to what was asked for, not to what was bound instead.
    @Test func whatWasRefusedIsNotLeftBehind() async throws {
        let mutant = Mutant(answers: { text in
            text.hasPrefix("REGISTER") && text.contains("Supported: path, outbound") ? 439 : nil
        })
        let (outcome, bindings) = try await run(mutant, .tcp)
        #expect(outcome.trouble == nil && outcome.results.count == 1)
        #expect(bindings == 0 && outcome.leftBehind.isEmpty, "\(outcome.leftBehind)")
    }

    @Test(arguments: [503, 600, 404] as [UInt16]) func whoRefusesAllHasBoundNothing(_ status: UInt16) async throws {
        let (outcome, _) = try await run(Mutant(answers: { _ in status }), .tcp)
        guard case .refused = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
        #expect(outcome.leftBehind.isEmpty, "\(outcome.leftBehind)")
    }

    /// RFC 3261 §10.2.8.
    @Test func longerLifetimesAreTaken() async throws {
        let cases = CaseSelector(only: ["instance.plain-bindings", "registration.expires-field"])
            .select(from: CaseCatalogue.all)
        let (outcome, bindings) = try await run(.set { $0.registrar.minimumExpires = 3600 }, .tcp, cases)
        #expect(outcome.trouble == nil && outcome.survey?.expiresSeconds == 3600)
        #expect(outcome.results.map(\.verdict) == [.pass, .pass], "\(outcome.findings)")
        #expect(bindings == 0)
    }

    @Test func challengesThatCannotBeReadAreCalledThat() async throws {
        let mutant = Mutant(
            settings: { $0.demandDigest() },
            toClient: { $0.replacing("WWW-Authenticate: Digest", with: "WWW-Authenticate: ,") })
        let outcome = try await run(mutant, .tcp).outcome
        guard case .noCredentials(_, .noChallenge) = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
    }

    @Test func silenceAfterAChallengeIsCalledThat() async throws {
        let mutant = Mutant(
            settings: { $0.demandDigest() }, toServer: { $0.contains("Authorization:") ? nil : $0 })
        let outcome = try await run(mutant, .tcp).outcome
        guard case .unfinished(_, let challenge, _) = outcome.trouble else {
            Issue.record("\(String(describing: outcome.trouble))")
            return
        }
        #expect(challenge.hasPrefix("401 "))
    }
}

extension Mutant {
    /// Folds the fields that begin so, which changes nothing of what they say.
    static func folds(_ line: String) -> Mutant {
        Mutant(toClient: { text in
            text.split(separator: "\r\n", omittingEmptySubsequences: false).map { field in
                field.hasPrefix(line) ? "\(line)\r\n \(field.dropFirst(line.count))\r\n\t;x=1" : String(field)
            }.joined(separator: "\r\n")
        })
    }

    /// Has no time for each so many-th REGISTER.
    static func isBusy(_ interval: Int) -> Mutant {
        let count = Mutex(0)
        return Mutant(answers: { text in
            guard text.contains(" REGISTER\r\n"), !text.hasPrefix("SIP/2.0") else { return nil }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number % interval == 0 ? 503 : nil
        })
    }
}
