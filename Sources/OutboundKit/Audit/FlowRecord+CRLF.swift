/// CRLF keep-alives on streams (RFC 5626 §4.4.1).
extension FlowRecord {
    static let pongDeadline: Int64 = 10 * .second
    /// A pong that comes sooner than this behind a ping was meant for it.
    private static let directAnswer: Int64 = .second
    /// Two CRLFs further apart than this were not sent as one ping.
    static let pingSpread: Int64 = .second

    @inline(__always)
    mutating func observeCRLF(
        completesPair: Bool, ownSegment: Bool, seenFromClient: Bool, time: Int64, frame: UInt64,
        settings: AuditSettings
    ) {
        let fromClient = seenFromClient != isFlipped
        touch(time, fromClient: fromClient, settings: settings)
        if fromClient {
            if completesPair {
                if loneCRLFAt != .never { settleLoneCRLF(before: time, ownSegment: ownSegment, frame: frame) }
                kind = .crlf
                queuePing()
                countPing(at: time, frame: frame, ridesAlong: !ownSegment, settings: settings)
            } else if ownSegment {
                noteLoneCRLF(time: time, frame: frame)
            }
        } else {
            observePong(completesPair: completesPair, time: time, frame: frame, settings: settings)
        }
    }

    /// The first CRLF of what may become a pair. Right after a CRLF of the server it is an answer, not a keep-alive.
    private mutating func noteLoneCRLF(time: Int64, frame: UInt64) {
        guard time &- lastServerCRLF > .second else { return }
        loneCRLFAt = time
        loneCRLFFrame = frame
    }

    /// A second CRLF came: soon after the first it was one ping in two segments, else two CRLFs of their own.
    @inline(never)
    private mutating func settleLoneCRLF(before time: Int64, ownSegment: Bool, frame: UInt64) {
        if time &- loneCRLFAt > Self.pingSpread {
            log.add(.loneCRLF, loneCRLFAt, loneCRLFFrame)
            if ownSegment { log.add(.loneCRLF, time, frame) }
        }
        loneCRLFAt = .never
    }

    /// A message follows, or the flow ends: what was a lone CRLF stays one.
    mutating func closeLoneCRLF(at time: Int64) {
        guard loneCRLFAt != .never else { return }
        if time &- loneCRLFAt > Self.pingSpread { log.add(.loneCRLF, loneCRLFAt, loneCRLFFrame) }
        loneCRLFAt = .never
    }

    private mutating func observePong(completesPair: Bool, time: Int64, frame: UInt64, settings: AuditSettings) {
        defer { lastServerCRLF = time }
        guard waiting > 0 else {
            if completesPair, time &- lastServerCRLF <= Self.pingSpread, extraPongs > 0 {
                // CRLFCRLF from a server that owes no pong is its own ping.
                extraPongs &-= 1
                serverPings &+= 1
            } else {
                extraPongs &+= 1
            }
            return
        }
        if let oldest = oldestWaiting, lastGap >= oldest {
            takePongBehindGap(at: time, frame: frame)
        } else {
            takePong(at: time, frame: frame)
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
        } else {
            takePong(at: time, frame: frame)
        }
    }

    /// A pong for the oldest ping that waits; there must be one.
    mutating func takePong(at time: Int64, frame: UInt64) {
        // Of two pings one is past its deadline, and the pong comes right behind the other: the server left one out. One
        // that is slow answers in order, and would be behind the younger ping by chance only.
        if missed > 0, let younger = oldestUnjudged, time &- younger.time < Self.directAnswer { dropMissed() }
        let (sent, late) = removeOldestPing()
        pongs &+= 1
        lastPong = time
        let delay = time &- sent
        if delay > answerMax { answerMax = delay }
        if late {
            latePongs &+= 1
            log.add(.latePong, time, frame, delay, sent)
        }
    }

    /// Notes every ping whose deadline has passed at `time` without a pong.
    @inline(__always)
    mutating func judgePending(at time: Int64, settings: AuditSettings) {
        while let ping = oldestUnjudged,
            time &- ping.time > Self.pongDeadline &+ settings.tolerances.pong
        {
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
        log.add(.missedPong, sent, frame)
        if lastFromServer > sent { log.add(.serverTalkedOn, lastFromServer, 0, sent) }
        fail(.missedPong, at: sent + Self.pongDeadline)
    }
}
