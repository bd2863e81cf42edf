/// What went wrong because nothing was sent for long.
extension OB_KA {
    /// OB-KA-001 as far as the path asks for keep-alives: the flow was gone when the client used it again, or was closed
    /// by a timer that is known. Remarks, for they say why a flow broke, and not who broke a rule.
    struct DroppedWhileIdle: FlowRule {
        let requirement: Requirement.ID = "OB-KA-001"

        /// Idle times of connections are seldom shorter, and what was sent may itself be the reason.
        private static let usual: Int64 = 30 * .second
        /// Shorter silence is no idle time that anything on the way counts, not even where a ping breaks it.
        private static let shortest: Int64 = 10 * .second

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !scope.judgesPhonesOnly, flow.isStream, flow.sights.contains(.registered),
                !flow.sights.contains(.gap), flow.closing != nil, flow.closedBy == .fromServer,
                flow.lastFromClient != .never, flow.lastFromServer != .never,
                !scope.outages.closedTogether(flow.server, at: flow.closedAt),
                !scope.outages.refusedAfter(flow.server, flow.closedAt)
            else { return }
            if let silence = silenceBeforeReset(flow) {
                let other =
                    silence < Self.usual && flow.pongs == 0
                    ? " Or the server resets connections over which CRLFs come: crlf-ping tells." : ""
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "The client sent again after \(seconds(silence)) of silence, and the answer was RST: the flow had been dropped meanwhile, by the server or by a NAT, firewall or load balancer before it.\(other)",
                        evidence: [
                            flow.evidence(
                                at: flow.lastFromClient, "sent after \(seconds(silence)) of silence"),
                            flow.evidence(
                                at: flow.closedAt, frame: flow.closedFrame, "RST", expected: "an answer"),
                        ], diagnosis: "DX-KA-09",
                        advice:
                            "Keep the flow alive: the idle limit of the path is \(seconds(silence)) or less."
                    ))
            } else if let silence = Self.timerOfBalancer(flow), flow.announced == nil {
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "The flow was closed after \(seconds(silence)) of silence, the idle timeout of a load balancer.",
                        evidence: [flow.evidence(at: flow.closedAt, frame: flow.closedFrame, "closed by the server")],
                        diagnosis: "DX-FT-10", advice: DiagnosisTable["DX-FT-10"]?.advice))
            }
        }

        /// The silence that was broken by what drew the reset; nil where the flow had outlived one as long.
        private func silenceBeforeReset(_ flow: FlowRecord) -> Int64? {
            let silence = flow.brokenSilence
            let answer = flow.closedAt &- flow.lastFromClient
            let least = flow.lastPing == flow.lastFromClient ? Self.shortest : Self.usual
            guard flow.closing == .rst, answer >= 0, answer < FlowRecord.pauseOfBurst, silence >= least,
                flow.lastFromServer < flow.lastFromClient &- least,
                flow.longestSilenceBefore < silence / 100 * 95
            else { return nil }
            return silence
        }

        /// The silence before a close that came by itself, where it is that of AWS's Network Load Balancer (350 s), or the
        /// 120 s after which others reset. A FIN after 120 s may be the server's own (Kamailio's tcp_connection_lifetime).
        static func timerOfBalancer(_ flow: FlowRecord) -> Int64? {
            let silence = flow.closedAt &- max(flow.lastFromClient, flow.lastFromServer)
            if abs(silence &- 350 * .second) <= 5 * .second { return silence }
            return flow.closing == .rst && abs(silence &- 120 * .second) <= 2 * .second ? silence : nil
        }
    }

    /// OB-KA-015 for pings of the server, which it may send (Asterisk does): CRLFs that a client passes over, or answers.
    struct BearsPingsOfServer: FlowRule {
        let requirement: Requirement.ID = "OB-KA-015"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, !flow.isWebSocket, flow.serverPings > 0, flow.closing != nil, flow.closing != .refused,
                flow.closedBy == .fromClient, flow.lastServerCRLF > max(flow.lastPing, flow.lastServerSIP)
            else { return }
            let after = flow.closedAt &- flow.lastServerCRLF
            guard after >= 0, after < .second else { return }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message: "The client closed \(seconds(after)) after a ping of the server.",
                    evidence: [
                        flow.evidence(at: flow.lastServerCRLF, "CRLFCRLF of the server"),
                        flow.evidence(
                            at: flow.closedAt, frame: flow.closedFrame, "closed by the client", expected: "a CRLF"),
                    ], diagnosis: "DX-KA-06", advice: DiagnosisTable["DX-KA-06"]?.advice))
        }
    }

    /// OB-UA-010: keep-alives begin when outbound was granted. Where it was not, a client that sends none is right.
    struct WaitsForTheGrant: FlowRule {
        let requirement: Requirement.ID = "OB-UA-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.everOutbound, flow.pings == 0,
                let asked = flow.registrations.first(where: {
                    $0.hasRegID && $0.supportsOutbound && $0.firstGranted != .never
                })
            else { return }
            let limit = flow.isStream ? KeepAliveDuty.streamLimit : KeepAliveDuty.datagramLimit
            let end = flow.closing == nil ? scope.end : flow.closedAt
            guard !flow.everOwed, flow.serverPings == 0, end &- asked.firstGranted > limit else {
                return out.pass(requirement, flow.id, "No keep-alive where outbound was not granted.")
            }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message:
                        "The client asked for outbound, the 2xx has no `Require: outbound`, and the client sends no keep-alives, as is right: nothing but REGISTERs keeps this flow open.",
                    evidence: [
                        flow.evidence(
                            at: asked.firstGranted, frame: asked.grantedFrame, "2xx without Require: outbound")
                    ], diagnosis: "DX-KA-02", advice: DiagnosisTable["DX-KA-02"]?.advice))
        }
    }
}
