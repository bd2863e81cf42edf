/// Where one branch of a request may go.
struct ForwardTarget: Sendable {
    enum Way: Sendable {
        /// Over a flow that is there, and over no other.
        case flow(FlowID)
        /// To a proxy or registrar, over a flow that may have to be opened; or over a datagram flow whose ends are known,
        /// from the socket that it had.
        case open(TransportProtocol, remote: TransportAddress, local: TransportAddress?)
    }

    var way: Way
    var change: ForwardChange
    /// The binding that led here; it is removed when its flow turns out to be dead.
    var binding: Binding?
    /// The next hop is an edge, whose 403 speaks of the token that we stored (RFC 5626 §5.3.1).
    var isThroughEdge = false
    /// The edge adds a Record-Route with the token of the flow on which the request came.
    var recordsRoute = false
    /// The edge adds itself to Path: as the first hop, with token and `ob`, or plainly. nil: not at all.
    var pathIsFirstHop: Bool?
}

/// The response context of RFC 3261 §16.7: one request, the branches on which it went on, and what came back. It decides
/// which branch is tried when and which response is passed on; its owner builds and sends.
///
/// Instances are tried at the same time, the flows of one instance one after the other: the next after 408, 430, 403 for
/// a token, or the end of the flow, and never after another final response (RFC 5626 §7).
struct ResponseContext: Sendable {
    struct Branch: Sendable {
        let id: UInt64
        let instance: Int
        let target: ForwardTarget
        /// Where it was sent, once that is known.
        var flow: FlowID?
        /// The request as it was sent.
        var octets: [UInt8] = []
        var client: ClientTransaction?
        var cancel: NonInviteTransaction?
        var cancelOctets: [UInt8] = []
        var hasProvisional = false
        var isFinal = false
        /// CANCEL is to follow as soon as there is a provisional response (§9.1).
        var wantsCancel = false
        /// Timer C; before it, until when the flow is awaited; after CANCEL, until when an end is.
        var timerC: Timestamp?
        var isOver = false
    }

    struct Outcome: Sendable {
        var status: UInt16
        /// nil for one of our own.
        var message: SIPMessage?
    }

    enum Action: Sendable {
        /// Find the branch's flow, build its request, and call `begin`, or `fail`.
        case start(branch: Int)
        case send(branch: Int)
        case sendCancel(branch: Int)
        /// ACK for a 300-699 of the branch.
        case acknowledge(branch: Int, SIPMessage)
        /// Pass a 1xx or 2xx back.
        case pass(SIPMessage)
        /// The final answer, and further 401 and 407 whose challenges go with it.
        case answer(Outcome, challenges: [SIPMessage])
        case resend
        /// The flow of this binding is dead.
        case dead(Binding)
        /// The next flow of an instance is tried.
        case failedOver
        case ended
    }

    let id: UInt32
    /// For its owner: the alarm that is set for `deadline`.
    var armed: Timestamp?
    /// For its owner: what identifies the request.
    var key = ""
    let request: SIPMessage
    /// The flow on which it came.
    let arrival: FlowID
    let isInvite: Bool
    let settings: Settings
    var server: ServerTransaction
    /// The last response sent, as octets.
    var lastResponse: [UInt8] = []
    private(set) var branches: [Branch] = []
    private var waiting: [[ForwardTarget]] = []
    private var outcomes: [Outcome] = []
    private(set) var isCancelled = false
    private(set) var hasAnswered = false
    private var serverEnded = false
    private var actions = OutputQueue<Action>()

    struct Settings: Sendable {
        var timing: TransactionTiming
        /// Until when a branch without any response is given up.
        var branchTimeout: Duration
        /// Timer C (§16.6 step 11): more than 3 minutes.
        var timerC = Duration.seconds(181)
        /// A silent or dead flow is answered with 430: the request came by a token, from a proxy that may know another
        /// flow. Else 408 and 480.
        var reportsFlowFailure = false
    }

