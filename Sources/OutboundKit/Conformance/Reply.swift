/// A request and what came of it.
struct Reply: Sendable {
    /// As it was sent last, after challenges.
    let request: SIPMessage
    let sent: Timestamp
    /// The final response; nil when none came until `ended`.
    var response: SIPMessage?
    var ended: Timestamp
    var provisionals: [SIPMessage] = []
    var challenged: RegistrationExchange.Challenged?
    var transmissions = 1
    /// The flow ended before a final response was there.
    var loss: FlowLoss?
    /// How the WebSocket under it ended, where it did.
    var webSocketEnding: WebSocketEnding?
    /// The status of a final response that came without Content-Length on a stream, and so is none.
    var unframed: UInt16?
    /// A final response that came from elsewhere, and so is none.
    var stranger: StrangeAnswer?
    let flow: Flow
    /// The server at its far end; nil where the flow was opened to us.
    let target: SuiteTarget?

    /// 0 without a final response.
    var status: UInt16 { response?.statusCode ?? 0 }
    var isSuccess: Bool { (200...299).contains(status) }
    var delay: Duration { ended - sent }
    /// A refusal that says nothing but that it is the wrong moment (RFC 3261 §21.5.4).
    var isTemporary: Bool { status == 503 }

    /// `200 OK`, or that nothing came.
    var line: String {
        if let response { return "\(response.statusCode) \(response.text(response.startLineText))" }
        if let unframed { return "a \(unframed) without Content-Length" }
        if let webSocketEnding { return "no final response: \(webSocketEnding)" }
        if let stranger { return "no final response in \(seconds) s but \(stranger)" }
        return loss.map { "no final response: the flow is \($0.words)" } ?? "no final response in \(seconds) s"
    }
    private var seconds: String { DecimalSeconds.text(delay.inNanoseconds, places: 1) }

    // MARK: REGISTER

    var grantsOutbound: Bool { response?.hasOptionTag("outbound", in: .require) ?? false }
    var flowTimer: UInt64? { response?.integer(.flowTimer) }
    /// The bindings that the response lists: all its Contacts but those with no time left, which are none; empty when they
    /// cannot be read.
    var contacts: [Contact] { ((try? response?.contacts()) ?? []).filter { $0.expires != 0 } }
    var path: [NameAddr] { (try? response?.nameAddrs(.path)) ?? [] }

    /// The Path values of the request, as written.
    var sentPath: [String] { ((try? request.nameAddrs(.path)) ?? []).map(\.description) }

    /// Where the first hop says that the request came from: `received`, else sent-by, with `rport`.
    var reflexiveAddress: TransportAddress? {
        (try? response?.topVia())?.reflexiveAddress
    }

    /// The contacts of that instance and reg-id.
    func contacts(_ instance: InstanceID, _ regID: UInt32) -> [Contact] {
        contacts.filter {
            $0.instance.flatMap(InstanceID.init(tolerating:)) == instance && $0.regID == String(regID)
        }
    }

    /// The contact of that instance and reg-id where it is listed, and with no time left: it is not bound.
    func spent(_ instance: InstanceID, _ regID: UInt32) -> Contact? {
        guard let response, let all = try? response.contacts() else { return nil }
        let sent = (try? request.contacts())?.first?.uri
        let own = OwnContact(instance: instance, regID: try? RegID.parse("\(regID)"), uri: sent)
        return ListedContacts(all, header: response.integer(.expires), own: own).spent
    }

    /// Header fields of the response for evidence.
    func shown(_ name: HeaderName) -> String {
        response?.shown(name, name.text.description) ?? "no response"
    }

    /// What the rules over one REGISTER and its answer look at.
    func exchange(subject: String, firstHop: RegistrationExchange.FirstHop) -> RegistrationExchange {
        var exchange = RegistrationExchange(
            subject: subject, flow: flow, request: request, sent: sent, response: response, ended: ended)
        exchange.firstHop = firstHop
        exchange.provisionalCount = provisionals.count
        exchange.transmissions = transmissions
        exchange.responseSource = response == nil ? nil : flow.remote
        exchange.challenged = challenged
        return exchange
    }
}
