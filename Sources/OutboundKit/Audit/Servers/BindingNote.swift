/// What makes two registrations one binding: instance-id and reg-id (RFC 5626 §6), else the place that the Contact names
/// (RFC 3261 §10.3).
struct BindingKey: Sendable, Hashable {
    let instance: InstanceID?
    let regID: RegID?
    /// nil where instance-id and reg-id are the key.
    let place: String?

    init(_ contact: Contact, _ uri: SIPURI) {
        let instance = contact.instance.flatMap { InstanceID(tolerating: $0) }
        let regID = contact.regID.flatMap { try? RegID.parse($0) }
        let isOutbound = instance != nil && regID != nil
        self.instance = instance
        self.regID = isOutbound ? regID : nil
        place = isOutbound ? nil : uri.place
    }

    /// In words: `reg-id 1`, or the place.
    var words: String { place ?? "reg-id \(regID?.description ?? "")" }
}

extension SIPURI {
    /// User, host and port: where it leads, without the parameters that registrars drop or add.
    var place: String { "\(user.map { "\($0)@" } ?? "")\(host.lowercased())\(port.map { ":\($0)" } ?? "")" }
}

/// One REGISTER for one Contact, and what its answer says that the registrar holds.
struct BindingNote: Sendable {
    /// A Contact of the answer.
    struct Listed: Sendable {
        let key: BindingKey
        let place: String
        /// Seconds; nil where it names none.
        let expires: UInt32?
    }

    /// What a refresh says again: one of it serves all REGISTERs that differ in nothing but CSeq, Via and credentials.
    final class Words: Sendable {
        let aor: String
        /// The host of the address-of-record, in lower case.
        let domain: String
        /// nil for `*`, which removes all.
        let key: BindingKey?
        let place: String
        let callID: Int
        /// Seconds that the request asked for.
        let asked: UInt64
        /// What it removes beside its own Contact (RFC 5626 §6).
        let removed: [(key: BindingKey, place: String)]
        /// Path of the request, from the top.
        let requestPath: [String]

        /// - Returns: nil where something of it cannot be read, and for several Contacts that are not removed.
        init?(_ message: SIPMessage) {
            guard let to = try? message.nameAddrs(.to).first?.uri,
                let contacts = try? message.contacts(), contacts.count <= BindingNote.maximumListed
            else { return nil }
            let header = message.integer(.expires)
            func asked(_ contact: Contact) -> UInt64 { contact.expires.map(UInt64.init) ?? header ?? 3600 }
            let kept = contacts.filter { asked($0) > 0 }
            guard kept.count <= 1, let contact = kept.first ?? contacts.first else { return nil }
            aor = RegistrationNote.user(to)
            domain = to.host.lowercased()
            key = contact.uri.map { BindingKey(contact, $0) }
            place = contact.uri?.place ?? ""
            callID = Int(RegistrationReader.callIDKey(message))
            self.asked = asked(contact)
            removed = contacts.compactMap { other in
                guard asked(other) == 0, let uri = other.uri else { return nil }
                return (BindingKey(other, uri), uri.place)
            }
            requestPath = BindingNote.path(message)
        }
    }

    /// Contacts of a message that are kept.
    static let maximumListed = 32

    let flow: FlowID
    let time: Int64
    let frame: UInt64
    /// Values of Via: 1 is what a phone sends.
    let hops: Int
    let said: Words
    let cseq: UInt32
    /// Call-ID and CSeq.
    let transaction: Int
    var status: UInt16 = 0
    var answered = Int64.never
    var grantsOutbound = false
    /// nil where the answer's Contacts were not read, or are too many.
    var listed: [Listed]?
    private var answerPath: [String] = []
    /// Expires of the answer.
    private var answerExpires: UInt64?

