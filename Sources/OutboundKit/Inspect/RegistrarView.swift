/// What a registrar with outbound (RFC 5626 §6) answers to a REGISTER, with an empty location service and no passwords: this
/// library's own registrar is asked.
public struct RegistrarView: Sendable {
    /// How the REGISTER reached it.
    public enum Way: String, Sendable, Hashable {
        case asItStands = "as-it-stands"
        /// An edge that does as RFC 5626 has it passed it on.
        case behindRFC5626 = "behind-rfc5626"
        /// An edge that does as Kamailio does passed it on.
        case behindKamailio = "behind-kamailio"
        /// Both do the same.
        case behindEither = "behind-either"

        /// For a person.
        public var words: String {
            switch self {
            case .asItStands: "as it stands"
            case .behindRFC5626: "behind an edge by RFC 5626"
            case .behindKamailio: "behind Kamailio"
            case .behindEither: "behind such an edge"
            }
        }
    }

    public let way: Way
    public let status: UInt16
    public let reason: String
    /// It binds one flow of an instance, and its answer has `Require: outbound`.
    public let grantsOutbound: Bool
    /// What the answer names: Unsupported, Require or Min-Expires of a refusal.
    public let fields: [String]
    /// What follows for outbound, for a person.
    public let meaning: String

    /// As it stands, and, where the edge would be its first hop, behind the edge.
    static func all(of request: SIPMessage, _ decisions: [OutboundDecision]) -> [RegistrarView] {
        let direct = RegistrarView(request, .asItStands)
        guard request.viaCount == 1, let rfc = decisions.first?.action, let kamailio = decisions.last?.action else {
            return [direct]
        }
        guard rfc != kamailio else { return [direct] + [behind(rfc, request, .behindEither)].compactMap { $0 } }
        return [direct]
            + [behind(rfc, request, .behindRFC5626), behind(kamailio, request, .behindKamailio)].compactMap { $0 }
    }

    /// The REGISTER as an edge passes it on; nil when it does not.
    private static func behind(
        _ action: OutboundDecision.Action, _ request: SIPMessage, _ way: Way
    ) -> RegistrarView? {
        let path: String
        switch action {
        case .pathWithTokenAndOb: path = "Path: <sip:token@edge.invalid;lr;ob>\r\n"
        case .pathWithToken: path = "Path: <sip:token@edge.invalid;lr>\r\n"
        case .plainPath: path = "Path: <sip:edge.invalid;lr>\r\n"
        case .nothing: path = ""
        case .extensionRequired, .recordRouteOfSource, .recordRouteOfRoute, .plainRecordRoute: return nil
        }
        guard let field = request.headers.first?.nameText else { return nil }
        var octets = Array(request.bytes[..<field.start])
        octets.append(text: "Via: SIP/2.0/UDP edge.invalid;branch=z9hG4bKedge\r\n\(path)")
        octets += request.bytes[field.start...]
        var passedOn = SIPMessage()
        guard (try? unsafe MessageParser.parse(octets.span.bytes, into: &passedOn)) != nil else { return nil }
        return RegistrarView(passedOn, way)
    }

    private init(_ request: SIPMessage, _ way: Way) {
        var settings = RegistrarSettings()
        settings.sendsDate = false
        settings.isStored = false
        settings.grantsGRUU = true
        let isFirstHop = request.viaCount == 1
        guard var registrar = try? Registrar(settings) else {
            self.init(way, 500, "", false, [], "this host's libcrypto has no SHA-256, which the registrar needs")
            return
        }
        let answer = registrar.register(
            request, from: RegisterOrigin(flow: isFirstHop ? FlowID(0) : nil), at: .zero)
        let fields = answer.status < 300 ? [] : answer.fields.map { "\($0.name.text): \($0.value)" }
        self.init(
            way, answer.status, answer.reason, answer.grantsOutbound, fields,
            Self.meaning(answer, request, isFirstHop: isFirstHop))
    }

    private init(
        _ way: Way, _ status: UInt16, _ reason: String, _ grants: Bool, _ fields: [String], _ meaning: String
    ) {
        self.way = way
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
            return
                "nothing is bound: the phone asks for outbound, and the first hop's Path value has no ob (or there is none)"
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
