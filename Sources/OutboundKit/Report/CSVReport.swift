/// An audit as comma-separated values (RFC 4180): a line of names, then one line a finding, the worst first. Lines end
/// with CRLF, cells are quoted where they must be.
///
/// Spreadsheets run cells that begin with `=`, `+`, `-` or `@` as formulas; text from the wire that does gets an
/// apostrophe before it, which they take for "this is text".
public struct CSVReport: AuditDocument {
    static let columns = [
        "verdict", "reason", "subject", "transport", "client", "server", "aor", "reg_id", "requirement", "section",
        "level", "message", "time", "frame", "observed", "expected", "evidence_count", "diagnosis", "advice",
    ]

    private let report: AuditReport

    public init(_ report: AuditReport) { self.report = report }

    public func write(to write: ([UInt8]) -> Void) {
        var text = Self.columns.joined(separator: ",") + "\r\n"
        for finding in report.findings {
            text += line(finding, FlowID(named: finding.subject).flatMap { report.ledger[$0] })
            if text.utf8.count > 1 << 16 {
                write(Array(text.utf8))
                text = ""
            }
        }
        write(Array(text.utf8))
    }

    private func line(_ finding: Finding, _ flow: FlowRecord?) -> String {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        let registration = flow.flatMap { flow in flow.registrations.first { $0.isBound } ?? flow.registrations.first }
        let first = finding.evidence.first
        let reason: String? =
            switch finding.verdict {
            case .unknown(let reason): reason.rawValue
            case .skipped(let why): why
            case .pass, .fail, .warn, .info: nil
            }
        let cells: [String?] = [
            finding.verdict.word, reason, finding.subject, flow?.transport.description, flow?.client.description,
            flow?.server.description, registration?.aor, registration?.regID, finding.requirement?.text, row?.citation,
            row?.levelText, finding.message, first?.time?.description, first?.frame.map(String.init), first?.observed,
            first?.expected, String(finding.evidence.count), finding.diagnosis?.text, finding.advisedAction,
        ]
        return cells.map { Self.cell($0 ?? "") }.joined(separator: ",") + "\r\n"
    }

    static func cell(_ text: String) -> String {
        let text = MarkupText.displayable(text)
        var value = text
        if let first = text.utf8.first,
            first == ASCII.equal || first == ASCII.plus || first == ASCII.minus
                || first == ASCII.at || first == ASCII.tab || first == ASCII.cr
        {
            value = "'" + text
        }
        // Compared as octets: CR LF is one Character.
        let mustQuote = value.utf8.contains {
            $0 == ASCII.comma || $0 == ASCII.quote || $0 == ASCII.cr || $0 == ASCII.lf
        }
        return mustQuote ? "\"" + value.replacing("\"", with: "\"\"") + "\"" : value
    }
}
