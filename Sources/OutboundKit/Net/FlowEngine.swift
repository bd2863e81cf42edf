/// A protocol machine on one flow, without sockets or clock: octets and time go in, octets and events come out. A
/// driver feeds it, then drains `next()` to nil, then arms one timer at `deadline`.
public protocol FlowEngine: Sendable {
    associatedtype Command: Sendable
    associatedtype Event: Sendable

    /// Octets from the peer: one datagram, or some of a stream.
    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp)
    mutating func handle(_ input: EngineInput<Command>, at now: Timestamp)
    mutating func next() -> EngineOutput<Event>?
    /// When `.timer` is due; nil when nothing is awaited.
    var deadline: Timestamp? { get }
}

/// What happens to an engine besides octets.
public enum EngineInput<Command: Sendable>: Sendable {
    case command(Command)
    /// `deadline` has been reached.
    case timer
    /// The flow is there; its ends are known from now on.
    case up(FlowID, Flow)
    /// The flow is gone: the peer closed it, or the host says why.
    case down(FlowID, FlowLoss)
}

/// Why a flow ended, as far as this host can tell.
public enum FlowLoss: Sendable, Hashable {
    /// The peer closed the stream in order.
    case closedByPeer
    /// The peer reset the stream.
    case reset
    /// ICMP said that nobody listens there (RFC 1122 §4.1.3.3): no datagram will be answered.
    case portUnreachable
    /// Anything else; the host's error number.
    case failed(errno: Int32)
}

extension FlowLoss {
    /// What happened, for evidence.
    public var words: String {
        switch self {
        case .closedByPeer: "closed by the peer"
        case .reset: "reset by the peer"
        case .portUnreachable: "refused"
        case .failed(let number): "broken off (\(HostError.words(number)))"
        }
    }
}

/// What an engine wants done.
public enum EngineOutput<Event: Sendable>: Sendable {
    case send([UInt8], FlowID)
    /// Nothing more will come of this engine on that flow.
    case close(FlowID)
    case event(Event)
}
