/// Rows of OB-KA that bind the server.
extension OB_KA {
    /// OB-KA-010: a double CRLF gets a single CRLF at once, registered or not.
    struct ServerAnswersPings: FlowRule {
        let requirement: Requirement.ID = "OB-KA-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.kind == .crlf, flow.pings > 0 else { return }
            // A server that does not know CRLF pings on WebSockets is OB-WS-003's.
            guard !OB_WS.AnswersCRLF.isOfServer(flow) else { return }
            guard flow.sights.contains(.fromServer) else {
                out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The server's direction was not seen.")
                )
                return
            }
            let undelivered = flow.undeliveredPings
            let never =
                flow.log.count(.missedPong) - Int(flow.latePongs) - undelivered - flow.pongsAfterRepetition
                - (Self.mayComeLate(flow, scope) ? 1 : 0)
            let answeredLate = Set(flow.log.all(.latePong).map(\.second))
            let marks = flow.log.all(.missedPong).filter {
                never <= 0 || $0.first == 0 && !answeredLate.contains($0.time.nanoseconds)
            }
            if never > 0, !scope.keepAliveServers.owesAnswers(on: flow) {
                out.add(
                    .unknown(
                        requirement, KeepAliveServers.doubt(flow), subject: flow.subject,
                        message: "\(counted(never, "ping")) of \(flow.pings) \(KeepAliveServers.words(flow))",
                        evidence: marks.map { flow.evidence($0, "a ping that got no pong") },
                        advice: KeepAliveServers.advice))
            } else if never > 0, let first = marks.first ?? flow.log.all(.missedPong).last {
                let talked = flow.log.contains(.serverTalkedOn)
                let pings = marks.map { flow.evidence($0, "a ping that got no pong", expected: "one CRLF at once") }
                let own = flow.serverPings > 0 ? " (\(counted(flow.serverPings, "ping")) of its own)" : ""
                let alive = flow.evidence(at: flow.lastFromServer, "the server's last sign of life")
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "\(counted(never, "ping")) of \(flow.pings) got no pong"
                            + (talked
                                ? ", while the server sent other data\(own)."
                                : flow.lastFromServer > (marks.last ?? first).time.nanoseconds
                                    ? "; the server was silent then, and spoke again later."
                                    : "; the server was silent: the flow is dead."),
                        evidence: flow.evidence(first, "a ping that got no pong", expected: "one CRLF at once"),
                        Array(pings.dropFirst()) + [alive], diagnosis: flow.isWebSocket ? "DX-WS-01" : "DX-KA-03",
                        advice: flow.isWebSocket
                            ? OB_WS.AnswersCRLF.advice
                            : "Check that the server answers CRLF pings (Kamailio: `tcp_crlf_ping=yes`), and that nothing between drops them."
                    ))
            } else if flow.latePongs > 0 {
                let late = flow.log.all(.latePong)
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(Int(flow.latePongs), "pong")) came after more than 10 s, the latest after \(seconds(flow.answerMax)).",
                        evidence: late.map {
                            flow.evidence(
                                $0, "a pong \(seconds($0.first)) after its ping", expected: "at once, within 10 s")
                        },
                        advice: "Look for a blocked or overloaded server process at these times."))
            } else if undelivered > 0 {
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "\(counted(undelivered, "ping")) of \(flow.pings) got no pong, but TCP was still sending \(undelivered > 1 ? "them" : "it") again then, as what nothing acknowledges: as far as was seen, the server never received \(undelivered > 1 ? "them" : "it").",
                        evidence: marks.map {
                            flow.evidence(
                                $0, "a ping, sent again up to \(seconds($0.first &- $0.time.nanoseconds)) later")
                        }))
            } else if flow.log.contains(.missedPongTainted) {
                out.add(flow.doubtfulPong(requirement))
            } else if flow.pongs == 0 {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: flow.log.count(.loneCRLF) > 1
                            ? "Single CRLFs far apart make pings as octets only; whether the server had to take them for such cannot be told."
                            : flow.closing != nil
                                ? "The connection ended before a pong was due."
                                : "What was seen ends before a pong was due."))
            } else if flow.answerMax > .second {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "The slowest pong took \(seconds(flow.answerMax)); the server is to answer immediately.",
                        evidence: [
                            flow.evidence(at: flow.lastPong, "up to \(seconds(flow.answerMax))", expected: "at once")
                        ]))
            } else {
                out.pass(
                    requirement, flow.id,
                    "\(counted(flow.pongs, "pong")), the slowest after \(seconds(flow.answerMax)).")
            }
        }

        /// The last ping waited no longer than others whose pong came in the end.
        private static func mayComeLate(_ flow: FlowRecord, _ scope: AuditScope) -> Bool {
            let end = flow.closing == nil ? scope.end : flow.closedAt
            return flow.latePongs > 0 && flow.lastPong < flow.lastPing
                && end &- flow.lastPing > FlowRecord.pongDeadline && end &- flow.lastPing <= flow.answerMax
        }
    }

    /// OB-KA-012: the blank line that ends a header block is no ping.
    struct NoStrayPongs: FlowRule {
        let requirement: Requirement.ID = "OB-KA-012"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.kind == .crlf, flow.opening.kind == .handshake else { return }
            guard flow.extraPongs > 0, !flow.sights.contains(.gap) else {
                out.pass(requirement, flow.id, "No more pongs than pings.")
                return
            }
            guard flow.extraPongs < NoPongStorm.storm else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: "\(counted(Int(flow.extraPongs), "CRLF")) of the server that answered no ping.",
                    evidence: [
                        flow.evidence(
                            at: flow.lastServerCRLF,
                            "\(counted(flow.pongs + flow.extraPongs, "CRLF")) for \(counted(flow.pings, "ping"))",
                            expected: "one CRLF a ping")
                    ]))
        }
    }

    /// OB-KA-014: no pong to a pong.
    struct NoPongStorm: FlowRule {
        let requirement: Requirement.ID = "OB-KA-014"
        static let storm: UInt32 = 10

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.kind == .crlf, flow.opening.kind == .handshake, !flow.sights.contains(.gap) else {
                return
            }
            guard flow.extraPongs >= Self.storm, flow.extraPongs > flow.pings else {
                out.pass(requirement, flow.id, "No pong answered a pong.")
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "\(counted(flow.extraPongs, "CRLF")) of the server beyond the \(counted(flow.pings, "ping")): it answers what is no ping.",
                    evidence: flow.evidence(
                        at: flow.lastServerCRLF,
                        "\(counted(flow.pongs + flow.extraPongs, "CRLF")) for \(counted(flow.pings, "ping"))",
                        expected: "one CRLF a ping")))
        }
    }

    /// OB-KA-015: CRLFs before a start-line are ignored.
    struct CRLFBeforeStartLine: FlowRule {
        let requirement: Requirement.ID = "OB-KA-015"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            UnheededAnswers.judgeGrants(flow, scope, &out)
            guard !scope.judgesPhonesOnly, let mark = flow.log.first(.rejectedAfterCRLF) else { return }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "A REGISTER right behind a CRLF was rejected with 400.",
                    evidence: flow.evidence(mark, "400", expected: "the CRLF is ignored and the request processed"),
                    advice: "Fix the server's framing: octets CR and LF before a start-line are to be skipped."))
        }
    }

    /// OB-KA-020: a connection stays open 32 s after the last message.
    struct StaysOpenForTransactions: FlowRule {
        let requirement: Requirement.ID = "OB-KA-020"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.closing == .fin, flow.closedBy == .fromServer,
                flow.registrations.contains(where: { $0.isBound }), flow.log.first(.serverClosed)?.second != .max,
                !scope.outages.closedTogether(flow.server, at: flow.closedAt),
                !scope.outages.refusedAfter(flow.server, flow.closedAt)
            else { return }
            if flow.isAccused(requirement, &out) { return }
            if let mark = flow.log.first(.serverClosed), mark.first != .never, let timer = flow.duty.seconds,
                flow.closedAt &- mark.first > flow.duty.limit
            {
                return out.skip(
                    requirement, flow.id,
                    "The client was silent for longer than \(flow.timerWords(timer)): the server may drop the flow.")
            }
            // A message that crosses with the FIN came too late to keep the connection open.
            let last =
                flow.log.first(.serverClosed)?.third
                ?? [flow.lastClientSIP, flow.lastServerSIP].filter { $0 <= flow.closedAt }.max() ?? .never
            let after = flow.closedAt &- last
            guard last != .never, after < 32 * .second else {
                out.pass(requirement, flow.id, "The server closed \(seconds(after)) after the last message.")
                return
            }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: "The server closed a registered flow \(seconds(after)) after the last message.",
                    evidence: [
                        flow.evidence(
                            at: flow.closedAt, frame: flow.closedFrame,
                            flow.isWebSocket ? "Close frame or FIN of the server" : "FIN of the server",
                            expected: "open for at least 32 s (64 T1)")
                    ]))
        }
    }
}
