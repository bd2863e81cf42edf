import OutboundKit

/// Reads the flow tokens of Path URIs, with the keys that the user gave. Not for two tasks at once.
final class TokenReader {
    private let examiner: FlowTokenExaminer
    private let hasKeys: Bool

    init(_ keys: [FlowTokenKey]) {
        let ring = FlowTokenKeyRing(keys)
        hasKeys = !ring.isEmpty
        examiner = FlowTokenExaminer(keys: ring)
    }

    /// The assessment of a URI's user part; nil without one.
    func assess(_ uri: SIPURI) -> TokenAssessment? {
        guard let user = uri.user else { return nil }
        let context = TokenContext(
            host: uri.host, port: uri.port,
            parameters: uri.parameters.map { TokenContext.Parameter(name: $0.name.lowercased(), value: $0.value) })
        return unsafe examiner.examine(Array(user.utf8).span.bytes, context: context)
    }

    /// What a person wants to know of the token in `uri`.
    func points(_ uri: SIPURI) -> [Point] {
        guard let assessment = assess(uri) else { return [] }
        guard let token = assessment.token else {
            return [Point("  user part: \(assessment.error ?? "no flow token of a known issuer")", nil)]
        }
        var text = "  flow token, \(token.format)"
        if let transport = token.transport { text += ": \(transport)" }
        if let local = token.local { text += ", edge \(local)" }
        if let remote = token.remote { text += ", us \(remote)" }
        let authenticity: String
        switch (assessment.authenticated, assessment.derivation) {
        case (_, let derivation?) where derivation.isPublic:
            authenticity = "FORGEABLE: signed with a key that everybody knows (\(assessment.key ?? ""))"
        case (true, _): authenticity = "genuine: the key \(assessment.key ?? "") fits"
        case (false, _): authenticity = "not genuine by the keys given: \(assessment.error ?? "no key fits")"
        default: authenticity = hasKeys ? "cannot be checked" : "not checked: no key given"
        }
        return [Point(text, authenticity)]
    }

    /// What is wrong with the tokens of a Path, as findings.
    func findings(_ path: [NameAddr], subject: String, at time: Timestamp) -> [Finding] {
        path.flatMap { value -> [Finding] in
            guard let assessment = assess(value.uri), assessment.token != nil else { return [] }
            let evidence = Evidence(time: time, observed: "Path: \(Redaction.visible("\(value)"))")
            return assessment.weaknesses.compactMap { finding($0, value, evidence, subject) }
        }
    }

    private func finding(
        _ weakness: TokenWeakness, _ value: NameAddr, _ evidence: Evidence, _ subject: String
    ) -> Finding? {
        let message = "the flow token in Path: \(weakness.explanation)"
        if weakness.isViolation, let requirement = weakness.requirement {
            return .fail(
                requirement, subject: subject, message: message,
                evidence: Evidence(
                    time: evidence.time, observed: evidence.observed,
                    expected: "a token that only the edge can make"),
                diagnosis: weakness.diagnosis, advice: weakness.advice)
        }
        return .info(weakness.requirement, subject: subject, message: message, evidence: [evidence])
    }
}
