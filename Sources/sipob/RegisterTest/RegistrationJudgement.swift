import OutboundKit

/// The findings of one run: what the rulebook says of the REGISTER and its answer, of the keep-alive, of the token and
/// of the removal.
struct RegistrationJudgement {
    let plan: RegisterTestPlan
    let record: RegistrationRecord
    let tokens: TokenReader

    /// What findings are about.
    var subject: String { record.flow.map { "\($0)" } ?? "\(plan.target)" }

    var findings: [Finding] {
        let removalRule: Requirement.ID = "OB-REG-023"
        let exchange = exchange(removing: false)
        var findings: [Finding] = []
        if let exchange {
            findings += ExchangeRules.judge(exchange, vantage: .ua).filter { $0.requirement != removalRule }
        }
        if record.isWebSocketOpen {
            findings.append(
                .pass("OB-WS-005", subject: subject, message: "the handshake agrees on the subprotocol sip"))
        }
        findings += webSocketFault
        let unframed = record.unframed.map { Finding.unframedAnswer($0, subject: subject) }
        for fault in [elsewhere, unframed].compactMap({ $0 }) {
            findings.removeAll { $0.requirement == fault.requirement }
            findings.append(fault)
        }
        // It came, whatever its form.
        if record.unframed != nil { findings.removeAll { $0.requirement == "OB-REG-032" && $0.verdict == .fail } }
        for outcome in record.keepAlives { findings += keepAlive(outcome) }
        findings += doublePong
        if record.bound != nil { findings += earlyClose + brokenPromise }
        if let (grant, _) = record.bound {
            let time = exchange?.ended ?? .zero
            findings = tokens.refine(findings, path: grant.path, subject: subject, at: time)
            let end = TokenReader.OwnEnd(local: record.flow?.local, reflexive: grant.reflexiveAddress)
            if let stray = tokens.strayToken(path: grant.path, of: end, subject: subject, at: time) {
                // A weakness of the token stands beside it; that nobody can tell does not.
                findings.removeAll { $0.requirement == stray.requirement && $0.verdict != .fail }
                findings.append(stray)
            }
        }
        if let removal = self.exchange(removing: true) {
            findings += ExchangeRules.judge(removal, vantage: .ua).filter { $0.requirement == removalRule }
        } else if record.isKept {
            findings.append(.skipped(removalRule, subject: subject, why: "the binding was kept (--keep-binding)"))
        }
        return findings
    }

    /// OB-RPORT-003: the answer came, but from where nobody behind a NAT would hear it.
    private var elsewhere: Finding? {
        guard let stranger = record.stranger, let flow = record.flow else { return nil }
        return .fail(
            "OB-RPORT-003", subject: subject, message: "the answer came from another address or port",
            evidence: Evidence(
                observed: "\(Redaction.visible(stranger.line)) from \(stranger.source)",
                expected: "an answer from \(flow.remote), where the request went"),
            advice: "have the server send from the socket that the request came in on: a NAT, and many a phone, lets "
                + "nothing else through")
    }

    /// The server ends the flow, by a Close frame where it is a WebSocket (RFC 6455 §5.5.1).
    private func isEnd(_ event: FlowEvent) -> Bool {
        switch event.what {
        case .close, .webSocketControl(.close): event.direction == .fromServer
        default: false
        }
    }

    /// OB-KA-020: the run lasts less than a transaction may, so a server that closes within it closes too early.
    private var earlyClose: [Finding] {
        for entry in record.entries where isEnd(entry.event) {
            var (how, observed) = ("closed", "the server closed the connection")
            switch entry.event.what {
            case .close(.rst): (how, observed) = ("reset", "the server reset the connection")
            case .webSocketControl(.close(let code)):
                observed = "Close frame of the server: \(WebSocketClose(code: code))"
            default: break
            }
            let evidence = Evidence(
                time: entry.event.time, observed: observed,
                expected: "it stays open for 32 s after the last message")
            return [
                .warn(
                    "OB-KA-020", subject: subject, message: "the server \(how) the registered flow within the test",
                    evidence: [evidence])
            ]
        }
        return []
    }

    /// OB-FT-006: a flow that the server ends before Flow-Timer has passed. Where a ping was under way, that tells.
    private var brokenPromise: [Finding] {
        guard record.keepAlives.allSatisfy(\.isAnswered), let grant = record.bound?.grant, grant.isOutbound,
            let promise = grant.flowTimerSeconds,
            let end = record.entries.firstIndex(where: { isEnd($0.event) })
        else { return [] }
        let ours = record.entries[..<end].filter { $0.event.direction == .fromClient }
        // Nothing is promised to who goes.
        let isGoing = ours.contains { entry in
            if case .sip(let message) = entry.event.what { return isRemoval(message) }
            return false
        }
        let closed = record.entries[end].event.time
        guard !isGoing, let last = ours.last?.event.time,
            (closed - last).inNanoseconds / 1_000_000_000 < Int64(clamping: promise)
        else { return [] }
        let silence = TextStyle.time(closed - last)
        // What is closed at once is no idle timeout, which advice on timers could mend.
        let isAtOnce = closed - last < .seconds(1)
        return [
            .fail(
                "OB-FT-006", subject: subject, message: "the server ended the flow before Flow-Timer had passed",
                evidence: Evidence(
                    time: closed, observed: "the end of the connection after \(silence) of silence",
                    expected: "it stays open for more than Flow-Timer, \(FlowTimer.words(promise))"),
                diagnosis: isAtOnce ? nil : "DX-FT-05",
                advice: isAtOnce
                    ? "look into the server's log for what it has against the message or ping that came before"
                    : DiagnosisTable["DX-FT-05"]?.advice)
        ]
    }

