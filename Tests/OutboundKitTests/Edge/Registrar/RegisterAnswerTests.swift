import Testing

@testable import OutboundKit

/// One REGISTER to a registrar that knows nobody, and what must come back.
struct AnswerRow: CustomTestStringConvertible {
    let requirement: String
    let what: String
    let request: TestRegister
    var origin = RegisterOrigin()
    var settings: @Sendable (inout RegistrarSettings) -> Void = { _ in }
    let status: UInt16
    var outbound = false
    /// Bindings afterwards.
    var bindings = 1
    var field: (HeaderName, String)?

    var testDescription: String { "\(requirement) \(what)" }
}

extension TestRegister {
    /// The same through an outbound edge that added Path.
    var throughEdge: TestRegister {
        with {
            $0.vias = 2
            $0.path = ["<sip:token@192.0.2.9;lr;ob>"]
        }
    }
    /// The same through one proxy that added no Path.
    var throughProxy: TestRegister { with { $0.vias = 2 } }
    func supporting(_ tags: String?) -> TestRegister { with { $0.supported = tags } }
    func path(_ values: String...) -> TestRegister { with { $0.path = values } }
    func line(_ line: String) -> TestRegister { with { $0.lines.append(line) } }
    func expiring(_ seconds: Int) -> TestRegister { with { $0.expires = seconds } }
}

@Suite struct RegisterAnswerTests {
    static let plain = "<sip:alice@192.0.2.2>"
    static let own = TestRegister(flow(1))

