/// What an edge is and does. Fixed for its life.
public struct EdgeSettings: Sendable {
    public enum Role: Sendable, Hashable {
        /// Edge proxy and registrar in one: REGISTER is answered here.
        case edgeAndRegistrar
        /// Edge proxy in front of another registrar, which gets every REGISTER and every request of a phone that its
        /// Route or domain does not lead elsewhere.
        /// - Parameter registrars: in the order to try; not empty. UDP, TCP or TLS.
        case edge(registrars: [Upstream])
        /// Registrar and home proxy behind edges: it adds no Path and no token.
        case registrar
    }

    /// A server of the registrar behind an edge.
    public struct Upstream: Sendable, Hashable {
        public let transport: TransportProtocol
        public let address: TransportAddress

        public init(_ transport: TransportProtocol, _ address: TransportAddress) {
            self.transport = transport
            self.address = address
        }
    }

    /// Whether outbound is applied to a phone's REGISTER.
    public typealias OutboundPolicy = EdgeOutboundPolicy

    public var role: Role
    public var outbound = OutboundPolicy.asAsked
    /// Names and addresses that mean this edge, besides the addresses of its listeners.
    public var aliases: [String] = []
    /// The domains whose addresses-of-record live here. Empty: every domain does.
    public var domains: [String] = []
    /// Other proxies that a Route may lead to, besides loopback addresses that a registration's Path names.
    public var peers: [TransportAddress] = []
    /// What tokens are signed with; Kamailio hashes it, the RFC's example uses it as it is. nil: a random key.
    public var tokenSecret: [UInt8]?
    /// `.kamailio`, `.flexisip` or `.rfc5626`, and no other.
    public var tokenFormat = FlowTokenFormat.kamailio
    /// Flow-Timer in 2xx answers that grant outbound, in seconds; nil: none (RFC 5626 §5.4).
    public var flowTimer: UInt32? = 120
    /// How much longer than Flow-Timer a silent stream with outbound is kept (§5.4: MUST be larger).
    public var grace = Duration.seconds(15)
    /// How long a stream without outbound is kept in silence. RFC 3261 §18 wants 32 s at least.
    public var idleTime = Duration.seconds(300)
    /// Until when a request to a silent phone is given up and its next flow is tried.
    public var branchTimeout = Duration.seconds(32)
    /// Server in answers, SOFTWARE in STUN.
    public var software = "sipob"
    /// Flow events are given out, for judgement.
    public var observes = false
    /// Stores changed bindings before the answer goes out. False: the answer is 500, and nothing has changed.
    public var persist: (@Sendable ([BindingChange]) -> Bool)?
    public var faults = FaultPlan()
    public var limits = EdgeLimits()
    public var timing = TransactionTiming()
    public var registrar = RegistrarSettings()

    public init(role: Role = .edgeAndRegistrar) {
        self.role = role
    }
}

/// What peers may make an edge hold. A request beyond a limit is answered with 503, a flow beyond it is closed.
public struct EdgeLimits: Sendable, Hashable {
    /// Flows of all kinds. The driver has limits of its own for connections.
    public var flows = 100_000
    /// Requests other than REGISTER that wait for their end.
    public var transactions = 20_000
    /// Branches of one request: instances of one address-of-record, and their flows one after the other.
    public var branches = 32
    /// Octets of one message on a stream; RFC 3261 §18.1.1 wants 65,535 to be taken.
    public var messageOctets = 262_144
    /// How long a message on a stream may take from its first octet to its last; a WebSocket handshake too.
    public var messageTime = Duration.seconds(30)
    /// How long a stream may stay silent before its first whole message.
    public var greetingTime = Duration.seconds(60)
    /// How long a datagram flow without a binding is remembered.
    public var datagramIdle = Duration.seconds(180)
    /// How long a flow to a proxy may take to come up.
    public var openingTime = Duration.seconds(32)
    /// How long a flow is kept on which we are mute by fault.
    public var muteTime = Duration.seconds(300)
    /// How long a peer may take to answer our Close frame.
    public var closingTime = Duration.seconds(2)
    /// Notes a minute; what is beyond is counted.
    public var notes = 256

    public init() {}

    /// What the readers of messages are told.
    var sip: SIPLimits {
        var limits = SIPLimits.default
        limits.streamOctets = Int32(clamping: messageOctets)
        return limits
    }
}

/// What the driver or the program tells an edge.
public enum EdgeCommand: Sendable {
    /// Addresses that the listeners really have, so that the edge knows itself in a Route or Request-URI.
    case listening([TransportAddress])
    /// Ends a flow from our side, as an operator would.
    case close(FlowID, CloseManner)
    /// The service ends: WebSockets are closed in order, and no flow is taken any more.
    case leave
}

/// What an edge has to tell.
public enum EdgeEvent: Sendable {
    /// Something happened on a phone's flow; only with `EdgeSettings.observes`.
    case observed(FlowEvent)
    /// The flow is over: nothing more will be observed on it.
    case ended(FlowID, Timestamp)
    /// Bindings that changed without a request: expired, or their flow ended.
    case bindings([BindingChange])
    case note(EdgeNote)
}

/// A line for the log.
public struct EdgeNote: Sendable, Hashable, CustomStringConvertible {
    public enum Level: Sendable, Hashable {
        case info
        case warning
    }

    public let time: Timestamp
    public let level: Level
    public let flow: FlowID?
    /// Without line breaks; what comes from a peer is quoted and short.
    public let text: String

    public init(time: Timestamp, level: Level, flow: FlowID?, text: String) {
        self.time = time
        self.level = level
        self.flow = flow
        self.text = text
    }

    public var description: String { flow.map { "\($0): \(text)" } ?? text }
}
