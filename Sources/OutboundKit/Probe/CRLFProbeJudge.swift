/// Reads what a CRLF prober saw as findings under the catalogue's rows: what the answers of one server prove, and no more.
public struct CRLFProbeJudge: Sendable {
    let seen: StreamProbe.Observations
    let settings: CRLFProber.Settings
    let subject: String

    /// How late a pong is no longer "at once" (RFC 5626 §5.4).
    static let atOnce: Duration = .seconds(1)

    /// - Parameter subject: how the findings call the server.
    public init(_ observations: StreamProbe.Observations, settings: CRLFProber.Settings, subject: String) {
        seen = observations
        self.settings = settings
        self.subject = subject
    }

    /// All findings, in the order of the catalogue.
    public var findings: [Finding] {
        let all = [served, form, splitPings, doublePings, strangers, messages, lifetime].flatMap { $0 }
        return all.sorted { ($0.requirement?.text ?? "~") < ($1.requirement?.text ?? "~") }
    }

    func result(_ check: StreamProbe.Check) -> StreamProbe.CheckResult? { seen.checks.first { $0.check == check } }

    static func text(_ duration: Duration, places: Int = 3) -> String {
        "\(DecimalSeconds.text(duration.inNanoseconds, places: places)) s"
    }

    // MARK: are pings answered

    private var served: [Finding] {
        // What split pings are told by has a row of its own.
        guard settings.mode != .split else { return [] }
        let id: Requirement.ID = "OB-KA-010"
        if let loss = seen.unanswered {
            return [unanswered(id, loss, what: "a ping", diagnosis: "DX-KA-03", advice: advice)]
        }
        guard let slowest = seen.slowest else { return [] }
        guard !areOnlyPairs else {
            return [
                .unknown(
                    id, .side, subject: subject,
                    message: "CRLFs came in pairs only: pongs, or pings of the server's own",
                    evidence: [
                        Evidence(
                            time: slowest.sent + slowest.elapsed, observed: "no single CRLF, only CRLFCRLF",
                            expected: "a single CRLF at once")
                    ])
            ]
        }
        let evidence = Evidence(
            time: slowest.sent + slowest.elapsed,
            observed:
                "\(seen.answered) of \(counted(seen.sent, "ping")) answered, the slowest after \(Self.text(slowest.elapsed))",
            expected: "a single CRLF at once")
        guard slowest.elapsed <= Self.atOnce else {
            return [
                .warn(
                    id, subject: subject, message: "a pong takes more than a second", evidence: [evidence],
                    advice:
                        "after \(Self.text(StreamProbe.pongTimeout, places: 0)) phones give the flow up; look for what "
                        + "keeps the server from its connections")
            ]
        }
        return [.pass(id, subject: subject, message: "pings are answered at once", evidence: [evidence])]
    }

    /// Nothing came that can only be a pong, and some of it is known to be a ping, or looks like one.
    private var areOnlyPairs: Bool {
        settings.mode == .whole && seen.answered > 0 && seen.unpairedPongs == 0
            && (seen.pairedPongs > 0 || seen.serverPings > 0)
    }

    private var advice: String {
        switch result(.options)?.status {
        case let status?:
            "SIP is answered on the same connection (OPTIONS \(status)): the server lives but does not answer pings; "
                + "upgrade it, or switch CRLF keep-alives on"
        case nil:
            "check that SIP is spoken on this port (--sip-check), and that the server answers CRLF keep-alives"
        }
    }

    /// A ping that got no pong: proven, or not waited for.
    private func unanswered(
        _ id: Requirement.ID, _ loss: StreamProbe.Loss, what: String, diagnosis: Diagnosis.ID, advice: String
    ) -> Finding {
        let expected = "one CRLF within \(Self.text(StreamProbe.pongTimeout, places: 0))"
        let sign =
            seen.lastSign.map { "the last octet came \(Self.text(seen.ended - $0, places: 1)) before the end" }
            ?? "no octet ever came"
        let heard = seen.serverPings > 0 ? "no single CRLF, only the server's own CRLFCRLF" : "nothing"
        switch loss.reason {
        case .timeout where loss.elapsed >= StreamProbe.pongTimeout:
            return .fail(
                id, subject: subject, message: "\(what) gets no pong: the flow has failed",
                evidence: Evidence(
                    time: loss.sent + loss.elapsed,
                    observed: "\(heard) for \(Self.text(loss.elapsed, places: 1)) (\(counted(seen.sent, "ping")), "
                        + "\(seen.answered) answered; \(sign))", expected: expected),
                diagnosis: diagnosis, advice: advice)
        case .timeout, .abandoned:
            return .unknown(
                id, .cut, subject: subject,
                message: "\(what) got no pong in \(Self.text(loss.elapsed, places: 1)), and was not waited for longer",
                evidence: [Evidence(time: loss.sent, observed: sign, expected: expected)],
                advice: "leave -W out: a pong may take \(Self.text(StreamProbe.pongTimeout, places: 0))")
        case .flow(let flowLoss) where seen.answered == 0 && loss.elapsed < StreamProbe.pongTimeout:
            return .fail(
                id, subject: subject, message: "\(what) is answered by the end of the connection",
                evidence: Evidence(
                    time: loss.sent + loss.elapsed,
                    observed: "\(flowLoss.words) \(Self.text(loss.elapsed)) after the first ping", expected: expected),
                advice: "check that SIP is spoken on this port, and that the server admits this client")
        case .flow(let flowLoss):
            return .unknown(
                id, .cut, subject: subject, message: "the connection ended before the pong to the last ping was due",
                evidence: [Evidence(time: loss.sent + loss.elapsed, observed: flowLoss.words)])
        }
    }

