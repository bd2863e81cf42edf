/// One request that is on its way.
struct PendingRequest: Sendable {
    let phone: Phone
    let branch: String
    let bytes: [UInt8]
    let isInvite: Bool
    let request: SIPMessage
    let sent: Timestamp
    var transaction: NonInviteTransaction
    var provisionals: [SIPMessage] = []
    var response: SIPMessage?
    /// The status of a final response that came without Content-Length on a stream, and so cannot be taken.
    var unframed: UInt16?
    /// A final response that came from elsewhere than the request went, and so is none.
    var stranger: StrangeAnswer?
    var ended: Timestamp?
    /// An INVITE that got a provisional answer is not sent again (RFC 3261 §17.1.1.2).
    var isQuiet = false

    var deadline: Timestamp? { response != nil || isQuiet ? nil : transaction.deadline }
}

/// A final response that came from another address or port than the request went to. Behind a NAT nobody hears it
/// (RFC 3581 §4).
public struct StrangeAnswer: Sendable, Hashable, CustomStringConvertible {
    let source: TransportAddress
    let status: UInt16
    let reason: String

    var isSuccess: Bool { (200...299).contains(status) }
    public var description: String { "\(status) \(reason) from \(source)" }
}

extension Finding {
    static func answeredElsewhere(_ stranger: StrangeAnswer, not server: String, subject: String) -> Finding {
        .fail(
            "OB-RPORT-003", subject: subject, message: "the answer came from another address or port",
            evidence: Evidence(observed: "\(stranger)", expected: "an answer from \(server), where the request went"),
            advice: "have the server send from the socket that the request came in on: a NAT, and many a phone, lets "
                + "nothing else through")
    }
}

/// A request that was sent; `finish` waits for its answer.
struct RequestTicket: Sendable {
    let branch: String
    let phone: Phone
    let draft: RequestDraft
}

/// Sending requests and waiting for their answers (RFC 3261 §17.1, §22).
extension TestBed {
    /// Sends a request and waits for its final answer; challenges are answered in between, and a REGISTER to which it is
    /// only the wrong moment is sent again.
    mutating func ask(
        _ phone: Phone, _ draft: RequestDraft, within patience: Duration? = nil
    ) async throws(CaseStop) -> Reply {
        var draft = draft
        var reply = try await askOnce(phone, &draft, within: patience)
        guard draft.method == "REGISTER" else { return reply }
        for _ in 0..<3 where reply.isTemporary {
            try await settle()
            renew(&draft, on: phone)
            reply = try await askOnce(phone, &draft, within: patience)
        }
        return reply
    }

    /// The same request once more, as one of its own.
    private mutating func renew(_ draft: inout RequestDraft, on phone: Phone) {
        draft.cseq += 1
        draft.branch = nil
        if stations[phone.flow]?.identity?.callID == draft.callID {
            stations[phone.flow]?.identity?.cseq = draft.cseq
        }
    }

    private mutating func askOnce(
        _ phone: Phone, _ draft: inout RequestDraft, within patience: Duration?
    ) async throws(CaseStop) -> Reply {
        if let user = user(of: draft) { authenticators[user]?.beginRequest() }
        var reply = try await finish(try await start(phone, draft), within: patience)
        var rounds = 0
        while draft.answersChallenges, [401, 407].contains(reply.status), rounds < 3, let challenge = reply.response,
            accept(challenge, for: draft)
        {
            rounds += 1
            renew(&draft, on: phone)
            let challenged = RegistrationExchange.Challenged(
                request: reply.request, response: challenge, answered: reply.ended)
            reply = try await finish(try await start(phone, draft), within: patience)
            reply.challenged = challenged
        }
        return reply
    }

    /// Whether there are credentials for that challenge.
    mutating func accept(_ response: SIPMessage, for draft: RequestDraft) -> Bool {
        guard let user = user(of: draft), var authenticator = authenticators[user] else { return false }
        do throws(DigestAuthenticator.Refusal) {
            try authenticator.accept(RegistrationSession.challenges(in: response))
        } catch {
            return false
        }
        authenticators[user] = authenticator
        return true
    }

