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
    static let maximumDepth = JSONReader.maximumDepth

    /// Reads a whole text; blanks around it are allowed, anything else is not.
    /// - Throws: `truncated`, `unexpected`, `repeated` for a member's name, `limit` for nesting, `trailing`.
    public static func parse(_ input: [UInt8]) throws(ParseError) -> JSONValue {
        var rest = input
        var reader = JSONReader(maximumString: input.count) {
            defer { rest = [] }
            return rest
        }
        let value = try reader.value()
        try reader.end()
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

extension JSONReader {
    /// One value of any kind with all that is in it.
    public mutating func value() throws(ParseError) -> JSONValue {
        switch try significant() {
        case 0x7B:
            try beginObject()
            var members: [String: JSONValue] = [:]
            while let name = try nextKey() {
                guard members.updateValue(try value(), forKey: name) == nil else { throw fail(.repeated) }
            }
            return .object(members)
        case ASCII.openBracket:
            try beginArray()
            var elements: [JSONValue] = []
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case ASCII.quote:
            return .string(try string() ?? "")
        default:
            let word = try self.word()
            switch word {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return .null
            default:
                guard Self.isNumber(Array(word.utf8)) else { throw fail(.unexpected) }
                return .number(word)
            }
        }
    }

    /// `number = [ minus ] int [ frac ] [ exp ]` (RFC 8259 §6)
    private static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits() -> Bool {
            let count = rest.prefix(while: ASCII.isDigit).count
            rest = rest.dropFirst(count)
            return count > 0
        }
        if rest.first == ASCII.minus { rest = rest.dropFirst() }
        if rest.first == ASCII.zero {
            rest = rest.dropFirst()
        } else if !digits() {
            return false
        }
        if rest.first == ASCII.dot {
            rest = rest.dropFirst()
            guard digits() else { return false }
        }
        if let mark = rest.first, mark | 0x20 == 0x65 {
            rest = rest.dropFirst()
            if rest.first == ASCII.plus || rest.first == ASCII.minus { rest = rest.dropFirst() }
            guard digits() else { return false }
        }
        return rest.isEmpty
    }
}
