import Testing

@testable import OutboundKit

private let contact =
    "<sip:alice@192.0.2.7:5060;ob>;reg-id=1;+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";expires=600"
private let uuid = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

private func row(_ id: String, _ word: String, _ edits: [Edit] = [], _ transport: TransportProtocol = .udp)
    -> ExchangeRow
{
    ExchangeRow(id, word, request: edits) {
        $0.party = .userAgent
        $0.transport = transport
    }
}

@Suite struct UserAgentRuleTests {
    @Test(arguments: [
        row("OB-INST-001", "pass"), row("OB-INST-001", "fail", [Edit(";+sip.instance=\"<\(uuid)>\"", "")]),
        row("OB-INST-001", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-UA-004", "pass"), row("OB-UA-004", "fail", [Edit(";+sip.instance=\"<\(uuid)>\"", "")]),
        row("OB-UA-004", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-INST-004", "pass"), row("OB-INST-004", "warn", [Edit("urn:uuid:f81d4fae-", "urn:uuid:f81d4fae")]),
        row("OB-INST-004", "pass", [Edit("f81d4fae", "00000000")]),
        row("OB-INST-004", "skipped", [Edit(";+sip.instance=\"<\(uuid)>\"", "")]),
        row("OB-INST-005", "pass"), row("OB-INST-005", "fail", [Edit(uuid, "mac:001122334455")]),
        row("OB-INST-005", "fail", [Edit(uuid, "urn:x-vendor:7")]),
        row("OB-INST-005", "info", [Edit(uuid, "urn:gsma:imei:90420156-025763-0")]),
        row("OB-INST-005", "skipped", [Edit(";+sip.instance=\"<\(uuid)>\"", "")]),
        row("OB-INST-006", "pass"), row("OB-INST-006", "pass", [Edit(uuid, "mac:001122334455")]),
        row("OB-INST-006", "fail", [Edit("\"<\(uuid)>\"", "\"\(uuid)\"")]),
        row("OB-INST-006", "fail", [Edit("\"<\(uuid)>\"", uuid)]),
        row("OB-INST-006", "skipped", [Edit(";+sip.instance=\"<\(uuid)>\"", "")]),
    ])
    func instance(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        row("OB-UA-003", "pass"), row("OB-UA-003", "pass", [Edit("Supported: path, outbound", "k: OUTBOUND, path")]),
        row("OB-UA-003", "fail", [Edit("path, outbound, gruu", "path")]),
        row("OB-UA-003", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-UA-008", "pass"), row("OB-UA-008", "fail", [Edit("reg-id=1", "reg-id=0")]),
        row("OB-UA-008", "fail", [Edit("reg-id=1", "reg-id=2147483648")]),
        row("OB-UA-008", "pass", [Edit("reg-id=1", "reg-id=2147483647")]),
        row("OB-UA-008", "fail", [Edit("reg-id=1", "reg-id=-1")]),
        row("OB-UA-008", "info", [Edit("reg-id=1", "reg-id=007")]),
        row("OB-UA-008", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-UA-009", "pass"), row("OB-UA-009", "fail", [Edit("path, outbound, gruu", "outbound")]),
        row("OB-UA-009", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-UA-018", "pass", [Edit(contact, "*\nExpires: 0")]), row("OB-UA-018", "skipped"),
        row("OB-UA-018", "fail", [Edit(contact, "*;reg-id=1\nExpires: 0")]),
        row("OB-UA-024", "pass"), row("OB-UA-024", "warn", [Edit(";rport", "")]),
        row("OB-UA-024", "skipped", [], .tcp),
        row("OB-UA-030", "pass"), row("OB-UA-030", "fail", [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>, ")]),
        row("OB-UA-030", "pass", [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>;expires=0, ")]),
        row("OB-UA-030", "skipped", [Edit(";reg-id=1", "")]),
    ])
    func registration(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        row("OB-GR-001", "pass"), row("OB-GR-001", "fail", [Edit(";ob>;reg-id=1", ";ob;reg-id=1>")]),
        row("OB-GR-001", "skipped", [Edit("Contact: \(contact)\n", "")]),
        row("OB-GR-002", "pass"), row("OB-GR-002", "warn", [Edit(";ob>", ";ob=1>")]),
        row("OB-GR-002", "skipped", [Edit(";ob>", ">")]),
        row("OB-GR-002", "info", [Edit(";reg-id=1", ""), Edit("outbound", "100rel")]),
        row("OB-GR-003", "pass"), row("OB-GR-003", "fail", [Edit("reg-id=1", "reg-id=\"1\"")]),
        row("OB-GR-003", "pass", [Edit("reg-id=1", "reg-id = 1")]),
        row("OB-GR-003", "skipped", [Edit(";reg-id=1", "")]),
        row("OB-RPORT-001", "pass"), row("OB-RPORT-001", "fail", [Edit(";rport", ";rport=5060")]),
        row("OB-RPORT-001", "skipped", [Edit(";rport", "")]),
        row("OB-KEEP-001", "skipped"), row("OB-KEEP-001", "pass", [Edit(";rport", ";keep;rport")]),
        row("OB-KEEP-001", "warn", [Edit(";rport", ";keep=30;rport")]),
        row("OB-SIP-003", "pass", [], .tcp), row("OB-SIP-003", "fail", [Edit("Content-Length: 0\n", "")], .tcp),
        row("OB-SIP-004", "pass"),
        row("OB-SIP-004", "fail", [Edit("sip:example.com SIP", "sip:alice@example.com SIP")]),
        row("OB-SIP-005", "skipped"), row("OB-AUTH-001", "skipped"), row("OB-AUTH-002", "skipped"),
        row("OB-AUTH-003", "skipped"),
    ])
    func grammar(_ row: ExchangeRow) throws { try row.check() }

    struct Round: Sendable {
        let id: String
        let word: String
        var first: [Edit] = [Edit("CSeq: 2", "CSeq: 1")]
        var challenge = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"
        var more: String?
        var credentials =
            "Digest username=\"alice\", realm=\"example.com\", nonce=\"n\", uri=\"sip:example.com\", "
            + "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\", response=\"0123\""
        var delay = 0.1
        /// How long the challenge took.
        var took = 0.01
        var party = Party.userAgent
    }

    private static let md5 = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"m\", qop=\"auth\", algorithm=MD5"

    @Test(arguments: [
        Round(id: "OB-SIP-005", word: "pass"),
        Round(id: "OB-SIP-005", word: "warn", first: []),
        Round(id: "OB-SIP-005", word: "warn", first: [Edit("CSeq: 2", "CSeq: 1"), Edit("Call-ID: 1@", "Call-ID: 9@")]),
        Round(id: "OB-AUTH-001", word: "pass"), Round(id: "OB-AUTH-001", word: "warn", delay: 30),
        Round(id: "OB-AUTH-001", word: "skipped", credentials: "", delay: 30),
        Round(id: "OB-AUTH-001", word: "warn", delay: 30, took: 31),
        Round(id: "OB-AUTH-001", word: "skipped", delay: 30, took: 34),
        Round(id: "OB-AUTH-002", word: "pass", more: md5),
        Round(
            id: "OB-AUTH-002", word: "info", more: md5,
            credentials: "Digest username=\"alice\", realm=\"example.com\", algorithm=MD5, response=\"0123\""),
        Round(id: "OB-AUTH-002", word: "skipped"),
        Round(id: "OB-AUTH-002", word: "pass", more: md5, party: .server),
        Round(id: "OB-AUTH-002", word: "info", challenge: md5, party: .server),
        Round(id: "OB-AUTH-003", word: "pass"),
        Round(id: "OB-AUTH-003", word: "fail", credentials: "Digest realm=\"a,b\", qop=auth, nc=00000001"),
        Round(
            id: "OB-AUTH-003", word: "fail",
            credentials: "Digest uri=\"sip:other.example\", qop=auth, nc=00000001, cnonce=\"c\""),
    ])
    func challenged(_ round: Round) throws {
        let before = try ExchangeText.parse(try Edit.apply(round.first, to: ExchangeText.request))
        let fields = [round.challenge, round.more].compactMap { $0 }.joined(separator: "\n")
        let challenge = try ExchangeText.parse(ExchangeText.refusal("401 Unauthorized", fields))
        let authorization = round.credentials.isEmpty ? "" : "Authorization: \(round.credentials)\n"
        var row = ExchangeRow(
            round.id, round.word, request: [Edit("Supported:", authorization + "Supported:")])
        row.setting.party = round.party
        var exchange = try row.exchange()
        exchange.challenged = RegistrationExchange.Challenged(
            request: before, response: challenge, sent: Timestamp(seconds: -round.delay - round.took),
            answered: Timestamp(seconds: -round.delay))
        let findings = ExchangeRules.judge(exchange, vantage: .ua, parties: [round.party])
        let finding = try #require(findings.first { $0.requirement?.text == round.id })
        #expect(finding.verdict.word == round.word, "\(finding.message)")
        #expect(!finding.evidence.contains { $0.observed.contains("0123") }, "a digest response must not be shown")
    }
}
