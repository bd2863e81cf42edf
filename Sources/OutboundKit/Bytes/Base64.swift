/// Base64 (RFC 4648 §4) and its URL-safe sister (§5), on octets.
///
/// Decoding is lenient and tells what it was lenient about: flow tokens pass through elements that swap alphabets, drop
/// the pad or change the last character, and their issuers differ in what they take.
public enum Base64 {
    public enum Alphabet: Sendable, Hashable {
        /// `+` and `/` for 62 and 63.
        case standard
        /// `-` and `_` for 62 and 63.
        case url
    }

    public enum Padding: Sendable, Hashable {
        /// The text's length needs no pad, and there is none.
        case unneeded
        /// As many `=` as the length asks for.
        case complete
        /// The length asks for a pad, and there is none.
        case absent
        /// Some other number of `=` than the length asks for.
        case wrong
    }

    /// How a text was spelled. Two texts of the same octets differ here alone.
    public struct Spelling: Sendable, Hashable {
        /// `+` or `/` occurs.
        public var usesStandard = false
        /// `-` or `_` occurs.
        public var usesURL = false
        public var padding = Padding.unneeded
        /// The unused low bits of the last character are not zero: another spelling of the same octets (§3.5).
        public var spareBits = false

        public init() {}

        /// The one spelling that an encoder for `alphabet` writes.
        public func isCanonical(_ alphabet: Alphabet, padded: Bool) -> Bool {
            guard !spareBits, alphabet == .standard ? !usesURL : !usesStandard else { return false }
            return padding == .unneeded || padding == (padded ? .complete : .absent)
        }
    }

