import Testing

@testable import OutboundKit

@Suite struct InstanceIDTests {
    @Test(arguments: [
        ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "URN:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", true),
        ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7", false),
        ("urn:gsma:imei:90420156-025763-0", "urn:gsma:imei:90420156-025763-0;vers=0", true),
        ("urn:gsma:imei:90420156-025763-0", "urn:gsma:imei:90420156-025763-0;vers=1", false),
        ("urn:device-id:meid:a1000049010001", "urn:device-id:MEID:A1000049010001", true),
        // RFC 2141 §5: its own examples.
        ("URN:foo:a123,456", "urn:foo:a123,456", true),
        ("urn:foo:a123,456", "urn:FOO:a123,456", true),
        ("urn:foo:a123,456", "urn:foo:A123,456", false),
        ("urn:foo:a123%2C456", "URN:FOO:a123%2c456", true),
        ("urn:foo:a123,456", "urn:foo:a123%2c456", false),
    ])
    func equality(_ left: String, _ right: String, _ equal: Bool) throws {
        let pair = (try InstanceID(urn: left), try InstanceID(urn: right))
        #expect((pair.0 == pair.1) == equal)
        #expect(Set([pair.0, pair.1]).count == (equal ? 1 : 2))
        #expect(pair.1.urn == right)
    }

    @Test(arguments: [
        ("urn:uuid:00000000-0000-1000-8000-000A95A0E128", InstanceID.Scheme.uuid),
        ("urn:uuid:00000000-0000-1000-8000-000A95A0E12", .malformedUUID),
        ("urn:uuid:000000000-000-1000-8000-000A95A0E128", .malformedUUID),
        ("urn:gsma:imei:90420156-025763-0", .imei),
        ("urn:device-id:meid:a1000049010001", .meid),
        ("urn:example:phone", .other),
    ])
    func schemes(_ urn: String, _ scheme: InstanceID.Scheme) throws {
        #expect(try InstanceID(urn: urn).scheme == scheme)
    }

    @Test(arguments: [
        ("\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"", nil, 0),
        ("", ParseError.Code.missing, 0), ("<urn:a:b>", .missing, 0), ("\"urn:a:b\"", .missing, 1),
        ("\"<urn:a:b\"", .missing, 9),
        ("\"", .missing, 1), ("\"<>\"", .missing, 2), ("\"<urn:a>\"", .unexpected, 2),
        ("\"<urn:a:b c>\"", .unexpected, 9),
        ("\"<urn:a:\u{E9}>\"", .unexpected, 8),
    ])
    func parameterValues(_ value: String, _ code: ParseError.Code?, _ offset: Int) {
        do {
            let parsed = try InstanceID(parameterValue: value)
            #expect(code == nil)
            #expect(parsed.parameterValue == value)
        } catch {
            #expect(error.code == code)
            #expect(error.offset == offset)
        }
    }

    @Test func whatPhonesSend() throws {
        let urn = "urn:uuid:00000000-0000-1000-8000-000A95A0E128"
        for form in ["\"<\(urn)>\"", "<\(urn)>", "\"\(urn)\"", urn] {
            #expect(InstanceID(tolerating: form)?.urn == urn)
        }
        #expect(InstanceID(tolerating: "") == nil)
        #expect(InstanceID(tolerating: "\"<>\"") == nil)
    }
}

@Suite struct RegIDTests {
    @Test(arguments: [("1", UInt32(1)), ("2147483647", 2_147_483_647), ("007", 7), ("00000000000000000000001", 1)])
    func reads(_ text: String, _ value: UInt32) throws {
        #expect(try RegID.parse(text).value == value)
    }

    @Test(arguments: [
        ("", ParseError.Code.missing), ("0", .outOfRange), ("2147483648", .outOfRange), ("4294967297", .outOfRange),
        ("99999999999999999999999999999999", .outOfRange), ("abc", .unexpected), ("1a", .unexpected),
        ("-1", .unexpected),
        ("+1", .unexpected), (" 1", .unexpected), ("\u{661}", .unexpected),
    ])
    func refuses(_ text: String, _ code: ParseError.Code) {
        do {
            _ = try RegID.parse(text)
            Issue.record("accepted")
        } catch {
            #expect(error.code == code)
        }
    }
}
