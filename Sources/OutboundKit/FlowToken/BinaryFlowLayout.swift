/// The layout that Kamailio and Flexisip share, behind a code of 10 octets.
///
///     octets  0..<10   10           11..<15/27   2            4/16          2
///             code     transport    local addr   local port   remote addr   remote port     network order
///
/// 23 octets (32 characters with one `=`) for IPv4, 47 (64 characters with one `=`) for IPv6.
enum BinaryFlowLayout {
    static let codeCount = 10
    static let v4Count = 23
    static let v6Count = 47

    static func isLength(_ count: Int) -> Bool { count == v4Count || count == v6Count }

    /// The ends in octets of either length.
    static func ends(_ octets: RawSpan) -> (local: TransportAddress, remote: TransportAddress) {
        let size = octets.byteCount == v6Count ? 16 : 4
        return (octets.transportAddress(11, size: size), octets.transportAddress(13 + size, size: size))
    }

    /// The octets behind the code; nil when the ends are of two families.
    static func body(_ flow: Flow, transport: UInt8) -> [UInt8]? {
        guard flow.local.ip.isIPv6 == flow.remote.ip.isIPv6 else { return nil }
        var octets = [transport]
        octets.append(flow.local)
        octets.append(flow.remote)
        return octets
    }

    static func fields(of token: FlowToken) -> [FlowTokenField] {
        let size = token.octets.count == v6Count ? 16 : 4
        let part = token.format == .kamailio ? "octets 10-19 of HMAC-SHA1" : "octets 0-9 of HMAC-SHA1"
        let family = token.format == .kamailio ? ", \(token.octets[10] & 0x80 == 0 ? "IPv4" : "IPv6") bit" : ""
        let transport = token.transport?.description ?? ""
        return [
            FlowTokenField("code", 0..<10, part),
            FlowTokenField("transport", 10..<11, transport + family),
            FlowTokenField("local address", 11..<(11 + size), token.local?.ip.description ?? ""),
            FlowTokenField("local port", (11 + size)..<(13 + size), token.local?.port.description ?? ""),
            FlowTokenField("remote address", (13 + size)..<(13 + 2 * size), token.remote?.ip.description ?? ""),
            FlowTokenField("remote port", (13 + 2 * size)..<(15 + 2 * size), token.remote?.port.description ?? ""),
        ]
    }
}

extension RawSpan {
    /// An address of 4 or 16 octets and a port behind it, network order.
    func transportAddress(_ offset: Int, size: Int) -> TransportAddress {
        TransportAddress(ip: ipAddress(offset, size: size), port: big16(offset + size))
    }

    /// An address of 4 or 16 octets, network order.
    func ipAddress(_ offset: Int, size: Int) -> IPAddress {
        size == 16 ? IPAddress(v6High: big64(offset), v6Low: big64(offset + 8)) : IPAddress(v4: big32(offset))
    }
}

extension [UInt8] {
    /// Appends an address and its port in network order.
    mutating func append(_ end: TransportAddress) {
        append(end.ip)
        appendBig16(end.port)
    }

    mutating func append(_ ip: IPAddress) {
        if ip.isIPv6 { appendBig64(ip.high) }
        if ip.isIPv6 { appendBig64(ip.low) } else { appendBig32(UInt32(truncatingIfNeeded: ip.low)) }
    }
}
