/// Where faults change the answer to a REGISTER.
extension EdgeServer {
    /// How many REGISTERs of one address-of-record a fault has met, this one included.
    private mutating func occasion(_ kind: Fault.Kind, _ request: SIPMessage) -> Int {
        let user = (try? request.nameAddrs(.to).first)?.uri.description ?? ""
        let key = "\(kind.rawValue) \(user)"
        guard occasions.count < settings.limits.transactions || occasions[key] != nil else { return .max }
        occasions[key, default: 0] += 1
        return occasions[key, default: 0]
    }

    /// True when the REGISTER has been answered, or is not to be.
    mutating func spoilsRegister(_ request: SIPMessage, on id: FlowID, at now: Timestamp) -> Bool {
        let asksOutbound = request.contactHasRegID && request.hasOptionTag("outbound", in: .supported)
        for fault in settings.faults.faults {
            switch fault.kind {
            case .silence where occasion(.silence, request) <= fault.value: return true
            case .status500 where occasion(.status500, request) <= fault.value:
                answer(request, 500, Self.phrase(500), on: id, at: now)
                return true
            case .status503:
                answer(request, 503, Self.phrase(503), on: id, at: now, [(.retryAfter, "\(fault.value)")])
                return true
            case .status439 where asksOutbound:
                answer(request, 439, "First Hop Lacks Outbound Support", on: id, at: now)
                return true
            case .status420 where asksOutbound:
                answer(request, 420, Self.phrase(420), on: id, at: now, [(.unsupported, "outbound")])
                return true
            case .status421:
                answer(request, 421, Self.phrase(421), on: id, at: now, [(.require, "outbound")])
                return true
            case .status423 where asksFor(request).map { $0 > 0 && $0 < fault.value } ?? false:
                answer(request, 423, "Interval Too Brief", on: id, at: now, [(.minExpires, "\(fault.value)")])
                return true
            case .newTokenKey where registrations > fault.value:
                newTokenKey(at: now)
            default: continue
            }
        }
        return false
    }

    private func asksFor(_ request: SIPMessage) -> Int? {
        let contact = (try? request.contacts())?.first?.expires.map { Int($0) }
        return contact ?? request.integer(.expires).map { Int(min($0, UInt64(Int32.max))) }
    }

    /// Once: all tokens given out so far are strangers afterwards.
    private mutating func newTokenKey(at now: Timestamp) {
        guard !hasNewKey, let fresh = try? TokenMint(settings.tokenFormat, secret: nil) else { return }
        hasNewKey = true
        mint = fresh
        for id in flows.keys { flows[id]?.tokenURI = [] }
        note(.info, nil, "fault new-token-key: tokens have a new key", at: now)
    }

    /// Sends the registrar's answer with what faults do to it.
    mutating func sendSpoiled(registerAnswer: [UInt8], to request: SIPMessage, on id: FlowID, at now: Timestamp) {
        let plan = settings.faults
        var octets = registerAnswer
        var message = SIPMessage()
        if (try? unsafe MessageParser.parse(octets.span.bytes, into: &message)) != nil, message.statusCode / 100 == 2 {
            octets = spoiled(message, request, on: id)
        }
        if plan.has(.pongBefore200), let held = flows[id], held.isStream, held.flow.transport != .ws,
            held.flow.transport != .wss
        {
            octets = [ASCII.cr, ASCII.lf] + octets
        }
        if let fault = plan.first(.lateOK) {
            later(.send(octets, id), at: now + fault.duration)
        } else {
            sendBehindCRLF(octets, on: id, at: now)
        }
    }

    /// Sends a message before which a CRLF may stand, as the two things that a reader makes of it.
    mutating func sendBehindCRLF(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        guard octets.starts(with: [ASCII.cr, ASCII.lf]) else { return send(octets, on: id, at: now) }
        observe(id, .fromServer, at: now) { .crlf(completesPair: false, ownSegment: false) }
        if settings.observes { observeSent(Array(octets.dropFirst(2)), on: id, at: now) }
        flows[id]?.sentCRLF = false
        outputs.append(.send(octets, id))
    }

    private mutating func spoiled(_ answer: SIPMessage, _ request: SIPMessage, on id: FlowID) -> [UInt8] {
        let plan = settings.faults
        var editor = MessageEditor(status: answer.statusCode, reason: answer.text(answer.startLineText))
        let isAgain = plan.has(.changedFlowTimer) && occasion(.changedFlowTimer, request) > 1
        let changed = isAgain ? plan.first(.changedFlowTimer)?.value : nil
        let hasOutbound = answer.hasOptionTag("outbound", in: .require)
        var listsStrangers = plan.has(.threeContacts)
        for field in answer.headers {
            switch field.name {
            case .contentLength: continue
            case .require where plan.has(.noRequire): continue
            case .flowTimer where plan.has(.noRequire) || plan.has(.noFlowTimer) || changed != nil: continue
            case .contact where listsStrangers:
                listsStrangers = false
                let user = (try? request.contacts().first)?.uri?.user ?? "phone"
                for (host, expires) in [("192.0.2.11", 7), ("192.0.2.12", 3600)] {
                    editor.header(.contact, "<sip:\(user)@\(host):5060>;expires=\(expires)")
                }
                editor.copy(field, of: answer)
            default: editor.copy(field, of: answer)
            }
        }
        if let changed, changed > 0, hasOutbound { editor.header(.flowTimer, number: UInt64(changed)) }
        return editor.finish(bodyOf: answer)
    }
}
