/// A strict reading of what the parser lets pass: whether a message that could be framed is one that RFC 3261 allows.
extension SIPMessage {
    /// What is wrong in the header fields that sipob reads, in the order of the checks: missing ones (§8.1.1),
    /// repeated ones (§7.3.1), values outside their grammar or range. Empty for a well-formed message. A request with
    /// any is answered with 400 (§8.2, §16.3); a response with any is dropped.
    ///
    /// Max-Forwards is not demanded: RFC 2543 did not have it, and RFC 3261 §16.3 lets a proxy add it.
    public func faults() -> [ParseError] {
        var faults: [ParseError] = []
        for name in [HeaderName.via, .from, .to, .callID, .cseq] where first(name) == nil {
            faults.append(ParseError(.missing, at: startLineText.start, in: name.text))
        }
        for name in Self.singles {
            for field in headers.lazy.filter({ $0.name == name }).dropFirst() {
                faults.append(ParseError(.repeated, at: field.nameText.start, in: name.text))
            }
        }
        if isRequest { checkRequestLine(&faults) }
        checkValues(&faults)
        Self.note(&faults) { () throws(ParseError) in try checkStar() }
        Self.note(&faults) { () throws(ParseError) in try checkCSeq() }
        if let field = first(.callID), field.value.isEmpty || hasBlank(field.value) {
            faults.append(ParseError(.unexpected, at: field.value.start, in: "callid"))
        }
        checkControls(&faults)
        checkNumber(.maxForwards, upTo: 255, &faults)
        checkNumber(.expires, upTo: UInt64(UInt32.max), &faults)
        checkNumber(.minExpires, upTo: UInt64(UInt32.max), &faults)
        checkNumber(.retryAfter, upTo: UInt64(UInt32.max), &faults)
        checkNumber(.flowTimer, upTo: UInt64(UInt32.max), &faults)
        checkDate(&faults)
        return faults
    }

    /// Values with two parameters of one name (§7.3.1), and URIs with two (§19.1.1): which one counts is anybody's guess. No
    /// proxy refuses a message for it, and a registrar looks at those that it reads.
    func repeatedParameters() -> [ParseError] {
        let span = unsafe bytes.span.bytes
        func isRepeated(_ parameters: [SIPParameter]) -> Bool {
            parameters.count > 1 && Set(parameters.map { $0.name.lowercased() }).count < parameters.count
        }
        let vias: [ParseError] = values(.via).compactMap { value in
            guard let via = try? Via.parse(span, value.range), isRepeated(via.parameters) else { return nil }
            return ParseError(.repeated, at: value.start, in: "generic-param")
        }
        return vias
            + addresses().flatMap { field, value -> [ParseError] in
                guard let address = try? NameAddr.parse(span, value) else { return [] }
                var errors: [ParseError] = []
                if isRepeated(address.parameters) {
                    errors.append(ParseError(.repeated, at: value.lowerBound, in: "generic-param"))
                }
                if let layout = try? NameAddr.layout(span, value), isRepeated(address.uri.parameters) {
                    errors.append(ParseError(.repeated, at: layout.uri.lowerBound, in: "uri-parameter"))
                }
                return errors
            }
    }

    /// Option tags that are no tokens (§25.1): nobody refuses a message for one in Supported, and nobody supports it.
    func malformedOptionTags() -> [ParseError] {
        let span = unsafe bytes.span.bytes
        return [HeaderName.supported, .require, .proxyRequire, .unsupported].flatMap { name in
            values(name).compactMap { value in
                value.range.allSatisfy { ASCII.isToken(span.octet($0)) }
                    ? nil : ParseError(.unexpected, at: value.start, in: "option-tag")
            }
        }
    }

    /// Fields that may stand once.
    private static let singles: [HeaderName] = [
        .from, .to, .callID, .cseq, .maxForwards, .expires, .minExpires, .retryAfter, .flowTimer, .contentType,
        .date, .event, .userAgent, .server,
    ]

    private static func note(_ faults: inout [ParseError], _ check: () throws(ParseError) -> Void) {
        do throws(ParseError) { try check() } catch { faults.append(error) }
    }

