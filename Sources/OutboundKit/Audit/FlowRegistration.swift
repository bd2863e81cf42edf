/// One binding as it was asked for and granted on a flow: who, which flow of the device, and on which terms.
public struct FlowRegistration: Sendable {
    private let words: RegistrationWords
    /// More than what a refresh that changes nothing needs to compare.
    let signature: Int
    /// On which terms it was granted last.
    var terms = GrantTerms.none
    /// The values of Path in the first 2xx; nil where there were none.
    private var route: PackedTexts?
    var lastGranted = Int64.never
    var responseSignature = 0
    var firstGranted = Int64.never
    var grantedFrame: UInt64 = 0
    /// How many refreshes in a row came when another's contact was about to expire, and the own one was not.
    var strayRefreshes: UInt16 = 0
    /// A 2xx was seen, and the binding has not been removed since.
    public internal(set) var isBound = false

    init(_ words: RegistrationWords, signature: Int) {
        self.words = words
        self.signature = signature
    }

    /// The URI of To: scheme, user and host, without parameters.
    public var aor: String { words.aor }
    /// The value of `+sip.instance` without quotes and angle brackets; nil when the Contact had none.
    public var instance: String? { words.instance }
    /// The value of `reg-id` as it stood there; nil when the Contact had none.
    public var regID: String? { words.regID }
    var hasRegID: Bool { words.hasRegID }
    public var userAgent: String? { words.userAgent }
    /// `outbound` and `path` in the request's Supported.
    public var supportsOutbound: Bool { words.supportsOutbound }
    public var supportsPath: Bool { words.supportsPath }
    /// The Contact URI had `ob`.
    public var contactOB: Bool { words.contactOB }
    /// The lifetime that the Contact asked for by itself, in seconds. One too large to be kept is read again.
    @inline(__always)
    func contactExpires(_ readAgain: () -> UInt64?) -> UInt64? { words.contactExpires(readAgain) }
    /// Which binding: AOR, instance-id and reg-id (RFC 5626 §6); 0 without an instance-id.
    var bindingKey: Int { words.bindingKey }
    /// Which device: AOR and instance-id; 0 without an instance-id.
    var deviceKey: Int { words.deviceKey }

    public var outboundGranted: Bool { terms.value.outboundGranted }
    public var flowTimer: UInt64? { terms.value.flowTimer }
    /// The number of the response's `keep` parameter (RFC 6223).
    public var keep: UInt64? { terms.value.keep }
    public var pathHasOB: Bool { terms.value.pathHasOB }
    /// Seconds.
    public var expires: UInt64? { terms.value.expires }
    /// The shortest lifetime of somebody else's contact in the last 2xx, in seconds, if it is shorter than the own one.
    var foreignExpires: UInt64? { terms.value.foreignExpires }

    /// The values of Path in the first 2xx, the first eight of them.
    public var path: [String] { route?.texts ?? [] }

    mutating func takePath(of message: SIPMessage, _ pool: inout RegistrationPool) {
        route = pool.path(of: message)
    }
}

/// A REGISTER that waits for its final response.
struct PendingRegister: Sendable {
    /// Call-ID and CSeq.
    let key: Int
    /// What it asks for and in which words, but for the lifetime.
    let signature: Int
    let time: Int64
    let frame: UInt64
    /// Index in the flow's registrations, or -1 when there are too many of them.
    let registration: Int
    /// Seconds; nil when the request named no lifetime.
    let requestedExpires: UInt64?
    /// It stood right behind a lone CRLF (RFC 3261 §7.5).
    let followsCRLF: Bool
    /// Sends of the same request, and the last of them.
    var sends: Int64 = 1
    var lastSent: Int64
    /// The first send that was seen was a retransmission, by the time that the next one took.
    var beganUnseen = false

    /// Whether `other` asks for the same with the same lifetime.
    func repeats(_ other: PendingRegister) -> Bool {
        signature == other.signature && requestedExpires == other.requestedExpires
    }
}

/// What keep-alive judgement needs of a REGISTER and of its 2xx, read from a message. Nothing is made for a refresh
/// that repeats what was said before.
enum RegistrationReader {
    /// Call-ID and CSeq number: what pairs a response with its request, and tells a retransmission.
    static func transactionKey(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        combine(.callID, of: message, into: &hash)
        combine(.cseq, of: message, into: &hash)
        return hash.value
    }

