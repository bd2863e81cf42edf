/// What holds for keep-alives of every kind: intervals against the duty, and failure of the flow.
extension FlowRecord {
    /// A new ping or STUN transaction of the client. In time and under an unchanged duty this is all that happens.
    ///
    /// - Parameter ridesAlong: it shares a segment with a SIP message.
    @inline(__always)
    mutating func countPing(at time: Int64, frame: UInt64, ridesAlong: Bool = false, settings: AuditSettings) {
        pings &+= 1
        if lastPing == .never { firstPing = time } else { intervals.add(time &- lastPing) }
        if duty.basis != .none {
            judgeInterval(at: time, frame: frame, ridesAlong: ridesAlong, settings: settings)
        }
        if failure != nil { noteUseAfterFailure(time, frame) }
        lastPing = time
        lastKeepAliveFrame = frame
    }

    @inline(__always)
    private mutating func judgeInterval(at time: Int64, frame: UInt64, ridesAlong: Bool, settings: AuditSettings) {
        if time > duty.until {
            endDuty()
            return
        }
        let start = max(lastKeepAlive, duty.since)
        let gap = time &- start
        if gap > duty.lateAbove, failure == nil { noteLate(from: start, to: time, frame: frame, settings) }
        // Intervals are judged for their length and spread only between two pings of one undisturbed stretch.
        guard lastPing >= duty.since, lastPing > lastSuccess, failure == nil else {
            if failure != nil, lastPing > lastSuccess { noteShort(time &- lastPing, time, frame, ridesAlong) }
            return
        }
        let interval = time &- lastPing
        epoch.add(interval)
        if interval < duty.shortBelow || duty.basis == .defaults { noteShort(interval, time, frame, ridesAlong) }
        if oldLimit != .max { compareWithOldTimer(interval, time, frame, settings) }
        // 80 % of a Flow-Timer of one second is no flood.
        if interval < min(.second, duty.limit / 5 * 4) {
            noteFlood(time, frame)
        } else if floodStart != .never {
            floodStart = .never
        }
    }

    @inline(never)
    private mutating func noteLate(
        from start: Int64, to time: Int64, frame: UInt64, _ settings: AuditSettings
    ) {
        // The default window of streams has a second place, for battery-powered devices; its own check follows.
        if duty.basis == .defaults { return }
        addLateGap(from: start, to: time, frame, settings)
    }

    /// A gap that is too long, by what stands inside of it.
    mutating func addLateGap(from start: Int64, to time: Int64, _ frame: UInt64, _ settings: AuditSettings) {
        // An answer that tells no address may be a failure to the client, which then waits and registers.
        let mayBeBackOff =
            noAddressAt >= start && lastSuccess > noAddressAt
            && lastSuccess &- noAddressAt <= recoveryLimit(settings)
        let isBroken = lastClientSIP > start && lateTrafficAt <= start && time &- lastClientSIP <= duty.lateAbove
        let kind: EvidenceMark.Kind =
            lastGap >= start
            ? .lateGapTainted : mayBeBackOff ? .lateGapWithoutAddress : isBroken ? .lateGapWithTraffic : .lateGap
        log.add(kind, time, frame, start, duty.limit)
    }

    /// A ping in the segment of a message, as some clients put one before a refresh, comes when the message does: its time
    /// was not drawn. Lower bounds are there to spare servers, which such a ping costs nothing.
    @inline(never)
    private mutating func noteShort(_ interval: Int64, _ time: Int64, _ frame: UInt64, _ ridesAlong: Bool) {
        if duty.basis == .defaults {
            noteOutsideWindow(interval, time, frame, ridesAlong)
        } else if interval < duty.shortBelow, !ridesAlong {
            log.add(.shortGap, time, frame, interval, duty.shortBelow)
        }
    }

    /// RFC 5626 §4.4.1 and §4.4.2: 95 to 120 s or 672 to 840 s on streams, 24 to 29 s on datagrams.
    private mutating func noteOutsideWindow(_ interval: Int64, _ time: Int64, _ frame: UInt64, _ ridesAlong: Bool) {
        let slack = duty.lateAbove &- duty.limit
        let fits: Bool
        if isStream {
            if ridesAlong, interval < 95 * .second { return }
            fits =
                (interval >= 95 * .second - slack && interval <= 120 * .second + slack)
                || (interval >= 672 * .second - slack && interval <= 840 * .second + slack)
        } else {
            // The time without any Binding request counts against the upper bound, the transaction's start against the
            // lower one.
            fits = interval >= 24 * .second - slack && time &- lastKeepAlive <= 29 * .second + slack
        }
        guard !fits else { return }
        log.add(.outsideWindow, time, frame, interval, duty.limit)
    }