    init(id: UInt32, request: SIPMessage, arrival: FlowID, isReliable: Bool, settings: Settings) {
        self.id = id
        self.request = request
        self.arrival = arrival
        self.settings = settings
        isInvite = request.method == .invite
        server = ServerTransaction(isInvite: isInvite, timing: settings.timing, isReliable: isReliable)
    }

    mutating func next() -> Action? { actions.next() }

    var deadline: Timestamp? {
        var earliest = server.deadline
        for branch in branches where !branch.isOver {
            for time in [branch.client?.deadline, branch.cancel?.deadline, branch.timerC].compactMap({ $0 })
            where earliest.map({ time < $0 }) ?? true { earliest = time }
        }
        return earliest
    }

    // MARK: Branches

    /// Starts one branch for each instance.
    /// - Parameter targets: by instance, each in the order to try.
    mutating func fork(_ targets: [[ForwardTarget]], ids: () -> UInt64, at now: Timestamp) {
        waiting = targets
        for instance in targets.indices { tryNext(instance, id: ids()) }
        settle(at: now)
    }

    private mutating func tryNext(_ instance: Int, id: UInt64) {
        guard !waiting[instance].isEmpty else { return }
        let target = waiting[instance].removeFirst()
        branches.append(Branch(id: id, instance: instance, target: target))
        actions.append(.start(branch: branches.count - 1))
    }

    /// The branch's flow is being opened, and not waited for beyond `time`.
    mutating func await(_ index: Int, until time: Timestamp) {
        branches[index].timerC = time
    }

    /// The request is built and its flow is there.
    mutating func begin(_ index: Int, octets: [UInt8], on flow: FlowID, isReliable: Bool, at now: Timestamp) {
        guard !branches[index].isFinal else { return }
        var timing = settings.timing
        timing.timerF = settings.branchTimeout
        branches[index].octets = octets
        branches[index].flow = flow
        branches[index].timerC = nil
        branches[index].client = ClientTransaction(isInvite: isInvite, timing: timing, isReliable: isReliable)
        feed(index, .start, nil, at: now)
    }

    /// The branch could not be sent, or its flow ended.
    /// - Parameter status: 430 for a phone's flow, 503 for a proxy that cannot be reached.
    mutating func fail(_ index: Int, status: UInt16, at now: Timestamp) {
        guard branches.indices.contains(index), !branches[index].isFinal else { return }
        branches[index].isOver = true
        conclude(index, Outcome(status: status, message: nil), at: now)
    }

    /// A response whose topmost Via is that of the branch.
    mutating func receive(_ response: SIPMessage, for branch: UInt64, at now: Timestamp) {
        guard let index = branches.firstIndex(where: { $0.id == branch }) else { return }
        if response.method == .cancel, isInvite {
            branches[index].cancel?.handle(.response(response.statusCode), at: now)
            drainCancel(index)
        } else {
            feed(index, .response(response.statusCode), response, at: now)
        }
        finishIfOver()
    }

    mutating func flowEnded(_ flow: FlowID, at now: Timestamp) {
        for index in branches.indices where branches[index].flow == flow && !branches[index].isOver {
            branches[index].cancel = nil
            let status: UInt16 = branches[index].target.binding == nil && !settings.reportsFlowFailure ? 503 : 430
            if branches[index].isFinal { branches[index].isOver = true } else { fail(index, status: status, at: now) }
        }
        if flow == arrival {
            server.handle(.transportFailed, at: now)
            drainServer()
            // Nobody is there to hear the answer: the phones need not ring on.
            cancel(at: now)
        }
        finishIfOver()
    }

    mutating func cancel(at now: Timestamp) {
        guard !hasAnswered, !isCancelled else { return }
        isCancelled = true
        for index in branches.indices { cancelBranch(index, at: now) }
        settle(at: now)
    }

