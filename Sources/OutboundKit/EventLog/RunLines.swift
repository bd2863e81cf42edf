/// Lines on the whole run (`RunFacts`), an object each: one that is always there, and one for each thing that was found.
/// Every shard needs them, but for findings, which have the key of the flow that they are about.
enum RunLines {
    static let run = "run"
    static let outboundServer = "outbound-server"
    static let stunServer = "stun-server"
    static let keepAliveServer = "keep-alive-server"
    static let dialledPhone = "dialled-phone"
    static let outage = "server-outage"
    static let hiddenAttempt = "hidden-attempt"
    static let finding = "finding"

    // MARK: Writing

    // The end of the object is the caller's.

    static func begin(_ facts: RunFacts, at time: Timestamp, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, run, time.nanoseconds, &json)
        if let vantage = facts.vantage { json.member("vantage", vantage.rawValue) }
        if let tolerance = facts.pongTolerance { json.member("pong_tolerance_ns", tolerance) }
        if facts.serversHeardAt < .max { json.member("heard_ns", facts.serversHeardAt) }
        if facts.notCompared > 0 { json.member("not_compared", facts.notCompared) }
        if facts.droppedFindings > 0 { json.member("dropped_findings", facts.droppedFindings) }
    }

    /// - Parameter word: `outboundServer` or `keepAliveServer`.
    static func begin(_ word: String, _ server: IPAddress, at time: Timestamp, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, word, time.nanoseconds, &json)
        json.member("address", server.description)
    }

    static func begin(_ server: TransportAddress, at time: Timestamp, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, stunServer, time.nanoseconds, &json)
        json.member("server", server.description)
    }

    static func begin(_ dialled: DialledPhone, at time: Timestamp, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, dialledPhone, time.nanoseconds, &json)
        json.member("address", dialled.dialler.description)
        json.member("client", dialled.phone.description)
    }

    static func begin(_ outage: ServerOutage, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, Self.outage, outage.start, &json)
        json.member("server", outage.server.description)
        json.member("outage", outage.kind.rawValue)
        json.member("end_ns", outage.end)
    }

    static func begin(_ attempt: HiddenAttempt, _ json: inout JSONWriter) {
        head(EventRecord.sharedKey, hiddenAttempt, attempt.start, &json)
        json.member("address", attempt.client.description)
        json.member("server", attempt.server.description)
        json.member("attempt", attempt.kind.rawValue)
        json.member("end_ns", attempt.end)
    }

    static func begin(_ finding: Finding, _ survey: EventSurvey, _ json: inout JSONWriter) {
        let key = FlowID(named: finding.subject).map { survey.keys[$0] } ?? FleetLines.key
        head(key, Self.finding, (finding.evidence.first?.time ?? survey.start).nanoseconds, &json)
        json.member("requirement", finding.requirement?.text ?? "")
        json.member("verdict", finding.verdict.word)
        if case .unknown(let reason) = finding.verdict { json.member("reason", reason.rawValue) }
        json.member("subject", finding.subject)
        json.member("message", finding.message)
        json.key("evidence")
        json.beginArray()
        for evidence in finding.evidence {
            json.beginObject()
            if let time = evidence.time { json.member("time_ns", time.nanoseconds) }
            if let frame = evidence.frame { json.member("frame", frame) }
            json.member("observed", evidence.observed)
            if let expected = evidence.expected { json.member("expected", expected) }
            json.endObject()
        }
        json.endArray()
        if let diagnosis = finding.diagnosis { json.member("diagnosis", diagnosis.text) }
        if let advice = finding.advice { json.member("advice", advice) }
    }

    private static func head(_ key: String, _ event: String, _ time: Int64, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("key", key)
        json.member("time_ns", time)
        json.member("event", event)
    }

    // MARK: Reading

    /// What a line says; nil for a line on something else.
    static func read(_ word: String, _ time: Timestamp, _ json: JSONValue) throws(ParseError) -> RunFacts? {
        var facts = RunFacts()
        switch word {
        case run:
            facts.hasBegun = true
            if let vantage = json["vantage"] {
                guard let vantage = vantage.string.flatMap(Vantage.init) else { throw missing("vantage") }
                facts.vantage = vantage
            }
            if let tolerance = json["pong_tolerance_ns"] {
                guard let tolerance = tolerance.integer else { throw missing("pong_tolerance_ns") }
                facts.pongTolerance = tolerance
            }
            if let heard = json["heard_ns"] {
                guard let heard = heard.integer else { throw missing("heard_ns") }
                facts.serversHeardAt = heard
            }
            facts.notCompared = try count(json, "not_compared")
            facts.droppedFindings = try count(json, "dropped_findings")
        case outboundServer, keepAliveServer:
            guard let address = json["address"]?.string.flatMap({ IPAddress($0) }) else { throw missing("address") }
            if word == outboundServer { facts.outboundServers = [address] } else { facts.keepAliveServers = [address] }
        case stunServer:
            guard let server = json["server"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("server") }
            facts.stunServers = [server]
        case dialledPhone:
            guard let dialler = json["address"]?.string.flatMap({ IPAddress($0) }) else { throw missing("address") }
            guard let phone = json["client"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("client") }
            facts.dialledPhones = [DialledPhone(dialler: dialler, phone: phone)]
        case outage:
            guard let server = json["server"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("server") }
            guard let kind = json["outage"]?.string.flatMap(ServerOutage.Kind.init) else { throw missing("outage") }
            guard let end = json["end_ns"]?.integer, end >= time.nanoseconds else { throw missing("end_ns") }
            facts.outages = [ServerOutage(server: server, kind: kind, start: time.nanoseconds, end: end)]
        case hiddenAttempt:
            guard let client = json["address"]?.string.flatMap({ IPAddress($0) }) else { throw missing("address") }
            guard let server = json["server"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("server") }
            guard let kind = json["attempt"]?.string.flatMap(HiddenAttempt.Kind.init) else { throw missing("attempt") }
            guard let end = json["end_ns"]?.integer, end >= time.nanoseconds else { throw missing("end_ns") }
            facts.hiddenAttempts = [
                HiddenAttempt(client: client, server: server, kind: kind, start: time.nanoseconds, end: end)
            ]
        case finding: facts.findings = [try readFinding(json)]
        default: return nil
        }
        return facts
    }

    /// Only what is judged of whole runs: everything else is for the shard to judge.
    private static let requirements = Set(Judge.serverRequirements + [Judge.tokenRequirement])

    private static func readFinding(_ json: JSONValue) throws(ParseError) -> Finding {
        guard let requirement = json["requirement"]?.string.map({ Requirement.ID($0) }),
            requirements.contains(requirement)
        else { throw missing("requirement") }
        guard let subject = json["subject"]?.string else { throw missing("subject") }
        guard let message = json["message"]?.string else { throw missing("message") }
        var evidence: [Evidence] = []
        for row in json["evidence"]?.array ?? [] {
            guard let observed = row["observed"]?.string else { throw missing("evidence") }
            evidence.append(
                Evidence(
                    time: row["time_ns"]?.integer.map { Timestamp(nanoseconds: $0) },
                    frame: row["frame"]?.integer.flatMap { UInt64(exactly: $0) }, observed: observed,
                    expected: row["expected"]?.string))
        }
        let diagnosis = json["diagnosis"]?.string.map { Diagnosis.ID($0) }
        let advice = json["advice"]?.string
        switch json["verdict"]?.string {
        case "pass": return .pass(requirement, subject: subject, message: message, evidence: evidence)
        case "fail":
            guard let first = evidence.first, first.expected != nil else { throw missing("evidence") }
            return .fail(
                requirement, subject: subject, message: message, evidence: first, Array(evidence.dropFirst()),
                diagnosis: diagnosis, advice: advice)
        case "warn":
            return .warn(
                requirement, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
                advice: advice)
        case "info":
            return .info(
                requirement, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
                advice: advice)
        case "unknown":
            guard let reason = json["reason"]?.string.flatMap(UnknownReason.init) else { throw missing("reason") }
            return .unknown(
                requirement, reason, subject: subject, message: message, evidence: evidence, advice: advice)
        case "skipped": return .skipped(requirement, subject: subject, why: message)
        default: throw missing("verdict")
        }
    }

    private static func count(_ json: JSONValue, _ name: StaticString) throws(ParseError) -> Int {
        guard let value = json[name.description] else { return 0 }
        guard let count = value.integer, count >= 0, count <= UInt32.max else { throw missing(name) }
        return Int(count)
    }

    private static func missing(_ rule: StaticString) -> ParseError { ParseError(.missing, at: 0, in: rule) }
}
