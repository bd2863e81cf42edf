/// A binding that the server may hold because of a case.
struct BoundContact: Sendable, Hashable {
    let user: SIPURI
    let target: SuiteTarget
    /// The Contact without its expiry.
    let contact: String
    let supported: [String]
    let lowerVias: [String]
    /// Behind fake proxies the registrar may look at Path before it looks at the Contact.
    let path: [String]
    /// A 2xx said that it is bound.
    var isGranted = false
    /// The last attempt was refused by an answer behind which no 2xx can be lost.
    var isRefused = false

    /// Whether both are removed by the same words.
    func isSame(_ other: BoundContact) -> Bool {
        var one = self
        one.isGranted = other.isGranted
        one.isRefused = other.isRefused
        return one == other
    }

    /// Whether the request says the same of how to bind.
    func isSaid(by draft: RequestDraft) -> Bool {
        supported == draft.supported && lowerVias == draft.lowerVias && path == draft.path
    }
}

/// Phones that register (RFC 5626 §4.2).
extension TestBed {
    /// A phone of the plan's user on a flow of its own; nothing is registered yet.
    /// - Parameters:
    ///   - device: 0 is the device itself, others are further ones of the same user.
    mutating func phone(
        regID: UInt32 = 1, device: Int = 0, to target: SuiteTarget? = nil, from local: TransportAddress? = nil,
        as user: SuiteUser? = nil
    ) async throws(CaseStop) -> Phone {
        let phone = try await open(to: target, from: local)
        let account = (user ?? plan.user).addressOfRecord
        let flow = flow(phone)
        var parameters = flow.transport == .udp ? "" : ";transport=\(flow.transport)"
        parameters += ";ob"
        let host = flow.transport.isWebSocket ? "\(word(12)).invalid" : "\(flow.local)"
        let identity = Station.Identity(
            user: account, instance: instance(device), regID: regID,
            contactURI: "sip:\(account.user ?? "")@\(host)\(parameters)", callID: word(24), fromTag: word(12))
        stations[phone.flow]?.identity = identity
        return phone
    }

    /// The URN of the plan's device, or of a further one of the same user.
    func instance(_ device: Int) -> InstanceID {
        guard device != 0 else { return plan.instance }
        // The last digits count up, so that the URN stays of its scheme and the same in each run.
        let last = plan.instance.urn.suffix(2).reduce(0) { $0 * 16 + ($1.hexDigitValue ?? 0) }
        let digits = String((last + device) & 0xFF, radix: 16)
        let urn = plan.instance.urn.dropLast(2) + (digits.utf8.count < 2 ? "0" : "") + digits
        return (try? InstanceID(urn: String(urn))) ?? plan.instance
    }

    /// The REGISTER that an outbound phone sends.
    mutating func registration(_ phone: Phone) -> RequestDraft {
        guard var identity = stations[phone.flow]?.identity else { preconditionFailure("a phone has an identity") }
        identity.cseq += 1
        stations[phone.flow]?.identity = identity
        let user = identity.user.description
        var draft = RequestDraft(
            "REGISTER", plan.registrar.description, from: user, fromTag: identity.fromTag, to: user,
            callID: identity.callID, cseq: identity.cseq)
        if let route = station(phone).target?.route { draft.route = ["<\(route)>"] }
        draft.supported = ["path", "outbound", "gruu"]
        draft.contacts = [
            RequestDraft.ContactDraft(
                uri: identity.contactURI, instance: identity.instance.urn, regIDs: [String(identity.regID)],
                expires: String(plan.expiresSeconds))
        ]
        return draft
    }

    /// Sends the phone's REGISTER, changed by `edit`.
    mutating func register(
        _ phone: Phone, within patience: Duration? = nil, _ edit: (inout RequestDraft) -> Void = { _ in }
    ) async throws(CaseStop) -> Reply {
        var draft = registration(phone)
        edit(&draft)
        // Whatever the answer says: what was asked for may have been done.
        let before = bindings
        remember(draft, phone)
        let reply = try await ask(phone, draft, within: patience)
        // Where nobody listens, nobody has bound anything.
        if reply.loss == .portUnreachable { bindings = before }
        note(reply, draft, phone)
        return reply
    }

