/// What `new String(octets).trim().getBytes()` leaves of octets in a Java virtual machine: RestComm sends its code
/// through that, and the loss depends on the machine's default charset.
enum JavaText: String, CaseIterable {
    case utf8 = "UTF-8"
    case ascii = "US-ASCII"
    case latin1 = "ISO-8859-1"

    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    func roundTrip(_ octets: [UInt8]) -> [UInt8] {
        let text: [UInt8]
        switch self {
        case .utf8: text = Self.replaceMalformed(octets)
        case .ascii: text = octets.map { $0 < 0x80 ? $0 : ASCII.question }
        case .latin1: text = octets
        }
        // trim() drops characters up to U+0020 at both ends; in all three charsets these are single octets.
        guard let first = text.firstIndex(where: { $0 > ASCII.space }),
            let last = text.lastIndex(where: { $0 > ASCII.space })
        else { return [] }
        return Array(text[first...last])
    }

    /// Each malformed sequence becomes one U+FFFD, with the machine's own idea of how long a malformed sequence is: an
    /// encoded surrogate counts as one, where Unicode's recommendation has three.
    private static func replaceMalformed(_ octets: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        while place < octets.count {
            let (length, wellFormed) = sequence(octets[place...])
            if wellFormed {
                result += octets[place..<(place + length)]
            } else {
                result += replacement
            }
            place += length
        }
        return result
    }

    /// The length of the sequence at the front, and whether it is a character.
    private static func sequence(_ rest: ArraySlice<UInt8>) -> (length: Int, wellFormed: Bool) {
        let octets = Array(rest.prefix(4))
        func continues(_ index: Int) -> Bool { index < octets.count && octets[index] & 0xC0 == 0x80 }
        switch octets[0] {
        case 0..<0x80:
            return (1, true)
        case 0xC2...0xDF:
            return continues(1) ? (2, true) : (1, false)
        case 0xE0...0xEF:
            guard continues(1), !(octets[0] == 0xE0 && octets[1] < 0xA0) else { return (1, false) }
            guard continues(2) else { return (2, false) }
            let surrogate = octets[0] == 0xED && octets[1] >= 0xA0
            return (3, !surrogate)
        case 0xF0...0xF4:
            guard continues(1), !(octets[0] == 0xF0 && octets[1] < 0x90), !(octets[0] == 0xF4 && octets[1] > 0x8F)
            else {
                return (1, false)
            }
            guard continues(2) else { return (2, false) }
            return continues(3) ? (4, true) : (3, false)
        default:
            return (1, false)
        }
    }
}
