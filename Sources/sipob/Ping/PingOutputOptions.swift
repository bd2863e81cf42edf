import ArgumentParser
import OutboundKit

/// How the ping commands print: as every command, and as a stream for programs that watch.
struct PingOutputOptions: ParsableArguments {
    @OptionGroup
    var shared: OutputOptions

    @Flag(
        name: .long,
        help:
            "Print each ping as a JSON object on a line of its own when it has ended, and what --json has beside them as the last line."
    )
    var jsonLines = false

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            "Also write a report to a file: json (without pings where --json-lines prints them) or junit (repeatable).",
            valueName: "kind=file"),
        transform: ReportRequest.init(parsing:))
    var reports: [ReportRequest] = []

    func validate() throws {
        guard !(jsonLines && shared.json) else { throw ValidationError("--json and --json-lines exclude each other.") }
        for request in reports where request.kind != .json && request.kind != .junit {
            throw ValidationError("--report \(request.kind.rawValue)= is for flows; pings write json and junit.")
        }
    }

    /// For `OutputFiles`.
    var written: [OutputFiles.Group] { ReportRequest.written(reports) }

    /// What measures instead of pinging has one document, and nothing that comes line by line.
    func validateWithoutPings(_ names: String) throws {
        guard !jsonLines, reports.isEmpty else {
            throw ValidationError("--json-lines and --report are for pings; \(names) have --json.")
        }
    }

    var isJSON: Bool { shared.json || jsonLines }
    /// Each ping is noted for a document.
    var needsJSON: Bool { isJSON || reports.contains { $0.kind == .json } }
    /// Lines for people while it runs.
    var isTalkative: Bool { !isJSON && !shared.quiet }

    /// Prints the document of a JSON run, or `text`, and writes the reports.
    /// - Returns: the exit status: `code`, unless a report could not be written.
    func end(
        document: [UInt8], text: () -> [String], junit: ProbeJUnit, code: ExitCode
    ) -> ExitCode {
        if isJSON {
            Terminal.write(document)
        } else {
            let lines = text()
            if !lines.isEmpty { Terminal.print(lines.joined(separator: "\n")) }
        }
        let failures = ReportRequest.write(reports) { kind -> any AuditDocument in
            kind == .junit ? junit : FinishedDocument(octets: document)
        }
        for failure in failures { Terminal.complain(failure) }
        return failures.isEmpty ? code : ExitStatus.failure
    }
}

/// A document that is there already.
struct FinishedDocument: AuditDocument {
    let octets: [UInt8]

    func write(to write: ([UInt8]) -> Void) { write(octets) }
}
