import ArgumentParser
import OutboundKit

/// Further reports of commands that judge texts, messages and configurations, and have neither flows nor cases.
struct TextReportOptions: ParsableArguments {
    private static let kinds: [ReportKind] = [.json, .junit, .md, .sarif]

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            "Also write a report to a file: json, junit, md or sarif (repeatable).", valueName: "kind=file"),
        transform: ReportRequest.init(parsing:))
    var requests: [ReportRequest] = []

    func validate() throws {
        for request in requests where !Self.kinds.contains(request.kind) {
            throw ValidationError(
                "--report \(request.kind.rawValue)= is for flows; this command writes json, junit, md and sarif.")
        }
    }

    /// For `OutputFiles`.
    var written: [OutputFiles.Group] { ReportRequest.written(requests) }

    /// Writes every report that was asked for.
    /// - Returns: one sentence for each that could not be written.
    func write(_ report: ConfigReport, _ run: ReportRun) -> [String] {
        ReportRequest.write(requests) { kind -> any AuditDocument in
            switch kind {
            case .junit: ConfigJUnit(report, run)
            case .md: ConfigMarkdown(report, run)
            case .sarif: ConfigSARIF(report, run)
            case .json, .tap, .html, .csv: ConfigJSON(report, run)
            }
        }
    }

    func write(_ report: InspectReport, _ run: ReportRun) -> [String] {
        ReportRequest.write(requests) { kind -> any AuditDocument in
            switch kind {
            case .junit: InspectJUnit(report, run)
            case .md: InspectMarkdown(report, run)
            case .sarif: InspectSARIF(report, run)
            case .json, .tap, .html, .csv: InspectJSON(report, run)
            }
        }
    }
}
