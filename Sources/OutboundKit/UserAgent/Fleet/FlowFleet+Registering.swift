/// What becomes of one member's requests.
extension FlowFleet {
    mutating func open(_ index: Int) {
        if members[index].isSettled, !members[index].isLeaving { statistics.recoveryAttempts += 1 }
        members[index].phase = .opening
        members[index].retryAt = nil
        let locals = settings.locals
        let local = locals.isEmpty ? nil : TransportAddress(ip: locals[index % locals.count], port: 0)
        outputs.append(.open(ticket: UInt32(index), settings.transport, remote: settings.remote, local: local))
    }

    mutating func rise(_ index: Int, _ id: FlowID, _ flow: Flow, at now: Timestamp) {
        byFlow[id] = index
        members[index].flow = id
        guard !settings.transport.isWebSocket else { return shakeHands(index, id, at: now) }
        members[index].local = Array(flow.local.description.utf8)
        if settings.transport.isStream { members[index].framer = StreamFramer() }
        ask(index, removes: members[index].isLeaving, at: now)
    }

    /// Sends a REGISTER of its own transaction.
    mutating func ask(_ index: Int, removes: Bool, at now: Timestamp) {
        // RFC 3261 §8.1.1.5 keeps CSeq below 2³¹.
        guard members[index].flow != nil, members[index].cseq < 0x7FFF_FFFF else { return }
        members[index].cseq += 1
        members[index].phase = .asking
        members[index].removes = removes
        members[index].refreshAt = nil
        if !removes { members[index].mayBeBound = true }
        // Worked out first: what is lent below must not be copied because something changes beside it.
        let credentials = credentials(index, at: now)
        let expires = removes ? 0 : expiresSeconds
        let cseq = members[index].cseq
        members[index].request = requests.bytes(
            index, local: members[index].local, instance: members[index].instance, cseq: cseq, expiresSeconds: expires,
            credentials: credentials)
        var transaction = NonInviteTransaction(
            timing: settings.timing, isReliable: settings.transport.isStream)
        transaction.handle(.start, at: now)
        members[index].transaction = transaction
        pump(index, nil, at: now)
    }

    private mutating func credentials(_ index: Int, at now: Timestamp) -> [DigestAuthenticator.Field] {
        guard authenticators[index] != nil else { return [] }
        let clientNonce = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        do {
            return try authenticators[index]?.credentials(
                method: "REGISTER", uri: settings.registrar.description, clientNonce: clientNonce) ?? []
        } catch {
            halt(.noCrypto(error), at: now)
            return []
        }
    }

    /// Carries out what the transaction wants; `message` is the response that it was given, if any.
    private mutating func pump(_ index: Int, _ message: SIPMessage?, at now: Timestamp) {
        while let output = members[index].transaction?.next() {
            switch output {
            case .transmit(let attempt):
                guard let flow = members[index].flow else { return }
                if attempt > 1 { statistics.retransmissions += 1 }
                transmit(members[index].request, on: flow)
            case .final(let code):
                guard let message else { return }
                return conclude(index, code, message, at: now)
            case .timedOut:
                members[index].transaction = nil
                return fail(index, .timedOut, closes: true, at: now)
            case .provisional, .absorbed, .ended: break
            }
        }
    }

    /// A response came in: is it to the request in flight (RFC 3261 §17.1.3)?
    mutating func respond(_ message: SIPMessage, _ index: Int, at now: Timestamp) {
        guard members[index].transaction != nil, message.method == .register,
            message.integer(.cseq) == UInt64(members[index].cseq),
            message.hasBranch(requests.branch(index, members[index].cseq))
        else {
            statistics.ignored += 1
            return
        }
        members[index].transaction?.handle(.response(message.statusCode), at: now)
        pump(index, message, at: now)
    }

    private mutating func conclude(_ index: Int, _ code: UInt16, _ message: SIPMessage, at now: Timestamp) {
        if let transaction = members[index].transaction, transaction.transmissions == 1,
            let sent = transaction.firstSent, !members[index].removes
        {
            statistics.registerTime.add(now - sent)
        }
        members[index].transaction = nil
        switch code {
        case 200...299:
            if members[index].removes {
                statistics.removed += 1
                leave(index, isConfirmed: true, at: now)
            } else {
                accept(index, message, at: now)
            }
        case 401, 407: challenge(index, message, at: now)
        case 423 where !members[index].removes: lengthen(index, message, at: now)
        default:
            let isForGood = (400...499).contains(code) && code != 408
            // A proxy that waited in vain may have lost the registrar's 200; the others have bound nothing.
            if ![408, 504].contains(code), !members[index].removes, !members[index].wasRegistered {
                members[index].mayBeBound = false
            }
            fail(index, .refused(code), closes: true, isForGood: isForGood, retryAfter: message, at: now)
        }
    }

