/// One registration of a fleet.
struct FleetMember: Sendable {
    /// Where it stands:
    ///
    ///     idle ─▶ opening ─▶ asking ◀──▶ bound          a flow that fails, or cannot be had: ─▶ waiting ─▶ opening
    ///                                                   removed, refused for good, or given up: ─▶ gone
    enum Phase: Sendable {
        case idle
        /// The driver was asked for a flow.
        case opening
        /// A REGISTER is in flight.
        case asking
        case bound
        /// For its next attempt (RFC 5626 §4.5).
        case waiting
        case gone
    }

    var phase = Phase.idle
    var flow: FlowID?
    /// The near end of the flow as it stands in Via and Contact.
    var local: [UInt8] = []
    /// `<urn:uuid:…>`, as it stands between the quotes of `+sip.instance`.
    let instance: [UInt8]
    /// Of the last request.
    var cseq: UInt32 = 0
    var transaction: NonInviteTransaction?
    /// The request in flight, as it is sent again.
    var request: [UInt8] = []
    var removes = false
    var keepAlive = FleetKeepAlive.none
    var framer: StreamFramer?

    /// When the handshake of its WebSocket is given up; nil when there is none under way.
    var handshakeEnds: Timestamp?
    var refreshAt: Timestamp?
    var retryAt: Timestamp?
    /// When its removal is given up.
    var patienceEnds: Timestamp?
    /// The earliest alarm that is set for it.
    var wakesAt: Timestamp?

    /// When it was lost; nil before the first loss, and once it is registered again.
    var lostAt: Timestamp?
    /// Consecutive failures (RFC 5626 §4.5).
    var failures = 0
    /// Registered, and a keep-alive was answered where one is expected: the next loss is a first failure.
    var isProven = false
    var isCurrent = false
    var wasRegistered = false
    var isSettled = false
    var isLeaving = false
    /// The server may hold a binding of it.
    var mayBeBound = false
    /// How often Min-Expires was followed.
    var lengthenings = 0

    init(instance: [UInt8]) { self.instance = instance }

    var deadline: Timestamp? {
        let first = Timestamp.earliest(transaction?.deadline, keepAlive.deadline)
        let second = Timestamp.earliest(handshakeEnds, refreshAt)
        let third = Timestamp.earliest(retryAt, patienceEnds)
        return Timestamp.earliest(Timestamp.earliest(first, second), third)
    }
}

/// The keep-alive of a member, if its flow has one by now.
enum FleetKeepAlive: Sendable {
    case none
    /// UDP; the flag says whether a request waits for its answer.
    case stun(STUNKeepAlive<FleetGenerator>, isWaiting: Bool)
    case crlf(CRLFKeepAlive<FleetGenerator>)

    enum Happening: Sendable {
        /// A keep-alive, or one more copy of it.
        case send([UInt8], isFirst: Bool)
        /// `isRoundTrip` is false after a retransmission: the answer fits any of the requests.
        case answered(Duration, isRoundTrip: Bool)
        case failed(FlowFailure)
    }

    var deadline: Timestamp? {
        switch self {
        case .none: nil
        case .stun(let engine, _): engine.deadline
        case .crlf(let engine): engine.deadline
        }
    }

    /// A 2xx: starts, or takes the new Flow-Timer.
    mutating func registered(
        _ flowTimer: FlowTimer?, isOutbound: Bool, on flow: FlowID, _ transport: TransportProtocol,
        timing: STUNTiming, random: inout FleetGenerator, at now: Timestamp
    ) {
        switch self {
        case .stun(var engine, let isWaiting):
            engine.handle(.flowTimer(flowTimer), at: now)
            self = .stun(engine, isWaiting: isWaiting)
        case .crlf(var engine):
            engine.handle(.flowTimer(flowTimer), at: now)
            self = .crlf(engine)
        case .none:
            let generator = FleetGenerator(seed: random.next())
            if transport.isStream {
                var engine = CRLFKeepAlive(flow: flow, transport: transport, using: generator)
                engine.handle(.start(flowTimer, expectsPong: isOutbound), at: now)
                self = .crlf(engine)
            } else if isOutbound {
                // STUN goes only to servers that have shown that they know it (RFC 5626 §4.4.2, §8).
                var engine = STUNKeepAlive(flow: flow, timing: timing, using: generator)
                engine.handle(.start(flowTimer), at: now)
                self = .stun(engine, isWaiting: false)
            }
        }
    }

    mutating func timer(at now: Timestamp) {
        switch self {
        case .none: break
        case .stun(var engine, let isWaiting):
            engine.handle(.timer, at: now)
            self = .stun(engine, isWaiting: isWaiting)
        case .crlf(var engine):
            engine.handle(.timer, at: now)
            self = .crlf(engine)
        }
    }

    mutating func receiveSTUN(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        guard case .stun(var engine, let isWaiting) = self else { return }
        engine.receive(bytes, on: flow, at: now)
        self = .stun(engine, isWaiting: isWaiting)
    }

    /// What a stream says between and around messages.
    mutating func stream(_ input: CRLFKeepAlive<FleetGenerator>.Input, at now: Timestamp) {
        guard case .crlf(var engine) = self else { return }
        engine.handle(input, at: now)
        self = .crlf(engine)
    }

    mutating func next() -> Happening? {
        switch self {
        case .none: return nil
        case .stun(var engine, let isWaiting):
            guard let output = engine.next() else { return nil }
            switch output {
            case .send(let octets, _):
                self = .stun(engine, isWaiting: true)
                return .send(octets, isFirst: !isWaiting)
            case .event(.answered(_, let after, let sends)):
                self = .stun(engine, isWaiting: false)
                return .answered(after, isRoundTrip: sends == 1)
            case .event(.failed(let failure)):
                self = .stun(engine, isWaiting: false)
                return .failed(failure)
            }
        case .crlf(var engine):
            while let output = engine.next() {
                self = .crlf(engine)
                switch output {
                case .send(let octets, _): return .send(octets, isFirst: true)
                case .event(.answered(let after)): return .answered(after, isRoundTrip: true)
                case .event(.failed(let failure)): return .failed(failure)
                case .event(.strayCRLF): break
                }
            }
            return nil
        }
    }
}
