import Testing

@testable import OutboundKit

/// What a 2xx to REGISTER grants, by the Contacts that it lists.
@Suite struct RegistrationGrantTests {
    private static let instance = "+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\""

    private static func answer(_ contact: String, _ more: String = "") throws -> SIPMessage {
        try ExchangeText.parse(
            """
            SIP/2.0 200 OK
            Via: SIP/2.0/TCP 192.0.2.7:5070;rport=40001;received=203.0.113.9;branch=z9hG4bK1
            From: <sip:alice@example.com>;tag=1
            To: <sip:alice@example.com>;tag=2
            Call-ID: 1@192.0.2.7
            CSeq: 2 REGISTER
            \(more)Contact: \(contact)
            Content-Length: 0


            """)
    }

    private static func grant(_ contact: String, _ more: String = "") throws -> RegistrationGrant {
        RegistrationGrant(
            try answer(contact, more), instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            regID: try RegID.parse("1"),
            contactURI: try SIPURI.parse("sip:alice@192.0.2.7:5070;transport=tcp;ob"))
    }

    @Test(arguments: [
        "<sip:x@192.0.2.1>;reg-id=1;\(instance);expires=60",
        // No whole key came back, and what the URI is stays clear.
        "<sip:alice@192.0.2.7:5070;transport=tcp;ob>;reg-id=1;expires=60",
        "<sip:alice@192.0.2.7:5070;transport=tcp;ob>;\(instance);expires=60",
        "<sip:alice@192.0.2.7:5070>;expires=60", "\"x\" <SIP:%61lice@192.0.2.7:5070;transport=tcp>;expires=60",
        // As it is and as it was.
        "<sip:x@192.0.2.1>;reg-id=1;\(instance);expires=0, <sip:x@192.0.2.2>;reg-id=1;\(instance);expires=60",
    ])
    func ownIsFound(_ contact: String) throws {
        let grant = try Self.grant(contact)
        #expect(grant.own?.expires == 60 && grant.spent == nil && !grant.isRewritten)
        #expect(grant.contacts.count == 1)
    }

    @Test(arguments: [
        "<sip:bob@192.0.2.7:5070>;expires=60", "<sip:alice@192.0.2.7:5071>;expires=60",
        "<sip:alice@192.0.2.7:5070>;reg-id=2;\(instance);expires=60", "<sip:bob@203.0.113.9:40001>;expires=60",
        "<sip:alice@203.0.113.9:40001>;reg-id=2;\(instance);expires=60",
    ])
    func othersAreNotTakenForIt(_ contact: String) throws {
        let grant = try Self.grant(contact)
        #expect(grant.own == nil && grant.spent == nil && grant.contacts.count == 1)
    }

    /// `rewrite_contact` of Asterisk's PJSIP: the address that it sees, and no key.
    @Test func rewrittenOwnIsBound() throws {
        let grant = try Self.grant("<sip:alice@203.0.113.9:40001;ob;x-ast-orig-host=192.0.2.7:5070>;expires=60")
        #expect(grant.own?.expires == 60 && grant.isRewritten && !grant.isFoundByKey)
    }

    @Test(arguments: [
        ("<sip:x@192.0.2.1>;reg-id=1;\(instance);expires=0", ""), ("<sip:alice@192.0.2.7:5070>;expires=0", ""),
        ("<sip:x@192.0.2.1>;reg-id=1;\(instance)", "Expires: 0\n"),
    ])
    func noTimeLeftIsNoBinding(_ contact: String, _ more: String) throws {
        let grant = try Self.grant(contact, more)
        #expect(grant.own == nil && grant.spent != nil && grant.contacts.isEmpty)
    }

    /// The load client looks for octets, not for fields; it finds the same.
    @Test(arguments: [
        ("<sip:x@192.0.2.1>;reg-id=1;\(instance);expires=60", true), ("<sip:alice@192.0.2.7:5070>;expires=60", true),
        ("<sip:alice@203.0.113.9:40001>;expires=60", true), ("<sip:alice@192.0.2.8:5070>;expires=60", false),
    ])
    func theFleetFindsItToo(_ contact: String, _ isFound: Bool) throws {
        let urn = Array("<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>".utf8)
        let found = try Self.answer(contact).ownContact(urn, local: Array("192.0.2.7:5070".utf8))
        #expect((found?.expiresSeconds == 60) == isFound)
    }
}
