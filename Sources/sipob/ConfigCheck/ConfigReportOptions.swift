import ArgumentParser
import OutboundKit

/// Further reports of `config-check`, which has neither flows nor cases.
struct ConfigReportOptions: ParsableArguments {
    static let kinds: [ReportKind] = [.json, .junit, .md, .sarif]

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            "Also write a report to a file: json, junit, md or sarif (repeatable).", valueName: "kind=file"),
        transform: ReportRequest.init(parsing:))
    var requests: [ReportRequest] = []

    func validate() throws {
        for request in requests where !Self.kinds.contains(request.kind) {
            throw ValidationError(
                "--report \(request.kind.rawValue)= is for flows; config-check writes json, junit, md and sarif.")
        }
        let paths = requests.map(\.path)
        for (index, path) in paths.enumerated() where paths[..<index].contains(path) {
            throw ValidationError("--report names \(path) twice; the second would replace the first.")
        }
    }

    /// - Returns: one sentence for each that could not be written.
    func write(_ report: ConfigReport, _ run: ReportRun) -> [String] {
        requests.compactMap { request in
            let document: any AuditDocument =
                switch request.kind {
                case .junit: ConfigJUnit(report, run)
                case .md: ConfigMarkdown(report, run)
                case .sarif: ConfigSARIF(report, run)
                case .json, .tap, .html, .csv: ConfigJSON(report, run)
                }
            do throws(ReportFileError) {
                try ReportFile.write(document, to: request.path)
                return nil
            } catch {
                return error.description
            }
        }
    }
}
