extension STUNProbeJudge {
    /// What the requests of the conformance check brought (RFC 8489 §6.3.1, §14).
    var attributeHandling: [Finding] {
        guard settings.conformance, seen.answered > 0 else { return [] }
        return [unknownRequired, unknownOptional]
    }

    private func answer(_ kind: STUNProber.Kind) -> STUNProber.Answer? {
        seen.conformanceAnswers.first { $0.kind == kind }
    }

    /// How a request of the check came to nothing; nil when it was not waited for to its end.
    private func failure(_ kind: STUNProber.Kind) -> (STUNProber.Loss, String)? {
        guard let loss = seen.conformanceLosses.first(where: { $0.kind == kind }) else { return nil }
        return switch loss.reason {
        case .silence: (loss, "silence")
        case .malformed(let error): (loss, "a malformed answer: \(error)")
        case .timeout, .network: nil
        }
    }

    private func unfinished(_ id: Requirement.ID) -> Finding {
        .unknown(
            id, .cut, subject: subject, message: "the request with an unknown attribute was not waited for to its end")
    }

    private var unknownRequired: Finding {
        let id: Requirement.ID = "OB-STUN-020"
        let expected = "420 with UNKNOWN-ATTRIBUTES that lists 0x7FFF"
        guard let answer = answer(.unknownRequired) else {
            guard let (loss, observed) = failure(.unknownRequired) else { return unfinished(id) }
            return .warn(
                id, subject: subject,
                message: "a request with an unknown attribute that must be understood gets no answer that can be read",
                evidence: [Evidence(time: loss.timing.ended, observed: observed, expected: expected)])
        }
        let time = answer.timing.ended
        guard !answer.isSuccess else {
            return .fail(
                id, subject: subject, message: "an unknown attribute that must be understood is passed over",
                evidence: Evidence(time: time, observed: "success response", expected: expected))
        }
        guard answer.message.errorCode?.code == 420 else {
            return .fail(
                id, subject: subject, message: "an unknown attribute draws another error than 420",
                evidence: Evidence(time: time, observed: words(answer), expected: expected))
        }
        let listed = answer.message.unknownAttributes ?? []
        guard listed.contains(where: { $0.rawValue == 0x7FFF }) else {
            let observed =
                answer.message.unknownAttributes == nil
                ? "420 without UNKNOWN-ATTRIBUTES"
                : "420 that lists \(listed.map(\.description).joined(separator: ", "))"
            return .fail(
                id, subject: subject, message: "the 420 does not name the unknown attribute",
                evidence: Evidence(time: time, observed: observed, expected: expected))
        }
        return .pass(
            id, subject: subject, message: "an unknown attribute that must be understood is refused by name",
            evidence: [Evidence(time: time, observed: words(answer), expected: expected)])
    }

    private var unknownOptional: Finding {
        let id: Requirement.ID = "OB-STUN-021"
        guard let answer = answer(.unknownOptional) else {
            guard let (loss, observed) = failure(.unknownOptional) else { return unfinished(id) }
            return .fail(
                id, subject: subject,
                message: "a request with an unknown optional attribute gets no answer that can be read",
                evidence: Evidence(time: loss.timing.ended, observed: observed, expected: "a success response"))
        }
        guard answer.isSuccess else {
            return .fail(
                id, subject: subject, message: "an unknown optional attribute is not passed over",
                evidence: Evidence(time: answer.timing.ended, observed: words(answer), expected: "a success response"))
        }
        return .pass(
            id, subject: subject, message: "an unknown optional attribute is passed over",
            evidence: [Evidence(time: answer.timing.ended, observed: "success response")])
    }

    var errorCode: [Finding] {
        if let bad = seen.firstErrorWithoutCode {
            return [
                .fail(
                    "OB-STUN-022", subject: subject, message: "an error response carries no valid ERROR-CODE",
                    evidence: Evidence(
                        time: bad.timing.ended, observed: words(bad),
                        expected: "ERROR-CODE of class 3 to 6, number 0 to 99"))
            ]
        }
        let errors = seen.conformanceAnswers.filter { !$0.isSuccess } + [seen.firstError].compactMap { $0 }
        guard let error = errors.first else { return [] }
        return [
            .pass(
                "OB-STUN-022", subject: subject, message: "error responses carry ERROR-CODE",
                evidence: [Evidence(time: error.timing.ended, observed: words(error))])
        ]
    }

