import OutboundKit

/// What was left aside, in words.
enum IgnoredWords {
    static func text(_ reason: RegistrationSession.Ignored) -> String {
        switch reason {
        case .copy(let code): "the \(code) again"
        case .earlierTransaction: "an answer to an earlier request"
        case .otherTransaction: "an answer to no request of this run (branch or CSeq do not fit)"
        case .wrongCallID: "an answer with another Call-ID"
        case .misrouted: "an answer without exactly one Via"
        case .malformed(let error): "a SIP message that cannot be read: \(error)"
        case .unframed(let code): "a \(code) without Content-Length: nobody can tell where it ends"
        case .tooManyProvisional: "one more provisional answer than is looked at"
        case .unexpectedSTUN: "a STUN message that answers no request of this run"
        case .unexpectedPong: "a WebSocket Pong that answers no Ping of this run"
        case .incomplete(let octets): "\(counted(octets, "octet")) of something whose rest did not come"
        case .notSIP(let octets): "\(counted(octets, "octet")), neither SIP nor a keep-alive"
        }
    }
}
