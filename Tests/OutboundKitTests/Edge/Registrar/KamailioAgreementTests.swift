import Testing

@testable import OutboundKit

/// What Kamailio 5.6.3 was seen to answer to the same REGISTER behind its own edge, where that agrees with the RFCs; and
/// where it does not, what this registrar does instead.
@Suite struct KamailioAgreementTests {
    static let tags = "path, outbound, gruu"
    static let path = "<sip:KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=@127.0.0.1:15060;lr;ob>"

    static func request(_ contact: String, _ supported: String, _ callID: String = "1") -> TestRegister {
        TestRegister(contact, callID: callID).supporting(supported).throughProxy.path(path)
    }

    @Test("outbound granted, with and without ob in the Contact URI", arguments: [";ob", ""])
    func granted(ob: String) throws {
        var registrar = try Registrar.testing()
        let answer = try registrar.answer(Self.request(flow(1, uri: "sip:a@192.0.2.2\(ob)"), Self.tags))
        let contact = try #require(try answer.readContacts().first)
        #expect(answer.status == 200)
        #expect(answer.requiresOutbound)
        #expect(answer.values(.path) == [Self.path])
        #expect(contact.regID == "1")
        #expect(contact.pubGRUU != nil)
        #expect(contact.tempGRUU != nil)
    }

    @Test("without the outbound tag: no Require, and the Contact keeps its reg-id") func withoutTag() throws {
        var registrar = try Registrar.testing()
        let answer = try registrar.answer(Self.request(flow(1), "path"))
        #expect(answer.status == 200)
        #expect(!answer.requiresOutbound)
        #expect(try answer.readContacts().first?.regID == "1")
    }

    @Test("without the path tag: 420; but nothing is granted beside it") func withoutPathTag() throws {
        var registrar = try Registrar.testing()
        let answer = try registrar.answer(Self.request(flow(1), "outbound"))
        #expect(answer.status == 420)
        #expect(answer.reason == "Bad Extension")
        #expect(answer.fields.map(\.name) == [.unsupported])
        #expect(answer.values(.unsupported) == ["path"])
    }

    @Test("second flow: both Contacts") func secondFlow() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(Self.request(flow(1), Self.tags))
        let answer = try registrar.answer(Self.request(flow(2), Self.tags, "2"))
        #expect(try answer.readContacts().map(\.regID) == ["1", "2"])
    }

    /// Kamailio answers 200 to these, with Require: outbound and with nothing bound, or bound beyond the grammar.
    @Test("reg-id that is none: refused instead", arguments: ["0", "abc", "2147483648"]) func badRegID(text: String)
        throws
    {
        var registrar = try Registrar.testing()
        let contact = "<sip:a@192.0.2.2>;reg-id=\(text);+sip.instance=\"<\(deskPhone)>\""
        let answer = try registrar.answer(Self.request(contact, Self.tags))
        #expect(answer.status == 400)
        #expect(answer.reason == "Bad reg-id")
        #expect(!answer.requiresOutbound)
    }
}
