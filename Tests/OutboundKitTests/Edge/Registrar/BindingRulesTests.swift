import Testing

@testable import OutboundKit

/// Several REGISTERs in turn: which binding each of them means (RFC 3261 §10.3, RFC 5626 §6).
@Suite struct BindingRulesTests {
    static let home = "sip:alice@example.com"

    @Test("OB-INST-007: a UUID's digits are equal in either case") func instanceCase() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        let answer = try registrar.answer(TestRegister(flow(1, deskPhone.uppercased()), cseq: 2))
        #expect(answer.contacts.count == 1)
        #expect(registrar.bindingCount == 1)
    }

    @Test("OB-REG-014: key, not URI") func keyIsInstanceAndRegID() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1), cseq: 40))
        let answer = try registrar.answer(TestRegister(flow(1, uri: "sip:alice@198.51.100.7"), callID: "other"))
        let contacts = try answer.readContacts()
        #expect(contacts.map { $0.uri?.host } == ["198.51.100.7"])
        #expect(registrar.bindings.first?.callID == "other")
        #expect(registrar.bindings.first?.cseq == 1)
    }

    @Test("OB-REG-015, OB-REG-025: one URI, two reg-ids, two bindings") func secondFlow() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        let answer = try registrar.answer(TestRegister(flow(2), callID: "call-2"), at: noon + .seconds(600))
        let contacts = try answer.readContacts()
        #expect(contacts.map(\.regID) == ["1", "2"])
        #expect(contacts.map(\.expires) == [3000, 3600])
    }

    @Test("OB-REG-011: outbound and plain side by side, of one URI") func plainBesideOutbound() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        let answer = try registrar.answer(TestRegister("<sip:alice@192.0.2.2;transport=tcp>", callID: "plain"))
        #expect(answer.contacts.count == 2)
        #expect(!answer.requiresOutbound)
        let third = try registrar.answer(TestRegister("<sip:bob@192.0.2.77>", callID: "plain-2"))
        #expect(third.contacts.count == 3)
    }

    @Test("OB-REG-005, lax: where reg-id is ignored, one URI is one binding and no key is listed")
    func ignoredRegID() throws {
        var registrar = try Registrar.testing { $0.firstHop = .lax }
        _ = try registrar.answer(TestRegister(flow(1)).throughProxy)
        let answer = try registrar.answer(TestRegister(flow(2), cseq: 2).throughProxy)
        let contacts = try answer.readContacts()
        #expect(contacts.map(\.regID) == [nil])
        #expect(contacts[0].instance == "<\(deskPhone)>")
    }

    @Test("OB-REG-009: others go in the same request") func replacesAndRemoves() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister("<sip:a@192.0.2.2>, <sip:b@192.0.2.3>"))
        let answer = try registrar.answer(TestRegister(flow(1), "<sip:b@192.0.2.3>;expires=0", cseq: 2))
        #expect(answer.status == 200)
        #expect(try answer.readContacts().map { $0.uri?.user } == ["a", "alice"])
        #expect(answer.changes.count == 2)
    }

    @Test("OB-REG-016: URI, parameters and Path are kept") func everythingIsKept() throws {
        var registrar = try Registrar.testing()
        let contact = flow(1) + ";x-probe=1;q=0.5;expires=120;audio"
        let answer = try registrar.answer(TestRegister(contact).throughEdge)
        #expect(
            answer.contacts
                == [flow(1) + ";x-probe=1;q=0.5;audio;expires=120"])
        let binding = try #require(try registrar.locate(Self.home).groups.first?.first)
        #expect(binding.path == ["<sip:token@192.0.2.9;lr;ob>"])
        #expect(binding.contact.uriText == "sip:alice@192.0.2.2;transport=tcp")
        #expect(binding.contact.parameters.map(\.name) == ["reg-id", "+sip.instance", "x-probe", "q", "audio"])
        #expect(binding.q == 500)
    }

    @Test("OB-REG-019, OB-REG-020: the flow of the latest registration") func flowIsReplaced() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)), from: RegisterOrigin(flow: FlowID(1)))
        _ = try registrar.answer(
            TestRegister(flow(1), cseq: 2), from: RegisterOrigin(flow: FlowID(2)), at: noon + .seconds(5))
        let binding = try #require(registrar.bindings.first)
        #expect(binding.flow == FlowID(2))
        #expect(binding.updated == noon + .seconds(5))
        #expect(binding.since == noon)
        #expect(registrar.flowEnded(FlowID(1)).isEmpty)
        #expect(registrar.flowEnded(FlowID(2)).count == 1)
    }

    @Test("OB-REG-023: expires=0 with the key, whatever the URI") func removalByKey() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        _ = try registrar.answer(TestRegister(flow(2), callID: "call-2"))
        let gone = flow(1, uri: "sip:alice@198.51.100.7") + ";expires=0"
        let answer = try registrar.answer(TestRegister(gone, cseq: 2))
        #expect(try answer.readContacts().map(\.regID) == ["2"])
        #expect(answer.requiresOutbound)
    }

    @Test("OB-REG-024: star takes all, outbound or not") func star() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        _ = try registrar.answer(TestRegister(flow(2), callID: "call-2"))
        _ = try registrar.answer(TestRegister("<sip:c@192.0.2.3>", callID: "call-3"))
        let answer = try registrar.answer(TestRegister("*", cseq: 2).expiring(0))
        #expect(answer.contacts.isEmpty)
        #expect(answer.changes.count == 3)
        #expect(try registrar.locate(Self.home).text == "gone")
    }

    @Test("OB-REG-026: only this registration's Path in the answer") func onlyOwnPath() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)).throughEdge)
        let second = TestRegister(flow(2), callID: "call-2").throughProxy.path("<sip:t2@192.0.2.10;lr;ob>")
        let answer = try registrar.answer(second)
        #expect(answer.contacts.count == 2)
        #expect(answer.values(.path) == ["<sip:t2@192.0.2.10;lr;ob>"])
        #expect(registrar.bindings.map(\.path) == [["<sip:token@192.0.2.9;lr;ob>"], ["<sip:t2@192.0.2.10;lr;ob>"]])
    }

    @Test("OB-REG-027: a CSeq that is not higher changes nothing", arguments: [4, 5] as [UInt32])
    func staleCSeq(cseq: UInt32) throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1), cseq: 5))
        var late = TestRegister(flow(1, uri: "sip:old@192.0.2.2"), cseq: cseq)
        late.branch = "z9hG4bKlate"
        #expect(try registrar.answer(late).status == 500)
        late.contacts = [flow(1) + ";expires=0"]
        #expect(try registrar.answer(late).status == 500)
        late.contacts = ["*"]
        #expect(try registrar.answer(late.expiring(0)).status == 500)
        #expect(try registrar.locate(Self.home).text == "[sip:alice@192.0.2.2;transport=tcp]")
    }

    @Test("RFC 3261 §8.2.7: the same request again gets the same answer and changes nothing") func retransmission()
        throws
    {
        var registrar = try Registrar.testing()
        let request = TestRegister(flow(1), cseq: 5)
        let first = try registrar.answer(request)
        let second = try registrar.answer(request)
        #expect(second.status == 200)
        #expect(second.contacts == first.contacts)
        #expect(second.requiresOutbound)
        #expect(second.changes.isEmpty)
    }

    @Test("RFC 3261 §10.3: all or nothing") func allOrNothing() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister("<sip:a@192.0.2.2>", cseq: 5))
        _ = try registrar.answer(TestRegister("<sip:b@192.0.2.3>", cseq: 9))
        // New, changed, and one that fails: of all of them nothing stays.
        let mixed = TestRegister("<sip:c@192.0.2.4>", "<sip:a@192.0.2.2>;expires=0", "<sip:b@192.0.2.3>", cseq: 7)
        let answer = try registrar.answer(mixed)
        #expect(answer.status == 500)
        #expect(answer.changes.isEmpty)
        #expect(registrar.bindings.map(\.contact.uriText) == ["sip:a@192.0.2.2", "sip:b@192.0.2.3"])
        let brief = TestRegister("<sip:c@192.0.2.4>", "<sip:d@192.0.2.4>;expires=3", cseq: 12)
        #expect(try registrar.answer(brief).status == 423)
        #expect(registrar.bindingCount == 2)
    }

    @Test("OB-REG-030: another user's instance is another instance") func otherUser() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        let evil = TestRegister(flow(1, uri: "sip:evil@198.51.100.66"), callID: "evil", user: "mallory")
        #expect(try registrar.answer(evil).contacts.count == 1)
        #expect(try registrar.locate(Self.home).text == "[sip:alice@192.0.2.2;transport=tcp]")
        #expect(registrar.bindingCount == 2)
    }

    @Test("RFC 3261 §19.1.4: plain Contacts compare as URIs") func uriComparison() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister("<sip:%61lice@192.0.2.2;lr>"))
        let answer = try registrar.answer(TestRegister("<sip:alice@192.0.2.2>", cseq: 2))
        #expect(answer.contacts == ["<sip:alice@192.0.2.2>;expires=3600"])
    }

    @Test(
        "RFC 3261 §10.3 step 5: spellings of one AOR",
        arguments: [
            "<sip:alice@EXAMPLE.com>", "sip:alice@example.com", "\"A\" <sip:alice@example.com;user=phone>",
            "<sip:%61lice@example.com:5060>",
        ])
    func aorSpelling(to: String) throws {
        var registrar = try Registrar.testing()
        let text = TestRegister(flow(1)).text.replacing("To: <sip:alice@example.com>", with: "To: \(to)")
        let answer = registrar.register(try parsed(text), from: RegisterOrigin(), at: noon)
        #expect(answer.status == 200)
        #expect(registrar.bindings.map(\.aor.text) == [Self.home])
        #expect(try registrar.answer(TestRegister()).contacts.count == 1)
    }

    /// RFC 5627 §5.1: with the port that the AOR was written with, a Contact is the AOR.
    @Test(arguments: [("5070", 403), ("5071", 200)]) func aContactThatIsTheAOR(_ port: String, _ status: Int) throws {
        var registrar = try Registrar.testing()
        let contact =
            "<sip:alice@example.com:\(port)>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""
        let text = TestRegister(contact).text.replacing(
            "To: <sip:alice@example.com>", with: "To: <sip:alice@example.com:5070>")
        #expect(registrar.register(try parsed(text), from: RegisterOrigin(), at: noon).status == status)
    }

    @Test func aorText() throws {
        let odd = try #require(AddressOfRecord("sip:j%40s%6Fn@[2001:DB8::0:1]:5070;x=1"))
        #expect(odd.text == "sip:j%40son@[2001:db8::1]")
        #expect(odd.user == "j@son")
        #expect(odd.host == "[2001:db8::1]")
        #expect(AddressOfRecord(odd.text) == odd)
        #expect(AddressOfRecord("tel:+1") == nil)
        #expect(AddressOfRecord("sip:example.com") == nil)
    }

    @Test("RFC 3261 §10.3 step 7: granted seconds") func grantedSeconds() throws {
        var registrar = try Registrar.testing { $0.defaultExpires = 900 }
        let answer = try registrar.answer(
            TestRegister("<sip:a@h>;expires=99999999999", "<sip:b@h>", "<sip:c@h>;expires=x", "<sip:d@h>;expires=61"))
        #expect(try answer.readContacts().map(\.expires) == [7200, 900, 3600, 61])
        let byField = try registrar.answer(TestRegister("<sip:a@h>", "<sip:b@h>;expires=70", cseq: 2).expiring(120))
        #expect(try byField.readContacts().map(\.expires) == [120, 70, 3600, 61])
    }

    @Test("RFC 3261 §10.2.3: a fetch lists and changes nothing") func fetch() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1), cseq: 7))
        let answer = try registrar.answer(TestRegister(cseq: 3).with { $0.supported = nil })
        #expect(answer.contacts == [flow(1) + ";expires=3600"])
        #expect(answer.changes.isEmpty)
        #expect(!answer.requiresOutbound)
        #expect(try registrar.answer(TestRegister(user: "nobody")).contacts.isEmpty)
        #expect(try registrar.locate("sip:nobody@example.com").text == "unknown")
    }

    @Test func userAgentIsKeptAndCut() throws {
        var registrar = try Registrar.testing { $0.limits.userAgentOctets = 8 }
        _ = try registrar.answer(TestRegister(flow(1)).line("User-Agent: Phone/1.0 (long)"))
        #expect(registrar.bindings.first?.userAgent == "Phone/1.")
        _ = try registrar.answer(TestRegister(flow(1), cseq: 2))
        #expect(registrar.bindings.first?.userAgent == nil)
    }
}
