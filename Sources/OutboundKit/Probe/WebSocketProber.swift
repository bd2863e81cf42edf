/// Pings a SIP server over one WebSocket connection, with Ping frames (RFC 6455 §5.5.2, RFC 7118 §6) or with CRLFCRLF in
/// text frames (RFC 7118 §6, RFC 5626 §4.4.1). What it all means is for `WebSocketProbeJudge` to say.
public struct WebSocketProber: FlowEngine {
    public typealias Command = StreamProbe.Command
    public typealias Event = StreamProbe.Event

    public struct Settings: Sendable {
        public var schedule = ProbeSchedule()
        /// CRLFCRLF text frames instead of Ping frames.
        public var crlf = false
        public var request: WebSocketHandshake.Request

        public init(request: WebSocketHandshake.Request) {
            self.request = request
        }
    }

    /// How long the handshake may take, and at the end the answer to our Close.
    public static let handshakePatience: Duration = .seconds(10)
    static let closePatience: Duration = .seconds(1)

    private enum State {
        /// → handshake, when the flow is up.
        case idle
        /// → open or ended
        case handshake(until: Timestamp)
        /// → closing or ended
        case open
        /// Our Close is out. → ended
        case closing(until: Timestamp)
        case ended
    }

    private let settings: Settings
    private var state = State.idle
    private var flow: FlowID?
    private var ledger: ProbeLedger
    private var session: WebSocketSession<AnyGenerator>
    private var seen = StreamProbe.Observations()
    private var outputs = OutputQueue<EngineOutput<Event>>()

    /// - Parameter generator: also draws keys and masks, so it must be of cryptographic quality.
    public init(_ settings: Settings, using generator: any RandomNumberGenerator & Sendable) {
        self.settings = settings
        ledger = ProbeLedger(settings.schedule, using: generator)
        session = WebSocketSession(client: settings.request, using: AnyGenerator(generator))
    }

    public mutating func next() -> EngineOutput<Event>? { outputs.next() }

    public var deadline: Timestamp? {
        switch state {
        case .idle, .ended: nil
        case .handshake(let until), .closing(let until): until
        case .open: ledger.deadline(holdsPings: false)
        }
    }

    public mutating func handle(_ input: EngineInput<Command>, at now: Timestamp) {
        switch input {
        case .up(let id, _):
            guard case .idle = state else { return }
            flow = id
            let patience = now + Self.handshakePatience
            state = .handshake(until: min(patience, settings.schedule.end(from: now) ?? patience))
            seen.started = now
            session.start()
            drain(at: now)
        case .timer: timerFired(at: now)
        case .command(.stop): close(at: now)
        case .down(_, let loss): lose(.flow(loss), loss, at: now)
        }
    }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        seen.lastSign = now
        session.receive(bytes)
        drain(at: now)
        advance(at: now)
    }
}

extension WebSocketProber {
    private var isEnded: Bool {
        if case .ended = state { return true }
        return false
    }

    private mutating func emit(_ event: Event) { outputs.append(.event(event)) }

    private mutating func timerFired(at now: Timestamp) {
        switch state {
        case .handshake(let until) where now >= until: end(.handshake(.timeout), at: now)
        case .closing(let until) where now >= until: end(seen.ending, at: now)
        case .open: advance(at: now)
        case .idle, .handshake, .closing, .ended: break
        }
    }

    private mutating func advance(at now: Timestamp) {
        while case .open = state, let due = ledger.due(at: now, holdsPings: false) {
            switch due {
            case .ping(let sequence): launch(sequence, at: now)
            case .lost(let loss):
                seen.take(loss)
                emit(.lost(loss))
            case .flowFailure:
                seen.ending = .pongTimeout
                seen.unanswered = ledger.overdue(at: now)
                for loss in ledger.lose(.timeout, at: now) {
                    seen.take(loss)
                    emit(.lost(loss))
                }
                close(at: now)
            case .timeIsUp: close(at: now)
            }
        }
        if case .open = state, ledger.isDone { close(at: now) }
    }

    private mutating func launch(_ sequence: Int, at now: Timestamp) {
        seen.sent = ledger.sent
        if settings.crlf {
            ledger.open.append(ProbeLedger.Ping(sequence: sequence, form: .textFrame, sent: now))
            session.send(CRLFProber.ping, isText: true)
        } else {
            // Random, so that a Pong proves that this Ping was read.
            let payload = ledger.random8()
            ledger.open.append(ProbeLedger.Ping(sequence: sequence, form: .pingFrame, sent: now, payload: payload))
            session.ping(payload)
        }
        drain(at: now)
    }

    private mutating func drain(at now: Timestamp) {
        while !isEnded, let output = session.next() {
            switch output {
            case .send(let octets): if let flow { outputs.append(.send(octets, flow)) }
            case .event(let event): take(event, at: now)
            // The session has said why.
            case .end: end(seen.ending, at: now)
            }
        }
    }

