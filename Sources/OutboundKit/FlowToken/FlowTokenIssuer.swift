/// Writes and checks the tokens of one edge proxy at the full speed of the host's SHA-1, for IPv4 and IPv6 flows:
/// Kamailio's format, Flexisip's, or the RFC's example, which differ in the piece of the code they keep.
///
/// Buffers and hash state live as long as the object: no allocation per token. Not for two tasks at once.
public final class FlowTokenIssuer {
    public let format: FlowTokenFormat
    private let hmac: HMAC
    /// Where the kept 10 octets of the code begin.
    private let codeStart: Int

    /// - Parameters:
    ///   - format: `kamailio`, `flexisip` or `rfc5626`; nil comes back for others, which `FlowTokenCodec` writes.
    ///   - key: the effective key: for Kamailio with a secret, its SHA-1.
    public init?(_ format: FlowTokenFormat, effectiveKey key: [UInt8]) {
        guard let codeStart = Self.codeStart(format) else { return nil }
        self.codeStart = codeStart
        guard let hmac = try? HMAC(.sha1, key: key) else { return nil }
        self.format = format
        self.hmac = hmac
    }

    /// Whether it has that format.
    public static func writes(_ format: FlowTokenFormat) -> Bool { codeStart(format) != nil }

    private static func codeStart(_ format: FlowTokenFormat) -> Int? {
        switch format {
        case .kamailio: 10
        case .flexisip, .rfc5626: 0
        default: nil
        }
    }

    /// Appends the token of `flow`; false, with nothing appended, when the format cannot hold it.
    public func append(_ flow: Flow, to text: inout [UInt8]) -> Bool {
        let v6 = flow.local.ip.isIPv6
        guard v6 == flow.remote.ip.isIPv6, let transport = number(flow.transport) else { return false }
        let count = v6 ? BinaryFlowLayout.v6Count : BinaryFlowLayout.v4Count
        var octets = [48 of UInt8](repeating: 0)
        octets[10] = format == .kamailio && v6 ? transport | 0x80 : transport
        Self.store(flow.local, at: 11, in: &octets)
        Self.store(flow.remote, at: v6 ? 29 : 17, in: &octets)
        unsafe hmac.authenticate(octets.span.bytes.extracting(BinaryFlowLayout.codeCount..<count))
        for index in 0..<BinaryFlowLayout.codeCount { octets[index] = hmac.octet(codeStart + index) }
        unsafe Base64.encode(octets.span.bytes.extracting(first: count), into: &text)
        return true
    }

    private static func store(_ end: TransportAddress, at start: Int, in octets: inout [48 of UInt8]) {
        var place = start
        func put(_ value: UInt64, _ count: Int) {
            for index in 0..<count {
                octets[place + index] = UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - index) * 8))
            }
            place += count
        }
        if end.ip.isIPv6 { put(end.ip.high, 8) }
        put(end.ip.low, end.ip.isIPv6 ? 8 : 4)
        put(UInt64(end.port), 2)
    }

    /// The flow that `text` was written for; nil for anything that this issuer did not write. One spelling is taken
    /// per token, so that a token's text can stand for its flow (stricter than Kamailio, which takes four).
    ///
    /// The code is compared before the rest is looked at, in constant time. The answer to nil is 403 (RFC 5626 §5.3.1).
    public func flow(of text: RawSpan) -> Flow? {
        guard case .flow(let flow) = check(text) else { return nil }
        return flow
    }

    enum Check {
        case refused
        /// The code holds, over octets that are no flow in this format.
        case codeHolds
        case flow(Flow)
    }

    func check(_ text: RawSpan) -> Check {
        guard text.byteCount == 32 || text.byteCount == 64 else { return .refused }
        var octets = [48 of UInt8](repeating: 0)
        guard let count = Base64.decodeCanonical(text, into: &octets), BinaryFlowLayout.isLength(count) else {
            return .refused
        }
        let span = unsafe octets.span.bytes
        hmac.authenticate(span.extracting(BinaryFlowLayout.codeCount..<count))
        guard hmac.code(from: codeStart, equals: span.extracting(first: BinaryFlowLayout.codeCount)) else {
            return .refused
        }
        let v6 = count == BinaryFlowLayout.v6Count
        var number = span.octet(10)
        if format == .kamailio {
            guard (number & 0x80 != 0) == v6 else { return .codeHolds }
            number &= 0x7F
        }
        guard format != .flexisip || number <= 3, let transport = Self.transport(number) else { return .codeHolds }
        let (local, remote) = BinaryFlowLayout.ends(span.extracting(first: count))
        return .flow(Flow(transport: transport, local: local, remote: remote))
    }

    private func number(_ transport: TransportProtocol) -> UInt8? {
        let number = KamailioToken.number(transport)
        return format == .flexisip && number > 3 ? nil : number
    }

    private static func transport(_ number: UInt8) -> TransportProtocol? {
        switch number {
        case 1: .udp
        case 2: .tcp
        case 3: .tls
        case 4: .sctp
        case 5: .ws
        case 6: .wss
        default: nil
        }
    }
}
