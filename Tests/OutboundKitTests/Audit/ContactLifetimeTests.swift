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
}
