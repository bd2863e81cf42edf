/// What the OPTIONS requests on the same connection brought.
extension CRLFProbeJudge {
    var messages: [Finding] {
        [blankLines, loneCRLF, halfMessage].flatMap { $0 }
    }

    /// A check that shows nothing, and why: OPTIONS is not answered even alone, or the time was up.
    private func inconclusive(_ id: Requirement.ID, _ result: StreamProbe.CheckResult) -> Finding? {
        if result.isCut {
            return .unknown(id, .cut, subject: subject, message: "OPTIONS was not waited for to its end")
        }
        if let plain = self.result(.options), plain.status == nil {
            return .unknown(
                id, .configuration, subject: subject,
                message: "the server answers no OPTIONS, so nothing can be told by one")
        }
        return nil
    }

    /// The blank line at the end of a header, and CRLFs in a body, are no pings.
    private var blankLines: [Finding] {
        let id: Requirement.ID = "OB-KA-012"
        let results = [result(.options), result(.halfMessage)].compactMap { $0 }
        for result in results where result.strayCRLFs > 0 {
            // Exactly one pair may be a ping of the server's own.
            guard result.strayCRLFs != 2 else {
                return [
                    .unknown(
                        id, .side, subject: subject,
                        message: "a CRLFCRLF came while OPTIONS was under way: two pongs, or a ping of the server's own"
                    )
                ]
            }
            let part = result.check == .options ? "the blank line after a header" : "a CRLF inside a message"
            return [
                .fail(
                    id, subject: subject, message: "\(part) is taken for a ping",
                    evidence: Evidence(
                        time: result.firstStray,
                        observed: "\(counted(result.strayCRLFs, "CRLF")) while no ping was out",
                        expected: "none"))
            ]
        }
        guard let answered = results.first(where: { $0.status != nil }) else { return [] }
        return [
            .pass(
                id, subject: subject, message: "the blank line after a header draws no pong",
                evidence: [Evidence(time: answered.ended, observed: words(answered))])
        ]
    }

    /// A CRLF before a start-line is ignored (RFC 3261 §7.5), and is no ping.
    private var loneCRLF: [Finding] {
        guard let result = result(.crlfBeforeOptions) else { return [] }
        var findings: [Finding] = []
        if result.strayCRLFs > 0, result.strayCRLFs != 2 {
            findings.append(
                .fail(
                    "OB-KA-014", subject: subject, message: "a lone CRLF is answered",
                    evidence: Evidence(time: result.firstStray, observed: "a CRLF", expected: "nothing"),
                    advice: "a lone CRLF is a pong; two peers that answer pongs never stop"))
        } else if result.status != nil, settings.mode != .double {
            findings.append(.pass("OB-KA-014", subject: subject, message: "a lone CRLF draws no pong"))
        }
        let id: Requirement.ID = "OB-KA-015"
        let plain = self.result(.options)
        if result.status != nil, result.status != 400 || plain?.status == 400 {
            return findings + [
                .pass(
                    id, subject: subject, message: "a CRLF before a start-line is ignored",
                    evidence: [Evidence(time: result.ended, observed: words(result))])
            ]
        }
        if let unknown = inconclusive(id, result) { return findings + [unknown] }
        return findings + [
            .fail(
                id, subject: subject, message: "a CRLF before a start-line spoils the message",
                evidence: Evidence(
                    time: result.ended, observed: words(result),
                    expected: plain.map { "as without: \(words($0))" } ?? ""),
                diagnosis: "DX-KA-07", advice: "strip CRLFs before the start-line (RFC 3261 section 7.5)")
        ]
    }

    /// A message in two halves is late, and no worse.
    private var halfMessage: [Finding] {
        guard let result = result(.halfMessage) else { return [] }
        var findings: [Finding] = []
        let plain = self.result(.options)
        if result.status != nil, result.status != 400 || plain?.status == 400 {
            findings.append(
                .pass(
                    "OB-SIP-003", subject: subject, message: "a message sent in two halves is read whole",
                    evidence: [Evidence(time: result.ended, observed: words(result))]))
        } else if let unknown = inconclusive("OB-SIP-003", result) {
            findings.append(unknown)
        } else {
            findings.append(
                .fail(
                    "OB-SIP-003", subject: subject, message: "a message sent in two halves is not read",
                    evidence: Evidence(
                        time: result.ended, observed: words(result),
                        expected: plain.map { "as in one piece: \(words($0))" } ?? ""),
                    advice: "frame streams by Content-Length, whatever the reads are (RFC 3261 section 18.3)"))
        }
        switch result.pongAfter {
        case true?:
            findings.append(
                .pass("OB-KA-004", subject: subject, message: "after a message in two halves pings are answered"))
        case false?:
            findings.append(
                .fail(
                    "OB-KA-004", subject: subject, message: "after a message in two halves pings are not answered",
                    evidence: Evidence(
                        time: result.ended, observed: "no pong within \(Self.text(StreamProbe.pongTimeout, places: 0))",
                        expected: "a pong, as before")))
        case nil: break
        }
        return findings
    }

    private func words(_ result: StreamProbe.CheckResult) -> String {
        if let status = result.status { return "OPTIONS is answered \(status) \(result.reason)" }
        let time = Self.text(result.ended - result.started, places: 1)
        if let loss = result.flowLoss { return "the connection is \(loss.words) after \(time)" }
        return "no answer in \(time)"
    }
}
