import OutboundKit

/// What one keep-alive on a registered flow shows (OB-KA-010; OB-STUN-009, -010, -011, -012, -013;
/// OB-WS-002, -003, -004).
struct KeepAliveJudgement {
    let outcome: KeepAliveOutcome
    let subject: String
    let flow: Flow?
    /// What received and rport of the 200 say.
    let reflexive: TransportAddress?

    /// Longer is no keep-alive "at once" (RFC 5626 §5.4).
    private static let promptness = Duration.seconds(1)

    var findings: [Finding] {
        switch outcome.technique {
        case .crlf: flow?.transport.isWebSocket == true ? crlfFrame : crlf
        case .stun: stun
        case .webSocketPing: pingFrame
        }
    }

    private var seconds: String { TextStyle.time(outcome.elapsed) }

    private func evidence(_ observed: String, _ expected: String) -> Evidence {
        Evidence(time: outcome.started, observed: observed, expected: expected)
    }

    private var crlf: [Finding] {
        let id: Requirement.ID = "OB-KA-010"
        switch outcome.result {
        case .pong where outcome.elapsed > Self.promptness:
            return [
                .warn(
                    id, subject: subject, message: "the pong took \(seconds); it is due at once",
                    evidence: [evidence("CRLF after \(seconds)", "CRLF at once")])
            ]
        case .pong, .stun:
            return [.pass(id, subject: subject, message: "CRLFCRLF was answered by CRLF after \(seconds)")]
        case .failed(let failure):
            return [
                .fail(
                    id, subject: subject, message: "the ping CRLFCRLF got no pong: \(failure)",
                    evidence: evidence("\(failure)\(serverPings)", "CRLF within 10 s"), diagnosis: "DX-KA-03",
                    advice: DiagnosisTable["DX-KA-03"]?.advice)
            ]
        }
    }

    private var serverPings: String {
        guard outcome.serverPings > 0 else { return "" }
        return ", only CRLFCRLF (\(counted(outcome.serverPings, "time"))), which is a ping of the server's own"
    }

    private var pingFrame: [Finding] {
        let id: Requirement.ID = "OB-WS-002"
        switch outcome.result {
        case .pong, .stun:
            return [.pass(id, subject: subject, message: "a Ping was answered with its own payload after \(seconds)")]
        case .failed(let failure):
            return [
                .fail(
                    id, subject: subject, message: "a Ping got no Pong: \(failure)",
                    evidence: evidence("\(failure)", "a Pong with the same 8 octets"), diagnosis: "DX-WS-02",
                    advice: DiagnosisTable["DX-WS-02"]?.advice)
            ]
        }
    }

    /// CRLFCRLF in a WebSocket message of its own: whoever grants outbound has promised to answer it.
    private var crlfFrame: [Finding] {
        let id: Requirement.ID = "OB-WS-003"
        switch outcome.result {
        case .pong, .stun:
            return [
                .pass(id, subject: subject, message: "CRLFCRLF in a frame was answered by a CRLF in a frame"),
                .pass("OB-WS-004", subject: subject, message: "the pong is a WebSocket message of its own"),
            ]
        case .failed(let failure):
            return [
                .fail(
                    id, subject: subject, message: "CRLFCRLF in a frame got no pong: \(failure)",
                    evidence: evidence("\(failure)", "a frame that holds a CRLF"), diagnosis: "DX-WS-01",
                    advice: DiagnosisTable["DX-WS-01"]?.advice)
            ]
        }
    }

    private var stun: [Finding] {
        switch outcome.result {
        case .stun(let message) where message.type.messageClass == .success: success(message)
        case .stun(let message): refused(message)
        case .failed(let failure): silent(failure)
        case .pong: []
        }
    }

    private func success(_ message: STUNMessage) -> [Finding] {
        var findings: [Finding] = [
            .pass(
                "OB-STUN-011", subject: subject,
                message: "the SIP port answered a STUN Binding request after \(seconds)"),
            .pass("OB-STUN-012", subject: subject, message: "a request without attributes was enough"),
            .pass(
                "OB-STUN-013", subject: subject,
                message: "the response came from the address and port that the request went to"),
        ]
        guard let mapped = message.xorMappedAddress else {
            let plain = message.plainMappedAddress.map { "only MAPPED-ADDRESS \($0)" } ?? "no mapped address"
            findings.append(
                .fail(
                    "OB-STUN-009", subject: subject, message: "the success response lacks XOR-MAPPED-ADDRESS",
                    evidence: evidence(plain, "XOR-MAPPED-ADDRESS"), diagnosis: "DX-STUN-02",
                    advice: DiagnosisTable["DX-STUN-02"]?.advice))
            return findings
        }
        findings.append(
            .pass("OB-STUN-009", subject: subject, message: "the success response has XOR-MAPPED-ADDRESS \(mapped)"))
        findings.append(source(mapped))
        return findings
    }

    /// Whether the mapped address is the request's source. Beyond a NAT only the server could tell.
    private func source(_ mapped: TransportAddress) -> Finding {
        let id: Requirement.ID = "OB-STUN-010"
        if let local = flow?.local, mapped == local {
            return .pass(id, subject: subject, message: "the mapped address is our own end of the flow: no NAT between")
        }
        // No address translation lies on the way to oneself.
        if let flow, flow.remote.ip.isLoopback {
            return .fail(
                id, subject: subject, message: "the mapped address is not the source of the request",
                evidence: evidence("\(mapped)", "\(flow.local)"))
        }
        if mapped == reflexive {
            return .pass(id, subject: subject, message: "STUN and SIP saw the same address beyond the NAT, \(mapped)")
        }
        return .unknown(
            id, .side, subject: subject, message: "a NAT or balancer lies between: only the server sees the true source"
        )
    }

    private func refused(_ message: STUNMessage) -> [Finding] {
        let code = message.errorCode.map { "\($0.code)" } ?? "without a code"
        return [
            .fail(
                "OB-STUN-012", subject: subject,
                message: "a Binding request without attributes was answered by the error \(code)",
                evidence: evidence("error response \(code)", "success response"))
        ]
    }

    private func silent(_ failure: FlowFailure) -> [Finding] {
        // Nobody listens there any more, so SIP is not answered either.
        if case .unreachable = failure {
            return [
                .unknown(
                    "OB-STUN-011", .configuration, subject: subject,
                    message: "the port answers neither STUN nor SIP any more: \(failure)",
                    evidence: [evidence("\(failure)", "a Binding response")])
            ]
        }
        return [
            .fail(
                "OB-STUN-011", subject: subject,
                message: "the port answers SIP but not STUN: \(failure), \(outcome.sends) sent in \(seconds)",
                evidence: evidence("\(failure)", "a Binding response"), diagnosis: "DX-STUN-01",
                advice: DiagnosisTable["DX-STUN-01"]?.advice)
        ]
    }
}
