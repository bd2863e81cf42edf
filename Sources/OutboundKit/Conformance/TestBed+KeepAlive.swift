/// Keep-alives and other octets that are no SIP.
extension TestBed {
    /// What came of one ping.
    struct Pong {
        /// Nil when none came.
        let delay: Duration?
        /// How many CRLFs came, `quiet` included.
        let count: Int
    }

    /// Sends a ping, or other octets, and counts the CRLFs that come until `patience`, or `quiet` after the first one.
    mutating func ping(
        _ phone: Phone, _ octets: [UInt8] = Array("\r\n\r\n".utf8), patience: Duration = .milliseconds(10_500)
    ) async throws(CaseStop) -> Pong {
        let before = station(phone).crlfs.count
        let sent = now
        await send(phone, octets: octets)
        try await wait(patience) { bed in
            bed.station(phone).pong(from: before, sent: sent) != nil || bed.station(phone).loss != nil
        }
        guard let pong = station(phone).pong(from: before, sent: sent) else { return Pong(delay: nil, count: 0) }
        let delay = station(phone).crlfs[pong] - sent
        try await settle()
        return Pong(delay: delay, count: station(phone).crlfs.count - pong)
    }

    /// One plain ping on a flow of its own, with which others are compared.
    /// - Returns: how long another pong is worth waiting for.
    /// - Throws: `unknown` where it gets another answer than one CRLF soon, which is judged elsewhere.
    mutating func needPong() async throws(CaseStop) -> Duration {
        let phone = try await open()
        let limit = Duration.seconds(3)
        let pong = try await ping(phone, patience: limit)
        await close(phone)
        guard let delay = pong.delay, delay <= limit else {
            throw .unknown(.cut, "a plain ping gets no pong in 3 s; see keepalive.ping")
        }
        guard pong.count == 1 else {
            throw .unknown(.configuration, "a plain ping gets \(counted(pong.count, "CRLF")); see keepalive.ping")
        }
        return delay * 2 + .milliseconds(1200)
    }

    /// A STUN request of the case: a bare Binding request unless `edit` adds to it.
    mutating func stunRequest(
        _ type: STUNMessageType = .bindingRequest, cookie: UInt32 = STUNMessage.cookie,
        _ edit: (inout STUNMessageWriter) -> Void = { _ in }
    ) -> (id: STUNTransactionID, writer: STUNMessageWriter) {
        let id = STUNTransactionID(high: UInt32(truncatingIfNeeded: random.next() as UInt64), low: random.next())
        var writer = STUNMessageWriter(type, id, cookie: cookie)
        edit(&writer)
        return (id, writer)
    }

    /// Sends STUN octets, again at 0.5, 1.5 and 3.5 s (RFC 8489 §6.2.1), until an answer with that transaction ID is
    /// there.
    /// - Parameter sends: how often they are sent at most.
    mutating func stun(
        _ phone: Phone, _ octets: [UInt8], _ id: STUNTransactionID, sends: Int = 4
    ) async throws(CaseStop) -> STUNMessage? {
        var wait = Duration.milliseconds(500)
        for _ in 0..<sends {
            await send(phone, octets: octets)
            let isThere = try await self.wait(wait) { !$0.stunAnswers(phone, id).isEmpty }
            if isThere { return stunAnswers(phone, id).first }
            wait = wait * 2
        }
        return nil
    }

    func stunAnswers(_ phone: Phone, _ id: STUNTransactionID) -> [STUNMessage] {
        station(phone).stun.compactMap { try? unsafe STUNMessage.parse($0.bytes.span.bytes) }
            .filter { $0.transactionID == id }
    }

    /// What is wrong with an answer that is STUN by its first octets and cannot be read; nil without one.
    func malformedSTUN(_ phone: Phone) -> String? {
        if let defect = station(phone).malformedSTUN { return defect }
        for item in station(phone).stun {
            do throws(ParseError) {
                _ = try unsafe STUNMessage.parse(item.bytes.span.bytes)
            } catch {
                return "\(counted(item.bytes.count, "octet")): \(error)"
            }
        }
        return nil
    }

    /// An OPTIONS to the server itself, as callers and monitors send it.
    mutating func options(_ phone: Phone) -> RequestDraft {
        let user = plan.user.addressOfRecord.description
        var draft = RequestDraft(
            "OPTIONS", plan.registrar.description, from: user, fromTag: word(12), to: plan.registrar.description,
            callID: word(24), cseq: 1)
        draft.answersChallenges = false
        return draft
    }

    /// Whether the server still serves: any final answer to OPTIONS on a flow of its own.
    mutating func isAlive(_ target: SuiteTarget? = nil) async throws(CaseStop) -> Bool {
        let phone = try await open(to: target)
        let reply = try await ask(phone, options(phone))
        await close(phone)
        return reply.response != nil
    }

    /// Begins a case of bad input: a server that does not answer before it shows nothing by not answering after it.
    mutating func needAlive() async throws(CaseStop) {
        guard try await isAlive() else {
            throw .unknown(.cut, "the server answers no OPTIONS, whatever comes before it")
        }
    }

    /// Ends a case of bad input: the server is to live on, whatever it made of that. Before it the server answered.
    mutating func expectAlive(_ requirement: Requirement.ID, after what: String) async throws(CaseStop) {
        do throws(CaseStop) {
            guard try await isAlive() else {
                return fail(
                    requirement, "after \(what) the server answers no more", saw: "no answer to OPTIONS on a new flow",
                    expected: "the server lives on")
            }
        } catch {
            // The case's time being over says nothing of the server.
            guard case .unknown(.half, let why) = error else { throw error }
            return fail(
                requirement, "after \(what) the server cannot be reached", saw: why, expected: "the server lives on")
        }
        pass(requirement, "the server lives on after \(what)")
    }
}
