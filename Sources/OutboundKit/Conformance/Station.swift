/// A handle to one flow of a case: a phone, a caller, or a server that the case plays.
struct Phone: Sendable, Hashable {
    let flow: FlowID
}

/// How a station answers requests by itself.
enum AnswerPolicy: Sendable {
    /// 200 to all, with a Contact to INVITE.
    case accept
    /// That status to all but ACK.
    case refuse(UInt16)
    /// The case answers.
    case hold
}

/// A request that came over one of the case's flows.
struct Arrival: Sendable {
    let phone: Phone
    let request: SIPMessage
    let time: Timestamp
}

/// One flow of a case, with who it is and what came over it.
struct Station: Sendable {
    /// As whom REGISTER requests are sent.
    struct Identity: Sendable {
        var user: SIPURI
        var instance: InstanceID
        var regID: UInt32
        /// Everything between the angle brackets of Contact.
        var contactURI: String
        var callID: String
        var fromTag: String
        var cseq: UInt32 = 0
    }

    let flow: Flow
    let target: SuiteTarget?
    var identity: Identity?
    var policy = AnswerPolicy.accept
    var codec: SIPFlowCodec
    /// Messages can be sent; on a WebSocket only after its handshake.
    var isOpen = false
    /// What Pong frames carried.
    var webSocketPongs: [(payload: [UInt8], time: Timestamp)] = []
    /// How a WebSocket ended.
    var webSocketEnding: WebSocketEnding?
    /// Pongs that came: each CRLF on a stream between messages.
    var crlfs: [Timestamp] = []
    var stun: [(bytes: [UInt8], time: Timestamp)] = []
    /// Octets that are nothing known, or a message that cannot be read.
    var strange: [String] = []
    var malformedSTUN: String?
    /// Octets came after the flow was open, whatever they were.
    var isHeard = false
    /// Octets since the last thing that came whole.
    var unfinishedOctets = 0
    var loss: FlowLoss?
    var lostAt: Timestamp?
    /// Our own Close.
    var isClosed = false

    init(_ flow: Flow, target: SuiteTarget?, using random: any RandomNumberGenerator & Sendable) {
        self.flow = flow
        self.target = target
        let request = target?.webSocket ?? WebSocketHandshake.Request(host: "\(flow.remote)")
        codec = SIPFlowCodec(flow.transport, request: request, using: random)
    }

    /// Notes what came that is no SIP message.
    mutating func take(_ item: InboundReader.Item, at time: Timestamp) {
        switch item {
        case .sip: break
        case .crlf: crlfs.append(time)
        case .stun(let bytes): stun.append((bytes, time))
        case .malformedSIP(let error): strange.append("a SIP message that cannot be read: \(error)")
        case .unframedResponse(let head): strange.append("a \(head.statusCode) without Content-Length")
        case .crlfDatagram(let count): strange.append("a datagram of \(count) CR and LF")
        // The first octets of STUN (RFC 5626 §8), and a header that cannot be right.
        case .otherDatagram(let count, let first) where first == 0 || first == 1:
            malformedSTUN = "\(counted(count, "octet")) beginning as STUN does, with a wrong length or cookie"
        case .otherDatagram(let count, _), .unrecognized(let count):
            strange.append("\(counted(count, "octet")), no SIP")
        }
    }

    /// Which of the CRLFs from `first` on is the pong of a ping sent at `sent`: a single one, or whatever comes at once. A
    /// pair in one read after that is a ping of the server's own (RFC 5626 §4.4.1).
    func pong(from first: Int, sent: Timestamp) -> Int? {
        var index = first
        while index < crlfs.count {
            let time = crlfs[index]
            let count = crlfs[index...].prefix { $0 == time }.count
            guard count % 2 == 0, time - sent > .seconds(1) else { return index }
            index += count
        }
        return nil
    }
}
