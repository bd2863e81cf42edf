/// What all SARIF 2.1.0 documents of sipob share (OASIS Standard, 27 March 2020): the frame, the rules from the catalogue
/// and one result. What code scanning services need beyond the standard is there: rules with help, a region, and
/// fingerprints.
enum SARIFLog {
    /// Services refuse a run with more results.
    static let maximumResults = 25_000

    /// One thing that was found.
    struct Result {
        let finding: Finding
        let isViolation: Bool
        /// A file, or the address of what was tested.
        let source: String
        let fingerprint: String
        /// Whom it is about, in words that hold between runs.
        let subject: String
        /// Further facts.
        var properties: [(String, String?)] = []
        /// Of a text; nil for what has no lines, such as a capture.
        var region: (line: Int, column: Int)?
    }

    /// From the opening of the document to that of its results.
    ///
    /// - Parameters:
    ///   - isSuccessful: whether all was looked at; nil where the exit status tells.
    ///   - rules: writes the objects of the rules.
    static func begin(
        _ json: inout JSONWriter, _ run: ReportRun, exitCode: Int32, isSuccessful: Bool? = nil, notes: [String],
        rules: (inout JSONWriter) -> Void
    ) {
        json.beginObject()
        json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
        json.member("version", "2.1.0")
        json.key("runs")
        json.beginArray()
        json.beginObject()
        json.key("tool")
        json.beginObject()
        json.key("driver")
        json.beginObject()
        json.member("name", "sipob")
        json.member("version", run.version)
        json.member("semanticVersion", run.version)
        json.key("rules")
        json.beginArray()
        rules(&json)
        json.endArray()
        json.endObject()
        json.endObject()
        json.key("automationDetails")
        json.beginObject()
        // The part before the last slash is the category: results of one command are compared with its own.
        json.member("id", "sipob/\(run.command)/")
        json.endObject()
        json.key("invocations")
        json.beginArray()
        json.beginObject()
        json.member("executionSuccessful", isSuccessful ?? (exitCode < 2))
        json.member("exitCode", exitCode)
        json.member("startTimeUtc", run.started.description)
        json.member("endTimeUtc", Timestamp(nanoseconds: run.started.nanoseconds &+ run.duration).description)
        json.key("toolExecutionNotifications")
        json.beginArray()
        for note in notes {
            json.beginObject()
            json.member("level", "warning")
            text(&json, "message", note)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.endArray()
        json.key("results")
        json.beginArray()
    }

    static func end(_ json: inout JSONWriter) {
        json.endArray()
        json.endObject()
        json.endArray()
        json.endObject()
        json.newline()
    }

    // MARK: Rules

    /// A rule that is a diagnosis.
    static func rule(_ json: inout JSONWriter, _ id: Diagnosis.ID) {
        json.beginObject()
        json.member("id", id.text)
        if let row = DiagnosisTable[id] {
            text(&json, "shortDescription", row.evidence)
            text(&json, "fullDescription", "\(row.evidence): \(row.verdict)")
            let link = row.requirements.first.flatMap { RequirementTable[$0] }.flatMap {
                SectionLinks.of($0.section).first
            }
            if let link { json.member("helpUri", link.address) }
            let source = row.source.isEmpty ? "" : " See \(row.source)."
            text(&json, "help", "Seen as: \(row.symptom). \(row.advice)\(source)")
        } else {
            text(&json, "shortDescription", id.text)
        }
        json.endObject()
    }

    static func rule(_ json: inout JSONWriter, _ id: Requirement.ID) {
        json.beginObject()
        json.member("id", id.text)
        guard let row = RequirementTable[id] else {
            text(&json, "shortDescription", id.text)
            json.endObject()
            return
        }
        let links = SectionLinks.of(row.section)
        text(&json, "shortDescription", row.sentence)
        text(&json, "fullDescription", "\(row.citation), \(row.levelText): \(row.sentence)")
        if let first = links.first { json.member("helpUri", first.address) }
        json.key("help")
        json.beginObject()
        var lines = [row.sentence, "It binds: \(row.binds). \(row.level.explanation)"]
        if !row.passiveCheck.isEmpty { lines.append("How it is seen: \(row.passiveCheck)") }
        json.member("text", (lines + ["See " + row.citation + "."]).joined(separator: "\n\n"))
        let list = links.map { "[\($0.title)](\($0.address))" }.joined(separator: ", ")
        json.member("markdown", (lines + [list]).filter { !$0.isEmpty }.joined(separator: "\n\n"))
        json.endObject()
        let level = level(row.level)
        json.key("defaultConfiguration")
        json.beginObject()
        json.member("level", level)
        json.endObject()
        json.key("properties")
        json.beginObject()
        json.member("tags", ["SIP Outbound", id.group, row.levelText])
        json.member("precision", "very-high")
        json.member("problem.severity", level == "note" ? "recommendation" : level)
        json.endObject()
        json.endObject()
    }

    private static func level(_ level: Requirement.Level) -> String {
        switch level {
        case .must, .grammar: "error"
        case .should, .statement, .derived: "warning"
        case .may, .nonNormative, .example: "note"
        }
    }

    // MARK: Results

    /// - Parameter ruleIndex: the place of its rule (`SARIFRules`).
    static func result(_ json: inout JSONWriter, _ result: Result, ruleIndex: Int?) {
        let finding = result.finding
        beginResult(
            &json, rule: finding.rule, ruleIndex: ruleIndex, finding.verdict,
            isViolation: result.isViolation, words(finding, subject: result.subject))
        json.key("locations")
        json.beginArray()
        json.beginObject()
        physicalLocation(&json, result.source, line: result.region?.line, column: result.region?.column)
        json.key("logicalLocations")
        json.beginArray()
        json.beginObject()
        json.member("name", finding.subject)
        json.member("fullyQualifiedName", result.subject)
        json.endObject()
        json.endArray()
        json.endObject()
        json.endArray()
        fingerprint(&json, result.fingerprint)
        properties(&json, result)
        json.endObject()
    }

    /// What every result begins with.
    static func beginResult(
        _ json: inout JSONWriter, rule: String, ruleIndex: Int?, _ verdict: Verdict, isViolation: Bool,
        _ message: String
    ) {
        json.beginObject()
        json.member("ruleId", rule)
        if let ruleIndex { json.member("ruleIndex", ruleIndex) }
        let (kind, level) = kindAndLevel(verdict, isViolation: isViolation)
        json.member("kind", kind)
        json.member("level", level)
        text(&json, "message", message)
    }

    /// - Parameter line: 1 where there is none: a capture has no lines, and services want one all the same.
    static func physicalLocation(_ json: inout JSONWriter, _ path: String, line: Int?, column: Int? = nil) {
        json.key("physicalLocation")
        json.beginObject()
        json.key("artifactLocation")
        json.beginObject()
        json.member("uri", uri(path))
        json.endObject()
        json.key("region")
        json.beginObject()
        json.member("startLine", line ?? 1)
        if let column { json.member("startColumn", column) }
        json.endObject()
        json.endObject()
    }

    /// By which services know a result again.
    static func fingerprint(_ json: inout JSONWriter, _ text: String) {
        json.key("partialFingerprints")
        json.beginObject()
        json.member("sipobFinding/v1", text)
        json.endObject()
    }

    private static func properties(_ json: inout JSONWriter, _ result: Result) {
        let first = result.finding.evidence.first
        json.key("properties")
        json.beginObject()
        json.member("verdict", result.finding.verdictWords)
        for (name, value) in result.properties where value != nil { json.member(name, value) }
        if let frame = first?.frame { json.member("frame", frame) }
        if let time = first?.time { json.member("time", time.description) }
        let frames = result.finding.evidence.compactMap(\.frame)
        if frames.count > 1 {
            json.key("frames")
            json.beginArray()
            for frame in frames { json.value(frame) }
            json.endArray()
        }
        if let diagnosis = result.finding.diagnosis { json.member("diagnosis", diagnosis.text) }
        if let advice = result.finding.advisedAction { json.member("advice", advice) }
        json.endObject()
    }

    /// SARIF §3.27.9 and §3.27.10: only what failed has a level.
    private static func kindAndLevel(_ verdict: Verdict, isViolation: Bool) -> (String, String) {
        switch verdict {
        case .fail: ("fail", "error")
        case .warn: ("fail", isViolation ? "error" : "warning")
        case .info: ("informational", "none")
        case .unknown: ("open", "none")
        case .skipped: ("notApplicable", "none")
        case .pass: ("pass", "none")
        }
    }

    /// The sentence, whom it is about, and the first evidence: all that a service shows in its list.
    private static func words(_ finding: Finding, subject: String) -> String {
        var text = "\(finding.message) (\(subject))"
        if let first = finding.evidence.first {
            text += "\nSeen: \(first.observed)." + (first.expected.map { " Expected: \($0)." } ?? "")
        }
        return text
    }

    static func text(_ json: inout JSONWriter, _ name: String, _ text: String) {
        json.key(name)
        json.beginObject()
        // A service shows it as it is.
        json.member("text", PrintableText.lines(text))
        json.endObject()
    }

    /// A path as a URI reference (RFC 3986 §4.2): relative ones stay relative.
    static func uri(_ path: String) -> String {
        if path == "-" { return "standard-input" }
        var text = path.hasPrefix("/") ? "file://" : ""
        for octet in path.utf8 {
            let isPlain =
                ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.slash || octet == ASCII.dot
                || octet == ASCII.minus || octet == ASCII.underscore || octet == ASCII.tilde
            if isPlain { text.append(Character(Unicode.Scalar(octet))) } else { text += "%" + hexadecimal(octet) }
        }
        return text
    }

    private static func hexadecimal(_ octet: UInt8) -> String { Hex.encode([octet]).uppercased() }
}
