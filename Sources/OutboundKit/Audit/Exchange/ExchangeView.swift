/// What the rules look at: the fields of one exchange, each decoded once.
struct ExchangeView {
    let exchange: RegistrationExchange
    let vantage: Vantage
    let request: RequestFacts
    /// nil when no final response came.
    let answer: AnswerFacts?
    /// What the user part of the first hop's Path URI is; nil when there is none.
    let token: TokenAssessment?

    init(_ exchange: RegistrationExchange, vantage: Vantage) {
        self.exchange = exchange
        self.vantage = vantage
        let request = RequestFacts(exchange.request)
        self.request = request
        let answer = exchange.response.map { AnswerFacts($0, to: request) }
        self.answer = answer
        let path = vantage == .core ? request.path : answer?.path ?? []
        token = path.last.flatMap { Self.examine($0.uri) }
    }

    /// Without the operator's keys: only those that everybody knows are tried.
    private static func examine(_ uri: SIPURI) -> TokenAssessment? {
        guard let user = uri.user, !user.isEmpty else { return nil }
        let parameters = uri.parameters.map { TokenContext.Parameter(name: $0.name.lowercased(), value: $0.value) }
        let context = TokenContext(host: uri.host, port: uri.port, parameters: parameters)
        let text = Array(user.utf8)
        return unsafe FlowTokenExaminer(keys: FlowTokenKeyRing([])).examine(text.span.bytes, context: context)
    }

    /// The first hop's Path URI's user part, shortened.
    var tokenText: String { String((path.last?.uri.user ?? "").prefix(100)) }

    var isStream: Bool { exchange.flow.transport.isStream }

    /// The 2xx, if that is what came.
    var success: AnswerFacts? { answer.flatMap { $0.isSuccess ? $0 : nil } }

    /// The Path values that the registrar had before it, as far as they show: the request's own at the core, else those
    /// that the 2xx gives back.
    var path: [NameAddr] { vantage == .core ? request.path : success?.path ?? [] }
    /// The request's Path came back below values of other hosts, as behind a proxy that puts its own on top (RFC 3327 §5.2).
    var pathGrewOnTop: Bool {
        let sent = request.path.map(\.uri)
        let back = (success?.path ?? []).map(\.uri)
        guard !sent.isEmpty, back.count > sent.count, Array(back.suffix(sent.count)) == sent else { return false }
        return Set(back.dropLast(sent.count).map { $0.host.lowercased() })
            .isDisjoint(with: sent.map { $0.host.lowercased() })
    }

    /// How many of the last Path values the first hop wrote.
    var firstHopValues: Int { Self.firstHopValues(of: path) }

    /// Between two networks a proxy writes its URI once for each side, with `r2` and one user part in both (`enable_r2` of
    /// Kamailio's module path).
    static func firstHopValues(of path: [NameAddr]) -> Int {
        guard let first = path.last?.uri, first.hasParameter("r2"), let other = path.dropLast().last?.uri else {
            return 1
        }
        return other.hasParameter("r2") && other.user == first.user ? 2 : 1
    }

    /// Whether some proxy stood between the client and the registrar: a Path tells, or a second Via at the core.
    var hasProxyBefore: Bool { !path.isEmpty || vantage == .core && request.viaCount > 1 }

    /// What Path must say for outbound (RFC 5626 §6): the registrar is the first hop, or the first hop's URI has `ob`.
    /// nil when it does not show: no Path came back, and who stands at the far end is not known.
    var pathAllowsOutbound: Bool? {
        if let first = path.last { return first.uri.hasParameter("ob") }
        if vantage == .core { return request.viaCount == 1 }
        return exchange.firstHop == .registrar ? true : nil
    }
}

/// The REGISTER.
struct RequestFacts {
    let message: SIPMessage
    /// nil when Contact cannot be read.
    let contacts: [Contact]?
    /// The contacts that are to be bound.
    let bound: [Contact]
    /// The one that the exchange is about: of those to be bound, or else of all, one with a reg-id, or else the first.
    let own: Contact?
    let regIDText: String?
    /// nil without reg-id, and for one outside the grammar or its range.
    let regID: RegID?
    let instance: InstanceID?
    let path: [NameAddr]
    let via: Via?
    let viaCount: Int
    let offersOutbound: Bool
    let offersPath: Bool
    let offersGRUU: Bool

