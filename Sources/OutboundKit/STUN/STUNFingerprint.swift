/// FINGERPRINT (RFC 8489 §14.7): the CRC-32 of the message before it, exclusive-ored with "STUN" so that it differs from
/// the CRC of a protocol that carries one itself.
enum STUNFingerprint {
    static let mask: UInt32 = 0x5354_554E
    /// The whole attribute: header and value.
    static let length = 8

    /// The value for the `count` first octets of `message`, whose header length already counts the attribute.
    static func value(of message: RawSpan, count: Int) -> UInt32 { CRC32.checksum(message, 0..<count) ^ mask }
}

/// CRC-32 of ISO 3309 (the one of Ethernet and gzip), eight octets a step.
enum CRC32 {
    /// Row r, entry b: the CRC of octet b followed by r zero octets; 8 rows of 256.
    private static let table: [UInt32] = {
        var rows = (0..<256).map { index -> UInt32 in
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            return value
        }
        for index in 256..<(8 * 256) {
            let shorter = rows[index - 256]
            rows.append(shorter >> 8 ^ rows[Int(shorter & 0xFF)])
        }
        return rows
    }()

    /// - Precondition: `range` lies within `octets`.
    static func checksum(_ octets: RawSpan, _ range: Range<Int>) -> UInt32 {
        let rows = table
        var crc: UInt32 = .max
        var offset = range.lowerBound
        while range.upperBound - offset >= 8 {
            let first = octets.big32(offset).byteSwapped ^ crc
            let second = octets.big32(offset + 4).byteSwapped
            crc = rows[7 * 256 + Int(first & 0xFF)] ^ rows[6 * 256 + Int(first >> 8 & 0xFF)]
            crc ^= rows[5 * 256 + Int(first >> 16 & 0xFF)] ^ rows[4 * 256 + Int(first >> 24)]
            crc ^= rows[3 * 256 + Int(second & 0xFF)] ^ rows[2 * 256 + Int(second >> 8 & 0xFF)]
            crc ^= rows[256 + Int(second >> 16 & 0xFF)] ^ rows[Int(second >> 24)]
            offset += 8
        }
        while offset < range.upperBound {
            crc = crc >> 8 ^ rows[Int((crc ^ UInt32(octets.octet(offset))) & 0xFF)]
            offset += 1
        }
        return ~crc
    }
}
