/// Look-up of header fields. None of these allocates unless it returns an array or a String.
extension SIPMessage {
    /// Lends the message's octets, to which every `ByteSlice` of it refers.
    public func withSpan<R>(_ body: (RawSpan) -> R) -> R {
        unsafe body(bytes.span.bytes)
    }

    /// The octets of `slice` as text; what is no UTF-8 becomes U+FFFD.
    public func text(_ slice: ByteSlice) -> String {
        unsafe bytes.span.bytes.string(slice)
    }

    /// The first header field of that name, or nil.
    public func first(_ name: HeaderName) -> HeaderField? {
        let place = place(of: name)
        return place >= 0 ? headers[place] : nil
    }

    /// How many header fields have that name. A comma-separated list counts as one.
    public func count(_ name: HeaderName) -> Int {
        guard repeats(name) else { return has(name) ? 1 : 0 }
        var count = 0
        for index in headers.indices where headers[index].name == name { count += 1 }
        return count
    }

    /// The elements of all fields of that name, in the order of the message, split at commas outside of quotes and
    /// angle brackets. For list fields only: a comma in From or Call-ID separates nothing.
    public func values(_ name: HeaderName) -> [ByteSlice] {
        var values: [ByteSlice] = []
        let first = place(of: name)
        if first >= 0, !repeats(name), isOne(headers[first].value), isTrimmed(headers[first].value) {
            return [headers[first].value]
        }
        forEachValue(name) { values.append(ByteSlice($1)) }
        return values
    }

    /// Whether a list of option tags, such as Supported or Require, holds `tag`, in any case.
    public func hasOptionTag(_ tag: StaticString, in name: HeaderName) -> Bool {
        let first = place(of: name)
        guard first >= 0 else { return false }
        let span = unsafe bytes.span.bytes
        let end = repeats(name) ? headers.count : first + 1
        for index in first..<end where headers[index].name == name {
            // One tag alone is the rule.
            if span.equalsIgnoringCase(tag, in: headers[index].value.range) { return true }
            var scanner = ValueScanner(headers[index].value.range)
            while let element = scanner.listElement(span) {
                if span.equalsIgnoringCase(tag, in: element) { return true }
            }
        }
        return false
    }

    /// The option tags of all fields of that name, as written; empty elements are left out.
    public func optionTags(in name: HeaderName) -> [String] {
        var tags: [String] = []
        forEachValue(name) { span, range in
            if !range.isEmpty { tags.append(span.string(range)) }
        }
        return tags
    }

    /// Via values, not Via lines: the number of hops that the message has behind it.
    public var viaCount: Int {
        let first = place(of: .via)
        guard first >= 0 else { return 0 }
        var count = hops(headers[first].value)
        guard repeats(.via) else { return count }
        for index in first + 1..<headers.count where headers[index].name == .via { count += hops(headers[index].value) }
        return count
    }

    private func hops(_ via: ByteSlice) -> Int {
        if isOne(via) { return 1 }
        let span = unsafe bytes.span.bytes
        var count = 0
        var scanner = ValueScanner(via.range)
        while let element = scanner.listElement(span) { count += element.isEmpty ? 0 : 1 }
        return count
    }

    /// Whether a value is a list of one element, as most are: told without reading it.
    private func isOne(_ value: ByteSlice) -> Bool {
        guard !value.isEmpty else { return false }
        return unsafe bytes.span.bytes.place(of: ASCII.comma, from: value.start, to: value.end) < 0
    }

    /// Whether no line break of a folded value stands at either end.
    private func isTrimmed(_ value: ByteSlice) -> Bool {
        !ValueScanner.isLWS(bytes[value.start]) && !ValueScanner.isLWS(bytes[value.end - 1])
    }

    public var callID: ByteSlice? { first(.callID)?.value }

    /// The number at the start of the first field of that name; saturates. A comment or parameters may follow, as in
    /// Retry-After (RFC 3261 §20.33). nil when the field is missing or begins with no number.
    public func integer(_ name: HeaderName) -> UInt64? {
        let place = place(of: name)
        guard place >= 0 else { return nil }
        let span = unsafe bytes.span.bytes
        var scanner = ValueScanner(headers[place].value.range)
        guard let value = scanner.integer(span) else { return nil }
        guard let next = scanner.peek(span) else { return value }
        return ValueScanner.isLWS(next) || next == ASCII.semicolon || next == ASCII.openParen ? value : nil
    }

    /// Calls `body` with each list element of the fields of that name.
    @inline(__always)
    func forEachValue(_ name: HeaderName, _ body: (RawSpan, Range<Int>) -> Void) {
        let first = place(of: name)
        guard first >= 0 else { return }
        let span = unsafe bytes.span.bytes
        for index in first..<headers.count where headers[index].name == name {
            var scanner = ValueScanner(headers[index].value.range)
            while let element = scanner.listElement(span) { body(span, element) }
        }
    }
}

extension ValueScanner {
    /// Reads `1*DIGIT`, saturating; nil when no digit stands here.
    mutating func integer(_ input: RawSpan) -> UInt64? {
        let start = at
        var value: UInt64 = 0
        while at < end, ASCII.isDigit(input.octet(at)) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(input.octet(at) &- ASCII.zero))
            value = overflow || carry ? .max : sum
            at += 1
        }
        return at > start ? value : nil
    }
}
