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

    static func run(_ cases: [TestCase], _ mutant: Mutant = Mutant()) async throws -> SuiteOutcome {
        let network = try SimulatedNetwork(mutant)
        var runner = SuiteRunner(
            network: network, plan: try plan(), cases: cases, random: SeededGenerator(seed: 7))
        return await runner.run { _ in }
    }
}

@Suite struct SuiteTests {
    @Test(arguments: CaseCatalogue.all.map(\.id)) func goodServerPasses(id: String) async throws {
        try await check(id, Mutant())
    }

    @Test(arguments: CaseCatalogue.all.map(\.id)) func goodServerWithDigestPasses(id: String) async throws {
        try await check(id, .digest)
    }

    private func check(_ id: String, _ server: Mutant) async throws {
        let one = try #require(CaseCatalogue[id])
        let outcome = try await SuiteRig.run([one], server)
        #expect(outcome.trouble == nil)
        #expect(outcome.leftBehind.isEmpty)
        let result = try #require(outcome.results.first)
        for finding in result.findings {
            #expect(finding.verdict != .fail && finding.verdict != .warn, "\(finding)")
        }
    }
}
