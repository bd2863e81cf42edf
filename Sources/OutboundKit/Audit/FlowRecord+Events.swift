/// Events that are neither keep-alives nor registrations, and the passing of time.
extension FlowRecord {
    /// Octets that the client sends closer together than this are one burst.
    static let pauseOfBurst: Int64 = 3 * .second

    /// What every event of the flow does first.
    @inline(__always)
    mutating func touch(_ time: Int64, fromClient: Bool, settings: AuditSettings) {
        if fromClient {
            if lastFromClient != .never {
                let silence = time &- lastFromClient
                if silence >= Self.pauseOfBurst {
                    longestSilenceBefore = longestToleratedSilence
                    brokenSilence = silence
                }
            }
            sights.insert(.fromClient)
            lastFromClient = time
        } else {
            sights.insert(.fromServer)
            lastFromServer = time
        }
        if waiting > 0 { judgePending(at: time, settings: settings) }
    }

    /// Deadlines that have passed by `time`.
    mutating func settle(at time: Int64, settings: AuditSettings) {
        judgePending(at: time, settings: settings)
        settleTransaction(at: time, replaced: false)
    }

    /// Takes what every SIP message tells.
    /// - Returns: whether the client sent it.
    mutating func observeMessage(
        isRequest: Bool, _ method: SIPMethod, seenFromClient: Bool, _ time: Int64, _ frame: UInt64,
        _ settings: AuditSettings
    ) -> Bool {
        var fromClient = seenFromClient != isFlipped
        if fromClient != isRequest, method == .register, mayFlip {
            // Who registers is the client, and who answers it the server, whoever spoke first.
            isFlipped.toggle()
            swapSides()
            fromClient.toggle()
        }
        touch(time, fromClient: fromClient, settings: settings)
        // Before the time of this message is noted: it tells nothing of a transaction that was over by then.
        if !fromClient, !isStream { settleTransaction(at: time, replaced: false) }
        followsCRLF = fromClient && loneCRLFAt != .never && time &- loneCRLFAt < .second
        closeLoneCRLF(at: time)
        sights.insert(.sip)
        if fromClient {
            halfPingAt = .never
            // A silence that nothing would excuse.
            if time &- max(lastKeepAlive, duty.since, lastClientSIP) > duty.lateAbove { lateTrafficAt = time }
            lastClientSIP = time
            if isRequest, method != .register { sights.insert(.clientRequests) }
            // Without a pong the connection itself has failed, and a REGISTER over it mends nothing. A datagram flow has no
            // other way to be formed anew.
            if isRequest, let failure, method != .register || failure == .missedPong {
                log.add(.usedAfterFailure, time, frame, failedAt, Int64(failure.rawValue))
            }
        } else {
            lastServerSIP = time
            noteMessageEnds(at: time)
            if !isRequest { sights.insert(.serverSIP) }
        }
        return fromClient
    }

    mutating func observeOther(
        _ what: FlowEvent.What, fromClient: Bool, _ time: Int64, _ frame: UInt64, _ settings: AuditSettings
    ) {
        if case .repeatedPing = what {
            if fromClient { noteRepeatedPing(at: time, settings: settings) }
            return
        }
        // What is missing lies before: a pong that is due by now may be in it.
        if case .gap = what { lastGap = max(lastGap, time) }
        touch(time, fromClient: fromClient, settings: settings)
        switch what {
        case .beginsSIP:
            if !fromClient { noteMessageBegins(at: time) }
        case .crlfDatagram(let length):
            if fromClient { log.add(.crlfDatagram, time, frame, Int64(length)) }
        case .otherDatagram(let length, let first):
            log.add(.strayDatagram, time, frame, Int64(length), first.map(Int64.init) ?? -1, fromClient ? 1 : 0)
        case .webSocketControl(let control):
            observeWebSocket(control, fromClient: fromClient, time, frame, settings)
        case .webSocketHandshake(let offersSIP, let grantsSIP):
            observeHandshake(offersSIP: offersSIP, grantsSIP: grantsSIP)
        case .webSocketRefused(let refusal): observeRefusal(refusal, time, frame)
        case .webSocketFault(let fault): observeFault(fault, fromClient: fromClient, time, frame)
        case .gluedCRLF(let count):
            log.add(.gluedCRLF, time, frame, Int64(count), fromClient ? 1 : 0)
        case .gap:
            sights.insert(.gap)
            if fromClient { halfPingAt = .never } else { noteMessageEnds(at: time) }
        case .cutSIP:
            sights.insert(.cutSIP)
            if fromClient { lastClientSIP = time } else { noteMessageEnds(at: time) }
        case .malformedSIP(let error):
            observeMalformed(error, fromClient: fromClient, time, frame)
            if !fromClient { noteMessageEnds(at: time) }
        case .encrypted:
            sights.insert(.encrypted)
        case .icmpError(let type, let code):
            observeICMP(type: type, code: code, aboutClient: fromClient, time, frame)
        case .unrecognized: if !fromClient { observeStrange() }
        case .open, .sip, .crlf, .repeatedPing, .stun, .close:
            break
        }
    }

