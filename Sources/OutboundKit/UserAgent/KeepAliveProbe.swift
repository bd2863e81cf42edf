/// What became of one keep-alive.
public struct KeepAliveOutcome: Sendable {
    public enum Technique: Sendable, Hashable {
        /// A STUN Binding request (RFC 5626 §4.4.2).
        case stun
        /// CRLFCRLF (RFC 5626 §4.4.1); on a WebSocket in a frame of its own (RFC 7118 §6).
        case crlf
        /// A WebSocket Ping frame (RFC 6455 §5.5.2, RFC 7118 §6).
        case webSocketPing

        /// The way of a transport.
        public init(of transport: TransportProtocol) {
            self = transport.isWebSocket ? .webSocketPing : transport.isStream ? .crlf : .stun
        }
    }

    public enum Result: Sendable {
        /// A pong.
        case pong
        /// A STUN response, success or error.
        case stun(STUNMessage)
        case failed(FlowFailure)
    }

    public let technique: Technique
    public let result: Result
    public let started: Timestamp
    public let ended: Timestamp
    /// How often the request was sent.
    public let sends: Int
    /// CRLFCRLF that came meanwhile and is no pong: pings of the server's own.
    public let serverPings: Int
    /// The mapped address that the first answer on this flow gave; nil before.
    var mappedBefore: TransportAddress?

    public var elapsed: Duration { ended - started }

    /// Why the flow has failed, which an answer may say as well (RFC 5626 §4.4.2): a STUN error response, or another mapped
    /// address than that of the first answer on this flow. nil for a flow that lives.
    public var failure: FlowFailure? {
        switch result {
        case .pong: return nil
        case .failed(let failure): return failure
        case .stun(let message):
            guard message.type.messageClass == .success else { return .stunError(message.errorCode?.code ?? 0) }
            guard let mappedBefore, let mapped = message.mappedAddress, mapped != mappedBefore else { return nil }
            return .mappedAddressChanged(from: mappedBefore, to: mapped)
        }
    }

    /// Something came back, whatever it says: whether the flow still stands is for `failure` to tell.
    public var isAnswered: Bool {
        switch result {
        case .pong, .stun: true
        case .failed: false
        }
    }
}

/// One keep-alive, sent at once, and its answer.
struct KeepAliveProbe: Sendable {
    enum Output: Sendable {
        case send([UInt8])
        /// A Ping frame with this payload.
        case ping([UInt8])
        case done(KeepAliveOutcome)
        /// A STUN message that is no answer to this request.
        case ignored
        /// CRLFCRLF of the server's own, which wants a pong (RFC 5626 §4.4.1).
        case serverPing
    }

    /// Within this the CRLFCRLF of a server is its answer, in the wrong form; later it is a ping of its own.
    private static let promptness = Duration.seconds(1)
    /// So long a message that was coming in when the pong was due may take to its end.
    private static let messagePatience = Duration.seconds(30)
    /// What was sent right behind that message may come in a segment of its own.
    private static let segmentPatience = Duration.milliseconds(500)

    private enum State: Sendable {
        case stun(STUNTransaction)
        /// With the CRLFs that came one behind the other in this read, which together are a pong or a ping.
        case crlf(sent: Timestamp, heard: Int)
        case ping([UInt8], sent: Timestamp)
        case ended
    }

    private var state: State
    private var serverPings = 0
    /// A message was coming in when the 10 s were over, and so the pong may stand behind it (RFC 5626 §4.4.1): until then.
    private var overdueUntil: Timestamp?
    private var outputs = OutputQueue<Output>()

