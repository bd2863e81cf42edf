import Synchronization
import Testing

@testable import OutboundKit

extension MutantRow {
    enum Found: String, Sendable {
        case fail
        case warn
        case info
    }

    /// A server that needs some lines to be made.
    init(
        _ id: String, _ name: String, _ requirement: Requirement.ID, _ found: Found, on setup: SuiteRig.Setup = .edge,
        also: [Requirement.ID] = [], _ mutant: () -> Mutant
    ) {
        self.init(id, name, found.rawValue, requirement, mutant(), setup: setup, also: also)
    }
}

/// What a mutant remembers between messages.
final class Memory: Sendable {
    private let state = Mutex<[String: String]>([:])

    subscript(key: String) -> String? {
        get { state.withLock { $0[key] } }
        set { state.withLock { $0[key] = newValue } }
    }

    /// How often this was asked.
    func count(_ key: String) -> Int {
        state.withLock { state in
            let count = (state[key].flatMap { Int($0) } ?? 0) + 1
            state[key] = String(count)
            return count
        }
    }
}

/// Mutants that several cases meet.
extension Mutant {
    /// Requests of that method come over all flows.
    static func everywhere(_ method: String) -> Mutant {
        var mutant = Mutant()
        mutant.route = { text, flow, open in text.hasPrefix("\(method) ") ? open.map(\.id) : [flow] }
        return mutant
    }

    static func toClient(_ change: @escaping @Sendable (String) -> String?) -> Mutant {
        var mutant = Mutant()
        mutant.toClient = change
        return mutant
    }

    static func toServer(_ change: @escaping @Sendable (String) -> String?) -> Mutant {
        var mutant = Mutant()
        mutant.toServer = change
        return mutant
    }

    static func answers(_ status: @escaping @Sendable (String) -> UInt16?) -> Mutant {
        var mutant = Mutant()
        mutant.answers = status
        return mutant
    }

    /// One status of the server becomes another.
    static func status(_ from: Int, becomes to: Int) -> Mutant {
        toClient { $0.replacingPrefix("SIP/2.0 \(from) ", with: "SIP/2.0 \(to) ") }
    }

    /// One status of phones and fake edges is another for the server.
    static func hears(_ from: Int, as to: Int) -> Mutant {
        toServer { $0.replacingPrefix("SIP/2.0 \(from) ", with: "SIP/2.0 \(to) ") }
    }

    static var followsContact: Mutant {
        var mutant = Mutant()
        mutant.followsContacts = true
        return mutant
    }

    static var dialling: Mutant {
        var mutant = Mutant()
        mutant.dialsPhones = true
        return mutant
    }

    /// The edge leaves dialogs: no Record-Route.
    static var withoutRecordRoute: Mutant {
        toClient { text in text.hasPrefix("INVITE ") ? text.droppingLines("Record-Route:") : text }
    }

    /// The second and all later MESSAGEs get that answer.
    static func givesUp(_ status: UInt16) -> Mutant {
        let memory = Memory()
        return answers { text in text.hasPrefix("MESSAGE ") && memory.count("calls") > 1 ? status : nil }
    }
}

extension String {
    func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }

    /// Without the header lines that begin so.
    func droppingLines(_ prefix: String) -> String {
        let pieces = split(separator: "\r\n", omittingEmptySubsequences: false)
        return pieces.filter { !$0.hasPrefix(prefix) }.joined(separator: "\r\n")
    }

    func mappingLines(_ prefix: String, _ change: (String) -> String) -> String {
        split(separator: "\r\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(prefix) ? change(String(line)) : String(line)
        }.joined(separator: "\r\n")
    }

    func line(_ prefix: String) -> String? {
        split(separator: "\r\n", omittingEmptySubsequences: false).first { $0.hasPrefix(prefix) }.map { String($0) }
    }

    /// A further header line in front of the others.
    func addingLine(_ line: String) -> String {
        var pieces = split(separator: "\r\n", omittingEmptySubsequences: false).map { String($0) }
        pieces.insert(line, at: 1)
        return pieces.joined(separator: "\r\n")
    }

    var hasToTag: Bool { line("To:")?.contains(";tag=") ?? false }
}

