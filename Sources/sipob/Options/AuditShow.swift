import Glibc
import OutboundKit

/// Prints the report of judged flows as the output options want it.
struct AuditShow {
    private let output: OutputOptions

    init(_ output: OutputOptions) { self.output = output }

    /// - Parameter timelines: of the flows that are shown, where each is to be told in full.
    /// - Returns: one sentence where it could not be printed; none where whoever reads it had enough, as `head` has.
    func show(_ report: AuditReport, _ run: ReportRun, timelines: FlowTimelines? = nil) -> [String] {
        let failure: Int32
        if output.json {
            failure = Terminal.gathering { AuditJSON.Document(report, run, timelines: timelines).write(to: $0) }
        } else {
            var options = AuditText.Options()
            options.isColored = Terminal.usesColor(output.color)
            options.width = Terminal.columns
            options.isVerbose = output.verbose
            options.isQuiet = output.quiet
            failure = Terminal.gathering { AuditText(report, options, timelines: timelines).write(to: $0) }
        }
        guard failure != 0, failure != EPIPE else { return [] }
        Terminal.forgetOutputFailure()
        return ["the report could not be printed: \(TransportError.words(failure))."]
    }
}
