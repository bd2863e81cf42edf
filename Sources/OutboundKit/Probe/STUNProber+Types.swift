extension STUNProber {
    public struct Settings: Sendable {
        public var schedule = ProbeSchedule()
        public var timing = STUNTiming.standard
        /// SOFTWARE of the requests; nil leaves it out.
        public var software: String?
        public var fingerprint = false
        /// Requests as RFC 3489 clients send them, without the cookie.
        public var cookieless = false
        /// Further requests that show how the server treats attributes: an unknown one that must be understood, an unknown
        /// one that need not be, and a FINGERPRINT.
        public var conformance = false
        /// The Request-URI of an OPTIONS request on the same socket; nil sends none.
        public var sipCheckURI: String?

        public init() {}
    }

    /// What a request is for.
    public enum Kind: Sendable, Hashable {
        case ping
        /// With an attribute 0x7FFF, which nobody knows and everybody must understand.
        case unknownRequired
        /// With an attribute 0xC0DE, which nobody knows and everybody may skip.
        case unknownOptional
        /// With a right FINGERPRINT.
        case fingerprint
    }

    /// A probe that was answered.
    public struct Answer: Sendable {
        /// From 1; 0 for the requests of the conformance check.
        public let sequence: Int
        public let kind: Kind
        public let timing: STUNTransaction.Timing
        public let message: STUNMessage
        /// XOR-MAPPED-ADDRESS or, where that is missing, MAPPED-ADDRESS.
        public let mappedAddress: TransportAddress?
        public var isSuccess: Bool { message.type.messageClass == .success }
    }

    public struct Loss: Sendable {
        public let sequence: Int
        public let kind: Kind
        public let reason: LossReason
        public let timing: STUNTransaction.Timing
    }

    public enum LossReason: Sendable, Hashable {
        /// No answer to any of the requests of the full schedule (RFC 8489 §6.2.1).
        case silence
        /// No answer within the time that the caller gives a probe.
        case timeout
        /// The answer to a request of the conformance check cannot be read; the pings drop such answers and wait on.
        case malformed(ParseError)
        case network(NetworkError)
    }

    public enum Event: Sendable {
        case answered(Answer)
        /// A request was sent again: its number, and how many were sent by now.
        case retransmitted(sequence: Int, sends: Int)
        case lost(Loss)
        /// The flow has failed (RFC 5626 §4.4.2): the mapping is a new one.
        case mappedAddressChanged(from: TransportAddress, to: TransportAddress, sequence: Int, after: Duration)
        /// An answer that came after its probe was given up, or once more.
        case late(sequence: Int, isDuplicate: Bool)
        /// What belongs to none of our requests.
        case ignored(STUNTransaction.Ignored)
        /// A STUN message under the ID of an open request that cannot be read.
        case malformedAnswer(sequence: Int, ParseError)
        /// An answer to an open request that came from another address or port than it went to.
        case answerFromElsewhere(sequence: Int, TransportAddress)
        case networkError(NetworkError)
        case sip(OptionsCheck.Event)
    }

    public typealias Output = ProbeOutput<Event>
    public typealias Input = ProbeInput
}
