import ArgumentParser
import OutboundKit

/// Runs the probes and puts the results out.
struct StunPingRun {
    let targets: StunPingGoals
    let settings: STUNProber.Settings
    let sipCheck: Bool

    /// What became of one target.
    struct Result {
        let goal: StunPingGoal
        let local: TransportAddress
        let seen: STUNProber.Observations
        let findings: [Finding]

        /// RFC 5626 §4.4.2: an error response or a changed mapped address.
        var flowHasFailed: Bool { seen.mappedAddressChanges > 0 || seen.errorResponses > 0 }
    }

    /// - Returns: the exit status.
    func perform(_ output: PingOutputOptions, strict: Bool) throws -> ExitCode {
        let clock = SystemClock()
        let (goals, sockets) = (targets.goals, targets.sockets)
        var probers = goals.indices.map { index in
            var own = settings
            own.sipCheckURI = sipCheck ? goals[index].uri : nil
            return STUNProber(
                own, flow: FlowID(UInt32(index)), local: sockets[index].local, using: SystemRandomNumberGenerator())
        }
        let style = TextStyle(isColored: Terminal.usesColor(output.shared.color), columns: 100)
        let text = StunPingText(goals: goals, style: style, verbose: output.shared.verbose)
        var json = StunPingJSON(
            goals: goals, locals: sockets.map(\.local), started: clock.now, isStream: output.jsonLines)
        let isTalkative = output.isTalkative
        if isTalkative {
            for (goal, socket) in zip(goals, sockets) { Terminal.print(text.opening(goal, from: socket.local)) }
        }
        let ending = UDPSocketLoop(sockets, clock: clock, interruption: InterruptPipe.open())
            .run(&probers) { index, event in
                if output.needsJSON, let line = json.take(event, from: index) { Terminal.write(line) }
                if isTalkative, let line = text.line(event, from: index) {
                    Terminal.print(line)
                }
            }
        let results = zip(zip(goals, sockets), probers).map { pair, prober in
            var own = settings
            own.sipCheckURI = sipCheck ? pair.0.uri : nil
            let judge = STUNProbeJudge(
                prober.observations, settings: own, remote: pair.1.remote, local: pair.1.local, subject: pair.0.name)
            return Result(
                goal: pair.0, local: pair.1.local, seen: prober.observations, findings: judge.findings)
        }
        let (code, reason) = exit(results, ending, strict: strict)
        let ended = clock.now
        let status = output.end(
            document: json.document(results, targets.unprobed, ended: ended, code: code, reason: reason),
            text: { results.flatMap { output.shared.quiet ? [text.verdict($0)] : text.closing($0) } },
            junit: ProbeJUnit(
                results.map { target($0) } + targets.unprobed.map(target),
                ReportRun(
                    command: "stun-ping", version: sipobVersion, started: json.started,
                    duration: ended.nanoseconds(since: json.started), sources: targets.names),
                strict: strict),
            code: code)
        complain(results, ending)
        return status
    }

    /// For build servers.
    private func target(_ result: Result) -> ProbeJUnit.Target {
        let seen = result.seen
        let failure =
            seen.answered == 0
            ? seen.firstElsewhere.map { "only \($0.address) answers" } ?? seen.networkError.map(\.description)
                ?? "no answer"
            : seen.mappedAddressChanges > 0
                ? "the mapped address changed" : seen.errorResponses > 0 ? "error responses" : nil
        return ProbeJUnit.Target(
            name: result.goal.name, findings: result.findings,
            counts: "\(seen.answered) of \(counted(seen.sent, "probe")) answered", failure: failure)
    }

    private func target(_ goal: UnprobedGoal) -> ProbeJUnit.Target {
        ProbeJUnit.Target(
            name: goal.name, findings: [],
            counts: goal.remote == nil ? "no address to probe" : "no socket to probe from",
            failure: goal.error.description)
    }

    private func exit(_ results: [Result], _ ending: UDPSocketLoop.Ending, strict: Bool) -> (ExitCode, String) {
        if ending == .interrupted { return (ExitStatus.interrupted, "interrupted") }
        let counts = VerdictCounts(results.flatMap(\.findings))
        if counts.fail > 0 { return (ExitStatus.violation, "fail") }
        if results.contains(where: \.flowHasFailed) { return (ExitStatus.violation, "flow failed") }
        if strict, counts.warn > 0 { return (ExitStatus.violation, "warn") }
        if !targets.unprobed.isEmpty { return (ExitStatus.failure, "unreachable") }
        if results.contains(where: { $0.seen.answered == 0 }) { return (ExitStatus.failure, "no answer") }
        return (.success, "pass")
    }

    /// One line on standard error for each target without an answer.
    private func complain(_ results: [Result], _ ending: UDPSocketLoop.Ending) {
        guard ending == .finished else { return }
        for result in results where result.seen.answered == 0 {
            let end = "\(result.goal.remote) (udp)"
            if let error = result.seen.networkError, error.isHard {
                let advice =
                    switch error.origin {
                    case .icmp(3, 3), .icmpv6(1, 4): "nothing listens there: check the port, and that the server is up"
                    case .local: "check the address, --bind and the routes"
                    default: "check the firewalls on the way"
                    }
                Terminal.complain("cannot probe \(end): \(error); \(advice).")
                continue
            }
            let requests = result.seen.sent + result.seen.retransmissions
            let waited = DecimalSeconds.text((result.seen.ended - result.seen.started).inNanoseconds, places: 1)
            let soft = result.seen.networkError.map { " (\($0))" } ?? ""
            let rest = result.seen.otherDatagrams + result.seen.foreignAnswers + result.seen.malformed
            let garbage = rest > 0 ? " (\(counted(rest, "datagram")), no answer among them)" : ""
            if let other = result.seen.firstElsewhere?.address {
                Terminal.complain(
                    "no answer from \(end): \(other) answers instead, which a NAT does not let through; have the server "
                        + "answer from the address and port that is asked, or ask that one.")
                continue
            }
            let advice =
                result.seen.sipAnswer != nil || result.seen.firstForeignSIP != nil
                ? "SIP is answered there: the server lacks STUN"
                : sipCheck
                    ? "OPTIONS is not answered either: check the address, the port and the firewalls"
                    : "check the port and the firewalls; --sip-check tells whether SIP is answered there"
            Terminal.complain(
                "no answer from \(end) to \(counted(requests, "STUN Binding request")) in \(waited) s\(garbage)\(soft); \(advice)."
            )
        }
    }
}