    /// Hard errors only: port, protocol, host or network unreachable and prohibited (RFC 1122 §4.2.3.9, RFC 4443 §3.1).
    private mutating func observeICMP(type: UInt8, code: UInt8, aboutClient: Bool, _ time: Int64, _ frame: UInt64) {
        let isIPv6 = client.ip.isIPv6
        let isHard = isIPv6 ? type == 1 && (code == 1 || code == 4) : type == 3 && [2, 3, 9, 10, 13].contains(code)
        guard isHard, aboutClient else { return }
        log.add(.icmpError, time, frame, Int64(type), Int64(code))
        if !transaction.answered { transaction.metICMP = true }
        if code == (isIPv6 ? 4 : 3) { fail(.icmp, at: time) }
    }

    mutating func observeClose(
        _ how: FlowEvent.Closing, fromClient: Bool, _ time: Int64, _ frame: UInt64, _ settings: AuditSettings
    ) {
        settle(at: time, settings: settings)
        lastCloseAt = time
        sights.insert(fromClient ? .fromClient : .fromServer)
        guard closing == nil else {
            if how == .rst, fromClient, closing == .fin, closedBy == .fromServer, lastFromClient < closedAt,
                time &- closedAt < Self.pauseOfBurst
            {
                log.add(.resetAfterClose, time, frame)
            }
            // What came after the first close, such as a ping that crossed with it, waits for nothing any more.
            return forgetPings()
        }
        closing = how
        closedAt = time
        closedFrame = frame
        closedBy = fromClient ? .fromClient : .fromServer
        closeLoneCRLF(at: time)
        if how == .refused { return }
        noteOpenGap(endingAt: time, frame, settings)
        if fromClient {
            noteDeparture(time, frame)
            // `ob` in Path and keep are signs too that a pong may be expected (RFC 5626 §4.4, §8).
            noteDropWithoutOutbound(time, frame)
            // A client may leave; only what had failed before is a loss that recovery must follow.
            // Giving up at 10 s, or a tolerance before, is what the client is to do; the pong was not there.
            judgePending(at: time &+ 2 &* settings.tolerances.pong &+ 1, settings: settings)
        } else {
            if duty.isOwed || everOwed {
                log.add(
                    .serverClosed, time, frame, lastFromClient, time <= duty.until ? duty.limit : .max,
                    max(lastClientSIP, lastServerSIP))
            }
            fail(.serverClosed, at: time)
        }
        // What waited for less than its time will never be known.
        forgetPings()
        transaction.answered = true
    }

    /// A close ends the last interval: what was due by then was due.
    private mutating func noteOpenGap(endingAt time: Int64, _ frame: UInt64, _ settings: AuditSettings) {
        guard duty.seconds != nil, failure == nil, time <= duty.until, !isPingedByServerOnly else { return }
        let start = max(lastKeepAlive, duty.since)
        guard time &- start > duty.lateAbove else { return }
        addLateGap(from: start, to: time, frame, settings)
    }

    /// A new flow has taken over the binding; nothing more is owed here.
    mutating func retire(for flow: FlowID) {
        sights.insert(.replaced)
        replacedBy = flow
        endDuty()
    }

    /// The end of the run: the last stretch of intervals, pending deadlines, and silence while the flow was in use.
    /// - Parameter endsHere: the end that watched leaves the flow.
    mutating func finish(at time: Int64, endsHere: Bool = false, settings: AuditSettings) {
        settle(at: time, settings: settings)
        closeLoneCRLF(at: time)
        noteServerPing(at: closing == nil ? time : min(time, closedAt), frame: 0)
        closeEpoch(at: lastPing, frame: lastKeepAliveFrame)
        noteSteadyInterval()
        noteMissingRecovery(at: time, frame: 0, settings: settings)
        guard closing == nil, duty.seconds != nil, failure == nil, !isPingedByServerOnly else { return }
        // Of a client that never sent one it shows already; any other may have been switched off.
        if endsHere, pings == 0 { return noteOpenGap(endingAt: time, 0, settings) }
        // The end of the capture ends no interval, but a client that goes on sending other things does (still in use).
        let start = max(lastKeepAlive, duty.since)
        let lastUse = min(lastFromClient, duty.until)
        guard lastUse &- start > duty.lateAbove else { return }
        addLateGap(from: start, to: lastUse, 0, settings)
    }

    /// Nobody has registered yet, so that the sides may still be exchanged: where the opening was not seen, a server that
    /// keeps its flows alive may have been the first to speak, and was taken for the client.
    var mayFlip: Bool { registerRequests == 0 && registerSuccesses == 0 && opening.kind != .handshake }

    mutating func swapSides() {
        forgetKeepAlives()
        swap(&lastFromClient, &lastFromServer)
        swap(&lastClientSIP, &lastServerSIP)
        let client = sights.contains(.fromClient)
        let server = sights.contains(.fromServer)
        sights.remove([.fromClient, .fromServer])
        if client { sights.insert(.fromServer) }
        if server { sights.insert(.fromClient) }
        (brokenSilence, longestSilenceBefore) = (0, 0)
    }

    /// What was taken for the client's keep-alives was the server's, and what answered them the client's.
    private mutating func forgetKeepAlives() {
        guard pings > 0 || rare != nil else { return }
        let (own, gap) = (pings, lastGap)
        (rare, present) = (nil, [])
        if gap != .never { lastGap = gap }
        serverPings = own
        (kind, failure) = (.none, nil)
        (pings, pongs, waiting, missed) = (0, 0, 0, 0)
        (firstPing, lastPing, lastPong) = (.never, .never, .never)
        (answerMax, lastKeepAliveFrame) = (0, 0)
        transaction = STUNTransactionTrace()
        (epoch, intervals) = (IntervalRange(), IntervalSample())
        mappedAddress = nil
    }
}
