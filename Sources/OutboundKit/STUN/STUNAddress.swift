/// The value of MAPPED-ADDRESS and its kin (RFC 8489 §14.1, §14.2): a family, a port, an address.
///
///     octets  0          1              2..<4    4..<8 (IPv4) or 4..<20 (IPv6)
///             reserved   1 IPv4 2 IPv6  port     address
///
/// XOR-MAPPED-ADDRESS exclusive-ors the port with the cookie's first half, and the address with the cookie followed by
/// the transaction ID, so that middleboxes that rewrite addresses in payloads do not find it.
enum STUNAddress {
    /// - Parameters:
    ///   - value: where the attribute's value lies in `message`.
    ///   - isXORed: whether it is XOR-MAPPED-ADDRESS.
    /// - Returns: nil when the family is unknown or the length is not the family's.
    @inline(__always)
    static func read(_ message: RawSpan, _ value: Range<Int>, isXORed: Bool) -> TransportAddress? {
        guard value.count >= 8 else { return nil }
        let start = value.lowerBound
        var port = message.big16(start + 2)
        if isXORed { port ^= UInt16(STUNMessage.cookie >> 16) }
        switch message.octet(start + 1) {
        case 1 where value.count == 8:
            let bits = message.big32(start + 4)
            return TransportAddress(ip: IPAddress(v4: isXORed ? bits ^ STUNMessage.cookie : bits), port: port)
        case 2 where value.count == 20:
            var high = message.big64(start + 4)
            var low = message.big64(start + 12)
            if isXORed {
                high ^= UInt64(STUNMessage.cookie) << 32 | UInt64(message.big32(8))
                low ^= message.big64(12)
            }
            return TransportAddress(ip: IPAddress(v6High: high, v6Low: low), port: port)
        default:
            return nil
        }
    }

    /// The value's octets; `mask` is the transaction for XOR-MAPPED-ADDRESS, nil for a plain one.
    static func write(_ address: TransportAddress, mask: STUNTransactionID?) -> [UInt8] {
        var value: [UInt8] = [0, address.ip.isIPv6 ? 2 : 1]
        value.appendBig16(mask == nil ? address.port : address.port ^ UInt16(STUNMessage.cookie >> 16))
        switch (address.ip.isIPv6, mask) {
        case (false, let mask):
            let bits = UInt32(truncatingIfNeeded: address.ip.low)
            value.appendBig32(mask == nil ? bits : bits ^ STUNMessage.cookie)
        case (true, nil):
            value.append(contentsOf: address.ip.octets)
        case (true, let mask?):
            value.appendBig64(address.ip.high ^ (UInt64(STUNMessage.cookie) << 32 | UInt64(mask.high)))
            value.appendBig64(address.ip.low ^ mask.low)
        }
        return value
    }
}
