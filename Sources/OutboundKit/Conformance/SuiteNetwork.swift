/// What a conformance case has of the network: flows that it opens, ports that it listens on, and one queue of what
/// happens on them. The live one moves octets over sockets; a test joins the same cases to an edge without any.
public protocol SuiteNetwork: Sendable {
    var now: Timestamp { get }

    /// Opens a flow; what comes over it is in the queue from then on.
    /// - Parameters:
    ///   - target: where to.
    ///   - local: the local end; nil lets the host choose, port 0 lets it choose the port.
    func open(
        to target: SuiteTarget, from local: TransportAddress?
    ) async throws(TransportRefusal) -> (id: FlowID, flow: Flow)

    /// Takes flows that others open, until the case ends.
    /// - Returns: where they find it.
    func listen(
        _ transport: TransportProtocol, at local: TransportAddress
    ) async throws(TransportRefusal) -> TransportAddress

    /// Octets of one datagram, or the next ones of a stream; a flow that is gone swallows them.
    func send(_ bytes: [UInt8], on flow: FlowID) async

    func close(_ flow: FlowID, _ manner: CloseManner) async

    /// The next thing that happened; nil when nothing did until `deadline`, or when the user wants an end.
    func next(before deadline: Timestamp) async -> NetworkEvent?

    /// Whether the user has asked for an end.
    var isInterrupted: Bool { get }

    /// Closes what is open and stops listening: the case is over.
    func reset() async
}

/// One thing that happened on the network of a case.
public enum NetworkEvent: Sendable {
    case octets(FlowID, [UInt8], at: Timestamp)
    /// The flow is gone; of a datagram flow, that an ICMP error came.
    case down(FlowID, FlowLoss, at: Timestamp)
    /// Somebody opened a flow to a port that is listened on.
    case accepted(FlowID, Flow, at: Timestamp)
    /// A datagram came to our end of a flow from elsewhere than its far end.
    case stray(FlowID, TransportAddress, [UInt8], at: Timestamp)

    var time: Timestamp {
        switch self {
        case .octets(_, _, let time), .down(_, _, let time), .accepted(_, _, let time), .stray(_, _, _, let time): time
        }
    }
}

/// Why a flow or a listener did not come about, in words for a person.
public struct TransportRefusal: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// One server that a suite speaks to.
public struct SuiteTarget: Sendable, Hashable {
    public let transport: TransportProtocol
    public let address: TransportAddress
    /// The host as the user named it, which a TLS certificate must hold.
    public let host: String
    /// What the handshake of a WebSocket asks for.
    public let webSocket: WebSocketHandshake.Request?
    /// The server as a pre-loaded Route; nil for a registrar that is spoken to directly.
    public let route: SIPURI?

    public init(
        _ transport: TransportProtocol, _ address: TransportAddress, host: String,
        webSocket: WebSocketHandshake.Request? = nil,
        route: SIPURI?
    ) {
        self.transport = transport
        self.address = address
        self.host = host
        self.webSocket = webSocket
        self.route = route
    }
}
