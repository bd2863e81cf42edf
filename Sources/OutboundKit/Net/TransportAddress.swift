/// An IP address and a port (RFC 8489 §4). Text is `192.0.2.1:5060` or `[2001:db8::1]:5060`.
public struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    public let ip: IPAddress
    public let port: UInt16

    @inlinable public init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Whether the port is one of those that SIP and SIP over TLS have by default (RFC 3261 §19.1.2).
    var isAtSIPPort: Bool { port == 5060 || port == 5061 }

    /// Reads `address:port`; IPv6 must stand in brackets, else the last group could be taken for the port.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        guard host.hasPrefix("[") || !host.contains(":"), let ip = IPAddress(host) else { return nil }
        self.init(ip: ip, port: port)
    }

    public var description: String { ip.isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}
