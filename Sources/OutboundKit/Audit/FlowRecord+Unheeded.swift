/// Signs that a client did not take an answer that it got: what it does next. Each is noted where something rare happens
/// anyway (a close, a REGISTER, a retransmission), so that a keep-alive in time costs nothing for it. One sign proves
/// little, since phones are also switched off and moved; `Habits` counts them over all flows of a phone.
extension FlowRecord {
    /// Giving up at 10 s, half a second before, or two after for a client that looks only now and then.
    private static let giveUp: ClosedRange<Int64> = (19 * .second / 2)...(12 * .second)
    /// The same for a client of which it does not matter whether it is early.
    private static let lookedFor: ClosedRange<Int64> = (9 * .second)...(12 * .second)
    /// A client that chokes on octets closes at once.
    private static let choke: Int64 = .second
    /// A 2xx that was not understood is given up at Timer F; with the time for one more connection.
    private static let unseenGrant: Int64 = 40 * .second

    /// The client closes a flow that had not failed and whose registration stands.
    mutating func noteDeparture(_ time: Int64, _ frame: UInt64) {
        guard duty.isOutbound, failure == nil, time <= duty.until else { return }
        if successIsGlued, lastPing < lastSuccess {
            if time &- lastSuccess <= Self.unseenGrant { log.add(.unheededGrant, time, frame, lastSuccess) }
            return
        }
        guard kind == .crlf || kind == .ws, lastPing > boundAt, lastGap < lastPing else { return }
        if let sent = oldestWaiting {
            let waited = time &- sent
            if waited > .second, waited < Self.giveUp.lowerBound { log.add(.leftEarly, time, frame, sent) }
        } else if lastPong >= lastPing {
            let since = time &- lastPing
            let sinceOctets = time &- max(lastPong, lastServerCRLF)
            guard Self.giveUp.contains(since) || sinceOctets <= Self.choke else { return }
            log.add(.leftAnswered, time, frame, lastPing, lastPong)
        }
    }

    /// The client closes a flow on which no pong may be expected. Who has let a ping go unanswered before does not close for
    /// that, and neither does who has removed its bindings.
    mutating func noteDropWithoutOutbound(_ time: Int64, _ frame: UInt64) {
        guard let sent = oldestWaiting, Self.lookedFor.contains(time &- sent), !duty.isOutbound,
            sights.contains(.registered), !sights.contains(.sign), registrations.contains(where: \.isBound)
        else { return }
        log.add(.droppedWithoutOutbound, time, frame, sent)
    }

    /// A REGISTER for a binding of this flow, on this flow or on another: was it long before its lifetime asks for one?
    @inline(__always)
    mutating func noteEarlyRegister(_ time: Int64, _ frame: UInt64) {
        // Of a flow without anything odd about it, which is nearly every one, no more is asked.
        let isUnseen = successIsGlued && lastPing < lastSuccess
        let isMoved = foreignAnswerAt >= lastPing || log.contains(.mappedNotSource)
        if isUnseen || (isMoved && kind == .stun) { noteEarlyRegister(time, frame, isUnseen: isUnseen) }
    }

    @inline(never)
    private mutating func noteEarlyRegister(_ time: Int64, _ frame: UInt64, isUnseen: Bool) {
        guard duty.isOutbound, failure == nil, closing == nil, lastSuccess != .never,
            let lifetime = registrations.first(where: \.isBound)?.expires
        else { return }
        let waited = time &- lastSuccess
        // Two fifths: some clients refresh at half of the lifetime.
        guard waited < Int64(clamping: min(lifetime, 1 << 32)) * .second / 5 * 2 else { return }
        if isUnseen {
            if waited <= Self.unseenGrant { log.add(.unheededGrant, time, frame, lastSuccess) }
        } else if lastPing >= lastSuccess, lastPong >= lastPing {
            if foreignAnswerAt >= lastPing {
                log.add(.movedByForeignAnswer, time, frame, foreignAnswerAt)
            } else {
                log.add(.movedByOwnAddress, time, frame, lastPong, Int64(mappedAddress?.port ?? 0))
            }
        }
    }

    /// A request sent again after its answer had come. Where the answer crossed with the request, that is all there is
    /// to it; a client that goes through its whole schedule never took the answer.
    mutating func noteUnheededAnswer(_ time: Int64, _ frame: UInt64) {
        let gap = time &- transaction.lastSent
        transaction.lastSent = time
        // 2, 4, 8 … s: four times the gaps of the schedule, and below what any keep-alive may leave between two.
        guard gap <= min(Self.longestGap, .second << min(Int64(transaction.sends), 5)) else {
            log.add(.reusedTransaction, time, frame)
            transaction.sends = 1
            forgetGaps()
            return
        }
        transaction.sends &+= 1
        repeatedRequests &+= 1
        if transaction.sends == 6 {
            log.add(
                .unheededAnswer, time, frame, lastPing, lastPong,
                foreignAnswerAt >= lastPing ? 2 : transaction.answerHasMore ? 1 : 0)
        }
    }

    /// The last gap of the schedule, 32 RTO (RFC 8489 §6.2.1), with a tolerance; later than that an ID is used anew.
    private static let longestGap: Int64 = 18 * .second
}
