import Synchronization
import Testing

@testable import OutboundKit

/// Servers that break what the cases on registration, instance, path and answers judge.
@Suite struct RegistrationMutantTests {
    static let rows: [MutantRow] = granted + bindings + keys + invalidKeys + hops + values + answers + routing

    @Test(arguments: rows) func isFound(row: MutantRow) async throws { try await row.check() }

    /// A case without its mutant proves nothing.
    @Test func everyCaseHasOne() {
        let groups: Set<CaseGroup> = [.registration, .instance, .path, .answers]
        let ids = CaseCatalogue.all.filter { $0.group.map(groups.contains) ?? false }.map(\.id)
        let missing = Set(ids).subtracting(Self.rows.map(\.id)).sorted()
        #expect(missing.isEmpty, "\(missing)")
    }

    static let noGrant = Mutant.says("Require: outbound\r\n")

    static let granted: [MutantRow] = [
        MutantRow("registration.outbound", "no Require: outbound", "fail", "OB-REG-017", noGrant),
        MutantRow(
            "registration.outbound", "outbound in Supported alone", "info", "OB-GR-004", noGrant, also: ["OB-REG-017"]),
        MutantRow(
            "registration.outbound", "the edge loses the grant", "unknown", "OB-EP-022", noGrant, also: ["OB-REG-017"]),
        MutantRow("registration.outbound", "reg-id is not given back", "warn", "OB-REG-016", .says(";reg-id=1")),
        MutantRow("registration.outbound", "no expires", "fail", "OB-REG-025", .says(matching: #";expires=\d+"#)),
        MutantRow("registration.outbound", "no own Contact", "fail", "OB-REG-025", .saysNo("Contact:")),
        MutantRow(
            "registration.outbound", "reg-id within the brackets", "fail", "OB-GR-001",
            .says(";ob>;reg-id=1", ";ob;reg-id=1>;reg-id=1")),
        MutantRow(
            "registration.flow-timer", "a negative timer", "fail", "OB-FT-001",
            .says("Flow-Timer: 20", "Flow-Timer: -20")),
        MutantRow("registration.flow-timer", "a timer for all", "warn", "OB-FT-002", .adds("Flow-Timer: 20")),
        MutantRow("registration.plain", "outbound for all", "fail", "OB-REG-010", .adds("Require: outbound")),
        MutantRow(
            "registration.plain", "439 for those without outbound", "fail", "OB-EP-019",
            .refuses("439 First Hop Lacks Outbound Support") { !$0.contains("Require: outbound") }),
        MutantRow(
            "registration.plain", "outbound is demanded", "info", "OB-REG-012",
            .set { $0.registrar.outbound = .required }),
        MutantRow("registration.no-tag", "outbound for all", "warn", "OB-REG-018", .adds("Require: outbound")),
        MutantRow(
            "registration.no-tag", "439 for those without the tag", "fail", "OB-EP-019",
            .refuses("439 First Hop Lacks Outbound Support") { !$0.contains("Require: outbound") }),
        MutantRow(
            "registration.no-tag", "reg-id is ignored without the tag", "info", "OB-REG-018",
            .hears(";reg-id=1", in: "Supported: path\r\n")),
        MutantRow(
            "registration.side-by-side", "the plain one replaces the other", "fail", "OB-REG-011",
            Mutant(toClient: { $0.contains("<sip:plain@") ? $0.without("Contact: <sip:alice@") : $0 })),
        MutantRow(
            "registration.side-by-side", "plain bindings get no requests", "warn", "OB-REG-011",
            Mutant(toClient: { $0.hasPrefix("MESSAGE sip:plain@") ? nil : $0 })),
        MutantRow(
            "registration.side-by-side", "callers are refused", "unknown", "OB-REG-011",
            Mutant(toServer: {
                $0.hasPrefix("MESSAGE") ? $0.replacing("alice@example.com SIP", with: "x@example.com SIP") : $0
            })),
        MutantRow(
            "registration.ob-anywhere", "outbound only with ob in Contact", "warn", "OB-GR-002",
            Mutant(toServer: { $0.contains(";ob>") ? $0 : $0.replacing(";reg-id=1", with: "") })),
        MutantRow(
            "registration.ob-anywhere", "no answer without ob in Contact", "unknown", "OB-REG-032",
            Mutant(toServer: { $0.contains(";ob>") ? $0 : nil })),
        MutantRow("registration.tag-case", "small letters only", "fail", "OB-GR-004", .hears("OUTBOUND", "x-other")),
        MutantRow("registration.gruu", "no GRUUs", "info", "OB-GRUU-001", .set { $0.registrar.grantsGRUU = false }),
        MutantRow(
            "registration.gruu", "GRUUs without the instance", "fail", "OB-GRUU-001",
            .says(matching: #";\+sip\.instance="[^"]*""#)),
        MutantRow("registration.always-answered", "deaf to reg-id 0", "fail", "OB-REG-032", .isDeaf(to: "reg-id=0;")),
        MutantRow(
            "registration.always-answered", "deaf to a second Via", "fail", "OB-REG-032", .isDeaf(to: "192.0.2.10")),
    ]

    static let bindings: [MutantRow] = [
        MutantRow(
            "registration.two-flows", "one flow for each device", "fail", "OB-REG-015", .hears("reg-id=2", "reg-id=1")),
        MutantRow(
            "registration.two-flows", "no second flow", "warn", "OB-REG-015",
            Mutant(answers: { $0.hasPrefix("REGISTER") && $0.contains("reg-id=2") ? 503 : nil })),
        MutantRow(
            "registration.list", "one binding is not listed", "fail", "OB-REG-025",
            Mutant(toClient: { text in
                text.split(separator: "\r\n", omittingEmptySubsequences: false)
                    .filter { !($0.hasPrefix("Contact:") && $0.contains("reg-id=2")) }.joined(separator: "\r\n")
            })),
        MutantRow("registration.list", "no expires", "fail", "OB-REG-025", .says(matching: #";expires=\d+"#)),
        MutantRow(
            "registration.remove-one", "the binding stays", "fail", "OB-REG-023",
            .hears("expires=0", "expires=600", in: "<sip:moved@")),
        MutantRow(
            "registration.remove-one", "all bindings go", "fail", "OB-REG-023",
            Mutant(toServer: { text in
                guard text.contains("<sip:moved@"), text.contains("expires=0") else { return text }
                return text.without("Contact:").replacing("Supported:", with: "Contact: *\r\nExpires: 0\r\nSupported:")
            })),
        MutantRow(
            "registration.expires-field", "Expires: 0 is not read", "fail", "OB-REG-023",
            .hears("Expires: 0\r\n", "Expires: 600\r\n")),
        MutantRow("registration.expires-field", "no expires", "fail", "OB-REG-025", .says(matching: #";expires=\d+"#)),
        MutantRow("registration.star", "nothing is removed", "fail", "OB-REG-024", .hears("Contact: *\r\n")),
        MutantRow(
            "registration.star-refused", "a star is taken for nothing", "fail", "OB-REG-024", .hears("Contact: *\r\n")),
        MutantRow("registration.star-refused", "403", "info", "OB-REG-024", .says("SIP/2.0 400", "SIP/2.0 403")),
        MutantRow(
            "registration.cseq", "the order plays no part", "warn", "OB-REG-027",
            Mutant(
                toServer: { $0.replacing("CSeq: 10 ", with: "CSeq: 60 ") },
                toClient: { $0.replacing("CSeq: 60 ", with: "CSeq: 10 ") })),
        MutantRow(
            "registration.cseq", "success for nothing", "info", "OB-REG-027", .hearsNo("Contact:", in: "CSeq: 10 ")),
        MutantRow(
            "registration.cseq", "a new Call-ID is refused", "fail", "OB-REG-027",
            .hears("<sip:newer@", "<", in: "newer")),
        MutantRow(
            "registration.other-user", "the instance alone is the key", "fail", "OB-REG-030",
            .hears("sip:bob@example.com", "sip:alice@example.com", in: "REGISTER sip:")),
        MutantRow(
            "registration.unauthenticated", "200 for who gives no password", "fail", "OB-REG-031",
            Mutant(toClient: { text in
                text.contains("192.0.2.10") ? text.replacing("SIP/2.0 401 Unauthorized", with: "SIP/2.0 200 OK") : text
            }), setup: .digest),
        MutantRow(
            "registration.unauthenticated", "the Contact is stored before the password", "fail", "OB-REG-031",
            storesTooEarly, setup: .digest),
    ]

    /// Whoever asks for the bindings after a refused attempt is told of that one.
    static var storesTooEarly: Mutant {
        let seen = Seen()
        return Mutant(
            toServer: { text in
                if text.contains("<sip:evil@") { seen.note() }
                return text
            },
            toClient: { seen.isNoted ? $0.replacing("Contact: <sip:alice@", with: "Contact: <sip:evil@") : $0 })
    }

    /// A memory of mutants.
    final class Seen: Sendable {
        private let flag = Mutex(false)
        func note() { flag.withLock { $0 = true } }
        var isNoted: Bool { flag.withLock { $0 } }
    }
}
