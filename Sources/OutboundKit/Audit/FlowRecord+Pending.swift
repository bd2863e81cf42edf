/// Client pings on a stream that still wait for a pong, the oldest first. One is the rule: it is the flow's last ping. The
/// ones before it, if it comes to that, are kept apart.
extension FlowRecord {
    /// Pings kept; of more, the oldest are forgotten.
    private static let maximumWaiting = 256

    /// When the oldest was sent.
    var oldestWaiting: Int64? { waiting == 0 ? nil : waiting == 1 ? lastPing : earlierPings[0].time }

    /// The oldest one whose deadline has not been judged.
    var oldestUnjudged: (time: Int64, frame: UInt64)? {
        guard missed < waiting else { return nil }
        return missed == waiting - 1 ? (lastPing, lastKeepAliveFrame) : earlierPings[Int(missed)]
    }

    /// A ping is about to become the last one, and will wait for a pong.
    @inline(__always)
    mutating func queuePing() {
        if waiting > 0 { queueLastPing() }
        waiting &+= 1
    }

    @inline(never)
    private mutating func queueLastPing() {
        earlierPings.append((lastPing, lastKeepAliveFrame))
        guard waiting == Self.maximumWaiting else { return }
        earlierPings.removeFirst()
        waiting -= 1
        if missed > 0 { missed -= 1 }
    }

    /// Forgets the pings past their deadline, if a younger one waits for the pong at hand.
    mutating func dropMissed() {
        guard missed > 0, missed < waiting else { return }
        earlierPings.removeFirst(Int(missed))
        waiting -= missed
        missed = 0
    }

    /// The oldest ping, and whether its pong is late. There must be one.
    @inline(__always)
    mutating func removeOldestPing() -> (time: Int64, frame: UInt64?, late: Bool) {
        let late = missed > 0
        if late { missed -= 1 }
        waiting -= 1
        guard waiting > 0 else { return (lastPing, nil, late) }
        let (time, frame) = removeEarliest()
        return (time, frame, late)
    }

    @inline(never)
    private mutating func removeEarliest() -> (time: Int64, frame: UInt64) { earlierPings.removeFirst() }

    /// The oldest one was removed by mistake, just now.
    /// - Parameter frame: nil where it was the last ping.
    mutating func restoreOldestPing(_ time: Int64, _ frame: UInt64?, late: Bool) {
        if waiting > 0 || time != lastPing { earlierPings.insert((time, frame ?? 0), at: 0) }
        waiting += 1
        if late { missed += 1 }
    }

    mutating func forgetPings() {
        if waiting > 1 { earlierPings = [] }
        waiting = 0
        missed = 0
    }
}
