/// One value of Contact (RFC 3261 §20.10) with what RFC 5626 §4.1, §4.2 and RFC 5627 add to it.
public struct Contact: Hashable, Sendable, CustomStringConvertible {
    /// `*`, which removes all bindings; `nameAddr` is nil then (RFC 3261 §10.2.2).
    public var isStar: Bool { nameAddr == nil }
    public let nameAddr: NameAddr?

    public init(_ nameAddr: NameAddr?) {
        self.nameAddr = nameAddr
    }

    public var uri: SIPURI? { nameAddr?.uri }
    public var parameters: [SIPParameter] { nameAddr?.parameters ?? [] }
    /// `reg-id` as written; nil when absent, empty without a value.
    public var regID: String? { nameAddr?.parameter("reg-id") }
    /// `+sip.instance` without its quotes, angle brackets and all: `<urn:uuid:…>`.
    public var instance: String? { nameAddr?.parameter("+sip.instance") }
    /// Seconds; saturates. nil when absent, where the Expires field of the request tells (RFC 3261 §10.2.1.1), and when it is
    /// no number, which counts as one hour (§10.2); `parameter("expires")` of `nameAddr` tells the two apart.
    public var expires: UInt32? { nameAddr?.parameter("expires").flatMap(Self.deltaSeconds) }
    /// As written, `0` to `1.000`.
    public var q: String? { nameAddr?.parameter("q") }
    /// Without its quotes.
    public var pubGRUU: String? { nameAddr?.parameter("pub-gruu") }
    /// Without its quotes.
    public var tempGRUU: String? { nameAddr?.parameter("temp-gruu") }

    public var description: String { nameAddr.map(\.description) ?? "*" }

    /// The number that `delta-seconds` write; saturates. nil for what is none.
    static func deltaSeconds(_ text: String) -> UInt32? {
        guard !text.isEmpty else { return nil }
        var value: UInt32 = 0
        for digit in text.utf8 {
            guard ASCII.isDigit(digit) else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt32(digit &- ASCII.zero))
            value = overflow || carry ? .max : sum
        }
        return value
    }

    /// Reads the value that fills `range` of `input`.
    public static func parse(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> Contact {
        if range.count == 1, input.octetIfPresent(range.lowerBound) == ASCII.star { return Contact(nil) }
        return Contact(try NameAddr.parse(input, range))
    }
}

extension SIPMessage {
    /// All Contact values, in the order of the message.
    ///
    /// - Throws: the first error; its offset counts from the message's first octet. A star beside other values is
    ///   one (`STAR / (contact-param *(COMMA contact-param))`).
    public func contacts() throws(ParseError) -> [Contact] {
        let span = unsafe bytes.span.bytes
        var contacts: [Contact] = []
        for field in headers where field.name == .contact {
            var scanner = ValueScanner(field.value.range)
            guard !scanner.isAtEnd else { throw ParseError(.missing, at: field.value.start, in: "contact-param") }
            while let element = scanner.listElement(span) {
                let contact = try Contact.parse(span, element)
                if let first = contacts.first, first.isStar || contact.isStar {
                    throw ParseError(.unexpected, at: element.lowerBound, in: "Contact")
                }
                contacts.append(contact)
            }
        }
        return contacts
    }
}
