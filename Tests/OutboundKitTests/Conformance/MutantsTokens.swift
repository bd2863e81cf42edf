import Testing

@testable import OutboundKit

/// Edges that take tokens which they did not write, and the cases that find them.
@Suite struct TokenMutantTests {
    /// Puts the last token that was given out into each Route, whatever stood there.
    private static func ignoresTokens() -> Mutant {
        let memory = Memory()
        var mutant = Mutant.toClient { text in
            if let token = text.line("Path: <sip:")?.dropFirst(11).prefix(while: { $0 != "@" }) {
                memory["token"] = String(token)
            }
            return text
        }
        mutant.toServer = { text in
            guard text.hasPrefix("MESSAGE "), let token = memory["token"] else { return text }
            return text.mappingLines("Route: <sip:") { line in
                "Route: <sip:\(token)\(line[(line.firstIndex(of: "@") ?? line.endIndex)...])"
            }
        }
        return mutant
    }

    private static func withToken(_ token: String) -> Mutant {
        .toClient { text in
            text.mappingLines("Path: <sip:") { line in
                "Path: <sip:\(token)\(line[(line.firstIndex(of: "@") ?? line.endIndex)...])"
            }
        }
    }

    private static func faulty(_ kind: Fault.Kind) -> Mutant {
        var mutant = Mutant()
        mutant.settings = { $0.faults = FaultPlan([Fault(kind)]) }
        return mutant
    }

    private static let refusal = "SIP/2.0 403 Forbidden: The Flow"
    private static func refusesWith(_ status: Int) -> Mutant {
        .toClient { $0.replacingPrefix(refusal, with: "SIP/2.0 \(status) Forbidden: The Flow") }
    }

    /// A token for addresses of a private network.
    private static let inside: String = {
        let flow = Flow(
            transport: .tcp, local: TransportAddress(ip: IPAddress(v4: 0x0A00_0001), port: 5060),
            remote: TransportAddress(ip: IPAddress(v4: 0x0A00_0002), port: 40_000))
        let octets = FlowTokenCodec.encode(flow, as: .kamailio, with: EffectiveKey([1, 2, 3])) ?? []
        return String(decoding: octets, as: UTF8.self)
    }()

    static let rows: [MutantRow] = [
        MutantRow("token.per-flow", "one for all", "OB-EP-003", .fail, also: ["OB-TOK-001"]) { withToken("AAAA") },
        MutantRow("token.per-flow", "one for all", "OB-TOK-001", .fail, also: ["OB-EP-003"]) { withToken("AAAA") },
        MutantRow("token.tampered", "no code", "OB-EP-012", .fail) { faulty(.tokenWithoutMAC) },
        MutantRow("token.tampered", "404", "OB-EP-012", .warn) { refusesWith(404) },
        MutantRow("token.truncated", "taken", "OB-EP-012", .fail) { ignoresTokens() },
        MutantRow("token.truncated", "400", "OB-EP-012", .warn) { refusesWith(400) },
        MutantRow("token.extended", "taken", "OB-EP-012", .fail) { ignoresTokens() },
        MutantRow("token.empty", "taken", "OB-EP-012", .fail) { ignoresTokens() },
        MutantRow("token.not-base64", "taken", "OB-EP-012", .fail) { ignoresTokens() },
        MutantRow("token.not-base64", "500", "OB-EP-012", .warn) { refusesWith(500) },
        MutantRow("token.case", "taken", "OB-TOK-006", .fail) { ignoresTokens() },
        MutantRow("token.forged", "a public key", "OB-TOK-001", .fail) {
            var mutant = Mutant()
            mutant.settings = { $0.tokenSecret = [] }
            return mutant
        },
        MutantRow("token.forged", "no code", "OB-TOK-001", .fail) { faulty(.tokenWithoutMAC) },
        MutantRow("token.foreign-key", "no code", "OB-TOK-009", .fail, also: ["OB-TOK-007"]) {
            faulty(.tokenWithoutMAC)
        },
        MutantRow("token.foreign-key", "no code", "OB-TOK-007", .fail, also: ["OB-TOK-009"]) {
            faulty(.tokenWithoutMAC)
        },
        MutantRow("token.spelling", "taken", "OB-TOK-005", .info) { ignoresTokens() },
        MutantRow("token.spelling", "refused", "OB-TOK-010", .info) { Mutant() },
        MutantRow("token.discloses", "private addresses", "OB-TOK-008", .info) { withToken(inside) },
        MutantRow("token.same-port", "a flow is its ends", "OB-EP-020", .warn) {
            var mutant = Mutant()
            mutant.overlooksClosing = true
            return mutant
        },
    ]

    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }
}

/// Servers that lose calls when a flow ends, or dial phones.
@Suite struct FailureMutantTests {
    private static var deaf: Mutant {
        var mutant = Mutant()
        mutant.overlooksClosing = true
        return mutant
    }

