import Glibc

/// An IPv4 or IPv6 address as a hashable value. Text is RFC 5952, mapped IPv4 in mixed notation.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The upper 64 bits of an IPv6 address; 0 for IPv4.
    public let high: UInt64
    /// The lower 64 bits of an IPv6 address, or the 32 bits of an IPv4 address.
    public let low: UInt64
    public let isIPv6: Bool

    @inlinable public init(v4 bits: UInt32) {
        high = 0
        low = UInt64(bits)
        isIPv6 = false
    }

    @inlinable public init(v6High: UInt64, v6Low: UInt64) {
        high = v6High
        low = v6Low
        isIPv6 = true
    }

    /// The address held in 4 or 16 octets in network order; nil for any other count.
    public init?(octets: some Collection<UInt8>) {
        switch octets.count {
        case 4:
            self.init(v4: octets.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let upper = octets.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let lower = octets.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self.init(v6High: upper, v6Low: lower)
        default:
            return nil
        }
    }

    /// Reads dotted-quad IPv4, or IPv6 with or without brackets. Zone indices are refused: no SIP field carries them.
    public init?(_ text: some StringProtocol) {
        var name = String(text)
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        guard !name.utf8.contains(0), name.utf8.count < 46 else { return nil }
        if name.utf8.contains(ASCII.colon) {
            var parsed = in6_addr()
            guard unsafe inet_pton(AF_INET6, name, &parsed) == 1 else { return nil }
            let octets = unsafe Swift.withUnsafeBytes(of: &parsed) { unsafe [UInt8]($0) }
            self.init(octets: octets)
        } else {
            var parsed = in_addr()
            guard unsafe inet_pton(AF_INET, name, &parsed) == 1 else { return nil }
            self.init(v4: UInt32(bigEndian: parsed.s_addr))
        }
    }

    /// The IPv4 address that this IPv6 address stands for (`::ffff:192.0.2.1`); any other as it is.
    var unmapped: IPAddress {
        isIPv6 && high == 0 && low >> 32 == 0xFFFF ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : self
    }

    /// Whether `host` would have to be an IPv4 address, because its last label is a number: no host name ends in one
    /// (RFC 3261 §25.1, `toplabel`; RFC 1123 §2.1). The host's own resolver reads `1.2.3` as 1.2.0.3, which nobody means.
    public static func isNumber(host: String) -> Bool {
        let last = host.utf8.split(separator: ASCII.dot).last ?? []
        if last.starts(with: "0x".utf8) || last.starts(with: "0X".utf8) {
            return last.dropFirst(2).allSatisfy(ASCII.isHexDigit)
        }
        return !last.isEmpty && last.allSatisfy(ASCII.isDigit)
    }

    /// 4 or 16 octets in network order.
    public var octets: [UInt8] {
        var result: [UInt8] = []
        if isIPv6 {
            result.appendBig64(high)
            result.appendBig64(low)
        } else {
            result.appendBig32(UInt32(truncatingIfNeeded: low))
        }
        return result
    }

    public var description: String {
        guard isIPv6 else { return Self.dotted(UInt32(truncatingIfNeeded: low)) }
        if high == 0, low >> 32 == 0xFFFF { return "::ffff:" + Self.dotted(UInt32(truncatingIfNeeded: low)) }
        let groups = (0..<8).map { index -> UInt16 in
            let half = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: half >> UInt64((3 - index % 4) * 16))
        }
        // RFC 5952 §4.2: the longest run of two or more zero groups is shortened, the first of equals.
        var best = 0..<0
        var run = 0
        for index in 0..<8 {
            run = groups[index] == 0 ? run + 1 : 0
            if run > best.count, run > 1 { best = (index + 1 - run)..<(index + 1) }
        }
        func joined(_ range: Range<Int>) -> String {
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return joined(0..<8) }
        return joined(0..<best.lowerBound) + "::" + joined(best.upperBound..<8)
    }

    /// Digit by digit: reports name thousands of addresses, and an interpolation costs five times as much.
    private static func dotted(_ bits: UInt32) -> String {
        unsafe String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func put(_ octet: UInt8) {
                unsafe text[count] = octet
                count += 1
            }
            for shift: UInt32 in [24, 16, 8, 0] {
                let number = UInt8(bits >> shift & 255)
                if number >= 100 { put(ASCII.zero + number / 100) }
                if number >= 10 { put(ASCII.zero + number / 10 % 10) }
                put(ASCII.zero + number % 10)
                if shift > 0 { put(ASCII.dot) }
            }
            return count
        }
    }

    public var isLoopback: Bool {
        isIPv6 ? (high == 0 && low == 1) : low >> 24 == 127
    }

    /// Addresses that no other network can reach: RFC 1918, RFC 6598 (100.64/10), link-local, fc00::/7.
    public var isPrivate: Bool {
        if isIPv6 { return high >> 57 == 0xFC >> 1 || high >> 54 == 0xFE80 >> 6 }
        return low >> 24 == 10 || low >> 20 == 0xAC1 || low >> 16 == 0xC0A8 || low >> 22 == 0x6440 >> 6
            || low >> 16 == 0xA9FE
    }
}