    /// The same with the topmost Via: equal on both sides of a NAT or relay, different behind a proxy.
    static func requestIdentity(_ message: SIPMessage, transactionKey: Int) -> Int {
        var hash = OctetHash()
        hash.combine(UInt64(bitPattern: Int64(transactionKey)))
        combine(.via, of: message, into: &hash)
        return hash.value
    }

    /// Equal for REGISTERs that ask for the same binding in the same words.
    static func requestSignature(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        let span = unsafe message.bytes.span.bytes
        for index in message.headers.indices {
            let name = message.headers[index].name
            if name == .contact || name == .supported || name == .to {
                hash.combine(span, message.headers[index].value.range)
            }
        }
        return hash.value
    }

    /// Equal for 2xx responses that list the same bindings with the same lifetimes.
    static func responseSignature(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        let span = unsafe message.bytes.span.bytes
        for index in message.headers.indices {
            let name = message.headers[index].name
            if name == .contact || name == .expires { hash.combine(span, message.headers[index].value.range) }
        }
        return hash.value
    }

    private static func combine(_ name: HeaderName, of message: SIPMessage, into hash: inout OctetHash) {
        guard let field = message.first(name) else { return }
        unsafe hash.combine(message.bytes.span.bytes, field.value.range)
    }

    /// Decodes a REGISTER whose words are new. nil when it has no readable To.
    static func registration(
        _ message: SIPMessage, signature: Int, _ pool: inout RegistrationPool
    ) -> FlowRegistration? {
        guard let aor = addressOfRecord(message) else { return nil }
        let instance: String?
        let regID: String?
        var contactOB = false
        if let plain = PlainContact(message) {
            let span = unsafe message.bytes.span.bytes
            instance = plain.instance.map { bareURN(span.string($0)) }
            regID = plain.regID.map { span.string($0) }
        } else {
            let contacts = (try? message.contacts()) ?? []
            let contact = contacts.first { !$0.isStar && $0.expires != 0 } ?? contacts.first { !$0.isStar }
            instance = contact?.instance.map(Self.bareURN)
            regID = contact?.regID
            contactOB = contact?.uri?.hasParameter("ob") ?? false
        }
        var deviceKey = 0
        var bindingKey = 0
        if let instance {
            // Instance-ids are compared without case, as the hexadecimal digits of a UUID are (RFC 5626 §4.1).
            var hash = OctetHash()
            hash.combine(lowercased: aor)
            hash.combine(lowercased: instance)
            deviceKey = hash.value | 1
            hash.combine(lowercased: regID ?? "")
            bindingKey = hash.value | 1
        }
        let words = RegistrationWords(
            aor: aor, instance: instance, regID: regID,
            userAgent: pool.text(.userAgent, of: message),
            supportsOutbound: message.hasOptionTag("outbound", in: .supported),
            supportsPath: message.hasOptionTag("path", in: .supported), contactOB: contactOB,
            contactExpires: contactExpires(message), bindingKey: bindingKey, deviceKey: deviceKey)
        return FlowRegistration(words, signature: signature)
    }

    /// The URI of To: scheme, user and host. Read off the octets where To is a plain `<sip:user@host>`.
    private static func addressOfRecord(_ message: SIPMessage) -> String? {
        if let value = message.first(.to)?.value.range, value.count > 2 {
            let span = unsafe message.bytes.span.bytes
            let uri = value.lowerBound + 1..<value.upperBound - 1
            if span.octet(value.lowerBound) == ASCII.less, span.octet(uri.upperBound) == ASCII.greater,
                PlainContact.isPlainURI(span, uri), span.firstOffset(of: ASCII.semicolon, in: uri) == nil,
                span.firstOffset(of: ASCII.colon, in: uri.lowerBound + 4..<uri.upperBound) == nil
            {
                return span.string(uri)
            }
        }
        guard let to = try? message.nameAddrs(.to).first else { return nil }
        return "\(to.uri.scheme):" + (to.uri.user.map { $0 + "@" } ?? "") + to.uri.host
    }

    /// The URN without quotes and angle brackets; those that are missing are not missed here.
    private static func bareURN(_ value: String) -> String {
        // On octets: Substring's own prefix and suffix look at Unicode's graphemes, at ten thousand instructions a value.
        var text = value.utf8[...]
        if text.first == ASCII.quote { text = text.dropFirst() }
        if text.last == ASCII.quote { text = text.dropLast() }
        if text.first == ASCII.less { text = text.dropFirst() }
        if text.last == ASCII.greater { text = text.dropLast() }
        return String(Substring(text))
    }

