import ArgumentParser
import OutboundKit

/// Runs the trial and reports on it.
struct FlowTimerRun {
    let request: SuiteRequest
    let periods: Double
    let isQuick: Bool
    let savePcap: String?
    /// Shows every message.
    let isTraced: Bool
    let output: OutputOptions
    let reports: ReportOptions
    let locator: Locator
    let tls: TLSContext?

    /// - Returns: the exit status.
    func perform() async throws -> ExitCode {
        let session: SuiteSession
        do {
            session = try await SuiteSession(
                "flow-timer", request, savePcap: savePcap, reports: reports, locator: locator, tls: tls)
        } catch let error as TransportError {
            return SuiteSession.end("flow-timer", request, unlocated: error, output, reports) {
                FlowTimerJSON(FlowTimerOutcome(), $0, $1)
            }
        }
        let isSilent = output.json || output.quiet
        var runner = FlowTimerRunner(network: session.network, plan: session.plan, recorder: session.recorder)
        runner.periods = periods
        runner.isQuick = isQuick
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
        let traceOutput = TraceOutput()
        if isTraced {
            let trace = FlowTrace(style: style)
            runner.trace = { traceOutput.print(trace.lines($0)) }
        }
        let target = session.plan.targets[0]
        if !isSilent, let remark = session.remark { Terminal.print(remark) }
        let (outcome, octets) = await runner.run { announced, seconds in
            if !isSilent { Terminal.print(Self.opening(target, announced, seconds)) }
        }
        traceOutput.finish()
        let error = outcome.trouble.map { words($0, session) }
        let report = SuiteReport(
            outcome.asSuite, plan: session.plan, policy: nil, isStrict: request.isStrict, error: error)
        let run = session.run(report)
        let json = FlowTimerJSON(outcome, report, run)
        if output.json {
            json.write { Terminal.write($0) }
        } else if !outcome.results.isEmpty {
            let text = FlowTimerText(outcome: outcome, report: report, style: style)
            for line in output.quiet ? [text.headline] : text.lines() { Terminal.print(line) }
        }
        return session.end(
            report, run, json: json, recorded: octets, [error].compactMap { $0 })
    }

    private static func opening(_ target: SuiteTarget, _ announced: UInt64?, _ seconds: Double) -> String {
        let server = "\(target.address) (\(target.transport))"
        var first =
            announced.map {
                $0 == .max
                    ? "\(server) announces a Flow-Timer that is too large." : "\(server) announces Flow-Timer \($0) s."
            } ?? "\(server) announces no Flow-Timer."
        if seconds > 0 {
            let length = Int(seconds.rounded(.up))
            first += " Three flows are watched for \(length) s"
            first += length >= 120 ? " (\(length / 60) min)." : "."
        }
        return first
    }

    private func words(_ trouble: SuiteTrouble, _ session: SuiteSession) -> String {
        switch trouble {
        case .interrupted: "interrupted; the bindings of the test are removed"
        case .unreachable(let why): "the flows were not watched: \(why); \(session.question)"
        case .unframed(_, let status):
            "the flows were not watched: the REGISTER was answered with a \(status) without Content-Length"
        case .notBound(_, let contact):
            "the flows were not watched: the 2xx lists the binding with no time left, \(Redaction.visible(contact))"
        case .webSocket(_, let ending): "the flows were not watched: \(Redaction.visible("\(ending)"))"
        case .elsewhere(_, let stranger):
            "the flows were not watched: the answer came from elsewhere, \(Redaction.visible("\(stranger)"))"
        case .noCredentials(let why, _), .refused(let why), .noAnswer(_, let why), .unfinished(_, _, let why):
            "the flows were not watched: \(why); check the server, the account and its password (--password-file)"
        }
    }
}
