/// What the 2xx to a REGISTER says about the binding, as far as it can be read (RFC 3261 §10.3; RFC 5626 §6).
public struct RegistrationGrant: Sendable {
    /// `outbound` stands in Require: the registrar used the rules of RFC 5626.
    public let isOutbound: Bool
    /// Seconds; nil without a Flow-Timer that begins with a number.
    public let flowTimerSeconds: UInt64?
    /// The Path values, the one of the hop nearest to the registrar first.
    public let path: [NameAddr]
    /// The bindings of the address-of-record: all contacts that are listed with time left.
    public let contacts: [Contact]
    /// Our own among them.
    public let own: Contact?
    /// Our own Contact where it is listed with no time left: it is not bound (RFC 3261 §10.2.2).
    public let spent: Contact?
    /// `own` is not the Contact that was registered: it has the address that the first hop saw in its place.
    public let isRewritten: Bool
    /// Whether what the Contact fields list can be told.
    public let isListReadable: Bool
    /// How `own` was found.
    public let isFoundByKey: Bool
    /// Where the first hop says that the request came from.
    public let via: Via?
    /// Fields that could not be read.
    public let defects: [ParseError]

    /// The first hop's Path URI has `ob` (RFC 5626 §5.1). It is the last value: each proxy puts its own on top.
    public var pathHasOb: Bool { path.last?.uri.hasParameter("ob") ?? false }

    /// A sign that the server supports keep-alives on this flow (RFC 5626 §4.4, §8).
    public var supportsKeepAlive: Bool {
        if case .value = via?.keep { return true }
        return isOutbound || pathHasOb
    }

    /// The address that the first hop saw: `received`, or else sent-by, with `rport`. Nil without a filled rport.
    public var reflexiveAddress: TransportAddress? { via?.reflexiveAddress }

    /// - Parameters:
    ///   - instance, regID: the key by which our binding is known (RFC 5626 §6).
    ///   - contactURI: how it is recognised where the registrar does not give the key back.
    public init(_ message: SIPMessage, instance: InstanceID, regID: RegID, contactURI: SIPURI) {
        var defects: [ParseError] = []
        func read<Value>(_ fallback: Value, _ body: () throws(ParseError) -> Value) -> Value {
            do {
                return try body()
            } catch {
                defects.append(error)
                return fallback
            }
        }
        isOutbound = message.hasOptionTag("outbound", in: .require)
        flowTimerSeconds = message.integer(.flowTimer)
        path = read([]) { () throws(ParseError) in try message.nameAddrs(.path) }
        let before = defects.count
        let contacts = read([]) { () throws(ParseError) in try message.contacts() }
        isListReadable = defects.count == before
        via = read(nil) { () throws(ParseError) in try message.topVia() }
        let ours = OwnContact(instance: instance, regID: regID, uri: contactURI)
        let listed = ListedContacts(contacts, header: message.integer(.expires), own: ours)
        spent = listed.spent
        var rewritten: Contact?
        if listed.own == nil, listed.spent == nil, let address = via?.reflexiveAddress {
            rewritten = ours.findRewritten(in: listed.bindings, at: address)
        }
        own = listed.own ?? rewritten
        isRewritten = rewritten != nil
        isFoundByKey = listed.own.map(ours.hasKey) ?? false
        self.contacts = listed.bindings
        self.defects = defects
    }
}
