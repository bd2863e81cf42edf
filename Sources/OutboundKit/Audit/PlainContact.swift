/// The one Contact of a message, where it is written in plain words, as nearly all are: `<uri>;name=value;name="value"`
/// without a display name, comma, blank or escape. Everything is a place in the message's octets, so that reading it makes
/// no String; where anything is out of the ordinary, there is none, and `SIPMessage.contacts` must be asked.
struct PlainContact {
    /// Between the angle brackets.
    let uri: Range<Int>
    /// The URI has the parameter `ob`.
    private(set) var hasOB = false
    /// The values of the first parameters of these names, without quotes; empty for one without a value.
    private(set) var instance: Range<Int>?
    private(set) var regID: Range<Int>?
    /// Seconds.
    private(set) var expires: UInt64?

    init?(_ message: SIPMessage) {
        guard !message.repeats(.contact), let value = message.first(.contact)?.value.range else { return nil }
        let octets = message.bytes
        let span = unsafe octets.span.bytes
        guard span.octetIfPresent(value.lowerBound) == ASCII.less,
            let close = span.firstOffset(of: ASCII.greater, in: value),
            let plain = Self.plainURI(span, value.lowerBound + 1..<close)
        else { return nil }
        uri = value.lowerBound + 1..<close
        hasOB = plain.hasOB
        var at = close + 1
        while at < value.upperBound {
            guard span.octet(at) == ASCII.semicolon, take(span, &at, value.upperBound) else { return nil }
        }
    }

    /// Takes the parameter behind the semicolon at `at`; false when it is not plain.
    private mutating func take(_ span: RawSpan, _ at: inout Int, _ end: Int) -> Bool {
        let start = at + 1
        at = Self.tokenEnd(span, start, end)
        let name = start..<at
        var value = at..<at
        if at < end, span.octet(at) == ASCII.equal {
            at += 1
            if at < end, span.octet(at) == ASCII.quote {
                guard let close = span.firstOffset(of: ASCII.quote, in: at + 1..<end) else { return false }
                value = at + 1..<close
                guard span.firstOffset(of: ASCII.backslash, in: value) == nil else { return false }
                at = close + 1
            } else {
                let first = at
                at = Self.tokenEnd(span, at, end)
                value = first..<at
                if value.isEmpty { return false }
            }
        }
        guard !name.isEmpty, at == end || span.octet(at) == ASCII.semicolon else { return false }
        switch name.count {
        case 13 where instance == nil && span.equalsIgnoringCase("+sip.instance", in: name): instance = value
        case 6 where regID == nil && span.equalsIgnoringCase("reg-id", in: name): regID = value
        case 7 where expires == nil && span.equalsIgnoringCase("expires", in: name):
            var scanner = ValueScanner(value)
            guard value.count < 10, let number = scanner.integer(span), scanner.isAtEnd else { return false }
            expires = number
        default: break
        }
        return true
    }

    private static func tokenEnd(_ span: RawSpan, _ start: Int, _ end: Int) -> Int {
        precondition(start >= 0 && end <= span.byteCount)
        var at = start
        while at < end, ASCII.isToken(unsafe span.uncheckedOctet(at)) { at &+= 1 }
        return at
    }

    struct URIFacts {
        let hasOB: Bool
    }

    /// `sip:`, a user, a host and parameters of unescaped letters: nothing that a URI parser could find wrong. Nil for all
    /// else, passwords and ports of no sense among it; and whether `ob` is among the parameters.
    static func plainURI(_ span: RawSpan, _ uri: Range<Int>) -> URIFacts? {
        guard uri.count > 4, span.equals("sip:", in: uri.lowerBound..<uri.lowerBound + 4) else { return nil }
        precondition(uri.lowerBound >= 0 && uri.upperBound <= span.byteCount)
        var host = uri.lowerBound + 4
        var hasUser = false
        var hostEnd = -1
        var next = host
        while next < uri.upperBound {
            let octet = unsafe span.uncheckedOctet(next)
            next &+= 1
            if octet < 128, (octet < 64 ? lowPlain : highPlain) &>> UInt64(octet & 63) & 1 == 1 { continue }
            switch octet {
            case ASCII.at:
                guard !hasUser, next - 1 > host else { return nil }
                (hasUser, host) = (true, next)
            case ASCII.openBracket:
                guard next - 1 == host, let close = closingBracket(span, host, uri.upperBound) else { return nil }
                hostEnd = close + 1
                next = hostEnd
            case ASCII.colon, ASCII.semicolon:
                if hostEnd < 0 { hostEnd = next - 1 }
                guard hostEnd == next - 1, hostEnd > host else { return nil }
                return parameters(
                    span, octet == ASCII.colon ? port(span, next, uri.upperBound) : next - 1, uri.upperBound)
            default: return nil
            }
            if hostEnd >= 0, next < uri.upperBound, !Self.endsHost(span.octet(next)) { return nil }
        }
        return next > host ? URIFacts(hasOB: false) : nil
    }

    private static func endsHost(_ octet: UInt8) -> Bool { octet == ASCII.colon || octet == ASCII.semicolon }

    /// The bracket behind the IPv6 address that begins with the one at `open`.
    private static func closingBracket(_ span: RawSpan, _ open: Int, _ end: Int) -> Int? {
        guard let close = span.firstOffset(of: ASCII.closeBracket, in: open..<end),
            IPAddress(span.string(open + 1..<close))?.isIPv6 == true
        else { return nil }
        return close
    }

    /// The end of the port at `start`, or -1.
    private static func port(_ span: RawSpan, _ start: Int, _ end: Int) -> Int {
        var number = 0
        var at = start
        while at < end, at - start < 5, ASCII.isDigit(span.octet(at)) {
            number = number * 10 + Int(span.octet(at) - ASCII.zero)
            at += 1
        }
        return at > start && number <= Int(UInt16.max) ? at : -1
    }

    /// The parameters from `start`, where a semicolon is, to the end.
    private static func parameters(_ span: RawSpan, _ start: Int, _ end: Int) -> URIFacts? {
        guard start >= 0, start == end || span.octet(start) == ASCII.semicolon else { return nil }
        precondition(end <= span.byteCount)
        var hasOB = false
        var next = start
        while next < end {
            let octet = unsafe span.uncheckedOctet(next)
            next &+= 1
            if octet < 128, (octet < 64 ? lowPlain : highPlain) &>> UInt64(octet & 63) & 1 == 1 { continue }
            if octet == ASCII.equal { continue }
            // With `@` behind it this was the user's part.
            guard octet == ASCII.semicolon else { return nil }
            guard next + 2 <= end, span.equalsIgnoringCase("ob", in: next..<next + 2) else { continue }
            // Another name that begins so, or a value, is for a parser to tell.
            guard next + 2 == end || span.octet(next + 2) == ASCII.semicolon else { return nil }
            hasOB = true
        }
        return URIFacts(hasOB: hasOB)
    }

    // Digits with `-` and `.`; letters with `_`. A bit each, of the lower and the upper half of ASCII: URIs are looked at
    // octet by octet, and are most of a Contact.
    private static let lowPlain: UInt64 = 0x03FF_6000_0000_0000
    private static let highPlain: UInt64 = 0x07FF_FFFE_87FF_FFFE
}
