/// The document of `flow-timer --json`: the frame of all commands, what was measured on each flow, and the cases.
public struct FlowTimerJSON: AuditDocument {
    private let outcome: FlowTimerOutcome
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ outcome: FlowTimerOutcome, _ report: SuiteReport, _ run: ReportRun) {
        self.outcome = outcome
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, run)
        json.member("server", report.servers.first)
        json.member("aor", report.addressOfRecord.description)
        json.member("error", report.error)
        json.member("flow_timer_s", FlowTimer.number(outcome.announced))
        json.key("measured")
        json.beginArray()
        for flow in outcome.flows { measured(&json, flow) }
        json.endArray()
        json.key("cases")
        json.beginArray()
        for result in outcome.results { SuiteJSON.one(&json, result) }
        json.endArray()
        JSONFrame.findings(&json, report.outcome.findings)
        JSONFrame.summary(&json, report.outcome.counts)
        JSONFrame.exit(&json, code: report.exit.code, reason: report.exit.reason)
        json.endObject()
        write(json.bytes + [ASCII.lf])
    }

    private func measured(_ json: inout JSONWriter, _ flow: FlowLifetime) {
        json.beginObject()
        json.member("role", flow.role.rawValue)
        json.member("transport", flow.flow.transport.description)
        json.member("client", flow.flow.local.description)
        json.member("reg_id", flow.regID)
        json.member("flow_timer_s", FlowTimer.number(flow.announced))
        json.member("pings", flow.pings)
        json.member("answered", flow.answers.count)
        json.key("answer_max_s")
        if let slowest = flow.answers.max() { json.seconds(slowest.inNanoseconds) } else { json.null() }
        json.key("lifetime_s")
        if let lifetime = flow.lifetime { json.seconds(lifetime.inNanoseconds) } else { json.null() }
        json.key("silence_s")
        json.seconds(flow.silence.inNanoseconds)
        json.endObject()
    }
}
