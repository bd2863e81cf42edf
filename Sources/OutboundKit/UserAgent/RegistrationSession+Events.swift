extension RegistrationSession {
    /// What the owner of a session hears.
    public enum Event: Sendable {
        /// Something was sent or received; what judgement sees. `attempt` counts the sends of one request, from 1.
        case observed(FlowEvent, attempt: Int)
        case entered(State)
        /// The handshake of a WebSocket flow is done, with the server's Server header field.
        case opened(server: String?)
        /// A 2xx to the REGISTER that binds.
        case registered(RegistrationGrant, SIPMessage)
        /// A 2xx to the REGISTER that removes, with what is still bound.
        case unregistered(RegistrationGrant, SIPMessage)
        /// A challenge, and no credentials to answer it with. The session waits for the command `credentials`; `remains` is
        /// what is bound where it does not come, as in `failed`.
        case credentialsWanted(SIPMessage, remains: RegistrationIdentity?)
        /// The session is over; `remains` names the registration that may still be bound. `unregister` then tries
        /// to remove it, with little patience.
        case failed(Failure, remains: RegistrationIdentity?)
        case keptAlive(KeepAliveOutcome)
        case ignored(Ignored)
    }

    /// Why a session is over.
    public enum Failure: Error, Sendable {
        /// A final answer that ends it.
        case refused(SIPMessage)
        /// A challenge that cannot be answered, or the answer to it was refused.
        case authentication(DigestAuthenticator.Refusal, SIPMessage)
        /// No final answer until Timer F.
        case timedOut(sends: Int, sawProvisional: Bool)
        case flowLost(FlowLoss)
        /// The WebSocket did not come about, or ended.
        case webSocket(WebSocketEnding)
        /// More requests than any server needs, or answers in circles.
        case tooManyRequests
        /// The host's libcrypto refuses the digest algorithm.
        case noCrypto(CryptoError)
        case interrupted
    }

    /// Why something that came was left aside.
    public enum Ignored: Sendable, Hashable {
        /// The same answer again.
        case copy(UInt16)
        /// An answer to a request that was answered before.
        case earlierTransaction
        /// No request of ours has this branch or CSeq.
        case otherTransaction
        case wrongCallID
        /// More than one Via, or none: it was meant for someone else (RFC 3261 §8.1.3.3).
        case misrouted
        case malformed(ParseError)
        /// The answer with this status to a request of ours, on a stream and without Content-Length (RFC 3261 §18.3).
        case unframed(UInt16)
        case tooManyProvisional
        case unexpectedSTUN
        /// A Pong frame that answers no Ping of ours.
        case unexpectedPong
        case notSIP(octets: Int)
        /// So many octets on a stream began something whose rest had not come when the request was given up.
        case incomplete(octets: Int)
    }
}
