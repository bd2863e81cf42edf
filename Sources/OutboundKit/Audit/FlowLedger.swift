/// Takes the events of all flows and keeps one record a flow, for the rules to judge at the end. It never asks where an
/// event came from.
///
/// Memory: one fixed-size record a flow, its registrations, and one history a binding. A keep-alive in time, answered in
/// time, allocates nothing.
public struct FlowLedger: FlowEventSink, Sendable {
    public let settings: AuditSettings
    public internal(set) var flows = Chunks<FlowRecord>()
    /// One a binding, in the order of their first REGISTER.
    public internal(set) var histories = Chunks<BindingHistory>()
    /// The latest time seen.
    public private(set) var lastTime = Int64.never
    /// Where the flow of each handle stands in `flows`; nil while flows have come in the order of their numbers and none was
    /// given up.
    var places: KeyTable?
    var historyOf = KeyTable()
    /// The binding that last registered from an IP address at a server over connections, by a hash of the three; -1 when
    /// several did, and less for a connection that was there before the run, whose binding is not known: -2 less its place.
    var originOf: [Int: Int32] = [:]
    private var pool = RegistrationPool()
    var recentTransactions = RecentTransactions()
    /// Until then packets of any flow may be missing, of those too that begin before.
    var missesUntil = Int64.never
    /// When a server first said something, anywhere: from then on it is no capture of the clients' direction alone.
    var serversHeardAt = Int64.max
    /// Servers that answered 439 (RFC 5626 §11.6), which only one that does outbound knows.
    private(set) var serversOf439: Set<IPAddress> = []
    /// Connections that were tried in vain from where somebody had registered.
    var unanswered = UnansweredAttempts()
    /// What the whole run shows, where this is a part of it.
    var run: RunFacts?

    /// What is left of flows that were given up; nil where memory is not limited.
    public internal(set) var evicted: EvictedFlows?

    /// - Parameter evicted: takes what is left of flows that are given up when the source asks for it; nil to keep all.
    public init(settings: AuditSettings = AuditSettings(), evicted: EvictedFlows? = nil) {
        self.settings = settings
        self.evicted = evicted
    }

    public mutating func observe(_ event: borrowing FlowEvent) {
        let time = event.time.nanoseconds
        if time > lastTime { lastTime = time }
        let index = place(of: event.flow)
        guard index >= 0 else {
            if case .open(let opening) = event.what { open(event.flow, opening, time: time, frame: event.frame) }
            return
        }
        let fromClient = (event.direction == .fromClient) != flows[index].isFlipped
        switch event.what {
        case .stun(let facts):
            flows[index].observeSTUN(
                facts, seenFromClient: event.direction == .fromClient, time: time, frame: event.frame,
                settings: settings)
            notePing(index, facts, time: time)
        case .crlf(let completesPair, let ownSegment):
            flows[index].observeCRLF(
                completesPair: completesPair, ownSegment: ownSegment,
                seenFromClient: event.direction == .fromClient, time: time, frame: event.frame, settings: settings)
        case .open:
            break
        case .sip(let message):
            takeSIP(index, message, seenFromClient: event.direction == .fromClient, time: time, frame: event.frame)
        case .close(let closing):
            flows[index].observeClose(closing, fromClient: fromClient, time, event.frame, settings)
            if closing == .refused { observeRefusal(index, time: time, frame: event.frame) }
        case .webSocketRefused(let refusal):
            flows[index].observeOther(event.what, fromClient: fromClient, time, event.frame, settings)
            // A 101 that should not be taken may be taken.
            if flows[index].refusedHandshake != nil, refusal.kind != .faulty, !refusal.isStepOnTheWay {
                observeRefusal(index, time: time, frame: event.frame)
            }
        default:
            flows[index].observeOther(event.what, fromClient: fromClient, time, event.frame, settings)
        }
    }

