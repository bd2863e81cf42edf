/// `name-addr` or `addr-spec` with header parameters: From, To, Route, Record-Route, Path, Contact
/// (RFC 3261 §20.10, §25.1).
public struct NameAddr: Hashable, Sendable, CustomStringConvertible {
    /// Without quotes and escapes; nil when there is none.
    public var displayName: String?
    public var uri: SIPURI
    /// Parameters of the header field. Without `<>` all parameters belong to it (§20.10).
    public var parameters: [SIPParameter]

    public init(displayName: String? = nil, uri: SIPURI, parameters: [SIPParameter] = []) {
        self.displayName = displayName
        self.uri = uri
        self.parameters = parameters
    }

    /// The value of the first header parameter of that name, in any case: nil when absent, empty for one without `=`.
    public func parameter(_ name: String) -> String? {
        parameters.first(named: name).map { $0.value ?? "" }
    }

    public func hasParameter(_ name: String) -> Bool {
        parameters.first(named: name) != nil
    }

    /// Always with angle brackets, which are never wrong.
    public var description: String {
        var text = displayName.map { "\(SIPParameter.quote($0)) " } ?? ""
        text += "<\(uri)>"
        for parameter in parameters { text += ";\(parameter)" }
        return text
    }

    /// Reads a whole value.
    public static func parse(_ text: String) throws(ParseError) -> NameAddr {
        let octets = [UInt8](text.utf8)
        return try unsafe parse(octets.span.bytes, 0..<octets.count)
    }

    /// Reads the value that fills `range` of `input`.
    public static func parse(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> NameAddr {
        var scanner = ValueScanner(range)
        scanner.skipBlanks(input)
        let start = scanner.at
        var name: String?
        if scanner.peek(input) == ASCII.quote {
            name = input.unescaped(try scanner.quoted(input))
            scanner.skipBlanks(input)
            guard scanner.peek(input) == ASCII.less else {
                throw ParseError(.missing, at: scanner.at, in: "LAQUOT")
            }
        } else if let less = input.firstOffset(of: ASCII.less, in: start..<scanner.end),
            isDisplayName(input, start..<less)
        {
            var end = less
            while end > start, ValueScanner.isLWS(input.octet(end - 1)) { end -= 1 }
            if end > start { name = input.string(start..<end) }
            scanner.at = less
        } else {
            return try parseAddrSpec(input, &scanner)
        }
        let open = scanner.at
        guard let close = input.firstOffset(of: ASCII.greater, in: open..<scanner.end) else {
            throw ParseError(.truncated, at: open, in: "RAQUOT")
        }
        let uri = try SIPURI.parse(input, open + 1..<close)
        scanner.at = close + 1
        return NameAddr(displayName: name, uri: uri, parameters: try scanner.parameters(input))
    }

    /// Tokens and blanks. What else the field writes unquoted before `<` (dots, UTF-8, commas never) is let pass, as
    /// long as it cannot be the URI or a parameter.
    private static func isDisplayName(_ input: RawSpan, _ range: Range<Int>) -> Bool {
        for index in range {
            switch input.octet(index) {
            case ASCII.colon, ASCII.semicolon, ASCII.comma, ASCII.quote: return false
            default: continue
            }
        }
        return true
    }

    /// `addr-spec` without brackets: it ends at the first blank or semicolon, and `?` and `,` may not stand in it.
    private static func parseAddrSpec(_ input: RawSpan, _ scanner: inout ValueScanner) throws(ParseError) -> NameAddr {
        let start = scanner.at
        while let octet = scanner.peek(input), octet != ASCII.semicolon, !ValueScanner.isLWS(octet) {
            guard octet != ASCII.question, octet != ASCII.comma else {
                throw ParseError(.unexpected, at: scanner.at, in: "addr-spec")
            }
            scanner.at += 1
        }
        let uri = try SIPURI.parse(input, start..<scanner.at)
        return NameAddr(uri: uri, parameters: try scanner.parameters(input))
    }
}

extension SIPMessage {
    /// The values of all fields of that name, in the order of the message. From and To hold one value each.
    ///
    /// - Throws: the first error; its offset counts from the message's first octet.
    public func nameAddrs(_ name: HeaderName) throws(ParseError) -> [NameAddr] {
        let span = unsafe bytes.span.bytes
        var result: [NameAddr] = []
        for field in headers where field.name == name {
            if name == .from || name == .to {
                result.append(try NameAddr.parse(span, field.value.range))
                continue
            }
            var scanner = ValueScanner(field.value.range)
            guard !scanner.isAtEnd else { throw ParseError(.missing, at: field.value.start, in: "name-addr") }
            while let element = scanner.listElement(span) {
                result.append(try NameAddr.parse(span, element))
            }
        }
        return result
    }
}
