/// reSIProcate and repro: the remote end and an internal key, with an MD5 of all that and a salt behind.
///
///     flow key 4 | transport key 4 | flags, type, port 4 | namespace 4 | address 4/16 | code 32 (hex text)
///                  not in `legacy`                         only `netns`
///
/// The words are in the issuer's own byte order. On PCs: flags, type, port low, port high. The real decoder takes either
/// alphabet, `.` as pad, skips foreign characters, and ignores the upper half of the type.
enum ResiprocateToken {
    struct Layout {
        let name: String
        let v6: Bool
        let coded: Bool
        /// Offset of the word of flags, type and port.
        let word: Int
        let address: Int
        var body: Int { address + (v6 ? 16 : 4) }
    }

    private static let codeCount = 32
    private static let existingOnly: UInt8 = 0x10
    private static let familyBit: UInt8 = 0x01
    private static let transports: [FlowTokenTransport] = [
        .none, .sip(.tls), .sip(.tcp), .sip(.udp), .sip(.sctp), .dccp, .dtls, .sip(.ws), .sip(.wss),
    ]

    /// The one layout of this many octets.
    static func layout(_ count: Int) -> Layout? {
        let coded = count >= 44
        let body = coded ? count - codeCount : count
        let v6 = body >= 24
        switch v6 ? body - 12 : body {
        case 12: return Layout(name: "legacy", v6: v6, coded: coded, word: 4, address: 8)
        case 16: return Layout(name: "modern", v6: v6, coded: coded, word: 8, address: 12)
        case 20: return Layout(name: "netns", v6: v6, coded: coded, word: 8, address: 16)
        default: return nil
        }
    }

