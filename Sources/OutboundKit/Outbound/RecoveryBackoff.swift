/// How long to wait before a flow is tried again (RFC 5626 §4.5):
///
///     W = min( max-time, base-time * 2 ^ consecutive-failures )       the wait is uniform in 50…100 % of W
///
/// The base is the low one when every flow of the set has failed, the high one while some flow is alive. After no
/// failure yet the formula gives 15–30 s and the table of Appendix A gives 0; the table is followed here, so that a
/// flow that had been a success is tried again at once.
public struct RecoveryBackoff: Hashable, Sendable {
    public let maxTime: Duration
    public let baseTimeAllFailed: Duration
    public let baseTimeSomeAlive: Duration

    /// - Precondition: all are positive.
    public init(
        maxTime: Duration = .seconds(1800), baseTimeAllFailed: Duration = .seconds(30),
        baseTimeSomeAlive: Duration = .seconds(90)
    ) {
        precondition(min(maxTime, baseTimeAllFailed, baseTimeSomeAlive) > .zero)
        self.maxTime = maxTime
        self.baseTimeAllFailed = baseTimeAllFailed
        self.baseTimeSomeAlive = baseTimeSomeAlive
    }

    /// W, the upper bound.
    ///
    /// - Parameter consecutiveFailures: counted for each URI of the outbound-proxy-set; a flow counts as a success only
    ///   when the registration succeeded and, where keep-alives are used, one of them was answered.
    public func upperBound(consecutiveFailures: Int, allFlowsFailed: Bool) -> Duration {
        precondition(consecutiveFailures >= 0)
        guard consecutiveFailures > 0 else { return .zero }
        var bound = allFlowsFailed ? baseTimeAllFailed : baseTimeSomeAlive
        for _ in 0..<min(consecutiveFailures, 64) {
            bound = bound * 2
            if bound >= maxTime { return maxTime }
        }
        return min(bound, maxTime)
    }

    /// The wait before the next attempt.
    public func draw(
        consecutiveFailures: Int, allFlowsFailed: Bool, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let bound = upperBound(consecutiveFailures: consecutiveFailures, allFlowsFailed: allFlowsFailed).inNanoseconds
        return .nanoseconds(Int64.random(in: (bound - bound / 2)...bound, using: &generator))
    }
}
