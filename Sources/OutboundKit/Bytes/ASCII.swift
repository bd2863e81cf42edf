/// The octets that SIP's grammar names (RFC 3261 §25.1), and the classes it is built from.
public enum ASCII {
    public static let nul: UInt8 = 0x00
    public static let tab: UInt8 = 0x09
    public static let lf: UInt8 = 0x0A
    public static let cr: UInt8 = 0x0D
    public static let space: UInt8 = 0x20
    public static let quote: UInt8 = 0x22
    public static let percent: UInt8 = 0x25
    public static let openParen: UInt8 = 0x28
    public static let closeParen: UInt8 = 0x29
    public static let star: UInt8 = 0x2A
    public static let plus: UInt8 = 0x2B
    public static let comma: UInt8 = 0x2C
    public static let minus: UInt8 = 0x2D
    public static let dot: UInt8 = 0x2E
    public static let slash: UInt8 = 0x2F
    public static let zero: UInt8 = 0x30
    public static let nine: UInt8 = 0x39
    public static let colon: UInt8 = 0x3A
    public static let semicolon: UInt8 = 0x3B
    public static let less: UInt8 = 0x3C
    public static let equal: UInt8 = 0x3D
    public static let greater: UInt8 = 0x3E
    public static let question: UInt8 = 0x3F
    public static let at: UInt8 = 0x40
    public static let openBracket: UInt8 = 0x5B
    public static let backslash: UInt8 = 0x5C
    public static let closeBracket: UInt8 = 0x5D
    public static let underscore: UInt8 = 0x5F
    public static let tilde: UInt8 = 0x7E

    /// DIGIT.
    @inlinable public static func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }

    /// ALPHA.
    @inlinable public static func isAlpha(_ octet: UInt8) -> Bool { (octet | 0x20) &- 0x61 < 26 }

    /// HEXDIG in either case.
    @inlinable public static func isHexDigit(_ octet: UInt8) -> Bool { isDigit(octet) || (octet | 0x20) &- 0x61 < 6 }

    /// SP or HTAB.
    @inlinable public static func isBlank(_ octet: UInt8) -> Bool { octet == space || octet == tab }

    /// `token` of RFC 3261 §25.1: alphanum and `-.!%*_+`'~` and the back quote.
    @inlinable public static func isToken(_ octet: UInt8) -> Bool {
        if isAlpha(octet) || isDigit(octet) { return true }
        switch octet {
        case 0x21, 0x25, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5F, 0x60, 0x7E: return true
        default: return false
        }
    }

    /// The octet in lower case, if it is a letter.
    @inlinable public static func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- 0x41 < 26 ? octet | 0x20 : octet
    }

    /// A printable ASCII octet, blanks included.
    @inlinable public static func isPrintable(_ octet: UInt8) -> Bool { octet >= 0x20 && octet < 0x7F }
}
