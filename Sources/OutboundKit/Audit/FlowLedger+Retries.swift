extension FlowLedger {
    /// The next REGISTER after a refresh that got 500 or 503 with Retry-After. A removal need not wait for it. With another
    /// Call-ID it may be the first of a phone that was started anew, which a stream does not outlive.
    mutating func noteRetry(
        after refusal: BindingHistory.Refusal, from current: Int, on index: Int, time: Int64, frame: UInt64
    ) {
        guard let after = refusal.retryAfter, time &- refusal.time < after - .second / 2,
            let pending = flows[index].pendingRegisters.last, pending.requestedExpires != 0,
            flows[index].server == flows[current].server
        else { return }
        let callID =
            pending.registration < 0 ? 0 : flows[index].registrations.with(pending.registration) { $0.callID }
        let mayBeAnew = callID != refusal.callID && (index != current || !flows[index].isStream)
        flows[index].log.add(
            mayBeAnew ? .startedTooSoon : .retriedTooSoon, time, frame, refusal.time, after, Int64(refusal.status))
    }
}
