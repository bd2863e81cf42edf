/// The example algorithm of RFC 5626 §5.2: `base64(HMAC-SHA1-80(K, S) || S)`. S holds transport, local and remote ends
/// in sizes that the RFC leaves open, so it is shown as octets and never interpreted.
enum RFC5626Token {
    /// S of one octet of transport and two IPv4 ends, to S of two octets and two IPv6 ends.
    private static let sizes = 23...48

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets), sizes.contains(octets.count),
            spelling.isCanonical(.standard, padded: true)
        else { throw ParseError(.unexpected, at: 0, in: "RFC 5626 example token (base64 of 23 to 48 octets)") }
        return read(octets, spelling: spelling)
    }

    static func read(_ octets: [UInt8], spelling: Base64.Spelling) -> FlowToken {
        let details = [FlowToken.Detail(name: "signed_part", value: Hex.encode(octets[10...]))]
        return FlowToken(.rfc5626, octets: octets, code: 0..<10, spelling: spelling, details: details)
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        codeHolds(token.octets, with: key)
    }

    /// Whether the first 10 octets are the left end of the HMAC-SHA1 over the rest.
    static func codeHolds(_ octets: [UInt8], with key: EffectiveKey) -> Bool? {
        key.sha1(octets, 10..<octets.count).map { constantTimeEquals(Array($0[..<10]), Array(octets[..<10])) }
    }

    /// One octet of transport (our own order, from 1), then both ends: 32 or 64 characters as in the RFC's reckoning.
    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        guard let body = BinaryFlowLayout.body(flow, transport: KamailioToken.number(flow.transport)),
            let code = key.sha1(body, 0..<body.count)
        else { return nil }
        return Array(Base64.encode(code[..<10] + body).utf8)
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        [
            FlowTokenField("code", 0..<10, "octets 0-9 of HMAC-SHA1"),
            FlowTokenField("S", 10..<token.octets.count, "transport and ends, layout left to the issuer"),
        ]
    }
}
