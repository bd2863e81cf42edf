/// A number as Kamailio's lexer reads it: `20`, `0x14`, octal with a leading zero (`024`), and binary with a `b` behind
/// (`10100b`). It has 32 bits, and what does not fit is cut without a word.
enum ConfigNumber: Hashable {
    case fits(Int)
    /// What stands there is another number than what Kamailio takes for it; that depends on the machine.
    case isBeyond

    /// Nil for what is no number: `08`, `0x`, a name.
    init?(_ text: String) {
        var digits = Substring(text)
        var radix = 10
        if text.hasPrefix("0x") {
            digits = digits.dropFirst(2)
            radix = 16
        } else if text.hasSuffix("b") {
            digits = digits.dropLast()
            radix = 2
        } else if text.hasPrefix("0"), text != "0" {
            radix = 8
        }
        // Leading signs, which Int would take, are signs of the language.
        guard let first = digits.utf8.first, ASCII.isHexDigit(first) else { return nil }
        guard let number = UInt64(digits, radix: radix) else {
            guard digits.utf8.allSatisfy({ Self.isDigit($0, radix) }) else { return nil }
            self = .isBeyond
            return
        }
        if let small = Int32(exactly: number) {
            self = .fits(Int(small))
        } else if radix != 10, let bits = UInt32(exactly: number) {
            // A mask such as 0xFFFFFFFF is what it looks like, bit by bit.
            self = .fits(Int(Int32(bitPattern: bits)))
        } else {
            self = .isBeyond
        }
    }

    private static func isDigit(_ octet: UInt8, _ radix: Int) -> Bool {
        ASCII.isHexDigit(octet) && Int(ConfigOctet.text([octet]), radix: radix) != nil
    }

    /// Whether the octets look like one to the lexer.
    static func begins(_ octets: [UInt8]) -> Bool {
        octets.allSatisfy(ASCII.isDigit) || octets.starts(with: "0x".utf8)
            || octets.last == UInt8(ascii: "b") && octets.count > 1
                && octets.dropLast().allSatisfy { $0 == ASCII.zero || $0 == UInt8(ascii: "1") }
    }
}
