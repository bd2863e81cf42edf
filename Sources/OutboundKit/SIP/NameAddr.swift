/// `name-addr` or `addr-spec` with header parameters: From, To, Route, Record-Route, Path, Contact
/// (RFC 3261 §20.10, §25.1).
public struct NameAddr: Hashable, Sendable, CustomStringConvertible {
    /// Without quotes, escapes and line breaks; nil when there is none.
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

    /// Where the parts of a value stand.
    struct Layout {
        /// The display-name without its quotes; nil where there is none.
        var name: Range<Int>?
        var isNameQuoted = false
        let uri: Range<Int>
        let isBracketed: Bool
        /// Where the parameters begin.
        let end: Int
    }

    /// Reads the value that fills `range` of `input`.
    public static func parse(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> NameAddr {
        let layout = try layout(input, range)
        var name: String?
        if let text = layout.name { name = layout.isNameQuoted ? input.unescaped(text) : input.unfolded(text) }
        let uri = try SIPURI.parse(input, layout.uri)
        var scanner = ValueScanner(layout.end..<range.upperBound)
        return NameAddr(displayName: name, uri: uri, parameters: try scanner.parameters(input))
    }

    static func layout(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> Layout {
        var scanner = ValueScanner(range)
        scanner.skipBlanks(input)
        let start = scanner.at
        var name: Range<Int>?
        var isNameQuoted = false
        if scanner.peek(input) == ASCII.quote {
            name = try scanner.quoted(input)
            isNameQuoted = true
            scanner.skipBlanks(input)
            guard scanner.peek(input) == ASCII.less else {
                throw ParseError(.missing, at: scanner.at, in: "LAQUOT")
            }
        } else if let less = input.firstOffset(of: ASCII.less, in: start..<scanner.end),
            isDisplayName(input, start..<less)
        {
            var end = less
            while end > start, ValueScanner.isLWS(input.octet(end - 1)) { end -= 1 }
            if end > start { name = start..<end }
            scanner.at = less
        } else {
            return try addrSpec(input, scanner)
        }
        let open = scanner.at
        guard let close = input.firstOffset(of: ASCII.greater, in: open..<scanner.end) else {
            throw ParseError(.truncated, at: open, in: "RAQUOT")
        }
        return Layout(
            name: name, isNameQuoted: isNameQuoted, uri: open + 1..<close, isBracketed: true, end: close + 1)
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
    private static func addrSpec(_ input: RawSpan, _ scanner: ValueScanner) throws(ParseError) -> Layout {
        var at = scanner.at
        while at < scanner.end, input.octet(at) != ASCII.semicolon, !ValueScanner.isLWS(input.octet(at)) {
            guard input.octet(at) != ASCII.question, input.octet(at) != ASCII.comma else {
                throw ParseError(.unexpected, at: at, in: "addr-spec")
            }
            at += 1
        }
        return Layout(uri: scanner.at..<at, isBracketed: false, end: at)
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