    mutating func handleServer(_ input: ServerTransaction.Input, at now: Timestamp) {
        server.handle(input, at: now)
        drainServer()
        finishIfOver()
    }

    mutating func timer(at now: Timestamp) {
        server.handle(.timer, at: now)
        drainServer()
        for index in branches.indices where !branches[index].isOver {
            if let timerC = branches[index].timerC, timerC <= now {
                branches[index].timerC = nil
                if branches[index].flow == nil {
                    fail(index, status: 503, at: now)
                } else if branches[index].cancelOctets.isEmpty {
                    cancelBranch(index, at: now)
                    conclude(index, Outcome(status: 408, message: nil), at: now)
                } else {
                    // Neither CANCEL nor INVITE had an end in time (§9.1).
                    branches[index].cancel = nil
                    feed(index, .transportFailed, nil, at: now)
                    conclude(index, Outcome(status: 487, message: nil), at: now)
                }
            }
            branches[index].cancel?.handle(.timer, at: now)
            drainCancel(index)
            feed(index, .timer, nil, at: now)
        }
        finishIfOver()
    }

    // MARK: Inside

    private mutating func feed(
        _ index: Int, _ input: ClientTransaction.Input, _ response: SIPMessage?, at now: Timestamp
    ) {
        branches[index].client?.handle(input, at: now)
        while let output = branches[index].client?.next() {
            switch output {
            case .transmit: actions.append(.send(branch: index))
            case .provisional:
                let isFirst = !branches[index].hasProvisional
                branches[index].hasProvisional = true
                if isInvite { branches[index].timerC = now + settings.timerC }
                if isFirst, branches[index].wantsCancel { cancelBranch(index, at: now) }
                // 100 is between neighbours (§16.7 step 2).
                if let response, response.statusCode > 100, !hasAnswered { actions.append(.pass(response)) }
            case .success:
                guard let response else { continue }
                let isFirst = !branches[index].isFinal
                branches[index].isFinal = true
                branches[index].timerC = nil
                // Each 2xx to INVITE is passed on, from whichever branch (§16.7 step 5).
                if isInvite || !hasAnswered { actions.append(.pass(response)) }
                hasAnswered = true
                if isFirst { cancelOthers(than: index, at: now) }
            case .acknowledge:
                if let response { actions.append(.acknowledge(branch: index, response)) }
            case .final:
                guard let response else { continue }
                conclude(index, Outcome(status: response.statusCode, message: response), at: now)
            case .timedOut: conclude(index, Outcome(status: 408, message: nil), at: now)
            case .ended: branches[index].isOver = branches[index].cancel == nil
            }
        }
    }

    /// A branch has its end: the next flow of the instance, or one more outcome to choose from.
    private mutating func conclude(_ index: Int, _ outcome: Outcome, at now: Timestamp) {
        guard !branches[index].isFinal else { return }
        branches[index].isFinal = true
        if branches[index].cancelOctets.isEmpty { branches[index].timerC = nil }
        let branch = branches[index]
        let isDead =
            outcome.status == 430 || (outcome.status == 403 && outcome.message != nil && branch.target.isThroughEdge)
        if isDead, let binding = branch.target.binding { actions.append(.dead(binding)) }
        // RFC 3263 §4.3: without a binding the next target is another server, for one from which nothing was heard.
        let hasSpoken = branch.target.binding == nil && (outcome.message != nil || branch.hasProvisional)
        // RFC 5626 §7: after any other final response the instance has spoken.
        let mayTryNext = isDead || outcome.status == 408 || (outcome.status == 503 && outcome.message == nil)
        if mayTryNext, !hasSpoken, !isCancelled, !hasAnswered, !waiting[branch.instance].isEmpty,
            !outcomes.contains(where: { $0.status >= 600 })
        {
            actions.append(.failedOver)
            // The id only has to be unlike others of this request: the branch's own, stirred.
            tryNext(branch.instance, id: branch.id &* 0x9E37_79B9_7F4A_7C15 | 1)
            return
        }
        outcomes.append(mapped(outcome, branch))
        if outcome.status >= 600 { cancelOthers(than: index, at: now) }
        settle(at: now)
    }

