/// A machine that probes one UDP target: octets and time in, datagrams and events out. `UDPSocketLoop` runs those.
public protocol DatagramProbe: Sendable {
    associatedtype Event: Sendable

    var isFinished: Bool { get }
    /// Whether an answer is due, rather than the next probe.
    var isAwaitingAnswer: Bool { get }
    /// When `.timer` is due; nil when nothing is awaited.
    var deadline: Timestamp? { get }
    /// Takes a datagram from the address that the probes go to.
    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp)
    /// Takes a datagram from another address.
    mutating func receive(_ bytes: RawSpan, from stranger: TransportAddress, at now: Timestamp)
    mutating func handle(_ input: ProbeInput, at now: Timestamp)
    mutating func next() -> ProbeOutput<Event>?
}

/// What happens to a probe besides datagrams.
public enum ProbeInput: Sendable {
    case start
    case timer
    /// The octets that the last `.send` gave were handed to the host at this time.
    case sent
    /// The host or the network refused a datagram.
    case networkError(NetworkError)
    /// No further probe; what is open counts neither as answered nor as lost.
    case stop
}

/// What a probe wants done.
public enum ProbeOutput<Event: Sendable>: Sendable {
    case send([UInt8], FlowID)
    case event(Event)
}
