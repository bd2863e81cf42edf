/// One registration over one flow (RFC 5626 §4.2): bind, keep alive on request, and take the binding away again.
///
///     idle ─register─▶ registering ──401/407──▶ challenged ─┐
///                          │  ▲ 423, stale nonce ──────────┘
///                          ├──2xx──▶ registered ─unregister─▶ unregistering ──2xx──▶ unregistered
///                          └──────── other final answer, silence, flow lost ───────▶ failed
///
/// It sends nothing by itself: its owner gives the commands and hears of everything that was said on the flow.
public struct RegistrationSession: FlowEngine {
    public private(set) var state = State.idle
    public internal(set) var identity: RegistrationIdentity
    /// Whether the server may hold a binding of ours: true from the first request on that could have made one until it
    /// was refused or removed.
    public internal(set) var mayBeBound = false
    let settings: RegistrationSettings
    var authenticator: DigestAuthenticator?
    var expiresSeconds: UInt32
    var pending: Pending?
    var pastBranches: [String] = []
    var intervalRetries = 0
    var ignoredCount = 0
    /// Octets since the last thing that came whole.
    var unfinishedOctets = 0
    var isStopping = false
    /// A challenge that came without credentials at hand, and whether to a removal.
    var unansweredChallenge: (message: SIPMessage, removes: Bool)?
    private(set) var flowID = FlowID(0)
    private(set) var flow: Flow?
    private var requests = 0
    var answeredRequests = 0
    private var stopDeadline: Timestamp?
    var probe: KeepAliveProbe?
    /// That of the first answer to a STUN keep-alive on this flow.
    var mappedAddress: TransportAddress?
    var codec: SIPFlowCodec
    /// Messages can be sent: on a WebSocket only after its handshake, which has until then.
    var isOpen = false
    var openDeadline: Timestamp?
    /// A command that came before.
    var awaiting: Command?
    var invalidName: String?
    var random: any RandomNumberGenerator & Sendable
    var outputs = OutputQueue<EngineOutput<Event>>()

    /// - Parameter random: for tags, branches, Call-ID and nonces; seeded in tests.
    public init(
        _ settings: RegistrationSettings, transport: TransportProtocol,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.settings = settings
        self.random = random
        authenticator = settings.authenticator
        expiresSeconds = settings.expiresSeconds
        let request = settings.webSocket ?? WebSocketHandshake.Request(host: settings.registrar.host)
        codec = SIPFlowCodec(transport, request: request, using: random)
        identity = RegistrationIdentity(callID: "", fromTag: "")
        identity = settings.identity ?? RegistrationIdentity(callID: word(24), fromTag: word(12))
        mayBeBound = settings.identity != nil
        if transport.isWebSocket { invalidName = word(12) + ".invalid" }
    }

    public var deadline: Timestamp? {
        [pending?.transaction.deadline, probe?.deadline, stopDeadline, openDeadline].compactMap { $0 }.min()
    }

