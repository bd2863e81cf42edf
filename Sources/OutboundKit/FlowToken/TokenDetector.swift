/// How sure the layout alone makes an issuer.
public enum TokenConfidence: String, Sendable, Hashable, Comparable {
    case low
    case medium
    case high

    public static func < (left: TokenConfidence, right: TokenConfidence) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        }
    }

    var raised: TokenConfidence { self == .low ? .medium : .high }
}

/// One issuer that may have written a token.
public struct TokenCandidate: Sendable, Hashable {
    public let format: FlowTokenFormat
    public let confidence: TokenConfidence
    public let token: FlowToken
    /// Nothing but length and alphabet speaks for it: any user name of that length looks the same.
    public var isShapeOnly: Bool {
        switch format {
        case .oversipConnection, .bono, .sipplane: confidence == .low
        default: false
        }
    }

    func with(_ confidence: TokenConfidence) -> TokenCandidate {
        TokenCandidate(format: format, confidence: confidence, token: token)
    }
}

/// Recognises flow tokens without a key. Formats that carry readable text come first, then those with a code, then
/// bare handles; random strings pass the tests at the rates that the tests of this folder bound.
public enum TokenDetector {
    /// The candidates for a user part, the best first.
    ///
    /// Lenient where tokens get damaged on their way: either base64 alphabet, with or without pad. Percent-decoding is
    /// the caller's: a `%3D` in the user part means that some element rewrote it.
    public static func candidates(_ text: RawSpan, context: TokenContext = .bare) -> [TokenCandidate] {
        let found = layoutCandidates(text)
        return context.parameters.isEmpty && context.host == nil ? found : weigh(found, context)
    }

