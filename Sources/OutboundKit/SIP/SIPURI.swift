/// A SIP or SIPS URI (RFC 3261 §19.1), or the scheme and the rest of another.
///
/// User, password, host, parameters and headers are kept as they were written: nothing is unescaped and no case is changed,
/// so that a flow token in the user part survives. `description` has the same pieces, but the scheme `sip` in lower case,
/// the port without leading zeros, and no empty parameters (`;;`). `==` compares the pieces as Swift compares texts, to
/// which two ways to write an accented letter are one; `isEquivalent(to:)` is the comparison of §19.1.4.
public struct SIPURI: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: Hashable, Sendable, CustomStringConvertible {
        case sip
        case sips
        /// `tel`, `http` and so on, as written.
        case other(String)

        public var description: String {
            switch self {
            case .sip: "sip"
            case .sips: "sips"
            case .other(let name): name
            }
        }
    }

    public var scheme: Scheme
    /// As written, with its `%` escapes; nil without a user part.
    public var user: String?
    /// As written; nil without one.
    public var password: String?
    /// A name or an address, IPv6 without brackets; empty in other schemes.
    public var host: String
    public var port: UInt16?
    /// In the order of the URI.
    public var parameters: [SIPParameter]
    /// What follows `?`, in order; a value of nil means that no `=` was there.
    public var headers: [SIPParameter]
    /// What follows the colon of another scheme; empty for `sip` and `sips`.
    public var opaque: String

    public init(
        scheme: Scheme = .sip, user: String? = nil, password: String? = nil, host: String, port: UInt16? = nil,
        parameters: [SIPParameter] = [], headers: [SIPParameter] = []
    ) {
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.parameters = parameters
        self.headers = headers
        opaque = ""
    }

    /// The host as an address, if it is one.
    public var address: IPAddress? { IPAddress(host) }

    /// The value of the first parameter of that name, in any case: nil when absent, empty for one without `=`.
    public func parameter(_ name: String) -> String? {
        parameters.first(named: name).map { $0.value ?? "" }
    }

    public func hasParameter(_ name: String) -> Bool {
        parameters.first(named: name) != nil
    }

    public var description: String {
        if case .other(let name) = scheme { return "\(name):\(opaque)" }
        var text = "\(scheme):"
        if let user {
            text += user
            if let password { text += ":\(password)" }
            text += "@"
        }
        text += host.utf8.contains(ASCII.colon) ? "[\(host)]" : host
        if let port { text += ":\(port)" }
        for parameter in parameters { text += ";\(parameter)" }
        for (index, header) in headers.enumerated() { text += "\(index == 0 ? "?" : "&")\(header)" }
        return text
    }

    /// Reads a whole URI.
    public static func parse(_ text: String) throws(ParseError) -> SIPURI {
        let octets = [UInt8](text.utf8)
        return try unsafe parse(octets.span.bytes, 0..<octets.count)
    }

    /// Reads the URI that fills `range` of `input`.
    ///
    /// - Throws: with the octet's offset in `input`. An unescaped blank, quote or angle bracket is an error, and so is
    ///   a `%` without two hexadecimal digits.
    public static func parse(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> SIPURI {
        guard range.lowerBound >= 0, range.upperBound <= input.byteCount else {
            throw ParseError(.outOfRange, at: input.byteCount, in: "SIP-URI")
        }
        guard let colon = input.firstOffset(of: ASCII.colon, in: range), colon > range.lowerBound else {
            throw ParseError(.missing, at: range.lowerBound, in: "scheme")
        }
        for index in range.lowerBound..<colon {
            let octet = input.octet(index)
            guard
                ASCII.isAlpha(octet)
                    || (index > range.lowerBound
                        && (ASCII.isDigit(octet) || octet == ASCII.plus || octet == ASCII.minus || octet == ASCII.dot))
            else { throw ParseError(.unexpected, at: index, in: "scheme") }
        }
        for index in colon + 1..<range.upperBound {
            switch input.octet(index) {
            case 0...0x20, 0x7F, ASCII.quote, ASCII.less, ASCII.greater:
                throw ParseError(.unexpected, at: index, in: "SIP-URI")
            case ASCII.percent:
                guard index + 2 < range.upperBound, ASCII.isHexDigit(input.octet(index + 1)),
                    ASCII.isHexDigit(input.octet(index + 2))
                else { throw ParseError(.unexpected, at: index, in: "escaped") }
            default: break
            }
        }
        let scheme = range.lowerBound..<colon
        let rest = colon + 1..<range.upperBound
        var uri = SIPURI(host: "")
        if input.equalsIgnoringCase("sip", in: scheme) {
            uri.scheme = .sip
        } else if input.equalsIgnoringCase("sips", in: scheme) {
            uri.scheme = .sips
        } else {
            uri.scheme = .other(input.string(scheme))
            uri.opaque = input.string(rest)
            return uri
        }
        try uri.readHierarchy(input, rest)
        return uri
    }

    /// `[ userinfo ] hostport uri-parameters [ headers ]`.
    private mutating func readHierarchy(_ input: RawSpan, _ rest: Range<Int>) throws(ParseError) {
        var at = rest.lowerBound
        // `@` may stand unescaped nowhere else, while `;` and `?` may stand in the user part.
        if let sign = input.firstOffset(of: ASCII.at, in: rest) {
            let colon = input.firstOffset(of: ASCII.colon, in: at..<sign)
            let userEnd = colon ?? sign
            guard userEnd > at else { throw ParseError(.missing, at: at, in: "user") }
            user = input.string(at..<userEnd)
            password = colon.map { input.string($0 + 1..<sign) }
            at = sign + 1
        }
        try readHostPort(input, &at, rest.upperBound)
        var scanner = ValueScanner(at..<rest.upperBound)
        while scanner.peek(input) == ASCII.semicolon {
            scanner.at += 1
            if let parameter = scanner.uriPiece(input, until: (ASCII.semicolon, ASCII.question)) {
                parameters.append(parameter)
            }
        }
        if scanner.peek(input) == ASCII.question {
            repeat {
                scanner.at += 1
                if let header = scanner.uriPiece(input, until: (0x26, 0x26)) { headers.append(header) }
            } while scanner.peek(input) == 0x26
        }
        guard scanner.isAtEnd else { throw ParseError(.unexpected, at: scanner.at, in: "hostport") }
    }

    private mutating func readHostPort(_ input: RawSpan, _ at: inout Int, _ end: Int) throws(ParseError) {
        var scanner = ValueScanner(at..<end)
        host = try scanner.host(input)
        if scanner.peek(input) == ASCII.colon {
            scanner.at += 1
            port = try scanner.port(input)
        }
        at = scanner.at
    }
}