    /// - Returns: nil where its CSeq cannot be read.
    init?(_ message: SIPMessage, saying said: Words, _ flow: FlowID, _ time: Timestamp, _ frame: UInt64) {
        guard let cseq = try? message.cseq() else { return nil }
        self.flow = flow
        self.time = time.nanoseconds
        self.frame = frame
        self.said = said
        hops = message.viaCount
        self.cseq = cseq.number
        transaction = RegistrationReader.transactionKey(message)
    }

    mutating func take(_ answer: SIPMessage, at time: Timestamp) {
        status = answer.statusCode
        answered = time.nanoseconds
        guard isGranted else { return }
        grantsOutbound = answer.hasOptionTag("outbound", in: .require)
        answerPath = Self.path(answer)
        answerExpires = answer.integer(.expires)
        guard let contacts = try? answer.contacts(), contacts.count <= Self.maximumListed else { return }
        // With no time left it is no binding.
        listed = contacts.filter { $0.expires != 0 }.compactMap { contact in
            contact.uri.map { Listed(key: BindingKey(contact, $0), place: $0.place, expires: contact.expires) }
        }
    }

    fileprivate static func path(_ message: SIPMessage) -> [String] {
        ((try? message.nameAddrs(.path)) ?? []).prefix(8).map(\.uri.description)
    }

    var aor: String { said.aor }
    var domain: String { said.domain }
    var key: BindingKey? { said.key }
    var place: String { said.place }
    var callID: Int { said.callID }
    var requestPath: [String] { said.requestPath }
    var isGranted: Bool { (200..<300).contains(status) }
    var isRemoval: Bool { said.asked == 0 }
    /// Outbound was agreed on (RFC 5626 §6).
    var isOutbound: Bool { grantsOutbound && key?.regID != nil }
    /// What the registrar stores to reach the phone by.
    var path: [String] { requestPath.isEmpty ? answerPath : requestPath }
    /// The first hop's Path URI, if a user part makes it a place for a token.
    var token: FlowTokenName? { path.last.flatMap(FlowTokenName.init) }
    /// The edge's own Path URI says that it keeps flows.
    var hasEdge: Bool { path.last.flatMap { try? SIPURI.parse($0) }?.hasParameter("ob") == true }

    /// The own Contact in the answer.
    var own: Listed? { listed?.first { $0.key == key } }
    func lists(_ key: BindingKey) -> Bool { listed?.contains { $0.key == key } == true }

    /// Whether it takes away what another REGISTER bound. Without instance-id and reg-id a Contact's URI names the binding,
    /// and whether that is also one with them, registrars see in different ways.
    func removes(_ other: BindingNote) -> Bool {
        guard key != nil else { return isRemoval }
        return said.removed.contains { $0.key == other.key || $0.key.regID == nil && $0.place == other.place }
    }

    /// When the binding ends.
    var expiry: Int64 {
        let granted = own?.expires.map(UInt64.init) ?? answerExpires ?? said.asked
        return answered &+ Int64(min(granted, 1 << 31)) * .second
    }

    func evidence(_ observed: String, expected: String? = nil) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }

    /// What the answer lists, for a reader.
    var listing: String {
        let names = (listed ?? []).prefix(6).map { contact in
            contact.place + (contact.key.regID.map { ";reg-id=\($0)" } ?? "")
        }
        return "\(status) with \(names.isEmpty ? "no Contact" : names.joined(separator: ", "))"
    }
}

/// A URI of an edge by its user and host, which Path and Route share; parameters may be lost on the way.
struct FlowTokenName: Sendable, Hashable {
    let text: String

    init?(_ text: String) {
        guard let uri = try? SIPURI.parse(text) else { return nil }
        self.init(uri)
    }

    init?(_ uri: SIPURI) {
        guard uri.user?.isEmpty == false else { return nil }
        text = uri.place
    }

    /// The edge, without the user part.
    var edge: Substring { text.split(separator: "@").last ?? "" }
    /// The edge's host, without the port.
    var host: String { (try? SIPURI.parse("sip:\(edge)"))?.host ?? "" }
}
