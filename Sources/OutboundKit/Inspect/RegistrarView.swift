/// What a registrar with outbound (RFC 5626 §6) answers to a REGISTER as it stands, with an empty location service and no
/// passwords: this library's own registrar is asked.
public struct RegistrarView: Sendable {
    public let status: UInt16
    public let reason: String
    /// It binds one flow of an instance, and its answer has `Require: outbound`.
    public let grantsOutbound: Bool
    /// What the answer names: Unsupported, Require or Min-Expires of a refusal.
    public let fields: [String]
    /// What follows for outbound, for a person.
    public let meaning: String

    init(_ request: SIPMessage) {
        var settings = RegistrarSettings()
        settings.sendsDate = false
        settings.isStored = false
        settings.grantsGRUU = true
        let isFirstHop = request.viaCount == 1
        guard var registrar = try? Registrar(settings) else {
            self.init(500, "", false, [], "this host's libcrypto has no SHA-256, which the registrar needs")
            return
        }
        let answer = registrar.register(
            request, from: RegisterOrigin(flow: isFirstHop ? FlowID(0) : nil), at: .zero)
        let fields = answer.status < 300 ? [] : answer.fields.map { "\($0.name.text): \($0.value)" }
        self.init(
            answer.status, answer.reason, answer.grantsOutbound, fields,
            Self.meaning(answer, request, isFirstHop: isFirstHop))
    }

    private init(_ status: UInt16, _ reason: String, _ grants: Bool, _ fields: [String], _ meaning: String) {
        self.status = status
        self.reason = reason
        grantsOutbound = grants
        self.fields = fields.map(PrintableText.of)
        self.meaning = meaning
    }

    private static func meaning(_ answer: RegistrarAnswer, _ request: SIPMessage, isFirstHop: Bool) -> String {
        let hop = isFirstHop ? "the registrar is the first hop" : "the first hop's Path URI has ob"
        switch answer.status {
        case 200 where answer.grantsOutbound: return "an outbound binding: reg-id and instance are there, and \(hop)"
        case 200 where request.first(.contact) == nil: return "a query: it lists the bindings that there are"
        case 200: return plain(request)
        case 400: return "nothing is bound"
        case 420: return "nothing is bound: the phone must list what the answer names, or must not demand it"
        case 421: return "nothing is bound: the phone must support what the answer names"
        case 423: return "nothing is bound: the phone must ask for the seconds that the answer names, or more"
        case 439:
            return "nothing is bound: the phone asks for outbound, and the first hop's Path value has no ob (or there is none)"
        default: return "nothing is bound"
        }
    }

    /// Why the binding is one by RFC 3261.
    private static func plain(_ request: SIPMessage) -> String {
        let contacts = (try? request.contacts()) ?? []
        if contacts.contains(where: \.isStar) { return "all bindings of the address-of-record go" }
        guard let contact = contacts.first(where: { $0.regID != nil }) else {
            return "a plain binding: no Contact has reg-id"
        }
        if contact.instance == nil { return "a plain binding: reg-id counts only with +sip.instance" }
        if !request.hasOptionTag("outbound", in: .supported), !request.hasOptionTag("outbound", in: .require) {
            return request.viaCount == 1 || contactIsBehindOb(request)
                ? "bound by instance and reg-id, but without Require: outbound, since the phone does not list outbound"
                : "a plain binding: reg-id is ignored, since the first hop's Path value has no ob"
        }
        return "a plain binding"
    }

    private static func contactIsBehindOb(_ request: SIPMessage) -> Bool {
        ((try? request.nameAddrs(.path)) ?? []).last?.uri.hasParameter("ob") ?? false
    }
}