    /// A 2xx to a REGISTER that binds.
    private mutating func accept(_ index: Int, _ message: SIPMessage, at now: Timestamp) {
        guard let own = message.ownContact(members[index].instance, local: members[index].local),
            let flow = members[index].flow
        else { return fail(index, .notBound, closes: true, at: now) }
        let granted = own.expiresSeconds ?? message.integer(.expires) ?? UInt64(expiresSeconds)
        // With no time left it is not bound, and was removed if it was before (RFC 3261 §10.2.2).
        guard granted > 0 else {
            members[index].mayBeBound = false
            return fail(index, .notBound, closes: true, at: now)
        }
        statistics.registrations += 1
        if stage == .holding { statistics.registrationsHeld += 1 }
        noteRegistered(index, at: now)
        members[index].phase = .bound
        let isOutbound = message.hasOptionTag("outbound", in: .require)
        if !members[index].wasRegistered {
            members[index].wasRegistered = true
            statistics.registered += 1
            if !isOutbound { statistics.withoutOutbound += 1 }
        }
        settle(index)
        if members[index].isLeaving { return remove(index, at: now) }
        if settings.sendsKeepAlive {
            let flowTimer = isOutbound ? message.integer(.flowTimer).map(FlowTimer.init) : nil
            members[index].keepAlive.registered(
                flowTimer, isOutbound: isOutbound, on: flow, settings.transport, timing: settings.stun,
                random: &random, at: now)
            drainKeepAlive(index, at: now)
        }
        if !settings.sendsKeepAlive || !isOutbound { prove(index) }
        guard members[index].phase == .bound else { return }
        if settings.floods, stage == .holding { return ask(index, removes: false, at: now) }
        // Spread, so that flows that were registered together are not refreshed together. The shortest lifetime there is,
        // a second, is refreshed after three quarters of one.
        let life = Int64(min(granted, 0x7FFF_FFFF)) * 1_000_000_000
        members[index].refreshAt =
            now + .nanoseconds(Int64.random(in: life / 4 * 3...max(life / 10 * 9, life / 4 * 3), using: &random))
    }

    /// Sends the removal of a member that is on its way out, which has its time from now on.
    private mutating func remove(_ index: Int, at now: Timestamp) {
        members[index].patienceEnds = now + Limits.removal
        ask(index, removes: true, at: now)
    }

    private mutating func noteRegistered(_ index: Int, at now: Timestamp) {
        if let lostAt = members[index].lostAt {
            statistics.recovered += 1
            statistics.recoveryTime.add(now - lostAt)
            members[index].lostAt = nil
        }
        guard !members[index].isCurrent else { return }
        members[index].isCurrent = true
        statistics.current += 1
        statistics.peak = max(statistics.peak, statistics.current)
    }

    /// The flow counts as a success: its next failure is the first of a row.
    private mutating func prove(_ index: Int) {
        members[index].isProven = true
        members[index].failures = 0
    }

    mutating func settle(_ index: Int) {
        guard !members[index].isSettled else { return }
        members[index].isSettled = true
        statistics.settled += 1
    }

    private mutating func challenge(_ index: Int, _ message: SIPMessage, at now: Timestamp) {
        // A challenge binds nothing (RFC 3261 §10.3 step 3).
        if !members[index].removes, !members[index].wasRegistered {
            members[index].mayBeBound = false
            if members[index].isLeaving { return leave(index, at: now) }
        }
        guard let password = settings.password else {
            return deny(index, .noCredentials(message.statusCode), at: now)
        }
        let user = settings.numbered(settings.username ?? settings.addressOfRecord.user ?? "", index)
        var authenticator = authenticators[index] ?? DigestAuthenticator(username: user, password: password)
        do {
            try authenticator.accept(RegistrationSession.challenges(in: message))
        } catch {
            return deny(index, .authentication(error, user: user), at: now)
        }
        authenticators[index] = authenticator
        statistics.challenges += 1
        ask(index, removes: members[index].removes, at: now)
    }

    /// Credentials that are refused before anybody is registered will be refused to all others.
    private mutating func deny(_ index: Int, _ reason: Halt, at now: Timestamp) {
        if !members[index].wasRegistered { members[index].mayBeBound = false }
        let isFirst = statistics.registered == 0
        fail(index, .authentication, closes: true, isForGood: true, at: now)
        if isFirst { halt(reason, at: now) }
    }

