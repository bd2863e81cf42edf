/// Reads JSON (RFC 8259) in the order in which it stands, from pieces of any size, and keeps nothing of it: documents
/// larger than the memory are read in the space of one piece. The caller opens containers and asks for what is in them;
/// what does not interest it is skipped.
public struct JSONReader {
    /// Containers inside of one another.
    public static let maximumDepth = 64
    /// Octets of a string that is asked for, unless the caller allows more; one that is skipped may be longer.
    public static let maximumString = 1 << 18

    private let longest: Int
    private let next: () -> [UInt8]
    private var piece: [UInt8] = []
    private var place = 0
    private var before = 0
    /// One entry an open container: whether an element was read already.
    private var open: [Bool] = []

    /// - Parameters:
    ///   - maximumString: octets of a string that is asked for.
    ///   - next: the octets that follow; none at the end.
    public init(maximumString: Int = Self.maximumString, next: @escaping () -> [UInt8]) {
        longest = maximumString
        self.next = next
    }

    /// Octets read so far.
    public var offset: Int { before + place }

    public mutating func beginObject() throws(ParseError) { try begin(0x7B) }
    public mutating func beginArray() throws(ParseError) { try begin(ASCII.openBracket) }

    /// The key of the next member, whose value is to be read or skipped then; nil at the object's end.
    public mutating func nextKey() throws(ParseError) -> String? {
        guard try advance(end: 0x7D) else { return nil }
        let key = try string()
        try expect(ASCII.colon)
        guard let key else { throw fail(.unexpected) }
        return key
    }

    /// Whether another element follows, which is to be read or skipped then; false at the array's end.
    public mutating func nextElement() throws(ParseError) -> Bool { try advance(end: ASCII.closeBracket) }

    /// A string; nil for a value of another kind, which is skipped.
    public mutating func string() throws(ParseError) -> String? {
        guard try significant() == ASCII.quote else {
            try skip()
            return nil
        }
        place += 1
        return String(decoding: try quoted(keeps: true), as: UTF8.self)
    }

    /// Passes over one value of any kind. Only its ends are looked for: what is wrong inside may go unnoticed.
    public mutating func skip() throws(ParseError) {
        var depth = 0
        repeat {
            switch try significant() {
            case ASCII.quote:
                place += 1
                _ = try quoted(keeps: false)
            case 0x7B, ASCII.openBracket:
                place += 1
                depth += 1
                guard depth + open.count <= Self.maximumDepth else { throw fail(.limit) }
            case 0x7D, ASCII.closeBracket:
                guard depth > 0 else { throw fail(.unexpected) }
                place += 1
                depth -= 1
            case ASCII.comma, ASCII.colon:
                guard depth > 0 else { throw fail(.unexpected) }
                place += 1
            default:
                _ = try word()
            }
        } while depth > 0
    }

    /// The document has ended, with nothing but white space behind it.
    public mutating func end() throws(ParseError) {
        guard open.isEmpty else { throw fail(.truncated) }
        while let octet = peek() {
            guard Self.isBlank(octet) else { throw fail(.trailing) }
            place += 1
        }
    }

    // MARK: Octets

    /// The octet at hand; nil at the end.
    private mutating func peek() -> UInt8? {
        if place == piece.count {
            before += place
            place = 0
            piece = next()
            if piece.isEmpty { return nil }
        }
        return piece[place]
    }

    private static func isBlank(_ octet: UInt8) -> Bool {
        octet == ASCII.space || octet == ASCII.lf || octet == ASCII.cr || octet == ASCII.tab
    }

    /// The next octet that is no white space, which stays at hand.
    mutating func significant() throws(ParseError) -> UInt8 {
        while let octet = peek() {
            guard Self.isBlank(octet) else { return octet }
            place += 1
        }
        throw fail(.truncated)
    }

    func fail(_ code: ParseError.Code) -> ParseError { ParseError(code, at: offset, in: "JSON text") }

    private mutating func expect(_ octet: UInt8) throws(ParseError) {
        guard try significant() == octet else { throw fail(.unexpected) }
        place += 1
    }

    private mutating func begin(_ bracket: UInt8) throws(ParseError) {
        guard open.count < Self.maximumDepth else { throw fail(.limit) }
        try expect(bracket)
        open.append(false)
    }

    /// To the next element of the innermost container.
    /// - Returns: false when it has ended.
    private mutating func advance(end: UInt8) throws(ParseError) -> Bool {
        guard let last = open.last else { throw fail(.unexpected) }
        if try significant() == end {
            place += 1
            open.removeLast()
            return false
        }
        if last { try expect(ASCII.comma) }
        open[open.count - 1] = true
        return true
    }

    /// What should be a number, `true`, `false` or `null`.
    mutating func word() throws(ParseError) -> String {
        var octets: [UInt8] = []
        while let octet = peek(), ASCII.isAlpha(octet) || ASCII.isDigit(octet) || "+-.".utf8.contains(octet) {
            guard octets.count < longest else { throw fail(.limit) }
            octets.append(octet)
            place += 1
        }
        guard !octets.isEmpty else { throw fail(.unexpected) }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The rest of a string behind its opening quote, escapes resolved; half a pair of UTF-16 becomes U+FFFD.
    private mutating func quoted(keeps: Bool) throws(ParseError) -> [UInt8] {
        var octets: [UInt8] = []
        var high: UInt32 = 0
        func take(_ value: UInt32) {
            if keeps { octets.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8) }
        }
        while peek() != nil {
            // What needs no second look, as far as the piece goes.
            let start = place
            while place < piece.count, piece[place] != ASCII.quote, piece[place] != ASCII.backslash,
                piece[place] >= ASCII.space || !keeps
            {
                place += 1
            }
            if high != 0, place > start || piece[place] == ASCII.quote {
                take(high)
                high = 0
            }
            if keeps { octets += piece[start..<place] }
            guard octets.count <= longest else { throw fail(.limit) }
            guard place < piece.count else { continue }
            guard piece[place] >= ASCII.space else { throw fail(.unexpected) }
            place += 1
            if piece[place - 1] == ASCII.quote { return octets }
            let unit = try escaped()
            if high != 0, unit >> 10 == 0x37 {
                take(0x10000 + (high & 0x3FF) << 10 + unit & 0x3FF)
                high = 0
                continue
            }
            if high != 0 { take(high) }
            high = unit >> 10 == 0x36 ? unit : 0
            if high == 0 { take(unit) }
        }
        throw fail(.truncated)
    }

    /// What stands behind a backslash, as a unit of UTF-16.
    private mutating func escaped() throws(ParseError) -> UInt32 {
        guard let escape = peek() else { throw fail(.truncated) }
        place += 1
        switch escape {
        case ASCII.quote, ASCII.backslash, ASCII.slash: return UInt32(escape)
        case 0x62: return 8
        case 0x66: return 12
        case 0x6E: return 10
        case 0x72: return 13
        case 0x74: return 9
        case 0x75: return try hexadecimal()
        default: throw fail(.unexpected)
        }
    }

    private mutating func hexadecimal() throws(ParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let octet = peek(), let digit = Hex.value(octet) else { throw fail(.unexpected) }
            place += 1
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
