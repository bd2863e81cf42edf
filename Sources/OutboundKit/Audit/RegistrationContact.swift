/// A Contact of a REGISTER that is not written in plain words (`PlainContact`), as far as it can be read: what no parser
/// takes for a URI may still have parameters behind it, and they say what it is.
struct RegistrationContact {
    /// The URI, between the angle brackets if there are any.
    let uri: Range<Int>
    let place: UInt16
    /// The URI has the parameter `ob`.
    private(set) var hasOB = false
    /// The URN without quotes and angle brackets.
    private(set) var instance: String?
    /// As written.
    private(set) var regID: String?
    /// Seconds.
    private(set) var expires: UInt64?
    /// False where it cannot be told which parameters it has.
    private(set) var isReadable = true

    /// The Contacts of a message but for `*`, in their order.
    static func all(_ message: SIPMessage) -> [RegistrationContact] {
        let octets = message.bytes
        let span = unsafe octets.span.bytes
        var contacts: [RegistrationContact] = []
        for field in message.headers where field.name == .contact {
            var scanner = ValueScanner(field.value.range)
            while let element = scanner.listElement(span) {
                if element.count == 1, span.octet(element.lowerBound) == ASCII.star { continue }
                contacts.append(RegistrationContact(span, element))
            }
        }
        return contacts
    }

    private init(_ span: RawSpan, _ element: Range<Int>) {
        uri = Self.uri(span, element)
        place = Self.place(span, uri: uri)
        if let contact = try? Contact.parse(span, element) {
            take(contact.parameters)
            hasOB = contact.uri?.hasParameter("ob") ?? false
        } else if let parameters = Self.parameters(span, element) {
            take(parameters)
        } else {
            isReadable = false
        }
    }

    private mutating func take(_ parameters: [SIPParameter]) {
        func value(_ name: String) -> String? { parameters.first(named: name).map { $0.value ?? "" } }
        instance = value("+sip.instance").map { text in
            let octets = Array(text.utf8)
            let span = unsafe octets.span.bytes
            return span.string(RegistrationReader.bareURN(span, 0..<octets.count))
        }
        regID = value("reg-id")
        expires = value("expires").flatMap(Contact.deltaSeconds).map(UInt64.init)
    }

    /// The header parameters of a value whose URI cannot be read: what stands behind the last closing bracket outside
    /// quotes, or without brackets behind the first semicolon. nil where that is no list of parameters.
    private static func parameters(_ span: RawSpan, _ element: Range<Int>) -> [SIPParameter]? {
        var start: Int?
        var (isQuoted, isInBrackets, hasBrackets) = (false, false, false)
        var at = element.lowerBound
        while at < element.upperBound {
            switch span.octet(at) {
            case ASCII.backslash where isQuoted: at += 1
            // In a URI a quote is a fault of its own, and opens nothing.
            case ASCII.quote where !isInBrackets: isQuoted.toggle()
            case ASCII.less where !isQuoted:
                // A bracket among the parameters of a URI without brackets, or a semicolon in a display name.
                if !hasBrackets, start != nil { return nil }
                (isInBrackets, hasBrackets) = (true, true)
            case ASCII.greater where !isQuoted: (isInBrackets, start) = (false, at + 1)
            case ASCII.semicolon where !isQuoted && !hasBrackets && start == nil: start = at
            default: break
            }
            at += 1
        }
        guard let start, !isQuoted, !isInBrackets else { return nil }
        var scanner = ValueScanner(start..<element.upperBound)
        return try? scanner.parameters(span)
    }

    /// Stands for scheme, user, host and port of a URI, by which a contact is found where its instance-id is not repeated
    /// (RFC 3261 §10.2.4); 0 for an empty one. Registrars change case and parameters, and what two contacts share in it is
    /// no sign of either.
    static func place(_ span: RawSpan, uri: Range<Int>) -> UInt16 {
        var start = uri.lowerBound
        // A user may have semicolons.
        while let at = span.firstOffset(of: ASCII.at, in: start..<uri.upperBound) { start = at + 1 }
        let end = span.firstOffset(of: ASCII.semicolon, in: start..<uri.upperBound) ?? uri.upperBound
        guard end > start else { return 0 }
        var hash = OctetHash()
        hash.combine(lowercased: span, uri.lowerBound..<end)
        return max(UInt16(truncatingIfNeeded: hash.value), 1)
    }

    /// Where the URI stands in a value, whatever it is worth.
    static func uri(_ span: RawSpan, _ value: Range<Int>) -> Range<Int> {
        var start = value.lowerBound
        var at = start
        var isQuoted = false
        var isInBrackets = false
        scan: while at < value.upperBound {
            switch span.octet(at) {
            case ASCII.backslash where isQuoted: at += 1
            case ASCII.quote where !isInBrackets: isQuoted.toggle()
            case ASCII.less where !isQuoted && !isInBrackets: (isInBrackets, start) = (true, at + 1)
            case ASCII.greater where isInBrackets: break scan
            case ASCII.semicolon where !isQuoted && !isInBrackets: break scan
            case ASCII.comma where !isQuoted && !isInBrackets: break scan
            default: break
            }
            at += 1
        }
        return start..<max(start, min(at, value.upperBound))
    }
}
