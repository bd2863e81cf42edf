/// REGISTER, answered here (RFC 3261 §10.3, RFC 5626 §5.1 and §6 in one).
///
/// A copy of a REGISTER is answered anew, not from a transaction: the registrar gives the same answer to the same CSeq,
/// and tens of thousands of registrations a second would each have to be kept for 32 s (Timer J).
extension EdgeServer {
    /// Whether a REGISTER is for the registrar in this process.
    func answersRegister(_ request: SIPMessage) -> Bool {
        if case .edge = settings.role { return false }
        // A Route may lead past us; then it is routed like any request.
        return request.first(.route) == nil || leadsHere(request)
    }

    private func leadsHere(_ request: SIPMessage) -> Bool {
        guard let routes = try? request.nameAddrs(.route) else { return true }
        return routes.allSatisfy { isSelf($0.uri) }
    }

    mutating func register(_ request: SIPMessage, on id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id) else { return }
        for name in [HeaderName.via, .from, .to, .callID, .cseq] where request.first(name) == nil {
            answer(request, 400, "Bad Request: \(name.text) is missing", on: id, at: now)
            return
        }
        guard isOurDomain(of: request) else {
            answer(request, 404, "Not Found: No Such Domain Here", on: id, at: now)
            return
        }
        registrations &+= 1
        if !settings.faults.isEmpty, spoilsRegister(request, on: id, at: now) { return }
        let isFirstHop = request.viaCount == 1
        var origin = RegisterOrigin(flow: nil, source: flows.values[slot].flow.remote)
        if isFirstHop {
            origin.flow = id
            if settings.role == .edgeAndRegistrar, settings.outbound.wantsOutbound(request) {
                origin.firstHopIsEdge = true
                // The registrar knows the flow itself, so the Path only goes to phones that understand it.
                if request.hasOptionTag("path", in: .supported) { origin.path = pathText(id) }
            }
        }
        var answer = registrar.register(request, from: origin, at: now)
        if !answer.changes.isEmpty, let persist = settings.persist, !persist(answer.changes) {
            registrar.undo(answer)
            answer = .storageFailed
        }
        if answer.status / 100 == 2, isFirstHop { mark(id, answer, hasPath: origin.path != nil, at: now) }
        sendRegisterAnswer(answer, to: request, isFirstHop: isFirstHop, on: id, at: now)
    }

    private mutating func sendRegisterAnswer(
        _ answer: RegistrarAnswer, to request: SIPMessage, isFirstHop: Bool, on id: FlowID, at now: Timestamp
    ) {
        guard let slot = flows.index(forKey: id) else { return }
        counters.registrations[answer.status, default: 0] += 1
        var editor = MessageEditor(
            status: answer.status, reason: answer.reason, to: request, stamp: flows.values[slot].stamp,
            toTag: tag(for: request))
        editor.append(fieldsOf: answer)
        if answer.grantsOutbound, isFirstHop, let timer = settings.flowTimer {
            editor.header(.flowTimer, number: UInt64(timer))
        }
        editor.header(.server, settings.software)
        let octets = editor.finish()
        if settings.faults.isEmpty {
            send(octets, on: id, at: now)
        } else {
            sendSpoiled(registerAnswer: octets, to: request, on: id, at: now)
        }
    }

    /// Remembers what a 2xx promises on a flow.
    private mutating func mark(_ id: FlowID, _ answer: RegistrarAnswer, hasPath: Bool, at now: Timestamp) {
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].isEndpoint = true
        if hasPath { flows.values[slot].hasToken = true }
        if answer.grantsOutbound, !flows.values[slot].hasOutbound {
            flows.values[slot].hasOutbound = true
            hasten(id, at: now)
        }
        if let until = answer.boundUntil, until > flows.values[slot].boundUntil {
            flows.values[slot].boundUntil = until
        }
    }

    private func isOurDomain(of request: SIPMessage) -> Bool {
        guard !settings.domains.isEmpty else { return true }
        guard let uri = requestURI(request) else { return true }
        return isSelf(uri) || isLocalDomain(uri.host)
    }

    // MARK: Tokens

    /// `sip:TOKEN@host:port;transport=…` for a flow, at our end of it; made once a flow. Empty when the token's format
    /// cannot hold the flow.
    mutating func tokenURI(_ id: FlowID) -> [UInt8] {
        guard let slot = flows.index(forKey: id) else { return [] }
        if !flows.values[slot].tokenURI.isEmpty { return flows.values[slot].tokenURI }
        let flow = flows.values[slot].flow
        var text = Array("sip:".utf8)
        guard appendToken(flow, to: &text) else { return [] }
        text.append(text: "@\(Self.uriSuffix(flow.transport, flow.local))")
        flows.values[slot].tokenURI = text
        flows.values[slot].path = "<\(String(decoding: text, as: UTF8.self));lr;ob>"
        return text
    }

    mutating func pathText(_ id: FlowID) -> String? {
        guard !tokenURI(id).isEmpty, let slot = flows.index(forKey: id) else { return nil }
        return flows.values[slot].path
    }

    /// `host:port`, with the transport where it is not UDP.
    static func uriSuffix(_ transport: TransportProtocol, _ local: TransportAddress) -> String {
        transport == .udp ? "\(local)" : "\(local);transport=\(transport)"
    }

    /// A tag of ours, the same for copies of a request.
    func tag(for request: SIPMessage) -> UInt64 {
        var hash: UInt32 = 2_166_136_261
        for name in [HeaderName.callID, .from] {
            guard let field = request.first(name) else { continue }
            for octet in request.bytes[field.value.range] { hash = (hash ^ UInt32(octet)) &* 16_777_619 }
        }
        return tagPrefix | UInt64(hash)
    }
}
