/// Rows of OB-WS on frames, and on what stands in one message.
extension OB_WS {
    /// OB-WS-002 the other way round: the client answers the server's Pings.
    struct ClientAnswersPings: FlowRule {
        let requirement: Requirement.ID = "OB-WS-002"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket, flow.serverPingFrames > 0 else { return }
            guard flow.sights.contains(.fromClient) else {
                return out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The client's direction was not seen.")
                )
            }
            guard let first = flow.log.first(.unansweredServerPing) else {
                if flow.serverPingAt != .never { return out.add(open(flow, scope)) }
                return out.pass(requirement, flow.id, "The server's Pings were answered.")
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "\(counted(flow.log.count(.unansweredServerPing), "Ping")) of \(flow.serverPingFrames) of the server got no Pong, while the client sent other frames.",
                    evidence: flow.evidence(
                        at: first.first, "a Ping of the server without a Pong in 10 s",
                        expected: "a Pong with the same payload"),
                    flow.log.all(.unansweredServerPing).dropFirst().map {
                        flow.evidence(at: $0.first, "another one without")
                    },
                    advice: "Answer each Ping; servers close connections that do not (Kamailio: keepalive_timeout)."))
        }

        /// A Ping has no Pong, and nothing else of the client came after it.
        private func open(_ flow: FlowRecord, _ scope: AuditScope) -> Finding {
            if flow.lastGap >= flow.serverPingAt {
                return .unknown(
                    requirement, .gap, subject: flow.subject,
                    message: "A Pong of the client was not seen, but \(flow.gapWords).")
            }
            guard let silence = flow.silenceAfterServerPing(until: scope.end) else {
                return .unknown(
                    requirement, .cut, subject: flow.subject,
                    message: "What was seen ends before a Pong of the client was due.")
            }
            return .unknown(
                requirement, .side, subject: flow.subject,
                message:
                    "No Pong in \(seconds(silence)), and no other sign of the client: it may have been switched off.",
                evidence: [
                    flow.evidence(
                        at: flow.serverPingAt, "a Ping of the server without a Pong",
                        expected: "a Pong with the same payload")
                ])
        }
    }

    /// OB-WS-003: a CRLF ping that is a message of its own is answered by a CRLF. Where some are answered, or the server is
    /// silent altogether, the flow is in trouble and not the server ignorant: that is OB-KA-010's.
    struct AnswersCRLF: FlowRule {
        let requirement: Requirement.ID = "OB-WS-003"

        /// No ping was answered, though one was due and the server said other things, or closed for it.
        static func isOfServer(_ flow: FlowRecord) -> Bool { neverAnswered(flow) || flow.closeUponCRLFPing != nil }

        private static func neverAnswered(_ flow: FlowRecord) -> Bool {
            flow.isWebSocket && flow.kind == .crlf && flow.pongs == 0 && flow.log.contains(.missedPong)
                && flow.log.contains(.serverTalkedOn)
        }

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket, flow.kind == .crlf, flow.pings > 0, !scope.judgesPhonesOnly else { return }
            guard flow.pongs == 0 else {
                return out.pass(requirement, flow.id, "The server answers CRLF pings on the WebSocket.")
            }
            if let code = flow.closeUponCRLFPing {
                return judge(
                    flow,
                    "The server closed the WebSocket upon a CRLF ping (\(WebSocketClose(code: code))), and had answered none.",
                    flow.evidence(
                        at: flow.closedAt, frame: flow.closedFrame,
                        "Close frame \(seconds(flow.closedAt &- flow.lastPing)) after the ping",
                        expected: "a message of one CRLF"), &out)
            }
            guard Self.neverAnswered(flow), let mark = flow.log.first(.missedPong) else {
                guard !flow.log.contains(.missedPong) else { return }
                let reason: UnknownReason =
                    !flow.sights.contains(.fromServer) ? .half : flow.sights.contains(.gap) ? .gap : .cut
                return out.add(
                    .unknown(
                        requirement, reason, subject: flow.subject,
                        message: "No pong was seen, and none was missed for certain: \(reason.explanation)."))
            }
            judge(
                flow, "None of \(counted(flow.pings, "CRLF ping")) on the WebSocket was answered.",
                flow.evidence(mark, "a CRLFCRLF message without an answer", expected: "a message of one CRLF"), &out)
        }

        /// A page in a browser can send no Ping, so that is no way out for the client.
        static let advice =
            "Let the server answer CRLF pings (OpenSIPS: ws_crlf_pingpong, wss_crlf_pingpong), or send Pings itself: "
            + "a page in a browser can send none."

        /// Whoever grants outbound has promised to answer.
        private func judge(_ flow: FlowRecord, _ message: String, _ evidence: Evidence, _ out: inout FindingList) {
            let advice = Self.advice
            out.add(
                flow.everOwed
                    ? .fail(
                        requirement, subject: flow.subject, message: message, evidence: evidence, diagnosis: "DX-WS-01",
                        advice: advice)
                    : .warn(
                        requirement, subject: flow.subject, message: message, evidence: [evidence],
                        diagnosis: "DX-WS-01", advice: advice))
        }
    }

    /// OB-WS-004: one WebSocket message is one SIP message.
    struct OneMessageAFrame: FlowRule {
        let requirement: Requirement.ID = "OB-WS-004"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket, flow.sights.contains(.sip) else { return }
            let marks = flow.log.all(.gluedCRLF)
            guard let first = marks.first else {
                return out.pass(requirement, flow.id, "Each message stands alone.")
            }
            let doubled = marks.filter { $0.first == 0 }
            if let mark = doubled.first {
                return out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "\(mark.second == 1 ? "The client" : "The server") puts more than one SIP message into a WebSocket message.",
                        evidence: flow.evidence(
                            mark, "a start-line behind the end of another message",
                            expected: "one SIP message in each WebSocket message"),
                        doubled.dropFirst().map { flow.evidence($0, "another one") },
                        advice:
                            "Send each SIP message as a WebSocket message of its own: the second is lost on most peers."
                    ))
            }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "\(counted(flow.log.count(.gluedCRLF), "message")) of \(first.second == 1 ? "the client" : "the server") began with CRLFs that are no part of it.",
                    evidence: marks.map {
                        flow.evidence(
                            $0, "\(counted($0.first, "octet")) of CRLF before the start-line",
                            expected: "a ping in a message of its own")
                    },
                    advice: "Send each SIP message and each CRLF ping as a WebSocket message of its own."))
        }
    }

    /// OB-WS-010: frames are those of RFC 6455 §5.
    struct FramesInOrder: FlowRule {
        let requirement: Requirement.ID = "OB-WS-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isWebSocket else { return }
            let faults = zip(flow.log.all(.webSocketFault), flow.webSocket?.faults ?? []).filter {
                !scope.judgesPhonesOnly || $0.0.first == 1
            }
            guard let (mark, fault) = faults.first else { return judgeWithoutFault(flow, &out) }
            let who = mark.first == 1 ? "The client" : "The server"
            let count = flow.log.count(.webSocketFault)
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "\(who) breaks the WebSocket protocol: \(fault)\(count > 1 ? " (\(counted(count, "fault")) in all)" : "").",
                    evidence: Self.evidence(flow, mark, fault, expected: "frames by RFC 6455 section 5"),
                    faults.dropFirst().map { Self.evidence(flow, $0.0, $0.1, expected: nil) },
                    advice:
                        "Who gets such a frame has to fail the connection (RFC 6455 section 7.1.7): mend the WebSocket library of \(who.lowercased()), or what stands on the way and changes frames."
                ))
        }

        private static func evidence(
            _ flow: FlowRecord, _ mark: EvidenceMark, _ fault: WebSocketFault, expected: String?
        ) -> Evidence {
            flow.evidence(mark, "\(mark.first == 1 ? "client" : "server"): \(fault)", expected: expected)
        }

        private func judgeWithoutFault(_ flow: FlowRecord, _ out: inout FindingList) {
            guard flow.refusedHandshake == nil, !flow.sights.isDisjoint(with: [.sip, .malformedSIP]) || flow.pings > 0
            else { return }
            if flow.opening.kind == .midstream, flow.handshake == .unseen {
                out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message: "Frames before the first one seen may have been against the protocol."))
            } else if flow.sights.contains(.gap) {
                out.add(
                    .unknown(
                        requirement, .gap, subject: flow.subject,
                        message: "Octets are missing, which may have been against the protocol."))
            } else if flow.isHalf {
                out.add(.unknown(requirement, .half, subject: flow.subject, message: "Only one direction was seen."))
            } else {
                out.pass(requirement, flow.id, "The frames of both ends are RFC 6455's.")
            }
        }
    }
}

extension FlowRecord {
    /// Whether the server closed a WebSocket for an error of the client: then its close is not held against it, and what can
    /// be said of `requirement` is said.
    func isAccused(_ requirement: Requirement.ID, _ out: inout FindingList) -> Bool {
        switch accusation {
        case .proven?:
            out.skip(requirement, id, "The server closed for frames of the client that are against RFC 6455.")
        case .open?: out.add(unprovenAccusation(requirement))
        case nil: return false
        }
        return true
    }

    /// The same, where nothing of the error was seen.
    private func unprovenAccusation(_ requirement: Requirement.ID) -> Finding {
        let close = WebSocketClose(code: webSocket?.close)
        return .unknown(
            requirement, sights.contains(.gap) ? .gap : handshake == .unseen ? .late : .configuration, subject: subject,
            message:
                "The server closed the WebSocket for what the client had sent (\(close)); whether it was right to does not show.",
            evidence: [evidence(at: closedAt, frame: closedFrame, "Close frame of the server: \(close)")])
    }
}
