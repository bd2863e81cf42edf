/// What few pings meet: TCP sends them again, or what looked like their pong was none.
struct PingRarities: Sendable {
    /// When TCP last sent a ping again that waits for its pong, and how long after the time before; `never` without.
    var repeatedAt = Int64.never
    var repeatedAfter: Int64 = 0
    /// Missed pongs to pings that TCP was still sending again at the deadline, and has had no pong since.
    var undelivered: UInt32 = 0
    /// Missed pongs that came later, and in time for the repetition that got through.
    var afterRepetition: UInt32 = 0
    var doubt: DoubtfulPong?
    /// When a message of the server began to come while a ping waited, and when its end had come, `max` before that; `never`
    /// without one.
    var receivedFrom = Int64.never
    var receivedUntil = Int64.never
}

/// A CRLF that was taken for a pong, and is none if it turns out to be the first half of a ping.
struct DoubtfulPong: Sendable {
    let time: Int64
    /// Of the ping that waited.
    let sent: Int64
    let frame: UInt64?
    let isLate: Bool
    let isSlow: Bool
    /// The server pings, and has answered few pings, if any.
    let isOfPinger: Bool
    // What the record said before.
    let lastPong: Int64
    let answerMax: Int64
    let latePongs: UInt32
    let pings: (undelivered: UInt32, afterRepetition: UInt32)
}

extension FlowRecord {
    // MARK: Messages that come while a ping waits

    mutating func noteMessageBegins(at time: Int64) {
        guard isStream, waiting > 0 else { return }
        (pingRarities.receivedFrom, pingRarities.receivedUntil) = (time, .max)
    }

    /// The last octets of the server's message have come, or it came to nothing.
    mutating func noteMessageEnds(at time: Int64) {
        if rare?.value.further?.value.pings?.value.receivedUntil == .max { pingRarities.receivedUntil = time }
    }

    /// Who is receiving a message when a pong is due waits for its end, and the pong may come right behind it (RFC 5626
    /// §4.4.1).
    @inline(never)
    func isReceiving(_ due: Int64, at time: Int64, settings: AuditSettings) -> Bool {
        guard let pings = rare?.value.further?.value.pings?.value, pings.receivedFrom != .never else { return false }
        return pings.receivedFrom <= due && due <= pings.receivedUntil
            && (pings.receivedUntil == .max || time &- pings.receivedUntil <= settings.tolerances.pong)
    }

    // MARK: Pings that TCP sends again

    /// Pings without pong that had not reached the server, as far as was seen.
    var undeliveredPings: Int { Int(rare?.value.further?.value.pings?.value.undelivered ?? 0) }
    /// Pongs after the client's deadline that the server sent as soon as it had the ping.
    var pongsAfterRepetition: Int { Int(rare?.value.further?.value.pings?.value.afterRepetition ?? 0) }

    mutating func noteRepeatedPing(at time: Int64, settings: AuditSettings) {
        judgePending(at: time, settings: settings)
        guard let sent = oldestWaiting else { return }
        var all = pingRarities
        let before = all.repeatedAt
        all.repeatedAt = time
        all.repeatedAfter = time &- max(before, sent)
        pingRarities = all
    }

    /// The server is to answer a ping that it receives (RFC 5626 §5.4): by then TCP had sent it for the last time.
    @inline(never)
    func delaySinceRepetition(_ sent: Int64, _ time: Int64) -> Int64 { time &- max(sent, pingRarities.repeatedAt) }

    mutating func endRepetition() { pingRarities.repeatedAt = .never }

    /// A pong is missing. TCP waits about twice as long each time before it sends again what is not acknowledged; had it
    /// not been still at it, the ping would have arrived.
    /// - Returns: when it was last sent again; 0 where it has arrived.
    @inline(never)
    mutating func noteUndelivered(_ sent: Int64) -> Int64 {
        let all = pingRarities
        guard all.repeatedAt &+ 4 &* all.repeatedAfter >= sent &+ Self.pongDeadline else { return 0 }
        pingRarities.undelivered &+= 1
        return all.repeatedAt
    }

    @inline(never)
    mutating func noteLatePong(_ sent: Int64, _ delay: Int64, _ time: Int64, _ frame: UInt64) {
        let isInTime = delay <= Self.pongDeadline
        if undeliveredPings > 0 { pingRarities.undelivered &-= 1 }
        if isInTime {
            pingRarities.afterRepetition &+= 1
        } else {
            latePongs &+= 1
            log.add(.latePong, time, frame, delay, sent)
        }
    }

    // MARK: Pongs that are none

    /// A pong is a single CRLF; two that come together are the server's own ping, unless it has two pings to answer.
    @inline(never)
    mutating func doubtPong(_ sent: Int64, _ frame: UInt64?, late: Bool, delay: Int64, at time: Int64) {
        pingRarities.doubt = DoubtfulPong(
            time: time, sent: sent, frame: frame, isLate: late, isSlow: delay > Self.directAnswer,
            isOfPinger: serverPings > 0 && pongs &* 2 < pings, lastPong: lastPong, answerMax: answerMax,
            latePongs: latePongs, pings: (pingRarities.undelivered, pingRarities.afterRepetition))
    }

    /// A second CRLF of the server at the same time.
    /// - Returns: whether the first was no pong after all, and both are a ping.
    @inline(never)
    mutating func takeBackPong(at time: Int64) -> Bool {
        guard let doubt = pingRarities.doubt, doubt.time == time else { return false }
        pingRarities.doubt = nil
        // Some servers answer every ping with two CRLFs, and may be slow once.
        let answersTwice = extraPongs > 0 && (pongs &- 1) &* 2 >= pings
        guard doubt.isOfPinger || doubt.isSlow && waiting == 0 && !answersTwice else { return false }
        restoreOldestPing(doubt.sent, doubt.frame, late: doubt.isLate)
        pongs &-= 1
        (lastPong, answerMax) = (doubt.lastPong, doubt.answerMax)
        if latePongs != doubt.latePongs {
            latePongs = doubt.latePongs
            log.takeBack(.latePong)
        }
        (pingRarities.undelivered, pingRarities.afterRepetition) = doubt.pings
        serverPings &+= 1
        return true
    }
}