    /// Why the account has no answer to that challenge; nil where it has no password.
    func refusal(of response: SIPMessage) -> DigestAuthenticator.Refusal? {
        guard var authenticator = authenticators[plan.user.addressOfRecord] else { return nil }
        do throws(DigestAuthenticator.Refusal) {
            try authenticator.accept(RegistrationSession.challenges(in: response))
            return nil
        } catch {
            return error
        }
    }

    /// Whose credentials a request takes: the account in From, where the suite has it.
    private func user(of draft: RequestDraft) -> SIPURI? {
        [plan.user, plan.otherUser].compactMap { $0?.addressOfRecord }.first { $0.description == draft.from }
    }

    /// A request as octets, with a branch of its own and without credentials, for cases that send it in their own way.
    mutating func wire(_ draft: RequestDraft, over phone: Phone) -> (octets: [UInt8], branch: String) {
        let branch = "z9hG4bK" + word(20)
        let octets = draft.bytes(flow: flow(phone), branch: branch, credentials: [], userAgent: plan.userAgent)
        return (octets, branch)
    }

    /// Sends octets that end in, or hold, a request with that branch, once, and waits for its final answer.
    /// - Parameter octets: empty when they are sent already.
    mutating func ask(
        _ phone: Phone, octets: [UInt8], branch: String, within patience: Duration? = nil
    ) async throws(CaseStop) -> Reply {
        var transaction = NonInviteTransaction(timing: plan.timing, isReliable: true)
        transaction.handle(.start, at: now)
        _ = transaction.next()
        pending[branch] = PendingRequest(
            phone: phone, branch: branch, bytes: octets, isInvite: false, request: SIPMessage(), sent: now,
            transaction: transaction)
        if !octets.isEmpty { await send(phone, octets: octets) }
        return try await finish(
            RequestTicket(branch: branch, phone: phone, draft: options(phone)), within: patience)
    }

    /// Sends a request; the answer is waited for by `finish`, or never.
    mutating func start(_ phone: Phone, _ draft: RequestDraft) async throws(CaseStop) -> RequestTicket {
        let branch = draft.branch ?? "z9hG4bK" + word(20)
        var credentials: [DigestAuthenticator.Field] = []
        let clientNonce = word(32)
        if draft.answersChallenges, let user = user(of: draft) {
            do throws(CryptoError) {
                credentials =
                    try authenticators[user]?.credentials(
                        method: draft.method, uri: draft.uri, body: draft.body, clientNonce: clientNonce) ?? []
            } catch {
                throw .unknown(.configuration, "the challenge cannot be answered here: \(error)")
            }
        }
        let bytes = draft.bytes(
            flow: flow(phone), branch: branch, credentials: credentials, userAgent: plan.userAgent)
        var message = SIPMessage()
        guard (try? unsafe MessageParser.parse(bytes.span.bytes, into: &message)) != nil else {
            // What cannot be read is made of what the server gave: its GRUU, its Contact.
            throw .unknown(.configuration, "no \(draft.method) can be sent to '\(draft.uri)'")
        }
        var transaction = NonInviteTransaction(timing: plan.timing, isReliable: flow(phone).transport.isStream)
        transaction.handle(.start, at: now)
        _ = transaction.next()
        pending[branch] = PendingRequest(
            phone: phone, branch: branch, bytes: bytes, isInvite: draft.method == "INVITE", request: message, sent: now,
            transaction: transaction)
        await send(phone, octets: bytes)
        return RequestTicket(branch: branch, phone: phone, draft: draft)
    }

    /// Waits for the final answer to a request.
    mutating func finish(_ ticket: RequestTicket, within patience: Duration? = nil) async throws(CaseStop) -> Reply {
        let branch = ticket.branch
        try await wait(patience ?? plan.patience) { bed in
            bed.pending[branch]?.response != nil || bed.station(ticket.phone).loss != nil
        }
        guard let done = pending.removeValue(forKey: branch) else { preconditionFailure("a request is awaited once") }
        return Reply(
            request: done.request, sent: done.sent, response: done.response, ended: done.ended ?? now,
            provisionals: done.provisionals, transmissions: done.transaction.transmissions,
            loss: done.response == nil ? station(ticket.phone).loss : nil,
            webSocketEnding: done.response == nil ? station(ticket.phone).webSocketEnding : nil,
            unframed: done.unframed, stranger: done.response == nil ? done.stranger : nil,
            flow: flow(ticket.phone),
            target: station(ticket.phone).target)
    }

