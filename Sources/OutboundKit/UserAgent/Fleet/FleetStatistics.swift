/// What a fleet counts.
public struct FleetStatistics: Sendable {
    /// Flows whose first registration was started.
    public internal(set) var started = 0
    /// Flows that were registered at least once.
    public internal(set) var registered = 0
    /// Flows that are registered now, and the most that ever were at a time.
    public internal(set) var current = 0
    public internal(set) var peak = 0
    /// Flows whose first attempt has come to its end, one way or the other.
    public internal(set) var settled = 0
    /// Flows whose 2xx did not say `Require: outbound`.
    public internal(set) var withoutOutbound = 0

    /// Attempts to register that failed before the flow was registered, by cause.
    public internal(set) var failures: [FleetCause: Int] = [:]
    /// Losses of flows that were registered, by cause.
    public internal(set) var losses: [FleetCause: Int] = [:]

    /// REGISTERs that bound or refreshed, and those of them that were answered while flows were held.
    public internal(set) var registrations = 0
    public internal(set) var registrationsHeld = 0
    /// Challenges that were answered with credentials.
    public internal(set) var challenges = 0
    /// REGISTERs and STUN requests that were sent again.
    public internal(set) var retransmissions = 0
    public internal(set) var keepAlives = 0
    public internal(set) var keepAlivesAnswered = 0
    /// Messages and datagrams that belong to nothing, and requests of the other side.
    public internal(set) var ignored = 0
    public internal(set) var requests = 0

    /// From a REGISTER, sent once, to its final answer, in nanoseconds.
    public internal(set) var registerTime = TimeHistogram()
    /// From a keep-alive, sent once, to its answer.
    public internal(set) var keepAliveTime = TimeHistogram()

    /// Flows that were lost and registered again, and how long that took from the loss.
    public internal(set) var recovered = 0
    public internal(set) var recoveryTime = TimeHistogram()
    /// Flows that were opened again, or tried to.
    public internal(set) var recoveryAttempts = 0

    /// From where a server answered that did not answer from where the requests went.
    public internal(set) var elsewhere: TransportAddress?

    public internal(set) var removed = 0
    /// Bindings whose removal was not confirmed.
    public internal(set) var mayRemain = 0

    /// From the start to the last first attempt's end; nil before.
    public internal(set) var rampTime: Duration?
    /// How long flows were held; nil before they are.
    public internal(set) var holdTime: Duration?

    public init() {}

    public var failed: Int { failures.values.reduce(0, +) }
    public var lost: Int { losses.values.reduce(0, +) }
}
