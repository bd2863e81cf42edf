/// When probes go out and when it is enough: ping's options, and the pacing of RFC 5626.
public struct ProbeSchedule: Sendable, Hashable {
    public enum Pacing: Sendable, Hashable {
        /// One probe each so long, whether or not the one before was answered; zero: each when the one before is done.
        case every(Duration)
        /// As a client keeps its flow alive: a new random interval each time (RFC 5626 §4.4).
        case keepAlive(KeepAliveInterval)
    }

    /// nil: until interrupted.
    public let count: Int?
    public let pacing: Pacing
    /// From `begun` to the end of everything; nil: no limit.
    public let deadline: Duration?
    /// When the time of `deadline` began, where that was before the flow was up; nil: with the first probe.
    public var begun: Timestamp?
    /// How long one probe may take; nil: as long as its protocol waits.
    public let timeout: Duration?

    /// - Precondition: `count`, where given, is positive, and no time is negative.
    public init(
        count: Int? = nil, pacing: Pacing = .every(.seconds(1)), deadline: Duration? = nil, timeout: Duration? = nil
    ) {
        precondition(count.map { $0 > 0 } ?? true && deadline.map { $0 > .zero } ?? true)
        precondition(timeout.map { $0 > .zero } ?? true)
        if case .every(let interval) = pacing { precondition(interval >= .zero) }
        self.count = count
        self.pacing = pacing
        self.deadline = deadline
        self.timeout = timeout
    }

    /// Whether a probe follows as soon as the one before is done.
    public var isBackToBack: Bool { pacing == .every(.zero) }

    /// When all is over, for probes of which the first goes out at `now`; nil: never.
    public func end(from now: Timestamp) -> Timestamp? { deadline.map { (begun ?? now) + $0 } }

    func interval(using generator: inout some RandomNumberGenerator) -> Duration {
        switch pacing {
        case .every(let interval): interval
        case .keepAlive(let interval): interval.draw(using: &generator)
        }
    }
}
