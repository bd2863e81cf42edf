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

    /// Servers look flows up by id several times a message. Drivers number them, so nobody can choose ids that collide,
    /// and a multiplication spreads them as well as `Hasher` would.
    @inlinable public func _rawHashValue(seed: Int) -> Int {
        let product = (UInt64(rawValue) ^ UInt64(truncatingIfNeeded: seed)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product ^ product >> 32)
    }

    /// `f1` for the first: the name that reports use.
    public var description: String { "f\(rawValue + 1)" }

    /// The flow that `description` gave this name; nil for any other text.
    public init?(named text: some StringProtocol) {
        guard text.utf8.first == 0x66, let number = UInt32(text.dropFirst()), number > 0 else { return nil }
        rawValue = number - 1
    }
}
