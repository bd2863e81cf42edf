/// Kamailio's `outbound` module: `BinaryFlowLayout` with the code cut at the wrong end. RFC 2104 §5 keeps the left end
/// of a truncated code; Kamailio keeps octets 10 to 19 of the HMAC-SHA1, and a running one refuses the left end.
///
/// Transport: bits 0-6 the number, bit 7 set for IPv6. The user part is taken as it stands, without percent-decoding.
/// The unused bits of the last character are not looked at, so each token has four spellings.
enum KamailioToken {
    static let transports: [FlowTokenTransport] = [
        .none, .sip(.udp), .sip(.tcp), .sip(.tls), .sip(.sctp), .sip(.ws), .sip(.wss), .other,
    ]

    static func transport(_ octet: UInt8) -> FlowTokenTransport {
        let number = octet & 0x7F
        return Int(number) < transports.count ? transports[Int(number)] : .unknown(number)
    }

    static func number(_ transport: TransportProtocol) -> UInt8 {
        switch transport {
        case .udp: 1
        case .tcp: 2
        case .tls: 3
        case .sctp: 4
        case .ws: 5
        case .wss: 6
        }
    }

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.byteCount % 4 == 0 else {
            throw ParseError(.outOfRange, at: text.byteCount, in: "kamailio token length (a multiple of 4 is wanted)")
        }
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets), !spelling.usesURL,
            spelling.padding == .complete || spelling.padding == .unneeded
        else { throw ParseError(.unexpected, at: 0, in: "kamailio token (padded base64)") }
        guard BinaryFlowLayout.isLength(octets.count) else {
            throw ParseError(.outOfRange, at: text.byteCount, in: "kamailio token size (23 or 47 octets are wanted)")
        }
        return read(octets, spelling: spelling)
    }

    /// - Precondition: 23 or 47 octets.
    static func read(_ octets: [UInt8], spelling: Base64.Spelling) -> FlowToken {
        let (local, remote) = unsafe BinaryFlowLayout.ends(octets.span.bytes)
        return FlowToken(
            .kamailio, transport: transport(octets[10]), local: local, remote: remote, octets: octets, code: 0..<10,
            spelling: spelling)
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        // A family bit that contradicts the length passes the code and fails when the request is sent.
        guard (token.octets[10] & 0x80 != 0) == (token.octets.count == BinaryFlowLayout.v6Count) else { return false }
        return key.sha1(token.octets, 10..<token.octets.count).map {
            constantTimeEquals(Array($0[10...]), Array(token.octets[..<10]))
        }
    }

    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        let transport = number(flow.transport) | (flow.local.ip.isIPv6 ? 0x80 : 0)
        guard let body = BinaryFlowLayout.body(flow, transport: transport),
            let code = key.sha1(body, 0..<body.count)
        else { return nil }
        return Array(Base64.encode(code[10...] + body).utf8)
    }
}