    private static let foreign: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var table = standardValues
        table[Int(ASCII.minus)] = 62
        table[Int(ASCII.underscore)] = 63
        return table
    }()
    private static let standardValues: [UInt8] = {
        var table = [UInt8](repeating: foreign, count: 256)
        for (value, letter) in standardLetters.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()
    private static let standardLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Whether `octet` is a letter of either alphabet; the pad is not.
    public static func isLetter(_ octet: UInt8) -> Bool { values[Int(octet)] != foreign }

    /// Appends the text of `octets`.
    public static func encode(
        _ octets: RawSpan, alphabet: Alphabet = .standard, padded: Bool = true, into text: inout [UInt8]
    ) {
        let letters = alphabet == .standard ? standardLetters : urlLetters
        let count = octets.byteCount
        let whole = count / 3
        let rest = count % 3
        let start = text.count
        text.append(contentsOf: repeatElement(ASCII.equal, count: whole * 4 + (rest == 0 ? 0 : padded ? 4 : rest + 1)))
        let sextets = letters.span
        var out = text.mutableSpan
        var place = start
        for at in stride(from: 0, to: whole * 3, by: 3) {
            let first = UInt32(octets.octet(at)) << 16
            let bits = first | UInt32(octets.octet(at + 1)) << 8 | UInt32(octets.octet(at + 2))
            out[place] = sextets[Int(bits >> 18)]
            out[place + 1] = sextets[Int(bits >> 12 & 63)]
            out[place + 2] = sextets[Int(bits >> 6 & 63)]
            out[place + 3] = sextets[Int(bits & 63)]
            place += 4
        }
        guard rest > 0 else { return }
        let at = whole * 3
        let bits = UInt32(octets.octet(at)) << 16 | (rest == 2 ? UInt32(octets.octet(at + 1)) << 8 : 0)
        out[place] = sextets[Int(bits >> 18)]
        out[place + 1] = sextets[Int(bits >> 12 & 63)]
        if rest == 2 { out[place + 2] = sextets[Int(bits >> 6 & 63)] }
    }

    /// The text of `octets`.
    public static func encode(_ octets: [UInt8], alphabet: Alphabet = .standard, padded: Bool = true) -> String {
        var text: [UInt8] = []
        unsafe encode(octets.span.bytes, alphabet: alphabet, padded: padded, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Replaces `octets` by what the text in `range` stands for, whatever its alphabet and pad.
    ///
    /// - Returns: how it was spelled; nil, with `octets` emptied, when a character belongs to neither alphabet, the pad
    ///   is not at the end, or a single character is left over.
    public static func decode(_ text: RawSpan, in range: Range<Int>, into octets: inout [UInt8]) -> Spelling? {
        octets.removeAll(keepingCapacity: true)
        var end = range.upperBound
        var pads = 0
        while end > range.lowerBound, text.octet(end - 1) == ASCII.equal {
            end -= 1
            pads += 1
        }
        let letters = end - range.lowerBound
        guard letters % 4 != 1 else { return nil }
        var spelling = Spelling()
        var pending: UInt32 = 0
        var held = 0
        octets.reserveCapacity(letters * 3 / 4)
        for offset in range.lowerBound..<end {
            let letter = text.octet(offset)
            let value = values[Int(letter)]
            if value >= 62 {
                guard value != foreign else {
                    octets.removeAll(keepingCapacity: true)
                    return nil
                }
                if letter == ASCII.minus || letter == ASCII.underscore {
                    spelling.usesURL = true
                } else {
                    spelling.usesStandard = true
                }
            }
            pending = pending << 6 | UInt32(value)
            held += 1
            if held == 4 {
                octets.append(UInt8(truncatingIfNeeded: pending >> 16))
                octets.append(UInt8(truncatingIfNeeded: pending >> 8))
                octets.append(UInt8(truncatingIfNeeded: pending))
                pending = 0
                held = 0
            }
        }
        switch held {
        case 2:
            octets.append(UInt8(truncatingIfNeeded: pending >> 4))
            spelling.spareBits = pending & 0xF != 0
        case 3:
            octets.append(UInt8(truncatingIfNeeded: pending >> 10))
            octets.append(UInt8(truncatingIfNeeded: pending >> 2))
            spelling.spareBits = pending & 3 != 0
        default: break
        }
        let wanted = held == 0 ? 0 : 4 - held
        spelling.padding = pads == wanted ? (wanted == 0 ? .unneeded : .complete) : pads == 0 ? .absent : .wrong
        return spelling
    }

    /// Puts what `text` stands for at the front of `octets`, for text in the one spelling that an encoder writes:
    /// standard alphabet, complete pad, no spare bits.
    ///
    /// - Returns: the number of octets; nil for any other spelling, and for more than 64 characters.
    static func decodeCanonical(_ text: RawSpan, into octets: inout [48 of UInt8]) -> Int? {
        let count = text.byteCount
        guard 4...64 ~= count, count % 4 == 0 else { return nil }
        let pads = text.octet(count - 1) != ASCII.equal ? 0 : text.octet(count - 2) != ASCII.equal ? 1 : 2
        let table = standardValues
        let values = table.span
        // A foreign character's 0xFF leaves a mark above the six bits of a value.
        var seen: UInt8 = 0
        for group in 0..<(count / 4) {
            let letters = text.big32(group * 4)
            let first = values[Int(letters >> 24)]
            let second = values[Int(letters >> 16 & 255)]
            var third = values[Int(letters >> 8 & 255)]
            var fourth = values[Int(letters & 255)]
            if pads > 0, group == count / 4 - 1 {
                fourth = 0
                if pads > 1 { third = 0 }
            }
            seen |= first | second | third | fourth
            octets[group * 3] = first << 2 | second >> 4
            octets[group * 3 + 1] = second << 4 | third >> 2
            octets[group * 3 + 2] = third << 6 | fourth
        }
        let length = count / 4 * 3 - pads
        guard seen < 64, pads == 0 || octets[length] == 0, pads < 2 || octets[length + 1] == 0 else { return nil }
        return length
    }

    /// The octets of `text` in either alphabet, with or without pad, and how it was spelled.
    public static func decode(_ text: some Sequence<UInt8>) -> (octets: [UInt8], spelling: Spelling)? {
        let letters = Array(text)
        var octets: [UInt8] = []
        guard let spelling = unsafe decode(letters.span.bytes, in: 0..<letters.count, into: &octets) else { return nil }
        return (octets, spelling)
    }
}
