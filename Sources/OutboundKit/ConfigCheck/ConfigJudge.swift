/// Applies the rules to a configuration, or to an edge's and a registrar's together.
public struct ConfigJudge {
    private(set) var subject: ConfigSubject
    private(set) var findings: [ConfigFinding] = []
    /// What is not known and would make nothing of a fault, while rules are asked for which it counts.
    var doubt: String?

    private init(_ question: ConfigQuestion) { subject = ConfigSubject(question) }

    /// The judgement on one configuration.
    public static func judge(_ question: ConfigQuestion) -> ConfigVerdict {
        var judge = ConfigJudge(question)
        judge.judgeAll()
        return judge.verdict
    }

    /// The judgement on an edge's and a registrar's configuration, each by itself and both together; what is wrong between
    /// them is said of the one that is to be changed.
    public static func judge(edge: ConfigQuestion, registrar: ConfigQuestion) -> [ConfigVerdict] {
        var first = ConfigJudge(edge)
        var second = ConfigJudge(registrar)
        first.subject.registrarTimer = second.subject.ownRegistrarTimer
        first.judgeAll()
        second.judgeAll()
        ConfigPair(edge: first.subject, registrar: second.subject).judge(&first, &second)
        return [first.verdict, second.verdict]
    }

    private mutating func judgeAll() {
        judgeReading()
        judgeModules()
        judgeParameters()
        if subject.role.isEdge {
            judgeKeepAlive()
            judgeTimers()
            judgeTokens()
            judgeFlags()
            if subject.hasRouting {
                judgeEdgeRouting()
                judgeEdgeFailures()
                judgeNAT()
            }
        }
        if subject.role.isRegistrar {
            if !subject.role.isEdge { judgeDirectPhones() }
            judgeRegistrar()
            judgeBindings()
            if subject.hasRouting { judgeDelivery() }
        }
    }

    private var verdict: ConfigVerdict {
        var seen: Set<String> = []
        // A call that is met on several ways is one thing to mend.
        let unique = findings.filter {
            seen.insert("\($0.rule) \($0.verdict.word) \($0.subject) \($0.message)").inserted
        }
        let order = unique.enumerated().sorted { left, right in
            (left.element.verdict.rank, left.offset) < (right.element.verdict.rank, right.offset)
        }
        let config = subject.config
        return ConfigVerdict(
            file: config.files.first ?? "-", files: config.files, role: subject.role, roleReason: subject.roleReason,
            findings: order.map(\.element), routes: config.routes.count, modules: config.modules.count,
            notRead: config.problems.filter(\.hidesSomething).map { "\(config.words($0.place)): \($0.words)" })
    }

    // MARK: Findings

    /// - Parameter place: nil for something that is missing.
    /// - Parameter requirement: nil for the first one of the diagnosis.
    mutating func emit(
        _ rule: Diagnosis.ID, _ verdict: Verdict, at place: ConfigPlace?, _ message: String, advice: String? = nil,
        requirement: Requirement.ID? = nil
    ) {
        let config = subject.config
        let isDoubtful = doubt != nil && (verdict == .fail || verdict == .warn)
        let verdict = isDoubtful ? .unknown(.configuration) : verdict
        let message = isDoubtful ? "\(doubt ?? ""): \(message)" : message
        let file = place.map { config.files.indices.contains($0.file) ? config.files[$0.file] : "-" }
        findings.append(
            ConfigFinding(
                rule: rule, verdict: verdict,
                requirement: requirement ?? DiagnosisTable[rule]?.requirements.first,
                file: file ?? config.files.first ?? "-", line: place?.line,
                excerpt: place.flatMap { config.line($0) }.map(ConfigSecrets.hidden), message: message,
                advice: advice ?? DiagnosisTable[rule]?.advice))
    }

    /// About something that is not there: `unknown` when it may stand in what was not read.
    mutating func emitMissing(
        _ rule: Diagnosis.ID, _ verdict: Verdict, at place: ConfigPlace? = nil, _ message: String,
        advice: String? = nil,
        requirement: Requirement.ID? = nil
    ) {
        // Kamailio does not start with it, and said so; what would be missing otherwise is not the question.
        guard !subject.config.problems.contains(where: { $0.kind == .unbalancedConditions }) else { return }
        guard let hidden = subject.whatIsHidden, verdict != .info else {
            emit(rule, verdict, at: place, message, advice: advice, requirement: requirement)
            return
        }
        emit(
            rule, .unknown(.configuration), at: place, "It cannot be told, since \(hidden): \(message)", advice: advice,
            requirement: requirement)
    }

    /// Whether this is so for the version that was named; without one, `unknown` is nil.
    func isAffected(_ test: (KamailioVersion) -> Bool) -> Bool? { subject.version.map(test) }
}

/// Lines of a configuration may hold secrets.
enum ConfigSecrets {
    private static let words = ["secret", "password", "passwd", "_key\"", "db_url", "auth_ha1", "token"]

    /// The line, with what stands in its strings left out when it speaks of a secret, and what stands before an `@` in an address.
    static func hidden(_ line: String) -> String {
        let lower = line.lowercased()
        guard words.contains(where: { lower.contains($0) }) || line.contains("://") && line.contains("@") else {
            return line
        }
        if line.hasPrefix("#!") || line.hasPrefix("!!") {
            return line.split(separator: " ").prefix(2).joined(separator: " ") + " (hidden)"
        }
        // The last string of a modparam is its value; the names before it may stay.
        var parts = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3 else {
            let end = line.firstIndex { $0 == "=" || $0 == "'" }
            return end.map { line[...$0] + " (hidden)" } ?? line
        }
        let isParameter = lower.hasPrefix("modparam")
        for index in stride(from: isParameter ? 5 : 1, to: parts.count, by: 2) { parts[index] = "(hidden)" }
        return parts.joined(separator: "\"")
    }
}

extension ConfigProblem {
    /// What it is, without the place.
    var words: String {
        switch kind {
        case .directiveIsComment(let name): "\(name) with something behind it is a comment"
        case .strayElse: "an #!else outside of all conditions"
        case .unbalancedConditions: "#!ifdef and #!endif do not match"
        case .definedTwice(let name): "\(name) is defined twice"
        case .commentInDefine(let name): "the value of \(name) has a comment in it"
        case .endlessDefine(let name): "\(name) is defined by itself"
        case .badExpression(let name): "\(name): Kamailio cannot compute the expression"
        case .expressionIsComment(let name): "\(name) is a comment before 5.7"
        case .numberBeyond(let text): "\(text) does not fit a number of 32 bits"
        case .badSubstitution: "a substitution that Kamailio refuses"
        case .includeMissing(let name, let why): "\(name) is not included: \(why)"
        case .importMissing(let name): "\(name) is not imported: there is no such file here"
        case .includeTooDeep(let name): "\(name) is not included: ten files within each other are the limit"
        case .openString: "a string without its end"
        case .openComment: "a comment without its end"
        case .refused(let text), .undefined(let text): text
        case .undeclaredFlag(let name): "the flag \(name) is not declared"
        case .notUnderstood(let text): text
        case .limit(let text): text
        }
    }
}
