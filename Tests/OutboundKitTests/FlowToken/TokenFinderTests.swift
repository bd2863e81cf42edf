import Testing

@testable import OutboundKit

@Suite struct TokenFinderTests {
    static let kamailio = "ymAp3+/2Z5EoxwN/AAABYeV/AAABmcI="
    static let rest = "7ic7jD5HACVkmgHLAHEFE8TGM2QXE8Q="

    private func users(_ text: String) -> [String] {
        let octets = Array(text.utf8)
        return TokenFinder.find(octets.span.bytes).map {
            String(decoding: octets[$0.user.range], as: UTF8.self)
        }
    }

    private func first(_ text: String) -> FoundToken? {
        let octets = Array(text.utf8)
        return TokenFinder.find(octets.span.bytes).first
    }

    @Test(arguments: [
        kamailio, "  \(kamailio)\r\n", "sip:\(kamailio)@edge.example.com", "SIPS:\(kamailio)@[2001:db8::1]:5061;lr;ob",
        "<sip:\(kamailio)@192.0.2.1;lr>", "Path: <sip:\(kamailio)@192.0.2.1;lr;ob>", "\(kamailio)@192.0.2.1;lr",
        "pAtH :\t\"edge, one\" <sip:\(kamailio)@192.0.2.1;lr;ob>;x=y", "Route: sip:\(kamailio)@192.0.2.1;lr",
        "Nov 23 09:30:00 edge kamailio[7]: path sip:\(kamailio)@192.0.2.1;lr;ob saved",
        // Cut out of something else.
        "\"\(kamailio)\"", "'\(kamailio)',", "<\(kamailio)>", "\(kamailio);lr;ob", "\(kamailio),",
        "\"sip:\(kamailio)@192.0.2.1;lr\"", "path=sip:\(kamailio)@192.0.2.1;lr", "&lt;sip:\(kamailio)@192.0.2.1;lr&gt;",
    ])
    func one(_ text: String) {
        #expect(users(text) == [Self.kamailio])
    }

    /// Lines of a message of which each is a word.
    @Test(arguments: [
        "Path:", "Max-Forwards:70", "l:0", "192.0.2.1:5060", "\"\"", "<>", ";", "=sip:", "Path:sip:edge.example.com",
    ])
    func none(_ text: String) {
        #expect(users(text).isEmpty)
    }

    @Test func severalValuesAndFoldedLines() {
        let text = """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1\r
            Path: <sip:\(Self.kamailio)@192.0.2.1;lr;ob>,\r
             <sip:\(Self.rest)@192.0.2.2;lr>\r
            Contact: <sip:alice@192.0.2.7;ob>\r
            path: <sip:inner.example.com;lr>\r
            \r\n
            """
        let octets = Array(text.utf8)
        let found = TokenFinder.find(octets.span.bytes)
        #expect(users(text) == [Self.kamailio, Self.rest, "alice"])
        #expect(found.map(\.place) == [.routeSet, .routeSet, .elsewhere])
        #expect(found[0].context.port == nil && found[0].context.address?.description == "192.0.2.1:5060")
        #expect(found[0].context.has("ob") && !found[1].context.has("ob"))
    }

    @Test func contextIsReadFromTheURI() throws {
        let found = try #require(first("<sip:3ad1a7b505@[2001:db8::1]:443;transport=wss;lr;ovid=7cb85a5c?X=%40>"))
        #expect(found.context.address?.description == "[2001:db8::1]:443")
        #expect(found.context.parameters.map(\.name) == ["transport", "lr", "ovid"])
        let result = FlowTokenExaminer([]).examine("3ad1a7b505", context: found.context)
        #expect(result.format == .oversipConnection)
        #expect(result.candidates.first?.confidence == .high)
    }

    @Test(arguments: [
        (";fs-proxy-id=a1b2;lr", "flexisip"), (";r2=on;lr", "kamailio"), (";lr;ob", "kamailio"),
        (";received=sip:192.0.2.7:5060;lr", "kamailio"),
    ])
    func uriSettlesTheIssuer(_ row: (parameters: String, format: String)) throws {
        // A token that the layout alone leaves open between Kamailio and Flexisip.
        let found = try #require(first("<sip:Jz0HaDIr1ZoqEAPAqA0yE8XAqAwqyAo=@192.168.13.50:5061\(row.parameters)>"))
        let result = FlowTokenExaminer([]).examine("Jz0HaDIr1ZoqEAPAqA0yE8XAqAwqyAo=", context: found.context)
        #expect(result.format?.rawValue == row.format)
        #expect(result.candidates.first?.confidence == .high)
    }

    @Test(arguments: [
        ("Path: <sip:192.0.2.1;lr;received=sip:192.0.2.7:40112%3Btransport%3Dtcp>", "tcp", "192.0.2.7:40112"),
        ("Path: <sip:192.0.2.1;lr;received=192.0.2.7~40112~3>", "tls", "192.0.2.7:40112"),
        ("Contact: <sip:bob@10.0.0.1;alias=192.0.2.7~40112~1>", "udp", "192.0.2.7:40112"),
        ("Contact: <sip:bob@10.0.0.1>;ov-ob=_MTkyLjAuMi43N181MDYw", "udp", "192.0.2.77:5060"),
        ("Contact: <sip:bob@10.0.0.1;CtRt1a2b=tcp:192.0.2.7:40112>", "tcp", "192.0.2.7:40112"),
        ("Path: <sip:lb@192.0.2.1;lr;received=sip:192.0.2.7:5060;socket=sip:192.0.2.1:5060>", "udp", "192.0.2.7:5060"),
    ])
    func hints(_ row: (text: String, transport: String, address: String)) throws {
        let hint = try #require(first(row.text)?.hints.first)
        #expect(hint.transport?.description == row.transport)
        #expect(hint.address?.description == row.address)
    }

    @Test(arguments: ["", " ", "\r\n\r\n", "sip:", "<sip:>", "Path: <sip:example.com;lr>", "a b c"])
    func nothing(_ text: String) {
        #expect(users(text).isEmpty)
    }
}
