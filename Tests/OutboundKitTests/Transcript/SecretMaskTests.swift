import Testing

@testable import OutboundKit

@Suite struct SecretMaskTests {
    struct Row: CustomTestStringConvertible {
        let line: String
        let masked: String
        var testDescription: String { line }
    }

    static let rows = [
        Row(line: "Contact: <sip:alice:pa-s$@192.0.2.7>", masked: "Contact: <sip:alice:xxxxx@192.0.2.7>"),
        Row(line: "Contact: <SIPS:alice:p@192.0.2.7:5061>", masked: "Contact: <SIPS:alice:x@192.0.2.7:5061>"),
        Row(line: "To: sip:192.0.2.7:5060;lr", masked: "To: sip:192.0.2.7:5060;lr"),
        Row(line: "Route: sip:192.0.2.7:5060,sip:a@192.0.2.8", masked: "Route: sip:192.0.2.7:5060,sip:a@192.0.2.8"),
        Row(line: "To: <sip:192.0.2.7:5060;x=a@b>", masked: "To: <sip:192.0.2.7:5060;x=a@b>"),
        Row(
            line: "Authorization: Digest username=\"a\", response=\"0123\",cnonce = \"ab\", nc=1",
            masked: "Authorization: Digest username=\"a\", response=\"xxxx\",cnonce = \"xx\", nc=1"),
        Row(
            line: "Proxy-Authorization: Digest response=0123, uri=\"sip:a\"",
            masked: "Proxy-Authorization: Digest response=xxxx, uri=\"sip:a\""),
        Row(line: "authorization: Basic QWxhZGRpbg==", masked: "authorization: Basic xxxxxxxxxxxx"),
        Row(line: "X: response=\"0123\"", masked: "X: response=\"0123\""),
    ]

    @Test(arguments: rows) func line(_ row: Row) {
        var octets = wire("OPTIONS sip:b SIP/2.0\n\(row.line)\n\nresponse=1")
        SecretMask.mask(&octets)
        #expect(
            String(decoding: octets, as: UTF8.self)
                == String(decoding: wire("OPTIONS sip:b SIP/2.0\n\(row.masked)\n\nresponse=1"), as: UTF8.self))
    }

    @Test func foldedCredentials() {
        var octets = wire("OPTIONS sip:b SIP/2.0\nAuthorization: Digest a=1,\n response=\"0123\"\n\n")
        SecretMask.mask(&octets)
        #expect(octets == wire("OPTIONS sip:b SIP/2.0\nAuthorization: Digest a=1,\n response=\"xxxx\"\n\n"))
    }

    @Test func hostileEnds() {
        for text in ["sip:", "sips:", "sip:a:", "sip:a:b", "Authorization: Digest response=", "Authorization:basic "] {
            var octets = Array(text.utf8)
            SecretMask.mask(&octets)
            #expect(octets.count == text.utf8.count)
        }
    }
}
