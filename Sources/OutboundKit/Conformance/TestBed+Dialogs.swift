/// One side of a dialog (RFC 3261 §12): what its next request is made of.
struct Dialog: Sendable {
    /// The flow over which its requests go.
    var phone: Phone
    /// The other side's Contact.
    let target: String
    let route: [String]
    let own: String
    let ownTag: String
    let peer: String
    let peerTag: String
    let callID: String
    var cseq: UInt32
}

/// A call that was answered with 200 and not yet acknowledged.
struct EstablishedCall: Sendable {
    /// As it came to the one who was called.
    let invite: Arrival
    /// The 200 as it came to the caller.
    let reply: Reply
    var caller: Dialog
    var callee: Dialog
}

/// Calls with all that follows the INVITE (RFC 3261 §12.2, §13.2.2.4).
extension TestBed {
    /// Who calls: the other account as a registered phone, where the suite has one; else somebody unregistered.
    mutating func callingPhone() async throws(CaseStop) -> Phone {
        guard let other = plan.otherUser else { return try await caller() }
        return try await registeredPhone(as: other).phone
    }

    /// An INVITE to the plan's user, with a Contact that leads back over the caller's flow.
    mutating func invite(from caller: Phone, to uri: String? = nil, contact: String? = nil) -> RequestDraft {
        var draft = call("INVITE", to: uri)
        let flow = flow(caller)
        let own = station(caller).identity?.contactURI ?? contactURI(of: caller, at: flow.local, ob: false)
        draft.contacts = [RequestDraft.ContactDraft(uri: contact ?? own)]
        draft.supported = ["outbound"]
        return draft
    }

    /// Sends an INVITE that the phone answers by itself.
    /// - Parameter requirement: judged by whether the INVITE comes over the phone's flow; nil where other cases do that.
    /// - Throws: `done` after a verdict on it, or `unknown`.
    mutating func establish(
        _ draft: RequestDraft, from caller: Phone, to phone: Phone, _ requirement: Requirement.ID? = nil
    ) async throws(CaseStop) -> EstablishedCall {
        let (landing, reply) = try await send(draft, from: caller, toReach: phone)
        guard let invite = landing.arrival else {
            guard let requirement else { throw .unknown(.configuration, "no call comes about: \(landing.words)") }
            expect(landing, "an INVITE", requirement)
            throw .done
        }
        guard reply.isSuccess, let answer = reply.response else {
            guard let requirement else { throw .unknown(.configuration, "no call comes about: \(reply.line)") }
            fail(requirement, "the phone's 200 does not come back to the caller", saw: reply.line, expected: "200 OK")
            throw .done
        }
        let request = invite.request
        let target = reply.contacts.first?.uri?.description ?? station(phone).identity?.contactURI ?? ""
        let toTag = (try? answer.nameAddrs(.to).first)?.parameter("tag") ?? ""
        let routes = answer.values(.recordRoute).map { MessageWriter.unfolded(answer.text($0)) }
        var near = Dialog(
            phone: caller, target: target, route: routes.reversed(), own: draft.from, ownTag: draft.fromTag,
            peer: draft.to, peerTag: toTag, callID: draft.callID, cseq: UInt32(reply.request.integer(.cseq) ?? 1))
        near.phone = try await way(of: near)
        let contact = (try? request.contacts().first)?.uri?.description ?? ""
        let far = Dialog(
            phone: phone, target: contact,
            route: request.values(.recordRoute).map { MessageWriter.unfolded(request.text($0)) }, own: draft.to,
            ownTag: toTag, peer: draft.from, peerTag: draft.fromTag, callID: draft.callID, cseq: 100)
        return EstablishedCall(invite: invite, reply: reply, caller: near, callee: far)
    }

