/// A binding's history as waits: each attempt that followed a failure, how long it had waited, and how many failures
/// stood before it (RFC 5626 §4.5).
struct BindingCase: Sendable {
    struct Wait: Sendable {
        /// When the failure was, and the attempt's first packet.
        let failedAt: Int64
        let attemptedAt: Int64
        let attemptFrame: UInt64
        let flow: FlowID
        /// Consecutive failures at that moment; 0 after a flow that had been a success.
        let failures: Int
        /// The failed flow had been registered and yet never had a keep-alive answered.
        let neverAnswered: Bool
        let retryAfter: Int64?
        /// Of the failure, where it is a final response.
        let status: UInt16?
        /// Another flow of the same device was alive in between.
        let othersAlive: Bool
        let isWebSocket: Bool

        var length: Int64 { attemptedAt &- failedAt }
    }

    let regID: String?
    let wantsOutbound: Bool
    /// Outbound was granted to it at some time.
    let hadOutbound: Bool
    let waits: [Wait]
    /// What would be waits, but that the phone was started anew meanwhile: it tried as one does that was just switched on
    /// (RFC 5626 §4.5), with another Call-ID, and had forgotten its failures.
    let restarts: [Wait]
    /// A failure that no attempt has followed yet.
    let open: (failedAt: Int64, failures: Int, flow: FlowID)?
    /// The last attempt from there, since that failure, of which nobody can tell whose it was.
    let lastHidden: HiddenAttempt?
    /// Packets are missing since that failure, or flows were given up for want of memory: an attempt may have been among them.
    let mayHaveGoneOn: Bool
    /// The last answer was 439: to go on without outbound, elsewhere or not at all is all as it should be.
    let endsWith439: Bool
    /// Another binding of the device, with a reg-id of its own, that appeared after this one was lost for good at the
    /// same server.
    let replacedBy: (regID: String, flow: FlowID, time: Int64, frame: UInt64)?

    /// The cases of all bindings that had a failure.
    ///
    /// - Parameter isWanted: asked for the place of each history in the ledger.
    static func all(
        of ledger: FlowLedger, _ hidden: HiddenAttempts, where isWanted: (Int) -> Bool
    ) -> [BindingCase] {
        let histories = ledger.histories
        let failed = histories.indices.filter { histories[$0].hasFailure && isWanted($0) }
        // Only what belongs to a device with a failure is looked at: of a million bindings few have one.
        guard !failed.isEmpty else { return [] }
        var devices: [Int: [Int]] = [:]
        for index in failed { if let key = ledger.device(of: histories[index]) { devices[key] = [] } }
        for index in histories.indices {
            if let key = ledger.device(of: histories[index]) { devices[key]?.append(index) }
        }
        var cases: [BindingCase] = []
        for index in failed {
            let siblings = (ledger.device(of: histories[index]).flatMap { devices[$0] } ?? []).filter { $0 != index }
            cases.append(BindingCase(ledger.histories[index], siblings.map { ledger.histories[$0] }, hidden, ledger))
        }
        return cases
    }

