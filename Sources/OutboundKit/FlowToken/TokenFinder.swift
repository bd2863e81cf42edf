/// A user part that may be a flow token, and where it stood.
public struct FoundToken: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        /// A word without a URI around it.
        case bare
        /// The one URI of the input.
        case uri
        /// A value of Path, Route, Record-Route or Service-Route: where edge proxies put their tokens.
        case routeSet
        /// Any other URI of a message, or of running text.
        case elsewhere

        /// A token is expected here, so that its absence is worth a word.
        public var isExpected: Bool { self != .elsewhere }
    }

    /// The user part in the input; empty for a URI without one.
    public let user: ByteSlice
    /// The line of the input that it stood on, without its line end.
    public let line: ByteSlice
    public let place: Place
    public let context: TokenContext
    public let hints: [FlowHint]
}

/// Finds user parts in whatever people paste: a bare token, a URI, a header field with several values, a whole message,
/// lines of a log. Reads URIs only as far as that takes: it never refuses one that a parser of SIP would.
public enum TokenFinder {
    /// URIs beyond this many in one input are left alone.
    public static let mostURIs = 10_000

    public static func find(_ input: RawSpan) -> [FoundToken] {
        let whole = trim(input, 0..<input.byteCount)
        guard !whole.isEmpty else { return [] }
        let inner = unwrapped(input, whole)
        if !inner.isEmpty, isWord(input, inner) {
            if let user = bareUser(input, inner) {
                return [FoundToken(user: user, line: ByteSlice(inner), place: .bare, context: .bare, hints: [])]
            }
            if let found = word(input, inner) { return [found] }
        }
        var found: [FoundToken] = []
        var start = whole.lowerBound
        var place = FoundToken.Place.elsewhere
        let alone = input.firstOffset(of: ASCII.lf, in: whole) == nil
        while start < whole.upperBound, found.count < mostURIs {
            let end = input.firstOffset(of: ASCII.lf, in: start..<whole.upperBound) ?? whole.upperBound
            let line = trim(input, start..<end)
            let folded = start > whole.lowerBound && ASCII.isBlank(input.octet(start))
            if !folded { place = self.place(input, line, alone: alone) }
            scan(input, line, place, into: &found)
            start = end + 1
        }
        return found
    }

    // MARK: Words

    private static func trim(_ input: RawSpan, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, input.octet(start) <= ASCII.space { start += 1 }
        while end > start, input.octet(end - 1) <= ASCII.space { end -= 1 }
        return start..<end
    }

    private static func isWord(_ input: RawSpan, _ range: Range<Int>) -> Bool {
        for offset in range where input.octet(offset) <= ASCII.space || input.octet(offset) == ASCII.less {
            return false
        }
        return true
    }

    /// Without the quotes, angle brackets and list signs that come along when a word is cut out of something else; a URI
    /// keeps its angle brackets.
    private static func unwrapped(_ input: RawSpan, _ range: Range<Int>) -> Range<Int> {
        func isQuote(_ octet: UInt8) -> Bool { octet == ASCII.quote || octet == UInt8(ascii: "'") }
        func isAngle(_ octet: UInt8) -> Bool { octet == ASCII.less || octet == ASCII.greater }
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isQuote(input.octet(start)) || isAngle(input.octet(start)) { start += 1 }
        if start > range.lowerBound, input.octet(start - 1) == ASCII.less, schemeEnd(input, start, end) != nil {
            return range
        }
        while end > start,
            isQuote(input.octet(end - 1)) || isAngle(input.octet(end - 1)) || input.octet(end - 1) == ASCII.comma
                || input.octet(end - 1) == ASCII.semicolon
        {
            end -= 1
        }
        return start..<end
    }

    /// The word as a token of its own, without parameters behind it; nil when it is a URI or a part of one, or the name
    /// of a header field, since no token holds a colon.
    private static func bareUser(_ input: RawSpan, _ range: Range<Int>) -> ByteSlice? {
        let end = input.firstOffset(of: ASCII.semicolon, in: range) ?? range.upperBound
        guard input.firstOffset(of: ASCII.at, in: range) == nil,
            input.firstOffset(of: ASCII.colon, in: range.lowerBound..<end) == nil
        else { return nil }
        return end > range.lowerBound ? ByteSlice(range.lowerBound..<end) : nil
    }

    /// A word with an `@` or a scheme: a URI, perhaps without its scheme.
    private static func word(_ input: RawSpan, _ range: Range<Int>) -> FoundToken? {
        let scheme = schemeEnd(input, range.lowerBound, range.upperBound)
        let start = scheme ?? range.lowerBound
        if scheme == nil {
            // A URI further behind, as in path=sip:…, is looked for in running text; a word with neither is none.
            let hasInner = range.dropFirst().contains { schemeEnd(input, $0, range.upperBound) != nil }
            if hasInner || input.firstOffset(of: ASCII.at, in: range) == nil { return nil }
        }
        guard let uri = uri(input, from: start, to: range.upperBound, bracketed: false) else { return nil }
        return FoundToken(
            user: uri.user, line: ByteSlice(range), place: .uri, context: uri.context, hints: hints(uri.context, []))
    }

    // MARK: Lines

    /// What the header field's name says; a lone line without a name that holds `<sip:` is taken for a route value.
    private static func place(_ input: RawSpan, _ line: Range<Int>, alone: Bool) -> FoundToken.Place {
        guard let colon = input.firstOffset(of: ASCII.colon, in: line) else { return .elsewhere }
        let name = trim(input, line.lowerBound..<colon)
        for known: StaticString in ["Path", "Route", "Record-Route", "Service-Route"]
        where input.equalsIgnoringCase(known, in: name) { return .routeSet }
        if alone, !line.isEmpty, input.octet(line.lowerBound) == ASCII.less { return .routeSet }
        return .elsewhere
    }

