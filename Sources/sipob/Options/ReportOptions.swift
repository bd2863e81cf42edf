import ArgumentParser
import OutboundKit

/// Further reports beside what is printed, for every command that judges flows.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            "Also write a report to a file: json, junit, tap, html, csv, md or sarif (repeatable).",
            valueName: "kind=file"),
        transform: ReportRequest.init(parsing:))
    var requests: [ReportRequest] = []

    /// For `OutputFiles`.
    var written: [OutputFiles.Group] { ReportRequest.written(requests) }

    /// Passes are listed in the reports that machines read, where a test that is missing would look like one not run.
    var needsPasses: Bool { !requests.isEmpty }
    /// A page has pictures, which take their moments while the capture is read.
    var needsTimelines: Bool { requests.contains { $0.kind == .html } }

    /// Writes every report that was asked for.
    /// - Returns: one sentence for each that could not be written.
    func write(_ report: AuditReport, _ run: ReportRun, timelines: FlowTimelines?) -> [String] {
        ReportRequest.write(requests) { $0.document(report, run, timelines) }
    }

    /// - Parameter json: the document of `--json`, of a command that has one of its own.
    func write(_ report: SuiteReport, _ run: ReportRun, json: (any AuditDocument)? = nil) -> [String] {
        ReportRequest.write(requests) { kind in
            if kind == .json, let json { return json }
            return kind.document(report, run)
        }
    }

    init() {}

    init(_ requests: [ReportRequest]) { self.requests = requests }
}

/// The file formats of `--report`.
enum ReportKind: String, CaseIterable {
    case json
    case junit
    case tap
    case html
    case csv
    case md
    case sarif

    func document(_ report: AuditReport, _ run: ReportRun, _ timelines: FlowTimelines?) -> any AuditDocument {
        switch self {
        case .json: AuditJSON.Document(report, run)
        case .junit: JUnitReport(report, run)
        case .tap: TAPReport(report, run)
        case .html: HTMLReport(report, run, timelines: timelines)
        case .csv: CSVReport(report)
        case .md: MarkdownReport(report, run)
        case .sarif: SARIFReport(report, run)
        }
    }

    func document(_ report: SuiteReport, _ run: ReportRun) -> any AuditDocument {
        switch self {
        case .json: SuiteJSON(report, run)
        case .junit: SuiteJUnit(report, run)
        case .tap: SuiteTAP(report, run)
        case .html: SuiteHTML(report, run)
        case .csv: SuiteCSV(report)
        case .md: SuiteMarkdown(report, run)
        case .sarif: SuiteSARIF(report, run)
        }
    }
}

/// `KIND=FILE`.
struct ReportRequest {
    let kind: ReportKind
    let path: String

    init(parsing argument: String) throws {
        let kinds = ReportKind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let equal = argument.firstIndex(of: "=") else {
            throw ValidationError("--report takes KIND=FILE with one of \(kinds), such as html=audit.html.")
        }
        let name = String(argument[..<equal])
        guard let kind = ReportKind(rawValue: name) else {
            throw ValidationError("--report knows no kind '\(name)'; the kinds are \(kinds).")
        }
        path = String(argument[argument.index(after: equal)...])
        self.kind = kind
        guard !path.isEmpty else { throw ValidationError("--report \(name)= wants the name of a file behind it.") }
        guard path != "-" else {
            throw ValidationError(
                "--report \(name)=- is refused: standard output is for the text or --json; name a file.")
        }
    }

    static func written(_ requests: [ReportRequest]) -> [OutputFiles.Group] { [("--report", requests.map(\.path))] }

    /// Writes a document for each.
    /// - Returns: one sentence for each that could not be written.
    static func write(_ requests: [ReportRequest], _ make: (ReportKind) -> any AuditDocument) -> [String] {
        requests.compactMap { request in
            let document = make(request.kind)
            do throws(ReportFileError) {
                try ReportFile.write(document, to: request.path)
                return nil
            } catch {
                return error.description
            }
        }
    }
}
