/// One OPTIONS request over the socket that the STUN probes use, to prove that SIP and STUN share the flow
/// (RFC 5626 §5.4, §8), and to learn the address that SIP sees: `received` and `rport` of the Via (RFC 3581 §4).
public struct OptionsCheck: Sendable {
    /// What names the request; each is new and random.
    public struct Identity: Sendable, Hashable {
        public let branch: String
        public let callID: String
        public let tag: String

        public init(using generator: inout some RandomNumberGenerator) {
            func token() -> String { String(UInt64(truncatingIfNeeded: generator.next()), radix: 36) }
            branch = "z9hG4bK" + token()
            callID = token() + token()
            tag = token()
        }
    }

    public struct Answer: Sendable, Hashable {
        public let status: UInt16
        public let reason: String
        /// How `rport` came back in the response's Via: it was sent empty.
        public let rport: ParameterState
        public let received: IPAddress?
        /// The Server or User-Agent header field.
        public let server: String?
        public let time: Timestamp
        public let elapsed: Duration

        /// The source address of the request as SIP saw it; nil when the response does not say.
        public var sourceAddress: TransportAddress? {
            guard let received, case .value(let text) = rport, let port = UInt16(text) else { return nil }
            return TransportAddress(ip: received, port: port)
        }
    }

    public enum Event: Sendable, Hashable {
        case answered(Answer)
        case unanswered(sends: Int)
        /// A SIP message that is no answer to this request: its first line.
        case otherMessage(String)
        case malformed(ParseError)
    }

    public enum Output: Sendable {
        case send([UInt8], FlowID)
        case event(Event)
    }

    public enum Input: Sendable {
        case start
        case timer
    }

    /// RFC 3261 §17.1.2.2: T1, doubled up to T2, for 64 T1 in all.
    private static let t1: Duration = .milliseconds(500)
    private static let t2: Duration = .seconds(4)
    public static let timerF: Duration = .seconds(32)

    private enum State {
        case idle
        case waiting(nextAt: Timestamp, gap: Duration)
        case ended
    }

    private let request: [UInt8]
    private let identity: Identity
    private let flow: FlowID
    private let patience: Duration
    private var state = State.idle
    private var started = Timestamp.zero
    private var sends = 0
    private var message = SIPMessage()
    private var outputs = OutputQueue<Output>()

    /// - Parameters:
    ///   - uri: the Request-URI and the To of the request.
    ///   - local: the socket's own address, for the Via.
    ///   - patience: at most Timer F.
    public init(
        uri: String, local: TransportAddress, identity: Identity, flow: FlowID, patience: Duration = Self.timerF
    ) {
        request = Self.request(uri: uri, transport: .udp, local: local, identity: identity)
        self.identity = identity
        self.flow = flow
        self.patience = min(patience, Self.timerF)
    }

    /// The request's octets.
    /// - Parameters:
    ///   - transport: names it in the Via.
    ///   - body: plain text; empty leaves out its type.
    static func request(
        uri: String, transport: TransportProtocol, local: TransportAddress, identity: Identity, body: [UInt8] = []
    ) -> [UInt8] {
        let host = local.ip.isIPv6 ? "[\(local.ip)]" : "\(local.ip)"
        var writer = MessageWriter(request: "OPTIONS", uri: uri)
        writer.header(.via, "SIP/2.0/\(transport.description.uppercased()) \(local);rport;branch=\(identity.branch)")
        writer.header(.maxForwards, "70")
        writer.header(.from, "<sip:sipob@\(host)>;tag=\(identity.tag)")
        writer.header(.to, "<\(uri)>")
        writer.header(.callID, identity.callID)
        writer.header(.cseq, "1 OPTIONS")
        writer.header(.userAgent, "sipob")
        return writer.finish(body: body, contentType: body.isEmpty ? nil : "text/plain")
    }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        do {
            try MessageParser.parse(bytes, into: &message)
        } catch {
            outputs.append(.event(.malformed(error)))
            return
        }
        guard case .waiting = state, !message.isRequest,
            let callID = message.callID, message.text(callID) == identity.callID
        else {
            let text = message.text(message.startLineText)
            outputs.append(.event(.otherMessage(message.isRequest ? text : "\(message.statusCode) \(text)")))
            return
        }
        state = .ended
        let via = try? message.topVia()
        let server = message.first(.server) ?? message.first(.userAgent)
        outputs.append(
            .event(
                .answered(
                    Answer(
                        status: message.statusCode, reason: message.text(message.startLineText),
                        rport: via?.rport ?? .absent,
                        received: via?.received.flatMap { IPAddress($0) },
                        server: server.map { message.text($0.value) },
                        time: now, elapsed: now - started))))
    }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch (input, state) {
        case (.start, .idle):
            started = now
            transmit(at: now, gap: Self.t1)
        case (.timer, .waiting(let nextAt, let gap)) where now >= nextAt:
            if now >= started + patience { end() } else { transmit(at: nextAt, gap: min(gap * 2, Self.t2)) }
        default:
            break
        }
    }

    public mutating func next() -> Output? { outputs.next() }

    public var deadline: Timestamp? {
        guard case .waiting(let nextAt, _) = state else { return nil }
        return nextAt
    }

    public var isFinished: Bool {
        if case .ended = state { return true }
        return false
    }

    private mutating func transmit(at time: Timestamp, gap: Duration) {
        sends += 1
        state = .waiting(nextAt: min(time + gap, started + patience), gap: gap)
        outputs.append(.send(request, flow))
    }

    private mutating func end() {
        state = .ended
        outputs.append(.event(.unanswered(sends: sends)))
    }
}
