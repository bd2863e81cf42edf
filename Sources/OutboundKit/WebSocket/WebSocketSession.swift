/// One WebSocket connection for SIP, in either role, without sockets or clock: octets of the connection go in, messages
/// and octets for the connection come out (RFC 6455, RFC 7118).
///
/// It does the opening handshake, answers Pings, and closes in order. After each input drain `next()` to nil. Time limits
/// are the owner's: how long a handshake or an answer to a Close may take.
public struct WebSocketSession<Generator: RandomNumberGenerator & Sendable>: Sendable {
    public enum Output: Sendable, Hashable {
        case send([UInt8])
        case event(Event)
        /// Nothing more will be said: the connection is to be closed once all is sent.
        case end
    }

    public enum Event: Sendable, Hashable {
        /// The handshake is done. A client learns the server's Server header field, a server what was asked for.
        case opened(server: String?)
        case accepted(WebSocketHandshake.Opening)
        /// The server's answer to the handshake is none that can be used; `.end` follows.
        case notOpened(WebSocketHandshake.ClientFault)
        /// The client's handshake was refused with this answer; `.end` follows.
        case refused(WebSocketHandshake.Refusal)
        /// One whole message: with `sip`, one SIP message or a keep-alive (RFC 7118 §5, §6).
        case message([UInt8], isText: Bool)
        /// It has been answered, unless `answersPings` is off.
        case ping([UInt8])
        case pong([UInt8])
        /// The peer's Close frame; it has been answered, and `.end` follows.
        case close(WebSocketClose)
        /// The peer broke the protocol: a Close with the fault's code was sent, and `.end` follows.
        case fault(WebSocketFault)
    }

    private enum State: Sendable {
        /// A client that was not started. → handshake
        case idle
        /// → open, or ended when it fails. A client remembers its key.
        case handshake(HTTPHeadReader, key: String?)
        /// → closing by us, → ended by the peer's Close or fault
        case open
        /// Our Close is out, the peer's is due. → ended
        case closing
        case ended
    }

    /// Whether Pings are answered, as they must be (RFC 6455 §5.5.2); off for a server that plays a bad one.
    public var answersPings = true

    private let request: WebSocketHandshake.Request?
    private let policy: WebSocketHandshake.Policy
    private let limits: WebSocketLimits
    private var generator: Generator
    private var state: State
    private var decoder: WebSocketFrameDecoder
    private var assembler: WebSocketAssembler
    private var outputs = OutputQueue<Output>()

    /// A client, which sends its request on `start`.
    /// - Parameter generator: for the handshake's key and the frames' masks, which nobody may guess (RFC 6455 §5.3,
    ///   §10.3): of cryptographic quality.
    public init(
        client request: WebSocketHandshake.Request, limits: WebSocketLimits = .default, using generator: Generator
    ) {
        self.request = request
        policy = WebSocketHandshake.Policy()
        self.limits = limits
        self.generator = generator
        state = .idle
        decoder = WebSocketFrameDecoder(masking: .forbidden, limits: limits)
        assembler = WebSocketAssembler(limits: limits)
    }

    /// A server, which waits for the request. It draws no random numbers.
    public init(
        server policy: WebSocketHandshake.Policy, limits: WebSocketLimits = .default
    ) where Generator == SystemRandomNumberGenerator {
        request = nil
        self.policy = policy
        self.limits = limits
        generator = SystemRandomNumberGenerator()
        state = .handshake(HTTPHeadReader(limits: limits, unfolds: false), key: nil)
        decoder = WebSocketFrameDecoder(masking: .required, limits: limits)
        assembler = WebSocketAssembler(limits: limits)
    }

    /// Whether messages can be sent.
    public var isOpen: Bool {
        if case .open = state { return true }
        return false
    }

    /// Whether `.end` has been said.
    public var isEnded: Bool {
        if case .ended = state { return true }
        return false
    }

    /// Whether the peer has begun a message, or a frame, that is not whole yet.
    public var isInsideMessage: Bool { assembler.isInsideMessage || !decoder.isBetweenFrames }

    public mutating func next() -> Output? { outputs.next() }

    /// The connection stands: a client sends its handshake. Does nothing for a server.
    public mutating func start() {
        guard case .idle = state, let request else { return }
        let key = Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        state = .handshake(HTTPHeadReader(limits: limits, unfolds: true), key: key)
        outputs.append(.send(request.octets(key: key)))
    }

    /// Sends a whole message. Does nothing when the session is not open.
    /// - Parameter isText: a text frame, whose octets must be UTF-8; else binary. Either may carry SIP (RFC 7118 §5).
    public mutating func send(_ message: [UInt8], isText: Bool) {
        guard isOpen else { return }
        send(WebSocketFrame(isText ? .text : .binary, message))
    }