/// Servers that break the rules of delivery and forking, and the cases that find them.
@Suite struct DeliveryMutantTests {
    static let rows: [MutantRow] = [
        MutantRow("delivery.message", "over all flows", "OB-REG-019", .fail) { .everywhere("MESSAGE") },
        MutantRow("delivery.message", "over all flows of an edge", "OB-EP-010", .fail, on: .pair) {
            .everywhere("MESSAGE")
        },
        MutantRow("delivery.message", "answered without delivery", "OB-REG-019", .fail) {
            .answers { $0.hasPrefix("MESSAGE ") ? 500 : nil }
        },
        MutantRow("delivery.options", "over all flows", "OB-REG-019", .fail) { .everywhere("OPTIONS") },
        MutantRow("delivery.udp", "to the Contact", "OB-AP-005", .fail) { .followsContact },
        MutantRow("delivery.misleading-contact", "to the Contact", "OB-REG-019", .fail) { .followsContact },
        MutantRow("delivery.misleading-contact", "to the Contact", "OB-EP-010", .fail, on: .pair) { .followsContact },
        MutantRow("delivery.invalid-contact", "a name that is not found", "OB-WS-006", .fail) {
            .answers { $0.hasPrefix("MESSAGE ") ? 478 : nil }
        },
        MutantRow("delivery.by-token", "to the Contact", "OB-EP-010", .fail) { .followsContact },
        MutantRow("delivery.by-token", "Route stays", "OB-EP-010", .fail) {
            .toServer { text in
                guard text.hasPrefix("MESSAGE "), let route = text.line("Route:") else { return text }
                return text.addingLine(route)
            }
        },
        MutantRow("delivery.by-token", "another Request-URI", "OB-EP-010", .warn) {
            .toClient { $0.replacingPrefix("MESSAGE sip:alice@", with: "MESSAGE sip:carol@") }
        },
        MutantRow("delivery.stolen-token", "refused", "OB-EP-023", .info) {
            .answers { $0.hasPrefix("MESSAGE ") ? 403 : nil }
        },
        MutantRow("delivery.two-accounts", "the other's Contact", "OB-REG-019", .fail) {
            .toClient { $0.replacingPrefix("MESSAGE sip:bob@", with: "MESSAGE sip:alice@") }
        },
        MutantRow("delivery.moved", "over the old flow", "OB-REG-020", .fail) {
            var mutant = Mutant()
            mutant.route = { text, flow, open in
                text.hasPrefix("MESSAGE ") ? open.prefix(1).map(\.id) : [flow]
            }
            return mutant
        },
        MutantRow("delivery.one-flow", "both at a time", "OB-AP-001", .fail) { .everywhere("INVITE") },
        MutantRow("delivery.final-answer", "486 taken for a time-out", "OB-AP-003", .fail) { .hears(486, as: 408) },
        MutantRow("delivery.final-answer", "603 taken for 430", "OB-AP-003", .fail) { .hears(603, as: 430) },
        MutantRow("delivery.own-route", "no Route", "OB-AP-004", .fail, on: .pair) {
            .toClient { text in text.hasPrefix("MESSAGE ") ? text.droppingLines("Route:") : text }
        },
        MutantRow("delivery.own-route", "one Path for all", "OB-AP-004", .fail, on: .registrar) {
            let memory = Memory()
            return .toClient { text in
                guard text.hasPrefix("MESSAGE "), let route = text.line("Route:") else { return text }
                if memory["route"] == nil { memory["route"] = route }
                let first = memory["route"] ?? route
                return text.mappingLines("Route:") { _ in first }
            }
        },
    ]

    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }
}

/// Servers that lose dialogs.
@Suite struct DialogMutantTests {
    static let rows: [MutantRow] = [
        MutantRow("dialog.incoming", "no Record-Route", "OB-EP-011", .warn) { .withoutRecordRoute },
        MutantRow("dialog.incoming", "ob in Record-Route", "OB-EP-011", .warn) {
            .toClient { text in
                text.hasPrefix("INVITE ")
                    ? text.mappingLines("Record-Route:") { "\($0.dropLast());ob>" } : text
            }
        },
        MutantRow("dialog.incoming", "ACK and BYE to the Contact", "OB-EP-011", .fail) {
            var mutant = Mutant.followsContact
            mutant.followsContactsOf = ["ACK", "BYE"]
            return mutant
        },
        MutantRow("dialog.incoming", "INVITE to the Contact", "OB-REG-019", .fail) { .followsContact },
        MutantRow("dialog.phone-hangs-up", "back to the phone", "OB-EP-009", .fail) {
            var mutant = Mutant()
            mutant.route = { text, flow, open in text.hasPrefix("BYE ") ? open.map(\.id) : [flow] }
            return mutant
        },
        MutantRow("dialog.phone-hangs-up", "BYE lost", "OB-EP-009", .warn) {
            .answers { $0.hasPrefix("BYE ") ? 404 : nil }
        },
        MutantRow("dialog.phone-hangs-up", "Route stays", "OB-EP-014", .fail) {
            let memory = Memory()
            var mutant = Mutant.toServer { text in
                if text.hasPrefix("BYE "), let route = text.line("Route:") { memory["route"] = route }
                return text
            }
            mutant.toClient = { text in
                guard text.hasPrefix("BYE "), let route = memory["route"] else { return text }
                return text.addingLine(route)
            }
            return mutant
        },
        MutantRow("dialog.by-token", "no Record-Route", "OB-EP-011", .warn) { .withoutRecordRoute },
        MutantRow("dialog.by-token", "BYE to the Contact", "OB-EP-011", .fail) {
            var mutant = Mutant.followsContact
            mutant.followsContactsOf = ["BYE"]
            return mutant
        },
        MutantRow("dialog.outgoing", "no Record-Route", "OB-EP-015", .warn) { .withoutRecordRoute },
        MutantRow("dialog.outgoing", "BYE lost", "OB-EP-015", .fail) { .withoutRecordRoute },
        MutantRow("dialog.outgoing", "BYE to the Contact", "OB-EP-015", .fail) {
            var mutant = Mutant.followsContact
            mutant.followsContactsOf = ["BYE"]
            return mutant
        },
        MutantRow("dialog.ob-alone", "a token for who lists outbound alone", "OB-EP-015", .fail) {
            .withoutRecordRoute
        },
    ]

    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }
}
