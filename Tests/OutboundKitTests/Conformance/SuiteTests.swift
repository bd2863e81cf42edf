import Testing

@testable import OutboundKit

/// Cases against an edge in this process.
enum SuiteRig {
    static let instance = "urn:uuid:00000000-0000-1000-8000-0000000000a0"

    static func plan(_ transports: [TransportProtocol] = [.tcp, .udp, .ws]) throws -> SuitePlan {
        let route = try SIPURI.parse("sip:127.0.0.1:5060;lr")
        let targets = transports.map { SuiteTarget($0, SimulatedNetwork.edgeAddress, host: "127.0.0.1", route: route) }
        func user(_ name: String) throws -> SuiteUser {
            let authenticator = DigestAuthenticator(username: name, password: Password(Array("secret".utf8)))
            return SuiteUser(try SIPURI.parse("sip:\(name)@example.com"), authenticator: authenticator)
        }
        return SuitePlan(
            targets: targets, user: try user("alice"), otherUser: try user("bob"),
            instance: try InstanceID(urn: instance), registrar: try SIPURI.parse("sip:example.com"),
            userAgent: "sipob/test")
    }

    /// How the server under test is spoken to.
    enum Setup: Sendable, CaseIterable {
        /// As an edge proxy, which hides whether the registrar stands behind it.
        case edge
        /// With the registrar named beside the edge: callers and fake proxies reach it directly.
        case edgeAndCore
        /// As a registrar without an edge.
        case registrar
        /// As an edge that asks for a password.
        case digest
        /// As an edge with another server behind it, the registrar, which is named too.
        case pair
        case pairWithDigest
    }

    static func run(_ cases: [TestCase], _ mutant: Mutant = Mutant()) async throws -> SuiteOutcome {
        try await run(cases, mutant, .edge).outcome
    }

    /// - Returns: what came of the suite, and how many bindings the registrar has in the end.
    static func run(
        _ cases: [TestCase], _ mutant: Mutant, _ setup: Setup
    ) async throws -> (outcome: SuiteOutcome, bindings: Int) {
        var plan = try plan()
        var mutant = mutant
        switch setup {
        case .edge: break
        case .edgeAndCore:
            let core = SuiteTarget(.tcp, SimulatedNetwork.edgeAddress, host: "127.0.0.1", route: nil)
            plan = SuitePlan(
                targets: plan.targets, core: core, user: plan.user, otherUser: plan.otherUser, instance: plan.instance,
                registrar: plan.registrar, userAgent: plan.userAgent)
        case .registrar:
            plan.targets = plan.targets.map { SuiteTarget($0.transport, $0.address, host: $0.host, route: nil) }
            plan.core = plan.targets[0]
            let settings = mutant.settings
            mutant.settings = {
                $0.role = .registrar
                settings(&$0)
            }
        case .digest:
            let settings = mutant.settings
            mutant.settings = {
                $0.demandDigest()
                settings(&$0)
            }
        case .pair, .pairWithDigest:
            let core = SuiteTarget(.udp, SimulatedNetwork.registrarAddress, host: "127.0.0.1", route: nil)
            plan = SuitePlan(
                targets: plan.targets, core: core, user: plan.user, otherUser: plan.otherUser, instance: plan.instance,
                registrar: plan.registrar, userAgent: plan.userAgent)
            guard setup == .pairWithDigest else { break }
            let settings = mutant.registrar
            mutant.registrar = {
                $0.demandDigest()
                settings(&$0)
            }
        }
        let network = try SimulatedNetwork(mutant, isPair: setup == .pair || setup == .pairWithDigest)
        var runner = SuiteRunner(
            network: network, plan: plan, cases: cases, random: SeededGenerator(seed: 7))
        return (await runner.run { _ in }, network.bindingCount)
    }
}

@Suite struct SuiteTests {
    /// What our own servers do not do: the edge writes no Path for a plain registration, and then the registrar behind it
    /// has no way to a phone over TCP, for it dials nobody.
    private static let limits: Set = ["pair registration.side-by-side", "pairWithDigest registration.side-by-side"]
    /// Groups whose cases can always tell where the server is good.
    private static let decided: Set<CaseGroup> = [.delivery, .dialog, .token, .failure, .gruu]

    @Test(arguments: SuiteRig.Setup.allCases, CaseCatalogue.all.map(\.id))
    func goodServerPasses(setup: SuiteRig.Setup, id: String) async throws {
        let one = try #require(CaseCatalogue[id])
        let (outcome, bindings) = try await SuiteRig.run([one], Mutant(), setup)
        #expect(outcome.trouble == nil)
        #expect(outcome.leftBehind.isEmpty)
        #expect(bindings == 0)
        let result = try #require(outcome.results.first)
        if Self.limits.contains("\(setup) \(id)") { return }
        for finding in result.findings {
            #expect(finding.verdict != .fail && finding.verdict != .warn, "\(finding)")
            if case .unknown = finding.verdict, one.group.map(Self.decided.contains) ?? false {
                Issue.record("\(id) cannot tell: \(finding)")
            }
            if let requirement = finding.requirement {
                #expect(one.requirements.contains(requirement), "\(id) does not name \(requirement)")
            }
        }
    }
}
