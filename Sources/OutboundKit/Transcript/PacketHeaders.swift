/// What stands before the message in a dumped packet, read header by header: link, IP and UDP or TCP. Where they do not fit
/// each other nothing is taken for a packet.
public struct PacketHeaders: Sendable, Hashable {
    public let transport: TransportProtocol
    public let source: TransportAddress
    public let destination: TransportAddress
    /// Of the dump: what the packet carries.
    public let payload: Range<Int>
    /// TCP's sequence number of the payload's first octet; nil for UDP.
    public let sequence: UInt32?
    /// The dump ends before the packet does, or it is the first fragment of one.
    public let isCut: Bool

    private static let vlanTags = 4
    private static let extensions = 16

    /// For a person.
    public var sentence: String {
        "read behind the headers of a packet, \(transport) \(source) -> \(destination)\(isCut ? ", of which the end is missing" : "")"
    }

    /// - Parameter dump: a whole packet from its first octet: as `tcpdump -x` has it from the IP header, as `tcpdump -xx` and
    ///   tshark have it from the link's.
    /// - Returns: nil for what is no packet with UDP or TCP in it.
    public static func read(_ dump: RawSpan) -> PacketHeaders? {
        let links =
            LinkLayer.LinkType.raw.prefix(1) + [
                LinkLayer.LinkType.ethernet, LinkLayer.LinkType.linuxCooked2, LinkLayer.LinkType.linuxCooked,
                LinkLayer.LinkType.null,
            ]
        for link in links {
            guard
                case .ip(let start) = LinkLayer.network(
                    in: dump, 0..<dump.byteCount, link: link, vlanTags: vlanTags),
                let headers = PacketHeaders(dump, at: start)
            else { continue }
            return headers
        }
        return nil
    }

    private init?(_ dump: RawSpan, at start: Int) {
        var packet = IPPacket()
        let end = dump.byteCount
        guard packet.read(dump, at: start, end: end, wireEnd: end, extensions: Self.extensions) == nil,
            packet.fragment != .later, packet.isIPv6 || Self.hasGoodSum(dump, start..<packet.start)
        else { return nil }
        let upper = packet.start
        let length = packet.wireEnd - upper
        let header: Int
        switch packet.upper {
        case IPPacket.UpperProtocol.udp:
            header = 8
            guard packet.end - upper >= header, packet.fragment == .first || Int(dump.big16(upper + 4)) == length else {
                return nil
            }
            transport = .udp
            sequence = nil
        case IPPacket.UpperProtocol.tcp:
            guard packet.end - upper >= 20 else { return nil }
            header = Int(dump.octet(upper + 12) >> 4) * 4
            guard header >= 20, header <= packet.end - upper else { return nil }
            transport = .tcp
            sequence = dump.big32(upper + 4)
        default: return nil
        }
        func address(_ high: UInt64, _ low: UInt64, _ port: Int) -> TransportAddress {
            let ip =
                packet.isIPv6
                ? IPAddress(v6High: high, v6Low: low) : IPAddress(v4: UInt32(truncatingIfNeeded: low))
            return TransportAddress(ip: ip, port: dump.big16(port))
        }
        source = address(packet.sourceHigh, packet.sourceLow, upper)
        destination = address(packet.destinationHigh, packet.destinationLow, upper + 2)
        payload = upper + header..<packet.end
        isCut = packet.wireEnd > packet.end || packet.fragment == .first
    }

    /// IPv4's checksum (RFC 791 §3.1). One of 0 is left to the network card, and not there yet.
    private static func hasGoodSum(_ dump: RawSpan, _ header: Range<Int>) -> Bool {
        guard dump.big16(header.lowerBound + 10) != 0 else { return true }
        var sum = 0
        for at in stride(from: header.lowerBound, to: header.upperBound, by: 2) { sum += Int(dump.big16(at)) }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return sum == 0xFFFF
    }
}
