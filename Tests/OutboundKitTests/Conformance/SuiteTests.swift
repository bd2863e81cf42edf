import Testing

@testable import OutboundKit

/// Cases against servers in this process.
enum SuiteRig {
    static let instance = "urn:uuid:00000000-0000-1000-8000-0000000000a0"

    static func plan(_ transports: [TransportProtocol] = [.tcp, .udp, .ws], topology: Topology = .one) throws
        -> SuitePlan
    {
        let route = topology == .direct ? nil : try SIPURI.parse("sip:127.0.0.1:5060;lr")
        let targets = transports.map { SuiteTarget($0, SimulatedNetwork.edgeAddress, host: "127.0.0.1", route: route) }
        func user(_ name: String) throws -> SuiteUser {
            let authenticator = DigestAuthenticator(username: name, password: Password(Array("secret".utf8)))
            return SuiteUser(try SIPURI.parse("sip:\(name)@example.com"), authenticator: authenticator)
        }
        let core = SuiteTarget(.udp, SimulatedNetwork.registrarAddress, host: "127.0.0.1", route: nil)
        return SuitePlan(
            targets: targets, core: topology == .pair ? core : nil,
            user: try user("alice"), otherUser: try user("bob"),
            instance: try InstanceID(urn: instance), registrar: try SIPURI.parse("sip:example.com"),
            userAgent: "sipob/test")
    }

    static func run(
        _ cases: [TestCase], _ mutant: Mutant = Mutant(), topology: Topology = .one
    ) async throws -> SuiteOutcome {
        try await run(cases, on: try SimulatedNetwork(mutant, topology: topology), topology)
    }

    static func run(
        _ cases: [TestCase], on network: SimulatedNetwork, _ topology: Topology
    ) async throws -> SuiteOutcome {
        var runner = SuiteRunner(
            network: network, plan: try plan(topology: topology), cases: cases, random: SeededGenerator(seed: 7))
        return await runner.run { _ in }
    }
}

@Suite struct SuiteTests {
    @Test(arguments: CaseCatalogue.all.map(\.id), Topology.allCases)
    func goodServerPasses(id: String, topology: Topology) async throws {
        try await check(id, Mutant(), topology)
    }

    @Test(arguments: CaseCatalogue.all.map(\.id), Topology.allCases)
    func goodServerWithDigestPasses(id: String, topology: Topology) async throws {
        try await check(id, .digest, topology)
    }

    private func check(_ id: String, _ server: Mutant, _ topology: Topology) async throws {
        let one = try #require(CaseCatalogue[id])
        let network = try SimulatedNetwork(server, topology: topology)
        let outcome = try await SuiteRig.run([one], on: network, topology)
        #expect(outcome.trouble == nil)
        #expect(outcome.leftBehind.isEmpty)
        #expect(network.bindingCount == 0)
        let result = try #require(outcome.results.first)
        for finding in result.findings {
            #expect(finding.verdict != .fail && finding.verdict != .warn, "\(finding)")
            if case .unknown = finding.verdict { Issue.record("the case cannot tell: \(finding)") }
        }
    }
}
