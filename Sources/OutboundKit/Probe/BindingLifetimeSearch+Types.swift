extension BindingLifetimeSearch {
    public struct Settings: Sendable {
        /// The first silence; each further one is twice as long until a mapping is lost or `maximum` is reached.
        public var first: Duration = .seconds(15)
        public var maximum: Duration = .seconds(600)
        /// The search ends when the bounds are this close.
        public var resolution: Duration = .seconds(5)
        public var timing = STUNTiming.standard
        public var software: String?

        public init() {}
    }

    /// Between which times of silence the mapping is lost.
    public struct Bounds: Sendable, Hashable {
        /// The longest silence after which the mapping was still there; zero when none was.
        public var lower: Duration = .zero
        /// The shortest silence after which it was another; nil when none was.
        public var upper: Duration?
    }

    public enum Ending: Sendable, Hashable {
        /// The bounds are as close as asked for, or as the round-trip time allows, and the upper one was seen twice.
        case found
        /// Unchanged after a silence of `maximum`.
        case longerThanMaximum
        /// The mapped address is the socket's own: nothing on the way translates.
        case noTranslation
        /// The mapped address changed within `settling`: shorter than anything this search measures, or every request
        /// gets a mapping of its own.
        case unsteady
        /// One silence contradicts another, several times: the mapping goes for other reasons than time.
        case contradictory
        /// No silence lasted: the server or another host sends datagrams through the mapping.
        case disturbed
        /// No answer to the full schedule of requests, twice.
        case unanswered
        /// An answer without a mapped address, or an error response with this code.
        case unusable(code: UInt16?)
        case network(NetworkError)
        /// Stopped by the caller.
        case stopped
    }

    public struct Result: Sendable, Hashable {
        public let ending: Ending
        public let bounds: Bounds
        /// The mapped address of the latest answer.
        public let mappedAddress: TransportAddress?
        /// The NAT gave the socket's own port number. It would probably do so again, so that an unchanged address does not
        /// prove that the mapping was kept.
        public let keepsPortNumber: Bool
        /// How many silences were waited through.
        public let silences: Int

        /// What the bounds say of an interval between keep-alives: true when a mapping outlives it, false when it may be
        /// lost within it, nil when the search cannot tell.
        ///
        /// A changed address proves a loss whatever the NAT's ways with port numbers; an unchanged one proves nothing where
        /// those are kept.
        public func outlives(_ interval: Duration) -> Bool? {
            if ending == .contradictory { return nil }
            if let upper = bounds.upper, upper <= interval { return false }
            if bounds.lower >= interval { return keepsPortNumber && bounds.upper == nil ? nil : true }
            // Between the bounds the mapping may or may not last.
            return nil
        }
    }

    public enum Event: Sendable, Hashable {
        /// The first answer.
        case mapped(TransportAddress)
        /// A silence of this length begins; `number` from 1.
        case silent(Duration, number: Int)
        /// The mapping was there after this silence.
        case kept(Duration)
        /// It was another.
        case lost(Duration, from: TransportAddress, to: TransportAddress)
        /// A request was sent again: how many were sent by now.
        case retransmitted(sends: Int)
        /// Something came during a silence, which therefore starts again: it may have kept the mapping alive.
        case disturbed
        case networkError(NetworkError)
        case ended(Result)
    }
}
