/// Over which connections servers reach registered phones (RFC 5626 §5.3.1, §6, §7).
extension ServerRules {
    static let delivery: [any ServerRule] = [
        FollowsTheNewestFlow(), UsesTheVeryFlow(requirement: "OB-EP-010"), UsesTheVeryFlow(requirement: "OB-AP-005"),
        NothingForAClosedFlow(requirement: "OB-AP-006"), NothingForAClosedFlow(requirement: "OB-AP-007"),
    ]

    /// OB-REG-020: after a newer 200 on another flow, requests take that flow.
    struct FollowsTheNewestFlow: ServerRule {
        let requirement: Requirement.ID = "OB-REG-020"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            let users = Dictionary(
                servers.users.filter(\.isOwnFlows).map { ($0.aor, $0) }, uniquingKeysWith: { first, _ in first })
            /// When each call was first seen anywhere: what was under way before the phone moved may end on the old flow.
            var began: [Int: Int64] = [:]
            for request in servers.requests { began[request.callID] = min(began[request.callID] ?? .max, request.time) }
            var followed: RequestNote?
            for request in servers.requests where !request.isInDialog && servers.isDelivery(request) {
                // All that is registered there under the name that the request is for.
                let own = (servers.byFlow[request.flow] ?? []).filter {
                    $0.answered < request.time && Self.user(of: $0.place) == request.user
                }
                let newest = own.map { note in (old: note, new: Self.successor(of: note, users, at: request.time)) }
                guard let last = newest.last, own.allSatisfy({ $0.isOutbound && !$0.isRemoval }) else { continue }
                guard newest.allSatisfy({ $0.new != nil }), let new = last.new else {
                    let isNewest = own.contains { note in
                        users[note.aor]?.notes.contains {
                            $0.key == note.key && $0.flow != note.flow && $0.isGranted && $0.answered < note.time
                        } == true
                    }
                    if isNewest { followed = followed ?? request }
                    continue
                }
                guard let start = began[request.callID], start > new.answered &+ ServerCase.margin else { continue }
                let message =
                    "\(request.method.text) for \(last.old.aor) came over the flow that the phone had left \(seconds(request.time &- new.answered)) before"
                let evidence = [
                    request.evidence("\(request.method.text) here", expected: "on \(new.flow)"),
                    last.old.evidence("\(last.old.key?.words ?? "") on this flow"),
                    new.evidence("\(new.key?.words ?? "") on \(new.flow), answered with \(new.status)"),
                ]
                if let why = Self.doubt(request, last.old, new, servers) {
                    return out.add(
                        .unknown(
                            requirement, .side, subject: request.flow.description, message: "\(message), but \(why).",
                            evidence: evidence))
                }
                return out.add(
                    .fail(
                        requirement, subject: request.flow.description,
                        message: "\(message): the new registration did not take the binding along.",
                        evidence: evidence[0], Array(evidence.dropFirst()), diagnosis: "DX-BIND-02",
                        advice: "The registrar must replace flow and Path of a binding with each registration."))
            }
            if let followed {
                out.pass(requirement, followed.flow, "Requests come over the flow that was registered last.")
            }
        }

        /// As long as a proxy may ring one contact before it takes the next of those that it found at the start (Timer C, RFC
        /// 3261 §16.6).
        private static let timerC = 180 * Int64.second

        private static func doubt(
            _ request: RequestNote, _ old: BindingNote, _ new: BindingNote, _ servers: ServerCase
        ) -> String? {
            if servers.record(old)?.server.ip != servers.record(new)?.server.ip {
                return "the phone moved to another server, which may have a registrar of its own"
            }
            guard let left = servers.record(old), !left.sights.contains(.gap), left.lastKeepAlive <= new.answered else {
                return "the phone keeps that flow alive, or packets of it are missing: it may have come back"
            }
            // Where the caller's side was seen, it is known when the call began.
            let isCallerSeen = servers.byTransaction[request.transaction]?.contains { $0.hops < request.hops } == true
            let hasOthers = new.listed?.contains { $0.key != new.key } ?? true
            guard !isCallerSeen, hasOthers, request.time &- new.answered < timerC else { return nil }
            return "the user has other contacts, and the call may have begun at one of them before"
        }

        private static func user(of place: String) -> String {
            place.split(separator: "@").first.map(String.init) ?? ""
        }

