/// Reads and writes the addresses that some issuers put into their tokens as text.
enum AddressText {
    /// A literal address and a decimal port around the last `separator`; IPv6 bare or in brackets.
    static func end(_ text: String, separator: Character) -> TransportAddress? {
        guard let cut = text.lastIndex(of: separator) else { return nil }
        return end(String(text[..<cut]), String(text[text.index(after: cut)...]))
    }

    /// A literal address, bare or in brackets, and a port in digits alone.
    static func end(_ host: some StringProtocol, _ port: some StringProtocol) -> TransportAddress? {
        guard let ip = IPAddress(host), let number = self.port(port) else { return nil }
        return TransportAddress(ip: ip, port: number)
    }

    /// 0 to 65535 in decimal digits alone: `UInt16("+5")` would be taken otherwise.
    static func port(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return UInt16(text)
    }

    /// The octets of `text` as a string, when they are printable ASCII.
    static func printable(_ octets: some Collection<UInt8>) -> String? {
        octets.allSatisfy(ASCII.isPrintable) ? String(decoding: octets, as: UTF8.self) : nil
    }

    /// IPv6 without any shortening, as Java's `getHostAddress` writes it: `2001:db8:0:0:0:0:0:1`.
    static func javaText(_ ip: IPAddress) -> String {
        guard ip.isIPv6 else { return ip.description }
        let octets = ip.octets
        return (0..<8).map { String(UInt16(octets[2 * $0]) << 8 | UInt16(octets[2 * $0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