    /// The octets as the real decoder reads them: foreign characters skipped, either alphabet.
    static func lenientOctets(_ text: RawSpan) -> (octets: [UInt8], spelling: Base64.Spelling)? {
        var letters: [UInt8] = []
        letters.reserveCapacity(text.byteCount)
        var pads = 0
        for offset in 0..<text.byteCount {
            let octet = text.octet(offset)
            if Base64.isLetter(octet) { letters.append(octet) }
            if octet == ASCII.equal || octet == ASCII.dot { pads += 1 }
        }
        guard var (octets, spelling) = Base64.decode(letters) else { return nil }
        if pads > 0, spelling.padding == .absent { spelling.padding = .complete }
        octets.reserveCapacity(octets.count)
        return (octets, spelling)
    }

    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard let (octets, spelling) = lenientOctets(text), let layout = layout(octets.count) else {
            throw ParseError(.outOfRange, at: text.byteCount, in: "resiprocate token size")
        }
        return try read(octets, layout: layout, spelling: spelling)
    }

    /// - Throws: when in neither byte order the family bit fits the length and the type is one.
    static func read(
        _ octets: [UInt8], layout: Layout, spelling: Base64.Spelling
    ) throws(ParseError) -> FlowToken {
        guard let little = isLittle(octets, layout) else {
            throw ParseError(.outOfRange, at: layout.word, in: "resiprocate token flags and type")
        }
        let word = layout.word
        let (flags, type) = little ? (octets[word], octets[word + 1]) : (octets[word + 3], octets[word + 2])
        let first = UInt16(octets[word + (little ? 3 : 0)])
        let port = first << 8 | UInt16(octets[word + (little ? 2 : 1)])
        let ip = unsafe octets.span.bytes.ipAddress(layout.address, size: layout.v6 ? 16 : 4)
        func number(_ offset: Int) -> String {
            let big = unsafe octets.span.bytes.big32(offset)
            return (little ? big.byteSwapped : big).description
        }
        var details = [
            FlowToken.Detail(name: "layout", value: layout.name),
            FlowToken.Detail(name: "endian", value: little ? "little" : "big"),
            FlowToken.Detail(name: "flow_key", value: number(0)),
        ]
        if layout.word == 8 { details.append(.init(name: "transport_key", value: number(4))) }
        if layout.name == "netns" { details.append(.init(name: "netns", value: number(12))) }
        details.append(.init(name: "only_existing", value: flags & existingOnly != 0 ? "true" : "false"))
        return FlowToken(
            .resiprocate, transport: transports[Int(type & 0x0F)], remote: TransportAddress(ip: ip, port: port),
            octets: octets, code: layout.coded ? layout.body..<octets.count : nil, spelling: spelling, details: details)
    }

    /// Whether flags and type stand as a little-endian issuer writes them; nil when they fit neither order. Exact fits
    /// come before those that only the issuer's leniency allows.
    private static func isLittle(_ octets: [UInt8], _ layout: Layout) -> Bool? {
        let word = layout.word
        func fits(_ flags: UInt8, _ type: UInt8, strictly: Bool) -> Bool {
            guard (flags & familyBit != 0) == layout.v6 else { return false }
            return strictly ? isPlausible(flags, type) : Int(type & 0x0F) < transports.count
        }
        if fits(octets[word], octets[word + 1], strictly: true) { return true }
        if fits(octets[word + 3], octets[word + 2], strictly: true) { return false }
        return fits(octets[word], octets[word + 1], strictly: false) ? true : nil
    }

    /// Flags that the issuer sets and a type that it numbers.
    private static func isPlausible(_ flags: UInt8, _ type: UInt8) -> Bool {
        flags & ~(existingOnly | familyBit) == 0 && 1...8 ~= type
    }

    /// Whether flags and type are just as an issuer writes them: the test for a token without a code.
    static func isExact(_ token: FlowToken) -> Bool {
        guard let layout = layout(token.octets.count) else { return false }
        let (octets, word) = (token.octets, layout.word)
        return token.detail("endian") == "little"
            ? isPlausible(octets[word], octets[word + 1]) : isPlausible(octets[word + 3], octets[word + 2])
    }

    static func verify(_ token: FlowToken, with key: EffectiveKey) -> Bool? {
        // An issuer with a salt refuses a token without a code.
        guard let code = token.code else { return false }
        guard let wanted = try? MessageDigest.md5.hash(token.octets[..<code.lowerBound] + key.octets) else {
            return nil
        }
        return constantTimeEquals(Array(Hex.encode(wanted).utf8), Array(token.octets[code]))
    }

    /// The modern layout, little-endian, with keys 0: those belong to a live process, which looks the connection up by
    /// the remote end when they do not fit.
    static func encode(_ flow: Flow, with key: EffectiveKey?) -> [UInt8]? {
        guard let type = transports.firstIndex(of: .sip(flow.transport)) else { return nil }
        let v6 = flow.remote.ip.isIPv6
        let port = flow.remote.port
        var octets = [UInt8](repeating: 0, count: 8)
        octets.append(v6 ? familyBit : 0)
        octets.append(UInt8(type))
        octets.append(UInt8(truncatingIfNeeded: port))
        octets.append(UInt8(port >> 8))
        octets.append(flow.remote.ip)
        if let key {
            guard let code = try? MessageDigest.md5.hash(octets + key.octets) else { return nil }
            octets.append(text: Hex.encode(code))
        }
        return Array(Base64.encode(octets).utf8)
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        guard let layout = layout(token.octets.count) else { return [] }
        let word = layout.word
        var fields = [FlowTokenField("flow key", 0..<4, token.detail("flow_key") ?? "")]
        if word == 8 { fields.append(FlowTokenField("transport key", 4..<8, token.detail("transport_key") ?? "")) }
        let port = token.remote?.port.description ?? ""
        let existing = token.detail("only_existing") == "true" ? ", only an existing connection" : ""
        let meaning =
            "\(token.transport?.description ?? ""), port \(port)\(existing), \(token.detail("endian") ?? "")-endian"
        fields.append(FlowTokenField("flags, type, port", word..<(word + 4), meaning))
        if layout.name == "netns" {
            fields.append(FlowTokenField("network namespace", 12..<16, token.detail("netns") ?? ""))
        }
        fields.append(
            FlowTokenField("remote address", layout.address..<layout.body, token.remote?.ip.description ?? ""))
        if let code = token.code { fields.append(FlowTokenField("code", code, "hex text of MD5(all before, salt)")) }
        return fields
    }
}