    public mutating func next() -> EngineOutput<Event>? { outputs.next() }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        unfinishedOctets += bytes.byteCount
        codec.receive(bytes)
        drainCodec(at: now)
    }

    public mutating func handle(_ input: EngineInput<Command>, at now: Timestamp) {
        switch input {
        case .up(let id, let flow):
            flowID = id
            self.flow = flow
            let kind = flow.transport.isStream ? FlowEvent.Opening.Kind.handshake : .datagram
            let opening = FlowEvent.Opening(
                transport: flow.transport, client: flow.local, server: flow.remote, kind: kind)
            observe(.open(opening), .fromClient, at: now)
            if flow.transport.isWebSocket { openDeadline = now + min(Limits.handshakePatience, settings.timing.timerF) }
            codec.start()
        case .down(_, let loss): lose(loss, at: now)
        case .timer: expire(at: now)
        case .command(let command): obey(command, at: now)
        }
        drainCodec(at: now)
    }

    mutating func obey(_ command: Command, at now: Timestamp) {
        switch command {
        case .register:
            guard state == .idle else { return }
            guard isOpen else { return awaiting = command }
            begin(removes: false, at: now)
        case .credentials(let authenticator):
            guard let (message, removes) = unansweredChallenge, pending == nil, state != .failed else { return }
            unansweredChallenge = nil
            self.authenticator = authenticator
            challenge(message, removes: removes, at: now)
        case .keepAlive:
            guard let flow else { return }
            keepAlive(by: KeepAliveOutcome.Technique(of: flow.transport), at: now)
        case .keepAliveByCRLF:
            guard flow?.transport.isStream == true else { return }
            keepAlive(by: .crlf, at: now)
        case .unregister:
            guard pending == nil, mayBeBound else { return }
            guard isOpen else { return awaiting = command }
            isStopping = isStopping || state == .failed
            begin(removes: true, at: now)
        case .stop: stop(at: now)
        case .leave:
            codec.close()
            drainCodec(at: now)
            outputs.append(.close(flowID))
        }
    }

    private mutating func stop(at now: Timestamp) {
        guard !isStopping, state != .failed, state != .unregistered else { return }
        isStopping = true
        probe = nil
        if let pending {
            stopDeadline = now + (pending.removes ? Limits.stopPatience : Limits.bindPatience)
        } else if mayBeBound, isOpen {
            begin(removes: true, at: now)
        } else {
            fail(.interrupted)
        }
    }

    /// Sends a REGISTER of its own transaction.
    mutating func begin(removes: Bool, at now: Timestamp) {
        guard let flow, let request = makeRequest() else { return }
        if isStopping { stopDeadline = now + Limits.stopPatience }
        requests += 1
        guard requests <= Limits.requests else { return fail(.tooManyRequests) }
        // RFC 3261 §8.1.1.5 keeps CSeq below 2³¹.
        guard identity.cseq < 0x7FFF_FFFF else { return fail(.tooManyRequests) }
        identity.cseq += 1
        let branch = "z9hG4bK" + word(20)
        let credentials: [DigestAuthenticator.Field]
        let clientNonce = word(32)
        let uri = settings.registrar.description
        do {
            credentials =
                try authenticator?.credentials(method: "REGISTER", uri: uri, clientNonce: clientNonce) ?? []
        } catch {
            return fail(.noCrypto(error))
        }
        let bytes = request.bytes(
            expiresSeconds: removes ? 0 : expiresSeconds, cseq: identity.cseq, branch: branch,
            credentials: credentials)
        if let pending { pastBranches.append(pending.branch) }
        pending = Pending(
            transaction: NonInviteTransaction(timing: settings.timing, isReliable: flow.transport.isStream),
            branch: branch, cseq: identity.cseq, bytes: bytes, removes: removes)
        if !removes { mayBeBound = true }
        enter(removes ? .unregistering : credentials.isEmpty ? .registering : .challenged)
        pending?.transaction.handle(.start, at: now)
        pump(nil, at: now)
    }

    /// A REGISTER with the identity as it is now; nil before the flow is up.
    func makeRequest() -> RegisterRequest? {
        flow.map { RegisterRequest(settings: settings, flow: $0, identity: identity, invalidName: invalidName) }
    }

    /// Carries out what the transaction wants; `message` is the response that it was given, if any.
    mutating func pump(_ message: SIPMessage?, at now: Timestamp) {
        while let output = pending?.transaction.next() {
            switch output {
            case .transmit(let attempt):
                guard let bytes = pending?.bytes else { return }
                codec.send(bytes)
                observeSent(bytes, attempt: attempt, at: now)
            case .provisional:
                guard let message else { continue }
                observe(.sip(message), .fromServer, at: now)
            case .final(let code):
                guard let message else { continue }
                observe(.sip(message), .fromServer, at: now)
                conclude(code, message, at: now)
                return
            case .absorbed(let code): ignore(.copy(code))
            case .timedOut: timeOut(at: now)
            case .ended: break
            }
        }
    }

    private mutating func expire(at now: Timestamp) {
        let isInsideMessage = codec.isInsideMessage
        probe?.timer(at: now, isInsideMessage: isInsideMessage)
        drainProbe(at: now)
        pending?.transaction.handle(.timer, at: now)
        pump(nil, at: now)
        if let stopDeadline, stopDeadline <= now {
            self.stopDeadline = nil
            // A slow server may still bind what was asked for: the removal follows on its heels.
            if let pending, !pending.removes { return begin(removes: true, at: now) }
            pending = nil
            fail(.interrupted)
        }
        if let openDeadline, openDeadline <= now { end(.unanswered, at: now) }
    }

    mutating func enter(_ next: State) {
        guard state != next else { return }
        state = next
        if next == .unregistered { stopDeadline = nil }
        report(.entered(next))
    }

    mutating func fail(_ failure: Failure) {
        guard state != .failed else { return }
        state = .failed
        pending = nil
        stopDeadline = nil
        openDeadline = nil
        report(.failed(failure, remains: mayBeBound ? identity : nil))
    }

    mutating func ignore(_ reason: Ignored) {
        ignoredCount += 1
        guard ignoredCount <= Limits.reportedIgnored else { return }
        report(.ignored(reason))
    }

    /// The request in flight is given up: what began to come may have been its answer.
    mutating func ignoreUnfinished() {
        guard pending != nil, unfinishedOctets > 0 else { return }
        ignore(.incomplete(octets: unfinishedOctets))
        unfinishedOctets = 0
    }

    mutating func report(_ event: Event) { outputs.append(.event(event)) }

    /// Hexadecimal digits that nobody can guess.
    mutating func word(_ count: Int) -> String { random.hexDigits(count) }
}
