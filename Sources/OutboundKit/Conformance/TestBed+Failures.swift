/// Flows that end, and what the server does with requests for them (RFC 5626 §5.3.1, §7).
extension TestBed {
    /// The rule about a flow of which the server knows that it is gone.
    var deadFlowRow: Requirement.ID { isCoLocated ? "OB-AP-006" : "OB-EP-013" }

    /// Two flows of one device, and a caller whose request shows which of them the server tries first.
    mutating func twoFlows() async throws(CaseStop) -> (used: Phone, spare: Phone, caller: Phone) {
        let first = try await registeredPhone(regID: 1).phone
        let second = try await registeredPhone(regID: 2).phone
        let caller = try await caller()
        let arrival = try await control(call("MESSAGE"), from: caller)
        guard arrival.phone == first || arrival.phone == second else {
            throw .unknown(.configuration, "the first request came over none of the device's flows")
        }
        return arrival.phone == first ? (first, second, caller) : (second, first, caller)
    }

    /// Closes a flow, and leaves the server the time to notice.
    mutating func end(_ phone: Phone, _ manner: CloseManner) async throws(CaseStop) {
        await close(phone, manner)
        try await settle()
        // What the server sent before it noticed is over by now.
        try await barrier()
    }

    /// Listens where the phone was: whoever dials it is seen. Nothing is seen where the port is taken again.
    mutating func watch(_ phone: Phone) async -> Bool {
        let flow = flow(phone)
        guard listenerPolicies[flow.local] == nil else { return true }
        do throws(CaseStop) {
            guard try await listen(flow.transport.ofTraps, at: flow.local) == flow.local else { return false }
        } catch {
            return false
        }
        listenerPolicies[flow.local] = .refuse(480)
        return true
    }

    /// Says whether a request for a closed flow makes the server open a connection to where the phone was.
    mutating func expectNoDialling(
        _ draft: RequestDraft, from sender: Phone, of gone: Phone, _ requirement: Requirement.ID
    ) async throws(CaseStop) {
        guard await watch(gone) else {
            return unknown(requirement, .side, "the phone's old port cannot be listened on here")
        }
        let before = strangers
        // Who dials does so at once; the answer itself is judged elsewhere.
        _ = try await ask(sender, draft, within: .seconds(2))
        try await barrier()
        guard let dialled = strangers.subtracting(before).first else {
            return pass(requirement, "nothing was sent to where the phone was")
        }
        fail(
            requirement, "the server opens a connection to a phone whose flow has ended",
            saw: "a connection from the server to \(flow(dialled).local), the phone's old port",
            expected: "430 or the next flow, and no connection to the phone", "DX-TOK-14")
    }

    /// Says whether a request whose first flow is gone reached the device over its other one.
    mutating func expectFailOver(_ landing: Landing) {
        let expected = "the request over the flow that lives"
        let message = "the device's second flow is not tried after its first one has ended"
        switch landing {
        case .arrived: pass("OB-AP-002", "the device was reached over its other flow")
        case .silent(let words): unknown("OB-AP-002", .cut, "a request after the end of a flow: \(words)")
        case .astray(let words), .refused(let words), .failed(let words):
            // A request of the same kind was delivered before: no policy stands against it.
            warn("OB-AP-002", message, saw: words, expected: expected, "DX-TOK-14")
        }
    }

    /// Says whether the binding of a flow that has ended is gone.
    mutating func expectNoBinding(
        regID: UInt32, _ requirement: Requirement.ID, _ severity: Severity
    ) async throws(CaseStop) {
        let asking = try await phone(regID: 9)
        let reply = try await bindings(seenBy: asking)
        guard reply.isSuccess else {
            return unknown(requirement, .configuration, "the list of bindings cannot be read: \(reply.line)")
        }
        guard survey.listsKeys else {
            return unknown(requirement, .configuration, "the list of bindings does not say which flow each one is of")
        }
        guard reply.contacts(plan.instance, regID).isEmpty else {
            return say(
                severity, requirement, "the binding of a flow that has ended is still listed",
                saw: reply.shown(.contact), "no Contact with reg-id \(regID)", "DX-BIND-02")
        }
        pass(requirement, "the binding went with its flow")
    }
}
