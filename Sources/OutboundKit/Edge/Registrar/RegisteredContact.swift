/// A Contact as a binding keeps it (RFC 5626 §6: the URI and all parameters), read once and shared by the binding, its
/// refreshes and the answers.
public final class RegisteredContact: Sendable {
    /// The URI as the phone wrote it: the Request-URI of requests to it.
    public let uriText: String
    public let uri: SIPURI
    /// All parameters in their order, but for `expires`, `pub-gruu` and `temp-gruu`, which are the registrar's to write,
    /// and a `reg-id` that was ignored.
    public let parameters: [SIPParameter]
    public let instance: InstanceID?
    /// nil where it was ignored, and never set without an instance.
    public let regID: RegID?
    /// 0 to 1000.
    public let q: UInt16
    /// `<uri>;parameters`: how answers list it.
    let text: String
    /// The instance as the `gr` parameter of a public GRUU (RFC 5627 §3.1.1); empty without one.
    let gr: String

    public init(uri: SIPURI, parameters: [SIPParameter], instance: InstanceID?, regID: RegID?, q: UInt16 = 1000) {
        self.uri = uri
        uriText = uri.description
        self.parameters = parameters
        self.instance = instance
        self.regID = instance == nil ? nil : regID
        self.q = q
        text = NameAddr(uri: uri, parameters: parameters).description
        var escaped: [UInt8] = []
        if let instance { URIText.appendParameter(instance.urn.utf8, to: &escaped) }
        gr = String(decoding: escaped, as: UTF8.self)
    }

    /// Reads what `text` wrote, as a store keeps it; nil for anything else.
    public convenience init?(stored text: String) {
        guard let contact = try? NameAddr.parse(text) else { return nil }
        let request = RequestedContact(contact, raw: [])
        self.init(
            uri: contact.uri, parameters: request.parameters, instance: request.instance.value,
            regID: request.regID.value, q: request.q)
    }

    /// How a store keeps it.
    public var storedText: String { text }

    /// Whether both stand for one binding of an AOR: the same flow of the same instance, or for others the same URI by
    /// the comparison of RFC 3261 §19.1.4.
    func isSameBinding(as other: RegisteredContact) -> Bool {
        if let regID, let instance { return regID == other.regID && instance == other.instance }
        return other.regID == nil && uri.isEquivalent(to: other.uri)
    }
}

/// One Contact value of a REGISTER as it was asked for, before the registrar decides about reg-id.
final class RequestedContact: Sendable {
    /// A parameter that may be missing or senseless.
    enum Parameter<Value: Sendable>: Sendable {
        case absent
        case malformed
        case valid(Value)

        var value: Value? {
            guard case .valid(let value) = self else { return nil }
            return value
        }
        var isPresent: Bool {
            guard case .absent = self else { return true }
            return false
        }
    }

    /// The octets of the value: the same octets mean the same, so that a refresh need not be read again.
    let raw: [UInt8]
    let uri: SIPURI
    /// Without `expires`, `pub-gruu` and `temp-gruu` (RFC 5627 §5.1 has the last two ignored).
    let parameters: [SIPParameter]
    let instance: Parameter<InstanceID>
    let regID: Parameter<RegID>
    let q: UInt16
    /// Seconds; nil when absent.
    let expires: UInt32?

    init(_ contact: NameAddr, raw: [UInt8]) {
        self.raw = raw
        uri = contact.uri
        let parsed = Contact(contact)
        parameters = contact.parameters.filter { parameter in
            !["expires", "pub-gruu", "temp-gruu"].contains { ASCII.equalsIgnoringCase(parameter.name, $0) }
        }
        regID = Self.single("reg-id", in: parameters) { try? RegID.parse($0) }
        // Quotes and angle brackets that a phone forgot are not what makes an instance.
        instance = Self.single("+sip.instance", in: parameters) { InstanceID(tolerating: $0) }
        q = parsed.q.flatMap(Self.thousandths) ?? 1000
        // RFC 3261 §20.10: a malformed value is as good as 3600.
        expires = contact.hasParameter("expires") ? parsed.expires ?? 3600 : nil
    }

    /// The contact of a binding; `regID` only where it applies.
    func bound(withRegID: Bool) -> RegisteredContact {
        RegisteredContact(
            uri: uri,
            parameters: withRegID ? parameters : parameters.filter { !ASCII.equalsIgnoringCase($0.name, "reg-id") },
            instance: instance.value, regID: withRegID ? regID.value : nil, q: q)
    }

    /// A parameter that stands twice says nothing.
    private static func single<Value: Sendable>(
        _ name: String, in parameters: [SIPParameter], _ read: (String) -> Value?
    ) -> Parameter<Value> {
        let found = parameters.filter { ASCII.equalsIgnoringCase($0.name, name) }
        guard let first = found.first else { return .absent }
        guard found.count == 1, let value = read(first.value ?? "") else { return .malformed }
        return .valid(value)
    }

    /// `qvalue` in thousandths: `0`, `0.7`, `1.000`; nil for anything else.
    private static func thousandths(_ text: String) -> UInt16? {
        let digits = Array(text.utf8)
        guard let first = digits.first, first == ASCII.zero || first == ASCII.zero + 1, digits.count <= 5 else {
            return nil
        }
        guard digits.count < 2 || digits[1] == ASCII.dot else { return nil }
        var value = UInt16(first - ASCII.zero) * 1000
        var unit: UInt16 = 100
        for digit in digits.dropFirst(2) {
            guard ASCII.isDigit(digit) else { return nil }
            value += UInt16(digit - ASCII.zero) * unit
            unit /= 10
        }
        return value <= 1000 ? value : nil
    }
}
