/// Captures whose times go back.
extension CapturePipeline {
    /// A packet's time lies more than the tolerance before the latest one. Of captures that are read side by side each may
    /// have a clock of its own, and nothing can be told.
    @inline(never)
    mutating func followClock(_ record: inout CaptureRecord) {
        guard clock.stepBack(from: now, to: record.time) else { return }
        unjudged.clockSteps += 1
        record.time = now
        // How long ago the packet before was is not known.
        lackPackets()
    }

    /// One of the next packets: it may show that the clock was left alone.
    mutating func tryClock(_ record: inout CaptureRecord) {
        let before = clock.offset
        let isRefuted = clock.isRefuted(by: record.time, now: now)
        if !clock.isOnTrial { resetAlarm() }
        guard isRefuted else { return }
        record.time &-= before &- clock.offset
        unjudged.clockSteps -= 1
        unjudged.strayTimes += 1
    }
}
