@testable import OutboundKit

/// Servers that answer wrongly, or to another place.
extension RegistrationMutantTests {
    static let answers: [MutantRow] = [
        MutantRow(
            "answers.unknown-required", "Require is not read", "fail", "OB-REG-029", .hears("Require: x-none\r\n")),
        MutantRow("answers.unknown-required", "420 names nothing", "fail", "OB-REG-029", .saysNo("Unsupported:")),
        MutantRow(
            "answers.unknown-required", "420 names another tag", "fail", "OB-REG-029",
            .says("Unsupported: x-none", "Unsupported: x-other")),
        MutantRow(
            "answers.unknown-required", "403", "unknown", "OB-REG-029", .says("SIP/2.0 420", "SIP/2.0 403")),
        MutantRow(
            "answers.require-outbound", "neither done nor refused", "fail", "OB-REG-029",
            .hears(";reg-id=1", in: "Require: outbound").hearing("Require: outbound\r\n", "")),
        MutantRow(
            "answers.require-outbound", "420", "info", "OB-REG-029", .set { $0.registrar.outbound = .off }),
        MutantRow(
            "answers.no-439", "439 behind each proxy", "fail", "OB-EP-019",
            .refuses("439 First Hop Lacks Outbound Support") { $0.contains("192.0.2.10") }),
        MutantRow(
            "answers.no-439", "439 to OPTIONS", "fail", "OB-EP-019",
            Mutant(toClient: {
                $0.contains(" OPTIONS\r\n") ? $0.replacing("SIP/2.0 200 OK", with: "SIP/2.0 439 No") : $0
            })),
        MutantRow("answers.brief-expiry", "no Min-Expires", "fail", "OB-REG-028", .saysNo("Min-Expires:")),
        MutantRow(
            "answers.brief-expiry", "it is granted", "pass", "OB-REG-028", .set { $0.registrar.minimumExpires = 1 }),
        MutantRow(
            "answers.brief-expiry", "Min-Expires is not enough", "fail", "OB-REG-028",
            .says("Min-Expires: 60", "Min-Expires: 59")),
        MutantRow(
            "answers.huge-expiry", "32 bits are kept", "warn", "OB-REG-025", .hears("expires=4294967296", "expires=0")),
        MutantRow(
            "answers.huge-expiry", "32 bits are kept, and none too few", "warn", "OB-REG-025",
            Mutant(
                settings: { $0.registrar.minimumExpires = 1 },
                toServer: { $0.replacing("expires=4294967297", with: "expires=1") })),
        MutantRow(
            "answers.huge-expiry", "it is refused", "info", "OB-REG-025",
            .hears("expires=429496729", "expires=1;expires=429496729")),
    ]

    static let routing: [MutantRow] = [
        MutantRow("answers.rport", "no received", "fail", "OB-RPORT-002", .says(";received=127.0.0.1")),
        MutantRow(
            "answers.rport", "rport stays empty", "fail", "OB-RPORT-002", .says(matching: #";rport=4[0-9]+"#, ";rport")),
        MutantRow(
            "answers.false-sent-by", "the response goes to Via's address", "fail", "OB-RPORT-003",
            .isDeaf(to: "192.0.2.1:5999")),
        MutantRow(
            "answers.stun-and-sip", "SIP is rewritten", "warn", "OB-RPORT-002",
            .says(matching: #";rport=4[0-9]+"#, ";rport=9")),
        MutantRow(
            "answers.rewritten", "the Via is another", "warn", "OB-RPORT-002",
            .says("Via: SIP/2.0/TCP 127.0.0.1", "Via: SIP/2.0/TCP 192.0.2.77")),
        MutantRow(
            "answers.rewritten", "the Contact is another", "warn", "OB-RPORT-002",
            .says("Contact: <sip:alice@127.0.0.1", "Contact: <sip:alice@192.0.2.77")),
        MutantRow(
            "answers.rewritten", "the Contact is what the edge sees", "warn", "OB-RPORT-002",
            .says("Contact: <sip:elsewhere@192.0.2.77:5099", "Contact: <sip:elsewhere@127.0.0.1:40001")),
        MutantRow("answers.keep", "keep is no number", "fail", "OB-KEEP-002", .says(";keep", ";keep=soon")),
        MutantRow("answers.keep", "keep is another number", "fail", "OB-KEEP-006", .says(";keep", ";keep=99")),
        MutantRow("answers.keep", "keep is not known", "info", "OB-KEEP-002", Mutant()),
        MutantRow(
            "answers.keep-unasked", "keep for all", "fail", "OB-KEEP-003", .says(";rport=4", ";keep=30;rport=4")),
        MutantRow(
            "answers.keep-unasked", "another hop's keep is answered", "warn", "OB-KEEP-009",
            .says(";rport=5060;keep", ";rport=5060;keep=30")),
        MutantRow(
            "answers.datagram-trailer", "Content-Length is not read", "fail", "OB-SIP-003",
            .isDeaf(to: "these octets belong")),
        MutantRow(
            "answers.framing", "requests come without Content-Length", "fail", "OB-SIP-003",
            Mutant(toClient: { $0.hasPrefix("MESSAGE") ? $0.without("Content-Length:") : $0 })),
        MutantRow(
            "answers.framing", "refusals have no Content-Length", "fail", "OB-SIP-003",
            Mutant(toClient: { $0.hasPrefix("SIP/2.0 420") ? $0.without("Content-Length:") : $0 })),
    ]
}
