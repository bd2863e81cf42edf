/// What edges and proxies do with requests whose Route has the token of a phone's flow (RFC 5626 §5.3, §7).
extension ServerRules {
    static let tokens: [any ServerRule] = [
        Says430ForAGoneFlow(), TakesItsRouteOff(), NoLoopToThePhone(), NewTokenAfterReconnection(), NextFlowAfter430(),
        OwnPathForEachBranch(),
    ]

    /// OB-EP-013: a token whose flow is gone gets 430.
    struct Says430ForAGoneFlow: ServerRule {
        let requirement: Requirement.ID = "OB-EP-013"
        private static let margin = Int64.second / 5

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            for request in servers.requests where request.status >= 300 {
                guard let token = request.token, let note = servers.owner(of: token, by: request.time),
                    let record = servers.record(note), servers.byFlow[note.flow] != nil, record.id != request.flow,
                    record.isStream, record.closing != nil, record.closing != .refused,
                    record.closedAt &+ Self.margin < request.time,
                    servers.ends(request)?.to.ip == record.server.ip
                else { continue }
                switch request.status {
                case 430: passes = passes ?? request
                // What is looked at before the Route: credentials, the request itself. 487 answers a CANCEL.
                case 400, 401, 407, 413, 414, 416, 420, 482, 483, 487: continue
                // A server that was started anew, for which its flows were closed, may have other keys.
                case 403 where record.closedBy == .fromServer: continue
                default:
                    return out.add(
                        .warn(
                            requirement, subject: request.flow.description,
                            message:
                                "The edge answered \(request.status) to a request for \(note.aor), whose flow \(record.id) had closed \(seconds(request.time &- record.closedAt)) before: only 430 makes the proxy try another flow.",
                            evidence: [
                                Evidence(
                                    at: record.closedAt, frame: record.closedFrame, "\(record.id) closed", expected: nil
                                ),
                                request.evidence(
                                    "\(request.method.text), answered with \(request.status)", expected: "430"),
                            ], diagnosis: "DX-TOK-14", advice: DiagnosisTable["DX-TOK-14"]?.advice))
                }
            }
            if let passes { out.pass(requirement, passes.flow, "430 for the token of a flow that was gone.") }
        }
    }

    /// OB-EP-014: the edge takes its own Route off a request of the phone.
    struct TakesItsRouteOff: ServerRule {
        let requirement: Requirement.ID = "OB-EP-014"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            for (request, copy, record) in servers.outgoing where copy.flow != request.flow {
                guard let ends = servers.ends(copy), ends.from.ip == record.server.ip, copy.hops == request.hops + 1,
                    // An edge that records its route once for each side may take off one value at a time, and be its own
                    // next hop.
                    !request.repeatsRoute || ends.to.ip != record.server.ip
                else { continue }
                guard copy.token == request.token else {
                    passes = passes ?? copy
                    continue
                }
                return out.add(
                    .fail(
                        requirement, subject: copy.flow.description,
                        message: "The edge sent a \(copy.method.text) of the phone on with its own Route on top.",
                        evidence: copy.evidence(
                            "Route: \(copy.token?.text ?? "") behind the edge", expected: "without that value"),
                        [request.evidence("Route: \(request.token?.text ?? "") from the phone")],
                        advice: "The edge must remove the Route value that names it before it routes the request."))
            }
            if let passes { out.pass(requirement, passes.flow, "The edge's Route was taken off.") }
        }
    }

    /// OB-EP-009: what comes from the flow of its token goes onward, not back.
    struct NoLoopToThePhone: ServerRule {
        let requirement: Requirement.ID = "OB-EP-009"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            for (request, copy, _) in servers.outgoing where request.isInDialog {
                guard copy.flow == request.flow else {
                    passes = passes ?? copy
                    continue
                }
                // Further on others may send it back, and two accounts of one phone may talk with each other.
                guard copy.hops == request.hops + 1, servers.isDelivery(copy), !servers.isOwnCall(request) else {
                    continue
                }
                return out.add(
                    .fail(
                        requirement, subject: request.flow.description,
                        message: "The edge sent a \(request.method.text) of the phone back to the phone.",
                        evidence: copy.evidence("the phone's own request comes back", expected: "it goes onward"),
                        [request.evidence("\(request.method.text) to \(request.place)")], diagnosis: "DX-TOK-06",
                        advice: DiagnosisTable["DX-TOK-06"]?.advice))
            }
            if let passes { out.pass(requirement, passes.flow, "Requests from the token's flow went onward.") }
        }
    }

    /// OB-EP-020: after a reconnection from the same port the token is another one.
    struct NewTokenAfterReconnection: ServerRule {
        let requirement: Requirement.ID = "OB-EP-020"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var latest: [Flow: (FlowRecord, BindingNote)] = [:]
            var passes: BindingNote?
            for flow in servers.byFlow.keys.sorted() {
                guard let record = servers.ledger[flow], record.isStream, let note = servers.byFlow[flow]?.last,
                    note.isOutbound, note.hasEdge, let token = note.token
                else { continue }
                let tuple = Flow(transport: record.transport, local: record.client, remote: record.server)
                if let (before, old) = latest[tuple], before.closing != nil, before.closedAt <= record.openedAt {
                    guard old.token == token else {
                        passes = passes ?? note
                        continue
                    }
                    return out.add(
                        .info(
                            requirement, subject: flow.description,
                            message:
                                "A connection from the same port as \(before.id), which was closed, got its token: what was meant for the old one reaches the new one.",
                            evidence: [old.evidence("Path with \(token.text)"), note.evidence("the same again")]))
                }
                latest[tuple] = (record, note)
            }
            if let passes { out.pass(requirement, passes.flow, "The new connection got a token of its own.") }
        }
    }

    /// OB-AP-002: after 430 another binding of the device is tried.
    struct NextFlowAfter430: ServerRule {
        let requirement: Requirement.ID = "OB-AP-002"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            for request in servers.requests where request.status == 430 && !request.isInDialog {
                guard let token = request.token, let dead = servers.owner(of: token, by: request.time),
                    let instance = dead.key?.instance,
                    let user = servers.users(at: dead.place).first(where: { $0.aor == dead.aor })
                else { continue }
                let others = user.keys(by: request.time).filter { $0.instance == instance && $0 != dead.key }
                    .compactMap { user.current($0, at: request.answered) }.filter { other in
                        // What another edge got may not have been captured.
                        guard other.isOutbound, let its = other.token, its != token, its.edge == token.edge else {
                            return false
                        }
                        return !user.isOwnFlows || servers.isAlive(other.flow, at: request.answered)
                    }
                guard let other = others.first else { continue }
                let attempts = servers.byTransaction[request.transaction] ?? []
                let tokens = Set(others.compactMap(\.token))
                if let next = attempts.first(where: { $0.token.map(tokens.contains) == true }) {
                    // One that was tried before says nothing of what 430 leads to.
                    if next.time >= request.answered { passes = passes ?? next }
                    continue
                }
                // An attempt that went to the phone directly shows on its own flow.
                guard !attempts.contains(where: { attempt in others.contains { $0.flow == attempt.flow } }) else {
                    continue
                }
                // On the caller's side; 6xx is for all contacts, and 487 for a call that was given up.
                let failure = attempts.first {
                    $0.hops < request.hops && $0.token != token && (400..<600).contains($0.status) && $0.status != 487
                        && $0.time <= request.time && $0.answered >= request.answered
                }
                guard let failure, failure.answered < servers.requestsUntil else { continue }
                return out.add(
                    .warn(
                        requirement, subject: failure.flow.description,
                        message:
                            "A call to \(dead.aor) met 430 on one flow, and the caller got \(failure.status), although \(other.key?.words ?? "") of the same device was registered.",
                        evidence: [
                            request.evidence("430 to the token of \(dead.key?.words ?? "")"),
                            Evidence(
                                at: failure.answered, frame: 0, "\(failure.status) to the caller",
                                expected: "the same request along the Path of \(other.key?.words ?? "")"),
                        ], diagnosis: "DX-BIND-03", advice: DiagnosisTable["DX-BIND-03"]?.advice))
            }
            if let passes { out.pass(requirement, passes.flow, "430 led to another flow of the device.") }
        }
    }

    /// OB-AP-004: a request for a contact takes the Path that was stored with it.
    struct OwnPathForEachBranch: ServerRule {
        let requirement: Requirement.ID = "OB-AP-004"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            for request in servers.requests where !request.isInDialog {
                // A phone may send along a token itself, to wherever it likes.
                let isOutgoing = servers.byFlow[request.flow] != nil && !servers.isDelivery(request)
                guard !isOutgoing, let token = request.token, let owners = servers.byToken[token] else { continue }
                if owners.contains(where: { $0.place == request.place }) {
                    passes = passes ?? request
                    continue
                }
                // Only a contact that is somebody's for certain: one that always came with a token, and never with this.
                let bindings = servers.users(at: request.place).flatMap(\.notes).filter {
                    $0.place == request.place && $0.isGranted && $0.answered < request.time
                }
                guard let binding = bindings.last, binding.expiry > request.time,
                    bindings.allSatisfy({ $0.isOutbound && $0.hasEdge && $0.token != nil && $0.token != token })
                else { continue }
                return out.add(
                    .fail(
                        requirement, subject: request.flow.description,
                        message:
                            "A \(request.method.text) for the contact of \(binding.aor) was sent along the Path of another binding, of \(owners.last?.aor ?? "").",
                        evidence: request.evidence(
                            "\(request.place) with Route \(token.text)", expected: "Route \(binding.token?.text ?? "")"),
                        [binding.evidence("the contact's own Path is \(binding.token?.text ?? "")")],
                        diagnosis: "DX-TOK-09", advice: DiagnosisTable["DX-TOK-09"]?.advice))
            }
            if let passes { out.pass(requirement, passes.flow, "Requests took the Path of their binding.") }
        }
    }
}

