/// The suite as comma-separated values (RFC 4180): a line a finding.
public struct SuiteCSV: AuditDocument {
    private let report: SuiteReport

    public init(_ report: SuiteReport) { self.report = report }

    public func write(to write: ([UInt8]) -> Void) {
        var text =
            "case,title,case_verdict,duration_s,requirement,section,level,verdict,message,observed,expected,"
            + "diagnosis,advice\r\n"
        for result in report.outcome.results {
            for finding in result.findings {
                let row = finding.requirement.flatMap { RequirementTable[$0] }
                let cells: [String] = [
                    result.testCase.id, result.testCase.title, result.verdict.word,
                    DecimalSeconds.text(result.duration.inNanoseconds, places: 6), finding.requirement?.text ?? "",
                    row?.citation ?? "", row?.levelText ?? "", finding.verdict.word, finding.message,
                    finding.evidence.first?.observed ?? "", finding.evidence.first?.expected ?? "",
                    finding.diagnosis?.text ?? "", finding.advisedAction ?? "",
                ]
                text += cells.map(CSVReport.cell).joined(separator: ",") + "\r\n"
            }
        }
        write(Array(text.utf8))
    }
}
