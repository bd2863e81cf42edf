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

    /// Our end of the flow, as we and as the first hop know it.
    struct OwnEnd {
        let local: TransportAddress?
        /// By the Via of the answer; nil where that does not say.
        let reflexive: TransportAddress?

        /// Whether it is that address; nil where nobody can tell: behind a NAT our own address is not the one that is seen.
        func isAt(_ address: TransportAddress) -> Bool? {
            let address = Self.plain(address)
            if address == local.map(Self.plain) { return true }
            return reflexive.map { Self.plain($0) == address }
        }

        /// IPv4 as such, also where it is written as IPv6.
        private static func plain(_ address: TransportAddress) -> TransportAddress {
            guard address.ip.isIPv6, address.ip.high == 0, address.ip.low >> 32 == 0xFFFF else { return address }
            return TransportAddress(
                ip: IPAddress(v4: UInt32(truncatingIfNeeded: address.ip.low)), port: address.port)
        }
    }

    /// What a person wants to know of the token in `uri`.
    /// - Parameter end: ours; nil for the token of another hop, which names the hop before it.
    func points(_ uri: SIPURI, of end: OwnEnd?) -> [Point] {
        guard let assessment = assess(uri) else { return [] }
        guard let token = assessment.token else {
            return [Point("  user part: \(assessment.error ?? "no flow token of a known issuer")", nil)]
        }
        var text = "  flow token, \(token.format)"
        if let transport = token.transport { text += ": \(transport)" }
        if let local = token.local { text += ", edge \(local)" }
        if let remote = token.remote {
            let who =
                switch end?.isAt(remote) {
                case true?: "us"
                case false?: "not us but"
                case nil: "the phone or hop at"
                }
            text += ", \(who) \(remote)"
        }
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

    /// OB-TOK-001: the first hop's token is that of another flow. The hop's own word for where we are, in Via, is the witness.
    func strayToken(path: [NameAddr], of end: OwnEnd, subject: String, at time: Timestamp) -> Finding? {
        // By ob it is the first hop's (RFC 5626 §5.1); a proxy behind it sees that hop and not us.
        guard let first = path.last, first.uri.hasParameter("ob"), let assessment = assess(first.uri),
            let remote = assessment.token?.remote, assessment.candidates.first?.confidence != .low,
            let reflexive = end.reflexive, end.isAt(remote) == false
        else { return nil }
        let evidence = Evidence(
            time: time, observed: "a token for \(remote) in Path: \(Redaction.visible("\(first)"))",
            expected: "a token for \(reflexive), from where the request came by the Via of the answer")
        let message = "the flow token leads to another flow than the one that it was given on"
        let advice =
            "requests for this phone go to \(remote): look for a load balancer before the edge, or an edge that mixes up flows"
        // Without a NAT there is no doubt of what the edge saw.
        guard end.local == reflexive else {
            return .warn("OB-TOK-001", subject: subject, message: message, evidence: [evidence], advice: advice)
        }
        return .fail("OB-TOK-001", subject: subject, message: message, evidence: evidence, advice: advice)
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
