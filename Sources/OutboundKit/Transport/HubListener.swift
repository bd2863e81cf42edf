/// Where a hub is to be reached.
public struct HubListener: Sendable {
    public let transport: TransportProtocol
    /// Port 0 lets the host choose. The address of all interfaces (`0.0.0.0`, `::`) is fine: streams then listen there,
    /// datagrams on each of the addresses that the host has at the start, so that an answer always comes from the
    /// address that was asked (RFC 3581 §4) and flows are named by it.
    public let address: TransportAddress
    /// For `tls` and `wss`.
    public let tls: TLSContext?

    /// - Precondition: `transport` is not SCTP; `tls` is a server's and there for `tls` and `wss`, and only there.
    public init(_ transport: TransportProtocol, _ address: TransportAddress, tls: TLSContext? = nil) {
        precondition(transport != .sctp && (tls != nil) == transport.isSecured && tls?.role != .client)
        self.transport = transport
        self.address = address
        self.tls = tls
    }

    /// A listener as it came to be.
    public struct Bound: Sendable, Hashable, CustomStringConvertible {
        public let transport: TransportProtocol
        public let address: TransportAddress

        public var description: String { "\(transport) \(address)" }
    }
}

/// What one driver holds at most, and how long it waits.
public struct HubLimits: Sendable, Hashable {
    /// Stream connections, accepted and opened, those being closed included. One more is reset at once.
    public var connections = 25_000
    /// Accepted stream connections from one address. Many phones may stand behind one NAT.
    public var connectionsPerAddress = 10_000
    /// Octets that may wait to be sent on one stream; a peer that leaves more unread is reset.
    public var unsentOctets = 1 << 20
    /// Pairs of a local UDP socket and a remote address. For one more, the least recently used is forgotten.
    public var datagramFlows = 100_000
    /// How long a pair is remembered after its last datagram in or out. Above the longest keep-alive interval in use by
    /// far: 24 to 29 s are recommended (RFC 5626 §4.4.2).
    public var datagramIdle: Duration = .seconds(600)
    /// How long a connection may take to come about, and then a TLS handshake.
    public var opening: Duration = .seconds(10)
    /// How long a closed stream waits for its peer to take what was sent and to close as well.
    public var closing: Duration = .seconds(5)
    /// How long a stream that was closed silently is kept.
    public var silence: Duration = .seconds(300)

    public init() {}
}

/// What a driver does without asking its hub, for logs and counters.
public enum HubNotice: Sendable {
    /// A limit was met: the connection was reset before the hub heard of it.
    case refused(remote: TransportAddress, connections: Int)
    /// A TLS handshake or session came to nothing.
    case tlsFailed(TransportProtocol, remote: TransportAddress, TLSFailure)
    /// TLS is up on a flow; comes just before the hub's `.up`.
    case tlsEstablished(FlowID, TLSInfo)
    /// The peer left more than `unsentOctets` unread, and was reset.
    case overflowed(FlowID)
    /// The host did not let a connection be accepted, for want of open files most of all. It waits, and is tried
    /// again every second; this comes once a minute at most from each listener.
    case notAccepted(reason: String)
    /// Datagrams that the host did not take, because its buffers were full.
    case datagramsDropped(Int)
}
