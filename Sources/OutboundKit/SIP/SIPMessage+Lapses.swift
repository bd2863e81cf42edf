/// What the grammar does not allow, or what is missing, and no proxy or server refuses a message for.
extension SIPMessage {
    /// In the order of the checks: a request without Max-Forwards, and From without tag and Via without branch
    /// (§8.1.1: RFC 2543 had none of them); an expiry of a Contact that is no number (taken for 3600, §10.2.1.1), or is
    /// quoted; control characters in values outside of a quoted-pair, the first of each field; and what §25.1 writes of
    /// URIs, display-names, parameters, lists and numbers, where readers are used to look away. Of values that cannot be
    /// read at all nothing is said here: `faults()` does.
    public func lapses() -> [ParseError] {
        let span = unsafe bytes.span.bytes
        var lapses: [ParseError] = []
        checkMissing(span, &lapses)
        for field in headers {
            if let index = field.value.range.first(where: isControl) {
                lapses.append(ParseError(.unexpected, at: index, in: "control character"))
            }
            checkList(span, field, &lapses)
            checkText(span, field, &lapses)
        }
        for (name, value) in addresses() { checkAddress(span, name, value, &lapses) }
        return lapses
    }

    /// The values that hold addresses, trimmed, each with the name of its field; not `*`.
    func addresses() -> [(name: HeaderName, value: Range<Int>)] {
        let span = unsafe bytes.span.bytes
        return [HeaderName.from, .to, .contact, .route, .recordRoute, .path].flatMap { name in
            var ranges: [Range<Int>] = []
            if name == .from || name == .to {
                if let field = first(name) { ranges = [field.value.range] }
            } else {
                ranges = values(name).map(\.range)
            }
            return ranges.filter { !($0.count == 1 && span.octet($0.lowerBound) == ASCII.star) }.map { (name, $0) }
        }
    }

    private func checkMissing(_ span: RawSpan, _ lapses: inout [ParseError]) {
        if isRequest, first(.maxForwards) == nil {
            lapses.append(ParseError(.missing, at: startLineText.start, in: HeaderName.maxForwards.text))
        }
        if let field = first(.from), let from = try? NameAddr.parse(span, field.value.range), !from.hasParameter("tag")
        {
            lapses.append(ParseError(.missing, at: field.value.start, in: "tag"))
        }
        if let value = values(.via).first, let via = try? Via.parse(span, value.range), via.branch == nil {
            lapses.append(ParseError(.missing, at: value.start, in: "branch"))
        }
    }

    /// A control character where none may stand, but those that `faults()` names and those of LWS.
    private func isControl(at index: Int) -> Bool {
        let octet = bytes[index]
        guard octet < 0x20 || octet == 0x7F else { return false }
        if octet == ASCII.nul || ValueScanner.isLWS(octet) { return false }
        return index == 0 || bytes[index - 1] != ASCII.backslash
    }

    /// Empty places in lists. Supported alone may be empty as a whole; an empty address is a fault, and told there.
    private func checkList(_ span: RawSpan, _ field: HeaderField, _ lapses: inout [ParseError]) {
        let holdsTags = [HeaderName.supported, .require, .proxyRequire, .unsupported].contains(field.name)
        guard holdsTags || [.via, .contact, .route, .recordRoute, .path].contains(field.name) else { return }
        let last = field.value.range.last { !ValueScanner.isLWS(span.octet($0)) }
        guard let last else {
            if holdsTags, field.name != .supported {
                lapses.append(ParseError(.missing, at: field.value.start, in: "option-tag"))
            }
            return
        }
        var scanner = ValueScanner(field.value.range)
        while holdsTags, let element = scanner.listElement(span) {
            if element.isEmpty { return lapses.append(ParseError(.unexpected, at: element.lowerBound, in: "COMMA")) }
        }
        if span.octet(last) == ASCII.comma { lapses.append(ParseError(.unexpected, at: last, in: "COMMA")) }
    }