    var transactionID: [Finding] {
        guard seen.answered == 0, let foreign = seen.firstForeign else {
            guard seen.answered > 0 else { return [] }
            return [
                .pass("OB-STUN-023", subject: subject, message: "answers carry the transaction ID of their request")
            ]
        }
        return [
            .fail(
                "OB-STUN-023", subject: subject, message: "the server does not echo the transaction ID",
                evidence: Evidence(
                    time: foreign,
                    observed: "\(counted(seen.foreignAnswers, "STUN message")) under other transaction IDs",
                    expected: "the ID of the request"))
        ]
    }

    var fingerprint: [Finding] {
        if let bad = seen.firstBadFingerprint {
            return [
                .fail(
                    "OB-STUN-025", subject: subject, message: "a FINGERPRINT does not fit its message",
                    evidence: Evidence(
                        time: bad.timing.ended, observed: "CRC-32 or place of FINGERPRINT wrong",
                        expected: "the last attribute, with the CRC-32 of what precedes it"))
            ]
        }
        var findings: [Finding] = []
        if let good = seen.firstGoodFingerprint {
            findings.append(
                .pass(
                    "OB-STUN-025", subject: subject, message: "the FINGERPRINT of the answers fits",
                    evidence: [Evidence(time: good.timing.ended, observed: "valid")]))
        }
        if let answer = answer(.fingerprint), !answer.isSuccess {
            findings.append(
                .warn(
                    "OB-STUN-025", subject: subject, message: "a request with a right FINGERPRINT is refused",
                    evidence: [
                        Evidence(time: answer.timing.ended, observed: words(answer), expected: "a success response")
                    ]))
        }
        return findings
    }

    /// RFC 8489 §6.3.3: such a success response is dropped, and its request has failed.
    var understood: [Finding] {
        guard let answer = seen.firstNotUnderstood else { return [] }
        let types = answer.message.unknownRequired.prefix(4).map(\.description).joined(separator: ", ")
        return [
            .warn(
                nil, subject: subject, message: "clients drop a success response that they do not understand whole",
                evidence: [
                    Evidence(
                        time: answer.timing.ended, observed: "comprehension-required: \(types)",
                        expected: "no attribute below 0x8000 that RFC 8489 does not know")
                ],
                advice: "the request then counts as failed (RFC 8489 section 6.3.3): have the server leave it out")
        ]
    }

    var software: [Finding] {
        guard seen.answered > 0 else { return [] }
        return [
            .info(
                "OB-STUN-031", subject: subject,
                message: seen.software.map { "the server calls itself \"\($0)\"" } ?? "the server sends no SOFTWARE")
        ]
    }

    /// STUN and SIP side by side: what the OPTIONS request on the same socket brought.
    var sip: [Finding] {
        guard settings.sipCheckURI != nil else { return [] }
        guard let answer = seen.sipAnswer else {
            guard seen.sipSilence, seen.answered > 0 else { return [] }
            return [
                .info(
                    "OB-STUN-014", subject: subject,
                    message:
                        "STUN is answered and OPTIONS is not: no SIP server is behind the port, or it ignores OPTIONS")
            ]
        }
        var findings: [Finding] = []
        if seen.answered > 0 {
            findings.append(
                .pass(
                    "OB-STUN-014", subject: subject, message: "STUN and SIP are both answered on one flow",
                    evidence: [Evidence(time: answer.time, observed: "\(answer.status) \(answer.reason)")]))
        }
        guard let source = answer.sourceAddress else {
            let rport =
                switch answer.rport {
                case .absent: "no rport"
                case .empty: "an empty rport"
                case .value(let text): "rport=\(text)"
                }
            let received = answer.received.map { "received=\($0)" } ?? "no received"
            findings.append(
                .fail(
                    "OB-RPORT-002", subject: subject,
                    message: "the Via of the response does not say where the request came from",
                    evidence: Evidence(
                        time: answer.time, observed: "\(rport), \(received)",
                        expected: "rport with the source port, and received with the source address")))
            return findings
        }
        guard let mapped = seen.mappedAddress, seen.mappedAddressChanges == 0 else { return findings }
        if source == mapped {
            findings.append(
                .pass(
                    "OB-RPORT-002", subject: subject, message: "received and rport are the mapped address",
                    evidence: [Evidence(time: answer.time, observed: "\(source)", expected: "\(mapped)")]))
        } else {
            findings.append(
                .warn(
                    "OB-RPORT-002", subject: subject,
                    message: "SIP and STUN see different sources of one flow: something rewrites SIP on the way",
                    evidence: [
                        Evidence(
                            time: answer.time, observed: "received and rport: \(source)",
                            expected: "\(mapped), the mapped address")
                    ], diagnosis: "DX-NAT-03", advice: "turn off the SIP ALG of the router, or use TLS"))
        }
        return findings
    }
}