    private var form: [Finding] {
        let id: Requirement.ID = "OB-KA-003"
        var findings: [Finding] = []
        if seen.doubledPongs > 0, !areOnlyPairs {
            findings.append(
                .warn(
                    id, subject: subject, message: "pings are answered with two CRLFs",
                    evidence: [
                        Evidence(
                            time: seen.firstDoubledPong,
                            observed: "\(counted(seen.doubledPongs, "time")) CRLFCRLF for one ping", expected: "CRLF")
                    ],
                    advice: "a CRLFCRLF is a ping: a peer that answers it keeps both busy"))
        }
        if let firstStray = seen.firstStray, seen.strayCRLFs > 0 {
            findings.append(
                .warn(
                    id, subject: subject, message: "CRLFs come that answer no ping",
                    evidence: [
                        Evidence(
                            time: firstStray, observed: counted(seen.strayCRLFs, "single CRLF"), expected: "none")
                    ], advice: "a single CRLF is a pong, and keeps nothing alive"))
        }
        if let unreadable = seen.unreadable {
            findings.append(
                .warn(
                    id, subject: subject, message: "octets come that are neither CRLF nor SIP",
                    evidence: [
                        Evidence(
                            time: unreadable.time, observed: "\(unreadable.words) (\(seen.unreadableCount) in all)",
                            expected: "CRLF or SIP")
                    ]))
        }
        if findings.isEmpty, !seen.answeredForms.isEmpty, !areOnlyPairs {
            findings.append(.pass(id, subject: subject, message: "each pong is a single CRLF"))
        }
        return findings
    }

    private var splitPings: [Finding] {
        guard settings.mode == .split else { return [] }
        let id: Requirement.ID = "OB-KA-011"
        var findings: [Finding] = []
        if let early = seen.firstEarlyPong {
            findings.append(
                .fail(
                    id, subject: subject, message: "a pong comes before the ping is whole",
                    evidence: Evidence(
                        time: early.time,
                        observed:
                            "a CRLF after the first segment of a ping sent \(early.form) (\(counted(seen.earlyPongs, "time")))",
                        expected: "a CRLF after the second"), diagnosis: "DX-KA-08"))
        }
        if let loss = seen.unanswered {
            findings.append(
                unanswered(
                    id, loss, what: "a ping in two segments (\(loss.form))", diagnosis: "DX-KA-08",
                    advice: "run without --split: if those are answered, the server takes each read for a whole ping"))
        } else if findings.isEmpty, !seen.answeredForms.isEmpty {
            let forms = seen.answeredForms.keys.map(\.description).filter { $0.contains("+") }.sorted()
            findings.append(
                .pass(
                    id, subject: subject, message: "pings in two segments are answered",
                    evidence: [Evidence(observed: "answered: \(forms.joined(separator: ", "))")]))
        }
        return findings
    }

    private var doublePings: [Finding] {
        guard settings.mode == .double, let count = seen.answeredForms[.double] else { return [] }
        let id: Requirement.ID = "OB-KA-014"
        if let single = seen.firstSinglePong {
            return [
                .warn(
                    id, subject: subject, message: "two pings in one segment get one pong",
                    evidence: [
                        Evidence(
                            time: single.sent,
                            observed: "\(seen.singlePongs) of \(counted(count, "time")) a single CRLF",
                            expected: "a CRLF for each ping")
                    ])
            ]
        }
        return [.pass(id, subject: subject, message: "two pings in one segment get two pongs")]
    }

    private var strangers: [Finding] {
        guard seen.serverPings > 0 else { return [] }
        return [
            .info(
                "OB-KA-003", subject: subject,
                message: "the server pings by itself (\(counted(seen.serverPings, "time"))); each ping was answered")
        ]
    }

    /// A connection stays open for 32 s after a message (RFC 3261 §18).
    private var lifetime: [Finding] {
        guard case .flow(let loss) = seen.ending, loss != .portUnreachable,
            let last = seen.checks.last(where: { $0.status != nil })
        else { return [] }
        let age = seen.ended - last.ended
        guard age < OptionsCheck.timerF else { return [] }
        return [
            .warn(
                "OB-KA-020", subject: subject, message: "the connection ends soon after a message",
                evidence: [
                    Evidence(
                        time: seen.ended, observed: "\(loss.words) \(Self.text(age, places: 1)) after a response",
                        expected: "open for at least \(Self.text(OptionsCheck.timerF, places: 0))")
                ])
        ]
    }
}
