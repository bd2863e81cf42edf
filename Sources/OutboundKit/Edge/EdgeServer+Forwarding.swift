/// How a plan is carried out: response contexts, branches, and the flows that they need.
extension EdgeServer {
    /// Starts a response context for a request (RFC 3261 §16.6).
    mutating func forward(
        _ request: SIPMessage, key: String, to targets: [[ForwardTarget]], reportsFlowFailure: Bool, on id: FlowID,
        at now: Timestamp
    ) {
        guard contexts.count < settings.limits.transactions else {
            counters.overloads += 1
            answer(request, 503, "Service Unavailable: Too Many Transactions", on: id, at: now, [(.retryAfter, "5")])
            return
        }
        guard let held = flows[id] else { return }
        var limits = ResponseContext.Settings(timing: settings.timing, branchTimeout: settings.branchTimeout)
        limits.reportsFlowFailure = reportsFlowFailure
        var context = ResponseContext(
            id: number(), request: request, arrival: id, isReliable: held.isStream, settings: limits)
        byRequest[key] = context.id
        contextsOfFlow[id, default: []].insert(context.id)
        context.key = key
        if context.isInvite { respond(&context, own: 100, at: now) }
        var ids = targets.map { _ in randomID() }
        context.fork(Array(targets.prefix(settings.limits.branches)), ids: { ids.popLast() ?? 0 }, at: now)
        run(&context, at: now)
    }

    /// Feeds a context, then does what it wants done.
    mutating func withContext(_ id: UInt32, at now: Timestamp, _ body: (inout ResponseContext) -> Void) {
        guard var context = contexts.removeValue(forKey: id) else { return }
        body(&context)
        run(&context, at: now)
    }

    private mutating func run(_ context: inout ResponseContext, at now: Timestamp) {
        var isOver = false
        while let action = context.next() {
            switch action {
            case .start(let branch): start(branch, of: &context, at: now)
            case .send(let branch):
                guard let flow = context.branches[branch].flow else { continue }
                counters.requestsForwarded += 1
                send(context.branches[branch].octets, on: flow, at: now)
            case .sendCancel(let branch):
                guard let flow = context.branches[branch].flow else { continue }
                send(context.branches[branch].cancelOctets, on: flow, at: now)
            case .acknowledge(let branch, let response):
                guard let flow = context.branches[branch].flow,
                    let octets = EdgeMessages.companion(
                        .ack, of: context.branches[branch].octets, answeredBy: response)
                else { continue }
                send(octets, on: flow, at: now)
            case .pass(let response): pass(response, status: response.statusCode, [], &context, at: now)
            case .answer(let outcome, let challenges):
                guard let message = outcome.message else {
                    respond(&context, own: outcome.status, at: now)
                    continue
                }
                // RFC 3261 §16.7 step 6: 503 says that the other server is overloaded, not that we are.
                pass(message, status: outcome.status == 503 ? 500 : outcome.status, challenges, &context, at: now)
            case .resend: send(context.lastResponse, on: context.arrival, at: now)
            case .dead(let binding):
                counters.flowsFailed += 1
                let changes = registrar.remove(binding, at: now)
                if !changes.isEmpty { outputs.append(.event(.bindings(changes))) }
            case .failedOver: counters.failovers += 1
            case .ended: isOver = true
            }
        }
        if isOver {
            byRequest.removeValue(forKey: context.key)
            release(context.id, context.arrival)
            for branch in context.branches {
                byBranch.removeValue(forKey: branch.id)
                if let flow = branch.flow { release(context.id, flow) }
            }
            return
        }
        if let due = context.deadline, due != context.armed {
            context.armed = due
            alarms.insert(.context(context.id), at: due)
        }
        contexts[context.id] = context
    }

    private mutating func release(_ context: UInt32, _ flow: FlowID) {
        guard let index = contextsOfFlow.index(forKey: flow) else { return }
        contextsOfFlow.values[index].remove(context)
        if contextsOfFlow.values[index].isEmpty { contextsOfFlow.remove(at: index) }
    }

    // MARK: Responses

    /// A response of our own to the request of a context.
    private mutating func respond(_ context: inout ResponseContext, own status: UInt16, at now: Timestamp) {
        guard let held = flows[context.arrival] else { return }
        var editor = MessageEditor(
            status: status, reason: Self.phrase(status), to: context.request, stamp: held.stamp,
            toTag: status == 100 ? nil : tag(for: context.request))
        if status > 100 { editor.header(.server, settings.software) }
        if status == 430 { counters.flowsFailed += 1 }
        finish(&context, status, editor.finish(), at: now)
    }

