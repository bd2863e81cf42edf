/// A flow (RFC 5626 §2.1): a transport and the two transport addresses between which messages go.
public struct Flow: Hashable, Sendable, CustomStringConvertible {
    public let transport: TransportProtocol
    /// The end that speaks here: the proxy's in a flow token, ours in a live flow.
    public let local: TransportAddress
    public let remote: TransportAddress

    @inlinable public init(transport: TransportProtocol, local: TransportAddress, remote: TransportAddress) {
        self.transport = transport
        self.local = local
        self.remote = remote
    }

    /// The same flow as the other end sees it.
    public var reversed: Flow { Flow(transport: transport, local: remote, remote: local) }

    public var description: String { "\(transport) \(local) -> \(remote)" }
}

/// A handle to one flow among those that a pipeline or a driver holds; never reused within a run.
public struct FlowID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static func < (left: FlowID, right: FlowID) -> Bool { left.rawValue < right.rawValue }

    /// `f1` for the first: the name that reports use.
    public var description: String { "f\(rawValue + 1)" }
}
