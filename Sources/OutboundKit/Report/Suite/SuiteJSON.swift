/// The document of `register-test --suite --json`: the frame of all commands, the survey, and the cases.
public struct SuiteJSON: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, run)
        json.member("servers", report.servers)
        json.member("aor", report.addressOfRecord.description)
        json.member("error", report.error)
        survey(&json)
        json.key("cases")
        json.beginArray()
        for result in report.outcome.results { Self.one(&json, result, report) }
        json.endArray()
        JSONFrame.findings(&json, report.outcome.findings)
        json.member("left_behind", report.outcome.leftBehind)
        JSONFrame.summary(&json, report.outcome.counts)
        JSONFrame.exit(&json, code: report.exit.code, reason: report.exit.reason)
        json.endObject()
        write(json.bytes + [ASCII.lf])
    }

    private func survey(_ json: inout JSONWriter) {
        json.key("survey")
        guard let survey = report.outcome.survey else { return json.null() }
        json.beginObject()
        json.member("answer", survey.answer)
        json.member("server", survey.software.isEmpty ? nil : survey.software)
        json.member("outbound", survey.isOutbound)
        json.member("flow_timer_s", FlowTimer.number(survey.flowTimer))
        json.member("token", survey.hasToken)
        json.member("challenged", survey.isChallenged)
        json.member("gruu", survey.givesGRUU)
        json.member("behind_nat", survey.isBehindNAT)
        json.member("foreign_contacts", survey.foreignContacts)
        json.endObject()
    }

    /// - Parameter report: with a policy to compare with; nil without.
    static func one(_ json: inout JSONWriter, _ result: CaseResult, _ report: SuiteReport? = nil) {
        json.beginObject()
        json.member("id", result.testCase.id)
        json.member("title", result.testCase.title)
        json.member("requirements", result.testCase.requirements.map(\.text))
        json.member("verdict", result.verdict.word)
        json.member("reason", result.reason)
        json.key("duration_s")
        json.seconds(result.duration.inNanoseconds)
        if let report, report.policy != nil { json.member("worse_than_policy", report.isViolation(result)) }
        json.endObject()
    }
}
