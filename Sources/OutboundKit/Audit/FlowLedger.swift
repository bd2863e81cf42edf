/// Takes the events of all flows and keeps one record a flow, for the rules to judge at the end. It never asks where an
/// event came from.
///
/// Memory: one fixed-size record a flow, its registrations, and one history a binding. A keep-alive in time, answered in
/// time, allocates nothing.
public struct FlowLedger: FlowEventSink, Sendable {
    public let settings: AuditSettings
    public private(set) var flows: [FlowRecord] = []
    /// One a binding, in the order of their first REGISTER.
    public private(set) var histories: [BindingHistory] = []
    /// The latest time seen.
    public private(set) var lastTime = Int64.never
    /// FlowIDs are dense in practice; the index of each in `flows`, plus one.
    private var places: [UInt32] = []
    private var historyOf: [Int: Int] = [:]
    /// The binding that last registered from an IP address at a server; -1 when several did.
    private var originOf: [Origin: Int] = [:]

    private struct Origin: Hashable {
        let client: IPAddress
        let server: TransportAddress
        let transport: TransportProtocol
    }

    /// FlowIDs above this are not followed: a source that counts its flows never gets there.
    private static let maximumFlows = 1 << 24

    public init(settings: AuditSettings = AuditSettings()) {
        self.settings = settings
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
        case .crlf(let completesPair, let ownSegment):
            flows[index].observeCRLF(
                completesPair: completesPair, ownSegment: ownSegment,
                seenFromClient: event.direction == .fromClient, time: time, frame: event.frame, settings: settings)
        case .open:
            break
        case .sip(let message):
            observeSIP(index, message, fromClient: fromClient, time: time, frame: event.frame)
        case .close(let closing):
            flows[index].observeClose(closing, fromClient: fromClient, time, event.frame, settings)
            if closing == .refused { observeRefusal(index, time: time, frame: event.frame) }
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

    /// The index of the flow's record, or -1.
    @inline(__always)
    private func place(of flow: FlowID) -> Int {
        let raw = Int(flow.rawValue)
        // A source that counts its flows, as captures do, has them here in their order: one look less.
        if raw < flows.count, flows[raw].id == flow { return raw }
        return raw < places.count ? Int(places[raw]) &- 1 : -1
    }

    @inline(__always)
    public func touch(_ flow: FlowID) -> UInt64 {
        let index = place(of: flow)
        guard index >= 0 else { return 0 }
        return flows[index].touchWord
    }

    public mutating func end(_ flow: FlowID, at time: Timestamp) {
        guard place(of: flow) >= 0 else { return }
        if time.nanoseconds > lastTime { lastTime = time.nanoseconds }
    }

    /// What any flow lacks from here on may have been missed; nothing is known of those that had nothing to send.
    public mutating func miss(at time: Timestamp) {
        for index in flows.indices where flows[index].closing == nil {
            flows[index].sights.insert(.gap)
            flows[index].lastGap = max(flows[index].lastGap, time.nanoseconds)
        }
    }

    /// The run went on until `time` at least, whoever was last to send something.
    public mutating func advance(to time: Timestamp) { lastTime = max(lastTime, time.nanoseconds) }

    /// The run is over: what is still pending is settled against `lastTime`.
    public mutating func finish() {
        for index in flows.indices { flows[index].finish(at: lastTime, settings: settings) }
        for index in histories.indices { closeHistory(index) }
    }

    /// The record of `flow`, or nil.
    public subscript(flow: FlowID) -> FlowRecord? {
        let index = place(of: flow)
        return index >= 0 ? flows[index] : nil
    }

    /// The index of `flow` in `flows`, or nil.
    func index(of flow: FlowID) -> Int? {
        let raw = Int(flow.rawValue)
        return raw < places.count && places[raw] > 0 ? Int(places[raw]) - 1 : nil
    }

    private mutating func open(_ flow: FlowID, _ opening: FlowEvent.Opening, time: Int64, frame: UInt64) {
        let raw = Int(flow.rawValue)
        guard raw < Self.maximumFlows else { return }
        if raw >= places.count { places.append(contentsOf: repeatElement(0, count: raw + 1 - places.count)) }
        guard places[raw] == 0 else { return }
        flows.append(FlowRecord(id: flow, opening: opening, time: time, frame: frame))
        places[raw] = UInt32(flows.count)
    }

    // MARK: SIP

    @inline(never)
    private mutating func observeSIP(
        _ index: Int, _ message: borrowing SIPMessage, fromClient seenFromClient: Bool, time: Int64, frame: UInt64
    ) {
        var fromClient = seenFromClient
        if message.method == .register, message.isRequest, !fromClient, flows[index].mayFlip {
            // Who registers is the client, whoever spoke first.
            flows[index].isFlipped.toggle()
            flows[index].swapSides()
            fromClient = true
        }
        flows[index].touch(time, fromClient: fromClient, settings: settings)
        flows[index].observeMessage(isRequest: message.isRequest, message.method, fromClient: fromClient, time, frame)
        guard message.method == .register else {
            if message.isRequest || fromClient { return }
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
        let key = RegistrationReader.transactionKey(message)
        let identity = RegistrationReader.requestIdentity(message, transactionKey: key)
        guard let place = flows[index].observeRegister(message, key: key, time: time, frame: frame) else { return }
        guard !flows[index].sights.contains(.forwarded) else { return }
        guard flows[index].registrations[place].bindingKey != 0 else {
            flows[index].settleRecovery(at: time, frame: frame, settings: settings)
            return
        }
        let history = historyIndex(flow: index, place: place)
        if histories[history].identity == identity, histories[history].flow != index {
            flows[index].sights.insert(.copy)
            flows[index].copyOf = flows[histories[history].flow].id
            return
        }
        guard !flows[index].sights.contains(.copy) else { return }
        histories[history].identity = identity
        attempt(history, on: index, time: time, frame: frame)
    }

    private mutating func historyIndex(flow: Int, place: Int) -> Int {
        if let known = historyOf[flows[flow].registrations[place].bindingKey] { return known }
        let registration = flows[flow].registrations[place]
        histories.append(
            BindingHistory(
                bindingKey: registration.bindingKey, deviceKey: registration.deviceKey, flow: flow,
                registration: place, server: flows[flow].server,
                wantsOutbound: registration.supportsOutbound && registration.regID != nil))
        historyOf[registration.bindingKey] = histories.count - 1
        return histories.count - 1
    }

    /// A REGISTER for a binding: a refresh, the next step of an attempt, or a new attempt.
    private mutating func attempt(_ history: Int, on index: Int, time: Int64, frame: UInt64) {
        let id = flows[index].id
        switch histories[history].state {
        case .registered:
            let current = histories[history].flow
            flows[current].settle(at: time, settings: settings)
            flows[current].settleRecovery(at: time, frame: frame, settings: settings)
            // A removal is nothing that an answer could have led to.
            if flows[index].pendingRegisters.last?.requestedExpires != 0 {
                flows[current].noteEarlyRegister(time, frame)
            }
            if current == index, !flows[index].hasFailed {
                histories[history].attemptedAt = time
                return
            }
            noteLoss(history, at: time)
            if current != index { flows[current].retire(for: id) }
        case .challenged:
            guard let refusal = histories[history].refusal,
                flows[index].pendingRegisters.last?.repeats(refusal.request) == true
            else {
                histories[history].attemptedAt = time
                histories[history].state = .waiting
                moveHistory(history, to: index)
                return
            }
            // The same once more corrects nothing: the refusal was the attempt's end.
            histories[history].add(.rejected(refusal.status, retryAfter: nil), refusal.time, refusal.frame, id)
        case .waiting:
            let started = histories[history].attemptedAt
            guard time &- started >= BindingHistory.timerF / 10 * 9 else {
                // Sooner than Timer F: a new request while one is pending, or its answer was not seen.
                histories[history].attemptedAt = time
                moveHistory(history, to: index)
                return
            }
            histories[history].add(.timedOut, started + BindingHistory.timerF, 0, id)
        case .idle, .failed:
            break
        }
        moveHistory(history, to: index)
        histories[history].state = .waiting
        histories[history].attemptedAt = time
        // On a stream the attempt began with the connection, if that was made for it.
        let opened = flows[index].openedAt
        let began =
            flows[index].isStream && flows[index].registerRequests == 1 && time &- opened < BindingHistory.timerF
        histories[history].add(.attempt, began ? opened : time, frame, id)
    }

    private mutating func moveHistory(_ history: Int, to index: Int) {
        histories[history].flow = index
        histories[history].server = flows[index].server
    }

    /// The binding's flow is about to be replaced: how it ended.
    private mutating func noteLoss(_ history: Int, at time: Int64) {
        let flow = histories[history].flow
        let answered = flows[flow].lastPong > histories[history].registeredAt
        if let cause = flows[flow].failure {
            histories[history].add(
                .lost(cause, answered: answered), flows[flow].failedAt, flows[flow].closedFrame, flows[flow].id)
        } else {
            histories[history].add(.moved, time, 0, flows[flow].id)
        }
    }

    private mutating func observeFinal(_ index: Int, _ message: borrowing SIPMessage, time: Int64, frame: UInt64) {
        flows[index].sights.insert(.registerAnswered)
        let key = RegistrationReader.transactionKey(message)
        guard let pending = flows[index].takePending(key: key, isFinal: true) else { return }
        let status = message.statusCode
        if status == 400, pending.followsCRLF { flows[index].log.add(.rejectedAfterCRLF, time, frame) }
        if status >= 200, status < 300 {
            flows[index].grant(message, pending, time: time, frame: frame, settings: settings)
        } else if message.count(.flowTimer) > 0 {
            flows[index].log.add(.misplacedFlowTimer, time, frame, Int64(status))
        }
        guard pending.registration >= 0, !flows[index].sights.contains(.forwarded),
            !flows[index].sights.contains(.copy)
        else { return }
        let bindingKey = flows[index].registrations[pending.registration].bindingKey
        guard let history = historyOf[bindingKey], histories[history].flow == index else { return }
        let id = flows[index].id
        switch status {
        case 200..<300 where pending.requestedExpires == 0:
            histories[history].add(.unregistered, time, frame, id)
            histories[history].state = .idle
        case 200..<300:
            if histories[history].state != .registered {
                histories[history].add(.registered, time, frame, id)
                histories[history].registeredAt = time
                flows[index].boundAt = time
                flows[index].priorFailures = histories[history].failures
                noteOrigin(history, index)
            }
            histories[history].state = .registered
        case 300..<400, 401, 407, 420, 421, 423:
            guard histories[history].state != .registered else { return }
            histories[history].state = .challenged
            histories[history].refusal =
                [420, 421, 423].contains(status) ? (status, time, frame, pending) : nil
        default:
            if histories[history].state == .registered, !flows[index].hasFailed { return }
            let after = message.integer(.retryAfter).map { Int64(clamping: min($0, 1 << 32)) * .second }
            histories[history].add(.rejected(status, retryAfter: status == 503 ? after : nil), time, frame, id)
            histories[history].state = .failed
        }
    }

    private mutating func noteOrigin(_ history: Int, _ index: Int) {
        let origin = Origin(
            client: flows[index].client.ip, server: flows[index].server, transport: flows[index].transport)
        let before = originOf[origin]
        originOf[origin] = before == nil || before == history ? history : -1
    }

    /// A connection was refused: an attempt of the one binding that used to come from there, if it is but one.
    private mutating func observeRefusal(_ index: Int, time: Int64, frame: UInt64) {
        let origin = Origin(
            client: flows[index].client.ip, server: flows[index].server, transport: flows[index].transport)
        guard let history = originOf[origin], history >= 0 else { return }
        if histories[history].state == .registered {
            let current = histories[history].flow
            flows[current].settle(at: flows[index].openedAt, settings: settings)
            guard flows[current].hasFailed else { return }
            flows[current].settleRecovery(at: flows[index].openedAt, frame: frame, settings: settings)
            noteLoss(history, at: time)
            flows[current].retire(for: flows[index].id)
        }
        let id = flows[index].id
        histories[history].add(.attempt, flows[index].openedAt, flows[index].openedFrame, id)
        histories[history].add(.refused, time, frame, id)
        histories[history].state = .failed
    }

    /// The end of the run for one binding.
    private mutating func closeHistory(_ history: Int) {
        switch histories[history].state {
        case .waiting where lastTime &- histories[history].attemptedAt > BindingHistory.timerF:
            let id = flows[histories[history].flow].id
            histories[history].add(.timedOut, histories[history].attemptedAt + BindingHistory.timerF, 0, id)
        case .registered where flows[histories[history].flow].hasFailed:
            noteLoss(history, at: lastTime)
        default:
            break
        }
    }
}