    /// RFC 3261 §10.2.8: at least Min-Expires, from now on for all.
    private mutating func lengthen(_ index: Int, _ message: SIPMessage, at now: Timestamp) {
        if !members[index].wasRegistered { members[index].mayBeBound = false }
        guard members[index].lengthenings < Limits.lengthenings,
            let seconds = message.integer(.minExpires).flatMap({ UInt32(exactly: $0) })
        else { return fail(index, .refused(423), closes: true, isForGood: true, at: now) }
        members[index].lengthenings += 1
        expiresSeconds = max(expiresSeconds, seconds)
        ask(index, removes: false, at: now)
    }

    // MARK: Timers and failures

    mutating func expire(_ index: Int, at now: Timestamp) {
        if let patienceEnds = members[index].patienceEnds, patienceEnds <= now {
            // A slow server may still bind what was asked for.
            if members[index].transaction != nil, !members[index].removes { return remove(index, at: now) }
            statistics.mayRemain += 1
            return leave(index, at: now)
        }
        if let handshakeEnds = members[index].handshakeEnds, handshakeEnds <= now {
            return fail(index, .webSocket, closes: true, at: now)
        }
        if members[index].transaction != nil {
            members[index].transaction?.handle(.timer, at: now)
            pump(index, nil, at: now)
        }
        if let due = members[index].keepAlive.deadline, due <= now {
            members[index].keepAlive.timer(at: now)
            drainKeepAlive(index, at: now)
        }
        if let refreshAt = members[index].refreshAt, refreshAt <= now, members[index].phase == .bound {
            ask(index, removes: false, at: now)
        }
        if let retryAt = members[index].retryAt, retryAt <= now { open(index) }
    }

    mutating func drainKeepAlive(_ index: Int, at now: Timestamp) {
        while let happening = members[index].keepAlive.next() {
            switch happening {
            case .send(let octets, let isFirst):
                guard let flow = members[index].flow else { return }
                if isFirst { statistics.keepAlives += 1 } else { statistics.retransmissions += 1 }
                keepAlive(octets, on: flow)
            case .answered(let after, let isRoundTrip):
                statistics.keepAlivesAnswered += 1
                if isRoundTrip { statistics.keepAliveTime.add(after) }
                prove(index)
            case .failed(let failure):
                return fail(index, FleetCause(failure), closes: true, at: now)
            }
        }
    }

    /// An attempt has failed, or a flow is lost.
    /// - Parameters:
    ///   - closes: the flow still exists for the driver.
    ///   - isForGood: another attempt would fare the same.
    ///   - retryAfter: an answer that may say how long to wait at least (RFC 3261 §20.33).
    mutating func fail(
        _ index: Int, _ cause: FleetCause, closes: Bool, isForGood: Bool = false, retryAfter: SIPMessage? = nil,
        at now: Timestamp
    ) {
        if members[index].isLeaving {
            // Nothing of a failing flow matters any more but whether its binding stays.
            if leavesBinding(index) { statistics.mayRemain += 1 }
            dropFlow(index, closes: closes)
            return leave(index, at: now)
        }
        if members[index].isCurrent {
            statistics.losses[cause, default: 0] += 1
            statistics.current -= 1
            members[index].isCurrent = false
            members[index].lostAt = now
        } else if !members[index].isSettled {
            statistics.failures[cause, default: 0] += 1
        }
        dropFlow(index, closes: closes)
        settle(index)
        if isForGood, !members[index].mayBeBound { return leave(index, at: now) }
        members[index].failures = members[index].isProven ? 0 : members[index].failures + 1
        members[index].isProven = false
        members[index].phase = .waiting
        guard !isForGood else { return }
        // Each flow stands for a device of its own, whose only flow this is.
        var wait = settings.backoff.draw(
            consecutiveFailures: members[index].failures, allFlowsFailed: true, using: &random)
        if let seconds = retryAfter?.integer(.retryAfter) { wait = max(wait, .seconds(min(seconds, 86_400))) }
        members[index].retryAt = now + wait
    }

    /// Forgets the flow of a member and what went on over it.
    mutating func dropFlow(_ index: Int, closes: Bool) {
        members[index].transaction = nil
        members[index].request = []
        members[index].keepAlive = .none
        members[index].framer = nil
        members[index].refreshAt = nil
        members[index].handshakeEnds = nil
        guard let flow = members[index].flow else { return }
        members[index].flow = nil
        byFlow[flow] = nil
        if closes { closeWebSocket(flow) }
        codecs[flow] = nil
        if closes { outputs.append(.close(flow, .fin)) }
    }
}
