import ArgumentParser
import OutboundKit

/// What the commands that run conformance cases share: the servers, a network that Ctrl-C wakes, the recording, and the
/// end with its files and its exit status.
struct SuiteSession {
    let command: String
    let plan: SuitePlan
    let network: LiveSuiteNetwork
    /// What the reader must know before all verdicts; nil for nothing.
    let remark: String?
    private let reports: ReportOptions
    private let recording: RecordingFile?
    /// Signals are heard as long as it lives.
    private let interrupts = Interrupts()
    private let clock = SystemClock()
    private let started: Timestamp

    /// - Throws: `TransportError` where a server is not found; else an exit status, after a line on standard error.
    init(
        _ command: String, _ request: SuiteRequest, savePcap: String?, reports: ReportOptions, locator: Locator,
        tls: TLSContext?
    ) async throws {
        self.command = command
        self.reports = reports
        remark = tls?.settings.verifiesServer == false ? "TLS peer not verified (--insecure)." : nil
        // Before anything is sent: a file that cannot be written is not found out at the end.
        recording = try savePcap.map(RecordingFile.open)
        plan = try await request.plan(locator: locator)
        let network = LiveSuiteNetwork(tls: tls, patience: min(plan.patience, .seconds(10)))
        self.network = network
        interrupts.tellFirst { network.interrupt() }
        started = clock.now
    }

    /// What to look at where a server is not reached.
    var question: String {
        network.hostRefusal?.hostAdvice ?? "is it the SIP port, for this transport, and open to us?"
    }

    /// For what is exchanged, where it is to be kept.
    var recorder: FlowRecorder? {
        recording == nil ? nil : FlowRecorder(application: "sipob \(sipobVersion) \(command)")
    }

    /// The run as reports tell of it, from the start of the session to now.
    func run(_ report: SuiteReport) -> ReportRun {
        ReportRun(
            command: command, version: sipobVersion, started: started,
            duration: clock.now.nanoseconds(since: started), sources: report.servers)
    }

    /// Writes the files, and says on standard error what went wrong.
    /// - Parameters:
    ///   - json: the document of `--json`, of a command that has one of its own.
    ///   - complaints: what is to be said before that.
    /// - Returns: the exit status.
    func end(
        _ report: SuiteReport, _ run: ReportRun, json: (any AuditDocument)? = nil, recorded octets: [UInt8],
        _ complaints: [String]
    ) -> ExitCode {
        let left = report.outcome.leftBehind
        var complaints = complaints
        if report.outcome.trouble != .interrupted, let first = left.first {
            complaints.append(
                "bindings of the test may remain at the server for up to \(report.outcome.survey?.expiresSeconds ?? plan.expiresSeconds) s; "
                    + "the next run removes them: \(first)")
        }
        recording?.append(octets)
        if let failure = recording?.close() { complaints.append("\(failure)") }
        complaints += reports.write(report, run, json: json)
        for complaint in complaints { Terminal.complain(complaint) }
        let code = report.exit.code
        return ExitCode(code == 0 && !complaints.isEmpty && left.isEmpty ? 2 : code)
    }

    /// The end of a run whose server was not found: the documents that were asked for, which say so.
    /// - Parameter document: the one of `--json`.
    /// - Returns: the exit status.
    static func end(
        _ command: String, _ request: SuiteRequest, unlocated error: TransportError, _ output: OutputOptions,
        _ reports: ReportOptions, document: (SuiteReport, ReportRun) -> any AuditDocument
    ) -> ExitCode {
        let report = SuiteReport(notBegun: error.withAdvice, for: request.addressOfRecord)
        let run = ReportRun(
            command: command, version: sipobVersion, started: SystemClock().now, duration: 0, sources: [])
        let json = document(report, run)
        if output.json { json.write { Terminal.write($0) } }
        for complaint in ["\(error.withAdvice)."] + reports.write(report, run, json: json) {
            Terminal.complain(complaint)
        }
        return ExitStatus.failure
    }
}
