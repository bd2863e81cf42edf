/// CRLF keep-alives on streams (RFC 5626 §4.4.1).
extension FlowRecord {
    static let pongDeadline: Int64 = 10 * .second
    /// A pong that comes sooner than this behind a ping was meant for it.
    static let directAnswer: Int64 = .second
    /// Two CRLFs further apart than this were not sent as one ping.
    static let pingSpread: Int64 = .second

    @inline(__always)
    mutating func observeCRLF(
        completesPair: Bool, ownSegment: Bool, seenFromClient: Bool, time: Int64, frame: UInt64,
        settings: AuditSettings
    ) {
        let fromClient = seenFromClient != isFlipped
        touch(time, fromClient: fromClient, settings: settings)
        guard fromClient else {
            observePong(completesPair: completesPair, time: time, frame: frame, settings: settings)
            return
        }
        if isWebSocket, !completesPair { return observeClientCRLFMessage(time, frame) }
        if time &- halfPingAt <= Self.pingSpread && lastServerCRLF <= halfPingAt || isWebSocket {
            halfPingAt = .never
            loneCRLFAt = .never
            kind = .crlf
            // Who has closed the flow can send no pong.
            if closing == nil { queuePing() }
            countPing(at: time, frame: frame, ridesAlong: !ownSegment, settings: settings)
        } else if halfPingAt == .never, loneCRLFAt == .never, !present.contains(.gaps) {
            noteHalfPing(ownSegment: ownSegment, time: time, frame: frame)
        } else {
            settleHalfPing(ownSegment: ownSegment, time: time, frame: frame, settings: settings)
        }
    }

    /// The first CRLF of a ping, in nearly every case. Right after a CRLF of the server it may be an answer to that, and is
    /// no keep-alive if it stays alone.
    @inline(__always)
    private mutating func noteHalfPing(ownSegment: Bool, time: Int64, frame: UInt64) {
        halfPingAt = time
        noteLoneCRLF(ownSegment: ownSegment, time: time, frame: frame)
    }

    @inline(__always)
    mutating func noteLoneCRLF(ownSegment: Bool, time: Int64, frame: UInt64) {
        guard ownSegment, time &- lastServerCRLF > .second else { return }
        loneCRLFAt = time
        loneCRLFFrame = frame
    }

    /// A CRLF of the client behind others that make no ping with it, at least none that was sent as one.
    @inline(never)
    private mutating func settleHalfPing(ownSegment: Bool, time: Int64, frame: UInt64, settings: AuditSettings) {
        if time &- serverPairAt <= .second {
            // The pong to a ping of the server. It is no half of a ping, which the next CRLF would complete.
            serverPairAt = .never
            return
        }
        if time &- optionalPingAt <= Self.pingSpread, lastServerCRLF < optionalPingAt {
            // The CRLF before this one and this one are the ping; the half that it completed was left over from earlier.
            if waiting == 0, closing == nil { waiting = 1 }
            optionalPingAt = .never
            halfPingAt = time
            loneCRLFAt = .never
            return
        }
        if loneCRLFAt != .never { closeLoneCRLF(at: time) }
        // While a ping waits for its pong, the time of the last one is its own.
        guard halfPingAt != .never, waiting == 0 else {
            noteHalfPing(ownSegment: ownSegment, time: time, frame: frame)
            return
        }
        // As octets the two are a ping, and some servers answer it. None has to know that they belong together.
        halfPingAt = .never
        kind = .crlf
        optionalPingAt = time
        countPing(at: time, frame: frame, ridesAlong: !ownSegment, settings: settings)
        noteLoneCRLF(ownSegment: ownSegment, time: time, frame: frame)
    }

    /// A message follows, or the flow ends: what was a lone CRLF stays one.
    mutating func closeLoneCRLF(at time: Int64) {
        guard loneCRLFAt != .never else { return }
        if time &- loneCRLFAt > Self.pingSpread { log.add(.loneCRLF, loneCRLFAt, loneCRLFFrame) }
        loneCRLFAt = .never
    }

    private mutating func observePong(completesPair: Bool, time: Int64, frame: UInt64, settings: AuditSettings) {
        if completesPair, isWebSocket { return observeServerCRLFPing(time) }
        defer { lastServerCRLF = time }
        if time == lastServerCRLF, !isWebSocket {
            serverPairAt = time
            if present.contains(.doubtfulPong), takeBackPong(at: time) { return }
        }
        guard waiting > 0 else {
            noteExtraPong(time)
            return
        }
        if let oldest = oldestWaiting, lastGap >= oldest {
            takePongBehindGap(at: time, frame: frame)
        } else {
            takePong(at: time, frame: frame)
        }
    }

