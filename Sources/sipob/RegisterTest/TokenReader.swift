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

    /// What the keys that were given add to the rulebook's judgement, which has none.
    /// - Parameter findings: those of the exchange.
    func refine(_ findings: [Finding], path: [NameAddr], subject: String, at time: Timestamp) -> [Finding] {
        let id: Requirement.ID = "OB-TOK-001"
        guard hasKeys, let first = path.last, let assessment = assess(first.uri), assessment.token != nil,
            assessment.derivation?.isPublic != true
        else { return findings }
        let others = findings.filter { $0.requirement != id }
        let evidence = Evidence(time: time, observed: "Path: \(Redaction.visible("\(first)"))")
        switch assessment.authenticated {
        case true:
            let message = "the flow token's code holds under the key \(assessment.key ?? "")"
            return others + [.pass(id, subject: subject, message: message, evidence: [evidence])]
        case false:
            let unsettled = Finding.unknown(
                id, .configuration, subject: subject,
                message: "the flow token's code fits none of the keys given: \(assessment.error ?? "")",
                evidence: [evidence], advice: DiagnosisTable["DX-TOK-02"]?.advice)
            return others + [unsettled]
        case nil:
            return findings
        }
    }
}
