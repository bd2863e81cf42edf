/// A protocol machine over many flows at once, without sockets or clock: what a server is. A driver feeds it, then drains
/// `next()` to nil, then arms one timer at `deadline`; `FlowEngine` is the same for a single flow.
///
/// A flow comes with `.up` and ends with `.down`, or with the hub's own `.close`; its id is never used again. On TLS and
/// WebSocket transports the octets are those inside TLS: the hub speaks WebSocket itself.
public protocol FlowHub: Sendable {
    associatedtype Command: Sendable
    associatedtype Event: Sendable

    /// Octets from the peer: one datagram, or some of a stream.
    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp)
    mutating func handle(_ input: HubInput<Command>, at now: Timestamp)
    mutating func next() -> HubOutput<Event>?
    /// When `.timer` is due; nil when nothing is awaited.
    var deadline: Timestamp? { get }
}

/// What happens to a hub besides octets.
public enum HubInput<Command: Sendable>: Sendable {
    case command(Command)
    /// `deadline` has been reached.
    case timer
    /// A flow is there: a peer opened it, or the hub's own `.open` with that ticket succeeded.
    case up(FlowID, Flow, FlowOrigin)
    /// The flow is gone: the peer closed it, or the host says why. For datagrams it only says that an ICMP error came,
    /// and the flow may go on.
    case down(FlowID, FlowLoss)
    /// The hub's `.open` with that ticket came to nothing.
    case notOpened(ticket: UInt32, FlowLoss)
}

/// Who opened a flow.
public enum FlowOrigin: Sendable, Hashable {
    /// The peer did.
    case accepted
    /// The hub asked for it, with this ticket.
    case opened(ticket: UInt32)
}

/// What a hub wants done.
public enum HubOutput<Event: Sendable>: Sendable {
    case send([UInt8], FlowID)
    /// Opens a flow to `remote`; `.up` or `.notOpened` answers it. For UDP, `local` names the socket to use, by its
    /// address; nil takes the first that fits.
    case open(ticket: UInt32, TransportProtocol, remote: TransportAddress, local: TransportAddress?)
    /// Ends a flow. No `.down` follows.
    case close(FlowID, CloseManner)
    case event(Event)
}

/// How a flow is ended.
public enum CloseManner: Sendable, Hashable {
    /// What was sent before goes out first; then the stream ends in order. A datagram flow is forgotten.
    case fin
    /// A TCP reset, at once.
    case rst
    /// Nothing is said and nothing more is read or answered: the peer finds out by itself.
    case silent
}
