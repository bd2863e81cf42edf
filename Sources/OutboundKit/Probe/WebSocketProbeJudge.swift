/// Reads what a WebSocket prober saw as findings under the catalogue's rows.
public struct WebSocketProbeJudge: Sendable {
    private let seen: StreamProbe.Observations
    private let settings: WebSocketProber.Settings
    private let subject: String

    /// - Parameter subject: how the findings call the server.
    public init(_ observations: StreamProbe.Observations, settings: WebSocketProber.Settings, subject: String) {
        seen = observations
        self.settings = settings
        self.subject = subject
    }

    /// All findings, in the order of the catalogue.
    public var findings: [Finding] {
        let all = [serverPings, pings, crlf, messages, handshake, framing].flatMap { $0 }
        return all.sorted { ($0.requirement?.text ?? "~") < ($1.requirement?.text ?? "~") }
    }

    private var handshake: [Finding] {
        let id: Requirement.ID = "OB-WS-005"
        if let opened = seen.opened {
            return [
                .pass(
                    id, subject: subject, message: "the handshake agrees on the subprotocol sip",
                    evidence: [Evidence(time: opened, observed: "101 with Sec-WebSocket-Protocol: sip")])
            ]
        }
        // Another status is a refusal, of which the server may have many; a 101 that is wrong is a fault.
        guard case .handshake(.refused(let fault)) = seen.ending else { return [] }
        switch fault {
        case .status, .notHTTP: return []
        case .subprotocol:
            return [
                .fail(
                    id, subject: subject, message: "the handshake does not agree on the subprotocol sip",
                    evidence: Evidence(
                        time: seen.ended, observed: fault.description, expected: "Sec-WebSocket-Protocol: sip"),
                    advice: "browsers' SIP stacks give up here: have the server answer with the subprotocol")
            ]
        case .field:
            return [
                .fail(
                    id, subject: subject, message: "the server's handshake is not RFC 6455's",
                    evidence: Evidence(
                        time: seen.ended, observed: fault.description, expected: "a 101 by RFC 6455 section 4.2.2"))
            ]
        }
    }

    private var serverPings: [Finding] {
        guard seen.serverPings > 0 else { return [] }
        return [
            .info(
                "OB-WS-001", subject: subject,
                message: "the server pings by itself (\(counted(seen.serverPings, "time"))); each ping was answered")
        ]
    }

    /// Ping frames (RFC 6455 §5.5.2).
    private var pings: [Finding] {
        guard !settings.crlf else { return [] }
        let id: Requirement.ID = "OB-WS-002"
        let expected = "a Pong with the same 8 octets"
        guard let loss = seen.unanswered else {
            guard let slowest = seen.slowest else { return [] }
            return [
                .pass(
                    id, subject: subject, message: "each Ping is answered with its own payload",
                    evidence: [
                        Evidence(
                            time: slowest.sent + slowest.elapsed,
                            observed: "\(seen.answered) of \(seen.sent), the slowest after "
                                + CRLFProbeJudge.text(slowest.elapsed), expected: expected)
                    ])
            ]
        }
        let time = CRLFProbeJudge.text(loss.elapsed, places: 1)
        let strange = seen.foreignPongs > 0 ? "; \(counted(seen.foreignPongs, "Pong")) with another payload" : ""
        switch loss.reason {
        case .timeout where loss.elapsed >= StreamProbe.pongTimeout:
            return [
                .fail(
                    id, subject: subject,
                    message: seen.foreignPongs > 0
                        ? "Pongs do not carry the Ping's payload" : "a Ping gets no Pong: the flow has failed",
                    evidence: Evidence(
                        time: loss.sent + loss.elapsed,
                        observed: "no answer in \(time) (\(seen.answered) of \(seen.sent) answered\(strange))",
                        expected: expected),
                    diagnosis: seen.foreignPongs > 0 ? nil : "DX-WS-02")
            ]
        case .flow(let flowLoss) where seen.answered == 0:
            return [
                .fail(
                    id, subject: subject, message: "a Ping is answered by the end of the connection",
                    evidence: Evidence(
                        time: loss.sent + loss.elapsed, observed: "\(ending(flowLoss)) \(time) after the first Ping",
                        expected: expected))
            ]
        case .timeout, .flow, .abandoned:
            return [
                .unknown(
                    id, .cut, subject: subject, message: "a Ping was not waited for to its end (\(time))",
                    evidence: [Evidence(time: loss.sent, observed: "no answer\(strange)", expected: expected)])
            ]
        }
    }

