/// Whether octets that come in pieces are UTF-8 (RFC 3629 §4): no surrogates, no overlong forms, nothing above
/// U+10FFFF. A fault is seen at the first octet that no continuation can mend.
struct UTF8Check: Sendable {
    /// How many octets of the character are still due, and the bounds of the next of them.
    private var missing = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether the text may end here.
    var isComplete: Bool { missing == 0 }

    /// Whether these octets are UTF-8 as a whole.
    static func holds(_ octets: [UInt8]) -> Bool {
        var check = UTF8Check()
        return check.accepts(octets) && check.isComplete
    }

    /// Takes the next octets; false when they are no UTF-8, after which nothing more may be asked.
    mutating func accepts(_ octets: [UInt8]) -> Bool {
        for octet in octets {
            if missing > 0 {
                guard octet >= lowest, octet <= highest else { return false }
                missing -= 1
                (lowest, highest) = (0x80, 0xBF)
                continue
            }
            switch octet {
            case 0x00...0x7F: continue
            case 0xC2...0xDF: missing = 1
            case 0xE0: (missing, lowest) = (2, 0xA0)
            case 0xED: (missing, highest) = (2, 0x9F)
            case 0xE1...0xEF: missing = 2
            case 0xF0: (missing, lowest) = (3, 0x90)
            case 0xF1...0xF3: missing = 3
            case 0xF4: (missing, highest) = (3, 0x8F)
            default: return false
            }
        }
        return true
    }
}
