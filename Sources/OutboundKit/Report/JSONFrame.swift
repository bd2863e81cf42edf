/// The pieces that the JSON documents of all commands share: head, findings, what was not analysed, summary and exit.
public enum JSONFrame {
    /// `schema`, `tool` and `command`. The caller has opened the object.
    public static func head(_ json: inout JSONWriter, command: String, version: String) {
        json.member("schema", "sipob/1")
        json.key("tool")
        json.beginObject()
        json.member("name", "sipob")
        json.member("version", version)
        json.endObject()
        json.member("command", command)
    }

    /// The same with `started` and `duration_s`.
    public static func head(
        _ json: inout JSONWriter, command: String, version: String, started: Timestamp, duration: Int64
    ) {
        head(&json, command: command, version: version)
        json.member("started", started.description)
        json.member("duration_s", seconds: duration)
    }

    /// The same of a run that reports are made of.
    static func head(_ json: inout JSONWriter, _ run: ReportRun) {
        head(&json, command: run.command, version: run.version, started: run.started, duration: run.duration)
    }

    /// One finding, with section and level from the catalogue.
    /// - Parameter fingerprint: what it is recognised by in other captures, where that can be said.
    public static func finding(_ json: inout JSONWriter, _ finding: Finding, fingerprint: String? = nil) {
        let row = finding.requirement.flatMap { RequirementTable[$0] }
        json.beginObject()
        json.member("requirement", finding.requirement?.text)
        json.member("section", row?.citation)
        json.member("level", row?.levelText)
        json.member("verdict", finding.verdict.word)
        switch finding.verdict {
        case .unknown(let reason): json.member("reason", reason.rawValue)
        case .skipped(let why): json.member("reason", why)
        case .pass, .fail, .warn, .info: json.member("reason", String?.none)
        }
        json.member("subject", finding.subject)
        json.member("message", finding.message)
        json.key("evidence")
        json.beginArray()
        for evidence in finding.evidence { self.evidence(&json, evidence) }
        json.endArray()
        json.member("diagnosis", finding.diagnosis?.text)
        json.member("advice", finding.advice)
        if let fingerprint { json.member("fingerprint", fingerprint) }
        json.endObject()
    }

    private static func evidence(_ json: inout JSONWriter, _ evidence: Evidence) {
        json.beginObject()
        json.member("time", evidence.time?.description)
        json.member("frame", evidence.frame)
        json.member("observed", evidence.observed)
        json.member("expected", evidence.expected)
        json.endObject()
    }

    /// The member `findings`.
    public static func findings(_ json: inout JSONWriter, _ findings: some Sequence<Finding>) {
        json.key("findings")
        json.beginArray()
        for finding in findings { self.finding(&json, finding) }
        json.endArray()
    }

    /// The member `not_analyzed`.
    public static func notAnalyzed(_ json: inout JSONWriter, _ entries: [NotAnalyzed]) {
        json.key("not_analyzed")
        json.beginArray()
        for entry in entries {
            json.beginObject()
            json.member("what", entry.what)
            json.member("count", entry.count)
            json.member("why", entry.why)
            json.endObject()
        }
        json.endArray()
    }

    /// The member `summary`.
    public static func summary(_ json: inout JSONWriter, _ counts: VerdictCounts) {
        json.key("summary")
        json.beginObject()
        json.member("pass", counts.pass)
        json.member("fail", counts.fail)
        json.member("warn", counts.warn)
        json.member("info", counts.info)
        json.member("unknown", counts.unknown)
        json.member("skipped", counts.skipped)
        json.endObject()
    }

    /// One object as a line of its own.
    public static func line(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(indented: false)
        body(&json)
        json.newline()
        return json.bytes
    }

    /// The member `exit`.
    public static func exit(_ json: inout JSONWriter, code: Int32, reason: String) {
        json.key("exit")
        json.beginObject()
        json.member("code", code)
        json.member("reason", reason)
        json.endObject()
    }
}
