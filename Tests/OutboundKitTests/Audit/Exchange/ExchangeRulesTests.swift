import Testing

@testable import OutboundKit

@Suite struct ExchangeRulesTests {
    @Test func rulesNameRequirementsThatExist() {
        for (name, id) in ExchangeRules.names {
            #expect(RequirementTable[id] != nil)
            #expect(name.hasPrefix(id.text.replacing("-", with: "_")), "\(name) judges \(id)")
        }
        #expect(Set(ExchangeRules.names.map(\.name)).count <= ExchangeRules.names.count)
        #expect(ExchangeRules.requirements.count > 50)
    }

    @Test func oneFindingARule() throws {
        let exchange = try ExchangeRow("OB-EP-001", "pass").exchange()
        for party in Party.allCases {
            let findings = ExchangeRules.judge(exchange, vantage: .ua, parties: [party])
            #expect(findings.count == ExchangeRules.all.filter { $0.party == party }.count)
        }
        let all = ExchangeRules.judge(exchange, vantage: .ua, parties: [.server, .userAgent])
        #expect(all.count == ExchangeRules.all.count)
    }

    /// What stock servers answer must not be called a violation.
    @Test func aGoodExchangeHasNoFailAndNoWarning() throws {
        let exchange = try ExchangeRow("OB-EP-001", "pass").exchange()
        let findings = ExchangeRules.judge(exchange, vantage: .ua, parties: [.server, .userAgent])
        let bad = findings.filter { $0.verdict == .fail || $0.verdict == .warn }
        #expect(bad.isEmpty, "\(bad.map { "\($0.requirement?.text ?? "") \($0.message)" })")
        let passed = Set(findings.filter { $0.verdict == .pass }.compactMap(\.requirement))
        #expect(passed.count >= 25, "\(passed.count)")
    }

    /// Kamailio 5.6.3 to a REGISTER without path in Supported, as measured.
    @Test func kamailioAnswers420WithSignsOfABinding() throws {
        let answer = ExchangeText.refusal(
            "420 Bad Extension", "Unsupported: path", "Require: outbound", "Contact: <sip:alice@192.0.2.7>;expires=600")
        let row = ExchangeRow(
            "OB-REG-010", "warn", request: [Edit("path, outbound, gruu", "outbound")], answer: answer)
        let findings = ExchangeRules.judge(try row.exchange(), vantage: .ua)
        let bad = findings.filter { $0.verdict == .fail || $0.verdict == .warn }
        #expect(Set(bad.compactMap(\.requirement)) == ["OB-REG-010", "OB-PATH-002"])
        #expect(findings.contains { $0.requirement == "OB-PATH-003" && $0.verdict == .info })
    }

    /// Kamailio 5.6.3 to reg-id 0, as measured: 200 with Require: outbound and Flow-Timer, and no Contact.
    @Test func kamailioGrantsOutboundForRegIDZeroAndBindsNothing() throws {
        let answer = ExchangeText.refusal(
            "200 OK", "Require: outbound", "Flow-Timer: 20", "Path: <sip:t@edge.example.com;lr;ob>")
        let row = ExchangeRow("OB-REG-022", "fail", request: [Edit("reg-id=1", "reg-id=0")], answer: answer)
        let findings = ExchangeRules.judge(try row.exchange(), vantage: .ua)
        let failed = findings.filter { $0.verdict == .fail }
        #expect(failed.compactMap { $0.requirement?.text }.sorted() == ["OB-REG-022", "OB-REG-025"])
        #expect(failed.allSatisfy { $0.diagnosis == "DX-REG-11" && $0.advice != nil })
        #expect(failed.contains { $0.message.contains("nothing was bound") })
    }

    /// Nothing in a hostile answer may do more than be judged.
    @Test(arguments: [
        "SIP/2.0 200 OK\n\n", "SIP/2.0 200 OK\nContact: ,,,\nPath: <<<\nVia: x\nFlow-Timer:\nRequire: ,\n\n",
        "SIP/2.0 699 \nContact: *, *\nPath: <sip:@>;ob\nMin-Expires: 99999999999999999999999\n\n",
        "SIP/2.0 423 x\nMin-Expires: -1\nContact: <sip:a@b>;expires=99999999999999999999;reg-id=99999999999999999999\n\n",
    ])
    func hostileAnswers(_ text: String) throws {
        var message = SIPMessage()
        let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
        try? MessageParser.parse(bytes.span.bytes, into: &message)
        for request in [ExchangeText.request, "REGISTER x SIP/2.0\n\n", "REGISTER sip:a SIP/2.0\nContact: <\n\n"] {
            var sent = SIPMessage()
            let octets = Array(request.replacing("\n", with: "\r\n").utf8)
            try? MessageParser.parse(octets.span.bytes, into: &sent)
            var exchange = try ExchangeRow("OB-EP-001", "pass").exchange()
            exchange = RegistrationExchange(
                subject: "f1", flow: exchange.flow, request: sent, sent: .zero, response: message, ended: .zero)
            for vantage in Vantage.allCases {
                let findings = ExchangeRules.judge(exchange, vantage: vantage, parties: [.server, .userAgent])
                #expect(findings.count == ExchangeRules.all.count)
            }
        }
    }

    @Test func manyContacts() throws {
        let list = (1...200).map { "<sip:u\($0)@192.0.2.9>;expires=9;reg-id=\($0);+sip.instance=\"<urn:x:\($0)>\"" }
        let fields = list.map { "Contact: \($0)\n" }.joined()
        let row = ExchangeRow("OB-REG-014", "pass", [Edit("Contact: ", "\(fields)Contact: ")])
        #expect(!ExchangeRules.judge(try row.exchange(), vantage: .ua).isEmpty)
    }
}
