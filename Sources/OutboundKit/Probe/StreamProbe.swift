/// What the probers of streams, CRLF and WebSocket, have in common: their settings, what they report, and what they saw.
public enum StreamProbe {
    /// How long a pong may take before the flow has failed (RFC 5626 §4.4.1).
    public static let pongTimeout: Duration = .seconds(10)

    public enum Command: Sendable {
        /// No further probe; what is open counts neither as answered nor as lost.
        case stop
    }

    /// How a ping was sent.
    public enum Form: Sendable, Hashable, CustomStringConvertible {
        /// CRLFCRLF in one segment.
        case whole
        /// CRLFCRLF in two segments, the first of so many octets.
        case split(Int)
        /// Two pings in one segment.
        case double
        /// A WebSocket Ping frame.
        case pingFrame
        /// CRLFCRLF in a WebSocket text frame.
        case textFrame

        /// The word in reports and JSON.
        public var description: String {
            switch self {
            case .whole: "crlf"
            case .split(let first): "\(first)+\(4 - first)"
            case .double: "double"
            case .pingFrame: "ping-frame"
            case .textFrame: "crlf-frame"
            }
        }
    }

    /// A ping that was answered.
    public struct Answer: Sendable, Hashable {
        /// From 1; 0 for the ping after a half-sent message.
        public let sequence: Int
        public let form: Form
        public let sent: Timestamp
        public let elapsed: Duration
        /// How many pongs: 1, or up to 2 for `double`.
        public let pongs: Int
    }

    public struct Loss: Sendable, Hashable {
        public let sequence: Int
        public let form: Form
        public let sent: Timestamp
        public let elapsed: Duration
        public let reason: LossReason
    }

    public enum LossReason: Sendable, Hashable {
        /// No pong within the time that a probe is given.
        case timeout
        /// The flow ended before.
        case flow(FlowLoss)
        /// We ended the flow before, for what the peer had done.
        case abandoned
    }

    /// Why a prober stopped.
    public enum Ending: Sendable, Hashable {
        /// All probes were sent and came to an end, or the time is up, or it was told to.
        case complete
        /// No pong within 10 s: the flow has failed (RFC 5626 §4.4.1).
        case pongTimeout
        /// The peer or the host ended the flow.
        case flow(FlowLoss)
        /// The opening handshake of WebSocket came to nothing.
        case handshake(HandshakeFailure)
        /// The peer's Close frame.
        case webSocketClosed(WebSocketClose)
        /// The peer broke the WebSocket protocol.
        case webSocketFault(WebSocketFault)
    }

    public enum HandshakeFailure: Sendable, Hashable {
        case refused(WebSocketHandshake.ClientFault)
        case timeout
    }

    public enum Event: Sendable {
        /// The WebSocket handshake is done.
        case opened(server: String?, elapsed: Duration)
        case answered(Answer)
        case lost(Loss)
        /// A pong for a ping that was given up.
        case late(sequence: Int, elapsed: Duration)
        case note(Note)
        case checked(CheckResult)
        /// The last event.
        case finished(Observations)
    }

    /// What was seen beside the pongs.
    public enum Note: Sendable, Hashable {
        /// A pong before its ping was whole.
        case earlyPong(sequence: Int)
        /// A CRLF right behind a pong: the ping was answered with CRLFCRLF.
        case doubledPong
        /// A CRLF that no ping waits for.
        case strayCRLF
        /// A ping of the server's own, which was answered.
        case serverPing
        /// A SIP message that answers nothing of ours: its first line.
        case sip(String)
        /// Octets that are no CRLF and no SIP: why.
        case unreadable(String)
        /// A Pong whose payload is none of our Pings'.
        case foreignPong
        /// A WebSocket message that is no pong and no SIP; its length.
        case otherMessage(Int)
    }

    /// What else is asked of a server, on the same connection.
    public enum Check: Sendable, Hashable {
        /// An OPTIONS request: its blank line is no ping.
        case options
        /// A CRLF and an OPTIONS in one segment: the CRLF is to be ignored (RFC 3261 §7.5).
        case crlfBeforeOptions
        /// An OPTIONS with CRLFs in its body, its second half a second after the first, then a ping.
        case halfMessage

        /// The word in reports and JSON.
        public var word: String {
            switch self {
            case .options: "options"
            case .crlfBeforeOptions: "crlf-options"
            case .halfMessage: "half-message"
            }
        }
    }

    public struct CheckResult: Sendable, Hashable {
        public let check: Check
        public let started: Timestamp
        public internal(set) var ended: Timestamp
        /// The final response; nil when none came.
        public internal(set) var status: UInt16?
        public internal(set) var reason = ""
        /// From the last octet of the request.
        public internal(set) var elapsed = Duration.zero
        /// CRLFs that came while no ping was out, and when the first did.
        public internal(set) var strayCRLFs = 0
        public internal(set) var firstStray: Timestamp?
        /// Of `halfMessage`: whether the ping after it was answered; nil when it came to none.
        public internal(set) var pongAfter: Bool?
        /// How the flow ended while the check ran.
        public internal(set) var flowLoss: FlowLoss?
        /// It was not waited for to its end.
        public internal(set) var isCut = false
    }

    /// What was seen in all.
    public struct Observations: Sendable {
        public internal(set) var sent = 0
        public internal(set) var answered = 0
        public internal(set) var lost = 0
        public internal(set) var lateAnswers = 0
        public internal(set) var roundTrips = RTTSummary()
        public internal(set) var started = Timestamp.zero
        public internal(set) var ended = Timestamp.zero
        public internal(set) var ending = Ending.complete
        /// When the last octet came from the peer.
        public internal(set) var lastSign: Timestamp?

        // Facts for the judge; the first of each kind.
        public internal(set) var slowest: Answer?
        public internal(set) var unanswered: Loss?
        /// How many pings of each form were answered.
        public internal(set) var answeredForms: [Form: Int] = [:]
        /// Pings of `double` that got a single pong.
        public internal(set) var singlePongs = 0
        public internal(set) var firstSinglePong: Answer?
        public internal(set) var earlyPongs = 0
        public internal(set) var firstEarlyPong: (form: Form, time: Timestamp)?
        public internal(set) var doubledPongs = 0
        public internal(set) var firstDoubledPong: Timestamp?
        /// CRLF: pongs that can be nothing else, and those that came two together, as a ping of the server's own does.
        public internal(set) var unpairedPongs = 0
        public internal(set) var pairedPongs = 0
        public internal(set) var strayCRLFs = 0
        public internal(set) var firstStray: Timestamp?
        public internal(set) var serverPings = 0
        public internal(set) var otherMessages = 0
        /// SIP messages that had CRLFs in front in their WebSocket message, and when the first came.
        public internal(set) var gluedCRLFs = 0
        public internal(set) var firstGluedCRLF: Timestamp?
        public internal(set) var unreadable: (words: String, time: Timestamp)?
        public internal(set) var unreadableCount = 0
        public internal(set) var foreignPongs = 0
        public internal(set) var firstForeignPong: Timestamp?
        public internal(set) var checks: [CheckResult] = []
        /// WebSocket: when the handshake was done, and the Server header field.
        public internal(set) var opened: Timestamp?
        public internal(set) var server: String?

        public init() {}
    }
}
