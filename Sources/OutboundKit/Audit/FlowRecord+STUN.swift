/// STUN keep-alives on datagram flows (RFC 5626 §4.4.2, §8; RFC 8489).
extension FlowRecord {
    @inline(__always)
    mutating func observeSTUN(
        _ facts: STUNFacts, seenFromClient: Bool, time: Int64, frame: UInt64, settings: AuditSettings
    ) {
        let fromClient = seenFromClient != isFlipped
        touch(time, fromClient: fromClient, settings: settings)
        guard !isStream else {
            log.add(.stunOnStream, time, frame)
            return
        }
        // Only Binding is a keep-alive (RFC 5626 §4.4.2); a TURN client begins with one, and goes on with others.
        guard facts.method == 1 else { return }
        if facts.flags.rawValue & STUNFacts.Flags.suspicious.rawValue != 0 {
            noteFormat(facts, fromClient, time, frame)
        }
        switch facts.messageClass {
        case .request:
            if fromClient {
                observeRequest(facts, time: time, frame: frame, settings: settings)
            } else {
                serverPings &+= 1
            }
        case .success, .error:
            if lastPing == .never { return transaction.keepAnswer(facts) }
            guard !fromClient else { return }
            observeResponse(facts, time: time, frame: frame, settings: settings)
        case .indication:
            if fromClient { indications &+= 1 }
        }
    }

    @inline(never)
    private mutating func noteFormat(_ facts: STUNFacts, _ fromClient: Bool, _ time: Int64, _ frame: UInt64) {
        guard !facts.flags.contains(.cut) else { return }
        let sender: Int64 = fromClient ? 1 : 0
        if facts.flags.contains(.badFingerprint) { log.add(.badFingerprint, time, frame, sender) }
        if facts.flags.contains(.badLength) { log.add(.badLength, time, frame, sender) }
    }

    @inline(__always)
    private mutating func observeRequest(_ facts: STUNFacts, time: Int64, frame: UInt64, settings: AuditSettings) {
        if lastPing != .never, transaction.has(facts) {
            observeRetransmission(time: time, frame: frame, settings: settings)
            return
        }
        settleTransaction(at: time, replaced: true)
        kind = .stun
        if !sights.contains(.sign) || !duty.isOwed { noteUnsigned(time, frame, settings) }
        transaction.priorStarted = lastPing
        countPing(at: time, frame: frame, settings: settings)
        transaction.begin(facts, at: time)
        if present.contains(.gaps) { forgetGaps() }
        if !transaction.hasCookie { log.add(.noCookie, time, frame) }
        prefetchMappedAddress()
    }

    mutating func forgetGaps() {
        firstGap = 0
        previousGap = 0
    }

    /// No sign of support stands; whether one lay before the capture is for the rule to weigh.
    @inline(never)
    private mutating func noteUnsigned(_ time: Int64, _ frame: UInt64, _ settings: AuditSettings) {
        guard !settings.stunIsConfigured, sights.contains(.registered) else { return }
        guard sights.contains(.sign) else { return log.add(.stunWithoutSign, time, frame) }
        // The latest 2xx counts (RFC 5626 §4.4.1, RFC 6223 §4.2.2). A client takes up what it says with the keep-alives after;
        // a registration that was removed, ran out, or moved is another matter.
        guard dutyEnded != .never, duty.since != .never, time &- duty.since > Self.signAllowance,
            !sights.contains(.replaced), !log.contains(.signInDialog),
            registrations.contains(where: { $0.isBound }),
            !registrations.contains(where: { $0.isBound && ($0.outboundGranted || $0.pathHasOB || $0.keep != nil) })
        else { return }
        log.add(.stunAfterSign, time, frame, duty.since, lastSuccess == duty.since ? Int64(clamping: successFrame) : 0)
    }

    /// Two keep-alives and more.
    private static let signAllowance: Int64 = 60 * .second