    /// OB-KA-003: what answers a ping is one CRLF; two are a ping of their own.
    private var doublePong: [Finding] {
        guard let outcome = record.keepAlives.first, outcome.technique == .crlf, outcome.isAnswered,
            record.flow?.transport.isWebSocket == false
        else { return [] }
        // From the pong on, to what we say next: CRLFs before the answer to that are no pongs (RFC 3261 §7.5).
        let since = record.entries.drop { $0.event.time < outcome.ended || $0.event.direction == .fromClient }
        let pongs = since.prefix { entry in
            guard case .crlf = entry.event.what else { return false }
            return entry.event.direction == .fromServer
        }.count
        guard pongs > 1 else { return [] }
        let octets = String(repeating: "CRLF", count: min(pongs, 4))
        return [
            .warn(
                "OB-KA-003", subject: subject, message: "the ping was answered with \(counted(pongs, "CRLF"))",
                evidence: [Evidence(time: outcome.ended, observed: octets, expected: "CRLF")],
                advice: "a CRLFCRLF is a ping: a peer that answers it keeps both busy")
        ]
    }

    /// A WebSocket that came to nothing, or had to be ended, for what the server did.
    private var webSocketFault: [Finding] {
        guard case .failed(.webSocket(let ending)) = record.ending else { return [] }
        return [Finding.brokenWebSocket(ending, subject: subject)].compactMap { $0 }
    }

    /// The last REGISTER that was to bind, or the last that was to remove, with the challenge before it.
    func exchange(removing: Bool) -> RegistrationExchange? {
        guard let flow = record.flow else { return nil }
        var current: RegistrationExchange?
        var challenged: RegistrationExchange.Challenged?
        var isOurs = false
        for entry in record.entries {
            guard case .sip(let message) = entry.event.what else { continue }
            switch entry.event.direction {
            case .fromClient where message.isRequest && message.method == .register:
                isOurs = isRemoval(message) == removing
                guard isOurs else { continue }
                if entry.attempt > 1 {
                    current?.transmissions = entry.attempt
                    continue
                }
                challenged = current.flatMap(challenge) ?? challenged
                current = RegistrationExchange(
                    subject: subject, flow: flow, request: message, sent: entry.event.time, response: nil,
                    ended: entry.event.time)
            case .fromServer where isOurs && !message.isRequest && current?.response == nil:
                if message.statusCode < 200 {
                    current?.provisionalCount += 1
                } else {
                    current?.response = message
                    current?.responseSource = flow.remote
                }
                current?.ended = entry.event.time
            case .fromClient, .fromServer:
                break
            }
        }
        return finished(current, challenged)
    }

    private func challenge(_ exchange: RegistrationExchange) -> RegistrationExchange.Challenged? {
        guard let response = exchange.response, [401, 407].contains(response.statusCode) else { return nil }
        return RegistrationExchange.Challenged(
            request: exchange.request, response: response, answered: exchange.ended)
    }

    private func finished(
        _ exchange: RegistrationExchange?, _ challenged: RegistrationExchange.Challenged?
    ) -> RegistrationExchange? {
        guard var exchange else { return nil }
        exchange.challenged = challenged
        exchange.firstHop = plan.usesEdge ? .edge : .unknown
        if exchange.response == nil { exchange.ended = waited(exchange) }
        if case .stun(let message)? = record.keepAlives.first?.result {
            exchange.mappedAddress = message.xorMappedAddress ?? message.plainMappedAddress
        }
        return exchange
    }

    /// Until when an answer was waited for: to the end of patience only where that ended the run.
    private func waited(_ exchange: RegistrationExchange) -> Timestamp {
        if case .failed(.timedOut) = record.ending, !record.isInterrupted { return exchange.sent + plan.patience }
        return max(exchange.ended, record.entries.last?.event.time ?? exchange.ended)
    }

    private func isRemoval(_ message: SIPMessage) -> Bool {
        (try? message.contacts())?.first?.expires == 0
    }

    private func keepAlive(_ outcome: KeepAliveOutcome) -> [Finding] {
        KeepAliveJudgement(
            outcome: outcome, subject: subject, flow: record.flow, reflexive: record.bound?.grant.reflexiveAddress
        ).findings
    }
}