    /// Starts at once.
    init(
        _ technique: KeepAliveOutcome.Technique, flow: FlowID, at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        switch technique {
        case .crlf:
            state = .crlf(sent: now, heard: 0)
            outputs.append(.send(CRLFKeepAlive<SystemRandomNumberGenerator>.ping))
        case .webSocketPing:
            // Random, so that a Pong proves that this Ping was read.
            let payload = (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
            state = .ping(payload, sent: now)
            outputs.append(.ping(payload))
        case .stun:
            let id = STUNTransactionID.random(using: &random)
            var transaction = STUNTransaction(
                id: id, request: STUNMessageWriter(.bindingRequest, id).message, flow: flow)
            transaction.handle(.start, at: now)
            state = .stun(transaction)
            drain()
        }
    }

    mutating func next() -> Output? { outputs.next() }

    var deadline: Timestamp? {
        switch state {
        case .stun(let transaction): transaction.deadline
        case .crlf(let sent, _), .ping(_, let sent):
            overdueUntil ?? sent + CRLFKeepAlive<SystemRandomNumberGenerator>.pongTimeout
        case .ended: nil
        }
    }

    mutating func receiveSTUN(_ bytes: [UInt8], on flow: FlowID, at now: Timestamp) {
        guard case .stun(var transaction) = state else { return }
        unsafe transaction.receive(bytes.span.bytes, on: flow, at: now)
        state = .stun(transaction)
        drain()
    }

    /// - Parameter count: how many CRLFs, one behind the other.
    mutating func receiveCRLF(_ count: Int) {
        guard case .crlf(let sent, let heard) = state else { return }
        state = .crlf(sent: sent, heard: heard + count)
    }

    /// No further CRLF stands right behind those that came. A pong is a single one: pairs that do not come at once are no
    /// answer, and the pong is still waited for.
    mutating func endOfCRLFs(at now: Timestamp) {
        guard case .crlf(let sent, let heard) = state, heard > 0 else { return }
        guard heard % 2 == 0, now - sent > Self.promptness else {
            return finish(.crlf, .pong, from: sent, to: now, sends: 1)
        }
        state = .crlf(sent: sent, heard: 0)
        serverPings += heard / 2
        for _ in 0..<heard / 2 { outputs.append(.serverPing) }
    }

    /// - Returns: false for a Pong that is no answer.
    mutating func receivePong(_ payload: [UInt8], at now: Timestamp) -> Bool {
        guard case .ping(payload, let sent) = state else { return false }
        finish(.webSocketPing, .pong, from: sent, to: now, sends: 1)
        return true
    }

    /// - Parameter isInsideMessage: the beginning of a message has come, and not yet its end.
    mutating func timer(at now: Timestamp, isInsideMessage: Bool) {
        switch state {
        case .stun(var transaction):
            transaction.handle(.timer, at: now)
            state = .stun(transaction)
            drain()
        case .crlf, .ping:
            guard let deadline, deadline <= now else { return }
            if isInsideMessage, overdueUntil == nil {
                overdueUntil = now + Self.messagePatience
            } else {
                lose(.pongTimeout, at: now)
            }
        case .ended:
            break
        }
    }

    /// All that came was taken, and no message is unfinished.
    mutating func endOfMessage(at now: Timestamp) {
        overdueUntil = overdueUntil.map { min($0, now + Self.segmentPatience) }
    }

    /// The flow has gone under it.
    mutating func lose(_ failure: FlowFailure, at now: Timestamp) {
        switch state {
        case .stun(var transaction):
            transaction.handle(.unreachable, at: now)
            state = .stun(transaction)
            drain()
        case .crlf(let sent, _):
            finish(.crlf, .failed(failure), from: sent, to: now, sends: 1)
        case .ping(_, let sent):
            finish(.webSocketPing, .failed(failure), from: sent, to: now, sends: 1)
        case .ended:
            break
        }
    }

    private mutating func drain() {
        guard case .stun(var transaction) = state else { return }
        while let output = transaction.next() {
            state = .stun(transaction)
            switch output {
            case .send(let bytes, _):
                outputs.append(.send(bytes))
            case .event(.response(let message, let timing)):
                finish(.stun, .stun(message), from: timing.started, to: timing.ended, sends: timing.sends)
                return
            case .event(.failed(let failure, let timing)):
                finish(.stun, .failed(failure), from: timing.started, to: timing.ended, sends: timing.sends)
                return
            case .event(.ignored):
                outputs.append(.ignored)
            }
        }
        state = .stun(transaction)
    }

    private mutating func finish(
        _ technique: KeepAliveOutcome.Technique, _ result: KeepAliveOutcome.Result, from started: Timestamp,
        to ended: Timestamp, sends: Int
    ) {
        state = .ended
        outputs.append(
            .done(
                KeepAliveOutcome(
                    technique: technique, result: result, started: started, ended: ended, sends: sends,
                    serverPings: serverPings)))
    }
}
