/// An audit in one file format. Documents are handed over in pieces, so that a report of a million flows needs no memory
/// for its text.
public protocol AuditDocument: Sendable {
    /// - Parameter write: takes each piece in turn.
    func write(to write: ([UInt8]) -> Void)
}

/// What a document says about the run besides its findings.
public struct ReportRun: Sendable {
    /// The command that was run, such as `pcap-audit`.
    public let command: String
    /// The version of sipob.
    public let version: String
    public let started: Timestamp
    /// Nanoseconds.
    public let duration: Int64
    /// What was looked at: file names, or the addresses listened on.
    public let sources: [String]
    /// When each of several captures begins, by the name that it has in `sources`.
    public let beginnings: [String: Timestamp]

    public init(
        command: String, version: String, started: Timestamp, duration: Int64, sources: [String],
        beginnings: [String: Timestamp] = [:]
    ) {
        self.command = command
        self.version = version
        self.started = started
        self.duration = duration
        self.sources = sources
        self.beginnings = beginnings
    }

    /// The sources in the order of their time, where that is known of all; else as they were named.
    public var sourcesByTime: [String] {
        let timed = sources.compactMap { source in beginnings[source].map { (source: source, begin: $0) } }
        guard timed.count == sources.count else { return sources }
        return timed.enumerated().sorted { ($0.element.begin, $0.offset) < ($1.element.begin, $1.offset) }
            .map(\.element.source)
    }

    /// The source that shows a moment: of several captures the one that began last before it. Packets are counted anew in
    /// each.
    func source(at time: Timestamp?) -> String {
        let first = sources.first ?? "-"
        guard let time else { return first }
        var found: (source: String, begin: Timestamp)?
        for source in sources {
            guard let begin = beginnings[source], begin <= time, found.map({ $0.begin < begin }) ?? true else {
                continue
            }
            found = (source, begin)
        }
        return found?.source ?? first
    }
}

extension AuditJSON {
    /// The document of `--json`, as a file.
    public struct Document: AuditDocument {
        private let report: AuditReport
        private let run: ReportRun
        private let timelines: FlowTimelines?

        /// - Parameter timelines: of the flows that are shown, where each is to be told in full.
        public init(_ report: AuditReport, _ run: ReportRun, timelines: FlowTimelines? = nil) {
            self.report = report
            self.run = run
            self.timelines = timelines
        }

        public func write(to write: ([UInt8]) -> Void) {
            AuditJSON(report, timelines: timelines).write(
                command: run.command, version: run.version, started: run.started, duration: run.duration, to: write)
        }
    }
}

extension Finding {
    /// The verdict with its reason: `fail`, `unknown (GAP)`, `skipped`.
    var verdictWords: String {
        if case .unknown(let reason) = verdict { return "unknown (\(reason.rawValue))" }
        return verdict.word
    }

    /// Why it was not judged; nil where it was.
    var unjudgedReason: String? {
        switch verdict {
        case .unknown(let reason): "\(reason.rawValue): \(message)"
        case .skipped(let why): why
        case .pass, .fail, .warn, .info: nil
        }
    }

    /// What to do: the finding's own advice, or that of its diagnosis.
    var advisedAction: String? { advice ?? diagnosis.flatMap { DiagnosisTable[$0]?.advice } }
}

extension Evidence {
    /// `2026-11-23T09:30:00.000250Z #12 no ping for 29.929 s; expected at most 20.000 s`.
    var line: String {
        place + observed + (expected.map { "; expected \($0)" } ?? "")
    }

    /// When and in which packet, with a blank behind it; empty where neither is known.
    var place: String { (time.map { "\($0) " } ?? "") + (frame.map { "#\($0) " } ?? "") }
}
