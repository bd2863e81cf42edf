/// Escapes in URIs (RFC 3261 §19.1.2, §25.1).
enum URIText {
    /// Each `%HH` becomes its octet.
    static func unescaped(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(octets.count)
        var index = octets.startIndex
        while index < octets.endIndex {
            if octets[index] == ASCII.percent, index + 2 < octets.endIndex, let high = Hex.value(octets[index + 1]),
                let low = Hex.value(octets[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(octets[index])
                index += 1
            }
        }
        return result
    }

    /// Appends `octets` as the user part of a URI.
    static func appendUser(_ octets: some Sequence<UInt8>, to text: inout [UInt8]) {
        for octet in octets { append(octet, plain: isPlainUser(octet), to: &text) }
    }

    /// Appends `octets` as the value of a URI parameter.
    static func appendParameter(_ octets: some Sequence<UInt8>, to text: inout [UInt8]) {
        for octet in octets { append(octet, plain: isUnreserved(octet) || isParamUnreserved(octet), to: &text) }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func append(_ octet: UInt8, plain: Bool, to text: inout [UInt8]) {
        if plain { return text.append(octet) }
        text.append(ASCII.percent)
        text.append(digits[Int(octet >> 4)])
        text.append(digits[Int(octet & 15)])
    }

    /// `unreserved`: alphanum and mark.
    private static func isUnreserved(_ octet: UInt8) -> Bool {
        if ASCII.isAlpha(octet) || ASCII.isDigit(octet) { return true }
        return switch octet {
        case 0x2D, 0x5F, 0x2E, 0x21, 0x7E, 0x2A, 0x27, 0x28, 0x29: true
        default: false
        }
    }

    /// An octet that stands for itself in a user part, without an escape.
    static func isPlainUser(_ octet: UInt8) -> Bool { isUnreserved(octet) || isUserUnreserved(octet) }

    /// `user-unreserved`: & = + $ , ; ? /
    private static func isUserUnreserved(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x26, 0x3D, 0x2B, 0x24, 0x2C, 0x3B, 0x3F, 0x2F: true
        default: false
        }
    }

    /// `param-unreserved`: [ ] / : & + $
    private static func isParamUnreserved(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x5B, 0x5D, 0x2F, 0x3A, 0x26, 0x2B, 0x24: true
        default: false
        }
    }
}
