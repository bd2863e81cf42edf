import ArgumentParser
import OutboundKit

/// `--flood` and `--rate`: measures how many Binding requests one target answers.
struct CapacityRun {
    /// One target, probed or not.
    let targets: StunPingGoals
    let load: CapacityMeter.Load
    let window: Int
    let duration: Duration

    /// - Returns: the exit status.
    func perform(_ output: OutputOptions) -> ExitCode {
        let clock = SystemClock()
        let started = clock.now
        guard let goal = targets.goals.first, let socket = targets.sockets.first else {
            return notMeasured(output, started: started)
        }
        let loop: UDPCapacityLoop
        do throws(TransportError) {
            loop = try UDPCapacityLoop(socket, clock: clock, interruption: InterruptPipe.open())
        } catch {
            StunPingGoals.complain(error)
            return notMeasured(output, started: started)
        }
        let name =
            switch load {
            case .flood: "flood"
            case .rate(let rate): "\(rate) requests/s"
            }
        if !output.json, !output.quiet {
            Terminal.print(
                "STUN-PING \(goal.name) (\(goal.remote)) from \(socket.local): \(name), at most \(window) in flight, "
                    + "for \(DecimalSeconds.text(duration.inNanoseconds, places: 1)) s")
        }
        var random = SystemRandomNumberGenerator()
        var meter = CapacityMeter(
            load, window: window, prefix: UInt32(truncatingIfNeeded: random.next()), at: clock.now)
        let outcome = loop.run(&meter, for: duration)
        let (code, reason) = exit(meter.counts, outcome.ending)
        if output.json {
            let json = StunPingModeJSON(
                targets: targets, started: started, ended: clock.now, findings: [], code: code, reason: reason)
            Terminal.write(json.document("capacity") { write(meter, outcome, &$0) })
        } else {
            for line in lines(goal, meter, outcome, isQuiet: output.quiet) { Terminal.print(line) }
        }
        if case .refused(let error) = outcome.ending {
            Terminal.complain("cannot probe \(goal.remote) (udp): \(error); check the port, and that the server is up.")
        } else if reason == "no answer" {
            Terminal.complain(
                "no answer from \(goal.remote) (udp) to \(counted(meter.counts.sent, "STUN Binding request")); check the port, and "
                    + "that the server speaks STUN (sipob stun-ping -c 1).")
        }
        return code
    }

    /// Of that a line on standard error has told.
    private func notMeasured(_ output: OutputOptions, started: Timestamp) -> ExitCode {
        if output.json {
            let json = StunPingModeJSON(
                targets: targets, started: started, ended: started, findings: [], code: ExitStatus.failure,
                reason: "unreachable")
            Terminal.write(json.document("capacity") { $0.null() })
        }
        return ExitStatus.failure
    }

    private func exit(_ counts: CapacityMeter.Counts, _ ending: UDPCapacityLoop.Ending) -> (ExitCode, String) {
        switch ending {
        case .interrupted: (ExitStatus.interrupted, "interrupted")
        case .refused: (ExitStatus.failure, "no answer")
        case .finished: counts.allAnswered == 0 ? (ExitStatus.failure, "no answer") : (.success, "pass")
        }
    }

    private func perSecond(_ count: Int, _ elapsed: Duration) -> Int {
        let nanoseconds = Double(max(elapsed.inNanoseconds, 1))
        return Int((Double(count) * 1e9 / nanoseconds).rounded())
    }

    /// Nanoseconds of the processor for one round trip; nil without one.
    private func processorTime(_ meter: CapacityMeter, _ outcome: UDPCapacityLoop.Outcome) -> Int64? {
        meter.counts.answered == 0 ? nil : outcome.processorTime.inNanoseconds / Int64(meter.counts.answered)
    }

    private func lines(
        _ goal: StunPingGoal, _ meter: CapacityMeter, _ outcome: UDPCapacityLoop.Outcome, isQuiet: Bool
    ) -> [String] {
        let counts = meter.counts
        let ended = counts.allAnswered + counts.lost
        let loss = DecimalSeconds.text(Int64(ended == 0 ? 0 : 100_000_000_000 * counts.lost / ended), places: 2)
        let each = processorTime(meter, outcome).map { ", \(microseconds($0, 2)) us CPU each" } ?? ""
        let first = "\(perSecond(counts.answered, outcome.elapsed)) round trips/s, \(loss) % lost\(each)"
        if isQuiet { return ["\(goal.name): \(first)"] }
        var lines = ["", "--- \(goal.name) capacity ---", first]
        var sent =
            "\(counted(counts.sent, "request")), \(perSecond(counts.sent, outcome.elapsed)) a second, in "
            + "\(DecimalSeconds.text(outcome.elapsed.inNanoseconds, places: 3)) s; \(counts.allAnswered) answered, "
            + "\(counts.lost) lost"
        if counts.errorResponses > 0 {
            sent += ", \(counted(counts.errorResponses, "error response")) among the answers"
        }
        lines.append(sent)
        if counts.others > 0 { lines.append("\(counted(counts.others, "datagram")) answering no request in flight") }
        let rtt = meter.roundTrips
        if !rtt.isEmpty {
            let four = [rtt.minimum, rtt.average, rtt.maximum, rtt.standardDeviation].map { microseconds($0, 1) }
            lines.append("rtt min/avg/max/stddev = \(four.joined(separator: "/")) us")
            let percentiles = rtt.percentiles([50, 90, 95, 99]).map { microseconds($0, 1) }
            lines.append("rtt median/p90/p95/p99 = \(percentiles.joined(separator: "/")) us")
        }
        return lines
    }

    private func microseconds(_ nanoseconds: Int64, _ places: Int) -> String {
        DecimalSeconds.text(nanoseconds &* 1_000_000, places: places)
    }

    private func write(_ meter: CapacityMeter, _ outcome: UDPCapacityLoop.Outcome, _ json: inout JSONWriter) {
        let counts = meter.counts
        json.beginObject()
        json.member("flow", FlowID(0).description)
        switch load {
        case .flood: json.member("rate_per_s", Int?.none)
        case .rate(let rate): json.member("rate_per_s", rate)
        }
        json.member("window", window)
        json.member("elapsed_s", seconds: outcome.elapsed.inNanoseconds)
        json.member("sent", counts.sent)
        json.member("answered", counts.allAnswered)
        json.member("lost", counts.lost)
        json.member("error_responses", counts.errorResponses)
        json.member("other_datagrams", counts.others)
        json.member("round_trips_per_s", perSecond(counts.answered, outcome.elapsed))
        json.member("cpu_each_s", seconds: processorTime(meter, outcome), places: 9)
        let rtt = meter.roundTrips
        json.member("rtt_min_s", seconds: rtt.isEmpty ? nil : rtt.minimum, places: 9)
        json.member("rtt_avg_s", seconds: rtt.isEmpty ? nil : rtt.average, places: 9)
        json.member("rtt_max_s", seconds: rtt.isEmpty ? nil : rtt.maximum, places: 9)
        json.member("rtt_stddev_s", seconds: rtt.isEmpty ? nil : rtt.standardDeviation, places: 9)
        let percentiles = rtt.percentiles([50, 90, 95, 99])
        for (place, name) in ["rtt_p50_s", "rtt_p90_s", "rtt_p95_s", "rtt_p99_s"].enumerated() {
            json.member(name, seconds: percentiles.isEmpty ? nil : percentiles[place], places: 9)
        }
        json.endObject()
    }
}
