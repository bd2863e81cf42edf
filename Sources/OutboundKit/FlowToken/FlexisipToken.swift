/// Flexisip 2.4 and later: `BinaryFlowLayout` with the code cut as RFC 2104 §5 has it (the first 10 octets), no IPv6
/// bit, and three transports only. A token over WS or WSS gets number 0 and a good code, and its own issuer refuses it.
enum FlexisipToken {
    static func transport(_ octet: UInt8) -> FlowTokenTransport {
        switch octet {
        case 0: .none
        case 1: .sip(.udp)
        case 2: .sip(.tcp)
        case 3: .sip(.tls)
        default: .unknown(octet)
        }
    }

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.byteCount == 32 || text.byteCount == 64 else {
            throw ParseError(
                .outOfRange, at: text.byteCount, in: "flexisip token length (32 or 64 characters are wanted)")
        }
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets), !spelling.usesURL,
            BinaryFlowLayout.isLength(octets.count)
        else { throw ParseError(.unexpected, at: 0, in: "flexisip token (base64 of 23 or 47 octets)") }
        return read(octets, spelling: spelling)
    }

    /// - Precondition: 23 or 47 octets.
    static func read(_ octets: [UInt8], spelling: Base64.Spelling) -> FlowToken {
        let (local, remote) = unsafe BinaryFlowLayout.ends(octets.span.bytes)
        return FlowToken(
            .flexisip, transport: transport(octets[10]), local: local, remote: remote, octets: octets, code: 0..<10,
            spelling: spelling)
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        guard 1...3 ~= token.octets[10] else { return false }
        return RFC5626Token.codeHolds(token.octets, with: key)
    }

    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        let number: UInt8
        switch flow.transport {
        case .udp: number = 1
        case .tcp: number = 2
        case .tls: number = 3
        case .sctp, .ws, .wss: return nil
        }
        guard let body = BinaryFlowLayout.body(flow, transport: number), let code = key.sha1(body, 0..<body.count)
        else {
            return nil
        }
        return Array(Base64.encode(code[..<10] + body).utf8)
    }
}