    @Test(arguments: firstHopRows + contactRows + extensionRows + limitRows)
    func isAnswered(row: AnswerRow) throws {
        var registrar = try Registrar.testing(row.settings)
        let answer = try registrar.answer(row.request, from: row.origin)
        #expect(answer.status == row.status, "\(answer.reason)")
        #expect(answer.requiresOutbound == (row.outbound || row.status == 421))
        #expect(answer.grantsOutbound == row.outbound)
        #expect(registrar.bindingCount == row.bindings)
        #expect(registrar.bindings.count == row.bindings)
        #expect(answer.changes.count == row.bindings)
        if let (name, value) = row.field { #expect(answer.values(name) == [value]) }
    }

    static let firstHopRows: [AnswerRow] = [
        AnswerRow(requirement: "OB-REG-002", what: "one Via, no Path", request: own, status: 200, outbound: true),
        AnswerRow(
            requirement: "OB-REG-004", what: "two Via, no Path", request: own.throughProxy, status: 439, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-004", what: "Path without ob", request: own.throughProxy.path("<sip:192.0.2.9;lr>"),
            status: 439, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-003", what: "Path with ob", request: own.throughEdge, status: 200, outbound: true,
            field: (.path, "<sip:token@192.0.2.9;lr;ob>")),
        AnswerRow(
            requirement: "OB-REG-003", what: "ob in the value that the first hop wrote",
            request: own.throughProxy.path("<sip:192.0.2.10;lr>, <sip:t@192.0.2.9;lr;ob>"), status: 200,
            outbound: true),
        AnswerRow(
            requirement: "OB-REG-003", what: "ob in a later hop's value only",
            request: own.throughProxy.path("<sip:192.0.2.10;lr;ob>, <sip:t@192.0.2.9;lr>"), status: 439, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-003", what: "one Via, Path without ob: a proxy that hides",
            request: own.path("<sip:192.0.2.9;lr>"), status: 439, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-003", what: "ob as a header parameter is none",
            request: own.throughProxy.path("<sip:192.0.2.9;lr>;ob"), status: 439, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-002", what: "an edge of this process before a proxy's Via", request: own.throughProxy,
            origin: RegisterOrigin(path: "<sip:t@192.0.2.9;lr;ob>", firstHopIsEdge: true), status: 200, outbound: true,
            field: (.path, "<sip:t@192.0.2.9;lr;ob>")),
        AnswerRow(
            requirement: "OB-REG-005", what: "no tag behind a proxy", request: own.throughProxy.supporting("path"),
            status: 200),
        AnswerRow(
            requirement: "OB-REG-004", what: "lax: plain rules instead of 439", request: own.throughProxy,
            settings: { $0.firstHop = .lax }, status: 200),
        AnswerRow(
            requirement: "OB-REG-018", what: "no tag on the first hop", request: own.supporting("path"), status: 200),
        AnswerRow(
            requirement: "OB-REG-017", what: "tag in Require alone",
            request: own.supporting(nil).line("Require: outbound"), status: 200, outbound: true),
        AnswerRow(
            requirement: "OB-REG-029", what: "no outbound here", request: own.line("Require: outbound"),
            settings: { $0.outbound = .off }, status: 420, bindings: 0, field: (.unsupported, "outbound")),
        AnswerRow(
            requirement: "OB-REG-010", what: "no outbound here, tag in Supported", request: own,
            settings: { $0.outbound = .off }, status: 200),
    ]

    static let contactRows: [AnswerRow] = [
        AnswerRow(
            requirement: "OB-REG-006", what: "instance without reg-id",
            request: TestRegister(plain + ";+sip.instance=\"<\(deskPhone)>\""), status: 200),
        AnswerRow(
            requirement: "OB-REG-007", what: "reg-id without instance", request: TestRegister(plain + ";reg-id=1"),
            status: 200),
        AnswerRow(
            requirement: "OB-REG-007", what: "senseless reg-id without instance",
            request: TestRegister(plain + ";reg-id=0"), status: 200),
        AnswerRow(
            requirement: "OB-REG-008", what: "two Contacts, one with reg-id", request: TestRegister(flow(1), plain),
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-008", what: "two Contacts, both with reg-id", request: TestRegister(flow(1), flow(2)),
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-009", what: "one with reg-id, one taken away",
            request: TestRegister(flow(1), plain + ";expires=0"), status: 200, outbound: true),
        AnswerRow(
            requirement: "OB-REG-013", what: "two plain Contacts",
            request: TestRegister("\(plain), <sip:alice@192.0.2.3>"), status: 200, bindings: 2),
        AnswerRow(
            requirement: "OB-REG-022", what: "instance that is no URN",
            request: TestRegister(plain + ";reg-id=1;+sip.instance=\"<x>\""), status: 400, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-006", what: "instance that is no URN, without reg-id",
            request: TestRegister(plain + ";+sip.instance=\"<x>\""), status: 200),
        AnswerRow(
            requirement: "OB-REG-024", what: "star with Expires 0", request: TestRegister("*").expiring(0),
            status: 200, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-024", what: "star without Expires", request: TestRegister("*"), status: 400,
            bindings: 0),
        AnswerRow(
            requirement: "OB-REG-024", what: "star with Expires 10", request: TestRegister("*").expiring(10),
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-024", what: "star beside another", request: TestRegister("*", plain).expiring(0),
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "OB-REG-028", what: "too brief", request: TestRegister(plain + ";expires=1"), status: 423,
            bindings: 0, field: (.minExpires, "60")),
        AnswerRow(
            requirement: "OB-REG-028", what: "too brief by Expires", request: own.expiring(59), status: 423,
            bindings: 0, field: (.minExpires, "60")),
        AnswerRow(
            requirement: "OB-REG-028", what: "an hour is never too brief", request: own.expiring(3600),
            settings: { $0.minimumExpires = 5000 }, status: 200, outbound: true),
        AnswerRow(
            requirement: "OB-GRUU-004", what: "Contact is the AOR",
            request: TestRegister("<sip:alice@EXAMPLE.com>;+sip.instance=\"<\(deskPhone)>\""), status: 403, bindings: 0),
        AnswerRow(
            requirement: "OB-GRUU-004", what: "Contact is a GRUU of it",
            request: TestRegister("<sip:alice@example.com;gr=x>;+sip.instance=\"<\(deskPhone)>\""), status: 403,
            bindings: 0),
        AnswerRow(
            requirement: "OB-GRUU-004", what: "Contact is no SIP URI",
            request: TestRegister("<mailto:alice@example.com>;+sip.instance=\"<\(deskPhone)>\""), status: 403,
            bindings: 0),
        AnswerRow(
            requirement: "RFC 3261 §10.3", what: "no SIP URI, and no instance",
            request: TestRegister("<mailto:alice@example.com>"), status: 200),
        AnswerRow(
            requirement: "RFC 3261 §10.3", what: "the same Contact twice", request: TestRegister(plain, plain),
            status: 400, bindings: 0),
    ]

    static let extensionRows: [AnswerRow] = [
        AnswerRow(
            requirement: "OB-REG-029", what: "unknown tags, all of them",
            request: own.line("Require: x-none, outbound").line("Require: x-other"), status: 420, bindings: 0,
            field: (.unsupported, "x-none, x-other")),
        AnswerRow(
            requirement: "OB-REG-012", what: "421 without the tag", request: own.supporting("path"),
            settings: { $0.outbound = .required }, status: 421, bindings: 0, field: (.require, "outbound")),
        AnswerRow(
            requirement: "OB-REG-012", what: "421 without reg-id", request: TestRegister(plain),
            settings: { $0.outbound = .required }, status: 421, bindings: 0, field: (.require, "outbound")),
        AnswerRow(
            requirement: "OB-REG-012", what: "what 421 asks for", request: own,
            settings: { $0.outbound = .required }, status: 200, outbound: true),
        AnswerRow(
            requirement: "OB-PATH-003", what: "Path without the tag", request: own.throughEdge.supporting("outbound"),
            status: 420, bindings: 0, field: (.unsupported, "path")),
        AnswerRow(
            requirement: "OB-PATH-003", what: "Path without the tag, lazy",
            request: own.throughEdge.supporting("outbound"), settings: { $0.path = .lazy }, status: 200,
            outbound: true),
        AnswerRow(
            requirement: "OB-PATH-004", what: "Path in the order of the request",
            request: own.throughProxy.path("<sip:a@192.0.2.10;lr>", "<sip:b@192.0.2.9;lr;ob>"), status: 200,
            outbound: true),
        AnswerRow(
            requirement: "RFC 3327 §5.3", what: "no Path here: as good as none", request: own.throughEdge,
            settings: { $0.path = .off }, status: 439, bindings: 0),
        AnswerRow(
            requirement: "RFC 3327 §5.3", what: "no Path here, and it is demanded", request: own.line("Require: path"),
            settings: { $0.path = .off }, status: 420, bindings: 0, field: (.unsupported, "path")),
        AnswerRow(
            requirement: "RFC 3261 §10.3", what: "another domain", request: own,
            settings: { $0.domains = ["example.org"] }, status: 404, bindings: 0),
        AnswerRow(
            requirement: "RFC 3261 §10.3", what: "own domain", request: own,
            settings: { $0.domains = ["example.com"] }, status: 200, outbound: true),
        AnswerRow(
            requirement: "RFC 3261 §10.2", what: "fetch of nothing", request: TestRegister(), status: 200, bindings: 0),
    ]

    static let limitRows: [AnswerRow] = [
        AnswerRow(
            requirement: "limit", what: "Contacts",
            request: TestRegister("<sip:a@h>, <sip:b@h>, <sip:c@h>"),
            settings: { $0.limits.contactsPerRequest = 2 }, status: 400, bindings: 0),
        AnswerRow(
            requirement: "limit", what: "bindings", request: TestRegister("<sip:a@h>, <sip:b@h>, <sip:c@h>"),
            settings: { $0.limits.bindingsPerAOR = 2 }, status: 403, bindings: 0),
        AnswerRow(
            requirement: "limit", what: "AORs", request: own, settings: { $0.limits.addressesOfRecord = 0 },
            status: 503, bindings: 0),
        AnswerRow(
            requirement: "limit", what: "Path values", request: own.path("<sip:a@h>, <sip:b@h>"),
            settings: { $0.limits.pathValues = 1 }, status: 400, bindings: 0),
        AnswerRow(
            requirement: "limit", what: "octets", request: own, settings: { $0.limits.valueOctets = 40 },
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "limit", what: "Call-ID", request: own, settings: { $0.limits.callIDOctets = 5 },
            status: 400, bindings: 0),
        AnswerRow(
            requirement: "grammar", what: "Contact", request: TestRegister("<sip:alice@192.0.2.2"), status: 400,
            bindings: 0),
        AnswerRow(requirement: "grammar", what: "empty Contact", request: TestRegister(""), status: 400, bindings: 0),
        AnswerRow(
            requirement: "grammar", what: "Path", request: own.path("<sip:>;ob"), status: 400, bindings: 0),
        AnswerRow(
            requirement: "grammar", what: "To", request: TestRegister(plain, user: "\""), status: 400, bindings: 0),
    ]

    /// OB-REG-022: none of these is a key, and 4294967297 is not 1.
    @Test(arguments: ["0", "2147483648", "4294967297", "-1", "1.5", "1a", "\"1\"x", "1;reg-id=1", "1;Reg-ID=2"])
    func badRegIDIsNoKey(text: String) throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(Self.own)
        let contact = "<sip:evil@192.0.2.66>;+sip.instance=\"<\(deskPhone)>\";reg-id=\(text)"
        let answer = try registrar.answer(TestRegister(contact, cseq: 2))
        #expect(answer.status == 400)
        #expect(!answer.requiresOutbound)
        #expect(try registrar.locate("sip:alice@example.com").text == "[sip:alice@192.0.2.2;transport=tcp]")
    }

