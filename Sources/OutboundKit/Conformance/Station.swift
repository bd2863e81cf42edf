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
    var reader: InboundReader
    /// Pongs that came: each CRLF on a stream between messages.
    var crlfs: [Timestamp] = []
    var stun: [(bytes: [UInt8], time: Timestamp)] = []
    /// Octets that are nothing known, or a message that cannot be read.
    var strange: [String] = []
    var loss: FlowLoss?
    var lostAt: Timestamp?
    /// Our own Close.
    var isClosed = false

    init(_ flow: Flow, target: SuiteTarget?) {
        self.flow = flow
        self.target = target
        reader = InboundReader(isStream: flow.transport.isStream)
    }
}