    /// A CRLF of a server that owes no pong. A second one right behind it makes it the server's own ping, and the first of
    /// them may have been taken for a pong that then came in its stead.
    @inline(never)
    private mutating func noteExtraPong(_ time: Int64) {
        if time &- optionalPingAt <= Self.pongDeadline {
            optionalPingAt = .never
            pongs &+= 1
            lastPong = time
        } else if time &- extraPongAt <= Self.pingSpread, extraPongs > 0, !isWebSocket {
            extraPongAt = .never
            extraPongs &-= 1
            serverPings &+= 1
        } else {
            extraPongAt = time
            extraPongs &+= 1
        }
    }

    /// A pong, after octets went missing since the oldest ping that waits: the pongs of all but the latest ping may be
    /// among them, and this may be one of a ping that is. There must be a ping that waits.
    @inline(never)
    mutating func takePongBehindGap(at time: Int64, frame: UInt64) {
        dropMissed()
        while waiting > 1, let (sent, frame) = oldestUnjudged, lastGap >= sent {
            _ = removeOldestPing()
            unansweredPings &+= 1
            log.add(.missedPongTainted, sent, frame)
        }
        if let oldest = oldestWaiting, lastGap >= oldest {
            // How long it took is not known.
            _ = removeOldestPing()
            pongs &+= 1
            lastPong = time
            if waiting == 0, present.contains(.repeatedPing) { endRepetition() }
        } else {
            takePong(at: time, frame: frame)
        }
    }

    /// A pong for the oldest ping that waits; there must be one.
    mutating func takePong(at time: Int64, frame: UInt64) {
        // Of two pings one is past its deadline, and the pong comes right behind the other: the server left one out. One
        // that is slow answers in order, and would be behind the younger ping by chance only.
        if missed > 0, let younger = oldestUnjudged, time &- younger.time < Self.directAnswer { dropMissed() }
        let (sent, pingFrame, late) = removeOldestPing()
        let delay = present.contains(.repeatedPing) ? delaySinceRepetition(sent, time) : time &- sent
        if !isWebSocket, delay > Self.directAnswer || present.contains(.serverPings) && pongs &* 2 < pings {
            doubtPong(sent, pingFrame, late: late, delay: delay, at: time)
        }
        pongs &+= 1
        lastPong = time
        if delay > answerMax { answerMax = delay }
        if late { noteLatePong(sent, delay, time, frame) }
        if waiting == 0, present.contains(.repeatedPing) { endRepetition() }
    }

    /// Notes every ping whose deadline has passed at `time` without a pong.
    @inline(__always)
    mutating func judgePending(at time: Int64, settings: AuditSettings) {
        while let ping = oldestUnjudged,
            time &- ping.time > Self.pongDeadline &+ settings.tolerances.pong
        {
            if isReceiving(ping.time &+ Self.pongDeadline, at: time, settings: settings) { return }
            noteMissedPong(ping.time, ping.frame)
        }
    }

    /// Joined in the middle, the server's stream is not known to lie between messages before its first SIP: a pong that
    /// does not come in a segment of its own is not recognised until then.
    private func mayHaveMissedPong(of sent: Int64) -> Bool {
        opening.kind == .midstream && pongs == 0 && (lastServerSIP == .never || lastServerSIP > sent)
    }

    @inline(never)
    private mutating func noteMissedPong(_ sent: Int64, _ frame: UInt64) {
        missed += 1
        unansweredPings &+= 1
        if lastGap >= sent || mayHaveMissedPong(of: sent) {
            log.add(.missedPongTainted, sent, frame)
            return
        }
        log.add(.missedPong, sent, frame, present.contains(.repeatedPing) ? noteUndelivered(sent) : 0)
        if lastFromServer > sent { log.add(.serverTalkedOn, lastFromServer, 0, sent) }
        // A pong may be expected once outbound is agreed on, and not before (RFC 5626 §4.4).
        if sent >= duty.since { fail(.missedPong, at: sent &+ Self.pongDeadline, owedAt: sent) }
        if failure == nil { log.add(.missedPongUnexpected, sent, frame) }
    }
}
