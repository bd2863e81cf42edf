/// Rows of OB-WS that passing frames can show.
enum OB_WS {
    static let rules: [any FlowRule] = [
        AnswersPings(), ClientAnswersPings(), ClientPings(), NoSTUN(), AnswersCRLF(), OneMessageAFrame(),
        NegotiatesSIP(), FramesInOrder(), ReactsToMissedPong(),
    ]
    static let bindingRules: [any BindingRule] = [NoReconnectStorm()]

    /// OB-WS-007: the waits of RFC 5626 §4.5 hold for WebSockets too.
    struct NoReconnectStorm: BindingRule {
        let requirement: Requirement.ID = "OB-WS-007"
        private static let storm = 5

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            let waits = binding.waits.filter(\.isWebSocket)
            guard let any = waits.last else { return }
            var run: [BindingCase.Wait] = []
            for wait in waits {
                // After a flow that had been a success the first attempt may come at once (Appendix A).
                if wait.length < .second, wait.failures > 0 { run.append(wait) } else { run = [] }
                guard run.count >= Self.storm else { continue }
                return out.add(
                    .warn(
                        requirement, subject: wait.flow.description,
                        message:
                            "\(counted(run.count, "time")) in a row a lost WebSocket was made anew within a second.",
                        evidence: run.prefix(4).map { OB_REC.evidence($0, expected: "growing waits (RFC 5626 §4.5)") },
                        advice: "Draw the waits of RFC 5626 §4.5 before a new connection, as for TCP."))
            }
            out.pass(requirement, any.flow, "No storm of new connections.")
        }
    }

    /// OB-WS-007: a missed Pong is the end of the flow, as a missed pong is by OB-KA-006. No RFC says after how long, so that
    /// this is a warning.
    struct ReactsToMissedPong: FlowRule {
        let requirement: Requirement.ID = "OB-WS-007"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .ws, flow.everOutbound, !flow.isHalf, let missed = flow.log.first(.missedPong),
                let (use, count) = flow.useAfterMissedPong
            else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "A Ping got no Pong in 10 s, and the client went on using the connection (\(counted(count, "time"))).",
                    evidence: [
                        flow.evidence(missed, "a Ping without a Pong in 10.5 s"),
                        flow.evidence(
                            use, "used \(seconds(use.time.nanoseconds &- use.first)) after that",
                            expected: "a new flow and a REGISTER with the same reg-id"),
                    ],
                    diagnosis: "DX-WS-03",
                    advice: "Let the client close the connection when a Pong does not come, and register anew."))
        }
    }

    /// OB-WS-008: no STUN there.
    struct NoSTUN: FlowRule {
        let requirement: Requirement.ID = "OB-WS-008"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket else { return }
            guard let mark = flow.log.first(.stunOnStream) else {
                if flow.everOutbound { out.pass(requirement, flow.id, "No STUN on the WebSocket.") }
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "\(counted(flow.log.count(.stunOnStream), "STUN message")) on a WebSocket.",
                    evidence: flow.evidence(mark, "STUN over \(flow.transport)", expected: "a CRLF ping, or a Ping"),
                    diagnosis: "DX-STUN-12"))
        }
    }

    /// OB-WS-002: a Ping is answered by a Pong.
    struct AnswersPings: FlowRule {
        let requirement: Requirement.ID = "OB-WS-002"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            // Of the server: an edge that plays dead for its phones is not to be told so.
            guard flow.kind == .ws, flow.pings > 0, !scope.judgesPhonesOnly else { return }
            guard flow.sights.contains(.fromServer) else {
                out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The server's direction was not seen.")
                )
                return
            }
            let never = flow.log.count(.missedPong) - Int(flow.latePongs)
            if never > 0, let first = flow.log.all(.missedPong).first {
                let strange = flow.webSocket?.strangeAnswers ?? 0
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "\(counted(never, "Ping")) of \(flow.pings) got no Pong"
                            + (strange > 0
                                ? "; \(counted(Int(strange), "answer")) of the server carried no Ping's payload, and \(strange > 1 ? "were" : "was") no SIP."
                                : "."),
                        evidence: flow.evidence(
                            first, "a Ping that got no Pong", expected: "a Pong with the same payload"),
                        [flow.evidence(at: flow.lastFromServer, "the server's last sign of life")],
                        diagnosis: strange > 0 ? nil : "DX-WS-02",
                        advice: strange > 0
                            ? "Let the server's Pong carry the payload of the Ping (RFC 6455 section 5.5.3)." : nil))
            } else if flow.latePongs > 0 {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message: "\(counted(Int(flow.latePongs), "Pong")) came after more than 10 s.",
                        evidence: flow.log.all(.latePong).map {
                            flow.evidence($0, "a Pong \(seconds($0.first)) after its Ping", expected: "within 10 s")
                        }))
            } else if flow.log.contains(.missedPongTainted) {
                out.add(
                    .unknown(
                        requirement, .gap, subject: flow.subject,
                        message: "A Pong was not seen, but \(flow.gapWords)."))
            } else if flow.pongs == 0 {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject, message: "What was seen ends before a Pong was due."))
            } else {
                out.pass(
                    requirement, flow.id,
                    "\(counted(flow.pongs, "Pong")), the slowest after \(seconds(flow.answerMax)).")
            }
        }
    }

    /// OB-WS-009: CRLF pings and Pings of the client count as keep-alives; Pings of the server are not the client's.
    struct ClientPings: FlowRule {
        let requirement: Requirement.ID = "OB-WS-009"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket, flow.everOwed else { return }
            if flow.isPingedByServerOnly {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "Only the server pings (\(counted(flow.serverPings, "time"))); the client sends no keep-alive itself.",
                        evidence: [
                            flow.evidence(
                                at: flow.lastFromServer,
                                "\(counted(flow.serverPings, "Ping")) of the server, none of the client",
                                expected: "CRLF pings, or Pings of the client")
                        ],
                        advice:
                            "Whether answering Pings is enough is not settled by RFC 5626 and RFC 7118; a client that "
                            + "pings by itself also learns when its flow is dead."))
            } else if flow.pings > 0 {
                out.pass(
                    requirement, flow.id,
                    "The client keeps the flow alive with \(flow.kind == .ws ? "Pings" : "CRLFs").")
            }
        }
    }
}