    @inline(never)
    private mutating func observeRetransmission(time: Int64, frame: UInt64, settings: AuditSettings) {
        let gap = time &- transaction.lastSent
        // A packet that the network or the capture doubled is nobody's retransmission.
        if gap < Self.leastGap { return }
        if transaction.answered {
            // An answer may cross with a retransmission; later than that the ID is used anew.
            noteUnheededAnswer(time, frame)
            return
        }
        retransmissions &+= 1
        transaction.sends &+= 1
        if transaction.metICMP { log.add(.retransmittedAfterICMP, time, frame) }
        let wanted = previousGap &* 2
        if firstGap == 0 {
            firstGap = gap
            if gap < 450_000_000 { log.add(.offSchedule, time, frame, gap, 0) }
        } else if lastGap < lastPing, abs(gap &- wanted) > settings.tolerances.stunGap.around(wanted) {
            log.add(.offSchedule, time, frame, gap, previousGap)
        }
        if transaction.sends == 9 { log.add(.tooManyRequests, time, frame, 9) }
        previousGap = gap
        transaction.lastSent = time
    }

    @inline(__always)
    private mutating func observeResponse(_ facts: STUNFacts, time: Int64, frame: UInt64, settings: AuditSettings) {
        if transaction.has(facts) {
            guard !transaction.answered else {
                repeatedAnswers &+= 1
                return
            }
            guard !transaction.hasCookie || facts.flags.contains(.cookie) else {
                // Clients drop an answer whose cookie is not theirs (RFC 8489 §6.3): their request is still open.
                transaction.metBadAnswer = true
                noteNoMapped(facts, time, frame)
                return
            }
            settleTransaction(at: time, replaced: false)
            transaction.answered = true
            transaction.answerHasMore = facts.flags.contains(.software)
            guard facts.messageClass == .success else {
                noteError(facts, time, frame)
                return
            }
            acceptAnswer(
                facts, sent: lastPing, late: transaction.expired, time: time, frame: frame, settings)
        } else if transaction.priorOpen, transaction.had(facts) {
            transaction.priorOpen = false
            guard facts.messageClass == .success else { return }
            acceptAnswer(facts, sent: transaction.priorStarted, late: true, time: time, frame: frame, settings)
        } else {
            noteForeignAnswer(facts, time, frame)
        }
    }

    @inline(__always)
    private mutating func acceptAnswer(
        _ facts: STUNFacts, sent: Int64, late: Bool, time: Int64, frame: UInt64, _ settings: AuditSettings
    ) {
        pongs &+= 1
        lastPong = time
        if present.contains(.earlierPings) { endUnanswered() }
        let delay = time &- sent
        if delay > answerMax { answerMax = delay }
        if late {
            latePongs &+= 1
            log.add(.latePong, time, frame, delay, sent)
            return
        }
        guard let mapped = facts.mappedAddress, facts.flags.contains(.xorMapped) else {
            noteNoMapped(facts, time, frame)
            return
        }
        if mapped != mappedAddress { noteMapped(mapped, time, frame, settings) }
    }

    @inline(never)
    private mutating func noteNoMapped(_ facts: STUNFacts, _ time: Int64, _ frame: UInt64) {
        guard !facts.flags.contains(.cut), transaction.hasCookie else { return }
        noAddressAt = time
        log.add(.noXORMapped, time, frame, facts.flags.contains(.plainMapped) ? 1 : 0)
    }

    /// An answer under an ID that no request of late had. A second answer to an older request is none.
    @inline(never)
    private mutating func noteForeignAnswer(_ facts: STUNFacts, _ time: Int64, _ frame: UInt64) {
        let isOlder = transaction.had(facts)
        guard facts.messageClass == .success, !isOlder, facts.mappedAddress != mappedAddress else { return }
        foreignAnswerAt = time
        log.add(.foreignAnswer, time, frame, Int64(facts.mappedAddress?.port ?? 0))
    }

    @inline(never)
    private mutating func noteMapped(
        _ mapped: TransportAddress, _ time: Int64, _ frame: UInt64, _ settings: AuditSettings
    ) {
        if let before = mappedAddress {
            mappedChanges &+= 1
            log.add(.mappedChange, time, frame, Int64(before.port), Int64(mapped.port), brokenSilence)
            fail(.mappedChange, at: time)
        }
        if settings.vantage == .edge, mapped != client { log.add(.mappedNotSource, time, frame, Int64(mapped.port)) }
        mappedAddress = mapped
    }

