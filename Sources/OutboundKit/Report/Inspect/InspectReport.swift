/// What `inspect` found in all its inputs, as the reports see it.
public struct InspectReport: Sendable {
    public struct Entry: Sendable {
        public let inspection: Inspection
        public let origin: TranscriptMessage
        /// The file.
        public let source: String
        public let facts: MessageFacts

        /// Where a place of the message stands: `file:line:column`, of a dump, and of one line that holds it
        /// all, with the message's own lines.
        public func place(line: Int, column: Int) -> String {
            guard let (line, column) = origin.place(line: line, column: column) else {
                let holder = origin.dump.map { "dump \($0)" } ?? "line \(origin.line)"
                return "\(source), message in \(holder), \(line):\(column)"
            }
            return "\(source):\(line):\(column)"
        }

        /// The findings that say something, the worst first.
        public var notable: [Finding] {
            inspection.findings.filter { $0.verdict.rank <= Verdict.info.rank }
                .enumerated().sorted { ($0.element.verdict.rank, $0.offset) < ($1.element.verdict.rank, $1.offset) }
                .map(\.element)
        }
    }

    public private(set) var entries: [Entry] = []
    /// What was passed over, a sentence each.
    public var notes: [String] = []
    /// An input could not be read, or held no message.
    public var hasTrouble = false
    /// A broken SHOULD counts as well.
    public let isStrict: Bool

    public init(isStrict: Bool) { self.isStrict = isStrict }

    public mutating func add(_ inspection: Inspection, of message: TranscriptMessage, in source: String) {
        entries.append(
            Entry(inspection: inspection, origin: message, source: source, facts: MessageFacts(inspection.message)))
    }

    public func isViolation(_ finding: Finding) -> Bool {
        finding.verdict == .fail || isStrict && finding.verdict == .warn
    }

    public var counts: VerdictCounts { VerdictCounts(entries.lazy.flatMap(\.inspection.findings)) }

    /// The exit status (0, 1 or 2) and one word for machines.
    public var exit: (code: Int32, reason: String) {
        if hasTrouble { return (2, "unreadable") }
        return entries.contains { $0.inspection.isViolated(strict: isStrict) } ? (1, "fail") : (0, "pass")
    }

    /// `2 messages: 1 fail, …`
    public var totals: String {
        let counts = counts
        let malformed = entries.reduce(0) { $0 + $1.inspection.malformed.count }
        return "\(counted(entries.count, "message")): \(counted(malformed, "malformed piece")), "
            + "\(counts.fail) fail, \(counts.warn) warn, \(counts.unknown) unknown, "
            + "\(counts.info) info, \(counts.pass) pass"
    }
}
