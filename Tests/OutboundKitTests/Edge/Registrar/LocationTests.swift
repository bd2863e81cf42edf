import Testing

@testable import OutboundKit

/// Where requests go (RFC 5626 §7, RFC 5627 §6.1), and what GRUUs lead there (RFC 5627 §5.1).
@Suite struct LocationTests {
    static let home = "sip:alice@example.com"
    static let gruu = "path, outbound, gruu"

    @Test("OB-AP-001: flows of an instance in one group, the latest first") func groups() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1, uri: "sip:one@h")))
        _ = try registrar.answer(TestRegister(flow(2, uri: "sip:two@h"), callID: "2"), at: noon + .seconds(1))
        _ = try registrar.answer(
            TestRegister(flow(1, softPhone, uri: "sip:soft@h"), callID: "3"), at: noon + .seconds(2))
        #expect(try registrar.locate(Self.home).text == "[sip:soft@h] [sip:two@h sip:one@h]")
        _ = try registrar.answer(TestRegister(flow(1, uri: "sip:one@h"), cseq: 2), at: noon + .seconds(3))
        #expect(try registrar.locate(Self.home).text == "[sip:one@h sip:two@h] [sip:soft@h]")
        #expect(try registrar.locate("sip:alice@example.com:5060;transport=tcp").groups.count == 2)
        #expect(try registrar.locate("sip:carol@example.com").text == "unknown")
        #expect(try registrar.locate("tel:+1").text == "unknown")
    }

    @Test("RFC 3261 §16.6: by q, and a binding without instance stands alone") func order() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister("<sip:low@h>;q=0.1", "<sip:high@h>;q=0.9", "<sip:mid@h>;q=0.25"))
        _ = try registrar.answer(TestRegister("<sip:zero@h>;q=0", "<sip:none@h>;q=2", cseq: 2))
        #expect(
            try registrar.locate(Self.home).text == "[sip:none@h] [sip:high@h] [sip:mid@h] [sip:low@h] [sip:zero@h]")
    }

    @Test("OB-GRUU-005: contacts of one instance without reg-id, the latest first") func plainInstance() throws {
        var registrar = try Registrar.testing()
        let suffix = ";+sip.instance=\"<\(deskPhone)>\""
        _ = try registrar.answer(TestRegister("<sip:one@h>" + suffix))
        _ = try registrar.answer(TestRegister("<sip:two@h>" + suffix, cseq: 2), at: noon + .seconds(1))
        #expect(try registrar.locate(Self.home + ";gr=" + deskPhone).text == "[sip:two@h sip:one@h]")
    }

    @Test("OB-GRUU-001: own Contact with both GRUUs and the instance") func gruusAreGiven() throws {
        var registrar = try Registrar.testing()
        let answer = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu))
        let contact = try #require(try answer.readContacts().first)
        #expect(contact.pubGRUU == "sip:alice@example.com;gr=\(deskPhone)")
        #expect(contact.instance == "<\(deskPhone)>")
        let temporary = try #require(contact.tempGRUU)
        #expect(temporary.hasPrefix("sip:tgruu."))
        #expect(temporary.hasSuffix("@example.com;gr"))
        #expect(!temporary.contains("alice"))
        #expect(answer.requiresOutbound)
        for gruu in [contact.pubGRUU ?? "", temporary] {
            #expect(try registrar.locate(gruu).text == "[sip:alice@192.0.2.2;transport=tcp]")
        }
        // Each refresh gives another one, and the earlier stay.
        let next = try registrar.answer(TestRegister(flow(1), cseq: 2).supporting(Self.gruu))
        let second = try #require(try next.readContacts().first?.tempGRUU)
        #expect(second != temporary)
        #expect(try registrar.locate(second).groups.count == 1)
        #expect(try registrar.locate(temporary).groups.count == 1)
        // Who does not ask is given none.
        let plain = try registrar.answer(TestRegister(flow(1), cseq: 3))
        #expect(try plain.readContacts().first?.pubGRUU == nil)
        #expect(try plain.readContacts().first?.tempGRUU == nil)
    }

    @Test func noGRUUsWhereTheyAreOff() throws {
        var registrar = try Registrar.testing { $0.grantsGRUU = false }
        let answer = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu))
        #expect(answer.contacts == [flow(1) + ";expires=3600"])
        #expect(try registrar.answer(TestRegister().line("Require: gruu")).status == 420)
    }

    @Test("OB-GRUU-003: another Call-ID of the same flow voids, of another flow does not") func newCallID() throws {
        var registrar = try Registrar.testing()
        let first = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu)).readContacts().first?.tempGRUU
        let temporary = try #require(first)
        _ = try registrar.answer(TestRegister(flow(2), callID: "call-2").supporting(Self.gruu))
        _ = try registrar.answer(TestRegister(flow(2), callID: "call-3").supporting(Self.gruu))
        #expect(try registrar.locate(temporary).groups.first?.count == 2)
        let renewed = try registrar.answer(TestRegister(flow(1), callID: "call-4").supporting(Self.gruu))
        #expect(try registrar.locate(temporary).text == "unknown")
        let next = try #require(try renewed.readContacts().first?.tempGRUU)
        #expect(try registrar.locate(next).groups.first?.count == 2)
        // A new Call-ID voids also when no GRUU is asked for with it.
        _ = try registrar.answer(TestRegister(flow(1), callID: "call-5"))
        #expect(try registrar.locate(next).text == "unknown")
    }

    @Test("RFC 5627 §3.1.2: a temporary GRUU lives while its instance has a Contact") func lastContact() throws {
        var registrar = try Registrar.testing()
        let origin = RegisterOrigin(flow: FlowID(1))
        let answer = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu), from: origin)
        let temporary = try #require(try answer.readContacts().first?.tempGRUU)
        _ = try registrar.answer(TestRegister(flow(2), callID: "call-2"))
        _ = registrar.flowEnded(FlowID(1))
        #expect(try registrar.locate(temporary).groups.first?.map(\.regID) == [RegID(2)])
        _ = try registrar.answer(TestRegister(flow(2) + ";expires=0", cseq: 2, callID: "call-2"))
        #expect(try registrar.locate(temporary).text == "unknown")
        #expect(try registrar.locate(Self.home + ";gr=" + deskPhone).text == "gone")
    }

    @Test("OB-GRUU-004: GRUUs that a phone sends are not kept") func sentGRUUsAreIgnored() throws {
        var registrar = try Registrar.testing()
        let contact = flow(1) + ";pub-gruu=\"sip:x@y;gr=z\";temp-gruu=\"sip:t@y;gr\""
        let answer = try registrar.answer(TestRegister(contact))
        #expect(answer.contacts == [flow(1) + ";expires=3600"])
        let own = try registrar.answer(TestRegister(flow(1), cseq: 2).supporting(Self.gruu))
        let temporary = try #require(try own.readContacts().first?.tempGRUU)
        let loop = TestRegister("<\(temporary)>;+sip.instance=\"<\(softPhone)>\"", cseq: 3)
        #expect(try registrar.answer(loop).status == 403)
    }

    @Test("OB-GRUU-006: 480 for a valid one without Contacts, 404 for the rest") func validAndUnknown() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu))
        _ = try registrar.answer(TestRegister(flow(1, softPhone), callID: "2"))
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=0", cseq: 2))
        #expect(try registrar.locate("\(Self.home);gr=\(deskPhone.uppercased())").text == "gone")
        #expect(try registrar.locate("\(Self.home);gr=\(softPhone)").groups.count == 1)
        for unknown in [
            "\(Self.home);gr=urn:uuid:11111111-1111-1111-8111-111111111111", "\(Self.home);gr=x", "\(Self.home);gr",
            "sip:tgruu.AAAA@example.com;gr", "sip:bob@example.com;gr=\(softPhone)",
        ] {
            #expect(try registrar.locate(unknown).text == "unknown", "\(unknown)")
        }
    }

    @Test func instancesWithOddLettersAreEscaped() throws {
        var registrar = try Registrar.testing()
        let odd = "urn:x-odd:a;b=c?d@e"
        let answer = try registrar.answer(TestRegister(flow(1, odd)).supporting(Self.gruu))
        let gruu = try #require(try answer.readContacts().first?.pubGRUU)
        #expect(gruu == "sip:alice@example.com;gr=urn:x-odd:a%3Bb%3Dc%3Fd%40e")
        #expect(try registrar.locate(gruu).groups.count == 1)
    }

    @Test("a temporary GRUU with any character changed is none") func forgedGRUUs() throws {
        var registrar = try Registrar.testing()
        let answer = try registrar.answer(TestRegister(flow(1)).supporting(Self.gruu))
        let temporary = try #require(try answer.readContacts().first?.tempGRUU)
        let user = Array(try #require(try SIPURI.parse(temporary).user).utf8)
        for index in user.indices {
            var forged = user
            forged[index] = forged[index] == 0x41 ? 0x42 : 0x41
            let uri = "sip:\(String(decoding: forged, as: UTF8.self))@example.com;gr"
            #expect(try registrar.locate(uri).text == "unknown")
        }
        let other = try Registrar.testing({ $0.gruuKey = [1] }, state: RegistrarState(bindings: registrar.bindings))
        #expect(try other.locate(temporary).text == "unknown")
        #expect(try registrar.locate(temporary.replacing("example.com", with: "example.org")).text == "unknown")
    }
}
