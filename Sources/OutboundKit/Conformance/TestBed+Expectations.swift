/// Everything that a case can say. A `fail` always has what was observed and what was expected.
extension TestBed {
    mutating func pass(_ requirement: Requirement.ID, _ message: String) {
        findings.append(.pass(requirement, subject: subject, message: message))
    }

    mutating func fail(
        _ requirement: Requirement.ID, _ message: String, saw: String, expected: String,
        _ diagnosis: Diagnosis.ID? = nil, advice: String? = nil
    ) {
        let evidence = Evidence(time: now, observed: saw, expected: expected)
        findings.append(
            .fail(
                requirement, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
                advice: advice ?? diagnosis.flatMap { DiagnosisTable[$0]?.advice }))
    }

    mutating func warn(
        _ requirement: Requirement.ID, _ message: String, saw: String, expected: String,
        _ diagnosis: Diagnosis.ID? = nil, advice: String? = nil
    ) {
        let evidence = Evidence(time: now, observed: saw, expected: expected)
        findings.append(
            .warn(
                requirement, subject: subject, message: message, evidence: [evidence], diagnosis: diagnosis,
                advice: advice ?? diagnosis.flatMap { DiagnosisTable[$0]?.advice }))
    }

    mutating func info(
        _ requirement: Requirement.ID, _ message: String, saw: String? = nil, _ diagnosis: Diagnosis.ID? = nil
    ) {
        let evidence = saw.map { [Evidence(time: now, observed: $0)] } ?? []
        findings.append(
            .info(
                requirement, subject: subject, message: message, evidence: evidence, diagnosis: diagnosis,
                advice: diagnosis.flatMap { DiagnosisTable[$0]?.advice }))
    }

    mutating func unknown(_ requirement: Requirement.ID, _ reason: UnknownReason, _ message: String) {
        findings.append(.unknown(requirement, reason, subject: subject, message: message))
    }

    /// Says of that exchange what the rules over one REGISTER and its answer say of these requirements.
    /// - Parameters:
    ///   - reply: of a REGISTER; without an answer the verdict is unknown.
    ///   - vantage: `.core` where the case itself plays the proxies before the registrar.
    mutating func judge(_ reply: Reply, at vantage: Vantage = .ua, _ requirements: Requirement.ID...) {
        let firstHop: RegistrationExchange.FirstHop =
            reply.target.map { $0.route == nil ? .registrar : .edge } ?? .unknown
        let exchange = reply.exchange(subject: subject, firstHop: firstHop)
        let all = ExchangeRules.judge(exchange, vantage: vantage)
        for requirement in requirements {
            let found = all.filter { $0.requirement == requirement }
            precondition(!found.isEmpty, "no rule over one exchange judges \(requirement)")
            findings += found
        }
    }

    /// The first hop's Path value in an answer, which leads back over the flow; it holds the token.
    func pathBack(_ reply: Reply) throws(CaseStop) -> NameAddr {
        guard let path = reply.path.last else { throw .skipped("the 200 has no Path") }
        return path
    }

    /// Goes on only if an answer came, and one that says something of the request.
    @discardableResult
    func needAnswer(_ reply: Reply, to what: String) throws(CaseStop) -> SIPMessage {
        guard let response = reply.response else { throw .unknown(.cut, "\(what): \(reply.line)") }
        guard !reply.isTemporary else {
            throw .unknown(.configuration, "\(what) was refused for the time being: \(reply.line)")
        }
        return response
    }
}