    @inline(__always)
    public mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        let time = moment.time.nanoseconds
        if time > lastTime { lastTime = time }
        let index = place(of: moment.flow)
        guard index >= 0 else { return }
        flows[index].observeSTUN(
            facts, seenFromClient: moment.direction == .fromClient, time: time, frame: moment.frame,
            settings: settings)
        notePing(index, facts, time: time)
    }

    @inline(__always)
    public mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        let time = moment.time.nanoseconds
        if time > lastTime { lastTime = time }
        let index = place(of: moment.flow)
        guard index >= 0 else { return }
        flows[index].observeCRLF(
            completesPair: completesPair, ownSegment: ownSegment, seenFromClient: moment.direction == .fromClient,
            time: time, frame: moment.frame, settings: settings)
    }

    public mutating func observeSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment) {
        let time = moment.time.nanoseconds
        if time > lastTime { lastTime = time }
        let index = place(of: moment.flow)
        guard index >= 0 else { return }
        takeSIP(index, message, seenFromClient: moment.direction == .fromClient, time: time, frame: moment.frame)
    }

    /// The index of the flow's record, or -1.
    @inline(__always)
    private func place(of flow: FlowID) -> Int {
        let raw = Int(flow.rawValue)
        // A source that counts its flows, as captures do, has them here in their order: one look less.
        if raw < flows.count, flows[raw].id == flow { return raw }
        // What is not inlined here takes these two alone: to be handed the ledger would mean a copy of it for each event.
        return places.map { Self.place(of: flow, in: flows, by: $0) } ?? -1
    }

    public mutating func end(_ flow: FlowID, at time: Timestamp) {
        guard place(of: flow) >= 0 else { return }
        if time.nanoseconds > lastTime { lastTime = time.nanoseconds }
    }

    /// The run went on until `time` at least, whoever was last to send something.
    public mutating func advance(to time: Timestamp) { lastTime = max(lastTime, time.nanoseconds) }

    /// The run is over: what is still pending is settled against `lastTime`.
    /// - Parameter endsFlows: whoever watched was an end of each flow, and leaves it now.
    public mutating func finish(endsFlows: Bool = false) {
        for index in flows.indices {
            flows[index].finish(at: lastTime, endsHere: endsFlows, settings: settings)
        }
        for index in histories.indices { closeHistory(index) }
        // What only finds the place of an event makes room for what is told of the flows.
        (historyOf, originOf) = (KeyTable(), [:])
    }

    /// The record of `flow`, or nil.
    public subscript(flow: FlowID) -> FlowRecord? {
        let index = place(of: flow)
        return index >= 0 ? flows[index] : nil
    }

    /// The index of `flow` in `flows`, or nil.
    func index(of flow: FlowID) -> Int? {
        let place = place(of: flow)
        return place >= 0 ? place : nil
    }

    @inline(never)
    private static func place(of flow: FlowID, in flows: Chunks<FlowRecord>, by places: KeyTable) -> Int {
        places.find(key(of: flow)) { key(of: flows[$0].id) } ?? -1
    }

    private static func key(of flow: FlowID) -> Int {
        Int(truncatingIfNeeded: UInt64(flow.rawValue) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Writes down where each flow stands, which is no longer its number.
    mutating func notePlaces() {
        var table = KeyTable(count: flows.count)
        for index in flows.indices {
            table.insert(index, Self.key(of: flows[index].id)) { Self.key(of: flows[$0].id) }
        }
        places = table
    }

    private mutating func open(_ flow: FlowID, _ opening: FlowEvent.Opening, time: Int64, frame: UInt64) {
        if places == nil, Int(flow.rawValue) != flows.count { notePlaces() }
        flows.append(FlowRecord(id: flow, opening: opening, time: time, frame: frame))
        if time < missesUntil { noteGap(on: flows.count - 1, until: missesUntil) }
        if places != nil {
            let flows = flows
            places?.insert(flows.count - 1, Self.key(of: flow)) { Self.key(of: flows[$0].id) }
        }
        if opening.kind == .midstream {
            let index = flows.count - 1
            let origin = origin(of: index)
            originOf[origin] = originOf[origin] == nil ? Self.unknownBinding(on: index) : -1
        }
    }

    // MARK: SIP

    @inline(never)
    private mutating func takeSIP(
        _ index: Int, _ message: borrowing SIPMessage, seenFromClient: Bool, time: Int64, frame: UInt64
    ) {
        let fromClient = flows[index].observeMessage(
            isRequest: message.isRequest, message.method, seenFromClient: seenFromClient, time, frame, settings)
        // Live traffic, which has no frames, is that of an end, who knows what it did not send.
        if !fromClient || frame == 0 { serversHeardAt = min(serversHeardAt, time) }
        if flows[index].isStream, !message.has(.contentLength) {
            flows[index].observeUnframed(message, fromClient: fromClient, time, frame)
        }
        guard message.method == .register else {
            if message.isRequest || fromClient { return }
            if !flows[index].sights.contains(.sign), RegistrationReader.offersKeepAlive(message) {
                flows[index].sights.insert(.sign)
                flows[index].log.add(.signInDialog, time, frame)
            }
            if message.statusCode == 430, message.viaCount == 1 {
                flows[index].log.add(.flowFailedAnswer, time, frame)
            }
            if message.count(.flowTimer) > 0 {
                flows[index].log.add(.misplacedFlowTimer, time, frame, Int64(message.statusCode))
            }
            return
        }
        if message.isRequest {
            if fromClient { observeRegister(index, message, time: time, frame: frame) }
        } else if !fromClient, message.statusCode >= 200 {
            observeFinal(index, message, time: time, frame: frame)
        }
    }

    private mutating func observeRegister(
        _ index: Int, _ message: borrowing SIPMessage, time: Int64, frame: UInt64
    ) {
        if message.count(.flowTimer) > 0 { flows[index].log.add(.misplacedFlowTimer, time, frame) }
        let key = RegistrationReader.requestKey(message)
        let identity = RegistrationReader.requestIdentity(message, transactionKey: key)
        guard
            let (place, bindingKey) = flows[index].observeRegister(message, key: key, time: time, frame: frame, &pool)
        else { return }
        guard !flows[index].sights.contains(.forwarded) else { return }
        guard bindingKey != 0 else {
            noteBareRegister(index, identity, time: time)
            flows[index].settleRecovery(at: time, frame: frame, settings: settings)
            return
        }
        let history = history(of: bindingKey) ?? addHistory(flow: index, place: place)
        if histories[history].sawLast(identity), histories[history].flow != index {
            join(index, to: histories[history].flow)
            return
        }
        guard !flows[index].sights.contains(.copy) else { return }
        if histories[history].flow != index, isNextHop(history, on: index, time: time) {
            flows[index].sights.insert(.forwarded)
            return
        }
        histories[history].noteLast(identity)
        if histories[history].flow != index {
            notePortMove(history, to: index, place: place, message, time: time, frame: frame)
        }
        attempt(history, on: index, time: time, frame: frame)
    }

    /// Whether a REGISTER for a binding is what a back-to-back user agent made of the one that it has just got: a new
    /// request, of another host, that goes out while the phone waits for its answer.
    private func isNextHop(_ history: Int, on index: Int, time: Int64) -> Bool {
        let first = histories[history].flow
        let key = histories[history].bindingKey
        guard flows[index].client.ip != flows[first].client.ip else { return false }
        // The host that got it sends it on; one with several addresses is known by its haste alone.
        let isHost = flows[index].client.ip == flows[first].server.ip
        let haste: Int64 = isHost ? .second : .second / 5
        let callID = flows[index].pendingRegisters.last.map { last in
            last.registration < 0 ? 0 : flows[index].registrations.with(last.registration) { $0.callID }
        }
        return flows[first].pendingRegisters.contains { pending in
            // A phone with two addresses keeps its Call-ID.
            pending.registration >= 0 && time &- pending.time < haste
                && flows[first].registrations.with(pending.registration) {
                    $0.bindingKey == key && (isHost || $0.callID != callID)
                }
        }
    }

    private mutating func addHistory(flow: Int, place: Int) -> Int {
        let history = BindingHistory(flows[flow].registrations[place], flow: flow)
        histories.append(history)
        let histories = histories
        historyOf.insert(histories.count - 1, history.bindingKey) { histories[$0].bindingKey }
        return histories.count - 1
    }

    /// The binding's history, or nil. It changes nothing, and yet is called in place: the ledger is too large to be copied.
    mutating func history(of bindingKey: Int) -> Int? {
        historyOf.find(bindingKey) { histories[$0].bindingKey }
    }

    /// A REGISTER for a binding: a refresh, the next step of an attempt, or a new attempt.
    private mutating func attempt(_ history: Int, on index: Int, time: Int64, frame: UInt64) {
        let id = flows[index].id
        // Where the attempt before this one was made: at another server, perhaps (RFC 3263 §4.3).
        let before = flows[histories[history].flow].id
        switch histories[history].state {
        case .registered:
            let current = histories[history].flow
            flows[current].settle(at: time, settings: settings)
            flows[current].settleRecovery(at: time, frame: frame, settings: settings)
            // A removal is nothing that an answer could have led to.
            if flows[index].pendingRegisters.last?.requestedExpires != 0 {
                flows[current].noteEarlyRegister(time, frame)
            }
            if let refusal = histories[history].refusal {
                noteRetry(after: refusal, from: current, on: index, time: time, frame: frame)
                histories[history].refusal = nil
            }
            if current == index, !flows[index].hasFailed || flows[index].passesOverFailure(time, frame) {
                histories[history].attemptedAt = time
                return
            }
            noteLoss(history, at: time)
            if current != index { flows[current].retire(for: id) }
        case .challenged:
            guard let refusal = histories[history].refusal,
                flows[index].pendingRegisters.last?.repeats(refusal.request) == true
            else {
                if histories[history].refusal == nil, let last = flows[index].pendingRegisters.indices.last {
                    flows[index].pendingRegisters[last].answersChallenge = true
                }
                histories[history].attemptedAt = time
                histories[history].state = .waiting
                moveHistory(history, to: index)
                return
            }
            // The same once more corrects nothing: the refusal was the attempt's end.
            histories[history].add(.rejected(refusal.status, retryAfter: nil), refusal.time, refusal.frame, before)
        case .waiting:
            let started = histories[history].attemptedAt
            if let closed = closeInstead(history, before: index) {
                histories[history].add(.refused, closed.time, closed.frame, before)
                break
            }
            guard time &- started >= BindingHistory.timerF / 10 * 9, ranOut(history, before: index, at: time) else {
                // Sooner than Timer F: a new request while one is pending, or its answer was not seen.
                histories[history].attemptedAt = time
                moveHistory(history, to: index)
                return
            }
            histories[history].add(
                .timedOut(sinceSeen: sawStart(history)), started + BindingHistory.timerF, 0, before)
        case .idle, .failed:
            break
        }
        moveHistory(history, to: index)
        if flows[index].pendingRegisters.last?.requestedExpires == 0 {
            histories[history].add(.removal, time, frame, id)
            histories[history].state = .idle
            return
        }
        histories[history].state = .waiting
        histories[history].attemptedAt = time
        // On a stream the attempt began with the connection, if that was made for it.
        let opened = flows[index].openedAt
        let began =
            flows[index].isStream && flows[index].registerRequests == 1 && time &- opened < BindingHistory.timerF
        let isAnew = !flows[index].isStream && flows[index].pendingRegisters.last?.hasNewCallID == true
        histories[history].add(.attempt(isAnew: isAnew), began ? opened : time, frame, id)
    }

    private mutating func moveHistory(_ history: Int, to index: Int) {
        histories[history].flow = index
    }

    /// The binding's flow is about to be replaced: how it ended.
    private mutating func noteLoss(_ history: Int, at time: Int64) {
        let flow = histories[history].flow
        let answered = flows[flow].lastPong > histories[history].registeredAt
        // When a connection was lost that was gone before the server closed it is not known.
        if let cause = flows[flow].failure, cause != .serverClosed || !flows[flow].wasLostBefore {
            histories[history].add(
                .lost(cause, answered: answered), flows[flow].failedAt, flows[flow].closedFrame, flows[flow].id)
        } else {
            histories[history].add(.moved, time, 0, flows[flow].id)
        }
    }

    private mutating func observeFinal(_ index: Int, _ message: borrowing SIPMessage, time: Int64, frame: UInt64) {
        flows[index].sights.insert(.registerAnswered)
        let key = RegistrationReader.requestKey(message)
        let isFirst = !flows[index].hasAnswered
        guard let (pending, bindingKey) = flows[index].takePending(key: key, &pool) else {
            flows[index].noteUnseenRegister(key, isGrant: 200..<300 ~= message.statusCode)
            return
        }
        let status = message.statusCode
        if status == 439 { serversOf439.insert(flows[index].server.ip) }
        if status == 400, pending.followsCRLF { flows[index].log.add(.rejectedAfterCRLF, time, frame) }
        if status >= 200, status < 300 {
            flows[index].grant(message, pending, time: time, frame: frame, settings: settings, &pool)
        } else {
            if message.count(.flowTimer) > 0 { flows[index].log.add(.misplacedFlowTimer, time, frame, Int64(status)) }
            flows[index].noteRefusal(message, pending, isFirst: isFirst, time, frame)
        }
        guard pending.registration >= 0, !flows[index].sights.contains(.forwarded),
            !flows[index].sights.contains(.copy)
        else { return }
        if pending.removesAll, 200..<300 ~= status {
            return noteRemovalOfAll(index, pending.registration, time: time, frame: frame)
        }
        guard let history = history(of: bindingKey), histories[history].flow == index else { return }
        // Who wants its binding taken away has nothing to try again.
        if pending.requestedExpires == 0, status >= 300 { return }
        let id = flows[index].id
        switch status {
        case 200..<300 where pending.requestedExpires == 0:
            noteRemoval(history, time, frame)
        case 200..<300:
            histories[history].refusal = nil
            if histories[history].state != .registered {
                histories[history].add(.registered, time, frame, id)
                histories[history].registeredAt = time
                flows[index].boundAt = time
                flows[index].priorFailures = Int(histories[history].failures)
                noteOrigin(history, index)
            }
            histories[history].state = .registered
        case 300..<400, 401, 407, 420, 421, 423, 494:
            guard histories[history].state != .registered else { return }
            guard !pending.answersChallenge || !pending.isChallengedAgain(by: message) else {
                histories[history].add(.rejected(status, retryAfter: nil), time, frame, id)
                histories[history].state = .failed
                return
            }
            histories[history].state = .challenged
            histories[history].refusal =
                [420, 421, 423, 494].contains(status)
                ? BindingHistory.Refusal(status: status, time: time, frame: frame, request: pending) : nil
        default:
            // With these it is the server that asks for patience (RFC 3261 §20.33); elsewhere it is a called party.
            let after =
                status == 500 || status == 503
                ? message.integer(.retryAfter).map { Int64(clamping: min($0, 1 << 32)) * .second } : nil
            if histories[history].state == .registered, !flows[index].hasFailed {
                // The flow is as good as before; the server only wants to be left alone for a while.
                guard let after, after > 0 else { return }
                histories[history].refusal = BindingHistory.Refusal(
                    status: status, time: time, frame: frame, request: pending, retryAfter: after,
                    callID: flows[index].registrations.with(pending.registration) { $0.callID })
                return
            }
            histories[history].add(.rejected(status, retryAfter: after), time, frame, id)
            histories[history].state = .failed
        }
    }

    /// A connection was refused: an attempt of the one binding that used to come from there, if it is but one.
    private mutating func observeRefusal(_ index: Int, time: Int64, frame: UInt64) {
        guard let known = originOf[origin(of: index)], known >= 0 else { return }
        let history = Int(known)
        if histories[history].state == .registered {
            let current = histories[history].flow
            flows[current].settle(at: flows[index].openedAt, settings: settings)
            guard flows[current].hasFailed else { return }
            flows[current].settleRecovery(at: flows[index].openedAt, frame: frame, settings: settings)
            noteLoss(history, at: time)
            flows[current].retire(for: flows[index].id)
        }
        let id = flows[index].id
        histories[history].add(.attempt(isAnew: false), flows[index].openedAt, flows[index].openedFrame, id)
        histories[history].add(.refused, time, frame, id)
        histories[history].state = .failed
    }

    /// The end of the run for one binding.
    mutating func closeHistory(_ history: Int) {
        switch histories[history].state {
        case .waiting
        where lastTime &- histories[history].attemptedAt > BindingHistory.timerF
            && ranOut(history, before: nil, at: lastTime):
            let id = flows[histories[history].flow].id
            histories[history].add(
                .timedOut(sinceSeen: sawStart(history)), histories[history].attemptedAt + BindingHistory.timerF, 0, id)
        case .registered where flows[histories[history].flow].hasFailed:
            noteLoss(history, at: lastTime)
        default:
            break
        }
    }
}
