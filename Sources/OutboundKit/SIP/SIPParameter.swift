/// One `name[=value]` of a URI (RFC 3261 §19.1.1) or of a header field (`generic-param`, §25.1).
public struct SIPParameter: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    /// nil for a parameter without `=`; a quoted value without its quotes, escapes and line breaks.
    public let value: String?
    /// The value stood between quotes.
    public let isQuoted: Bool

    public init(_ name: String, _ value: String? = nil, isQuoted: Bool = false) {
        self.name = name
        self.value = value
        self.isQuoted = isQuoted
    }

    public var description: String {
        guard let value else { return name }
        return isQuoted ? "\(name)=\(Self.quote(value))" : "\(name)=\(value)"
    }

    /// `text` as a quoted-string.
    static func quote(_ text: String) -> String {
        var octets: [UInt8] = [ASCII.quote]
        for octet in text.utf8 {
            // NUL may stand in a quoted-pair, and nowhere else.
            if octet == ASCII.quote || octet == ASCII.backslash || octet == ASCII.nul { octets.append(ASCII.backslash) }
            octets.append(octet)
        }
        octets.append(ASCII.quote)
        return String(decoding: octets, as: UTF8.self)
    }
}

/// A parameter that may be missing, stand without a value, or have one: `rport` (RFC 3581) and `keep` (RFC 6223) mean
/// something different each time.
public enum ParameterState: Hashable, Sendable {
    case absent
    case empty
    case value(String)
}

extension [SIPParameter] {
    /// The first parameter of that name, in any case.
    public func first(named name: String) -> SIPParameter? {
        first { ASCII.equalsIgnoringCase($0.name, name) }
    }

    public func state(of name: String) -> ParameterState {
        guard let found = first(named: name) else { return .absent }
        return found.value.map { .value($0) } ?? .empty
    }
}

extension ASCII {
    /// Whether two texts are equal when the case of ASCII letters is ignored.
    static func equalsIgnoringCase(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        // Most are equal as they stand, or differ in the first letter.
        if left == right { return true }
        guard let first = left.utf8.first, let other = right.utf8.first, lowercased(first) == lowercased(other) else {
            return false
        }
        return left.utf8.elementsEqual(right.utf8) { lowercased($0) == lowercased($1) }
    }
}

extension ValueScanner {
    /// Reads `*( SEMI generic-param )` up to the end.
    mutating func parameters(_ input: RawSpan) throws(ParseError) -> [SIPParameter] {
        var parameters: [SIPParameter] = []
        while skip(ASCII.semicolon, input) {
            // `;;` and a `;` at the end come from templates with an empty piece; nothing is lost by reading on.
            if isAtEnd || peek(input) == ASCII.semicolon { continue }
            let name = token(input)
            guard !name.isEmpty else { throw ParseError(.unexpected, at: at, in: "generic-param") }
            guard skip(ASCII.equal, input) else {
                parameters.append(SIPParameter(input.string(name)))
                continue
            }
            if peek(input) == ASCII.quote {
                let value = try quoted(input)
                parameters.append(SIPParameter(input.string(name), input.unescaped(value), isQuoted: true))
                continue
            }
            // gen-value is token or host; what else the field puts here (base64 with `/` and `=`, time stamps with
            // `:`) is kept up to the next separator that could end it.
            let start = at
            while let octet = peek(input), octet != ASCII.semicolon, octet != ASCII.comma, !Self.isLWS(octet),
                octet != ASCII.quote, octet != ASCII.less, octet != ASCII.greater, octet != ASCII.nul
            {
                at += 1
            }
            guard at > start else { throw ParseError(.missing, at: at, in: "gen-value") }
            parameters.append(SIPParameter(input.string(name), input.string(start..<at)))
        }
        skipBlanks(input)
        guard isAtEnd else { throw ParseError(.trailing, at: at, in: "generic-param") }
        return parameters
    }
}
