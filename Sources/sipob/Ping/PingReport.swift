import ArgumentParser
import OutboundKit

/// Runs crlf-ping or ws-ping, puts the results out, and finds the exit status.
struct PingReport<Engine: FlowEngine>
where Engine.Command == StreamProbe.Command, Engine.Event == StreamProbe.Event {
    let command: String
    let plan: PingPlan
    let options: ProbeOptions
    let output: PingOutputOptions
    let engine: @Sendable (Int, Locator.Target) -> Engine
    let judge: (Int, StreamProbe.Observations) -> [Finding]

    func perform() async -> ExitCode {
        let clock = SystemClock()
        let interrupts = Interrupts()
        let style = TextStyle(isColored: Terminal.usesColor(output.shared.color), columns: 100)
        let text = PingText(command: command, style: style, verbose: output.shared.verbose)
        var reached = plan.goals
        var json = PingJSON(command: command, started: clock.now, isStream: output.jsonLines)
        let isTalkative = output.isTalkative
        let run = PingRun(
            goals: plan.goals, local: options.local, tls: plan.tls, until: plan.schedule.end(from: clock.now),
            clock: clock, engine: engine)
        var (results, isInterrupted) = await run.perform(interrupts) { happening in
            switch happening {
            case .opened(let index, let server, let flow, let info):
                reached[index].server = server
                if isTalkative { put(text.opening(reached[index], from: flow, info)) }
            case .event(let index, let event):
                if output.needsJSON, let line = json.take(event, from: index) { put(line) }
                if isTalkative, let line = text.line(event, from: reached[index]) { put(line) }
            case .turned(_, let why, let next):
                if isTalkative { put("\(why); trying \(next.address) (\(next.transport)).") }
            case .refused, .tlsBroke, .done, .signal: break
            }
        }
        for index in results.indices where results[index].flow != nil {
            // What TLS kept from the server it need not have answered.
            guard results[index].tlsFailure == nil else { continue }
            results[index].findings = judge(index, results[index].seen)
        }
        let (code, reason) = exit(results, isInterrupted)
        let ended = clock.now
        let status = output.end(
            document: json.document(results, ended: ended, code: code, reason: reason),
            text: {
                results.filter { $0.flow != nil }.flatMap { result in
                    output.shared.quiet ? [text.verdict(result)] : text.closing(result)
                }
            },
            junit: ProbeJUnit(
                results.map { target($0) },
                ReportRun(
                    command: command, version: sipobVersion, started: json.started,
                    duration: ended.nanoseconds(since: json.started), sources: results.map(\.goal.name)),
                strict: options.strict),
            code: code)
        for result in results { complain(result, isInterrupted) }
        return status
    }

    private func put(_ line: String) { put(Array((line + "\n").utf8)) }

    /// Once the reader has seen enough, nobody is left to ping for.
    private func put(_ octets: [UInt8]) {
        if !Terminal.write(octets) { Terminal.endWithReader() }
    }

    /// For build servers.
    private func target(_ result: PingResult) -> ProbeJUnit.Target {
        let failure: String? =
            if let refusal = result.refusal {
                refusal.description
            } else if let broke = result.tlsFailure {
                "TLS broke: \(broke)"
            } else if result.isUnreachable || result.flowHasFailed {
                PingJSON.error(result) ?? "no pong in time"
            } else if result.seen.answered == 0 {
                "no pong"
            } else {
                nil
            }
        return ProbeJUnit.Target(
            name: result.goal.name, findings: result.findings,
            counts: "\(result.seen.answered) of \(counted(result.seen.sent, "ping")) answered", failure: failure)
    }

    private func exit(_ results: [PingResult], _ isInterrupted: Bool) -> (ExitCode, String) {
        if isInterrupted { return (ExitStatus.interrupted, "interrupted") }
        let counts = VerdictCounts(results.flatMap(\.findings))
        if counts.fail > 0 { return (ExitStatus.violation, "fail") }
        if results.contains(where: { $0.isUnreachable || $0.tlsFailure != nil }) {
            return (ExitStatus.failure, "unreachable")
        }
        if results.contains(where: { $0.flowHasFailed }) { return (ExitStatus.violation, "flow failed") }
        if options.strict, counts.warn > 0 { return (ExitStatus.violation, "warn") }
        if results.contains(where: { $0.seen.answered == 0 }) { return (ExitStatus.failure, "no answer") }
        return (.success, "pass")
    }

    /// One line on standard error for a target with which nothing could be done.
    private func complain(_ result: PingResult, _ isInterrupted: Bool) {
        // That was told when it was looked for.
        guard result.goal.unlocated == nil else { return }
        let end = "\(result.goal.end) (\(result.goal.transport))"
        if let refusal = result.refusal {
            return Terminal.complain("\(refusal); \(refusal.hostAdvice ?? Self.advice(refusal)).")
        }
        if let failure = result.tlsFailure { return Terminal.complain("TLS with \(end) broke: \(failure).") }
        guard result.flow != nil else {
            return Terminal.complain("interrupted before the connection to \(end) had come about.")
        }
        switch result.seen.ending {
        case .handshake(.timeout):
            let isCut = result.seen.ended - result.seen.started < WebSocketProber.handshakePatience
            let time = isCut ? "in the time that -w gives" : "within 10 s"
            Terminal.complain(
                "\(end) does not answer the WebSocket handshake \(time); check that the port speaks WebSocket.")
        case .handshake(.refused(let fault)):
            let advice = HandshakeAdvice.words(
                for: fault, path: "check the path of the URI, and what the server wants to see (--origin)")
            Terminal.complain("no WebSocket with \(end): \(Redaction.visible(fault.description)); \(advice).")
        case .flow(let loss) where result.seen.sent == 0:
            Terminal.complain("\(end): the connection was \(loss.words) before the first ping; check the port.")
        case .complete where result.seen.answered == 0 && result.seen.lost > 0:
            Terminal.complain("no pong from \(end) in the time that -W gives; leave it out to wait for 10 s.")
        case .complete where result.seen.sent == 0 && !isInterrupted:
            Terminal.complain("the time of -w was over before the first ping to \(end).")
        case .complete where result.seen.answered == 0 && result.seen.sent > 0 && !isInterrupted:
            Terminal.complain("no pong from \(end) when the time of -w was over; a pong may take 10 s.")
        case .complete, .pongTimeout, .flow, .webSocketClosed, .webSocketFault: break
        }
    }

    /// What to do about a connection that did not come about, where this host has nothing against it.
    private static func advice(_ refusal: TransportError) -> String {
        switch refusal.step {
        case .bind: "check --bind"
        case .secure: refusal.tlsAdvice
        case .connect where refusal.errorNumber == 0: "check the address and the firewalls on the way"
        default: "check the port, and that the server is up"
        }
    }
}
