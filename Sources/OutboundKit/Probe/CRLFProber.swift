/// Pings a SIP server over one stream with CRLFCRLF (RFC 5626 §4.4.1, §5.4), as a phone does that keeps its flow alive.
///
/// Pongs carry no number and come in order, so each is taken for the oldest ping that waits. A ping without a pong for
/// 10 s is the end: the flow has failed. What it all means is for `CRLFProbeJudge` to say.
public struct CRLFProber: FlowEngine {
    public typealias Command = StreamProbe.Command
    public typealias Event = StreamProbe.Event

    public struct Settings: Sendable {
        public var schedule = ProbeSchedule()
        public var mode = Mode.whole
        /// OPTIONS on the same connection, alone and behind a CRLF.
        public var sipCheck = false
        /// An OPTIONS in two halves, with a pause between.
        public var halfMessage = false
        /// The Request-URI of the OPTIONS requests.
        public var uri = "sip:localhost"

        public init() {}

        var checks: [StreamProbe.Check] {
            // The half-sent message needs the whole one to be compared with.
            (sipCheck || halfMessage ? [.options] : []) + (sipCheck ? [.crlfBeforeOptions] : [])
                + (halfMessage ? [.halfMessage] : [])
        }
    }

    /// How pings are cut into segments.
    public enum Mode: Sendable, Hashable {
        /// One ping in one segment.
        case whole
        /// A ping in two segments, 200 ms apart: 1+3, 2+2 and 3+1 octets in turn.
        case split
        /// Two pings in one segment.
        case double
    }

    /// Between the segments of a split ping.
    static let splitPause: Duration = .milliseconds(200)
    /// How long the second pong of a double ping may be behind the first.
    static let secondPongPatience: Duration = .seconds(2)
    /// How long a message that is coming in may put off the verdict on a pong (RFC 5626 §4.4.1).
    static let messagePatience: Duration = .seconds(32)
    static let ping: [UInt8] = [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]

    private enum State {
        /// → running, when the flow is up.
        case idle
        /// → failing or ended
        case running
        /// A pong is missing; OPTIONS still goes out to tell whether the server lives. → ended
        case failing
        case ended
    }

    private let settings: Settings
    private var state = State.idle
    private var flow: (id: FlowID, ends: Flow)?
    private var ledger: ProbeLedger
    private var generator: any RandomNumberGenerator & Sendable
    private var framer = StreamFramer()
    private var seen = StreamProbe.Observations()
    private var checksToDo: [StreamProbe.Check]
    private var check: StreamCheckRun?
    /// The second segment of a split ping, which is not out yet.
    private var secondSegment: (octets: [UInt8], at: Timestamp, sequence: Int, form: StreamProbe.Form)?
    /// The time of the last CRLF that was a pong or a stray one, to know the second of a pair by.
    private var lastPong: Timestamp?
    private var lastStray: Timestamp?
    private var outputs = OutputQueue<EngineOutput<Event>>()

    public init(_ settings: Settings, using generator: any RandomNumberGenerator & Sendable) {
        self.settings = settings
        self.generator = generator
        ledger = ProbeLedger(settings.schedule, using: generator)
        checksToDo = settings.checks
    }

    public mutating func next() -> EngineOutput<Event>? { outputs.next() }

    public var deadline: Timestamp? {
        switch state {
        case .idle, .ended: return nil
        case .failing: return check?.deadline
        case .running: break
        }
        let times = [
            ledger.deadline(holdsPings: holdsPings, grace: grace),
            secondSegment?.at, check?.deadline, secondPongDue,
        ]
        return times.compactMap { $0 }.min()
    }

    public mutating func handle(_ input: EngineInput<Command>, at now: Timestamp) {
        switch input {
        case .up(let id, let ends):
            guard case .idle = state else { return }
            flow = (id, ends)
            state = .running
            seen.started = now
            ledger.start(at: now)
            advance(at: now)
        case .timer: advance(at: now)
        case .command(.stop): end(.complete, at: now)
        case .down(_, let loss): lose(loss, at: now)
        }
    }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        guard isAlive else { return }
        seen.lastSign = now
        framer.receive(bytes)
        var crlfs = 0
        while isAlive, let item = framer.next() {
            if case .crlf = item {
                crlfs += 1
                continue
            }
            takeCRLFs(crlfs, at: now)
            crlfs = 0
            switch item {
            case .crlf: break
            case .message(let message): take(message, at: now)
            case .stun: takeUnreadable("a STUN message on a stream", at: now)
            case .malformed(let error): takeUnreadable("a SIP message that cannot be read: \(error)", at: now)
            case .unrecognized(let count): takeUnreadable("\(counted(count, "octet")), no SIP", at: now)
            }
        }
        takeCRLFs(crlfs, at: now)
        advance(at: now)
    }
}

