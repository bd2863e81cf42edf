/// `sip` for Node.js: base64url of `base64(HMAC-SHA1(K, S)),S` with S = `PROTO,remoteIP,remotePort,localIP,localPort`,
/// filled with blanks to a multiple of 3 so that no pad is ever needed. The issuer decodes, encodes again and compares
/// the text, so there is one spelling only.
enum NodeSIPToken {
    private static let codeCount = 28

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets), octets.count > codeCount,
            octets[codeCount] == ASCII.comma, let plain = AddressText.printable(octets)
        else { throw ParseError(.unexpected, at: 0, in: "node-sip token (base64url of six comma fields)") }
        let parts = plain.split(separator: ",", omittingEmptySubsequences: false)
        let code = octets[..<codeCount]
        guard parts.count == 6, code.dropLast().allSatisfy(Base64.isLetter), code.last == ASCII.equal,
            let transport = TransportProtocol(parts[1]), let remote = AddressText.end(parts[2], parts[3]),
            let local = AddressText.end(parts[4], String(parts[5].prefix { $0 != " " })),
            parts[5].drop(while: { $0 != " " }).allSatisfy({ $0 == " " })
        else { throw ParseError(.unexpected, at: 0, in: "node-sip token (base64url of six comma fields)") }
        return FlowToken(
            .nodeSIP, transport: .sip(transport), local: local, remote: remote, octets: octets, code: 0..<codeCount,
            spelling: spelling)
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        guard token.spelling?.isCanonical(.url, padded: false) == true else { return false }
        let end = (token.octets.lastIndex { $0 != ASCII.space } ?? 0) + 1
        guard end > codeCount + 1 else { return false }
        // The issuer writes its text again from the fields: other fillings than its own differ from it.
        guard token.octets.count % 3 == 0, token.octets.count - end < 3 else { return false }
        return key.sha1(token.octets, (codeCount + 1)..<end).map {
            constantTimeEquals(Array(Base64.encode($0).utf8), Array(token.octets[..<codeCount]))
        }
    }

    static func encode(_ flow: Flow, with key: EffectiveKey) -> [UInt8]? {
        let (local, remote) = (flow.local, flow.remote)
        let name = flow.transport.description.uppercased()
        let signed = Array("\(name),\(remote.ip),\(remote.port),\(local.ip),\(local.port)".utf8)
        guard let code = key.sha1(signed, 0..<signed.count) else { return nil }
        var octets = Array(Base64.encode(code).utf8) + [ASCII.comma] + signed
        while octets.count % 3 != 0 { octets.append(ASCII.space) }
        return Array(Base64.encode(octets, alphabet: .url, padded: false).utf8)
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        let signed = (codeCount + 1)..<token.octets.count
        return [
            FlowTokenField("code", 0..<codeCount, "base64 of HMAC-SHA1"),
            FlowTokenField("comma", codeCount..<(codeCount + 1)),
            FlowTokenField("transport, remote, local", signed, String(decoding: token.octets[signed], as: UTF8.self)),
        ]
    }
}
