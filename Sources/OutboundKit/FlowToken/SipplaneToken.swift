/// sipplane: base64url, unpadded, of the first 16 octets of HMAC-SHA256 over `rip|rport|transport|lhost|lport`. Nothing
/// can be read back; a flow can be tested against it.
enum SipplaneToken {
    static let length = 22

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard text.byteCount == length, let spelling = Base64.decode(text, in: 0..<length, into: &octets),
            !spelling.usesStandard, octets.count == 16
        else { throw ParseError(.unexpected, at: 0, in: "sipplane token (22 base64url characters)") }
        return FlowToken(
            .sipplane, octets: text.array(0..<length), code: 0..<length, spelling: spelling,
            details: OverSIPToken.handle(text))
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey, flow: Flow?) -> Bool? {
        guard let flow, let wanted = encode(flow, with: key) else { return nil }
        return constantTimeEquals(wanted, token.octets)
    }

    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        let (local, remote) = (flow.local, flow.remote)
        let signed = "\(remote.ip)|\(remote.port)|\(flow.transport)|\(local.ip)|\(local.port)"
        guard let code = unsafe key.sha256?.code(of: Array(signed.utf8).span.bytes) else { return nil }
        return Array(Base64.encode(Array(code[..<16]), alphabet: .url, padded: false).utf8)
    }
}
