import Testing

@testable import OutboundKit

/// Contacts whose URI no parser takes: what stands behind it counts all the same, and where that cannot be told nobody is
/// accused (OB-GR-006).
@Suite struct UnreadContactTests {
    private static let parameters = ";+sip.instance=\"\(RegisterExchange.urn)\";reg-id=1"

    private static func flow(_ contact: String) -> [Timeline] {
        let exchange = RegisterExchange(contacts: [contact], listed: [contact + ";expires=3600"])
        return [.tcp(exchange.at(0) + Timeline.pings([100, 200, 300]))]
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-REG-010", nil, "two at signs", flow("<sip:alice@corp.com@10.0.0.5>\(parameters)"))
        RuleRow("OB-REG-010", nil, "two at signs, no brackets", flow("sip:alice@corp.com@10.0.0.5\(parameters)"))
        RuleRow("OB-REG-010", nil, "brackets in the URI", flow("<sip:alice@10.0.0.5;rinstance=<x>>\(parameters)"))
        RuleRow("OB-REG-010", nil, "a quote in the URI", flow("<sip:al\"ice@10.0.0.5>\(parameters)"))
        RuleRow("OB-REG-010", "fail", "no reg-id", flow("<sip:alice@corp.com@10.0.0.5>;q=1"))
        RuleRow("OB-REG-010", "fail", "nothing behind it", flow("<sip:alice@corp.com@10.0.0.5>"))
        RuleRow(
            "OB-REG-010", "unknown", .identity, "a bracket that is not closed",
            flow("<sip:alice@10.0.0.5\(parameters)"))
        RuleRow(
            "OB-REG-010", "unknown", .identity, "a quote that is not closed",
            flow("<sip:alice@corp.com@10.0.0.5>;+sip.instance=\"\(RegisterExchange.urn);reg-id=1"))
        RuleRow("OB-REG-010", nil, "a comma in a display name", flow("Al,ice <sip:alice@10.0.0.5>\(parameters)"))
        RuleRow(
            "OB-REG-010", "unknown", .identity, "one of two has none",
            flow("<sip:alice@10.0.0.5>, <sip:alice@10.0.0.6\(parameters)"))
        RuleRow("OB-KA-001", "pass", "all is as it should be", flow("<sip:alice@corp.com@10.0.0.5>\(parameters)"))
    }

    /// A To that is no SIP URI is told whole; behind one that cannot be read, the Flow-Timer holds for the flow all the same.
    @Test(arguments: [
        ("<tel:+4912345>", "tel:+4912345", "20 s"), ("<urn:service:sos>", "urn:service:sos", "20 s"),
        ("<sip:a@[::1>", "-", "20 s"),
    ])
    func otherAddressesOfRecord(_ to: String, aor: String, timer: String) throws {
        var ledger = FlowLedger()
        let moments = Timeline.registered(timer: 20)
        var tape = Tape()
        try Timeline.tcp(moments).play(into: &tape)
        for event in tape.events {
            guard case .sip(let message) = event.what else {
                ledger.observe(event)
                continue
            }
            let text = String(decoding: message.bytes, as: UTF8.self)
            let moment = FlowEvent.Moment(
                flow: event.flow, time: event.time, frame: event.frame, direction: event.direction)
            ledger.observeSIP(
                try written(text.replacing("To: <sip:alice@example.com>", with: "To: \(to)")), moment)
        }
        ledger.finish()
        let row = FlowRow(FlowSummary(ledger.flows[0], end: ledger.lastTime), .ok)
        #expect(row.registered.prefix { $0 != ";" } == aor)
        #expect(row.timer == timer)
    }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }

    @Test(arguments: [
        "<sip:alice@corp.com@10.0.0.5>", "sip:alice@corp.com@10.0.0.5", "\"A;<\" <sip:%@h:x>", "<sip:a@h>>",
        "<sip:[::1@h;x=\">", "<\u{FF}>",
    ])
    func parametersOfAnUnreadableURI(_ uri: String) throws {
        let message = try parsed("REGISTER sip:h SIP/2.0\nContact: \(uri)\(Self.parameters); expires = 60\n\n")
        #expect(throws: ParseError.self) { try message.contacts() }
        let contact = try #require(RegistrationContact.all(message).first)
        #expect(contact.isReadable && contact.regID == "1" && contact.expires == 60)
        #expect(contact.instance == String(RegisterExchange.urn.dropFirst().dropLast()))
    }

    /// What is read of a Contact that the parser takes is what the parser reads.
    @Test func agreesWithTheParser() throws {
        var random = SeededGenerator(seed: 3261)
        let pieces = [
            "<sip:a@h>", "sip:b@h", "\"N, \\\"x\" ", ";expires=5", ";reg-id=2", ";+sip.instance=\"<urn:x>\"", ", ",
            " ;q=1",
            ";ob", "<sip:c@h;ob>", "x",
        ]
        var read = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...6, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            guard let message = try? parsed("REGISTER sip:h SIP/2.0\nContact: \(text)\n\n") else { continue }
            let own = RegistrationContact.all(message)
            guard let contacts = try? message.contacts(), !contacts.isEmpty else { continue }
            read += 1
            let isSame =
                own.map(\.regID) == contacts.map(\.regID) && own.allSatisfy(\.isReadable)
                && own.map(\.expires) == contacts.map { $0.expires.map(UInt64.init) }
                && own.map(\.hasOB) == contacts.map { $0.uri?.hasParameter("ob") ?? false }
            #expect(isSame, "\(text)")
        }
        #expect(read > 500)
    }
}
