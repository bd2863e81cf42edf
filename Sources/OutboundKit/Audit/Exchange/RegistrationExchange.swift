/// One REGISTER and what came of it: all that one round can show. A live client, a capture and the embedded edge can
/// all make one; the rules of this folder judge it.
public struct RegistrationExchange: Sendable {
    /// What stands at the far end of the flow.
    public enum FirstHop: Sendable, Hashable {
        /// An edge proxy in front of the registrar.
        case edge
        /// The registrar itself.
        case registrar
        case unknown
    }

    /// The round before, which was answered by 401 or 407.
    public struct Challenged: Sendable {
        public let request: SIPMessage
        public let response: SIPMessage
        /// When the request was sent first; nil where that is not known.
        public let sent: Timestamp?
        /// When the challenge came.
        public let answered: Timestamp
        /// The packet that brought it, of a capture; 0 for none.
        public let frame: UInt64

        public init(
            request: SIPMessage, response: SIPMessage, sent: Timestamp? = nil, answered: Timestamp, frame: UInt64 = 0
        ) {
            self.request = request
            self.response = response
            self.sent = sent
            self.answered = answered
            self.frame = frame
        }
    }

    /// The flow, registration or case, as findings name it.
    public let subject: String
    /// Transport and addresses as the client sees them: local is the client's end.
    public let flow: Flow
    /// The last REGISTER of the round.
    public let request: SIPMessage
    /// When it was sent first.
    public let sent: Timestamp
    /// The final response; nil when none came until `ended`.
    public var response: SIPMessage?
    /// When the response came; without one, when it was no longer waited for.
    public var ended: Timestamp
    /// The packets that brought them, of a capture; 0 for none.
    public var sentFrame: UInt64 = 0
    public var endedFrame: UInt64 = 0
    public var firstHop = FirstHop.unknown
    /// Provisional responses before the final one.
    public var provisionalCount = 0
    /// How often the request was sent, retransmissions included.
    public var transmissions = 1
    /// Where the response came from, if that is known; on a stream it is the flow's far end.
    public var responseSource: TransportAddress?
    public var challenged: Challenged?
    /// The client's address as a STUN server at the far end of this very flow saw it.
    public var mappedAddress: TransportAddress?

    public init(
        subject: String, flow: Flow, request: SIPMessage, sent: Timestamp, response: SIPMessage?, ended: Timestamp
    ) {
        self.subject = subject
        self.flow = flow
        self.request = request
        self.sent = sent
        self.response = response
        self.ended = ended
    }
}
