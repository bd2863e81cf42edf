/// A client's end of one SIP flow, whatever its transport: octets of the peer become items, and messages become octets.
///
/// On WebSocket it does the opening handshake, puts each message into a frame of its own (RFC 7118 §5) and answers Pings.
/// On other streams and on datagrams there is nothing to open and nothing to wrap. Of TLS it sees what is inside.
///
///     start() ──▶ opened ──▶ items, pings, pongs ──▶ ended, of a WebSocket alone
///
/// After each input drain `next()` to nil. Time limits are the owner's: how long a handshake may take.
struct SIPFlowCodec: Sendable {
    enum Output: Sendable {
        /// Octets for the flow.
        case send([UInt8])
        /// Messages can be sent from now on. A WebSocket server may say what it is (its Server header field).
        case opened(server: String?)
        case item(InboundReader.Item)
        /// A Ping frame of the peer; it has been answered.
        case ping
        /// A Pong frame of the peer and what it carries.
        case pong([UInt8])
        /// The WebSocket is over; the connection is of no more use.
        case ended(WebSocketEnding)
    }

    /// One of the two, by transport.
    private var reader: InboundReader?
    private var session: WebSocketSession<AnyGenerator>?
    private var outputs = OutputQueue<Output>()

    /// - Parameters:
    ///   - request: what the handshake of a WebSocket asks for; of no use on other transports.
    ///   - generator: draws the handshake's key and the masks of frames, so it must be of cryptographic quality.
    init(
        _ transport: TransportProtocol, request: WebSocketHandshake.Request,
        using generator: any RandomNumberGenerator & Sendable
    ) {
        if transport.isWebSocket {
            session = WebSocketSession(client: request, using: AnyGenerator(generator))
        } else {
            reader = InboundReader(isStream: transport.isStream)
        }
    }

    /// The flow is up.
    mutating func start() {
        if session == nil { outputs.append(.opened(server: nil)) } else { session?.start() }
    }

    /// Takes one datagram, or some octets of a stream.
    mutating func receive(_ bytes: RawSpan) {
        reader?.receive(bytes)
        session?.receive(bytes)
    }

    /// Sends one SIP message, one STUN message, or CRLFs. Before `opened` and after `ended` a WebSocket sends nothing.
    mutating func send(_ message: [UInt8]) {
        // SIP need not be UTF-8, which text frames must be (RFC 6455 §8.1).
        if session == nil {
            outputs.append(.send(message))
        } else {
            session?.send(message, isText: UTF8Check.holds(message))
        }
    }

    /// Sends a Ping frame; does nothing on other transports than WebSocket.
    /// - Precondition: at most 125 octets.
    mutating func ping(_ payload: [UInt8]) { session?.ping(payload) }

    /// Says Close on a WebSocket; other streams end without a word.
    mutating func close() { session?.close() }

    /// The beginning of a message has come, and not yet its end.
    var isInsideMessage: Bool { reader?.isInsideMessage ?? session?.isInsideMessage ?? false }

    mutating func next() -> Output? {
        if let output = outputs.next() { return output }
        if let item = reader?.next() { return .item(item) }
        while let output = session?.next() {
            if let output = Self.output(output) { return output }
        }
        return nil
    }

    private static func output(_ output: WebSocketSession<AnyGenerator>.Output) -> Output? {
        switch output {
        case .send(let octets): .send(octets)
        case .event(.opened(let server)): .opened(server: server)
        case .event(.message(let octets, _)): .item(item(octets))
        case .event(.ping): .ping
        case .event(.pong(let payload)): .pong(payload)
        case .event(.notOpened(let fault)): .ended(.notOpened(fault))
        case .event(.close(let close)): .ended(.closed(close))
        case .event(.fault(let fault)): .ended(.fault(fault))
        // Of a server's end, and what the event before has said.
        case .event(.accepted), .event(.refused), .end: nil
        }
    }

    /// A whole message: a pong, a ping (one item, for nothing can be cut here), or what a datagram might be.
    private static func item(_ octets: [UInt8]) -> InboundReader.Item {
        switch octets {
        case [ASCII.cr, ASCII.lf]: .crlf(completesPair: false, ownSegment: true)
        case [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]: .crlf(completesPair: true, ownSegment: true)
        default: unsafe InboundReader.classify(octets.span.bytes, limits: .webSocket)
        }
    }
}
