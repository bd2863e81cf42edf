/// What the 2xx to a REGISTER says about the binding, as far as it can be read (RFC 3261 §10.3; RFC 5626 §6).
public struct RegistrationGrant: Sendable {
    /// `outbound` stands in Require: the registrar used the rules of RFC 5626.
    public let isOutbound: Bool
    /// Seconds; nil without a Flow-Timer that begins with a number.
    public let flowTimerSeconds: UInt64?
    /// The Path values, the one of the hop nearest to the registrar first.
    public let path: [NameAddr]
    /// All contacts of the address-of-record.
    public let contacts: [Contact]
    /// Our own among them.
    public let own: Contact?
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
    public var reflexiveAddress: TransportAddress? {
        guard let via, case .value(let text) = via.rport, let port = UInt16(text),
            let ip = IPAddress(via.received ?? via.host)
        else { return nil }
        return TransportAddress(ip: ip, port: port)
    }

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
        let byKey = contacts.first { contact in
            guard let text = contact.regID, let found = try? RegID.parse(text), found == regID else { return false }
            return contact.instance.flatMap(InstanceID.init(tolerating:)) == instance
        }
        let byURI = contacts.first { $0.regID == nil && $0.uri.map { Self.isSame($0, contactURI) } == true }
        own = byKey ?? byURI
        isFoundByKey = byKey != nil
        self.contacts = contacts
        self.defects = defects
    }

    /// Same user at the same end by the same transport; parameters that a registrar adds or drops play no part.
    private static func isSame(_ left: SIPURI, _ right: SIPURI) -> Bool {
        left.user == right.user && left.host.lowercased() == right.host.lowercased() && left.port == right.port
            && left.parameter("transport")?.lowercased() == right.parameter("transport")?.lowercased()
    }
}
