/// One of the further questions to a server, while it runs (`StreamProbe.Check`): what is sent when, and what came.
struct StreamCheckRun: Sendable {
    /// How long the second half of a message is kept back.
    static let halfPause: Duration = .seconds(1)
    /// CRLFs that are no pings, for a body: who looks for pings everywhere finds four in it.
    static let body = [UInt8]((0..<8).flatMap { _ in [ASCII.cr, ASCII.lf] })

    enum Phase: Sendable {
        /// Half of the request is out; the rest goes out then. → response
        case half(rest: [UInt8], at: Timestamp)
        /// → pong, or done
        case response(until: Timestamp)
        /// The ping after a half-sent message. → done
        case pong(since: Timestamp)
        case done
    }

    let callID: String
    private let patience: Duration
    private(set) var phase: Phase
    private(set) var result: StreamProbe.CheckResult
    private var complete: Timestamp
    /// What goes out at once.
    let first: [UInt8]

    init(
        _ check: StreamProbe.Check, uri: String, flow: Flow, identity: OptionsCheck.Identity, patience: Duration,
        at now: Timestamp
    ) {
        callID = identity.callID
        self.patience = patience
        complete = now
        result = StreamProbe.CheckResult(check: check, started: now, ended: now)
        let request = OptionsCheck.request(
            uri: uri, transport: flow.transport, local: flow.local, identity: identity,
            body: check == .halfMessage ? Self.body : [])
        switch check {
        case .options:
            first = request
            phase = .response(until: now + patience)
        case .crlfBeforeOptions:
            first = [ASCII.cr, ASCII.lf] + request
            phase = .response(until: now + patience)
        case .halfMessage:
            first = Array(request[..<(request.count / 2)])
            phase = .half(rest: Array(request[(request.count / 2)...]), at: now + Self.halfPause)
        }
    }

    var isDone: Bool {
        if case .done = phase { return true }
        return false
    }

    var deadline: Timestamp? {
        switch phase {
        case .half(_, let at): at
        case .response(let until): until
        case .pong(let since): since + StreamProbe.pongTimeout
        case .done: nil
        }
    }

    /// What is due at `now`: octets to send, or nothing.
    mutating func timerFired(at now: Timestamp) -> [UInt8]? {
        guard let deadline, now >= deadline else { return nil }
        switch phase {
        case .half(let rest, _):
            complete = now
            phase = .response(until: now + patience)
            return rest
        case .response: end(at: now)
        case .pong:
            result.pongAfter = false
            end(at: now)
        case .done: break
        }
        return nil
    }

    /// A final response to the request; what to send then, if anything.
    mutating func answered(_ status: UInt16, _ reason: String, at now: Timestamp) -> [UInt8]? {
        guard result.status == nil else { return nil }
        switch phase {
        case .half, .response: break
        case .pong, .done: return nil
        }
        result.status = status
        result.reason = reason
        result.elapsed = now - complete
        // A server that refuses a request of which it has seen one half only has not understood the rest.
        if case .half = phase { result.elapsed = .zero }
        guard result.check == .halfMessage, case .response = phase else {
            end(at: now)
            return nil
        }
        phase = .pong(since: now)
        return [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]
    }

    /// A CRLF came: the pong that is awaited (its time is returned), or one that nobody asked for.
    mutating func crlf(at now: Timestamp) -> Timestamp? {
        if case .pong(let since) = phase {
            result.pongAfter = true
            end(at: now)
            return since
        }
        result.strayCRLFs += 1
        if result.firstStray == nil { result.firstStray = now }
        return nil
    }

    mutating func flowEnded(_ loss: FlowLoss, at now: Timestamp) {
        result.flowLoss = loss
        end(at: now)
    }

    mutating func cut(at now: Timestamp) {
        result.isCut = true
        end(at: now)
    }

    private mutating func end(at now: Timestamp) {
        result.ended = now
        phase = .done
    }
}