    /// The lifetime that a REGISTER asks for by its Contact's `expires`; 0 for `*`. Without one the Expires header field
    /// tells it.
    static func contactExpires(_ message: SIPMessage) -> UInt64? {
        guard let field = message.first(.contact) else { return nil }
        return message.withSpan { span -> UInt64? in
            if field.value.count > 0, span.octet(field.value.start) == ASCII.star { return 0 }
            guard contains(";expires", in: field.value.range, of: span) else { return nil }
            if let own = PlainContact(message) { return own.expires }
            let contacts = (try? message.contacts()) ?? []
            return contacts.compactMap { $0.expires.map(UInt64.init) }.max()
        }
    }

    /// The lifetime that a 2xx grants to `registration`: that of its own Contact, found by instance-id and reg-id.
    static func grantedExpires(
        _ message: SIPMessage, _ plain: PlainContact?, for registration: FlowRegistration
    ) -> UInt64? {
        let header = message.integer(.expires)
        if let plain { return plain.expires ?? header }
        guard let contacts = try? message.contacts() else { return header }
        let own = contacts.first { contact in
            contact.instance.map(Self.bareURN) == registration.instance && contact.regID == registration.regID
        }
        return (own ?? (contacts.count == 1 ? contacts.first : nil))?.expires.map(UInt64.init) ?? header
    }

    /// The shortest lifetime of contacts that are not `registration`'s own, where it is found among several.
    static func foreignExpires(
        _ message: SIPMessage, _ plain: PlainContact?, for registration: FlowRegistration
    ) -> UInt64? {
        guard plain == nil, let contacts = try? message.contacts() else { return nil }
        func isOwn(_ contact: Contact) -> Bool {
            contact.instance.map(Self.bareURN) == registration.instance && contact.regID == registration.regID
        }
        guard registration.instance != nil, let own = contacts.first(where: isOwn)?.expires else { return nil }
        return contacts.filter { !isOwn($0) }.compactMap(\.expires).min().flatMap { $0 < own ? UInt64($0) : nil }
    }

    /// Whether a Path value has the URI parameter `ob`. Read off the octets, since every 2xx is asked: the parameter
    /// stands behind the host and before the closing bracket.
    static func pathHasOB(_ message: SIPMessage) -> Bool {
        guard message.has(.path) else { return false }
        for field in message.headers where field.name == .path {
            let found = message.withSpan { span -> Bool in
                var at = field.value.start
                while let hit = offset(of: ";ob", in: at..<field.value.end, span) {
                    at = hit + 3
                    let isWhole =
                        at == field.value.end || !(ASCII.isToken(span.octet(at)) || span.octet(at) == ASCII.at)
                    guard isWhole else { continue }
                    let end = span.firstOffset(of: ASCII.greater, in: at..<field.value.end) ?? field.value.end
                    let less = span.firstOffset(of: ASCII.less, in: at..<field.value.end) ?? field.value.end
                    // Inside the brackets, and not in a user part.
                    if end <= less, end < field.value.end, span.firstOffset(of: ASCII.at, in: at..<end) == nil {
                        return true
                    }
                }
                return false
            }
            if found { return true }
        }
        return false
    }

    /// The number of `keep` in the topmost Via of a response; nil without a number.
    static func keep(_ message: SIPMessage) -> UInt64? {
        guard let field = message.first(.via),
            message.withSpan({ contains(";keep", in: field.value.range, of: $0) }),
            case .value(let text)? = (try? message.topVia())?.keep
        else { return nil }
        return UInt64(text)
    }

    private static func contains(_ text: StaticString, in range: Range<Int>, of span: RawSpan) -> Bool {
        offset(of: text, in: range, span) != nil
    }

    /// Where `text`, which begins with a semicolon, stands in `range`, in any case: a cheap look before the real
    /// parser is asked.
    private static func offset(of text: StaticString, in range: Range<Int>, _ span: RawSpan) -> Int? {
        let second = text.withUTF8Buffer { unsafe $0[1] }
        var at = range.lowerBound
        while at < range.upperBound, let semicolon = span.firstOffset(of: ASCII.semicolon, in: at..<range.upperBound) {
            let end = semicolon + text.utf8CodeUnitCount
            guard end <= range.upperBound else { return nil }
            // One octet tells most others apart.
            if ASCII.lowercased(span.octet(semicolon + 1)) == second,
                span.equalsIgnoringCase(text, in: semicolon..<end)
            {
                return semicolon
            }
            at = semicolon + 1
        }
        return nil
    }
}
