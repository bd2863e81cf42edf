/// kamailio-go: base64url, padded, of `ip:port:connection`: the proxy's own end and a connection's name. No code. An
/// IPv6 address cannot be read back by the issuer, for its colons.
enum KamailioGoToken {
    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets),
            let plain = AddressText.printable(octets)
        else { throw ParseError(.unexpected, at: 0, in: "kamailio-go token (base64 of ip:port:connection)") }
        let parts = plain.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let local = AddressText.end(parts[0], parts[1]), !parts[2].isEmpty else {
            throw ParseError(.unexpected, at: 0, in: "kamailio-go token (base64 of ip:port:connection)")
        }
        return FlowToken(
            .kamailioGo, local: local, octets: octets, spelling: spelling,
            details: [.init(name: "conn_id", value: String(parts[2]))])
    }
}
