/// What few pings meet: TCP sends them again.
struct PingRarities: Sendable {
    /// When TCP last sent a ping again that waits for its pong, and how long after the time before; `never` without.
    var repeatedAt = Int64.never
    var repeatedAfter: Int64 = 0
    /// Missed pongs to pings that TCP was still sending again at the deadline, and has had no pong since.
    var undelivered: UInt32 = 0
    /// Missed pongs that came later, and in time for the repetition that got through.
    var afterRepetition: UInt32 = 0
}

extension FlowRecord {
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
}
