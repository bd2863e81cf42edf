import Testing

@testable import OutboundKit

/// What is read off the octets of a Contact is what the parser reads.
@Suite struct PlainContactTests {
    private static func message(_ contact: String) throws -> SIPMessage {
        try written(
            "REGISTER sip:example.com SIP/2.0\r\nTo: <sip:a@example.com>\r\nContact: \(contact)\r\nContent-Length: 0\r\n\r\n"
        )
    }

    private static func disagreement(_ text: String) throws -> String? {
        let message = try message(text)
        guard let plain = PlainContact(message) else { return nil }
        guard let parsed = try? message.contacts(), parsed.count == 1, let contact = parsed.first else {
            return "no parser takes \(text)"
        }
        func word(_ range: Range<Int>?) -> String? { range.map { message.text(ByteSlice($0)) } }
        let isSame =
            plain.hasOB == (contact.uri?.hasParameter("ob") ?? false) && word(plain.instance) == contact.instance
            && word(plain.regID) == contact.regID && plain.expires == contact.expires.map(UInt64.init)
        return isSame ? nil : text
    }

    /// Whether it is taken without the parser.
    @Test(arguments: [
        ("<sip:a@h:5060;transport=tls;ob>;reg-id=1;expires=60", true), ("<sip:a@[2001:db8::1]:5060;ob>", true),
        ("<sip:[2001:db8::1]>", true), ("<sip:h>", true), ("<sip:a@h;x=1;ob;y>", true),
        ("<sip:a;ob;x@h>", false), ("<sip:a@h@i>", false), ("<sip:@h>", false), ("<sip:a@>", false), ("<sip:>", false),
        ("<sip:a@;ob>", false), ("<sip:a@h:99999>", false), ("<sip:a@h:;ob>", false), ("<sip:a@h:5o60>", false),
        ("<sip:a@[1]>", false), ("<sip:a@[::1]x>", false), ("<sip:a@h=1>", false), ("<sip:a:b@h>", false),
        ("<sip:a@h;ob=1>", false), ("<sip:a@h;obx>", false),
    ])
    func plain(_ text: String, _ isPlain: Bool) throws {
        #expect((PlainContact(try Self.message(text)) != nil) == isPlain)
        #expect(try Self.disagreement(text) == nil)
    }

    @Test func agrees() throws {
        var random = SeededGenerator(seed: 5626)
        let pieces = [
            "a", "1", "-", ".", "_", "=", "@", ";", ":", "[", "]", "::1", "ob", "OB", ";ob", "x", "5060", "99999", "@h",
            ">",
            "expires=", "reg-id=", "+sip.instance=", "\"", "<", "?", "%41",
        ]
        var plainOnes = 0
        for _ in 0..<60_000 {
            var text = "<sip:"
            for _ in 0..<Int.random(in: 1...7, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            text += ">"
            for _ in 0..<Int.random(in: 0...3, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            if let found = try? Self.disagreement(text) { Issue.record("\(found)") }
            if let message = try? Self.message(text), PlainContact(message) != nil { plainOnes += 1 }
        }
        #expect(plainOnes > 1000)
    }
}