        /// The registration that took the binding of `note` to another flow, if it is the latest by a time.
        private static func successor(
            of note: BindingNote, _ users: [String: ServerCase.User], at time: Int64
        ) -> BindingNote? {
            let latest = users[note.aor]?.notes.last {
                $0.key == note.key && $0.isGranted && $0.answered < time
            }
            guard let latest, latest.flow != note.flow, latest.isOutbound, !latest.isRemoval,
                latest.time > note.answered, latest.expiry > time
            else { return nil }
            return latest
        }
    }

    /// OB-EP-010 behind an edge, OB-AP-005 (and OB-REG-019) where the registrar is the first hop: a request takes the very
    /// flow, neither a connection of its own nor another port of the server.
    struct UsesTheVeryFlow: ServerRule {
        let requirement: Requirement.ID

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var kept: RequestNote?
            for request in servers.requests where !request.isInDialog {
                if let own = servers.target(on: request.flow, request.place, at: request.time), isAsked(own) {
                    if servers.isDelivery(request) { kept = kept ?? request }
                    continue
                }
                guard let own = servers.bypassed(by: request), isAsked(own), let record = servers.record(own),
                    let stray = servers.ledger[request.flow]
                else { continue }
                let how =
                    stray.isStream
                    ? "on a connection that the server opened to \(servers.ends(request)?.to.description ?? "the phone")"
                    : "from the server's port \(servers.ends(request)?.from.port ?? 0)"
                return out.add(
                    .fail(
                        requirement, subject: request.flow.description,
                        message:
                            "\(request.method.text) for \(own.aor) came \(how), although its flow \(own.flow) was open: a NAT lets no such request through.",
                        evidence: request.evidence(how, expected: "on \(own.flow), to \(record.client)"),
                        [own.evidence("registered on \(own.flow)")], diagnosis: "DX-NAT-01",
                        advice:
                            "Send requests for a registered phone over the flow of its binding, whatever its Contact says."
                    ))
            }
            if let kept { out.pass(requirement, kept.flow, "Requests came over the registered flow.") }
        }

        private func isAsked(_ note: BindingNote) -> Bool {
            requirement == "OB-EP-010" ? note.hasEdge : note.path.isEmpty
        }
    }

    /// OB-AP-006 where the phone closed the flow, OB-AP-007 where the server did: its bindings are gone, and nothing is
    /// sent for them.
    struct NothingForAClosedFlow: ServerRule {
        let requirement: Requirement.ID

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var closed: [TransportAddress: (flow: FlowRecord, note: BindingNote)] = [:]
            for flow in servers.byFlow.keys.sorted() {
                guard let record = servers.ledger[flow], let closing = record.closing, closing != .refused,
                    (record.closedBy == .fromServer) == (requirement == "OB-AP-007"), record.isStream,
                    let notes = servers.byFlow[flow], let note = notes.last, !note.isRemoval,
                    // Without outbound the Contact's address is where the phone wants to be called.
                    notes.allSatisfy({ $0.isOutbound || $0.isRemoval }),
                    note.expiry > record.closedAt &+ ServerCase.margin
                else { continue }
                closed[record.client] = (record, note)
            }
            guard !closed.isEmpty else { return }
            for index in servers.ledger.flows.indices {
                let attempt = servers.ledger.flows[index]
                // The server is the one that opens, to the very address and port of the flow that is over.
                guard attempt.isStream, let (record, note) = closed[attempt.opening.server],
                    attempt.opening.kind == .handshake || attempt.closing == .refused,
                    attempt.opening.client.ip == record.server.ip, attempt.openedAt > record.closedAt,
                    attempt.openedAt < note.expiry, servers.byFlow[attempt.id] == nil
                else { continue }
                return out.add(complaint(attempt, record, note, servers))
            }
            let tokens = Dictionary(
                closed.values.compactMap { entry in entry.note.token.map { ($0, entry.flow.closedAt) } },
                uniquingKeysWith: max)
            let users = Dictionary(
                closed.values.map { ($0.note.aor, $0.flow.closedAt) }, uniquingKeysWith: max)
            let reached = servers.requests.first { request in
                if request.status == 430, let at = request.token.flatMap({ tokens[$0] }), request.time > at {
                    return true
                }
                guard !request.isInDialog, servers.isDelivery(request) else { return false }
                return servers.byFlow[request.flow]?.contains { note in
                    users[note.aor].map { $0 < request.time && note.answered < request.time } == true
                } == true
            }
            if let reached {
                out.pass(requirement, reached.flow, "Nothing was sent for a closed flow; calls took another way.")
            }
        }

        private func complaint(
            _ attempt: FlowRecord, _ closed: FlowRecord, _ note: BindingNote, _ servers: ServerCase
        ) -> Finding {
            let evidence = [
                Evidence(
                    at: attempt.openedAt, frame: attempt.openedFrame, "a new connection to \(closed.client)",
                    expected: "430, or another flow of the phone"),
                Evidence(at: closed.closedAt, frame: closed.closedFrame, "\(closed.id) closed", expected: nil),
            ]
            guard servers.isForBinding(attempt, closed) else {
                return .unknown(
                    requirement, .identity, subject: attempt.id.description,
                    message:
                        "The server tried to connect to \(closed.client), whose flow \(closed.id) was closed: for the binding, or for something else, such as a dialog that was opened there.",
                    evidence: evidence)
            }
            return .fail(
                requirement, subject: attempt.id.description,
                message:
                    "The server opened a connection to \(closed.client) \(seconds(attempt.openedAt &- closed.closedAt)) after the flow of \(note.aor) from there was closed: the binding outlived its flow.",
                evidence: evidence[0], [evidence[1]], diagnosis: "DX-TOK-14",
                advice: DiagnosisTable["DX-TOK-14"]?.advice)
        }
    }
}

