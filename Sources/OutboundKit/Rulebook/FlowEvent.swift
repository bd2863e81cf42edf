/// What happened on one flow at one moment: the only thing that judgement ever sees. A capture, our own client and the
/// embedded edge all emit it, and the same rules judge all three.
public struct FlowEvent: Sendable {
    /// Which end sent it. The client is the end that opened the flow or, where the opening was not seen, the end that
    /// behaves like one (sends REGISTER, STUN requests); a ledger may learn later that it was the other way round.
    public enum Direction: UInt8, Sendable, Hashable {
        case fromClient
        case fromServer

        public var opposite: Direction { self == .fromClient ? .fromServer : .fromClient }
    }

    public let flow: FlowID
    public let time: Timestamp
    /// The packet's number in its capture, from 1; 0 for live traffic.
    public let frame: UInt64
    public let direction: Direction
    public let what: What

    @inlinable public init(
        flow: FlowID, time: Timestamp, frame: UInt64 = 0, direction: Direction, what: What
    ) {
        self.flow = flow
        self.time = time
        self.frame = frame
        self.direction = direction
        self.what = what
    }

    /// When and where an event happened, without what happened.
    public struct Moment: Sendable, Hashable {
        public let flow: FlowID
        public let time: Timestamp
        public let frame: UInt64
        public let direction: Direction

        @inlinable public init(flow: FlowID, time: Timestamp, frame: UInt64, direction: Direction) {
            self.flow = flow
            self.time = time
            self.frame = frame
            self.direction = direction
        }
    }

    @inlinable public init(_ moment: Moment, _ what: What) {
        self.init(
            flow: moment.flow, time: moment.time, frame: moment.frame, direction: moment.direction, what: what)
    }

    public enum What: Sendable {
        /// The flow's first sight. Always the first event of a flow.
        case open(Opening)
        /// A whole SIP message.
        case sip(SIPMessage)
        /// The first octets of a SIP message on a stream, the last of which come in another segment. It comes as a whole, or as
        /// what became of it, in an event of its own.
        case beginsSIP
        /// SIP by its start-line, but cut by the capture's snapshot length: what it said is not known.
        case cutSIP
        /// SIP by its start-line, but not parsable: the reason. A ground for `fail` on streams alone, where Content-Length is
        /// missing or wrong (RFC 3261 §18.3). A message without it that shows its end all the same comes as `sip`.
        case malformedSIP(ParseError)
        /// A CRLF between SIP messages on a stream, one event for each: a client's ping CRLFCRLF (RFC 5626 §4.4.1) is two
        /// events, `completesPair` false and then true, however the octets were spread over segments; one alone is a single
        /// CRLF. On a WebSocket the CRLFCRLF of one message is one event, with `completesPair` true, and that is a ping of
        /// whoever sent it. On any other stream a CRLF from a server is a pong whether or not it completes a pair.
        /// `ownSegment` tells that it came in a segment of nothing but CRLFs.
        case crlf(completesPair: Bool, ownSegment: Bool)
        /// A CRLFCRLF that TCP sent before and sends again: nothing had acknowledged it by then.
        case repeatedPing
        /// A datagram of nothing but CR and LF; its length.
        case crlfDatagram(Int)
        /// Any other datagram on a SIP flow that is neither SIP nor STUN: its length and its first octet, if any.
        case otherDatagram(length: Int, first: UInt8?)
        /// A STUN message (a datagram, or on a stream at a message boundary).
        case stun(STUNFacts)
        /// Octets of a stream that were never seen; the count, or nil when it cannot be told.
        case gap(Int?)
        /// Octets on a stream that are no SIP, CRLF or STUN, or those of a Pong that answers no Ping; how many.
        case unrecognized(Int)
        /// A WebSocket control frame (RFC 6455 §5.5), between SIP messages or fragments.
        case webSocketControl(WebSocketControl)
        /// The handshake of a WebSocket that carries SIP: whether the client offered the sub-protocol `sip`, and whether the
        /// server granted it (RFC 7118 §4).
        case webSocketHandshake(offersSIP: Bool, grantsSIP: Bool)
        /// A handshake for the sub-protocol `sip` that came to nothing, or should have.
        case webSocketRefused(WebSocketRefusal)
        /// What one end sends is against RFC 6455 §5, and the other one would have to fail the connection.
        case webSocketFault(WebSocketFault)
        /// Octets of CRLFs that stand before a start-line in one WebSocket message (RFC 7118 §5); 0 where another SIP message
        /// stands before it.
        case gluedCRLF(Int)
        /// TLS records without keys: what is inside cannot be judged.
        case encrypted
        /// An ICMP error that quotes a datagram of this flow: type and code. `direction` is that of the quoted datagram.
        case icmpError(type: UInt8, code: UInt8)
        /// One end closed or reset the flow.
        case close(Closing)
    }

    public enum WebSocketControl: Sendable, Hashable {
        case ping
        case pong
        /// The status code, or nil where the frame has none.
        case close(UInt16?)
    }

    public struct Opening: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            /// The TCP handshake was seen: nothing of the flow is missing.
            case handshake
            /// The first packet seen lies in the middle of a stream.
            case midstream
            /// A datagram flow, whose beginning cannot be told from its middle.
            case datagram
        }
        public let transport: TransportProtocol
        public let client: TransportAddress
        public let server: TransportAddress
        public let kind: Kind
        /// The server's part of the TCP handshake was seen: what it sends is captured.
        public let isAnswered: Bool

        public init(
            transport: TransportProtocol, client: TransportAddress, server: TransportAddress, kind: Kind,
            isAnswered: Bool = false
        ) {
            self.transport = transport
            self.client = client
            self.server = server
            self.kind = kind
            self.isAnswered = isAnswered
        }
    }

    public enum Closing: Sendable, Hashable {
        case fin
        case rst
        /// A connection attempt that was refused (RST to a SYN).
        case refused
    }
}
