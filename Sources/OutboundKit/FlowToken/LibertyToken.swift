/// IBM WebSphere and Open Liberty's SIP container.
///
///     "ibm" | transport 1 | remote 1+n+2 | local 1+n+2 | proxy 1+n+2 | code length 1 | code
///
/// Each end begins with its address's size: 4, 16, or 0 for none. The ends may be of different families. The code is
/// HMAC-SHA1 over all before it, and the number of its octets that count is a field of the token: a forger may choose 1.
enum LibertyToken {
    static let fullCode = 20

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets), octets.count > 4,
            octets.starts(with: "ibm".utf8)
        else { throw ParseError(.missing, at: 0, in: "liberty token's signature") }
        let transport: FlowTokenTransport
        switch octets[3] {
        case 0: transport = .sip(.udp)
        case 1: transport = .sip(.tcp)
        case 2: transport = .sip(.tls)
        default: throw ParseError(.outOfRange, at: 3, in: "liberty token's transport")
        }
        var place = 4
        let remote = try end(octets, &place)
        let local = try end(octets, &place)
        let proxy = try end(octets, &place)
        guard remote != nil, local != nil else { throw ParseError(.missing, at: place, in: "liberty token's ends") }
        guard place < octets.count else { throw ParseError(.truncated, at: place, in: "liberty token's code length") }
        let length = Int(octets[place])
        guard octets.count <= place + 1 + length else {
            throw ParseError(.trailing, at: place + 1 + length, in: "liberty token")
        }
        var details = [FlowToken.Detail(name: "mac_len", value: length.description)]
        if let proxy { details.append(.init(name: "proxy", value: proxy.description)) }
        return FlowToken(
            .liberty, transport: transport, local: local, remote: remote, octets: octets,
            code: length == 0 ? nil : (place + 1)..<octets.count, spelling: spelling, details: details)
    }

    /// An address size, an address of that size, a port; nil for size 0.
    private static func end(_ octets: [UInt8], _ place: inout Int) throws(ParseError) -> TransportAddress? {
        guard place < octets.count else { throw ParseError(.truncated, at: place, in: "liberty token's address size") }
        let size = Int(octets[place])
        guard size == 0 || size == 4 || size == 16 else {
            throw ParseError(.outOfRange, at: place, in: "liberty token's address size")
        }
        guard place + 3 + size <= octets.count else {
            throw ParseError(.truncated, at: place, in: "liberty token's address")
        }
        defer { place += 3 + size }
        return size == 0 ? nil : unsafe octets.span.bytes.transportAddress(place + 1, size: size)
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        // With a key the issuer refuses a token without a code, and one whose code is not all there.
        guard let code = token.code, code.count == Int(token.octets[code.lowerBound - 1]), code.count <= fullCode else {
            return false
        }
        return key.sha1(token.octets, 0..<code.lowerBound).map {
            constantTimeEquals(Array($0[..<code.count]), Array(token.octets[code]))
        }
    }

    static func encode(_ flow: Flow, with key: EffectiveKey?) -> [UInt8]? {
        var octets = Array("ibm".utf8)
        switch flow.transport {
        case .udp: octets.append(0)
        case .tcp: octets.append(1)
        case .tls: octets.append(2)
        case .sctp, .ws, .wss: return nil
        }
        for end in [flow.remote, flow.local] {
            octets.append(end.ip.isIPv6 ? 16 : 4)
            octets.append(end)
        }
        octets += [0, 0, 0, UInt8(key == nil ? 0 : fullCode)]
        if let key {
            guard let code = key.sha1(octets, 0..<octets.count) else { return nil }
            octets += code
        }
        return Array(Base64.encode(octets).utf8)
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        var fields = [
            FlowTokenField("signature", 0..<3, "ibm"),
            FlowTokenField("transport", 3..<4, token.transport?.description ?? ""),
        ]
        var place = 4
        let ends = [("remote", token.remote?.description), ("local", token.local?.description)]
        for (name, text) in ends + [("proxy", token.detail("proxy"))] {
            let next = place + 3 + Int(token.octets[place])
            fields.append(FlowTokenField(name + ": size, address, port", place..<next, text ?? "none"))
            place = next
        }
        fields.append(FlowTokenField("code length", place..<(place + 1), token.octets[place].description))
        if let code = token.code { fields.append(FlowTokenField("code", code, "HMAC-SHA1 of all before")) }
        return fields
    }
}
