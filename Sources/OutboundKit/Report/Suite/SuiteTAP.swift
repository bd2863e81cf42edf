/// The suite in the Test Anything Protocol, version 14: a test point a case.
public struct SuiteTAP: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let results = report.outcome.results
        var text = "TAP version 14\n# sipob \(run.version) \(run.command)\n1..\(results.count)\n"
        for (index, result) in results.enumerated() {
            let words = TAPReport.escaped("\(result.testCase.id) \(result.testCase.title)")
            text += "\(report.isViolation(result) ? "not ok" : "ok") \(index + 1) - \(words)"
            if let reason = result.reason { text += " # SKIP \(TAPReport.escaped(reason))" }
            text += "\n"
            guard result.verdict != .pass, result.reason == nil else { continue }
            for line in SuiteWords.details(result) { text += "# \(MarkupText.singleLine(line))\n" }
        }
        if let error = report.error { text += "Bail out! \(MarkupText.singleLine(error))\n" }
        write(Array(text.utf8))
    }
}