    private mutating func pass(
        _ response: SIPMessage, status: UInt16, _ challenges: [SIPMessage], _ context: inout ResponseContext,
        at now: Timestamp
    ) {
        var timer = FlowTimerChange.keep
        if context.request.method == .register { timer = passRegister(response, to: context, at: now) }
        let reason = status == response.statusCode ? nil : Self.phrase(status)
        finish(
            &context, status,
            EdgeMessages.back(response, status: status, reason: reason, flowTimer: timer, challenges: challenges),
            at: now)
    }

    private mutating func finish(
        _ context: inout ResponseContext, _ status: UInt16, _ octets: [UInt8], at now: Timestamp
    ) {
        context.lastResponse = octets
        context.handleServer(.respond(status), at: now)
        guard status >= 200 else { return }
        if context.request.method == .register {
            counters.registrations[status, default: 0] += 1
        } else {
            counters.answers[status, default: 0] += 1
        }
    }

    /// The answer of another registrar: outbound is in force on the flow when it says so, and then the edge may add its
    /// Flow-Timer (RFC 5626 §5.4).
    private mutating func passRegister(
        _ response: SIPMessage, to context: ResponseContext, at now: Timestamp
    ) -> FlowTimerChange {
        guard response.statusCode / 100 == 2, context.request.viaCount == 1,
            let slot = flows.index(forKey: context.arrival)
        else { return .keep }
        flows.values[slot].isEndpoint = true
        let contacts = (try? response.contacts()) ?? []
        let expires = contacts.compactMap(\.expires).max() ?? 3600
        flows.values[slot].boundUntil = max(flows.values[slot].boundUntil, now + .seconds(Int64(expires)))
        guard response.hasOptionTag("outbound", in: .require) else { return .remove }
        flows.values[slot].hasOutbound = true
        hasten(context.arrival, at: now)
        return settings.flowTimer.map { .set($0) } ?? .remove
    }

    mutating func receiveResponse(_ response: SIPMessage, on id: FlowID, at now: Timestamp) {
        // What no transaction of ours waits for is dropped (RFC 6026 §8.9).
        guard let via = try? response.topVia(), let text = via.branch, let branch = Self.branchID(text),
            let context = byBranch[branch]
        else { return }
        withContext(context, at: now) { $0.receive(response, for: branch, at: now) }
    }

    // MARK: Branches

    private mutating func start(_ index: Int, of context: inout ResponseContext, at now: Timestamp) {
        let branch = context.branches[index]
        byBranch[branch.id] = context.id
        let isFlowOfPhone: Bool
        switch branch.target.way {
        case .flow(let id):
            if flows[id] != nil {
                send(index, of: &context, on: id, at: now)
                return
            }
            isFlowOfPhone = true
        case .open(let transport, let remote, let local):
            if index > 0, local == nil { turn(to: EdgeSettings.Upstream(transport, remote), at: now) }
            if let id = existing(transport, remote, local) {
                send(index, of: &context, on: id, at: now)
                return
            }
            let ticket = open(transport, remote, local)
            openings[ticket]?.branches.append((context.id, index))
            context.await(index, until: now + settings.limits.openingTime)
            return
        }
        context.fail(index, status: isFlowOfPhone ? 430 : 503, at: now)
    }

    /// The registrar's server in turn was out of reach: the next requests begin where this one goes on (RFC 3263 §4.3).
    private mutating func turn(to server: EdgeSettings.Upstream, at now: Timestamp) {
        guard case .edge(let registrars) = settings.role, registrars.contains(server), registrarInTurn != server else {
            return
        }
        registrarInTurn = server
        note(.warning, nil, "the registrar is out of reach; trying \(server.transport) \(server.address)", at: now)
    }

    private mutating func send(_ index: Int, of context: inout ResponseContext, on id: FlowID, at now: Timestamp) {
        let branch = context.branches[index]
        guard
            let octets = forwarded(
                context.request, branch.target, branch: branch.id, arrival: context.arrival, over: id)
        else {
            context.fail(index, status: 430, at: now)
            return
        }
        contextsOfFlow[id, default: []].insert(context.id)
        context.begin(index, octets: octets, on: id, isReliable: flows[id]?.isStream ?? true, at: now)
    }

    /// The request as it goes out on a flow.
    private mutating func forwarded(
        _ request: SIPMessage, _ target: ForwardTarget, branch: UInt64, arrival: FlowID, over id: FlowID
    ) -> [UInt8]? {
        guard let out = flows[id], let source = flows[arrival] else { return nil }
        var change = target.change
        if target.recordsRoute {
            // Between two phones of this edge each side keeps its own; towards a proxy the pair tells both sides apart.
            let far = out.isUpstream ? out.flow : source.flow
            change.recordRoutes += recordRoutes(near: arrival, far: far, towardsPhone: false)
        }
        if let isFirstHop = target.pathIsFirstHop { change.path = pathValue(arrival, out.flow, isFirstHop: isFirstHop) }
        var via = Array("SIP/2.0/\(out.flow.transport.description.uppercased()) \(out.flow.local)".utf8)
        via.append(text: ";branch=\(Self.branchText(branch, loop: loopHash(request)))")
        return EdgeMessages.forward(request, change, via: via, stamp: source.stamp)
    }

