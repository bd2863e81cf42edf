/// What became of one keep-alive.
public struct KeepAliveOutcome: Sendable {
    public enum Technique: Sendable, Hashable {
        /// A STUN Binding request (RFC 5626 §4.4.2).
        case stun
        /// CRLFCRLF (RFC 5626 §4.4.1).
        case crlf
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

    public var elapsed: Duration { ended - started }
}

/// One keep-alive, sent at once, and its answer: STUN on datagrams, CRLF on streams.
struct KeepAliveProbe: Sendable {
    enum Output: Sendable {
        case send([UInt8])
        case done(KeepAliveOutcome)
        /// A STUN message that is no answer to this request.
        case ignored
    }

    private enum State: Sendable {
        case stun(STUNTransaction)
        case crlf(sent: Timestamp)
        case ended
    }

    private var state: State
    private var outputs = OutputQueue<Output>()

    /// Starts at once.
    init(
        transport: TransportProtocol, flow: FlowID, at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        if transport.isStream {
            state = .crlf(sent: now)
            outputs.append(.send(CRLFKeepAlive<SystemRandomNumberGenerator>.ping))
        } else {
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
        case .crlf(let sent): sent + CRLFKeepAlive<SystemRandomNumberGenerator>.pongTimeout
        case .ended: nil
        }
    }

    mutating func receiveSTUN(_ bytes: [UInt8], on flow: FlowID, at now: Timestamp) {
        guard case .stun(var transaction) = state else { return }
        unsafe transaction.receive(bytes.span.bytes, on: flow, at: now)
        state = .stun(transaction)
        drain()
    }

    mutating func receiveCRLF(at now: Timestamp) {
        guard case .crlf(let sent) = state else { return }
        finish(.crlf, .pong, from: sent, to: now, sends: 1)
    }

    mutating func timer(at now: Timestamp) {
        switch state {
        case .stun(var transaction):
            transaction.handle(.timer, at: now)
            state = .stun(transaction)
            drain()
        case .crlf(let sent):
            guard let deadline, deadline <= now else { return }
            finish(.crlf, .failed(.pongTimeout), from: sent, to: now, sends: 1)
        case .ended:
            break
        }
    }

    /// The flow has gone under it.
    mutating func lose(_ failure: FlowFailure, at now: Timestamp) {
        switch state {
        case .stun(var transaction):
            transaction.handle(.unreachable, at: now)
            state = .stun(transaction)
            drain()
        case .crlf(let sent):
            finish(.crlf, .failed(failure), from: sent, to: now, sends: 1)
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
                    technique: technique, result: result, started: started, ended: ended, sends: sends)))
    }
}