    /// Notes what the answer to `draft` says of bindings.
    private mutating func note(_ reply: Reply, _ draft: RequestDraft, _ phone: Phone) {
        guard reply.response != nil, let user = stations[phone.flow]?.identity?.user else { return }
        // A proxy that waited in vain may have lost the registrar's 200; the others have bound nothing (RFC 3261 §10.3).
        let isRefused = !reply.isSuccess && ![408, 504].contains(reply.status)
        for contact in draft.contacts {
            let binds = contact.uri != "*" && contact.expires != "0"
            for index in bindings.indices where bindings[index].user == user {
                let isMeant =
                    contact.uri == "*"
                    || bindings[index].contact == contact.bareText && (!binds || bindings[index].isSaid(by: draft))
                guard isMeant else { continue }
                if reply.isSuccess { bindings[index].isGranted = binds }
                bindings[index].isRefused = binds && isRefused
            }
        }
    }

    /// Sends the phone's REGISTER, and again a few times while the server only has trouble of its own (5xx).
    mutating func registerPatiently(
        _ phone: Phone, _ edit: (inout RequestDraft) -> Void = { _ in }
    ) async throws(CaseStop) -> Reply {
        var reply = try await register(phone, edit)
        for _ in 0..<7 where reply.status >= 500 && reply.status < 600 && !reply.isTemporary {
            try await settle()
            reply = try await register(phone, edit)
        }
        return reply
    }

    /// A phone that is registered with outbound; without that there is nothing for the case to judge.
    mutating func registeredPhone(
        regID: UInt32 = 1, device: Int = 0, to target: SuiteTarget? = nil, from local: TransportAddress? = nil,
        as user: SuiteUser? = nil, _ edit: (inout RequestDraft) -> Void = { _ in }
    ) async throws(CaseStop) -> (phone: Phone, reply: Reply) {
        let phone = try await phone(regID: regID, device: device, to: target, from: local, as: user)
        let reply = try await register(phone, edit)
        guard reply.isSuccess else {
            throw .unknown(.configuration, "the phone was not registered: \(reply.line)")
        }
        if let spent = reply.spent(instance(device), regID) {
            unbound = unbound ?? "\(spent)"
            throw .unknown(
                .configuration, "the phone was not registered: its binding is listed with no time left, \(spent)")
        }
        return (phone, reply)
    }

    /// Asks for the list of bindings (RFC 3261 §10.2.3) over that phone's flow.
    mutating func bindings(seenBy phone: Phone) async throws(CaseStop) -> Reply {
        var draft = registration(phone)
        draft.contacts = []
        draft.supported = ["path"]
        return try await ask(phone, draft)
    }

    /// Removes the phone's binding, by the REGISTER that made it: changed by `edit`.
    mutating func unregister(
        _ phone: Phone, _ edit: (inout RequestDraft) -> Void = { _ in }
    ) async throws(CaseStop) -> Reply {
        var draft = registration(phone)
        edit(&draft)
        for index in draft.contacts.indices { draft.contacts[index].expires = "0" }
        let reply = try await ask(phone, draft)
        if reply.isSuccess {
            let contacts = draft.contacts.map(\.bareText)
            bindings.removeAll { contacts.contains($0.contact) }
        }
        return reply
    }

    /// Notes what `draft` binds, to be removed in the end.
    mutating func remember(_ draft: RequestDraft, _ phone: Phone) {
        guard let user = stations[phone.flow]?.identity?.user, let target = station(phone).target else { return }
        for contact in draft.contacts where contact.uri != "*" && contact.expires != "0" {
            let bound = BoundContact(
                user: user, target: target, contact: contact.bareText, supported: draft.supported,
                lowerVias: draft.lowerVias, path: draft.path)
            if let known = bindings.firstIndex(where: bound.isSame) {
                bindings[known].isRefused = false
            } else {
                bindings.append(bound)
            }
        }
    }

    // MARK: Callers

    /// A flow to where calls come in; nobody is registered on it.
    mutating func caller() async throws(CaseStop) -> Phone { try await open(to: plan.core) }

    /// A request of a caller to `uri`, by default to the plan's user.
    mutating func call(_ method: String, to uri: String? = nil, route: [String] = []) -> RequestDraft {
        let user = plan.user.addressOfRecord.description
        let from = (plan.otherUser ?? plan.user).addressOfRecord.description
        var draft = RequestDraft(
            method, uri ?? user, from: from, fromTag: word(12), to: user, callID: word(24), cseq: 1)
        draft.route = route
        if method == "MESSAGE" {
            draft.body = Array("sipob".utf8)
            draft.contentType = "text/plain"
        }
        return draft
    }

    /// The arrivals of one call, ACK included, over all flows of the case.
    /// - Parameter mark: how many arrivals of whatever there were before.
    func arrivals(of draft: RequestDraft, since mark: Int = 0) -> [Arrival] {
        arrivals[mark...].filter { arrival in
            arrival.request.callID.map { arrival.request.text($0) } == draft.callID
        }
    }
}