extension ValueScanner {
    /// Reads one `name[=value]` of a URI; nil for an empty piece (`;;`, seen from templates).
    fileprivate mutating func uriPiece(_ input: RawSpan, until stops: (UInt8, UInt8)) -> SIPParameter? {
        let start = at
        var equal = -1
        while let octet = peek(input), octet != stops.0, octet != stops.1 {
            if octet == ASCII.equal, equal < 0 { equal = at }
            at += 1
        }
        guard at > start else { return nil }
        guard equal >= 0 else { return SIPParameter(input.string(start..<at)) }
        return SIPParameter(input.string(start..<equal), input.string(equal + 1..<at))
    }

    /// Reads `host`: a name, an IPv4 address, or an IPv6 reference, which comes back without its brackets.
    mutating func host(_ input: RawSpan) throws(ParseError) -> String {
        let start = at
        if peek(input) == ASCII.openBracket {
            guard let close = input.firstOffset(of: ASCII.closeBracket, in: at..<end) else {
                throw ParseError(.truncated, at: start, in: "IPv6reference")
            }
            let text = input.string(start + 1..<close)
            guard let address = IPAddress(text), address.isIPv6 else {
                throw ParseError(.unexpected, at: start + 1, in: "IPv6address")
            }
            at = close + 1
            return text
        }
        // The underscore is in no host name of the grammar, but in many of the field.
        while let octet = peek(input),
            ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.dot || octet == ASCII.minus
                || octet == ASCII.underscore
        {
            at += 1
        }
        guard at > start else { throw ParseError(isAtEnd ? .missing : .unexpected, at: at, in: "host") }
        return input.string(start..<at)
    }

    /// Reads `port`: 1*DIGIT up to 65535.
    mutating func port(_ input: RawSpan) throws(ParseError) -> UInt16 {
        let start = at
        guard let number = integer(input) else { throw ParseError(.missing, at: at, in: "port") }
        guard let port = UInt16(exactly: number) else { throw ParseError(.outOfRange, at: start, in: "port") }
        return port
    }
}
