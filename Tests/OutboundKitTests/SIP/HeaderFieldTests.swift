import Testing

@testable import OutboundKit

@Suite struct HeaderFieldTests {
    @Test(arguments: [
        (#"Contact: "a, \"b\", c" <sip:x@y;z=1,2>;q=0.5 , sip:d@e;expires=7"#, 2),
        ("Contact: *", 1), ("Contact: <sip:a@b>", 1), ("Contact: sip:a@b,sip:c@d , sip:e@f", 3),
    ])
    func contactLists(_ line: String, _ count: Int) throws {
        #expect(try message(with: line).contacts().count == count)
    }

    @Test func quotedCommasAndEscapes() throws {
        let contacts = try message(with: #"m: "a, \"b\" \\" <sip:x@y;z=1,2>;q=0.5 , sip:d@e;expires=7;ob"#).contacts()
        #expect(contacts.map(\.nameAddr?.displayName) == [#"a, "b" \"#, nil])
        #expect(contacts.first?.uri?.parameter("z") == "1,2")
        #expect(contacts.first?.q == "0.5")
        // RFC 3261 §20.10: without brackets the parameters are the header field's.
        #expect(contacts.last?.expires == 7)
        #expect(contacts.last?.uri?.hasParameter("ob") == false)
        #expect(contacts.last?.nameAddr?.hasParameter("ob") == true)
    }

    @Test func star() throws {
        #expect(try message(with: "Contact: *").contacts().first?.isStar == true)
        #expect(parseError { _ = try message(with: "Contact: *, <sip:a@b>").contacts() }?.code == .unexpected)
        #expect(parseError { _ = try message(with: "Contact: <sip:a@b>\nContact: *").contacts() }?.code == .unexpected)
        #expect(parseError { _ = try message(with: "Contact:").contacts() }?.code == .missing)
    }

    @Test(arguments: [
        ("reg-id=1", "1"), ("reg-id = 1", "1"), ("REG-ID=2147483647", "2147483647"), ("reg-id", ""),
        ("reg-id=x9", "x9"), ("other=1", nil), (#"reg-id="1""#, "1"),
    ])
    func regID(_ parameter: String, _ expected: String?) throws {
        #expect(try message(with: "Contact: <sip:a@b> ; \(parameter) ;x").contacts().first?.regID == expected)
    }

    @Test func gruus() throws {
        let line = #"Contact: <sip:a@b>;pub-gruu="sip:a@b;gr=urn:x";temp-gruu="sip:t@b;gr";expires=99999999999"#
        let contact = try #require(try message(with: line).contacts().first)
        #expect(contact.pubGRUU == "sip:a@b;gr=urn:x")
        #expect(contact.tempGRUU == "sip:t@b;gr")
        #expect(contact.expires == .max)
        #expect(contact.instance == nil)
    }

    @Test func rawUserPart() throws {
        let token = "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo="
        let line = "Path: <sip:\(token)@127.0.0.1:15060;lr;ob>, <sip:a+b/c==@[2001:db8::1]:5061;ob>"
        let path = try message(with: line).nameAddrs(.path)
        #expect(path.map(\.uri.user) == [token, "a+b/c=="])
        #expect(path.map(\.uri.host) == ["127.0.0.1", "2001:db8::1"])
        #expect(path.map(\.uri.port) == [15060, 5061])
        #expect(path.allSatisfy { $0.uri.hasParameter("ob") })
        #expect("Path: " + path.map(\.description).joined(separator: ", ") == line)
    }

    @Test func viaParameters() throws {
        let via = try #require(
            try message(with: "Via: SIP/2.0/TLS [2001:db8::9]:5061;rport;received=192.0.2.1;keep=30;branch=z9hG4bK77")
                .topVia())
        #expect(via.transport == .tls && via.host == "2001:db8::9" && via.port == 5061)
        #expect(via.rport == .empty && via.keep == .value("30") && via.received == "192.0.2.1")
        #expect(via.hasMagicCookie && via.sentBy == "[2001:db8::9]:5061")
        let plain = try #require(try message(with: "v: SIP/2.0/XYZ host;keep;rport=5060").topVia())
        #expect(plain.transport == nil && plain.transportName == "XYZ" && plain.port == nil)
        #expect(plain.rport == .value("5060") && plain.keep == .empty && plain.branch == nil)
        #expect(try message(with: "Max-Forwards: 1").topVia() == nil)
        let old = try message(with: "Via: SIP/2.0/UDP host;branch=1 (old, comment)").topVia()
        #expect(old?.branch == "1")
    }

    @Test(arguments: [
        "Via: SIP/2.0/UDP", "Via: SIP/2.0 host", "Via: SIP/3.0/UDP host", "Via: HTTP/2.0/UDP host", "Via:",
        "Via: SIP/2.0/UDP [2001:db8::1", "Via: SIP/2.0/UDP [192.0.2.1]", "Via: SIP/2.0/UDP host:99999",
        "Via: SIP/2.0/UDP host:", "Via: SIP/2.0/UDP host;=x", "Via: SIP/2.0/UDP host;a=", "Via: SIP/2.0/UDP host x",
        #"Via: SIP/2.0/UDP host;a="x"#,
    ])
    func badVia(_ line: String) {
        #expect(parseError { _ = try message(with: line).topVia() } != nil)
    }

    @Test func optionTags() throws {
        let message = try message(with: "k: path ,\n OUTBOUND\nSupported:\nRequire: , x,")
        #expect(message.hasOptionTag("outbound", in: .supported))
        #expect(!message.hasOptionTag("out", in: .supported))
        #expect(message.optionTags(in: .supported) == ["path", "OUTBOUND"])
        #expect(message.optionTags(in: .require) == ["x"])
        #expect(message.count(.supported) == 2)
    }

    @Test(arguments: [
        ("120", 120), ("0", 0), ("18 (busy)", 18), ("18;duration=3", 18), ("99999999999999999999999", UInt64.max),
        ("", nil), ("-1", nil), ("1x", nil), ("x", nil),
    ])
    func integers(_ text: String, _ expected: UInt64?) throws {
        #expect(try message(with: "Retry-After: \(text)").integer(.retryAfter) == expected)
    }

    @Test(arguments: ["x INVITE", "1", "1INVITE", "2147483648 INVITE", "1 INVITE x", "1 INV@TE", ""])
    func badCSeq(_ text: String) {
        #expect(parseError { _ = try message(with: "CSeq: \(text)").cseq() } != nil)
    }

    @Test func goodCSeq() throws {
        #expect(try message(with: "CSeq: 2147483647 FOO").cseq()?.description == "2147483647 FOO")
        #expect(try message(with: "Via: x").cseq() == nil)
    }

    @Test func faultsNameTheOctet() throws {
        let message = try parsed(registration.replacing("CSeq: 1 REGISTER", with: "CSeq: 1 OPTIONS"))
        let fault = try #require(message.faults().first)
        #expect(message.faults().count == 1 && fault.rule.description == "CSeq")
        #expect(message.bytes[fault.offset] == 0x31)
        #expect(
            try parsed(registration.replacing("Call-ID: 16CB75F21C70", with: "X: 1")).faults().map(\.code) == [.missing]
        )
        #expect(try parsed(registration.replacing(";reg-id=1", with: ";reg-id=\"1")).faults().count == 1)
    }

    @Test(arguments: ["a\rb", "a\u{0}b", "\rb"]) func controlsInValuesAreFaults(_ value: String) throws {
        let clean = try parsed(registration)
        #expect(clean.faults() == [])
        let octets = Array(String(decoding: wire(registration), as: UTF8.self).utf8)
        let line = Array("Subject: x\r\n folded\r\nSubject: \(value)\r\n".utf8)
        let message = try parsed(Array(octets.dropLast(2)) + line + [0x0D, 0x0A])
        let fault = try #require(message.faults().first)
        #expect(message.faults().count == 1 && fault.rule.description == "header-value")
        #expect([0x00, 0x0D].contains(message.bytes[fault.offset]))
    }
}