    private init(
        _ history: BindingHistory, _ siblings: [BindingHistory], _ hidden: HiddenAttempts, _ ledger: FlowLedger
    ) {
        wantsOutbound = history.wantsOutbound
        let beginnings = history.beginnings(ledger)
        var waits: [Wait] = []
        var restarts: [Wait] = []
        var failures = 0
        // Attempts that nobody can attribute may have been failures too: until the next success nothing is known of waits.
        var isCertain = true
        var last: (entry: BindingHistory.Entry, neverAnswered: Bool, retryAfter: Int64?, status: UInt16?)?
        let entries = history.entries
        for (index, entry) in entries.enumerated() {
            switch entry.what {
            case .attempt:
                let next = index + 1 < entries.count ? entries[index + 1].what : nil
                // The credentials were right after all: the server had refused the nonce, and did not say so.
                if next == .registered, let status = last?.status, status == 401 || status == 407 {
                    failures -= 1
                    last = nil
                    continue
                }
                if let last, let before = ledger[last.entry.flow] {
                    if hidden.last(before, from: last.entry.time, to: entry.time) != nil { isCertain = false }
                    // One that failed may be among packets that are missing.
                    if ledger.missesUntil >= last.entry.time { isCertain = false }
                    let now = ledger[entry.flow]
                    // Of a clock that was set back meanwhile no wait is known.
                    if isCertain, before.server == now?.server, entry.time >= last.entry.time {
                        let wait = Wait(
                            failedAt: last.entry.time, attemptedAt: entry.time, attemptFrame: entry.frame,
                            flow: entry.flow, failures: failures, neverAnswered: last.neverAnswered,
                            retryAfter: last.retryAfter, status: last.status,
                            othersAlive: siblings.contains { $0.isAlive(from: last.entry.time, to: entry.time) },
                            isWebSocket: now?.isWebSocket ?? false)
                        if beginnings.contains(index) { restarts.append(wait) } else { waits.append(wait) }
                    }
                }
                if beginnings.contains(index) { failures = 0 }
                last = nil
            case .rejected(let status, let retryAfter):
                failures += 1
                last = (entry, false, retryAfter, status)
            case .timedOut(sinceSeen: false):
                // How long the next attempt waits is not known.
                failures += 1
                last = nil
            case .timedOut, .refused:
                failures += 1
                last = (entry, false, nil, nil)
            case .lost(_, let answered):
                failures = answered ? 0 : failures + 1
                if answered { isCertain = true }
                last = (entry, !answered, nil, nil)
            case .registered:
                last = nil
            case .moved, .removal, .unregistered:
                failures = 0
                isCertain = true
                last = nil
            }
        }
        self.waits = waits
        self.restarts = restarts
        open = last.map { ($0.entry.time, failures, $0.entry.flow) }
        lastHidden = last.flatMap { last in
            ledger[last.entry.flow].flatMap { hidden.last($0, from: last.entry.time, to: .max) }
        }
        let failedAt = last?.entry.time ?? .max
        mayHaveGoneOn =
            ledger.missesUntil >= failedAt || ledger.evicted.map { $0.count > 0 && $0.lastTime >= failedAt } ?? false
        endsWith439 = last?.status == 439
        let flow = ledger.flows[history.flow]
        let registration = flow.registrations.first { $0.bindingKey == history.bindingKey }
        regID = registration?.regID
        hadOutbound = history.entries.contains { ledger[$0.flow]?.everOutbound ?? false }
        var replacement: (regID: String, flow: FlowID, time: Int64, frame: UInt64)?
        if let open, registration?.regID != nil {
            for sibling in siblings {
                // On a flow that was there before, it is the refresh of a binding that the run did not see made.
                guard let first = sibling.entries.first, first.time > open.failedAt,
                    first.time &- open.failedAt < 600 * .second,
                    let new = ledger[first.flow], let old = ledger[open.flow], new.server == old.server,
                    new.transport == old.transport,
                    first.flow == open.flow || new.openedAt > open.failedAt && new.opening.kind != .midstream,
                    let other = ledger[first.flow]?.registrations.first(where: { $0.bindingKey == sibling.bindingKey }),
                    let regID = other.regID
                else { continue }
                replacement = (regID, first.flow, first.time, first.frame)
            }
        }
        replacedBy = replacement
    }
}

extension BindingHistory {
    /// The places of attempts with which a phone begins anew after one that failed: with another Call-ID, on another flow or
    /// from the same port over datagrams, which many phones bind at each start; a stream does not outlive that. A phone that
    /// never tries again in another way does not: it draws new ones for each attempt, or is started again and again for want
    /// of an answer, and its waits are waits.
    fileprivate func beginnings(_ ledger: FlowLedger) -> Set<Int> {
        var places: Set<Int> = []
        var others = 0
        var failed: FlowID?
        for (place, entry) in entries.enumerated() {
            switch entry.what {
            case .attempt(let isAnew):
                guard let before = failed else { continue }
                failed = nil
                if isAnew && entry.flow == before
                    || ledger.hasNewCallID(bindingKey, on: entry.flow, since: before)
                {
                    places.insert(place)
                } else {
                    others += 1
                }
            case .rejected, .timedOut:
                failed = entry.flow
            case .refused, .removal, .registered, .lost, .moved, .unregistered:
                failed = nil
            }
        }
        return places.count > 1 && others == 0 ? [] : places
    }

    /// Whether it was registered, as far as could be seen, during all of that time.
    func isAlive(from start: Int64, to end: Int64) -> Bool {
        var aliveSince: Int64?
        for entry in entries {
            switch entry.what {
            case .registered:
                if aliveSince == nil { aliveSince = entry.time }
            case .lost, .unregistered, .moved:
                if let since = aliveSince, since <= start, entry.time >= end { return true }
                aliveSince = nil
            case .attempt, .removal, .rejected, .timedOut, .refused:
                break
            }
        }
        return aliveSince.map { $0 <= start } ?? false
    }
}

extension FlowLedger {
    /// Whether the binding's REGISTERs on one flow had another Call-ID than those on another flow to the same server.
    fileprivate func hasNewCallID(_ bindingKey: Int, on flow: FlowID, since before: FlowID) -> Bool {
        func callID(_ flow: FlowID) -> UInt32? {
            self[flow]?.registrations.first { $0.bindingKey == bindingKey && $0.callID != 0 }?.callID
        }
        guard flow != before, let old = callID(before), let new = callID(flow) else { return false }
        return old != new && self[flow]?.server == self[before]?.server
    }

    /// Which device the binding is of; nil without an instance-id.
    fileprivate func device(of history: BindingHistory) -> Int? {
        guard
            let index = flows[history.flow].registrations.firstIndex(where: { $0.bindingKey == history.bindingKey })
        else { return nil }
        let key = flows[history.flow].registrations.with(index) { $0.deviceKey }
        return key == 0 ? nil : key
    }
}
