import Synchronization
import Testing

@testable import OutboundKit

/// A case, a server that breaks exactly what it judges, and what the case then says.
struct MutantRow: Sendable, CustomTestStringConvertible {
    let id: String
    /// What is broken, in words.
    var name = ""
    let verdict: String
    let requirement: Requirement.ID
    let mutant: Mutant
    var setup = SuiteRig.Setup.edge
    /// Requirements that cannot be told apart from the broken one on the wire; nil where others are not looked at.
    var also: [Requirement.ID]?

    init(_ id: String, _ verdict: String, _ requirement: Requirement.ID, _ mutant: Mutant) {
        self.id = id
        self.verdict = verdict
        self.requirement = requirement
        self.mutant = mutant
    }

    /// A server that breaks this and nothing else.
    init(
        _ id: String, _ name: String, _ verdict: String, _ requirement: Requirement.ID, _ mutant: Mutant,
        setup: SuiteRig.Setup = .edge, also: [Requirement.ID] = []
    ) {
        self.init(id, verdict, requirement, mutant)
        self.name = name
        self.setup = setup
        self.also = also
    }

    var testDescription: String { name.isEmpty ? "\(id) \(verdict)" : "\(id) \(verdict): \(name)" }

    /// Runs the case against the mutant and looks for the finding.
    func check() async throws {
        let one = try #require(CaseCatalogue[id])
        #expect(one.requirements.contains(requirement), "\(id) does not name \(requirement)")
        let outcome = try await SuiteRig.run([one], mutant, setup).outcome
        #expect(outcome.trouble == nil)
        let result = try #require(outcome.results.first)
        let words = result.findings.map { "\($0.requirement?.text ?? "-") \($0.verdict.word): \($0.message)" }
        #expect(
            result.findings.contains { $0.requirement == requirement && $0.verdict.word == verdict }, "\(words)")
        for finding in result.findings where finding.verdict == .fail {
            #expect(finding.evidence.first?.expected != nil)
        }
        guard let also else { return }
        for finding in result.findings where finding.verdict == .fail || finding.verdict == .warn {
            let isExpected = finding.requirement == requirement || also.contains { $0 == finding.requirement }
            #expect(isExpected, "\(words)")
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
