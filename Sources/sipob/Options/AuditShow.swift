import OutboundKit

/// Prints the report of judged flows as the output options want it.
struct AuditShow {
    private let output: OutputOptions

    init(_ output: OutputOptions) { self.output = output }

    /// - Parameter timelines: of the flows that are shown, where each is to be told in full.
    func show(_ report: AuditReport, _ run: ReportRun, timelines: FlowTimelines? = nil) {
        if output.json {
            Terminal.gathering { AuditJSON.Document(report, run, timelines: timelines).write(to: $0) }
        } else {
            var options = AuditText.Options()
            options.isColored = Terminal.usesColor(output.color)
            options.width = Terminal.columns
            options.isVerbose = output.verbose
            options.isQuiet = output.quiet
            Terminal.gathering { AuditText(report, options, timelines: timelines).write(to: $0) }
        }
    }
}