    @Test func emptyRegIDIsNoKey() throws {
        var registrar = try Registrar.testing()
        let contact = "<sip:evil@192.0.2.66>;+sip.instance=\"<\(deskPhone)>\";reg-id"
        #expect(try registrar.answer(TestRegister(contact)).status == 400)
    }

    /// A request that lacks what every request has gets an answer all the same.
    @Test(arguments: ["To", "Call-ID", "CSeq", "Via"])
    func missingFieldIs400(name: String) throws {
        var registrar = try Registrar.testing()
        let lines = Self.own.text.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.filter { !$0.hasPrefix(name + ":") }.joined(separator: "\n")
        let answer = registrar.register(try parsed(text), from: RegisterOrigin(), at: noon)
        #expect(answer.status == 400)
        #expect(answer.reason == "Missing \(name)")
    }

    @Test func otherMethodIs405() throws {
        var registrar = try Registrar.testing()
        let answer = registrar.register(try message(with: "To: <sip:a@b>"), from: RegisterOrigin(), at: noon)
        #expect(answer.status == 405)
    }

    /// RFC 3261 §10.3 step 8, with a weekday that is right.
    @Test func dateIsThere() throws {
        var registrar = try Registrar.testing { $0.sendsDate = true }
        let answer = try registrar.answer(Self.own)
        #expect(answer.values(.date) == ["Thu, 20 Nov 2025 12:00:00 GMT"])
        #expect(answer.values(.supported) == ["path, outbound, gruu"])
    }