extension CRLFProber {
    private var isAlive: Bool {
        switch state {
        case .running, .failing: true
        case .idle, .ended: false
        }
    }

    /// No ping may go out: another one is only half out, a check must not be disturbed, or the pongs of two pings would
    /// be taken for those of the next.
    private var holdsPings: Bool {
        if settings.mode == .double, !ledger.open.isEmpty { return true }
        return secondSegment != nil || check != nil || !checksToDo.isEmpty && seen.answered > 0
    }

    /// A message that is coming in puts the verdict on a missing pong off.
    private var grace: Duration { framer.isSynchronized && !framer.isIdle ? Self.messagePatience : .zero }

    private var secondPongDue: Timestamp? {
        guard let oldest = ledger.open.first, oldest.pongs > 0 else { return nil }
        return oldest.firstPongAt.map { $0 + Self.secondPongPatience }
    }

    private mutating func emit(_ event: Event) { outputs.append(.event(event)) }

    private mutating func send(_ octets: [UInt8]) {
        if let flow { outputs.append(.send(octets, flow.id)) }
    }

    private mutating func takeUnreadable(_ words: String, at now: Timestamp) {
        seen.takeUnreadable(words, at: now)
        emit(.note(.unreadable(words)))
    }

    // MARK: pings

    private mutating func advance(at now: Timestamp) {
        guard isAlive else { return }
        if let segment = secondSegment, now >= segment.at {
            secondSegment = nil
            send(segment.octets)
            // The ping is whole from now on, and its pong due.
            ledger.open.append(ProbeLedger.Ping(sequence: segment.sequence, form: segment.form, sent: now))
        }
        if let due = secondPongDue, now >= due { settle(at: now) }
        advanceCheck(at: now)
        while case .running = state, let due = ledger.due(at: now, holdsPings: holdsPings, grace: grace) {
            switch due {
            case .ping(let sequence): launch(sequence, at: now)
            case .lost(let loss):
                seen.take(loss)
                emit(.lost(loss))
            case .flowFailure: fail(at: now)
            case .timeIsUp: end(.complete, at: now)
            }
        }
        // Without a pong there is nothing that a check could be compared with.
        if case .running = state, ledger.isDone, check == nil, secondSegment == nil,
            checksToDo.isEmpty || seen.answered == 0
        {
            end(.complete, at: now)
        }
    }

    private mutating func launch(_ sequence: Int, at now: Timestamp) {
        seen.sent = ledger.sent
        switch settings.mode {
        case .whole:
            send(Self.ping)
            ledger.open.append(ProbeLedger.Ping(sequence: sequence, form: .whole, sent: now))
        case .double:
            send(Self.ping + Self.ping)
            ledger.open.append(ProbeLedger.Ping(sequence: sequence, form: .double, sent: now, pongsDue: 2))
        case .split:
            let first = (sequence - 1) % 3 + 1
            send(Array(Self.ping[..<first]))
            secondSegment = (Array(Self.ping[first...]), now + Self.splitPause, sequence, .split(first))
        }
    }

    /// - Parameter count: how many stood one behind the other in what was read.
    private mutating func takeCRLFs(_ count: Int, at now: Timestamp) {
        guard count > 0, isAlive else { return }
        guard settings.mode == .whole, check == nil, let oldest = ledger.open.first else {
            for _ in 0..<count { takeCRLF(at: now) }
            return
        }
        if count == 2 {
            // One ping is answered by one CRLF, in the wrong form by two at once; two pings may get their pongs together.
            // Any other pair is a ping of the server's own, and the pongs are still to come.
            let pings = ledger.open.count
            let arePongs =
                pings == 1
                ? now - oldest.sent <= CRLFProbeJudge.atOnce : pings == 2 || seen.unpairedPongs > 0
            guard arePongs else { return takeServerPing() }
            if pings > 1 { seen.pairedPongs += 2 }
        } else if count % 2 == 1 {
            seen.unpairedPongs += 1
        }
        for _ in 0..<count { takeCRLF(at: now) }
    }

    /// The server pings us, and may expect a pong.
    private mutating func takeServerPing() {
        seen.serverPings += 1
        send([ASCII.cr, ASCII.lf])
        emit(.note(.serverPing))
    }

    private mutating func takeCRLF(at now: Timestamp) {
        if var run = check {
            if let since = run.crlf(at: now) {
                let answer = StreamProbe.Answer(
                    sequence: 0, form: .whole, sent: since, elapsed: now - since, pongs: 1)
                seen.take(answer)
                emit(.answered(answer))
            } else {
                emit(.note(.strayCRLF))
            }
            check = run
            return
        }
        guard !ledger.open.isEmpty else { return takeUnasked(at: now) }
        lastPong = now
        ledger.open[0].pongs += 1
        if ledger.open[0].firstPongAt == nil { ledger.open[0].firstPongAt = now }
        if ledger.open[0].pongs >= ledger.open[0].pongsDue { settle(at: now) }
    }

