/// What an edge holds at one moment, as plain values: for a status page, metrics and a log's last line.
public struct EdgeSnapshot: Sendable, Hashable {
    /// One flow (RFC 5626 §2.1), from a phone or to a registrar.
    public struct FlowLine: Sendable, Hashable {
        public let id: FlowID
        /// Its ends, ours first.
        public let flow: Flow
        /// We opened it (to a registrar or another proxy), not a phone.
        public let isUpstream: Bool
        public let since: Timestamp
        /// The last octets from the peer.
        public let lastHeard: Timestamp
        /// The addresses-of-record registered over it, as URIs, in no order.
        public let addressesOfRecord: [String]
        /// Outbound was granted on it: the 2xx had `outbound` in Require (RFC 5626 §6).
        public let hasOutbound: Bool
        /// Keep-alives of the peer: CRLFCRLF, STUN Binding requests, WebSocket Pings.
        public let pings: UInt64
        /// How many of them were answered.
        public let pongs: UInt64

        public init(
            id: FlowID, flow: Flow, isUpstream: Bool, since: Timestamp, lastHeard: Timestamp,
            addressesOfRecord: [String], hasOutbound: Bool, pings: UInt64, pongs: UInt64
        ) {
            self.id = id
            self.flow = flow
            self.isUpstream = isUpstream
            self.since = since
            self.lastHeard = lastHeard
            self.addressesOfRecord = addressesOfRecord
            self.hasOutbound = hasOutbound
            self.pings = pings
            self.pongs = pongs
        }
    }

    /// One binding of the registrar (RFC 3261 §10, RFC 5626 §6). Texts come from phones: escape them.
    public struct BindingLine: Sendable, Hashable {
        public let addressOfRecord: String
        public let contact: String
        /// The instance's URN; nil without `+sip.instance`.
        public let instance: String?
        /// nil without outbound.
        public let regID: UInt32?
        /// The flow of a direct registration, while it lives.
        public let flow: FlowID?
        public let registeredSince: Timestamp
        public let expiresAt: Timestamp
        public let userAgent: String?

        public init(
            addressOfRecord: String, contact: String, instance: String?, regID: UInt32?, flow: FlowID?,
            registeredSince: Timestamp, expiresAt: Timestamp, userAgent: String?
        ) {
            self.addressOfRecord = addressOfRecord
            self.contact = contact
            self.instance = instance
            self.regID = regID
            self.flow = flow
            self.registeredSince = registeredSince
            self.expiresAt = expiresAt
            self.userAgent = userAgent
        }
    }

    /// Numbers that only grow.
    public struct Counters: Sendable, Hashable {
        public var flowsOpened: UInt64 = 0
        public var flowsClosed: UInt64 = 0
        /// Of those, closed by the edge because the peer was silent for too long.
        public var flowsTimedOut: UInt64 = 0
        /// CRLFCRLF on streams and WebSockets.
        public var crlfPings: UInt64 = 0
        public var crlfPongs: UInt64 = 0
        public var webSocketPings: UInt64 = 0
        public var stunRequests: UInt64 = 0
        public var stunAnswers: UInt64 = 0
        public var requestsReceived: UInt64 = 0
        public var responsesReceived: UInt64 = 0
        public var requestsForwarded: UInt64 = 0
        /// Answers to REGISTER by status code.
        public var registrations: [UInt16: UInt64] = [:]
        /// Answers to all other requests by status code, 100 left out.
        public var answers: [UInt16: UInt64] = [:]
        /// 403 for a flow token that was changed or made elsewhere (RFC 5626 §5.3.1).
        public var tokensRefused: UInt64 = 0
        /// A request for a flow that is gone (430, RFC 5626 §5.3.1), from outside or inside.
        public var flowsFailed: UInt64 = 0
        /// A request that went on to another flow of the same instance (RFC 5626 §7).
        public var failovers: UInt64 = 0
        /// Datagrams and messages that were no SIP, STUN or CRLF, or not readable.
        public var malformed: UInt64 = 0
        /// Requests refused because a limit was reached.
        public var overloads: UInt64 = 0

        public init() {}
    }

    public var started: Timestamp
    public var taken: Timestamp
    /// By id.
    public var flows: [FlowLine]
    public var bindings: [BindingLine]
    public var counters: Counters
    /// Requests that wait for a final answer.
    public var openTransactions: Int

    public init(
        started: Timestamp, taken: Timestamp, flows: [FlowLine] = [], bindings: [BindingLine] = [],
        counters: Counters = Counters(), openTransactions: Int = 0
    ) {
        self.started = started
        self.taken = taken
        self.flows = flows
        self.bindings = bindings
        self.counters = counters
        self.openTransactions = openTransactions
    }
}