    @inline(never)
    private mutating func compareWithOldTimer(
        _ interval: Int64, _ time: Int64, _ frame: UInt64, _ settings: AuditSettings
    ) {
        let fitsOld = interval >= oldShort && interval <= oldLimit &+ settings.tolerances.keepAlive.around(oldLimit)
        let fitsNew = interval >= duty.shortBelow && interval <= duty.lateAbove
        guard fitsOld, !fitsNew else {
            oldTimerRun = 0
            if fitsNew { oldLimit = .max }
            return
        }
        oldTimerRun = oldTimerRun == .max ? .max : oldTimerRun + 1
        if oldTimerRun >= 2 { log.add(.oldTimerInterval, time, frame, interval, oldLimit) }
    }

    private mutating func noteFlood(_ time: Int64, _ frame: UInt64) {
        if floodStart == .never { floodStart = time }
        if time &- floodStart >= 5 * .second {
            log.add(.pingFlood, time, frame, floodStart)
            floodStart = time
        }
    }

    private mutating func noteUseAfterFailure(_ time: Int64, _ frame: UInt64) {
        // After a registration on the same flow it lives again; that clears `failure`.
        log.add(.usedAfterFailure, time, frame, failedAt, Int64(failure?.rawValue ?? 0))
    }

    /// The flow has failed: nothing is owed on it until it is registered again, but a recovery is.
    ///
    /// - Parameter owedAt: when what failed was begun, if that was before. With the registration gone in the meantime the
    ///   flow has failed all the same, and nobody has to register again.
    mutating func fail(_ cause: Failure, at time: Int64, owedAt: Int64? = nil) {
        guard failure == nil, duty.isOutbound, owedAt ?? time <= duty.until else { return }
        failure = cause
        failedAt = time
        if recoveryDueSince == .never, time <= duty.until { recoveryDueSince = time }
    }

    /// Whether the REGISTER that has just come over the flow is but its next one: the client had not noticed that the flow
    /// failed, and went on with keep-alives.
    mutating func passesOverFailure(_ time: Int64, _ frame: UInt64) -> Bool {
        guard let failure, lastPing > failedAt, pendingRegisters.last?.hasNewCallID != true else { return false }
        log.add(.unheededFailure, time, frame, failedAt, Int64(failure.rawValue))
        return true
    }

    /// Closes the stretch of intervals under one duty and judges their spread.
    mutating func closeEpoch(at time: Int64, frame: UInt64) {
        defer { epoch = IntervalRange() }
        guard epoch.count >= 5 else { return }
        // Nobody draws at random where one keep-alive a second is both the most and the least.
        guard duty.limit > .second else { return }
        let mean = (epoch.shortest &+ epoch.longest) / 2
        // Of intervals drawn at random from 80 to 100 %, five lie within 2 % of each other by chance once in two thousand
        // flows, and ten never.
        let share: Int64 = epoch.count < 10 ? 200 : 50
        guard mean > 0, epoch.longest &- epoch.shortest < mean / share else { return }
        log.add(.constantIntervals, time, frame, epoch.shortest, epoch.longest, Int64(epoch.count))
    }

    /// A constant interval shows itself also where a call, or a busy moment, has put one or two out of step. Of intervals
    /// drawn at random from 80 to 100 %, nine in ten of a sample lie within 1 % of one by chance in less than one flow of a
    /// million.
    mutating func noteSteadyInterval() {
        guard intervals.count >= 16, duty.isOwed, duty.limit > .second, duty.since <= firstPing,
            !log.contains(.constantIntervals),
            let steady = intervals.steadyInterval(share: 90, percent: 1, floor: 20_000_000)
        else { return }
        log.add(.constantIntervals, lastPing, lastKeepAliveFrame, steady, .max, Int64(intervals.count))
    }

    mutating func endDuty() {
        guard duty.isOwed else { return }
        closeEpoch(at: lastPing, frame: lastKeepAliveFrame)
        dutyEnded = min(lastSeen, duty.until)
        duty = .none
    }
}
