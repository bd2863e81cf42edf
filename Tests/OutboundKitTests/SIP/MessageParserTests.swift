import Testing

@testable import OutboundKit

@Suite struct MessageParserTests {
    @Test func registrationOfRFC5626() throws {
        let message = try parsed(registration)
        #expect(message.isRequest && message.method == .register)
        #expect(message.text(message.requestURI) == "sip:example.com")
        #expect(
            message.headers.map(\.name) == [
                .via, .maxForwards, .from, .to, .callID, .cseq, .supported, .route, .contact, .contentLength,
            ])
        #expect(message.defects == [] && message.faults() == [])
        #expect(message.body.isEmpty)
        #expect(message.hasOptionTag("outbound", in: .supported))
        #expect(message.hasOptionTag("PATH", in: .supported))
        #expect(!message.hasOptionTag("gruu", in: .supported))
        let contact = try #require(try message.contacts().first)
        #expect(contact.regID == "1")
        #expect(contact.instance == "<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>")
        #expect(contact.uri?.parameter("transport") == "tcp")
    }

    @Test func response() throws {
        let message = try parsed(
            "SIP/2.0 200 OK then\nCSeq: 7 REGISTER\nFlow-Timer: 120\nRequire: outbound\nl: 2\n\nab")
        #expect(!message.isRequest && message.statusCode == 200 && message.method == .register)
        #expect(message.text(message.startLineText) == "OK then")
        #expect(message.integer(.flowTimer) == 120)
        #expect(message.text(message.body) == "ab")
    }

    /// What is found at once in a short header is found in one of more fields than places are kept for.
    @Test(arguments: [0, 3, 254, 255, 256, 400]) func fieldsBehindManyOthers(_ others: Int) throws {
        let many = String(repeating: "X-Other: 1\n", count: others)
        let message = try parsed(
            "OPTIONS sip:a SIP/2.0\n\(many)Via: a\nTo: <sip:b>\nVia: c, d\nExpires: 17\n\n")
        #expect(message.headers.count == others + 4)
        #expect(message.first(.via).map { message.text($0.value) } == "a")
        #expect(message.count(.via) == 2 && message.viaCount == 3 && message.values(.via).count == 3)
        #expect(message.first(.to).map { message.text($0.value) } == "<sip:b>")
        #expect(message.integer(.expires) == 17 && message.first(.cseq) == nil)
    }

    /// Every name, as the RFCs spell it and with each octet of it changed, reads the same on the short way as on the
    /// general one.
    @Test func namesInPlainWords() throws {
        let short: Set<HeaderName> = [
            .via, .from, .to, .callID, .cseq, .contact, .maxForwards, .contentLength, .supported, .userAgent,
            .flowTimer,
            .expires, .require, .path, .authorization, .wwwAuthenticate,
        ]
        for name in HeaderName.allCases where name != .other {
            let text = Array(name.text.description.utf8)
            for place in -1..<text.count {
                for change in [UInt8(0x20), 1] {
                    var octets = text
                    if place >= 0 { octets[place] ^= change }
                    let line = octets + Array(": <sip:value>\r\n\r\n".utf8)
                    let span = line.span.bytes
                    guard span.byteCount >= HeaderName.verbatimOctets else { continue }
                    let general = HeaderName(span, 0..<octets.count)
                    guard let found = HeaderName.verbatim(span, at: 0) else {
                        if place < 0, short.contains(name) { Issue.record("\(name) is not told by its octets") }
                        continue
                    }
                    #expect(found.name == general && found.length == octets.count)
                    #expect(place < 0)
                }
            }
        }
    }

    /// Lenient reading: the defect and its octet are kept.
    @Test(arguments: [
        ("LF alone", "OPTIONS sip:a SIP/2.0\nVia: x\n\n", ParseError(.unexpected, at: 21, in: "CRLF")),
        ("CRLF first", "\r\nOPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n", ParseError(.unexpected, at: 0, in: "")),
        ("two blanks", "OPTIONS  sip:a SIP/2.0\r\nVia: x\r\n\r\n", ParseError(.unexpected, at: 8, in: "")),
        ("blank at the end", "OPTIONS sip:a SIP/2.0 \r\nVia: x\r\n\r\n", ParseError(.trailing, at: 21, in: "")),
        ("no reason", "SIP/2.0 200\r\nVia: x\r\n\r\n", ParseError(.missing, at: 11, in: "")),
        (
            "length twice", "SIP/2.0 200 OK\r\nl: 0\r\nContent-Length: 0\r\n\r\n",
            ParseError(.repeated, at: 22, in: "")
        ),
        ("more than announced", "SIP/2.0 200 OK\r\nl: 1\r\n\r\nabc", ParseError(.trailing, at: 25, in: "")),
    ])
    func defect(_ name: String, _ text: String, _ defect: ParseError) throws {
        #expect(try parsed([UInt8](text.utf8)).defects == [defect])
    }

    /// What cannot be read past is an error, at an octet.
    @Test(arguments: [
        ("", ParseError(.truncated, at: 0, in: "")),
        ("\n\n", ParseError(.truncated, at: 4, in: "")),
        ("OPTIONS sip:a SIP/2.0\n", ParseError(.truncated, at: 23, in: "")),
        ("OPTIONS sip:a SIP/2.0\nVia: x\n", ParseError(.truncated, at: 31, in: "")),
        ("OPTIONS sip:a SIP/3.0\n\n", ParseError(.unexpected, at: 14, in: "")),
        ("OPTIONS sip:a\n\n", ParseError(.missing, at: 8, in: "")),
        ("OPTI{NS sip:a SIP/2.0\n\n", ParseError(.unexpected, at: 4, in: "")),
        ("SIP/2.0 2000 OK\n\n", ParseError(.outOfRange, at: 11, in: "")),
        ("SIP/2.0 099 OK\n\n", ParseError(.outOfRange, at: 8, in: "")),
        ("SIP/2.0 2x0 OK\n\n", ParseError(.unexpected, at: 9, in: "")),
        ("OPTIONS sip:a SIP/2.0\nVia\n\n", ParseError(.missing, at: 26, in: "")),
        ("OPTIONS sip:a SIP/2.0\n: x\n\n", ParseError(.missing, at: 23, in: "")),
        ("OPTIONS sip:a SIP/2.0\nVi a: x\n\n", ParseError(.unexpected, at: 26, in: "")),
        ("OPTIONS sip:a SIP/2.0\nX\u{00E9}: x\n\n", ParseError(.unexpected, at: 24, in: "")),
        ("OPTIONS sip:a SIP/2.0\n folded\n\n", ParseError(.unexpected, at: 23, in: "")),
        ("OPTIONS sip:a SIP/2.0\nl: -1\n\n", ParseError(.unexpected, at: 26, in: "")),
        ("OPTIONS sip:a SIP/2.0\nl: 99999999999999999999999\n\n", ParseError(.outOfRange, at: 26, in: "")),
        ("OPTIONS sip:a SIP/2.0\nl: 1\nl: 2\n\nab", ParseError(.repeated, at: 29, in: "")),
        ("OPTIONS sip:a SIP/2.0\nl: 3\n\nab", ParseError(.truncated, at: 33, in: "")),
        ("OPTIONS sip:a SIP/2.0\nl:\n\n", ParseError(.missing, at: 25, in: "")),
    ])
    func error(_ text: String, _ expected: ParseError) {
        #expect(parseError { _ = try parsed(text) } == expected)
    }

    @Test func afterAnErrorTheRestIsStillThere() {
        var message = SIPMessage()
        let octets = wire("OPTIONS sip:a SIP/2.0\nbroken\nVia: SIP/2.0/UDP b;branch=z9hG4bKx\nl: 9\n\nab")
        #expect(parseError { try MessageParser.parse(octets.span.bytes, into: &message) }?.offset == 29)
        #expect((try? message.topVia())??.branch == "z9hG4bKx")
        #expect(message.text(message.body) == "ab")
        #expect(message.bytes == octets)
    }

    @Test func foldedValues() throws {
        let text =
            "OPTIONS sip:a SIP/2.0\nVia :\n SIP/2.0/UDP\n\tb.example.com;branch=z9hG4bK1 ,\n  SIP/2.0/TCP c\nl:\n 2\n\nab"
        let message = try parsed(text)
        #expect(try message.vias().map(\.sentBy) == ["b.example.com", "c"])
        #expect(message.viaCount == 2 && message.count(.via) == 1)
        #expect(message.text(message.body) == "ab")
    }

    @Test func storageIsUsedAgain() throws {
        var message = SIPMessage()
        let long = wire(registration)
        let short = wire("SIP/2.0 100 \nl: 0\n\n")
        for octets in [long, short, long] {
            try MessageParser.parse(octets.span.bytes, into: &message)
            #expect(message.bytes == octets)
        }
        #expect(message.headers.count == 10)
        try MessageParser.parse(short.span.bytes, into: &message)
        #expect(message.headers.count == 1 && message.requestURI.isEmpty && message.statusCode == 100)
    }

    @Test(arguments: [
        ("REGISTER sip:example.com SIP/2.0\r\nVia", true),
        ("REGISTER sip:exam", true), ("REGISTER tel:", true), ("SIP/2.0 200 OK", true), ("SIP/2.0 4", true),
        ("\r\nOPTIONS sips:a SIP/2.0\r\n", true), ("INVITE sip:user@example.com; lr SIP/2.0\r\n", true),
        ("", false), ("jaK", false), ("\u{0}\u{0}\u{0}\u{0}", false), ("\r\n\r\n", false), ("hello", false),
        ("GET / HTTP/1.1\r\nHost: a\r\n", false), ("HTTP/1.1 200 OK\r\n", false), ("hello: world\r\n", false),
        ("REGISTER sip:example.com\r\n", false), ("a b c\r\n", false), ("REGISTER", false),
    ])
    func looksLikeSIP(_ text: String, _ expected: Bool) {
        #expect(MessageParser.looksLikeSIP([UInt8](text.utf8).span.bytes) == expected)
    }

    @Test func everyHeaderNameIsFound() throws {
        for name in HeaderName.allCases where name != .other {
            let text = name.text.description
            for variant in [text, text.lowercased(), text.uppercased()] {
                #expect(try message(with: "\(variant): 0").headers.first?.name == name, "\(variant)")
            }
            #expect(try message(with: "\(text)x: 0").headers.first?.name == .other)
            #expect(try message(with: "\(text.dropLast())@: 0".replacing("@", with: "0")).headers.first?.name == .other)
        }
        let compact: [(String, HeaderName)] = [
            ("v", .via), ("f", .from), ("t", .to), ("i", .callID), ("m", .contact), ("c", .contentType),
            ("k", .supported), ("o", .event), ("s", .other), ("e", .other), ("x", .other), ("V", .via),
        ]
        for (letter, name) in compact {
            #expect(try message(with: "\(letter): 0").headers.first?.name == name)
        }
    }

    @Test func everyMethodIsFound() throws {
        for method in SIPMethod.allCases where method != .other {
            #expect(try parsed("\(method.text) sip:a SIP/2.0\n\n").method == method)
            #expect(try parsed("\(method.text.description.lowercased()) sip:a SIP/2.0\n\n").method == .other)
        }
    }
}
