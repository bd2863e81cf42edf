/// A JSON text (RFC 8259), read into a tree: for documents of sipob's own, given back to it. What is no JSON is refused
/// with its place; nesting is bounded, and the size is the caller's to bound.
public indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// As it was written: a 64-bit integer keeps all of its digits.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Containers inside one another.
    static let maximumDepth = 64

    /// Reads a whole text; blanks around it are allowed, anything else is not.
    /// - Throws: `truncated`, `unexpected`, `repeated` for a member's name, `limit` for nesting, `trailing`.
    public static func parse(_ input: [UInt8]) throws(ParseError) -> JSONValue {
        var reader = Reader(input: input)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.at == input.count else { throw ParseError(.trailing, at: reader.at, in: "JSON text") }
        return value
    }

    /// The member of an object; nil where this is none, or has none of that name.
    public subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { return members[name] }
        return nil
    }

    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// nil also for a number with decimals, or outside of 64 bits.
    public var integer: Int64? {
        if case .number(let text) = self { return Int64(text) }
        return nil
    }

    public var bool: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    public var array: [JSONValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }
}

extension JSONValue {
    /// The rest of the input; one method for each rule of RFC 8259.
    private struct Reader {
        let input: [UInt8]
        var at = 0

        /// The octet that many places on, or nil at the end.
        private func here(_ ahead: Int = 0) -> UInt8? { at + ahead < input.count ? input[at + ahead] : nil }

        mutating func skipBlanks() {
            while let octet = here(), octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 {
                at += 1
            }
        }

        private func peek() throws(ParseError) -> UInt8 {
            guard let octet = here() else { throw ParseError(.truncated, at: at, in: "JSON text") }
            return octet
        }

        private mutating func take(_ wanted: UInt8) throws(ParseError) {
            guard try peek() == wanted else { throw ParseError(.unexpected, at: at, in: "JSON text") }
            at += 1
        }

        mutating func value(depth: Int) throws(ParseError) -> JSONValue {
            guard depth < JSONValue.maximumDepth else { throw ParseError(.limit, at: at, in: "JSON nesting") }
            skipBlanks()
            switch try peek() {
            case 0x7B: return try object(depth)
            case ASCII.openBracket: return try array(depth)
            case ASCII.quote: return .string(try string())
            case ASCII.minus, ASCII.zero...ASCII.zero + 9: return .number(try number())
            case 0x74: return try literal("true", .bool(true))
            case 0x66: return try literal("false", .bool(false))
            case 0x6E: return try literal("null", .null)
            default: throw ParseError(.unexpected, at: at, in: "JSON value")
            }
        }

        private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(ParseError) -> JSONValue {
            let end = at + text.utf8CodeUnitCount
            guard end <= input.count, text.withUTF8Buffer({ unsafe $0.elementsEqual(input[at..<end]) }) else {
                throw ParseError(.unexpected, at: at, in: "JSON value")
            }
            at = end
            return value
        }

        private mutating func object(_ depth: Int) throws(ParseError) -> JSONValue {
            var members: [String: JSONValue] = [:]
            at += 1
            skipBlanks()
            if try peek() == 0x7D {
                at += 1
                return .object(members)
            }
            while true {
                skipBlanks()
                let start = at
                let name = try string()
                skipBlanks()
                try take(ASCII.colon)
                let old = members.updateValue(try value(depth: depth + 1), forKey: name)
                guard old == nil else { throw ParseError(.repeated, at: start, in: "JSON member") }
                skipBlanks()
                if try peek() == ASCII.comma {
                    at += 1
                    continue
                }
                try take(0x7D)
                return .object(members)
            }
        }

        private mutating func array(_ depth: Int) throws(ParseError) -> JSONValue {
            var elements: [JSONValue] = []
            at += 1
            skipBlanks()
            if try peek() == ASCII.closeBracket {
                at += 1
                return .array(elements)
            }
            while true {
                elements.append(try value(depth: depth + 1))
                skipBlanks()
                if try peek() == ASCII.comma {
                    at += 1
                    continue
                }
                try take(ASCII.closeBracket)
                return .array(elements)
            }
        }

        /// `number = [ minus ] int [ frac ] [ exp ]`
        private mutating func number() throws(ParseError) -> String {
            let start = at
            if try peek() == ASCII.minus { at += 1 }
            if try peek() == ASCII.zero { at += 1 } else { try digits() }
            if here() == ASCII.dot {
                at += 1
                try digits()
            }
            if let octet = here(), octet | 0x20 == 0x65 {
                at += 1
                if let sign = here(), sign == ASCII.plus || sign == ASCII.minus { at += 1 }
                try digits()
            }
            return text(start..<at)
        }

        private mutating func digits() throws(ParseError) {
            let start = at
            while let octet = here(), ASCII.isDigit(octet) { at += 1 }
            guard at > start else { throw ParseError(.unexpected, at: at, in: "JSON number") }
        }

        private mutating func string() throws(ParseError) -> String {
            try take(ASCII.quote)
            let start = at
            // Most strings have nothing to undo.
            while let octet = here(), octet != ASCII.quote, octet != ASCII.backslash, octet >= 0x20 {
                at += 1
            }
            if here() == ASCII.quote {
                defer { at += 1 }
                return text(start..<at)
            }
            var octets = Array(input[start..<at])
            while true {
                let octet = try peek()
                at += 1
                switch octet {
                case ASCII.quote: return String(decoding: octets, as: UTF8.self)
                case ASCII.backslash: try escape(into: &octets)
                case 0..<0x20: throw ParseError(.unexpected, at: at - 1, in: "JSON string")
                default: octets.append(octet)
                }
            }
        }

        private mutating func escape(into octets: inout [UInt8]) throws(ParseError) {
            let octet = try peek()
            at += 1
            switch octet {
            case ASCII.quote, ASCII.backslash, ASCII.slash: octets.append(octet)
            case 0x62: octets.append(0x08)
            case 0x66: octets.append(0x0C)
            case 0x6E: octets.append(ASCII.lf)
            case 0x72: octets.append(ASCII.cr)
            case 0x74: octets.append(ASCII.tab)
            case 0x75: try unicode(into: &octets)
            default: throw ParseError(.unexpected, at: at - 1, in: "JSON escape")
            }
        }

        /// `\uXXXX`, or two of them for what lies beyond 16 bits; half a pair is written as U+FFFD.
        private mutating func unicode(into octets: inout [UInt8]) throws(ParseError) {
            var code = try hex4()
            if (0xD800..<0xDC00).contains(code), here() == ASCII.backslash,
                here(1) == 0x75
            {
                at += 2
                let low = try hex4()
                code = (0xDC00..<0xE000).contains(low) ? 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) : 0xFFFD
            }
            octets.append(contentsOf: String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
        }

        private mutating func hex4() throws(ParseError) -> UInt32 {
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                    throw ParseError(.unexpected, at: at, in: "JSON escape")
                }
                code = code << 4 | UInt32(digit)
                at += 1
            }
            return code
        }

        private func text(_ range: Range<Int>) -> String { String(decoding: input[range], as: UTF8.self) }
    }
}
