import Testing

@testable import OutboundKit

@Suite struct SIPURITests {
    /// What is read is written again, octet for octet.
    @Test(arguments: [
        "sip:example.com", "sip:alice@example.com", "sips:alice:secret@example.com:5061;transport=tcp?Subject=a%20b&x",
        "sip:[2001:db8::1]", "sip:a@[2001:db8::1]:5060;lr", "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sip:KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=@127.0.0.1:15060;lr;ob", "sip:a;b?c=d&e@h;x=1", "tel:+13035551111;ext=7",
        "soap.beep://192.0.2.103:3002", "sip:%61lice@h;Method=REGISTER?To=x%40y", "sip:a_b@under_score.example.com",
        "sip:h;lr=on;maddr=239.255.255.1;ttl=15",
    ])
    func roundTrip(_ text: String) throws {
        #expect(try SIPURI.parse(text).description == text)
    }

    @Test(arguments: [
        ("", 0), ("sip", 0), ("sip:", 4), (":x", 0), ("s p:x", 1), ("sip:@h", 4), ("sip:a b@h", 5), ("sip:a@", 6),
        ("sip:h:", 6), ("sip:h:65536", 6), ("sip:h:5x", 7), ("sip:[::1", 4), ("sip:[zz]", 5), ("sip:a%4@h", 5),
        ("sip:a%zz@h", 5), ("<sip:h>", 0), ("sip:a@b@c", 7), ("sip:h\u{0}", 5), ("sip:h\"", 5), ("sip:[192.0.2.1]", 5),
    ])
    func errors(_ text: String, _ offset: Int) {
        #expect(parseError { _ = try SIPURI.parse(text) }?.offset == offset)
    }

    /// The examples of RFC 3261 §19.1.4.
    @Test(arguments: [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true
        ),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
        ("sip:a@h;user=phone", "sip:a@h", false), ("sip:a@h", "sips:a@h", false), ("sip:a@h", "sip:h", false),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]", true), ("tel:+1", "tel:+1", true), ("tel:+1", "tel:+2", false),
        ("sip:a@h;lr", "sip:a@h;LR", true), ("sip:a%3Ab@h", "sip:a:b@h", false), ("sip:a%2fb@h", "sip:a%2Fb@h", true),
        ("sip:a/b@h", "sip:a%2Fb@h", false),
    ])
    func equivalence(_ left: String, _ right: String, _ expected: Bool) throws {
        let (first, second) = (try SIPURI.parse(left), try SIPURI.parse(right))
        #expect(first.isEquivalent(to: second) == expected)
        #expect(second.isEquivalent(to: first) == expected)
    }

    @Test func pieces() throws {
        let uri = try SIPURI.parse("sips:a%20b:p@[::1]:5061;Transport=tls;ob?Route=x")
        #expect(uri.scheme == .sips && uri.user == "a%20b" && uri.password == "p" && uri.port == 5061)
        #expect(uri.address?.isLoopback == true)
        #expect(uri.parameter("transport") == "tls" && uri.parameter("ob") == "" && uri.parameter("lr") == nil)
        #expect(uri.headers == [SIPParameter("Route", "x")])
    }
}
