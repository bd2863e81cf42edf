/// The siphon-sip codec: lower-case hex of `addr:port~transport`, IPv6 in brackets. No code.
enum SiphonToken {
    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        let digits = text.array(0..<text.byteCount)
        guard digits.allSatisfy(OverSIPToken.isLowerHex), let octets = Hex.decode(digits),
            let plain = AddressText.printable(octets)
        else { throw ParseError(.unexpected, at: 0, in: "siphon token (hex of address~transport)") }
        let parts = plain.split(separator: "~", omittingEmptySubsequences: false)
        guard parts.count == 2, let remote = TransportAddress(parts[0]), let transport = TransportProtocol(parts[1])
        else {
            throw ParseError(.unexpected, at: 0, in: "siphon token (hex of address~transport)")
        }
        return FlowToken(.siphon, transport: .sip(transport), remote: remote, octets: octets)
    }

    static func encode(_ flow: Flow) -> [UInt8] {
        Array(Hex.encode("\(flow.remote)~\(flow.transport)".utf8).utf8)
    }
}
