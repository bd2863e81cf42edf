/// One binding of an address-of-record to a Contact (RFC 3261 §10.3; RFC 5626 §6).
public struct Binding: Sendable {
    /// Never used for another binding of the same store: a row's key.
    public let id: UInt64
    public let aor: AddressOfRecord
    /// The Contact that the phone registered: URI, parameters, instance and reg-id.
    public internal(set) var contact: RegisteredContact
    /// The Path values of the registration, as text, in the order of the message: the Route for requests to the phone.
    public internal(set) var path: [String]
    public internal(set) var callID: String
    public internal(set) var cseq: UInt32
    /// Until when the registrar granted it.
    public internal(set) var expires: Timestamp
    /// When the binding was made.
    public let since: Timestamp
    /// When it was last refreshed.
    public internal(set) var updated: Timestamp
    /// The very flow over which the phone registered here, if it did so directly or through an edge in this process.
    /// Requests to the phone go there and nowhere else (RFC 5626 §7). A flow does not outlive the process, so no store
    /// keeps it.
    public internal(set) var flow: FlowID?
    /// Where the REGISTER came from.
    public internal(set) var source: TransportAddress?
    public internal(set) var userAgent: String?
    /// Which temporary GRUUs were given for it; 0 for none. A new Call-ID makes a new one (RFC 5627 §5.1).
    public internal(set) var gruuSerial: UInt64

    public init(
        id: UInt64, aor: AddressOfRecord, contact: RegisteredContact, path: [String] = [], callID: String,
        cseq: UInt32, expires: Timestamp, since: Timestamp, updated: Timestamp, flow: FlowID? = nil,
        source: TransportAddress? = nil, userAgent: String? = nil, gruuSerial: UInt64 = 0
    ) {
        self.id = id
        self.aor = aor
        self.contact = contact
        self.path = path
        self.callID = callID
        self.cseq = cseq
        self.expires = expires
        self.since = since
        self.updated = updated
        self.flow = flow
        self.source = source
        self.userAgent = userAgent
        self.gruuSerial = gruuSerial
    }

    public var instance: InstanceID? { contact.instance }
    /// Set when the binding is one flow of an instance (RFC 5626 §6); nil for a binding by Contact URI.
    public var regID: RegID? { contact.regID }
    /// The preference, 0 to 1000 for `q=0` to `q=1.000`; 1000 when the phone gave none.
    public var q: UInt16 { contact.q }
}

/// What a registrar did to its bindings, to be stored before the answer is sent.
public enum BindingChange: Sendable {
    /// Made or refreshed.
    case stored(Binding)
    case removed(Binding)
}
