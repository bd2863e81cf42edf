/// Rows of OB-WS on handshakes.
extension OB_WS {
    /// OB-WS-005: the handshake agrees on the sub-protocol `sip`. A 101 that a client must not take is a fault of the server's;
    /// another answer is a refusal, for which it may have its reasons, yet whoever runs it will want to know of phones that
    /// get no flow.
    struct NegotiatesSIP: FlowRule {
        let requirement: Requirement.ID = "OB-WS-005"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket else { return }
            if let refusal = flow.webSocket?.refusal, let fault = refusal.fault, refusal.kind == .faulty {
                guard !scope.judgesPhonesOnly else { return }
                return out.add(
                    .fail(
                        requirement, subject: flow.subject, message: Self.words(fault),
                        evidence: flow.evidence(
                            at: flow.webSocket?.refusedAt ?? flow.openedAt, frame: flow.webSocket?.refusedFrame ?? 0,
                            "\(refusal.asked): \(fault)", expected: Self.expected(fault)),
                        advice: "Browsers and other clients that look end such a connection at once: "
                            + HandshakeAdvice.words(for: fault, path: "") + "."))
            }
            if flow.refusedHandshake != nil {
                guard !scope.judgesPhonesOnly, let refused = scope.refusedHandshakes[flow.id] else { return }
                return out.add(finding(refused, flow))
            }
            judgeAgreement(flow, scope, &out)
        }

        private static func words(_ fault: WebSocketHandshake.ClientFault) -> String {
            if case .subprotocol = fault {
                return "The client offered the sub-protocol `sip`, and the server's 101 does not name it."
            }
            return "The server's answer to the handshake is not RFC 6455's."
        }

        private static func expected(_ fault: WebSocketHandshake.ClientFault) -> String {
            if case .subprotocol = fault { return "Sec-WebSocket-Protocol: sip" }
            return "a 101 by RFC 6455 section 4.2.2"
        }

        private func judgeAgreement(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let at = flow.openedAt
            switch flow.handshake {
            case .granted: out.pass(requirement, flow.id, "The handshake agrees on sip.")
            case .notGranted:
                guard !scope.judgesPhonesOnly else { return }
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "The client offered the sub-protocol `sip`, and the server's 101 does not name it.",
                        evidence: flow.evidence(
                            at: at, "a 101 without Sec-WebSocket-Protocol: sip", expected: "Sec-WebSocket-Protocol: sip"
                        ),
                        advice: "A browser ends such a connection at once: let the server name the sub-protocol."))
            case .notOffered:
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "SIP runs over a WebSocket whose client did not offer the sub-protocol `sip`.",
                        evidence: flow.evidence(
                            at: at, "a handshake that does not name `sip`, where case counts",
                            expected: "Sec-WebSocket-Protocol: sip"),
                        advice: "Name it when the WebSocket is made: new WebSocket(url, 'sip')."))
            case .unseen:
                guard flow.opening.kind == .midstream else { return }
                out.add(
                    .unknown(requirement, .late, subject: flow.subject, message: "The handshake was not seen."))
            }
        }
    }

    /// Handshakes of clients at one address that a server answered in the same way, which makes no WebSocket.
    struct RefusedHandshakes: Sendable {
        struct Attempt: Sendable {
            let client: TransportAddress
            let refusal: WebSocketRefusal
            let time: Int64
            let frame: UInt64
        }

        /// Kept; the rest is counted.
        static let kept = 4

        fileprivate(set) var attempts: [Attempt] = []
        fileprivate(set) var count = 0
        fileprivate(set) var first = Int64.never
        fileprivate(set) var last = Int64.never
        /// A handshake from there was granted after the last of them.
        fileprivate(set) var grantedLater = false
    }
}

extension OB_WS.NegotiatesSIP {
    private struct Ends: Hashable {
        let client: IPAddress
        let server: TransportAddress
        let transport: TransportProtocol
    }

    private struct Group: Hashable {
        let ends: Ends
        let kind: WebSocketRefusal.Kind
    }