    private mutating func take(_ event: WebSocketSession<AnyGenerator>.Event, at now: Timestamp) {
        switch event {
        case .opened(let server):
            state = .open
            seen.opened = now
            seen.server = server
            emit(.opened(server: server, elapsed: now - seen.started))
            ledger.start(at: now)
        case .notOpened(let fault): seen.ending = .handshake(.refused(fault))
        case .pong(let payload): takePong(payload, at: now)
        case .ping:
            seen.serverPings += 1
            emit(.note(.serverPing))
        case .message(let octets, _): takeMessage(octets, at: now)
        case .close(let close):
            // The answer to our own Close tells nothing new.
            if case .open = state { seen.ending = .webSocketClosed(close) }
        case .fault(let fault):
            if case .open = state { seen.ending = .webSocketFault(fault) }
            seen.takeUnreadable(fault.words, at: now)
        case .accepted, .refused: break
        }
    }

    private mutating func takePong(_ payload: [UInt8], at now: Timestamp) {
        guard !settings.crlf, let index = ledger.open.firstIndex(where: { $0.payload == payload }) else {
            // A Pong that answers no Ping is allowed, a one-way heartbeat (RFC 6455 §5.5.3).
            seen.foreignPongs += 1
            if seen.firstForeignPong == nil { seen.firstForeignPong = now }
            return emit(.note(.foreignPong))
        }
        // "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping frame(s),
        // the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
        for ping in ledger.open[...index] { settle(ping, at: now) }
        ledger.open.removeSubrange(...index)
    }

    private mutating func settle(_ ping: ProbeLedger.Ping, at now: Timestamp) {
        let elapsed = now - ping.sent
        guard !ping.isGivenUp else {
            seen.lateAnswers += 1
            return emit(.late(sequence: ping.sequence, elapsed: elapsed))
        }
        let answer = StreamProbe.Answer(
            sequence: ping.sequence, form: ping.form, sent: ping.sent, elapsed: elapsed, pongs: 1)
        seen.take(answer)
        emit(.answered(answer))
    }

    private mutating func takeMessage(_ octets: [UInt8], at now: Timestamp) {
        switch octets {
        case [ASCII.cr, ASCII.lf]:
            guard settings.crlf, !ledger.open.isEmpty else {
                seen.strayCRLFs += 1
                if seen.firstStray == nil { seen.firstStray = now }
                return emit(.note(.strayCRLF))
            }
            settle(ledger.open.removeFirst(), at: now)
        case CRLFProber.ping:
            // What does not come at once is a ping of the server's own.
            guard settings.crlf, let oldest = ledger.open.first, now - oldest.sent <= CRLFProbeJudge.atOnce else {
                seen.serverPings += 1
                session.send([ASCII.cr, ASCII.lf], isText: true)
                return emit(.note(.serverPing))
            }
            // An echo of the ping is an answer of the wrong form.
            seen.doubledPongs += 1
            if seen.firstDoubledPong == nil { seen.firstDoubledPong = now }
            emit(.note(.doubledPong))
            settle(ledger.open.removeFirst(), at: now)
        default:
            seen.otherMessages += 1
            var message = SIPMessage()
            if (try? unsafe MessageParser.parse(octets.span.bytes, into: &message)) != nil {
                if octets.first == ASCII.cr || octets.first == ASCII.lf {
                    seen.gluedCRLFs += 1
                    if seen.firstGluedCRLF == nil { seen.firstGluedCRLF = now }
                }
                emit(.note(.sip(message.firstLine)))
            } else {
                emit(.note(.otherMessage(octets.count)))
            }
        }
    }

    // MARK: the end

    /// Closes in order where there is something to close.
    private mutating func close(at now: Timestamp) {
        switch state {
        case .open:
            ledger.end()
            seen.ended = now
            state = .closing(until: now + Self.closePatience)
            session.close()
            drain(at: now)
        case .idle, .handshake: end(seen.ending, at: now)
        case .closing, .ended: break
        }
    }

    private mutating func lose(_ ending: StreamProbe.Ending, _ loss: FlowLoss, at now: Timestamp) {
        switch state {
        case .idle, .ended: return
        case .closing: return end(seen.ending, at: now)
        case .handshake, .open: break
        }
        for lost in ledger.lose(.flow(loss), at: now) {
            seen.take(lost)
            emit(.lost(lost))
        }
        end(ending, at: now)
    }

    private mutating func end(_ ending: StreamProbe.Ending, at now: Timestamp) {
        guard !isEnded, let flow else { return }
        // Who broke the protocol was hung up on: that says nothing of the Pongs that were still to come.
        let reason: StreamProbe.LossReason =
            if case .webSocketFault = ending { .abandoned } else { .flow(.closedByPeer) }
        for lost in ledger.lose(reason, at: now) {
            seen.take(lost)
            emit(.lost(lost))
        }
        if case .closing = state {} else { seen.ended = now }
        state = .ended
        ledger.end()
        seen.ending = ending
        emit(.finished(seen))
        outputs.append(.close(flow))
    }
}
