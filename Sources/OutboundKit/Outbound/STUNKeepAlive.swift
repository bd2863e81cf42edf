/// Keeps a UDP flow alive with STUN Binding requests and says when it has failed (RFC 5626 §4.4.2, §8).
///
/// The first request goes out at once, because only its answer tells the mapped address that later ones are compared
/// with; each further one after a newly drawn interval since the one before it.
public struct STUNKeepAlive<Generator: RandomNumberGenerator & Sendable>: Sendable {
    public enum Input: Sendable {
        /// The registration of this flow succeeded with outbound in force.
        case start(FlowTimer?)
        /// A later 2xx: its Flow-Timer counts from now on, and its absence returns to the default (RFC 5626 §4.4.1).
        case flowTimer(FlowTimer?)
        case timer
        /// A hard ICMP error for this flow.
        case unreachable
        case stop
    }

    public enum Output: Sendable {
        case send([UInt8], FlowID)
        case event(Event)
    }

    public enum Event: Sendable, Hashable {
        /// A keep-alive was answered; the address as the server saw it, if the answer says.
        case answered(TransportAddress?, after: Duration, sends: Int)
        /// The flow is dead; the engine has stopped.
        case failed(FlowFailure)
    }

    private enum State: Sendable {
        /// → probing, on start.
        case idle
        /// → waiting, on an answer; → stopped, on any failure.
        case probing(STUNTransaction, nextAt: Timestamp)
        /// → probing, on the timer.
        case waiting(nextAt: Timestamp)
        case stopped
    }

    private let flow: FlowID
    private let timing: STUNTiming
    private var interval = KeepAliveInterval.datagram
    private var generator: Generator
    private var state = State.idle
    private var mappedAddress: TransportAddress?
    private var outputs = OutputQueue<Output>()

    public init(flow: FlowID, timing: STUNTiming = .standard, using generator: Generator) {
        self.flow = flow
        self.timing = timing
        self.generator = generator
    }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        // Our requests have the magic cookie, so an answer without it is nobody's (RFC 8489 §6.3): the request is still
        // open and will be sent again.
        guard case .probing(var transaction, let nextAt) = state, let message = try? STUNMessage.parse(bytes),
            message.hasCookie
        else { return }
        transaction.receive(message, at: now)
        drain(&transaction, nextAt: nextAt, at: now)
    }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch (input, state) {
        case (.start(let flowTimer), .idle):
            interval = .applicable(flowTimer: flowTimer, transport: .udp)
            probe(at: now)
        case (.flowTimer(let flowTimer), _):
            interval = .applicable(flowTimer: flowTimer, transport: .udp)
            // An interval drawn under a longer timer must not outlive the new one.
            if case .waiting(let nextAt) = state {
                state = .waiting(nextAt: min(nextAt, now + interval.draw(using: &generator)))
            }
        case (.timer, .probing(var transaction, let nextAt)):
            transaction.handle(.timer, at: now)
            drain(&transaction, nextAt: nextAt, at: now)
        case (.timer, .waiting(let nextAt)) where now >= nextAt:
            probe(at: now)
        case (.unreachable, .probing), (.unreachable, .waiting):
            fail(.unreachable)
        case (.stop, _):
            state = .stopped
        case (.start, _), (.timer, _), (.unreachable, _):
            break
        }
    }

    public mutating func next() -> Output? { outputs.next() }

    public var deadline: Timestamp? {
        switch state {
        case .idle, .stopped: nil
        case .probing(let transaction, _): transaction.deadline
        case .waiting(let nextAt): nextAt
        }
    }

    private mutating func probe(at now: Timestamp) {
        let id = STUNTransactionID.random(using: &generator)
        let request = STUNMessageWriter(.bindingRequest, id).message
        var transaction = STUNTransaction(id: id, request: request, flow: flow, timing: timing)
        let nextAt = now + interval.draw(using: &generator)
        transaction.handle(.start, at: now)
        drain(&transaction, nextAt: nextAt, at: now)
    }

    private mutating func drain(_ transaction: inout STUNTransaction, nextAt: Timestamp, at now: Timestamp) {
        state = .probing(transaction, nextAt: nextAt)
        while let output = transaction.next() {
            switch output {
            case .send(let octets, let flow):
                outputs.append(.send(octets, flow))
            case .event(.response(let message, let timing)):
                conclude(message, timing, nextAt: nextAt)
                return
            case .event(.failed(let reason, _)):
                fail(reason)
                return
            case .event(.ignored):
                break
            }
        }
        state = .probing(transaction, nextAt: nextAt)
    }

    private mutating func conclude(_ message: STUNMessage, _ timing: STUNTransaction.Timing, nextAt: Timestamp) {
        guard message.type.messageClass == .success else { return fail(.stunError(message.errorCode?.code ?? 0)) }
        let address = message.mappedAddress
        if let address, let known = mappedAddress, address != known {
            return fail(.mappedAddressChanged(from: known, to: address))
        }
        mappedAddress = mappedAddress ?? address
        state = .waiting(nextAt: max(nextAt, timing.ended))
        outputs.append(.event(.answered(address, after: timing.elapsed, sends: timing.sends)))
    }

    private mutating func fail(_ reason: FlowFailure) {
        state = .stopped
        outputs.append(.event(.failed(reason)))
    }
}
