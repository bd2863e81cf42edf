extension RegistrationSession {
    public enum State: Sendable, Hashable {
        case idle
        /// REGISTER sent. → challenged, registered, failed.
        case registering
        /// REGISTER sent with credentials. → registered, failed, challenged again after a stale nonce.
        case challenged
        /// → unregistering, failed.
        case registered
        /// REGISTER with expires 0 sent. → unregistered, failed.
        case unregistering
        case unregistered
        case failed
    }

    public enum Command: Sendable {
        /// Binds; once in a session, and without effect on one that is registered already. A refresh is a new session whose
        /// `RegistrationSettings.identity` is that of this one, told `.up` with the same flow.
        case register
        /// The answer to `credentialsWanted`.
        case credentials(DigestAuthenticator)
        /// One keep-alive, now, in the way of the transport: STUN, CRLFCRLF, or a WebSocket Ping. Only while registered.
        case keepAlive
        /// One CRLFCRLF instead, which on a WebSocket stands in a frame of its own (RFC 7118 §6); not on datagrams.
        case keepAliveByCRLF
        /// Removes the binding, on this flow.
        case unregister
        /// Removes what may be bound as soon as it can be told, and hurries.
        case stop
        /// Closes the flow.
        case leave
    }

    /// Limits of what a peer may make this engine do.
    public enum Limits {
        /// REGISTER requests of one session, retransmissions not counted.
        public static let requests = 20
        /// Provisional answers that are looked at in one transaction.
        public static let provisionalAnswers = 32
        /// Requests of the peer that are answered.
        public static let answeredRequests = 20
        /// Ignored messages that are reported one by one; all are counted.
        public static let reportedIgnored = 50
        /// 423 answers that are followed.
        public static let intervalRetries = 2
        /// How long a stopped session still waits for the answer to its removal.
        public static let stopPatience = Duration.seconds(4)
        /// How long it waits before that for the answer that tells whether anything was bound.
        public static let bindPatience = Duration.seconds(2)
        /// How long the handshake of a WebSocket may take; no longer than Timer F.
        public static let handshakePatience = Duration.seconds(10)
    }

    struct Pending: Sendable {
        var transaction: NonInviteTransaction
        let branch: String
        let cseq: UInt32
        let bytes: [UInt8]
        let removes: Bool
        var provisionalAnswers = 0
    }
}
