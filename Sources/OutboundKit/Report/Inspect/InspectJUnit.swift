/// Inspections for build servers: a `testsuite` a message, a `testcase` a requirement, and one for its grammar.
public struct InspectJUnit: AuditDocument {
    private let report: InspectReport
    private let run: ReportRun

    public init(_ report: InspectReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        write(
            JUnitSuite.document(
                report.entries.map { JUnitSuite(name: $0.inspection.subject, cases: cases($0)) }, run))
    }

    private func cases(_ entry: InspectReport.Entry) -> [JUnitCase] {
        // Build servers know a case by these two names: each message has cases of its own.
        func one(_ name: String) -> JUnitCase {
            JUnitCase(className: "sipob.inspect.\(entry.inspection.subject)", name: name)
        }
        var grammar = one("grammar")
        let pieces = entry.inspection.malformed.filter { report.isStrict || !$0.isTolerated }
        if let first = pieces.first {
            let body = InspectWords.malformed(entry).map(\.text).joined(separator: "\n")
            grammar.outcome = .failed(first.message, type: nil, body: body)
        }
        let judged = entry.inspection.findings.compactMap { finding -> JUnitCase? in
            if case .skipped = finding.verdict { return nil }
            var one = one(finding.rule)
            if report.isViolation(finding) {
                let body = InspectWords.details(finding).joined(separator: "\n")
                one.outcome = .failed(finding.message, type: nil, body: body)
            } else if case .unknown(let reason) = finding.verdict {
                one.outcome = .skipped("\(reason.rawValue): \(finding.message)")
            }
            return one
        }
        return [grammar] + judged
    }
}
