/// An edge proxy that the case plays: the registrar behind it sends requests for a phone here.
struct FakeEdge: Sendable {
    let address: TransportAddress
    /// The user part of its Path.
    let token: String
    /// Its Path value, with `ob`.
    let path: String
}

/// Edge proxies of our own in front of the registrar under test (RFC 5626 §7, RFC 3327).
extension TestBed {
    /// Listens where a registrar would look for an edge.
    /// - Parameter neighbour: a flow to the registrar, whose near address the edge has.
    mutating func fakeEdge(beside neighbour: Phone, _ policy: AnswerPolicy) async throws(CaseStop) -> FakeEdge {
        let transport: TransportProtocol = plan.core.transport == .udp ? .udp : .tcp
        let address = try await listen(transport, at: TransportAddress(ip: flow(neighbour).local.ip, port: 0))
        listenerPolicies[address] = policy
        let token = word(20)
        let suffix = transport == .udp ? "" : ";transport=tcp"
        return FakeEdge(address: address, token: token, path: "<sip:\(token)@\(address)\(suffix);lr;ob>")
    }

    /// A phone that registers through such an edge: its own Via and the edge's Path are in the REGISTER.
    mutating func registeredPhone(
        behind edge: FakeEdge, regID: UInt32 = 1, device: Int = 0
    ) async throws(CaseStop) -> Phone {
        let phone = try await phone(regID: regID, device: device, to: plan.core)
        let user = plan.user.addressOfRecord.user ?? ""
        let host = "192.0.2.\(UInt32(device + 1) * 10 + regID)"
        stations[phone.flow]?.identity?.contactURI = "sip:\(user)@\(host);ob"
        let via = "SIP/2.0/TCP \(host):5060;branch=z9hG4bK\(word(16));rport"
        let reply = try await register(phone) { draft in
            draft.path = [edge.path]
            draft.lowerVias = [via]
        }
        guard reply.isSuccess, reply.grantsOutbound else {
            throw .unknown(
                .configuration,
                "the registrar takes no outbound registration through an edge at \(edge.address): \(reply.line)")
        }
        return phone
    }

    /// Which of the edges the request came to.
    func edge(of arrival: Arrival, among edges: [FakeEdge]) -> FakeEdge? {
        edges.first { $0.address == flow(arrival.phone).local }
    }

    // MARK: Requests that the case answers itself

    /// Sends a request, its credentials too, and waits until it comes out somewhere, or has its answer.
    mutating func begin(
        _ draft: RequestDraft, from sender: Phone
    ) async throws(CaseStop) -> (ticket: RequestTicket, arrival: Arrival?) {
        var draft = draft
        let mark = arrivals.count
        var ticket = try await start(sender, draft)
        for _ in 0..<3 {
            let branch = ticket.branch
            try await wait(plan.patience) { bed in
                bed.pending[branch]?.response != nil || bed.arrival(of: draft, since: mark) != nil
            }
            guard let challenge = pending[branch]?.response, [401, 407].contains(challenge.statusCode),
                arrival(of: draft, since: mark) == nil, accept(challenge, for: draft)
            else { break }
            pending[branch] = nil
            draft.cseq += 1
            ticket = try await start(sender, draft)
        }
        return (ticket, arrival(of: draft, since: mark))
    }

    /// The first arrival of a request after `mark` others.
    func arrival(of draft: RequestDraft, since mark: Int) -> Arrival? {
        arrivals(of: draft, since: mark).first { $0.request.method != .ack }
    }

    /// Waits for the next arrival of that request.
    mutating func next(
        of draft: RequestDraft, since mark: Int, within limit: Duration
    ) async throws(CaseStop) -> Arrival? {
        try await wait(limit) { $0.arrival(of: draft, since: mark) != nil }
        return arrival(of: draft, since: mark)
    }
}