extension ServerCase {
    /// Whether a connection that the server opened to the address of a closed flow is for a binding of that flow.
    fileprivate func isForBinding(_ attempt: FlowRecord, _ closed: FlowRecord) -> Bool {
        let notes = byFlow[closed.id] ?? []
        let places = Set(notes.map(\.place))
        // A plain registration that came later asks for a connection to its Contact.
        if places.contains(where: { isPlain($0, by: attempt.openedAt) }) { return false }
        let carried = requests.filter { $0.flow == attempt.id && !$0.isInDialog }
        guard carried.isEmpty else { return carried.contains { places.contains($0.place) } }
        // What came to the server right before it.
        let tokens = Set(notes.compactMap(\.token))
        let users = Set(notes.map(\.aor))
        let isCalled = requests.contains { request in
            guard !request.isInDialog, ends(request)?.to.ip == closed.server.ip, request.time <= attempt.openedAt,
                attempt.openedAt &- request.time < ServerCase.margin
            else { return false }
            return request.token.map(tokens.contains) ?? users.contains("sip:" + request.place)
        }
        // Without dialogs of the phone there is nothing else to connect for.
        return isCalled
            || closed.opening.kind == .handshake && requestsUntil == .max
                && !requests.contains { $0.formsDialog && ledger[$0.flow]?.client.ip == closed.client.ip }
    }

    /// Whether a Contact that leads there was registered without outbound by a time.
    private func isPlain(_ place: String, by time: Int64) -> Bool {
        users(at: place).contains { user in
            user.notes.contains { $0.place == place && $0.isGranted && !$0.isOutbound && $0.answered < time }
        }
    }

    /// Whether the server is who sends on a flow that is not the phone's. Where it shares its address with the phones, that
    /// takes the request as it came to the server.
    private func isServers(_ request: RequestNote, _ record: FlowRecord) -> Bool {
        record.server.ip != record.client.ip
            || byTransaction[request.transaction]?.contains {
                $0.hops < request.hops && $0.time <= request.time && ends($0)?.to == record.server
            } == true
    }

    /// The registration whose flow a request should have taken, where its own server sent it to the phone's host in
    /// another way.
    fileprivate func bypassed(by request: RequestNote) -> BindingNote? {
        // Who only looks whether a host is alive is no proxy of its phone.
        guard request.method != .options, byFlow[request.flow] == nil, let stray = ledger[request.flow],
            let ends = ends(request)
        else { return nil }
        // A flow that was there before may have been registered before.
        guard stray.isStream ? stray.opening.kind == .handshake : stray.openedAt == request.time else { return nil }
        let here = users(at: request.place)
        for user in here where user.isOwnFlows {
            guard let key = user.notes.last(where: { $0.place == request.place && $0.answered < request.time })?.key,
                let own = user.current(key, at: request.time), own.isOutbound, own.place == request.place,
                let record = record(own), record.server.ip == ends.from.ip, record.client.ip == ends.to.ip,
                record.openedAt < stray.openedAt, isAlive(own.flow, at: request.time),
                // To another port of the phone's NAT another flow of the phone may lead.
                stray.isStream || ends.to == record.client && ends.from.port != record.server.port,
                isServers(request, record)
            else { continue }
            // Another binding of that contact that was not captured, or one without outbound, would explain it.
            let known = user.keys(by: request.time)
            let isExplained = own.listed?.contains { $0.place == request.place && !known.contains($0.key) } ?? true
            if !isExplained, !isPlain(request.place, by: request.time) { return own }
        }
        return nil
    }
}