    @Test func fieldsAreWrittenAsLines() throws {
        var registrar = try Registrar.testing()
        var octets: [UInt8] = []
        try registrar.answer(Self.own.supporting("outbound")).append(to: &octets)
        #expect(
            String(decoding: octets, as: UTF8.self)
                == "Contact: <sip:alice@192.0.2.2;transport=tcp>;reg-id=1;+sip.instance=\"<\(deskPhone)>\""
                + ";expires=3600\r\nRequire: outbound\r\nSupported: path, outbound, gruu\r\n")
    }

    /// What a phone folded comes back on one line: a writer of messages takes no line breaks.
    @Test func foldsAreTakenOut() throws {
        var registrar = try Registrar.testing()
        let contact = flow(1) + ";x=\"a\n b\u{0}c\"\n ;y=1"
        let answer = try registrar.answer(
            TestRegister(contact).throughProxy.path("<sip:t@h;lr;ob>\n  ;z=1").line("User-Agent: a\n\tb"))
        #expect(answer.status == 200)
        #expect(answer.contacts == [flow(1) + ";x=\"a b c\";y=1;expires=3600"])
        #expect(answer.values(.path) == ["<sip:t@h;lr;ob> ;z=1"])
        #expect(registrar.bindings.first?.userAgent == "a b")
        let refused = try registrar.answer(Self.own.line("Require: a\n b"))
        #expect(refused.values(.unsupported) == ["a b"])
    }
}
