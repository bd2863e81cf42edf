/// How flows come and go.
extension EdgeServer {
    mutating func begin(_ id: FlowID, _ flow: Flow, _ origin: FlowOrigin, at now: Timestamp) {
        if flows[id] != nil {
            // A datagram flow that we asked for is there already, because its peer spoke first.
            if case .opened(let ticket) = origin { opened(ticket, id, at: now) }
            return
        }
        guard !isLeaving else { return outputs.append(.close(id, .rst)) }
        guard flows.count < settings.limits.flows else {
            counters.overloads += 1
            outputs.append(.close(id, .rst))
            return
        }
        var isUpstream = false
        if case .opened(let ticket) = origin { isUpstream = openings[ticket]?.isPhone != true }
        let wire: EdgeFlow.Wire =
            switch flow.transport {
            case .udp: .datagram
            case .tcp, .tls, .sctp: .stream(StreamFramer(limits: settings.limits.sip))
            case .ws, .wss:
                .webSocket(WebSocketSession(server: WebSocketHandshake.Policy(server: settings.software)))
            }
        var held = EdgeFlow(flow, isUpstream: isUpstream, wire: wire, at: now)
        held.alarm = now + (held.isStream ? settings.limits.greetingTime : settings.limits.datagramIdle)
        alarms.insert(.flow(id), at: held.alarm)
        flows[id] = held
        byEnds[flow] = id
        own.insert(flow.local)
        counters.flowsOpened += 1
        observe(id, .fromClient, at: now) {
            .open(
                FlowEvent.Opening(
                    transport: flow.transport, client: flow.remote, server: flow.local,
                    kind: flow.transport.isStream ? .handshake : .datagram))
        }
        faultsAtStart(id, at: now)
        if case .opened(let ticket) = origin { opened(ticket, id, at: now) }
    }

    /// Ends a flow from our side: a WebSocket in order, with a Close frame first. Where we are mute already, that is all
    /// that the peer is to see of us.
    mutating func close(_ id: FlowID, _ manner: CloseManner, at now: Timestamp) {
        guard let held = flows[id], held.standing != .mute else { return }
        if manner == .silent { return mute(id, at: now) }
        let isInOrder = manner == .fin && beginClosing(id, at: now)
        if held.isStream, held.standing == .up {
            observe(id, .fromServer, at: now) { .close(manner == .rst ? .rst : .fin) }
        }
        if isInOrder { return }
        outputs.append(.close(id, manner))
        forget(id, at: now)
    }

    /// Sends the Close frame; the peer's, or the end of our patience, then ends TCP. False where there is none to send.
    private mutating func beginClosing(_ id: FlowID, at now: Timestamp) -> Bool {
        guard let slot = flows.index(forKey: id), case .webSocket(var session) = flows.values[slot].wire,
            session.isOpen, flows.values[slot].standing == .up
        else { return false }
        flows.values[slot].wire = .datagram
        session.close(.goingAway)
        drain(&session, on: id, at: now)
        flows.values[slot].wire = .webSocket(session)
        observe(id, .fromServer, at: now) { .webSocketControl(.close(WebSocketClose.goingAway.code)) }
        retire(id, to: .closing, until: now + settings.limits.closingTime, at: now)
        return true
    }

    /// From now on we are dead to the peer. What it still sends is seen: that is what shows whether it notices.
    private mutating func mute(_ id: FlowID, at now: Timestamp) {
        guard let held = flows[id] else { return }
        let limits = settings.limits
        retire(id, to: .mute, until: now + (held.isStream ? limits.muteTime : limits.datagramIdle), at: now)
    }