    @inline(never)
    private mutating func noteError(_ facts: STUNFacts, _ time: Int64, _ frame: UInt64) {
        log.add(.stunError, time, frame, Int64(facts.errorCode))
        if !facts.flags.contains(.cut) {
            if !facts.flags.contains(.errorCode) { log.add(.errorWithoutCode, time, frame) }
            if facts.errorCode == 420, !facts.flags.contains(.unknownAttributes) { log.add(.unlisted420, time, frame) }
        }
        if facts.errorCode == 401 || facts.errorCode == 400, !transaction.hasRequired, transaction.hasCookie {
            log.add(.demandedMore, time, frame, Int64(facts.errorCode))
        }
        unansweredPings &+= 1
        endUnanswered()
        fail(.stunError, at: time)
    }

    /// Notes the present transaction's failure once its time is over. A new transaction closes it in any case.
    @inline(__always)
    mutating func settleTransaction(at time: Int64, replaced: Bool) {
        guard !transaction.answered, !transaction.expired else { return }
        if replaced, transaction.metBadAnswer, transaction.sends == 1 {
            log.add(.tookBadAnswer, lastPing, lastKeepAliveFrame)
        }
        let deadline = transactionDeadline
        if time > deadline || (replaced && time == deadline) {
            noteTimeout()
        } else if replaced {
            unansweredPings &+= 1
            noteUnanswered()
        }
        if present.contains(.earlierPings) { settleUnanswered(at: time) }
    }

    // Many clients send a request once and the next one with the next keep-alive, long before the time of a transaction is
    // over. None of them runs out by itself; what they ask stays without an answer all the same.

    /// The present transaction is given up for a new one. It is among those in a row that had no answer.
    @inline(never)
    private mutating func noteUnanswered() {
        if earlierPings.isEmpty {
            earlierPings = [(lastPing, lastKeepAliveFrame)]
            missed = 0
        }
        missed = missed &+ min(transaction.sends, .max - missed)
    }

    /// Ends the row of unanswered transactions once it has lasted as long as a single one may.
    @inline(never)
    private mutating func settleUnanswered(at time: Int64) {
        // A few packets may be lost in a row where nothing is repeated.
        guard missed >= Self.longRow, let first = earlierPings.first, time &- first.time > Self.transactionTime else {
            return
        }
        let deadline = first.time &+ Self.transactionTime
        log.add(.stunTimeout, deadline, first.frame, first.time, Int64(missed), 1)
        if lastServerSIP > first.time { log.add(.serverTalkedOn, lastServerSIP, 0, first.time) }
        earlierPings = []
        fail(.stunTimeout, at: deadline, owedAt: first.time)
    }

    /// An answer, or a registration that was granted: the flow is there.
    mutating func endUnanswered() {
        if !isStream, !earlierPings.isEmpty { earlierPings = [] }
    }

    /// Requests without an answer that make a failure together.
    private static let longRow = 4

    /// 79 RTO of half a second (RFC 8489 §6.2.1).
    private static let transactionTime: Int64 = 39_500_000_000

    /// When the present transaction has failed: 16 RTO after the seventh request, else 79 RTO after the first (RFC 8489
    /// §6.2.1).
    private var transactionDeadline: Int64 {
        transaction.sends >= 7 && firstGap > 0
            ? transaction.lastSent &+ min(16 &* firstGap, 60 * .second) : lastPing &+ Self.transactionTime
    }

    @inline(never)
    private mutating func noteTimeout() {
        transaction.expired = true
        unansweredPings &+= 1
        endUnanswered()
        let deadline = transactionDeadline
        log.add(.stunTimeout, deadline, lastKeepAliveFrame, lastPing, Int64(transaction.sends))
        if lastServerSIP > lastPing { log.add(.serverTalkedOn, lastServerSIP, 0, lastPing) }
        fail(.stunTimeout, at: deadline, owedAt: lastPing)
    }
}

extension STUNFacts.Flags {
    /// What an ordinary keep-alive never has.
    static let suspicious: STUNFacts.Flags = [.badFingerprint, .badLength]
}
