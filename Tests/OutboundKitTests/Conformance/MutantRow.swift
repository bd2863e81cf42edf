import Synchronization
import Testing

@testable import OutboundKit

/// A case, a server that breaks exactly what it judges, and what the case then says.
struct MutantRow: Sendable, CustomTestStringConvertible {
    let id: String
    let verdict: String
    let requirement: Requirement.ID
    let mutant: Mutant

    init(_ id: String, _ verdict: String, _ requirement: Requirement.ID, _ mutant: Mutant) {
        self.id = id
        self.verdict = verdict
        self.requirement = requirement
        self.mutant = mutant
    }

    var testDescription: String { "\(id) \(verdict)" }

    /// Runs the case against the mutant and looks for the finding.
    func check() async throws {
        let one = try #require(CaseCatalogue[id])
        let outcome = try await SuiteRig.run([one], mutant)
        #expect(outcome.trouble == nil)
        let result = try #require(outcome.results.first)
        let words = result.findings.map { "\($0.requirement?.text ?? "-") \($0.verdict.word): \($0.message)" }
        #expect(
            result.findings.contains { $0.requirement == requirement && $0.verdict.word == verdict }, "\(words)")
        for finding in result.findings where finding.verdict == .fail {
            #expect(finding.evidence.first?.expected != nil)
        }
    }
}

extension Mutant {
    /// The faults that `edge --fault` plays.
    static func faults(_ texts: String...) -> Mutant {
        Mutant(settings: { settings in
            settings.faults = FaultPlan(texts.compactMap { try? Fault.parse($0) })
        })
    }

    /// A server that says no more once it got such octets.
    static func dies(of isDeadly: @escaping @Sendable ([UInt8]) -> Bool) -> Mutant {
        let isDead = Flag()
        let hear = { @Sendable (bytes: [UInt8]) -> [UInt8]? in
            if isDeadly(bytes) { isDead.set() }
            return isDead.isSet ? nil : bytes
        }
        return Mutant(
            toServer: { text in hear(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } }, rawToServer: hear)
    }

    /// The edge in front of which each REGISTER needs a password.
    static let digest = Mutant(settings: { $0.demandDigest() })
}

/// Something that happened.
final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set(_ to: Bool = true) { value.withLock { $0 = to } }
}

extension EdgeSettings {
    mutating func demandDigest() {
        guard var users = try? DigestUsers(realm: "example.com") else { return }
        try? users.add(user: "alice", password: Password(Array("secret".utf8)))
        try? users.add(user: "bob", password: Password(Array("secret".utf8)))
        registrar.authentication = try? DigestVerifier(users, key: Array(repeating: 7, count: 32))
    }
}