    /// The flow for requests of a caller: a new one where the route set begins at another server than the one to which
    /// the caller's leads.
    private mutating func way(of dialog: Dialog) async throws(CaseStop) -> Phone {
        let flow = flow(dialog.phone)
        guard let first = dialog.route.first, let uri = (try? NameAddr.parse(first))?.uri, let ip = uri.address else {
            return dialog.phone
        }
        let named = uri.parameter("transport").flatMap { TransportProtocol($0) } ?? .udp
        let next = TransportAddress(ip: ip, port: uri.port ?? named.defaultPort)
        // A phone stays on its flow (RFC 5626 §4.3).
        guard next != flow.remote, station(dialog.phone).identity == nil else { return dialog.phone }
        let known = plan.targets.first { $0.address == next && $0.transport == named }
        return try await open(to: known ?? SuiteTarget(named, next, host: uri.host, route: nil))
    }

    /// The next request within a dialog.
    mutating func request(_ method: String, in dialog: inout Dialog) -> RequestDraft {
        if method != "ACK" { dialog.cseq += 1 }
        var draft = RequestDraft(
            method, dialog.target, from: dialog.own, fromTag: dialog.ownTag, to: dialog.peer, callID: dialog.callID,
            cseq: dialog.cseq)
        draft.toTag = dialog.peerTag
        draft.route = dialog.route
        guard method == "INVITE" else { return draft }
        let near = flow(dialog.phone).local
        let own = station(dialog.phone).identity?.contactURI ?? contactURI(of: dialog.phone, at: near, ob: false)
        draft.contacts = [RequestDraft.ContactDraft(uri: own)]
        return draft
    }

    /// ACK for a 2xx: a request of its own that nobody answers (RFC 3261 §13.2.2.4).
    /// - Returns: where it came out.
    @discardableResult
    mutating func acknowledge(_ dialog: inout Dialog, toReach phone: Phone) async throws(CaseStop) -> Landing {
        let mark = arrivals.count
        let draft = request("ACK", in: &dialog)
        await send(dialog.phone, octets: wire(draft, over: dialog.phone).octets)
        try await barrier()
        let came = arrivals(of: draft, since: mark).filter { $0.request.method == .ack }
        guard let first = came.first else { return .failed("no ACK came over any flow") }
        if let wrong = came.first(where: { $0.phone != phone }) {
            return .astray("ACK came over \(flow(wrong.phone)), the phone's flow is \(flow(phone))")
        }
        return .arrived(first)
    }

    /// Sends a request within the dialog, and its ACK if it is an INVITE.
    mutating func send(
        _ method: String, in dialog: inout Dialog, toReach phone: Phone
    ) async throws(CaseStop) -> Landing {
        let draft = request(method, in: &dialog)
        let (landing, reply) = try await send(draft, from: dialog.phone, toReach: phone)
        dialog.cseq = UInt32(reply.request.integer(.cseq) ?? UInt64(dialog.cseq))
        if method == "INVITE", reply.isSuccess { try await acknowledge(&dialog, toReach: phone) }
        return landing
    }

    /// Hangs up; where that ends is not asked.
    mutating func hangUp(_ dialog: inout Dialog) async throws(CaseStop) {
        _ = try await ask(dialog.phone, request("BYE", in: &dialog))
    }

    // MARK: Record-Route

    /// Says whether the edge holds its place in the dialog: a Record-Route of it, without `ob` (RFC 5626 §5.3).
    mutating func expectRecordRoute(_ request: SIPMessage, _ requirement: Requirement.ID) {
        let values = (try? request.nameAddrs(.recordRoute)) ?? []
        let expected = "a Record-Route of the edge, without ob"
        guard !values.isEmpty else {
            return warn(
                requirement, "a request that makes a dialog leaves the edge without Record-Route", saw: "none",
                expected: expected, "DX-TOK-05")
        }
        guard !values.contains(where: { $0.uri.hasParameter("ob") }) else {
            return warn(
                requirement, "Record-Route has the ob of the Path", saw: request.shown(.recordRoute, "Record-Route"),
                expected: expected)
        }
        pass(requirement, "the edge stays in the dialog: \(values.count) Record-Route")
    }
}