    static let rows: [MutantRow] = [
        MutantRow("failure.fin", "dials the phone", "OB-AP-006", .fail) { .dialling },
        MutantRow("failure.fin", "dials the phone", "OB-EP-013", .fail, on: .pair) { .dialling },
        MutantRow("failure.fin", "no fail-over", "OB-AP-002", .warn) { .givesUp(477) },
        MutantRow("failure.rst", "dials the phone", "OB-AP-006", .fail) { .dialling },
        MutantRow("failure.rst", "no fail-over", "OB-AP-002", .warn) { .givesUp(500) },
        MutantRow("failure.silence", "waits too long", "OB-AP-002", .info) {
            var mutant = Mutant()
            mutant.settings = { $0.branchTimeout = .seconds(100) }
            return mutant
        },
        MutantRow("failure.token-fin", "dials the phone", "OB-EP-013", .fail) { .dialling },
        MutantRow("failure.token-fin", "477", "OB-EP-013", .warn) { .status(430, becomes: 477) },
        MutantRow("failure.token-rst", "dials the phone", "OB-EP-013", .fail) { .dialling },
        MutantRow("failure.token-rst", "408", "OB-EP-013", .warn) { .status(430, becomes: 408) },
        MutantRow("failure.only-flow", "430 to the caller", "OB-AP-009", .warn) { .status(480, becomes: 430) },
        MutantRow("failure.only-flow", "dials the phone", "OB-AP-006", .fail) { .dialling },
        MutantRow("failure.only-flow", "keeps the binding", "OB-AP-006", .fail, on: .registrar) { deaf },
        MutantRow("failure.only-flow", "keeps the binding", "OB-AP-008", .info) { deaf },
        MutantRow("failure.udp-gone", "hears no ICMP", "OB-AP-006", .info) { deaf },
        MutantRow("failure.two-accounts", "dials the phone", "OB-AP-006", .fail) { .dialling },
        MutantRow("failure.server-closes", "dials the phone", "OB-AP-007", .fail) { .dialling },
        MutantRow("failure.430-next", "430 as any other", "OB-AP-002", .warn, on: .pair) { .hears(430, as: 480) },
        MutantRow("failure.430-next", "the binding stays", "OB-AP-008", .info, on: .pair, also: ["OB-AP-002"]) {
            .hears(430, as: 480)
        },
        MutantRow("failure.430-inside", "430 goes through", "OB-AP-009", .warn, on: .registrar) {
            .status(480, becomes: 430)
        },
    ]

    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }
}

/// Registrars that mistake GRUUs.
@Suite struct GRUUMutantTests {
    static let rows: [MutantRow] = [
        MutantRow("gruu.public", "to all devices", "OB-GRUU-005", .fail) { .everywhere("MESSAGE") },
        MutantRow("gruu.temporary", "to all devices", "OB-GRUU-005", .fail) { .everywhere("MESSAGE") },
        MutantRow("gruu.two-flows", "486 taken for a time-out", "OB-GRUU-005", .fail) { .hears(486, as: 408) },
        MutantRow("gruu.new-call-id", "never void", "OB-GRUU-003", .fail) {
            .toServer { text in
                text.mappingLines("MESSAGE sip:") { $0.contains(";gr") ? "MESSAGE sip:alice@example.com SIP/2.0" : $0 }
            }
        },
        MutantRow("gruu.sent-by-phone", "taken over", "OB-GRUU-004", .fail) {
            let memory = Memory()
            var mutant = Mutant.toServer { text in
                if let gruu = text.line("Contact:")?.split(separator: "pub-gruu=\"").dropFirst().first {
                    memory["gruu"] = String(gruu.prefix { $0 != "\"" })
                }
                return text
            }
            mutant.toClient = { text in
                guard let gruu = memory["gruu"] else { return text }
                return text.mappingLines("Contact:") { "\($0);pub-gruu=\"\(gruu)\"" }
            }
            return mutant
        },
        MutantRow("gruu.sent-by-phone", "refused", "OB-GRUU-004", .warn) {
            .answers { $0.hasPrefix("REGISTER ") && $0.contains("pub-gruu=") ? 400 : nil }
        },
        MutantRow("gruu.contact", "no SIP URI", "OB-GRUU-004", .fail) {
            .toServer { text in
                text.mappingLines("Contact: <tel:") { "Contact: <sip:x@192.0.2.1>\($0.drop { $0 != ">" }.dropFirst())" }
            }
        },
        MutantRow("gruu.contact", "400", "OB-GRUU-004", .warn) { .status(403, becomes: 400) },
        MutantRow("gruu.no-contact", "404 for a known one", "OB-GRUU-006", .fail) { .status(480, becomes: 404) },
        MutantRow("gruu.no-contact", "480 for an unknown one", "OB-GRUU-006", .warn) { .status(404, becomes: 480) },
        MutantRow("gruu.mid-dialog", "a spiral", "OB-GRUU-007", .warn) {
            .toClient { text in
                guard text.hasPrefix("BYE ") else { return text }
                let via = "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKspiral"
                return text.addingLine("\(via)1").addingLine("\(via)2")
            }
        },
        MutantRow("gruu.record-route", "leaves the dialog", "OB-GRUU-008", .fail) { .withoutRecordRoute },
    ]

    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }
}

/// A case without its mutant isn't done.
@Suite struct MutantCoverageTests {
    @Test func eachCaseHasAMutant() {
        let rows =
            DeliveryMutantTests.rows + DialogMutantTests.rows + TokenMutantTests.rows + FailureMutantTests.rows
            + GRUUMutantTests.rows
        let known = Set(rows.map(\.id))
        let groups: Set<CaseGroup> = [.delivery, .dialog, .token, .failure, .gruu]
        for one in CaseCatalogue.all where one.group.map({ groups.contains($0) }) ?? false {
            #expect(known.contains(one.id), "\(one.id) has no mutant")
        }
        for row in rows {
            let listed = CaseCatalogue[row.id]?.requirements ?? []
            #expect(listed.contains(row.requirement), "\(row.id) does not list \(row.requirement)")
        }
    }
}