    /// 430 is for proxies alone (RFC 5626 §11.5); a timeout of a request other than INVITE is known to its sender
    /// already, and 408 for it does harm (RFC 4320 §4.2).
    private func mapped(_ outcome: Outcome, _ branch: Branch) -> Outcome {
        guard outcome.message == nil || outcome.status == 430 else { return outcome }
        if settings.reportsFlowFailure {
            let isSilent = outcome.status == 408 && !branch.hasProvisional
            return Outcome(status: isSilent || outcome.status == 430 ? 430 : outcome.status, message: nil)
        }
        if outcome.status == 430 || (outcome.status == 408 && !isInvite) { return Outcome(status: 480, message: nil) }
        return outcome
    }

    private mutating func settle(at now: Timestamp) {
        guard !hasAnswered, branches.allSatisfy(\.isFinal) else { return }
        hasAnswered = true
        if isCancelled {
            actions.append(.answer(Outcome(status: 487, message: nil), challenges: []))
            return
        }
        let best = outcomes.min { Self.rank($0) < Self.rank($1) } ?? Outcome(status: 480, message: nil)
        let challenges =
            best.status == 401 || best.status == 407
            ? outcomes.compactMap(\.message).filter { $0.statusCode == 401 || $0.statusCode == 407 } : []
        actions.append(.answer(best, challenges: challenges))
    }

    /// §16.7 step 6: 6xx first, then the lowest class; in it what tells the caller how to go on, and our own last.
    private static func rank(_ outcome: Outcome) -> Int {
        let status = Int(outcome.status)
        if status >= 600 { return 0 }
        let isHelpful = [401, 407, 415, 420, 484].contains(status)
        let withinClass = outcome.message == nil ? 2 : isHelpful ? 0 : status == 503 ? 2 : 1
        return status / 100 * 10 + withinClass
    }

    private mutating func cancelOthers(than winner: Int, at now: Timestamp) {
        for index in branches.indices where index != winner { cancelBranch(index, at: now) }
    }

    private mutating func cancelBranch(_ index: Int, at now: Timestamp) {
        guard isInvite, !branches[index].isFinal, branches[index].cancel == nil else { return }
        guard branches[index].flow != nil else {
            fail(index, status: 487, at: now)
            return
        }
        guard branches[index].hasProvisional else {
            branches[index].wantsCancel = true
            return
        }
        guard let octets = EdgeMessages.companion(.cancel, of: branches[index].octets, answeredBy: nil) else { return }
        branches[index].cancelOctets = octets
        branches[index].timerC = now + settings.timing.t1 * 64
        // Over a stream the timers of the transport are enough, but the answer is awaited all the same.
        branches[index].cancel = NonInviteTransaction(timing: settings.timing, isReliable: false)
        branches[index].cancel?.handle(.start, at: now)
        drainCancel(index)
    }

    private mutating func drainCancel(_ index: Int) {
        while let output = branches[index].cancel?.next() {
            switch output {
            case .transmit: actions.append(.sendCancel(branch: index))
            case .ended:
                branches[index].cancel = nil
                if branches[index].isFinal, branches[index].client?.deadline == nil { branches[index].isOver = true }
            case .provisional, .final, .absorbed, .timedOut: continue
            }
        }
    }

    private mutating func drainServer() {
        while let output = server.next() {
            switch output {
            case .transmit: actions.append(.resend)
            case .ended: serverEnded = true
            }
        }
    }

    private mutating func finishIfOver() {
        guard serverEnded, branches.allSatisfy(\.isOver) else { return }
        serverEnded = false
        actions.append(.ended)
    }
}
