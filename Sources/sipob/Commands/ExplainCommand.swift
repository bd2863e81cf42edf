import ArgumentParser
import OutboundKit

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a requirement, a diagnosis, a response code or a header field in plain words.",
        discussion: """
            EXAMPLES
              sipob explain OB-KA-006        one requirement, tests and causes
              sipob explain 439 reg-id ob    a response code, two parameters
              sipob explain 'OB-FT-*'        all requirements on Flow-Timer
              sipob explain --list           all names, one a line
              sipob explain --list codes     one catalogue: requirements,
                                             diagnoses, codes or headers
            """)

    @Argument(
        help: ArgumentHelp(
            "Ids (OB-KA-006, DX-KA-03), response codes, names of header fields, parameters and terms; * and ? match.",
            valueName: "id|code|name"))
    var terms: [String] = []

    @Flag(help: "List what can be explained; with names, only these catalogues or matches.")
    var list = false

    @Flag(help: "With --list: print the requirements and diagnoses as a Markdown document.")
    var markdown = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if markdown, !list { throw ValidationError("--markdown goes with --list.") }
        if markdown, output.json { throw ValidationError("--markdown and --json exclude each other.") }
        if markdown, !terms.isEmpty {
            throw ValidationError("--markdown prints whole catalogues; leave the names out.")
        }
        if terms.isEmpty, !list {
            throw ValidationError("Name what to explain, such as OB-KA-006, 439 or Flow-Timer; --list shows all names.")
        }
    }

    func run() async throws {
        if markdown {
            Terminal.write(CatalogueMarkdown.document())
            return
        }
        let entries = try selection()
        if output.json {
            Terminal.write(ExplainJSON.document(entries))
        } else {
            var text = ExplainText(width: Terminal.columns, colored: Terminal.usesColor(output.color))
            if list || output.quiet {
                for entry in entries { text.line(entry) }
            } else {
                for entry in entries { text.full(entry, verbose: output.verbose) }
            }
            Terminal.write(text.bytes)
        }
    }

    /// What the terms name, each once, in the order of the terms.
    private func selection() throws -> [RulebookEntry] {
        guard !terms.isEmpty else { return RulebookSearch.all }
        var seen: Set<String> = []
        var entries: [RulebookEntry] = []
        for term in terms {
            var found = list ? RulebookCatalogue(rawValue: term.lowercased())?.entries ?? [] : []
            if found.isEmpty { found = RulebookSearch.entries(matching: term) }
            guard !found.isEmpty else { throw unknown(term) }
            for entry in found where seen.insert(entry.name).inserted { entries.append(entry) }
        }
        return entries
    }

    private func unknown(_ term: String) -> ExitCode {
        let near = RulebookSearch.suggestions(for: term)
        let hint = near.isEmpty ? "" : "Did you mean \(near.joined(separator: ", "))? "
        Terminal.complain("nothing is known under '\(term)'. \(hint)'sipob explain --list' shows all names.")
        return ExitStatus.usage
    }
}

/// The catalogues that --list can be told.
enum RulebookCatalogue: String {
    case requirements
    case diagnoses
    case codes
    case headers

    var entries: [RulebookEntry] {
        switch self {
        case .requirements: RequirementTable.all.map { .requirement($0) }
        case .diagnoses: DiagnosisTable.all.map { .diagnosis($0) }
        case .codes: ExplanationTable.all.filter { $0.kind == .code }.map { .explanation($0) }
        case .headers: ExplanationTable.all.filter { $0.kind != .code }.map { .explanation($0) }
        }
    }
}