    private func checkRequestLine(_ faults: inout [ParseError]) {
        let span = unsafe bytes.span.bytes
        do throws(ParseError) {
            let uri = try SIPURI.parse(span, requestURI.range)
            if !uri.headers.isEmpty { throw ParseError(.unexpected, at: requestURI.start, in: "Request-URI") }
        } catch {
            faults.append(error)
        }
    }

    /// The values of the fields that hold addresses and hops, each by itself, so that one that is wrong hides no other.
    private func checkValues(_ faults: inout [ParseError]) {
        let span = unsafe bytes.span.bytes
        for field in headers {
            switch field.name {
            case .from, .to:
                Self.note(&faults) { () throws(ParseError) in
                    _ = try NameAddr.parse(span, field.value.range)
                }
            case .via, .route, .recordRoute, .path, .contact:
                var scanner = ValueScanner(field.value.range)
                if scanner.isAtEnd {
                    faults.append(ParseError(.missing, at: scanner.at, in: Self.rule(of: field.name)))
                }
                while let element = scanner.listElement(span) {
                    Self.note(&faults) { () throws(ParseError) in try Self.check(span, element, of: field.name) }
                }
            default: break
            }
        }
    }

    private static func rule(of name: HeaderName) -> StaticString {
        switch name {
        case .via: "via-parm"
        case .contact: "contact-param"
        default: "name-addr"
        }
    }

    private static func check(_ span: RawSpan, _ element: Range<Int>, of name: HeaderName) throws(ParseError) {
        switch name {
        case .via: _ = try Via.parse(span, element)
        case .contact: _ = try Contact.parse(span, element)
        default: _ = try NameAddr.parse(span, element)
        }
    }

    private func checkStar() throws(ParseError) {
        guard let field = first(.contact) else { return }
        let span = unsafe bytes.span.bytes
        let isStar = values(.contact).filter { $0.count == 1 && span.octet($0.start) == ASCII.star }
        guard let star = isStar.first else { return }
        // It stands alone, and §10.2.2: only in a REGISTER that removes all bindings.
        if values(.contact).count > 1 { throw ParseError(.unexpected, at: star.start, in: "Contact") }
        if method != .register || integer(.expires) != 0 {
            throw ParseError(.unexpected, at: field.value.start, in: "Contact")
        }
    }

    private func checkCSeq() throws(ParseError) {
        guard let cseq = try cseq(), let field = first(.cseq), isRequest else { return }
        if cseq.methodText != text(startLineText) { throw ParseError(.unexpected, at: field.value.start, in: "CSeq") }
    }

    private func checkNumber(_ name: HeaderName, upTo limit: UInt64, _ faults: inout [ParseError]) {
        guard let field = first(name) else { return }
        guard let number = integer(name) else {
            faults.append(ParseError(.unexpected, at: field.value.start, in: name.text))
            return
        }
        if number > limit { faults.append(ParseError(.outOfRange, at: field.value.start, in: name.text)) }
    }

    /// NUL outside of a quoted-pair, and CR that is no part of a fold: another parser may see the end of the value
    /// there. The first of each field.
    private func checkControls(_ faults: inout [ParseError]) {
        for field in headers {
            let value = field.value.range
            for index in value where bytes[index] == ASCII.nul || bytes[index] == ASCII.cr {
                if bytes[index] == ASCII.cr, index + 1 < value.upperBound, bytes[index + 1] == ASCII.lf { continue }
                if bytes[index] == ASCII.nul, index > value.lowerBound, bytes[index - 1] == ASCII.backslash { continue }
                faults.append(ParseError(.unexpected, at: index, in: "header-value"))
                break
            }
        }
    }

    /// `rfc1123-date` names no zone but GMT (§20.17).
    private func checkDate(_ faults: inout [ParseError]) {
        guard let field = first(.date) else { return }
        let span = unsafe bytes.span.bytes
        let zone = max(field.value.start, field.value.end - 4)..<field.value.end
        if !span.equals(" GMT", in: zone) {
            faults.append(ParseError(.unexpected, at: zone.lowerBound, in: "rfc1123-date"))
        }
    }

    func hasBlank(_ slice: ByteSlice) -> Bool {
        bytes[slice.range].contains { ValueScanner.isLWS($0) }
    }
}