    /// Sends a Ping. Does nothing when the session is not open.
    /// - Precondition: `payload` has at most 125 octets.
    public mutating func ping(_ payload: [UInt8]) {
        guard isOpen else { return }
        send(WebSocketFrame(.ping, payload))
    }

    /// Sends one frame as it is: fragments of a message, or a Pong that nobody asked for (RFC 6455 §5.5.3).
    /// - Precondition: a control frame is final and holds at most 125 octets.
    public mutating func send(raw frame: WebSocketFrame) {
        guard isOpen else { return }
        send(frame)
    }

    /// Begins to close in order; the peer's Close, or the owner's patience, ends the session.
    public mutating func close(_ close: WebSocketClose = .normal) {
        switch state {
        case .open:
            send(WebSocketFrame(.close, close.payload))
            state = .closing
        case .idle, .handshake: end()
        case .closing, .ended: break
        }
    }

    /// Takes octets of the connection.
    public mutating func receive(_ bytes: RawSpan) {
        var rest = 0
        if case .handshake(let reader, let key) = state { rest = handshake(reader, key, bytes) }
        switch state {
        case .open, .closing: break
        case .idle, .handshake, .ended: return
        }
        decoder.receive(bytes.extracting(rest..<bytes.byteCount))
        while !isEnded, let result = decoder.next() {
            do throws(WebSocketFault) {
                if let item = try assembler.add(try result.get()) { take(item) }
            } catch {
                fail(error)
            }
        }
    }

    private mutating func take(_ item: WebSocketAssembler.Item) {
        switch item {
        case .message(let octets, let isText): outputs.append(.event(.message(octets, isText: isText)))
        // The decoder lets none through, for none is ever negotiated.
        case .compressed: fail(.violation("a message is compressed"))
        case .pong(let payload): outputs.append(.event(.pong(payload)))
        case .ping(let payload):
            // Once our Close is out nothing may follow it (RFC 6455 §5.5.1).
            if answersPings, isOpen { send(WebSocketFrame(.pong, payload)) }
            outputs.append(.event(.ping(payload)))
        case .close(let close):
            // The answer says the same code again, as is usual (RFC 6455 §5.5.1).
            if isOpen { send(WebSocketFrame(.close, WebSocketClose(code: close.code).payload)) }
            outputs.append(.event(.close(close)))
            end()
        }
    }

    /// Takes octets of the handshake; returns how many.
    private mutating func handshake(_ begun: HTTPHeadReader, _ key: String?, _ bytes: RawSpan) -> Int {
        var reader = begun
        do throws(ParseError) {
            let (taken, head) = try reader.receive(bytes, skipsInterim: key != nil)
            guard let head else {
                state = .handshake(reader, key: key)
                return taken
            }
            if let key { conclude(head, key) } else { answer(head) }
            return taken
        } catch {
            if key == nil {
                refuse(WebSocketHandshake.Refusal(error.code == .limit ? 431 : 400, "\(error)"))
            } else {
                outputs.append(.event(.notOpened(.notHTTP(error))))
                end()
            }
            return bytes.byteCount
        }
    }

    private mutating func conclude(_ head: HTTPHead, _ key: String) {
        do throws(WebSocketHandshake.ClientFault) {
            try WebSocketHandshake.check(head, accept: try? WebSocketHandshake.accept(key: key))
            state = .open
            outputs.append(.event(.opened(server: head.value("server"))))
        } catch {
            outputs.append(.event(.notOpened(error)))
            end()
        }
    }

    private mutating func answer(_ head: HTTPHead) {
        do throws(WebSocketHandshake.Refusal) {
            let (opening, octets) = try WebSocketHandshake.answer(head, policy)
            state = .open
            outputs.append(.send(octets))
            outputs.append(.event(.accepted(opening)))
        } catch {
            refuse(error)
        }
    }

    private mutating func refuse(_ refusal: WebSocketHandshake.Refusal) {
        outputs.append(.send(refusal.octets(server: policy.server)))
        outputs.append(.event(.refused(refusal)))
        end()
    }

    private mutating func fail(_ fault: WebSocketFault) {
        if isOpen { send(WebSocketFrame(.close, WebSocketClose(code: fault.closeCode, reason: fault.words).payload)) }
        outputs.append(.event(.fault(fault)))
        end()
    }

    private mutating func send(_ frame: WebSocketFrame) {
        let isClient = request != nil
        let maskingKey = isClient ? UInt32.random(in: .min ... .max, using: &generator) : nil
        outputs.append(.send(frame.encoded(maskingKey: maskingKey)))
    }

    private mutating func end() {
        state = .ended
        outputs.append(.end)
    }
}
