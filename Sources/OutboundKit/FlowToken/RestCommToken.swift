/// Mobicents, RestComm and Telestax SIP Servlets: base64 of `text(HMAC-SHA1(K, S))/S`, with S =
/// `transport_localIP_localPort_remoteIP_remotePort` and text() the lossy trip of `JavaText`. The issuer cuts at the
/// first `/`, so it refuses its own token when the code's text holds one: 7.5 % of all flows.
enum RestCommToken {
    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets),
            let slash = octets.lastIndex(of: ASCII.slash), let plain = AddressText.printable(octets[(slash + 1)...])
        else { throw ParseError(.unexpected, at: 0, in: "restcomm token (base64 of code/flow)") }
        let parts = plain.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 5, let transport = TransportProtocol(parts[0]),
            let local = AddressText.end(parts[1], parts[2]), let remote = AddressText.end(parts[3], parts[4])
        else { throw ParseError(.unexpected, at: 0, in: "restcomm token (transport_ip_port_ip_port)") }
        return FlowToken(
            .restcomm, transport: .sip(transport), local: local, remote: remote, octets: octets, code: 0..<slash,
            spelling: spelling)
    }

    /// The code's text holds the mark at which the issuer cuts.
    static func isUnreadable(_ token: FlowToken) -> Bool {
        token.code.map { token.octets[$0].contains(ASCII.slash) } ?? false
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        guard !isUnreadable(token) else { return false }
        return codeHolds(token, with: key).map { $0 != nil }
    }

    /// The charset under which the code holds, whatever its issuer thinks of the `/`; nil inside when none fits.
    static func codeHolds(_ token: FlowToken, with key: EffectiveKey) -> JavaText?? {
        guard let code = token.code, let wanted = key.sha1(token.octets, (code.upperBound + 1)..<token.octets.count)
        else {
            return nil
        }
        let found = Array(token.octets[code])
        return .some(JavaText.allCases.first { constantTimeEquals($0.roundTrip(wanted), found) })
    }

    /// As a machine with UTF-8 as its default charset writes it.
    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        let (local, remote) = (flow.local, flow.remote)
        let ends = [
            flow.transport.description, AddressText.javaText(local.ip), local.port.description,
            AddressText.javaText(remote.ip), remote.port.description,
        ]
        let signed = Array(ends.joined(separator: "_").utf8)
        guard let code = key.sha1(signed, 0..<signed.count) else { return nil }
        return Array(Base64.encode(JavaText.utf8.roundTrip(code) + [ASCII.slash] + signed).utf8)
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        guard let code = token.code else { return [] }
        let signed = (code.upperBound + 1)..<token.octets.count
        return [
            FlowTokenField("code", code, "HMAC-SHA1 through a Java String"),
            FlowTokenField("slash", code.upperBound..<signed.lowerBound),
            FlowTokenField("transport, local, remote", signed, String(decoding: token.octets[signed], as: UTF8.self)),
        ]
    }
}