    /// A response that came; one to no request of ours is passed over.
    mutating func respond(_ message: SIPMessage, on phone: Phone, at time: Timestamp) async {
        guard var request = request(answeredBy: message) else { return }
        if message.statusCode < 200 {
            request.provisionals.append(message)
            if request.isInvite { request.isQuiet = true }
            request.transaction.handle(.response(message.statusCode), at: time)
            _ = request.transaction.next()
        } else if request.response == nil {
            request.response = message
            request.ended = time
        }
        pending[request.branch] = request
        // RFC 3261 §17.1.1.3: the transaction itself acknowledges a refusal.
        if request.isInvite, message.statusCode >= 300 { await acknowledge(request, message) }
    }

    /// A datagram came from elsewhere than the flow's far end: where it is an answer of ours, it is kept to be told.
    mutating func hear(_ bytes: [UInt8], from source: TransportAddress) {
        var message = SIPMessage()
        guard (try? unsafe MessageParser.parse(bytes.span.bytes, into: &message)) != nil, !message.isRequest,
            message.statusCode >= 200, let request = request(answeredBy: message), request.stranger == nil
        else { return }
        pending[request.branch]?.stranger = StrangeAnswer(
            source: source, status: message.statusCode, reason: message.text(message.startLineText))
    }

    /// The head of a response came on a stream, and nothing in it says where the response ends.
    mutating func respond(unframed head: SIPMessage) {
        guard head.statusCode >= 200, let request = request(answeredBy: head) else { return }
        pending[request.branch]?.unframed = head.statusCode
        if unframed == nil { unframed = head.statusCode }
    }

    private func request(answeredBy response: SIPMessage) -> PendingRequest? {
        guard let branch = (try? response.topVia())?.branch, let request = pending[branch],
            request.request.method == .other
                || response.text(response.first(.cseq)?.value ?? ByteSlice(0..<0))
                    == request.request.text(request.request.first(.cseq)?.value ?? ByteSlice(0..<0))
        else { return nil }
        return request
    }

    private mutating func acknowledge(_ invite: PendingRequest, _ response: SIPMessage) async {
        var writer = MessageWriter(
            request: "ACK", uri: invite.request.text(invite.request.startLineText))
        if let via = invite.request.values(.via).first { writer.header(.via, invite.request.text(via)) }
        writer.header(.maxForwards, 70)
        writer.copy(.route, from: invite.request)
        writer.copy(.from, from: invite.request)
        writer.copy(.to, from: response)
        writer.copy(.callID, from: invite.request)
        writer.header(.cseq, "\(invite.request.integer(.cseq) ?? 1) ACK")
        await send(invite.phone, octets: writer.finish())
    }

    /// Sends again what is due.
    mutating func runTimers() async {
        let now = now
        for branch in pending.keys.sorted() {
            guard var request = pending[branch], let deadline = request.deadline, deadline <= now else { continue }
            request.transaction.handle(.timer, at: now)
            var isDue = false
            while let output = request.transaction.next() {
                if case .transmit = output { isDue = true }
            }
            pending[branch] = request
            if isDue { await send(request.phone, octets: request.bytes) }
        }
    }

    // MARK: Answers

    /// Answers a request: with a tag, the Record-Route of the request and, to INVITE, a Contact.
    mutating func answer(
        _ arrival: Arrival, _ status: UInt16, _ reason: String, fields: [(name: String, value: String)] = []
    ) async {
        let station = station(arrival.phone)
        let tag = word(10)
        var writer = MessageWriter(status: status, reason: reason, to: arrival.request, toTag: tag)
        writer.copy(.recordRoute, from: arrival.request)
        let uri = station.identity?.contactURI ?? "sip:\(station.flow.local)"
        if arrival.request.method == .invite, status < 300 { writer.header(.contact, "<\(uri)>") }
        for field in fields { writer.header(field.name, field.value) }
        await send(arrival.phone, octets: writer.finish())
    }
}
