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
        findings += handshakeFault
        for outcome in record.keepAlives { findings += keepAlive(outcome) }
        if record.bound != nil { findings += earlyClose }
        if let (grant, _) = record.bound {
            findings = tokens.refine(
                findings, path: grant.path, subject: subject, at: exchange?.ended ?? .zero)
        }
        if let removal = self.exchange(removing: true) {
            findings += ExchangeRules.judge(removal, vantage: .ua).filter { $0.requirement == removalRule }
        } else if record.isKept {
            findings.append(.skipped(removalRule, subject: subject, why: "the binding was kept (--keep-binding)"))
        }
        return findings
    }

    /// OB-KA-020: the run lasts less than a transaction may, so a server that closes within it closes too early.
    private var earlyClose: [Finding] {
        for entry in record.entries {
            guard case .close(let closing) = entry.event.what else { continue }
            let how = closing == .rst ? "reset" : "closed"
            let evidence = Evidence(
                time: entry.event.time, observed: "the server \(how) the connection",
                expected: "it stays open for 32 s after the last message")
            return [
                .warn(
                    "OB-KA-020", subject: subject, message: "the server \(how) the registered flow within the test",
                    evidence: [evidence])
            ]
        }
        return []
    }

    /// A 101 that is wrong is a fault; another status is a refusal, of which the server may have many.
    private var handshakeFault: [Finding] {
        guard case .failed(.webSocket(.notOpened(let fault))) = record.ending else { return [] }
        switch fault {
        case .status, .notHTTP: return []
        case .field, .subprotocol:
            return [
                .fail(
                    "OB-WS-005", subject: subject, message: "the handshake does not agree on the subprotocol sip",
                    evidence: Evidence(
                        observed: fault.description, expected: "a 101 with Sec-WebSocket-Protocol: sip"),
                    advice: "browsers' SIP stacks give up here: have the server answer by RFC 7118 section 4")
            ]
        }
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
