import Glibc

/// The time of day at the start, carried on by the monotonic clock: timestamps that never step back when the host's
/// clock is set.
public struct SystemClock: Sendable {
    private let offset: Int64

    public init() {
        offset = Self.read(CLOCK_REALTIME) &- Self.read(CLOCK_MONOTONIC)
    }

    public var now: Timestamp { Timestamp(nanoseconds: Self.read(CLOCK_MONOTONIC) &+ offset) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
