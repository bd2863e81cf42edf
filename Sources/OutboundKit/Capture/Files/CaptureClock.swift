/// The clock of the machine that wrote a capture, which may be set back meanwhile. Intervals are what is judged, so time then
/// goes on from where it was: what comes later is told as if nobody had touched the clock.
struct CaptureClock {
    /// Nanoseconds. Packets of several queues or interfaces may stand exchanged by less.
    static let tolerance: Int64 = 1_000_000_000
    /// One packet out of its order looks the same, but for those that follow it: so many are waited for.
    private static let trial = 8
    /// Captures whose packets are in no order have no clock to follow.
    private static let most = 16

    /// What the capture's times are behind, in nanoseconds.
    private(set) var offset: Int64 = 0
    /// The latest time before the capture was begun.
    private let start: Int64
    private var lastStep: Int64 = 0
    private var steps = 0
    private var left = 0

    /// - Parameter start: a capture that tells of times before it need not have been set back; `.max` follows no clock.
    init(start: Int64) { self.start = start }

    /// The last step may yet turn out to have been a packet out of its order.
    var isOnTrial: Bool { left > 0 }

    /// A packet's time lies behind the latest one.
    /// - Returns: whether the clock was set back.
    mutating func stepBack(from now: Int64, to time: Int64) -> Bool {
        guard now > start, steps < Self.most else { return false }
        steps += 1
        lastStep = now &- time
        offset &+= lastStep
        left = Self.trial
        return true
    }

    /// The next packet while the last step is on trial.
    /// - Returns: whether that was none, for the clock is where it was before.
    mutating func isRefuted(by time: Int64, now: Int64) -> Bool {
        left -= 1
        guard time &- now >= lastStep / 10 * 9 else { return false }
        offset &-= lastStep
        left = 0
        return true
    }
}