    private func ending(_ loss: FlowLoss) -> String {
        if case .webSocketClosed(let close) = seen.ending { return "a Close frame (\(close))" }
        return "the connection \(loss.words)"
    }

    /// CRLFCRLF in text frames (RFC 7118 §6). Nothing was registered, so nobody promised to answer it.
    private var crlf: [Finding] {
        guard settings.crlf, seen.opened != nil else { return [] }
        let id: Requirement.ID = "OB-WS-003"
        let expected = "a frame that holds a CRLF"
        var findings: [Finding] = []
        if let loss = seen.unanswered {
            let time = CRLFProbeJudge.text(loss.elapsed, places: 1)
            let isProven =
                switch loss.reason {
                case .timeout: loss.elapsed >= StreamProbe.pongTimeout
                case .flow: seen.answered == 0
                case .abandoned: false
                }
            var observed = "no answer in \(time)"
            if case .flow(let flowLoss) = loss.reason { observed = "\(ending(flowLoss)) after \(time)" }
            if seen.otherMessages > 0 { observed += "; \(counted(seen.otherMessages, "other message"))" }
            let evidence = Evidence(time: loss.sent + loss.elapsed, observed: observed, expected: expected)
            findings.append(
                isProven
                    ? .warn(
                        id, subject: subject, message: "CRLFCRLF in a frame gets no CRLF", evidence: [evidence],
                        diagnosis: "DX-WS-01",
                        advice: "phones that keep their flow alive with CRLFs lose it here: let the server answer them "
                            + "(OpenSIPS: *_crlf_pingpong), or send Pings itself: a page in a browser can send none")
                    : .unknown(
                        id, .cut, subject: subject, message: "a CRLFCRLF was not waited for to its end",
                        evidence: [evidence]))
        } else if seen.answered > 0, seen.doubledPongs == 0 {
            findings.append(
                .pass(
                    id, subject: subject, message: "CRLFCRLF in a frame is answered with a CRLF in a frame",
                    evidence: [Evidence(observed: "\(seen.answered) of \(seen.sent)", expected: expected)]))
            if seen.gluedCRLFs == 0 {
                findings.append(
                    .pass("OB-WS-004", subject: subject, message: "the pong is a WebSocket message of its own"))
            }
        }
        if seen.doubledPongs > 0 {
            findings.append(
                .warn(
                    id, subject: subject, message: "CRLFCRLF is answered with CRLFCRLF",
                    evidence: [
                        Evidence(
                            time: seen.firstDoubledPong, observed: "\(counted(seen.doubledPongs, "frame")) of CRLFCRLF",
                            expected: expected)
                    ], advice: "a CRLFCRLF is a ping: a peer that answers it keeps both busy"))
        }
        return findings
    }

    /// Messages of the server that are more than one (RFC 7118 §5).
    private var messages: [Finding] {
        guard seen.gluedCRLFs > 0 else { return [] }
        return [
            .warn(
                "OB-WS-004", subject: subject, message: "SIP messages of the server begin with CRLFs",
                evidence: [
                    Evidence(
                        time: seen.firstGluedCRLF,
                        observed: "CRLFs before the start-line in \(counted(seen.gluedCRLFs, "message"))",
                        expected: "pongs and SIP messages, each in a message of its own")
                ], advice: "send each SIP message and each CRLF as a WebSocket message of its own")
        ]
    }

    private var framing: [Finding] {
        let id: Requirement.ID = "OB-WS-010"
        if case .webSocketFault(let fault) = seen.ending {
            // What exceeds our own limits is no fault of the server's.
            guard !fault.isOwnLimit else {
                return [
                    .unknown(
                        id, .cut, subject: subject,
                        message: "more came than is read here, and the connection was ended",
                        evidence: [Evidence(time: seen.ended, observed: fault.words)])
                ]
            }
            return [
                .fail(
                    id, subject: subject, message: "the server breaks the WebSocket protocol",
                    evidence: Evidence(
                        time: seen.ended, observed: fault.words, expected: "frames by RFC 6455 section 5"))
            ]
        }
        guard seen.answered > 0 else { return [] }
        return [.pass(id, subject: subject, message: "the server's frames are RFC 6455's")]
    }
}