    /// Takes a flow out of all use, although its octets are still read.
    private mutating func retire(_ id: FlowID, to standing: EdgeFlow.Standing, until end: Timestamp, at now: Timestamp)
    {
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].standing = standing
        flows.values[slot].unfinishedSince = nil
        wake(id, at: end)
        withdraw(flows.values[slot].flow, id, at: now)
    }

    /// Ends the service. What is to be judged is told by whoever runs it, so that no end is told of here.
    mutating func leave(at now: Timestamp) {
        isLeaving = true
        for id in flows.keys where flows[id]?.isUpstream == false { _ = beginClosing(id, at: now) }
    }

    /// The service has ended, but for peers whose Close frames are due.
    public var awaitsCloses: Bool { flows.values.contains { $0.standing == .closing } }

    /// The peer or the host ended it.
    mutating func end(_ id: FlowID, how: FlowEvent.Closing, at now: Timestamp) {
        guard let held = flows[id] else { return }
        if held.isStream, held.standing != .closing { observe(id, .fromClient, at: now) { .close(how) } }
        forget(id, at: now)
    }

    private mutating func forget(_ id: FlowID, at now: Timestamp) {
        guard let held = flows.removeValue(forKey: id) else { return }
        counters.flowsClosed += 1
        if settings.observes, !held.isUpstream { outputs.append(.event(.ended(id, now))) }
        withdraw(held.flow, id, at: now)
    }

    /// Nothing leads to the flow any more.
    private mutating func withdraw(_ flow: Flow, _ id: FlowID, at now: Timestamp) {
        if byEnds[flow] == id { byEnds.removeValue(forKey: flow) }
        let hop = Hop(transport: flow.transport, remote: flow.remote)
        if upstream[hop] == id { upstream.removeValue(forKey: hop) }
        flowFailed(id, at: now)
    }

    /// Whether anything may be sent on a flow.
    func isUp(_ id: FlowID) -> Bool {
        guard let slot = flows.index(forKey: id) else { return false }
        return flows.values[slot].standing == .up
    }

    /// Nothing will be delivered on the flow any more: its bindings go, whatever their AOR (RFC 5626 §7), and what is
    /// under way tries the next flow.
    mutating func flowFailed(_ id: FlowID, at now: Timestamp) {
        let changes = registrar.flowEnded(id)
        if !changes.isEmpty { outputs.append(.event(.bindings(changes))) }
        let affected = contextsOfFlow[id, default: []].sorted()
        for context in affected {
            withContext(context, at: now) { $0.flowEnded(id, at: now) }
        }
    }

    // MARK: Silence

    /// How long the peer may stay silent; nil for ever.
    func patience(_ held: EdgeFlow) -> Duration? {
        if held.isUpstream { return settings.idleTime }
        if !held.isStream { return settings.limits.datagramIdle }
        if let faulty = faultyPatience(held) { return faulty }
        guard held.hasSpoken else { return settings.limits.greetingTime }
        guard held.hasOutbound, let timer = settings.flowTimer else { return settings.idleTime }
        // Flow-Timer may be long and the time without it short: outbound never makes a flow shorter-lived.
        return .seconds(Int64(timer)) + settings.grace
    }

    /// Looks whether a flow has been silent, or has left a message unfinished, for too long; sets its next alarm.
    mutating func lookAfter(_ id: FlowID, at now: Timestamp) {
        guard let held = flows[id] else { return }
        guard held.standing == .up else { return endRetirement(id, held, at: now) }
        if let since = held.unfinishedSince, since + settings.limits.messageTime <= now {
            noteOnce(id, "closed: a message was not finished within \(settings.limits.messageTime)", at: now)
            counters.flowsTimedOut += 1
            if case .stream(let framer) = held.wire { refuseUnfinished(framer.unfinished, on: id, at: now) }
            close(id, .fin, at: now)
            return
        }
        var next = held.unfinishedSince.map { $0 + settings.limits.messageTime }
        if let patience = patience(held) {
            var end = held.lastHeard + patience
            // A datagram flow is remembered for as long as a binding needs it.
            if !held.isStream { end = max(end, held.boundUntil) }
            if end <= now {
                counters.flowsTimedOut += 1
                if held.isStream { note(.info, id, "closed: silent for \(patience)", at: now) }
                close(id, .fin, at: now)
                return
            }
            next = next.map { min($0, end) } ?? end
        }
        if let next { wake(id, at: next) }
    }

    /// The time is over for which a flow was kept that is in no use. Of a datagram flow that is the end of its peer's
    /// silence.
    private mutating func endRetirement(_ id: FlowID, _ held: EdgeFlow, at now: Timestamp) {
        let end = held.lastHeard + settings.limits.datagramIdle
        if !held.isStream, end > now { return wake(id, at: end) }
        if held.isStream, held.standing == .mute { observe(id, .fromServer, at: now) { .close(.rst) } }
        outputs.append(.close(id, held.standing == .mute && held.isStream ? .rst : .fin))
        forget(id, at: now)
    }

    /// The flow's patience may have become shorter.
    mutating func hasten(_ id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id), flows.values[slot].standing == .up,
            let patience = patience(flows.values[slot])
        else { return }
        wake(id, at: now + patience, now: now)
    }

    /// Sets the alarm of a flow, unless an earlier one is set.
    mutating func wake(_ id: FlowID, at time: Timestamp, now: Timestamp? = nil) {
        guard let slot = flows.index(forKey: id) else { return }
        if let now, flows.values[slot].alarm > now, flows.values[slot].alarm <= time { return }
        flows.values[slot].alarm = time
        alarms.insert(.flow(id), at: time)
    }

    // MARK: Sending

    /// Sends one SIP message.
    mutating func send(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id), flows.values[slot].standing == .up else { return }
        if settings.observes { observeSent(octets, on: id, at: now) }
        flows.values[slot].sentCRLF = false
        if case .webSocket(var session) = flows.values[slot].wire {
            flows.values[slot].wire = .datagram
            // Text frames must be UTF-8 (RFC 6455 §8.1); SIP bodies need not be.
            session.send(octets, isText: UTF8Check.holds(octets))
            drain(&session, on: id, at: now)
            flows.values[slot].wire = .webSocket(session)
        } else {
            outputs.append(.send(octets, id))
        }
    }

    // MARK: Observation

    /// Tells of something on a phone's flow. The event is made only when somebody listens.
    mutating func observe(
        _ id: FlowID, _ direction: FlowEvent.Direction, at now: Timestamp, _ what: () -> FlowEvent.What
    ) {
        guard settings.observes, flows[id]?.isUpstream == false else { return }
        outputs.append(.event(.observed(FlowEvent(flow: id, time: now, direction: direction, what: what()))))
    }

    mutating func observeSent(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        guard flows[id]?.isUpstream == false else { return }
        var message = SIPMessage()
        do throws(ParseError) {
            try unsafe MessageParser.parse(octets.span.bytes, into: &message)
            observe(id, .fromServer, at: now) { .sip(message) }
        } catch {
            // A request that passes may be odd beyond what the parser takes; the phone has to cope with it.
            observe(id, .fromServer, at: now) { .malformedSIP(error) }
        }
    }
}