extension ServerCase {
    /// Whether both ends of a request's dialog are on its flow, as with two accounts of one phone.
    fileprivate func isOwnCall(_ request: RequestNote) -> Bool {
        if byFlow[request.flow]?.contains(where: { $0.place == request.place }) == true { return true }
        let opening = requests.filter { $0.callID == request.callID && $0.flow == request.flow && $0.formsDialog }
        return opening.contains(where: isDelivery) && !opening.allSatisfy(isDelivery)
    }

    /// The latest registration with that token by a time; nil where several flows have it, so that it names none.
    fileprivate func owner(of token: FlowTokenName, by time: Int64) -> BindingNote? {
        guard let owners = byToken[token]?.filter({ $0.answered < time }), let last = owners.last else { return nil }
        // Where the phones' own flows were captured, they count.
        let own = owners.filter { byFlow[$0.flow] != nil && $0.hops == 1 }
        guard let flow = own.last?.flow else { return last }
        return own.allSatisfy { $0.flow == flow } ? own.last : nil
    }

    /// Requests of phones with the token of their own flow, each with what the edge made of it.
    fileprivate var outgoing: [(request: RequestNote, copy: RequestNote, record: FlowRecord)] {
        var found: [(RequestNote, RequestNote, FlowRecord)] = []
        for request in requests where request.hops == 1 {
            guard let token = request.token, let owner = owner(of: token, by: request.time),
                owner.flow == request.flow, let record = ledger[request.flow], ends(request)?.from == record.client
            else { continue }
            for copy in byTransaction[request.transaction] ?? []
            where copy.hops > request.hops && copy.time >= request.time {
                found.append((request, copy, record))
            }
        }
        return found
    }
}