    /// Numbers with something behind them, a Call-ID that is no word, quotation marks of credentials that do not pair. What
    /// `faults()` says of a number or a Call-ID is not said again.
    private func checkText(_ span: RawSpan, _ field: HeaderField, _ lapses: inout [ParseError]) {
        let range = field.value.range
        switch field.name {
        case .expires, .minExpires, .flowTimer:
            // Retry-After may have a comment and parameters (§20.33).
            guard integer(field.name) != nil, let index = range.first(where: { !ASCII.isDigit(span.octet($0)) }),
                index > range.lowerBound
            else {
                return
            }
            lapses.append(ParseError(.unexpected, at: index, in: field.name.text))
        case .callID where !hasBlank(field.value):
            var ats = 0
            let wrong = range.first { index in
                if span.octet(index) == ASCII.at {
                    ats += 1
                    return ats > 1 || index == range.lowerBound || index == range.upperBound - 1
                }
                return !Self.isWord(span.octet(index))
            }
            if let wrong { lapses.append(ParseError(.unexpected, at: wrong, in: "callid")) }
        case .authorization, .proxyAuthorization, .wwwAuthenticate, .proxyAuthenticate, .authenticationInfo:
            var open: Int?
            var index = range.lowerBound
            while index < range.upperBound {
                switch span.octet(index) {
                case ASCII.quote: open = open == nil ? index : nil
                case ASCII.backslash where open != nil: index += 1
                default: break
                }
                index += 1
            }
            if let open { lapses.append(ParseError(.truncated, at: open, in: "quoted-string")) }
        default: break
        }
    }

    private func checkAddress(
        _ span: RawSpan, _ name: HeaderName, _ value: Range<Int>, _ lapses: inout [ParseError]
    ) {
        guard let layout = try? NameAddr.layout(span, value), let address = try? NameAddr.parse(span, value) else {
            return
        }
        if let text = layout.name, !layout.isNameQuoted,
            let wrong = text.first(where: { !ASCII.isToken(span.octet($0)) && !ValueScanner.isLWS(span.octet($0)) })
        {
            lapses.append(ParseError(.unexpected, at: wrong, in: "display-name"))
        }
        if !layout.isBracketed, [.route, .recordRoute, .path].contains(name) {
            lapses.append(ParseError(.unexpected, at: value.lowerBound, in: "route-param"))
        }
        if case .other = address.uri.scheme {} else { checkURI(span, layout.uri, address.uri, &lapses) }
        if let index = emptyParameter(span, layout.end..<value.upperBound) {
            lapses.append(ParseError(.unexpected, at: index, in: "SEMI"))
        }
        guard name == .contact else { return }
        if let expires = address.parameters.first(named: "expires") {
            if Contact.deltaSeconds(expires.value ?? "") == nil {
                lapses.append(ParseError(.unexpected, at: value.lowerBound, in: "c-p-expires"))
            } else if expires.isQuoted {
                lapses.append(ParseError(.unexpected, at: value.lowerBound, in: "delta-seconds"))
            }
        }
        if let q = address.parameters.first(named: "q"), q.isQuoted || !Self.isQValue(q.value ?? "") {
            lapses.append(ParseError(.unexpected, at: value.lowerBound, in: "qvalue"))
        }
    }

    private func checkURI(_ span: RawSpan, _ range: Range<Int>, _ uri: SIPURI, _ lapses: inout [ParseError]) {
        if let wrong = range.first(where: { !Self.isURICharacter(span.octet($0)) }) {
            lapses.append(ParseError(.unexpected, at: wrong, in: "URI character"))
        }
        if uri.parameters.contains(where: { $0.value?.utf8.contains { $0 == ASCII.equal || $0 == ASCII.at } == true }) {
            lapses.append(ParseError(.unexpected, at: range.lowerBound, in: "pvalue"))
        }
    }

    /// A semicolon that nothing, or another one, follows.
    private func emptyParameter(_ span: RawSpan, _ range: Range<Int>) -> Int? {
        var isQuoted = false
        var last: Int?
        var index = range.lowerBound
        while index < range.upperBound {
            let octet = span.octet(index)
            if octet == ASCII.quote { isQuoted.toggle() }
            if octet == ASCII.backslash, isQuoted {
                index += 2
                continue
            }
            if octet == ASCII.semicolon, !isQuoted {
                if let last { return last }
                last = index
            } else if !ValueScanner.isLWS(octet) {
                last = nil
            }
            index += 1
        }
        return last
    }

    /// `word` of §25.1.
    private static func isWord(_ octet: UInt8) -> Bool {
        ASCII.isToken(octet) || "()<>:\\\"/[]?{}".utf8.contains(octet)
    }

    private static func isURICharacter(_ octet: UInt8) -> Bool {
        ASCII.isDigit(octet) || ASCII.isAlpha(octet) || "-_.!~*'();/?:@&=+$,[]%".utf8.contains(octet)
    }

    private static func isQValue(_ text: String) -> Bool {
        let octets = Array(text.utf8)
        guard let first = octets.first, first == ASCII.zero || first == ASCII.zero + 1 else { return false }
        guard octets.count > 1 else { return true }
        guard octets[1] == ASCII.dot, octets.count <= 5 else { return false }
        return octets.dropFirst(2).allSatisfy { first == ASCII.zero ? ASCII.isDigit($0) : $0 == ASCII.zero }
    }
}