    /// A CRLF although no whole ping is out.
    private mutating func takeUnasked(at now: Timestamp) {
        if let segment = secondSegment {
            seen.earlyPongs += 1
            if seen.firstEarlyPong == nil { seen.firstEarlyPong = (segment.form, now) }
            emit(.note(.earlyPong(sequence: segment.sequence)))
        } else if lastPong == now {
            lastPong = nil
            seen.doubledPongs += 1
            if seen.firstDoubledPong == nil { seen.firstDoubledPong = now }
            emit(.note(.doubledPong))
        } else if lastStray == now {
            // Two in one segment and nothing asked.
            lastStray = nil
            seen.strayCRLFs -= 1
            takeServerPing()
        } else {
            lastStray = now
            seen.strayCRLFs += 1
            if seen.firstStray == nil { seen.firstStray = now }
            emit(.note(.strayCRLF))
        }
    }

    /// The oldest ping has its pong or, of two, as many as will come.
    private mutating func settle(at now: Timestamp) {
        let ping = ledger.open.removeFirst()
        let elapsed = (ping.firstPongAt ?? now) - ping.sent
        guard !ping.isGivenUp else {
            seen.lateAnswers += 1
            return emit(.late(sequence: ping.sequence, elapsed: elapsed))
        }
        let answer = StreamProbe.Answer(
            sequence: ping.sequence, form: ping.form, sent: ping.sent, elapsed: elapsed, pongs: ping.pongs)
        if ping.pongs < ping.pongsDue {
            seen.singlePongs += 1
            if seen.firstSinglePong == nil { seen.firstSinglePong = answer }
        }
        seen.take(answer)
        emit(.answered(answer))
    }

    // MARK: checks and SIP

    private mutating func take(_ message: SIPMessage, at now: Timestamp) {
        if var run = check, !message.isRequest, let callID = message.callID, message.text(callID) == run.callID {
            guard message.statusCode >= 200 else { return }
            let more = run.answered(message.statusCode, message.text(message.startLineText), at: now)
            check = run
            if let more { send(more) }
            return
        }
        seen.otherMessages += 1
        emit(.note(.sip(message.firstLine)))
    }

    private mutating func advanceCheck(at now: Timestamp) {
        if var run = check {
            if let octets = run.timerFired(at: now) { send(octets) }
            check = run
            if run.isDone { conclude(run.result, at: now) }
            guard isAlive else { return }
        }
        guard case .running = state, check == nil, seen.answered > 0, secondSegment == nil, ledger.open.isEmpty,
            !checksToDo.isEmpty
        else { return }
        begin(checksToDo.removeFirst(), at: now)
    }

    private mutating func begin(_ kind: StreamProbe.Check, at now: Timestamp, patience: Duration? = nil) {
        guard let flow else { return }
        let identity = OptionsCheck.Identity(using: &generator)
        let run = StreamCheckRun(
            kind, uri: settings.uri, flow: flow.ends, identity: identity,
            patience: patience ?? settings.schedule.timeout ?? OptionsCheck.timerF, at: now)
        send(run.first)
        check = run
    }

    private mutating func conclude(_ result: StreamProbe.CheckResult, at now: Timestamp) {
        check = nil
        seen.checks.append(result)
        emit(.checked(result))
        if case .failing = state { return end(.pongTimeout, at: now) }
        if result.pongAfter == false { end(.pongTimeout, at: now) }
    }

    // MARK: the end

    /// No pong for 10 s. Where OPTIONS was to be sent anyway, it tells whether the server lives at all.
    private mutating func fail(at now: Timestamp) {
        seen.unanswered = ledger.overdue(at: now)
        for loss in ledger.lose(.timeout, at: now) {
            seen.take(loss)
            emit(.lost(loss))
        }
        guard checksToDo.first == .options else { return end(.pongTimeout, at: now) }
        state = .failing
        checksToDo = []
        begin(.options, at: now, patience: .seconds(5))
    }

    private mutating func lose(_ loss: FlowLoss, at now: Timestamp) {
        guard isAlive else { return }
        for lost in ledger.lose(.flow(loss), at: now) {
            seen.take(lost)
            emit(.lost(lost))
        }
        if var run = check {
            run.flowEnded(loss, at: now)
            check = nil
            seen.checks.append(run.result)
            emit(.checked(run.result))
        }
        end(.flow(loss), at: now)
    }

    private mutating func end(_ ending: StreamProbe.Ending, at now: Timestamp) {
        guard isAlive, let flow else { return }
        if var run = check {
            run.cut(at: now)
            check = nil
            seen.checks.append(run.result)
        }
        state = .ended
        ledger.end()
        seen.ended = now
        seen.ending = ending
        emit(.finished(seen))
        outputs.append(.close(flow.id))
    }
}
