import ArgumentParser
import Glibc
import OutboundKit

/// Runs the trial and reports on it.
struct FlowTimerRun {
    let request: SuiteRequest
    let periods: Double
    let isQuick: Bool
    let savePcap: String?
    let output: OutputOptions
    let reports: ReportOptions
    let locator: Locator
    let tls: TLSContext?

    /// - Returns: the exit status.
    func perform() async throws -> ExitCode {
        let recording = try savePcap.map(RecordingFile.open)
        let plan = try await request.plan(locator: locator)
        let network = LiveSuiteNetwork(tls: tls, patience: min(plan.patience, .seconds(10)))
        let interrupts = Interrupts()
        let signals = SignalCount()
        interrupts.tell {
            // The second one means: now, whatever is left behind.
            if signals.next() > 1 { Glibc.exit(130) }
            network.interrupt()
        }
        let isSilent = output.json || output.quiet
        let name = "sipob \(sipobVersion) flow-timer"
        var runner = FlowTimerRunner(
            network: network, plan: plan, recorder: recording == nil ? nil : FlowRecorder(application: name))
        runner.periods = periods
        runner.isQuick = isQuick
        let clock = SystemClock()
        let started = clock.now
        let target = plan.targets[0]
        let (outcome, octets) = await runner.run { announced, seconds in
            guard !isSilent else { return }
            for line in Self.opening(target, announced, seconds) { Terminal.print(line) }
        }
        withExtendedLifetime(interrupts) {}
        let report = SuiteReport(outcome.asSuite, plan: plan, policy: nil, isStrict: request.isStrict)
        let run = ReportRun(
            command: "flow-timer", version: sipobVersion, started: started,
            duration: clock.now.nanoseconds(since: started), sources: report.servers)
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
        if output.json {
            FlowTimerJSON(outcome, report, run).write { Terminal.write($0) }
        } else if !outcome.results.isEmpty {
            let text = FlowTimerText(outcome: outcome, report: report, style: style)
            for line in output.quiet ? [text.headline] : text.lines() { Terminal.print(line) }
        }
        var complaints = outcome.trouble.map { [words($0)] } ?? []
        recording?.append(octets)
        if let failure = recording?.close() { complaints.append("\(failure)") }
        complaints += reports.write(report, run)
        for complaint in complaints { Terminal.complain(complaint) }
        let code = report.exit.code
        return ExitCode(code == 0 && !complaints.isEmpty ? 2 : code)
    }

    private static func opening(_ target: SuiteTarget, _ announced: UInt64?, _ seconds: Double) -> [String] {
        let server = "\(target.address) (\(target.transport))"
        var first = announced.map { "\(server) announces Flow-Timer \($0) s." } ?? "\(server) announces no Flow-Timer."
        if seconds > 0 {
            let length = Int(seconds.rounded(.up))
            first += " Three flows are watched for \(length) s"
            first += length >= 120 ? " (\(length / 60) min)." : "."
        }
        return [first]
    }

    private func words(_ trouble: SuiteTrouble) -> String {
        switch trouble {
        case .interrupted: "interrupted; the bindings of the test are removed"
        case .unreachable(let why), .noCredentials(let why), .refused(let why), .noAnswer(_, let why):
            "the flows were not watched: \(why)"
        }
    }
}
