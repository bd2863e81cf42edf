/// What an edge keeps of one flow.
struct EdgeFlow: Sendable {
    /// How octets become messages.
    enum Wire: Sendable {
        case datagram
        case stream(StreamFramer)
        /// Indirect: few flows are of this kind, and it is large.
        indirect case webSocket(WebSocketSession<SystemRandomNumberGenerator>)
    }

    /// Where the flow is in its life.
    enum Standing: Sendable {
        /// → mute, closing
        case up
        /// By fault, we are dead to the peer: what it sends is seen, and not answered. → gone
        case mute
        /// Our Close frame is out, the peer's is due (RFC 6455 §7.1.2). → gone
        case closing
    }

    let flow: Flow
    var standing = Standing.up
    /// We opened it, to a registrar or another proxy.
    let isUpstream: Bool
    let since: Timestamp
    var wire: Wire
    /// The peer's last octets.
    var lastHeard: Timestamp
    /// Since when a message is unfinished.
    var unfinishedSince: Timestamp?
    /// A whole message has come.
    var hasSpoken = false
    /// A 2xx with `Require: outbound` went out on it.
    var hasOutbound = false
    /// A token was given out for it. A token of a stream is good only then: another connection may have had the same
    /// ends before.
    var hasToken = false
    /// REGISTERs were accepted on it: whoever speaks here is an endpoint.
    var isEndpoint = false
    /// `<sip:TOKEN@host:port;…>` without `lr` and what follows; made when first needed.
    var tokenURI: [UInt8] = []
    let stamp: ViaStamp
    /// The tokenURI as a whole Path value.
    var path = ""
    /// Until when a binding made over it may live.
    var boundUntil = Timestamp.zero
    /// When it is looked at next: the one alarm that counts.
    var alarm = Timestamp.zero
    var pings: UInt32 = 0
    var pongs: UInt32 = 0
    /// Something unreadable was noted; once is enough.
    var isNoted = false
    /// The last thing sent was a CRLF that a next one would make a pair of.
    var sentCRLF = false
    /// What a fault has to remember.
    var mischief = FlowMischief()

    init(_ flow: Flow, isUpstream: Bool, wire: Wire, at now: Timestamp) {
        self.flow = flow
        self.isUpstream = isUpstream
        self.wire = wire
        since = now
        lastHeard = now
        stamp = ViaStamp(flow.remote)
    }

    var isStream: Bool { flow.transport.isStream }
}