    /// Record-Route values that lead later requests of a dialog to the flow `near`. Where the two sides speak another
    /// transport or have another address, each gets its own, marked as a pair (RFC 5658; Kamailio's `r2`).
    mutating func recordRoutes(near: FlowID, far: Flow, towardsPhone: Bool) -> [[UInt8]] {
        let uri = tokenURI(near)
        guard !uri.isEmpty, let slot = flows.index(forKey: near) else { return [] }
        flows.values[slot].hasToken = true
        let flow = flows.values[slot].flow
        if flow.transport == far.transport, flow.local == far.local {
            return [Array("<".utf8) + uri + Array(";lr>".utf8)]
        }
        let token = uri.prefix { $0 != ASCII.at }
        let other = Array(token) + Array("@\(Self.uriSuffix(far.transport, far.local))".utf8)
        let pair = [uri, other].map { Array("<".utf8) + $0 + Array(";lr;r2=on>".utf8) }
        return towardsPhone ? pair : pair.reversed()
    }

    /// The Path of a REGISTER that goes on to another registrar (RFC 5626 §5.1): reachable from that side, with the token
    /// and `ob` at the first hop alone.
    private mutating func pathValue(_ arrival: FlowID, _ out: Flow, isFirstHop: Bool) -> [UInt8]? {
        let suffix = Self.uriSuffix(out.transport, out.local)
        guard isFirstHop else { return Array("<sip:\(suffix);lr>".utf8) }
        let uri = tokenURI(arrival)
        guard !uri.isEmpty, let slot = flows.index(forKey: arrival) else { return nil }
        flows.values[slot].hasToken = true
        return Array("<".utf8) + uri.prefix { $0 != ASCII.at } + Array("@\(suffix);lr;ob>".utf8)
    }

    /// Sends a request for which no transaction is kept (ACK for a 2xx, RFC 3261 §16.11).
    mutating func sendStateless(_ request: SIPMessage, to target: ForwardTarget, arrival: FlowID, at now: Timestamp) {
        switch target.way {
        case .flow(let id):
            guard let octets = forwarded(request, target, branch: randomID(), arrival: arrival, over: id) else {
                return
            }
            send(octets, on: id, at: now)
        case .open(let transport, let remote, let local):
            // An ACK follows a call on a flow that is there; one that would need a new flow comes too late.
            guard let id = existing(transport, remote, local),
                let octets = forwarded(request, target, branch: randomID(), arrival: arrival, over: id)
            else { return }
            send(octets, on: id, at: now)
        }
    }

    // MARK: Flows to proxies

    func existing(
        _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?
    ) -> FlowID? {
        if let local, let id = byEnds[Flow(transport: transport, local: local, remote: remote)] { return id }
        if let id = upstream[Hop(transport: transport, remote: remote)] { return id }
        // An edge that came to this registrar over a stream is reached over that stream: nobody listens at its far end.
        guard local == nil, transport == .udp || settings.role == .registrar else { return nil }
        for address in own {
            guard let id = byEnds[Flow(transport: transport, local: address, remote: remote)] else { continue }
            if transport == .udp || flows[id]?.isEndpoint == false { return id }
        }
        return nil
    }

    private mutating func open(
        _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?
    ) -> UInt32 {
        if let waiting = openings.first(where: { $0.value.transport == transport && $0.value.remote == remote }) {
            return waiting.key
        }
        let ticket = number()
        // A datagram flow with a local end is that of a phone, known from its token.
        openings[ticket] = Opening(transport: transport, remote: remote, isPhone: local != nil)
        outputs.append(.open(ticket: ticket, transport, remote: remote, local: local))
        return ticket
    }

    mutating func opened(_ ticket: UInt32, _ id: FlowID, at now: Timestamp) {
        guard let opening = openings.removeValue(forKey: ticket) else { return }
        if !opening.isPhone { upstream[Hop(transport: opening.transport, remote: opening.remote)] = id }
        for (context, branch) in opening.branches {
            guard var held = contexts.removeValue(forKey: context) else { continue }
            if !held.branches[branch].isFinal { send(branch, of: &held, on: id, at: now) }
            run(&held, at: now)
        }
    }

    mutating func notOpened(_ ticket: UInt32, at now: Timestamp) {
        guard let opening = openings.removeValue(forKey: ticket) else { return }
        if !opening.isPhone {
            note(.warning, nil, "cannot reach \(opening.transport) \(opening.remote)", at: now)
        }
        for (context, branch) in opening.branches {
            withContext(context, at: now) { $0.fail(branch, status: opening.isPhone ? 430 : 503, at: now) }
        }
    }
}
