import Testing

@testable import OutboundKit

/// Which lifetime a REGISTER asks for and its 2xx grants, where either has several Contacts.
@Suite struct ContactLifetimeTests {
    private typealias Moments = [(Double, Timeline.Moment)]

    private static let urn = RegisterExchange.urn
    private static let old = "<sip:alice@10.0.0.5:40000;transport=tcp>"

    /// A second REGISTER brings the public address and takes the private one away.
    private static func rewritten(_ contacts: [String]) -> Moments {
        let first = RegisterExchange(
            contacts: ["\(old);+sip.instance=\"\(urn)\";reg-id=1"], expires: 900, listed: nil)
        let second = RegisterExchange(
            contacts: contacts, expires: 900, listed: [RegisterExchange.own + ";expires=900"])
        return first.at(0) + second.at(0.3, cseq: 2)
    }

    private static let inTwoFields = rewritten([RegisterExchange.own, "\(old);expires=0"])
    private static let inOneField = rewritten(["\(old);expires=0, \(RegisterExchange.own)"])
    private static let answered = Timeline.pings([100, 200, 300, 400])

    @RuleRows static var askedRows: [RuleRow] {
        RuleRow("OB-KA-001", "fail", "no keep-alive", [.tcp(inTwoFields + [(400, .options)])])
        RuleRow("OB-KA-001", "fail", "no keep-alive, the old contact first", [.tcp(inOneField + [(400, .options)])])
        RuleRow("OB-KA-001", "pass", "keep-alives go on", [.tcp(inTwoFields + answered)])
        RuleRow("OB-KEEP-007", nil, "nothing was removed", [.tcp(inTwoFields + answered)])
        RuleRow(
            "OB-KEEP-007", "info", "all of them were removed",
            [
                .tcp(
                    inTwoFields
                        + RegisterExchange(
                            contacts: [RegisterExchange.own, "\(old);expires=0"], expires: 0, listed: [], answer: []
                        ).at(1, cseq: 3) + answered)
            ])
    }

    @Test(arguments: askedRows)
    func asked(_ row: RuleRow) throws { try row.check() }

    @Test func theHeaderFieldIsForContactsWithoutALifetime() throws {
        func asked(_ fields: String) throws -> UInt64? {
            let message = try parsed("REGISTER sip:example.com SIP/2.0\nTo: <sip:a@example.com>\n\(fields)\n\n")
            return RegistrationReader.contactExpires(message) ?? message.integer(.expires)
        }
        #expect(try asked("Contact: <sip:a@h>, <sip:b@h>;expires=0\nExpires: 90") == 90)
        #expect(try asked("Contact: <sip:b@h>;expires=0\nContact: <sip:a@h>\nExpires: 90") == 90)
        #expect(try asked("Contact: <sip:a@h>;expires=60, <sip:b@h>;expires=0\nExpires: 90") == 60)
        #expect(try asked("Contact: <sip:a@h>, <sip:b@h>;expires=60\nExpires: 0") == 60)
        #expect(try asked("Contact: <sip:a@h>, <sip:b@h>\nExpires: 0") == 0)
        #expect(try asked("Contact: <sip:a@h>, <sip:b@h>;expires=0") == nil)
    }

    // MARK: What is granted

    private static let plain = "<\(RegisterExchange.uri)>"
    private static let other = "<sip:alice@10.7.7.7:5060>"
    private static let instance = ";+sip.instance=\"\(urn)\""
    private static let capitals = ";+sip.instance=\"\(urn.uppercased())\""

    private static func flow(_ listed: [String], expires: Int = 3600, pings: [Double]) -> [Timeline] {
        [.tcp(RegisterExchange(expires: expires, listed: listed).at(0) + Timeline.pings(pings))]
    }

    private static let long = Array(stride(from: 100.0, through: 1000, by: 100))

    @RuleRows static var grantedRows: [RuleRow] {
        RuleRow(
            "OB-UA-027", nil, "no reg-id, found by its URI among those of the device",
            flow(
                ["<sip:alice@10.0.0.5:39999>;expires=60\(instance)", "\(plain);expires=3600\(instance)"], expires: 60,
                pings: long))
        RuleRow(
            "OB-UA-027", nil, "no reg-id, the only one of the device",
            flow(["\(other);expires=60", "<sip:x@y>;expires=3600\(instance)"], expires: 60, pings: long))
        RuleRow(
            "OB-UA-027", "warn", "no instance-id, found by its URI",
            flow(["\(other);expires=2500", "\(plain);expires=300"], pings: long))
        RuleRow(
            "OB-UA-027", "warn", "other parameters and case in the URI",
            flow(["\(other);expires=2500", "<sip:alice@192.0.2.7:40000;TRANSPORT=TCP;x=1>;expires=300"], pings: long))
        RuleRow(
            "OB-UA-027", "warn", "a UUID in capitals",
            flow(["\(other);expires=77", "\(plain);expires=300\(capitals);reg-id=1"], pings: long))
        RuleRow(
            "OB-UA-027", "unknown", .identity, "none is its own",
            flow(["\(other);expires=77", "<sip:alice@10.7.7.7:5080>;expires=300"], expires: 60, pings: long))
        RuleRow(
            "OB-UA-027", "unknown", .identity, "the address of another instance",
            flow(
                ["\(other);expires=77", "\(plain);expires=300;+sip.instance=\"<urn:uuid:2>\";reg-id=1"], expires: 60,
                pings: long))
        RuleRow(
            "OB-UA-027", "unknown", .identity, "only its other flow",
            flow(["\(other);expires=77", "\(plain);expires=300\(instance);reg-id=2"], expires: 60, pings: long))
        RuleRow(
            "OB-UA-027", nil, "which of two that last equally long does not matter",
            flow(["\(plain);expires=3600\(instance)", "\(plain);expires=3600\(instance)"], expires: 60, pings: long))
        RuleRow(
            "OB-UA-027", "warn", "the only one, whatever it says",
            flow(["<sip:x@y>;expires=300"], pings: long))
        RuleRow(
            "OB-UA-027", "warn", "Expires for all that are listed",
            [
                .tcp(
                    RegisterExchange(
                        listed: [other, "<sip:x@y>"], answer: RegisterExchange.outbound + ["Expires: 300"]
                    ).at(0) + Timeline.pings(long))
            ])
    }

    @Test(arguments: grantedRows)
    func granted(_ row: RuleRow) throws { try row.check() }

    /// A lifetime that cannot be told is not shown as one.
    @Test func theTableDoesNotGuess() throws {
        var ledger = FlowLedger()
        for timeline in Self.flow(["\(Self.other);expires=77", "<sip:x@y>;expires=300"], pings: []) {
            try timeline.play(into: &ledger)
        }
        ledger.finish()
        #expect(ledger.flows[0].registrations[0].expires == nil)
        // Keep-alives are due as long as the client may think that it is registered.
        #expect(ledger.flows[0].duty.until == Int64(3_600_100_000_000))
    }
}