    private static func layoutCandidates(_ text: RawSpan) -> [TokenCandidate] {
        guard 0 < text.byteCount, text.byteCount <= FlowTokenCodec.longestText else { return [] }
        if let telling = telling(text) { return [telling] }
        var octets: [UInt8] = []
        let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets)
        if let coded = resiprocateWithCode(text) { return [coded] }
        if let spelling, BinaryFlowLayout.isLength(octets.count) { return binary(octets, spelling) }
        var found: [TokenCandidate] = []
        if let spelling, let plain = resiprocateWithoutCode(octets, spelling) { found.append(plain) }
        for format in [FlowTokenFormat.oversipConnection, .bono, .sipplane] {
            guard let token = try? FlowTokenCodec.decode(text, as: format) else { continue }
            found.append(TokenCandidate(format: format, confidence: .low, token: token))
        }
        return found
    }

    /// Formats whose text names itself.
    private static func telling(_ text: RawSpan) -> TokenCandidate? {
        for format in [
            FlowTokenFormat.nksip, .oversipUDP, .liberty, .nodeSIP, .restcomm, .siphon, .kamailioGo,
        ] {
            guard mayBe(format, text), let token = try? FlowTokenCodec.decode(text, as: format) else { continue }
            return TokenCandidate(format: format, confidence: .high, token: token)
        }
        return nil
    }

    /// A look at length and first character, so that most texts cost no decoding.
    private static func mayBe(_ format: FlowTokenFormat, _ text: RawSpan) -> Bool {
        let count = text.byteCount
        switch format {
        case .nksip: return text.octet(0) == 0x4E
        case .oversipUDP: return text.octet(0) == ASCII.underscore
        case .liberty: return count >= 4 && text.equals("aWJt", in: 0..<4)
        case .nodeSIP: return count >= 60
        case .restcomm: return count >= 44
        case .siphon: return count % 2 == 0 && count >= 22 && OverSIPToken.isLowerHex(text.octet(0))
        // The first octet of an address in text: a digit, so the first character is M, N or O.
        case .kamailioGo: return 0x4D...0x4F ~= text.octet(0) && count >= 14
        default: return true
        }
    }

    private static func resiprocateWithCode(_ text: RawSpan) -> TokenCandidate? {
        guard text.byteCount >= 59, let (octets, spelling) = ResiprocateToken.lenientOctets(text),
            let layout = ResiprocateToken.layout(octets.count), layout.coded,
            octets[layout.body...].allSatisfy(ASCII.isHexDigit),
            let token = try? ResiprocateToken.read(octets, layout: layout, spelling: spelling)
        else { return nil }
        return TokenCandidate(format: .resiprocate, confidence: .high, token: token)
    }

    private static func resiprocateWithoutCode(_ octets: [UInt8], _ spelling: Base64.Spelling) -> TokenCandidate? {
        guard let layout = ResiprocateToken.layout(octets.count), !layout.coded,
            let token = try? ResiprocateToken.read(octets, layout: layout, spelling: spelling),
            ResiprocateToken.isExact(token), let remote = token.remote, isFlowEnd(remote)
        else { return nil }
        return TokenCandidate(format: .resiprocate, confidence: .low, token: token)
    }

    /// Kamailio, Flexisip and the RFC's example, told apart by the transport octet as far as it goes.
    private static func binary(_ octets: [UInt8], _ spelling: Base64.Spelling) -> [TokenCandidate] {
        let v6 = octets.count == BinaryFlowLayout.v6Count
        var formats: [FlowTokenFormat] = []
        switch (v6, octets[10]) {
        case (true, 0x81...0x86), (false, 4...6): formats = [.kamailio]
        case (true, 1...3): formats = [.flexisip]
        case (false, 1...3): formats = [.kamailio, .flexisip]
        default: return []
        }
        let (local, remote) = unsafe BinaryFlowLayout.ends(octets.span.bytes)
        let plausible = isFlowEnd(local) && isFlowEnd(remote)
        let confidence: TokenConfidence = !plausible ? .low : v6 ? .high : .medium
        if plausible { formats.append(.rfc5626) }
        return formats.map { format in
            switch format {
            case .kamailio:
                TokenCandidate(
                    format: format, confidence: confidence, token: KamailioToken.read(octets, spelling: spelling))
            case .flexisip:
                TokenCandidate(
                    format: format, confidence: confidence, token: FlexisipToken.read(octets, spelling: spelling))
            default:
                TokenCandidate(format: format, confidence: .low, token: RFC5626Token.read(octets, spelling: spelling))
            }
        }
    }

    /// Whether an address and port can be the end of a flow: port 0, 0/8, 224/3 and unassigned IPv6 cannot.
    static func isFlowEnd(_ end: TransportAddress) -> Bool {
        guard end.port != 0 else { return false }
        let ip = end.ip
        guard ip.isIPv6 else { return ip.low >> 24 != 0 && ip.low >> 29 != 7 }
        return ip.high >> 61 == 1 || ip.high >> 57 == 0xFC >> 1 || ip.high >> 54 == 0xFE80 >> 6 || ip.isLoopback
            || ip.high == 0 && ip.low >> 32 == 0xFFFF || ip.high == 0x0064_FF9B_0000_0000 && ip.low >> 32 == 0
    }

    /// Lets the URI settle what the layout left open.
    private static func weigh(_ found: [TokenCandidate], _ context: TokenContext) -> [TokenCandidate] {
        var named: Set<FlowTokenFormat> = []
        if context.has("ovid") { named.formUnion([.oversipUDP, .oversipConnection]) }
        if context.has("fs-proxy-id") { named.insert(.flexisip) }
        if context.has("r2") || context.has("received") { named.insert(.kamailio) }
        if context.has("drr") { named.insert(.resiprocate) }
        if found.contains(where: { named.contains($0.format) }) {
            let chosen = found.filter { named.contains($0.format) }.map { $0.with(.high) }
            return chosen + found.filter { !named.contains($0.format) }.map { $0.with(.low) }
        }
        if context.value("transport")?.uppercased() == "TCP", context.has("lr"), context.has("ob"),
            let bono = found.first(where: { $0.format == .bono })
        {
            return [bono.with(.medium)] + found.filter { $0.format != .bono }
        }
        guard let address = context.address else { return found }
        return found.map { $0.token.local == address ? $0.with($0.confidence.raised) : $0 }
    }
}