    private static func scan(
        _ input: RawSpan, _ line: Range<Int>, _ place: FoundToken.Place, into found: inout [FoundToken]
    ) {
        var at = line.lowerBound
        while at + 4 < line.upperBound, found.count < mostURIs {
            guard let start = schemeEnd(input, at, line.upperBound) else {
                at += 1
                continue
            }
            let bracketed = at > line.lowerBound && input.octet(at - 1) == ASCII.less
            let boundary = at == line.lowerBound || !ASCII.isToken(input.octet(at - 1))
            guard boundary, let uri = uri(input, from: start, to: line.upperBound, bracketed: bracketed) else {
                at = start
                continue
            }
            let outer = bracketed ? headerParameters(input, uri.end..<line.upperBound) : []
            let hints = hints(uri.context, outer)
            if !uri.user.isEmpty || !hints.isEmpty {
                found.append(
                    FoundToken(
                        user: uri.user, line: ByteSlice(line), place: place, context: uri.context, hints: hints))
            }
            at = max(uri.end, start)
        }
    }

    private static func hints(_ context: TokenContext, _ outer: [TokenContext.Parameter]) -> [FlowHint] {
        FlowHint.hints(in: context.parameters + outer)
    }

    /// The offset behind `sip:` or `sips:` at `start`, in either case.
    private static func schemeEnd(_ input: RawSpan, _ start: Int, _ end: Int) -> Int? {
        guard end - start >= 4, input.octet(start) | 0x20 == 0x73 else { return nil }
        if input.equalsIgnoringCase("sip:", in: start..<(start + 4)) { return start + 4 }
        guard end - start >= 5, input.equalsIgnoringCase("sips:", in: start..<(start + 5)) else { return nil }
        return start + 5
    }

    // MARK: URIs

    private struct FoundURI {
        let user: ByteSlice
        let context: TokenContext
        let end: Int
    }

    /// The octets at which a URI in running text ends.
    private static func endsURI(_ octet: UInt8, bracketed: Bool) -> Bool {
        octet <= ASCII.space || octet == ASCII.greater || octet == ASCII.less || octet == ASCII.quote
            || !bracketed && octet == ASCII.comma
    }

    private static func uri(_ input: RawSpan, from start: Int, to limit: Int, bracketed: Bool) -> FoundURI? {
        var end = start
        var sign: Int?
        while end < limit, !endsURI(input.octet(end), bracketed: bracketed) {
            if sign == nil, input.octet(end) == ASCII.at { sign = end }
            end += 1
        }
        guard end > start else { return nil }
        var user = start..<start
        var place = start
        if let sign {
            // A password is no part of a token, and no token holds a colon.
            user = start..<(input.firstOffset(of: ASCII.colon, in: start..<sign) ?? sign)
            place = sign + 1
        }
        let host = hostEnd(input, place..<end)
        var port: UInt16?
        var rest = host.end
        if rest < end, input.octet(rest) == ASCII.colon {
            var digits = rest + 1
            while digits < end, ASCII.isDigit(input.octet(digits)) { digits += 1 }
            port = AddressText.port(input.string((rest + 1)..<digits))
            rest = digits
        }
        let parametersEnd = input.firstOffset(of: ASCII.question, in: rest..<end) ?? end
        let context = TokenContext(
            host: input.string(host.name), port: port, parameters: parameters(input, rest..<parametersEnd))
        return FoundURI(user: ByteSlice(user), context: context, end: end)
    }

    private static func hostEnd(_ input: RawSpan, _ range: Range<Int>) -> (name: Range<Int>, end: Int) {
        let start = range.lowerBound
        if !range.isEmpty, input.octet(start) == ASCII.openBracket,
            let close = input.firstOffset(of: ASCII.closeBracket, in: range)
        {
            return ((start + 1)..<close, close + 1)
        }
        var end = start
        while end < range.upperBound {
            let octet = input.octet(end)
            if octet == ASCII.colon || octet == ASCII.semicolon || octet == ASCII.question { break }
            end += 1
        }
        return (start..<end, end)
    }

    /// `;name=value` pieces of `range`.
    private static func parameters(_ input: RawSpan, _ range: Range<Int>) -> [TokenContext.Parameter] {
        var result: [TokenContext.Parameter] = []
        var start = range.lowerBound
        while start < range.upperBound, result.count < 64 {
            guard input.octet(start) == ASCII.semicolon else { break }
            let end = input.firstOffset(of: ASCII.semicolon, in: (start + 1)..<range.upperBound) ?? range.upperBound
            let piece = (start + 1)..<end
            let equal = input.firstOffset(of: ASCII.equal, in: piece)
            let name = input.string(piece.lowerBound..<(equal ?? end)).lowercased()
            let value = equal.map { input.string(($0 + 1)..<end) }
            result.append(TokenContext.Parameter(name: name, value: value))
            start = end
        }
        return result
    }

    /// The parameters of the header field's value behind its `<…>`.
    private static func headerParameters(_ input: RawSpan, _ range: Range<Int>) -> [TokenContext.Parameter] {
        guard !range.isEmpty, input.octet(range.lowerBound) == ASCII.greater else { return [] }
        let start = range.lowerBound + 1
        let end = input.firstOffset(of: ASCII.comma, in: start..<range.upperBound) ?? range.upperBound
        return parameters(input, start..<end)
    }
}
