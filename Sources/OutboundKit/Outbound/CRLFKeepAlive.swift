/// Keeps a stream flow alive with CRLFCRLF pings and says when a pong stays out (RFC 5626 §4.4.1).
///
/// A `StreamFramer` sits before it: this engine hears of whole CRLFs between messages, and of messages that begin and
/// end (`StreamFramer.isInsideMessage`), because the verdict on a missing pong waits for a message that is still coming in.
public struct CRLFKeepAlive<Generator: RandomNumberGenerator & Sendable>: Sendable {
    public enum Input: Sendable {
        /// The flow stands. Pongs may be expected only where the other end has said that it supports them: outbound in
        /// the 2xx, `ob` in its Path, `keep`, or configuration (RFC 5626 §4.4).
        case start(FlowTimer?, expectsPong: Bool)
        /// A later 2xx: its Flow-Timer counts from now on, and its absence returns to the default.
        case flowTimer(FlowTimer?)
        case timer
        /// A CRLF between messages.
        case pong
        /// The first octets of a message came, and its end did not.
        case messageBegan
        /// It has come to its end, and what came together with the end has been told: a pong may stand right behind it.
        case messageEnded
        /// The other end closed or reset the connection.
        case closed
        case stop
    }

    public enum Output: Sendable, Hashable {
        case send([UInt8], FlowID)
        case event(Event)
    }

    public enum Event: Sendable, Hashable {
        /// The pong and how long it took.
        case answered(after: Duration)
        /// A CRLF that no ping waits for.
        case strayCRLF
        /// The flow is dead; the engine has stopped.
        case failed(FlowFailure)
    }

    public static var ping: [UInt8] { [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf] }
    /// RFC 5626 §4.4.1: 10 seconds.
    public static var pongTimeout: Duration { .seconds(10) }

    private enum State: Sendable {
        /// → running, on start.
        case idle
        /// → overdue or stopped, when the oldest ping is 10 s without its pong.
        case running(pingAt: Timestamp)
        /// The 10 s passed while a message was coming in: → running, on a pong; → stopped, at the message's end.
        case overdue(pingAt: Timestamp)
        case stopped
    }

    private let flow: FlowID
    private let onBattery: Bool
    private let transport: TransportProtocol
    private var interval = KeepAliveInterval.stream
    private var expectsPong = false
    private var isInsideMessage = false
    private var generator: Generator
    private var state = State.idle
    /// When the pings were sent that still wait for their pong, oldest first; at most ten, since pings are a second apart
    /// and the oldest ends the flow after ten.
    private var unanswered: [Timestamp] = []
    private var outputs = OutputQueue<Output>()

    /// - Precondition: `transport` is a stream; CRLF never goes over UDP (RFC 5626 §4.4.1).
    public init(flow: FlowID, transport: TransportProtocol, onBattery: Bool = false, using generator: Generator) {
        precondition(transport.isStream)
        self.flow = flow
        self.transport = transport
        self.onBattery = onBattery
        self.generator = generator
    }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .start(let flowTimer, let expectsPong):
            guard case .idle = state else { return }
            interval = .applicable(flowTimer: flowTimer, transport: transport, onBattery: onBattery)
            self.expectsPong = expectsPong
            state = .running(pingAt: now + interval.draw(using: &generator))
        case .flowTimer(let flowTimer):
            interval = .applicable(flowTimer: flowTimer, transport: transport, onBattery: onBattery)
            // An interval drawn under a longer timer must not outlive the new one.
            if case .running(let pingAt) = state {
                state = .running(pingAt: min(pingAt, now + interval.draw(using: &generator)))
            }
        case .timer: timerFired(at: now)
        case .pong: pongReceived(at: now)
        case .messageBegan: isInsideMessage = true
        case .messageEnded:
            isInsideMessage = false
            if case .overdue = state { fail(.pongTimeout) }
        case .closed:
            if case .stopped = state { return }
            fail(.closed)
        case .stop: state = .stopped
        }
    }

    public mutating func next() -> Output? { outputs.next() }

    public var deadline: Timestamp? {
        guard case .running(let pingAt) = state else { return nil }
        guard let oldest = unanswered.first else { return pingAt }
        return min(pingAt, oldest + Self.pongTimeout)
    }

    private mutating func timerFired(at now: Timestamp) {
        guard case .running(let pingAt) = state else { return }
        if let oldest = unanswered.first, now >= oldest + Self.pongTimeout {
            if isInsideMessage { state = .overdue(pingAt: pingAt) } else { fail(.pongTimeout) }
        } else if now >= pingAt {
            outputs.append(.send(Self.ping, flow))
            if expectsPong { unanswered.append(now) }
            state = .running(pingAt: now + interval.draw(using: &generator))
        }
    }

    private mutating func pongReceived(at now: Timestamp) {
        switch state {
        case .running(let pingAt), .overdue(let pingAt):
            guard !unanswered.isEmpty else { return outputs.append(.event(.strayCRLF)) }
            outputs.append(.event(.answered(after: now - unanswered.removeFirst())))
            state = .running(pingAt: pingAt)
        case .idle, .stopped:
            break
        }
    }

    private mutating func fail(_ reason: FlowFailure) {
        state = .stopped
        outputs.append(.event(.failed(reason)))
    }
}
