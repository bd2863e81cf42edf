import ArgumentParser
import OutboundKit

/// `--binding-lifetime`: runs the searches, one for each target, and puts the results out.
struct BindingLifetimeRun {
    let targets: StunPingGoals
    let settings: BindingLifetimeSearch.Settings

    private struct Silence {
        let length: Duration
        let isKept: Bool
    }

    /// What became of one target.
    private struct Result {
        /// Of its flow.
        let index: Int
        let goal: StunPingGoal
        let local: TransportAddress
        let search: BindingLifetimeSearch.Result
        let silences: [Silence]
        let finding: Finding?
    }

    /// - Returns: the exit status.
    func perform(_ output: OutputOptions) throws -> ExitCode {
        let clock = SystemClock()
        let started = clock.now
        let (goals, sockets) = (targets.goals, targets.sockets)
        var searches = sockets.indices.map { index in
            BindingLifetimeSearch(
                settings, flow: FlowID(UInt32(index)), local: sockets[index].local, using: SystemRandomNumberGenerator()
            )
        }
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: 100)
        let isTalkative = !output.json && !output.quiet
        var silences = goals.map { _ in [Silence]() }
        var ends = goals.map { _ in BindingLifetimeSearch.Result?.none }
        if isTalkative {
            for (goal, socket) in zip(goals, sockets) {
                Terminal.print(
                    "BINDING LIFETIME of the NAT between \(socket.local) and \(goal.name) (\(goal.remote)): silences of "
                        + "up to \(seconds(settings.maximum)), to within \(seconds(settings.resolution))")
            }
        }
        let ending = UDPSocketLoop(sockets, clock: clock, interruption: InterruptPipe.open())
            .run(&searches) { index, event in
                switch event {
                case .kept(let length): silences[index].append(Silence(length: length, isKept: true))
                case .lost(let length, _, _): silences[index].append(Silence(length: length, isKept: false))
                case .ended(let result): ends[index] = result
                default: break
                }
                if isTalkative, let line = line(event, output.verbose) {
                    Terminal.print(goals.count > 1 ? "\(goals[index].name): \(line)" : line)
                }
            }
        let now = clock.now
        let results: [Result] = goals.indices.compactMap { index in
            guard let search = ends[index] else { return nil }
            let local = sockets[index].local
            return Result(
                index: index, goal: goals[index], local: local, search: search, silences: silences[index],
                finding: isJudged(search)
                    ? BindingLifetimeJudge.finding(search, local: local, at: now, subject: goals[index].name) : nil)
        }
        let (code, reason) = exit(results, ending)
        if output.json {
            let json = StunPingModeJSON(
                targets: targets, started: started, ended: now,
                findings: results.compactMap(\.finding), code: code, reason: reason)
            Terminal.write(
                json.document("binding_lifetime") { json in
                    json.beginArray()
                    for result in results { write(result, &json) }
                    json.endArray()
                })
        } else {
            for result in results { report(result, style, isQuiet: output.quiet) }
        }
        for result in results {
            if let text = complaint(result) { Terminal.complain(text) }
        }
        return code
    }

    /// Whether anything was measured that can be judged.
    private func isJudged(_ result: BindingLifetimeSearch.Result) -> Bool {
        switch result.ending {
        case .found, .longerThanMaximum, .noTranslation, .unsteady, .contradictory: true
        case .unanswered, .unusable, .network, .stopped, .disturbed:
            result.bounds.upper != nil || result.bounds.lower > .zero
        }
    }

    private func exit(_ results: [Result], _ ending: UDPSocketLoop.Ending) -> (ExitCode, String) {
        if ending == .interrupted { return (ExitStatus.interrupted, "interrupted") }
        let shortest = Duration.nanoseconds(KeepAliveInterval.datagram.lower)
        if results.contains(where: { $0.search.outlives(shortest) == false }) {
            return (ExitStatus.violation, "mapping lost")
        }
        if !targets.unprobed.isEmpty { return (ExitStatus.failure, "unreachable") }
        if results.contains(where: { complaint($0) != nil }) { return (ExitStatus.failure, "no answer") }
        if results.contains(where: { if case .unknown = $0.finding?.verdict { true } else { false } }) {
            return (ExitStatus.failure, "unknown")
        }
        return (.success, "pass")
    }

    private func line(_ event: BindingLifetimeSearch.Event, _ isVerbose: Bool) -> String? {
        switch event {
        case .mapped(let address): "mapped address \(address)"
        case .silent(let length, let number): "silence \(number): \(seconds(length)) ..."
        case .kept(let length): "  kept after \(seconds(length))"
        case .lost(let length, let old, let new): "  LOST after \(seconds(length)): \(old) became \(new)"
        case .retransmitted(let sends): isVerbose ? "  no answer yet, request \(sends) sent" : nil
        case .disturbed: "  something came in; the silence starts again"
        case .networkError(let error): isVerbose || !error.isHard ? "  \(error)" : nil
        case .ended: nil
        }
    }

    private func report(_ result: Result, _ style: TextStyle, isQuiet: Bool) {
        let sentence = sentence(result.search)
        if isQuiet {
            Terminal.print("\(result.goal.name): \(sentence)")
            return
        }
        Terminal.print("\n--- \(result.goal.name) binding lifetime ---\n\(sentence)")
        guard let finding = result.finding else { return }
        Terminal.print("\(style.verdict(finding.verdict)) \(finding.message)")
        if let advice = finding.advice {
            let name = finding.diagnosis.map { "\($0): " } ?? ""
            Terminal.print(style.wrapped(name + advice, indent: 6))
        }
    }

    private func sentence(_ result: BindingLifetimeSearch.Result) -> String {
        let lower = seconds(result.bounds.lower)
        switch (result.ending, result.bounds.upper) {
        case (.noTranslation, _): return "no NAT on the way"
        case (.unsteady, _):
            return "the mapping changes within \(seconds(BindingLifetimeSearch.settling)), perhaps with every request"
        case (.found, let upper?): return "the mapping is lost after \(lower) to \(seconds(upper)) of silence"
        case (.longerThanMaximum, _): return "the mapped address did not change in \(lower) of silence"
        case (.contradictory, _): return "the mapping changes without regard to the length of the silence"
        case (_, let upper?): return "so far: kept for \(lower), lost after \(seconds(upper)) of silence"
        case (_, nil):
            return result.bounds.lower > .zero ? "so far: kept for \(lower) of silence" : "no silence was measured"
        }
    }

    private func complaint(_ result: Result) -> String? {
        let end = "\(result.goal.remote) (udp)"
        switch result.search.ending {
        case .found, .longerThanMaximum, .noTranslation, .unsteady, .contradictory, .stopped: return nil
        case .unanswered:
            return result.search.mappedAddress == nil
                ? "no answer from \(end) to STUN Binding requests; check the port, the firewalls, and that it speaks STUN."
                : "no answer from \(end) any more after \(result.search.silences) silences; is the server still up?"
        case .unusable(let code):
            let what = code.map { "error \($0)" } ?? "an answer without a mapped address"
            return "\(end) sent \(what); only a server that tells the mapped address can be measured with."
        case .disturbed:
            return
                "datagrams from \(end) keep coming in during the silences; use a port that nothing is registered from."
        case .network(let error): return "cannot probe \(end): \(error); check the port and the firewalls on the way."
        }
    }

    private func write(_ result: Result, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("flow", FlowID(UInt32(result.index)).description)
        json.member("ending", word(result.search.ending))
        let isMeasured = result.search.bounds.lower > .zero
        json.member("kept_s", seconds: isMeasured ? result.search.bounds.lower.inNanoseconds : nil)
        json.member("lost_s", seconds: result.search.bounds.upper?.inNanoseconds)
        json.member("mapped_address", result.search.mappedAddress?.description)
        json.member("keeps_port_number", result.search.mappedAddress == nil ? nil : result.search.keepsPortNumber)
        json.member(
            "outlives_keep_alives", result.search.outlives(.nanoseconds(KeepAliveInterval.datagram.upper)))
        json.key("silences")
        json.beginArray()
        for silence in result.silences {
            json.beginObject()
            json.member("length_s", seconds: silence.length.inNanoseconds)
            json.member("kept", silence.isKept)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func word(_ ending: BindingLifetimeSearch.Ending) -> String {
        switch ending {
        case .found: "found"
        case .longerThanMaximum: "longer-than-max"
        case .noTranslation: "no-nat"
        case .unsteady: "unsteady"
        case .contradictory: "contradictory"
        case .disturbed: "disturbed"
        case .unanswered: "unanswered"
        case .unusable: "unusable"
        case .network: "unreachable"
        case .stopped: "stopped"
        }
    }

    private func seconds(_ duration: Duration) -> String {
        DecimalSeconds.text(duration.inNanoseconds, places: 1) + " s"
    }
}
