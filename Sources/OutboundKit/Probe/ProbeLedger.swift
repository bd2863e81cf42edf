/// Which pings are out, which is due, and what came of them: the part of a prober that does not care how a ping looks.
struct ProbeLedger: Sendable {
    /// The most pings that may be out at once; further ones wait.
    static let openLimit = 1024

    struct Ping: Sendable {
        let sequence: Int
        let form: StreamProbe.Form
        let sent: Timestamp
        /// What a WebSocket Pong must carry.
        var payload: [UInt8] = []
        var pongsDue = 1
        var pongs = 0
        var firstPongAt: Timestamp?
        /// Counted as lost already; its pong is still awaited, since pongs carry no number.
        var isGivenUp = false
    }

    private enum State: Sendable {
        /// → running, on start.
        case idle
        /// → draining, with the last ping; → ended.
        case running(nextAt: Timestamp)
        case draining
        case ended
    }

    /// What a moment asks for.
    enum Due: Sendable {
        case ping(sequence: Int)
        case lost(StreamProbe.Loss)
        /// The oldest ping has waited 10 s.
        case flowFailure
        case timeIsUp
    }

    private let schedule: ProbeSchedule
    private var generator: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var endAt: Timestamp?
    private(set) var sent = 0
    /// Oldest first.
    var open: [Ping] = []

    init(_ schedule: ProbeSchedule, using generator: any RandomNumberGenerator & Sendable) {
        self.schedule = schedule
        self.generator = generator
    }

    var isRunning: Bool {
        switch state {
        case .running, .draining: true
        case .idle, .ended: false
        }
    }

    /// All pings were sent, and answered or given up.
    var isDone: Bool {
        if case .draining = state { return open.allSatisfy(\.isGivenUp) }
        return false
    }

    /// When a ping is given up: after the caller's patience or, by RFC 5626 §4.4.1, after 10 s and `grace`.
    private func patience(_ grace: Duration) -> Duration {
        guard let timeout = schedule.timeout, timeout < StreamProbe.pongTimeout else {
            return StreamProbe.pongTimeout + grace
        }
        return timeout
    }

    mutating func start(at now: Timestamp) {
        endAt = schedule.end(from: now)
        state = .running(nextAt: now)
    }

    mutating func end() {
        state = .ended
        open.removeAll()
    }

    mutating func random8() -> [UInt8] {
        (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// When something is due.
    /// - Parameters:
    ///   - holdsPings: no new ping is to go out now.
    ///   - grace: how much longer than 10 s a pong may take at present.
    func deadline(holdsPings: Bool, grace: Duration = .zero) -> Timestamp? {
        guard isRunning else { return nil }
        var earliest = endAt
        func consider(_ time: Timestamp) { earliest = earliest.map { min($0, time) } ?? time }
        if case .running(let nextAt) = state, mayPing, !holdsPings { consider(nextAt) }
        if let oldest = open.first { consider(oldest.sent + StreamProbe.pongTimeout + grace) }
        if let patient = open.first(where: { !$0.isGivenUp }) { consider(patient.sent + patience(grace)) }
        return earliest
    }

    private var mayPing: Bool {
        guard open.count < Self.openLimit else { return false }
        return !schedule.isBackToBack || open.isEmpty
    }

    /// The next thing to do at `now`; ask until it returns nil.
    mutating func due(at now: Timestamp, holdsPings: Bool, grace: Duration = .zero) -> Due? {
        guard isRunning else { return nil }
        if let endAt, now >= endAt { return .timeIsUp }
        if let index = open.firstIndex(where: { !$0.isGivenUp }), now >= open[index].sent + patience(grace) {
            open[index].isGivenUp = true
            let ping = open[index]
            return .lost(
                StreamProbe.Loss(
                    sequence: ping.sequence, form: ping.form, sent: ping.sent, elapsed: now - ping.sent,
                    reason: .timeout))
        }
        if let oldest = open.first, now >= oldest.sent + StreamProbe.pongTimeout + grace { return .flowFailure }
        guard case .running(let nextAt) = state, now >= nextAt, mayPing, !holdsPings else { return nil }
        sent += 1
        let isLast = schedule.count.map { sent >= $0 } ?? false
        // Counted from the time it was due, so that a late wake-up does not shift all later pings; but no catching up.
        state = isLast ? .draining : .running(nextAt: max(nextAt + schedule.interval(using: &generator), now))
        return .ping(sequence: sent)
    }

    /// The oldest ping that waits, as a loss by now: it may have been counted as one before, after less time.
    func overdue(at now: Timestamp) -> StreamProbe.Loss? {
        open.first.map { ping in
            StreamProbe.Loss(
                sequence: ping.sequence, form: ping.form, sent: ping.sent, elapsed: now - ping.sent, reason: .timeout)
        }
    }

    /// Gives up what is open, because the flow is gone.
    mutating func lose(_ reason: StreamProbe.LossReason, at now: Timestamp) -> [StreamProbe.Loss] {
        let losses = open.filter { !$0.isGivenUp }.map { ping in
            StreamProbe.Loss(
                sequence: ping.sequence, form: ping.form, sent: ping.sent, elapsed: now - ping.sent, reason: reason)
        }
        open.removeAll()
        return losses
    }
}

extension StreamProbe.Observations {
    mutating func take(_ answer: StreamProbe.Answer) {
        answeredForms[answer.form, default: 0] += 1
        if answer.elapsed > slowest?.elapsed ?? .zero { slowest = answer }
        // The ping of a check is none of the schedule's.
        guard answer.sequence > 0 else { return }
        answered += 1
        roundTrips.add(answer.elapsed.inNanoseconds)
    }

    mutating func take(_ loss: StreamProbe.Loss) {
        if loss.sequence > 0 { lost += 1 }
        if unanswered == nil { unanswered = loss }
    }

    mutating func takeUnreadable(_ words: String, at now: Timestamp) {
        unreadableCount += 1
        if unreadable == nil { unreadable = (words, now) }
    }
}

extension SIPMessage {
    /// What a person knows the message by: `OPTIONS sip:a@b` or `200 OK`.
    var firstLine: String {
        let word = text(startLineText)
        return isRequest ? "\(word) \(text(requestURI))" : "\(statusCode) \(word)"
    }
}
