/// What one REGISTER said and how it was answered, as far as the rules about a device's conduct need it.
struct RegistrationNote: Sendable {
    /// What a refresh says again: one of it serves all REGISTERs that differ in nothing but CSeq, Via and credentials.
    final class Words: Sendable {
        /// The URI of To: scheme, user and host.
        let aor: String
        let instance: InstanceID?
        /// The URN as it was written.
        let urn: String?
        let regID: String?
        let callID: String
        /// The Contact URI, without what stands behind it.
        let contact: String
        /// The address in it; nil where it names a host.
        let contactHost: IPAddress?
        let contactIsGRUU: Bool
        let isRemoval: Bool
        /// From and To name different users: somebody registers for another (RFC 3261 §10.2).
        let isThirdParty: Bool

        /// - Returns: nil for what has no readable To, From, Call-ID or Contact, for several Contacts, and for `Contact: *`.
        init?(_ message: SIPMessage) {
            guard let callID = message.callID, let to = try? message.nameAddrs(.to).first?.uri,
                let from = try? message.nameAddrs(.from).first?.uri,
                let contacts = try? message.contacts(), contacts.count == 1, let contact = contacts.first,
                let uri = contact.uri
            else { return nil }
            aor = RegistrationNote.user(to)
            isThirdParty = aor != RegistrationNote.user(from)
            urn = contact.instance.map { text in
                text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : text
            }
            instance = urn.flatMap { try? InstanceID(urn: $0) }
            regID = contact.regID
            self.callID = message.text(callID)
            self.contact = uri.description
            contactHost = IPAddress(uri.host)
            contactIsGRUU = uri.hasParameter("gr")
            let expires = contact.expires.map(UInt64.init) ?? message.integer(.expires)
            isRemoval = expires == 0
        }
    }

    let flow: FlowID
    let time: Int64
    let frame: UInt64
    let said: Words
    /// Equal for REGISTERs that say the same (`RegistrationReader.wordsKey`).
    let words: Int
    let cseq: UInt32
    let branch: String
    /// Which challenge its credentials answer (`RegistrationReader.nonceKey`).
    let nonce: Int
    /// The final answer; 0 without one.
    var status: UInt16 = 0
    var answered = Int64.never
    /// Where the request came from by `received` and `rport` of the answer's Via (RFC 3581 §4); nil without rport.
    var mapped: TransportAddress?
    /// What the 2xx gave it (RFC 5627 §3.2).
    var temporaryGRUU: String?

    var aor: String { said.aor }
    var instance: InstanceID? { said.instance }
    var urn: String? { said.urn }
    var regID: String? { said.regID }
    var callID: String { said.callID }
    var contact: String { said.contact }
    var contactHost: IPAddress? { said.contactHost }
    var contactIsGRUU: Bool { said.contactIsGRUU }
    var isRemoval: Bool { said.isRemoval }
    var isThirdParty: Bool { said.isThirdParty }
    var isGranted: Bool { (200..<300).contains(status) }

    func evidence(_ observed: String, expected: String? = nil) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }

    /// - Parameter said: what the message says; its words' key is `words`.
    /// - Returns: nil for what has no readable CSeq or Via.
    init?(
        _ message: SIPMessage, saying said: Words, words: Int, _ flow: FlowID, _ time: Timestamp, _ frame: UInt64
    ) {
        guard let cseq = try? message.cseq(), let via = try? message.topVia() else { return nil }
        self.flow = flow
        self.time = time.nanoseconds
        self.frame = frame
        self.said = said
        self.words = words
        self.cseq = cseq.number
        branch = via.branch ?? ""
        nonce = RegistrationReader.nonceKey(message)
    }

    /// The temporary GRUU that a 2xx gives to the contact with that reg-id. One comparison for each parameter where there
    /// is none.
    static func temporaryGRUU(_ message: SIPMessage, regID: String?) -> String? {
        let name: StaticString = ";temp-gruu"
        let isThere = message.withSpan { span in
            message.headers.contains { field in
                guard field.name == .contact else { return false }
                var at = field.value.start
                while let hit = span.firstOffset(of: ASCII.semicolon, in: at..<field.value.end),
                    hit + name.utf8CodeUnitCount <= field.value.end
                {
                    if span.equalsIgnoringCase(name, in: hit..<hit + name.utf8CodeUnitCount) { return true }
                    at = hit + 1
                }
                return false
            }
        }
        guard isThere, let contacts = try? message.contacts(),
            let own = contacts.first(where: { $0.regID == regID }) ?? contacts.first,
            let value = own.parameters.first(where: { ASCII.equalsIgnoringCase($0.name, "temp-gruu") })?.value
        else { return nil }
        return (try? SIPURI.parse(value))?.description
    }

    static func mapped(_ answer: borrowing SIPMessage) -> TransportAddress? {
        guard let via = try? answer.topVia(), case .value(let text) = via.rport, let port = UInt16(text),
            let ip = IPAddress(via.received ?? via.host)
        else { return nil }
        return TransportAddress(ip: ip, port: port)
    }

    static func user(_ uri: SIPURI) -> String {
        "\(uri.scheme):\(uri.user.map { "\($0)@" } ?? "")\(uri.host.lowercased())"
    }
}

/// A request that opens a dialog, sent by a device over a flow that it registered.
struct DialogNote: Sendable {
    /// How the Contact says that the dialog shall keep to the flow (RFC 5626 §4.3).
    enum Contact: Sendable {
        /// The URI has `ob`, or is a GRUU.
        case keepsToFlow
        /// `ob` stands behind the angle bracket, where it means nothing.
        case misplaced
        case silent
    }

    let time: Int64
    let frame: UInt64
    let method: SIPMethod
    let supportsOutbound: Bool
    let contact: Contact
    /// The Contact URI where it is a GRUU (RFC 5627 §3.1), and whether a temporary one, whose `gr` has no value.
    let gruu: (uri: String, isTemporary: Bool)?

    static let methods: Set<SIPMethod> = [.invite, .subscribe, .refer]

    /// - Returns: nil for a request within a dialog, and for one whose Contact cannot be read.
    init?(_ message: SIPMessage, _ time: Timestamp, _ frame: UInt64) {
        guard let to = try? message.nameAddrs(.to).first, to.parameter("tag") == nil,
            let contact = try? message.contacts().first, let uri = contact.uri
        else { return nil }
        self.time = time.nanoseconds
        self.frame = frame
        method = message.method
        supportsOutbound =
            message.hasOptionTag("outbound", in: .supported) || message.hasOptionTag("outbound", in: .require)
        gruu = uri.parameter("gr").map { (uri.description, $0.isEmpty) }
        if uri.hasParameter("ob") || uri.hasParameter("gr") {
            self.contact = .keepsToFlow
        } else {
            self.contact =
                contact.parameters.contains { ASCII.equalsIgnoringCase($0.name, "ob") } ? .misplaced : .silent
        }
    }

    func evidence(_ observed: String, expected: String) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }
}

/// The first request that opens a dialog on a flow without a registration.
struct StrangerNote: Sendable {
    /// Who From says it is.
    let aor: String
    let userAgent: String?
    let note: DialogNote

    init?(_ message: SIPMessage, _ time: Timestamp, _ frame: UInt64) {
        guard let note = DialogNote(message, time, frame), let from = try? message.nameAddrs(.from).first else {
            return nil
        }
        aor = RegistrationNote.user(from.uri)
        userAgent = message.first(.userAgent).map { message.text($0.value) }
        self.note = note
    }
}