    /// Handshakes that were refused, by the first flow of each group: those between the same ends with the same answer.
    static func refused(_ flows: Chunks<FlowRecord>) -> [FlowID: OB_WS.RefusedHandshakes] {
        var firsts: [Group: FlowID] = [:]
        var refused: [FlowID: OB_WS.RefusedHandshakes] = [:]
        // What is stored is asked for first: for the rest a record is copied.
        for index in flows.indices where flows[index].transport.isWebSocket {
            guard flows[index].isUserAgentFlow, let refusal = flows[index].refusedHandshake, refusal.kind != .faulty,
                let webSocket = flows[index].webSocket
            else { continue }
            let group = Group(ends: ends(flows[index]), kind: refusal.kind)
            let first = firsts[group] ?? flows[index].id
            firsts[group] = first
            refused[first, default: OB_WS.RefusedHandshakes()].add(
                OB_WS.RefusedHandshakes.Attempt(
                    client: flows[index].client, refusal: refusal, time: webSocket.refusedAt,
                    frame: webSocket.refusedFrame),
                count: Int(webSocket.refusals))
        }
        guard !refused.isEmpty else { return [:] }
        var granted: [Ends: Int64] = [:]
        let asked = Set(firsts.keys.map(\.ends))
        for index in flows.indices where flows[index].transport.isWebSocket && flows[index].handshake == .granted {
            let ends = ends(flows[index])
            guard asked.contains(ends) else { continue }
            granted[ends] = max(granted[ends] ?? .never, flows[index].openedAt)
        }
        for (group, first) in firsts {
            guard let time = granted[group.ends], let last = refused[first]?.last else { continue }
            refused[first]?.grantedLater = time >= last
        }
        return refused
    }

    private static func ends(_ flow: FlowRecord) -> Ends {
        Ends(client: flow.client.ip, server: flow.server, transport: flow.transport)
    }

    /// What is said of a group, on its first flow.
    fileprivate func finding(_ refused: OB_WS.RefusedHandshakes, _ flow: FlowRecord) -> Finding {
        let fault = flow.refusedHandshake?.fault
        let answer: String =
            switch fault {
            case .status(let code, let reason)?: "refused with \(code)\(reason.isEmpty ? "" : " \(reason)")"
            case nil: "left unanswered"
            default: "answered with what is no HTTP"
            }
        let span = refused.count > 1 ? " in \(seconds(refused.last &- refused.first))" : ""
        let later =
            refused.grantedLater
            ? "A later one from there was granted." : "None from there was granted after that, as far as was seen."
        let message =
            "\(counted(refused.count, "WebSocket handshake")) for SIP from \(flow.client.ip) to \(flow.server) "
            + "\(refused.count > 1 ? "were" : "was") \(answer)\(span). \(later)"
        let evidence = refused.attempts.map { attempt in
            Evidence(
                at: attempt.time, frame: attempt.frame,
                "\(attempt.client), \(attempt.refusal.asked): "
                    + attempt.refusal.answer, expected: "101 with Sec-WebSocket-Protocol: sip")
        }
        if refused.grantedLater, flow.refusedHandshake?.isStepOnTheWay == true {
            return .info(requirement, subject: flow.subject, message: message, evidence: evidence)
        }
        let advice = HandshakeAdvice.words(
            for: fault,
            path: "check the path that the phones ask for, and which origins and addresses the server admits")
        return .info(
            requirement, subject: flow.subject, message: message, evidence: evidence,
            advice: advice.prefix(1).uppercased() + advice.dropFirst() + ".")
    }
}

extension OB_WS.RefusedHandshakes {
    fileprivate mutating func add(_ attempt: Attempt, count more: Int) {
        count += more
        first = attempts.isEmpty ? attempt.time : min(first, attempt.time)
        last = max(last, attempt.time)
        if attempts.count < Self.kept { attempts.append(attempt) }
    }
}

extension WebSocketRefusal {
    /// What the flow is in a table of flows.
    var role: String {
        switch kind {
        case .status(let code): "no WebSocket: \(code)"
        case .silence: "no WebSocket: no answer"
        case .notHTTP: "no WebSocket: no HTTP"
        case .faulty: "no WebSocket: wrong 101"
        }
    }
}