    init(_ message: SIPMessage) {
        self.message = message
        let contacts = try? message.contacts()
        self.contacts = contacts
        let header = message.integer(.expires)
        bound = (contacts ?? []).filter { !$0.isStar && Self.expiry($0, header) > 0 }
        let candidates = contacts ?? []
        // Beside a new contact an old one may be taken away (RFC 3261 §10.2.2).
        own =
            bound.first { $0.regID != nil } ?? bound.first ?? candidates.first { $0.regID != nil } ?? candidates.first
        regIDText = own?.regID
        regID = regIDText.flatMap { try? RegID.parse($0) }
        instance = own?.instance.flatMap { InstanceID(tolerating: $0) }
        path = (try? message.nameAddrs(.path)) ?? []
        via = try? message.topVia()
        viaCount = message.viaCount
        func offers(_ tag: StaticString) -> Bool {
            message.hasOptionTag(tag, in: .supported) || message.hasOptionTag(tag, in: .require)
        }
        offersOutbound = offers("outbound")
        offersPath = offers("path")
        offersGRUU = offers("gruu")
    }

    /// Seconds asked for (RFC 3261 §10.2.1.1): the parameter, the header field, or an hour.
    static func expiry(_ contact: Contact, _ header: UInt64?) -> UInt64 {
        contact.expires.map(UInt64.init) ?? header ?? 3600
    }

    var isStar: Bool { own?.isStar ?? false }
    var expirySeconds: UInt64 { own.map { Self.expiry($0, message.integer(.expires)) } ?? 0 }
    /// It binds at least one contact.
    var binds: Bool { !bound.isEmpty }
    /// All that RFC 5626 §6 wants of the client, but for the Path.
    var asksForOutbound: Bool { binds && regID != nil && instance != nil && offersOutbound }
}

/// The final response.
struct AnswerFacts {
    let message: SIPMessage
    let status: UInt16
    /// nil when Contact cannot be read.
    let contacts: [Contact]?
    /// Those of them that have time left; nil when Contact cannot be read.
    let bindings: [Contact]?
    /// The request's own contact as the registrar has it bound: by instance and reg-id, else by URI.
    let own: Contact?
    /// The same where it is listed with no time left.
    let spent: Contact?
    let path: [NameAddr]
    let pathIsReadable: Bool
    let via: Via?
    let viaCount: Int
    let grantsOutbound: Bool

    init(_ message: SIPMessage, to request: RequestFacts) {
        self.message = message
        status = message.statusCode
        let contacts = try? message.contacts()
        self.contacts = contacts
        let ours = OwnContact(instance: request.instance, regID: request.regID, uri: request.own?.uri)
        let listed = ListedContacts(contacts ?? [], header: message.integer(.expires), own: ours)
        bindings = contacts == nil ? nil : listed.bindings
        own = listed.own
        spent = listed.spent
        let path = try? message.nameAddrs(.path)
        self.path = path ?? []
        pathIsReadable = path != nil
        via = try? message.topVia()
        viaCount = message.viaCount
        grantsOutbound = message.hasOptionTag("outbound", in: .require)
    }

    var isSuccess: Bool { (200...299).contains(status) }

    /// A header field as it stands, for evidence: `Require: outbound`, or `no Require`.
    func shown(_ name: HeaderName, _ text: String) -> String { message.shown(name, text) }

    /// The start-line without the version: `200 OK`.
    var line: String { "\(status) \(message.text(message.startLineText))" }
}

extension SIPMessage {
    /// The fields of that name for evidence, at most 200 characters each, or that there is none.
    func shown(_ name: HeaderName, _ text: String) -> String {
        let fields = headers.filter { $0.name == name }
        guard !fields.isEmpty else { return "no \(text)" }
        return fields.map { "\(text): \(self.text($0.value).prefix(200))" }.joined(separator: "; ")
    }
}
