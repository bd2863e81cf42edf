/// A case leaves nothing behind, however it ended.
extension TestBed {
    /// Removes the bindings that the case may have made.
    /// - Returns: what could not be removed, in words.
    private mutating func cleanUp() async -> [String] {
        ignoresEnd = true
        pending = [:]
        var left: [String] = []
        for bound in bindings.reversed() {
            do throws(CaseStop) {
                let reply = try await remove(bound)
                guard let why = trouble(reply, bound) else { continue }
                // A server that fails on odd words has hardly bound them: the list tells. So it does of what is refused for
                // its first hop.
                let isDoubtful = reply.status >= 500 && !bound.isGranted || reply.status == 439
                let list = isDoubtful ? try await remove(bound, justAsks: true) : reply
                if list.isSuccess, !isListed(bound, in: list) { continue }
                left.append("\(bound.contact): \(why)")
            } catch {
                left.append("\(bound.contact): the server was not reached")
            }
        }
        bindings = []
        return left
    }

    /// The end of the case: removes what it has bound, and closes its flows and ports.
    /// - Returns: what could not be removed, in words.
    mutating func end() async -> [String] {
        let left = await cleanUp()
        for flow in stations.keys.sorted() { await close(Phone(flow: flow)) }
        await network.reset()
        return left
    }

    /// - Parameter justAsks: sends no Contact, which gets the list of bindings.
    private mutating func remove(
        _ bound: BoundContact, justAsks: Bool = false
    ) async throws(CaseStop) -> Reply {
        let phone = try await carrier(to: bound.target)
        let user = bound.user.description
        var draft = RequestDraft(
            "REGISTER", plan.registrar.description, from: user, fromTag: word(12), to: user, callID: word(24), cseq: 1)
        if let route = bound.target.route { draft.route = ["<\(route)>"] }
        // Said in the same words the binding is found by the same rules.
        draft.supported = bound.supported
        draft.lowerVias = bound.lowerVias
        draft.path = bound.path
        if !justAsks { draft.fields = [("Contact", bound.contact + ";expires=0")] }
        return try await ask(phone, draft)
    }

    /// A flow to that target that still works, or a new one.
    private mutating func carrier(to target: SuiteTarget) async throws(CaseStop) -> Phone {
        let good = stations.first { $0.value.target == target && $0.value.loss == nil && !$0.value.isClosed }
        if let good { return Phone(flow: good.key) }
        return try await open(to: target)
    }

    /// A refusal is trouble only where the binding is seen, or may well be, there still: where a 2xx has bound it.
    private func trouble(_ reply: Reply, _ bound: BoundContact) -> String? {
        guard let response = reply.response else {
            // Heard where no phone behind a NAT would hear it.
            return reply.stranger?.isSuccess ?? false ? nil : reply.line
        }
        let mayBeBound = bound.isGranted || !bound.isRefused && response.statusCode >= 500
        guard reply.isSuccess else { return mayBeBound ? reply.line : nil }
        return isListed(bound, in: reply) ? "still listed after its removal" : nil
    }

    private func isListed(_ bound: BoundContact, in reply: Reply) -> Bool {
        reply.contacts.contains { contact in
            guard let uri = contact.uri, bound.contact.hasPrefix("<\(uri)>") else { return false }
            // Two flows may share a URI.
            return contact.regID.map { bound.contact.contains(";reg-id=\($0)") } ?? true
        }
    }
}
