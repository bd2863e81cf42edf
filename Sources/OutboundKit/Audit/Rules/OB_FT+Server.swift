/// Rows of OB-FT that bind the edge proxy.
extension OB_FT {
    /// OB-FT-006: the server waits longer than the Flow-Timer before it calls a flow dead.
    struct ServerWaitsLonger: FlowRule {
        let requirement: Requirement.ID = "OB-FT-006"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let announced = flow.announced, flow.everOutbound, flow.isStream,
                let mark = flow.log.first(.serverClosed)
            else { return }
            guard mark.second != .max else {
                out.skip(requirement, flow.id, "The registration had ended, or moved to another flow, by then.")
                return
            }
            if flow.isAccused(requirement, &out) { return }
            let limit = Int64(clamping: min(announced, 1 << 32)) * .second
            let silence = mark.time.nanoseconds &- mark.first
            guard mark.first != .never else {
                out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message: "The client's last octets before the close were not seen."))
                return
            }
            guard silence <= limit else {
                out.pass(
                    requirement, flow.id,
                    "Closed \(seconds(silence &- limit)) after \(flow.timerWords(announced)) had passed.")
                return
            }
            if let excuse = excuse(flow, silence, scope) {
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "The server closed \(seconds(silence)) after the client's last octets, within \(flow.timerWords(announced)); \(excuse).",
                        evidence: [flow.evidence(mark, "closed by the server")]))
                return
            }
            let cause = cause(flow)
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "The server closed an idle flow after \(seconds(silence)), although it announced \(flow.timerWords(announced)).",
                    evidence: flow.evidence(
                        mark, "closed \(seconds(silence)) after the client's last octets",
                        expected: "open for longer than \(flow.timerWords(announced))"),
                    diagnosis: cause.diagnosis, advice: cause.advice))
        }

        private func cause(_ flow: FlowRecord) -> (diagnosis: Diagnosis.ID, advice: String) {
            if endsWithTransaction(flow) {
                return (
                    "DX-FT-11",
                    "Keep the connections of registered clients open beyond the transaction (OpenSIPS: `tcp_persistent_flag` before save())."
                )
            }
            if let silence = OB_KA.DroppedWhileIdle.timerOfBalancer(flow) {
                return (
                    "DX-FT-10",
                    "\(seconds(silence)) is the idle timeout of a load balancer: announce a Flow-Timer below it."
                )
            }
            return (
                "DX-FT-05",
                "Make the server's idle timeout longer than its Flow-Timer (Kamailio: `tcp_connection_lifetime` = Flow-Timer + 10)."
            )
        }

        /// Half a minute after the 2xx, and nothing came in between: it was open for the REGISTER's transaction alone.
        private func endsWithTransaction(_ flow: FlowRecord) -> Bool {
            let after = flow.closedAt &- flow.lastSuccess
            return flow.lastFromClient <= flow.lastSuccess && after > 28 * .second && after < 34 * .second
        }

        /// Why a close within the Flow-Timer was no idle timeout.
        private func excuse(_ flow: FlowRecord, _ silence: Int64, _ scope: AuditScope) -> String? {
            if silence < .second { return "it answers something that the client had just sent" }
            if scope.outages.closedTogether(flow.server, at: flow.closedAt) {
                return "several flows of it closed together: a restart"
            }
            if scope.outages.refusedAfter(flow.server, flow.closedAt) {
                return "it refused connections after that: it was down"
            }
            if flow.longestToleratedSilence > silence / 10 * 11 {
                return
                    "it had let \(seconds(flow.longestToleratedSilence)) of silence pass before, so this was no idle timeout"
            }
            let patience = scope.outages.patience(flow.server)
            if patience > silence / 10 * 11 {
                return "it let \(seconds(patience)) of silence pass on another flow, so this was no idle timeout"
            }
            return nil
        }
    }

    /// OB-FT-010: what the server does about silence.
    struct ServerReaction: FlowRule {
        let requirement: Requirement.ID = "OB-FT-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let announced = flow.announced, flow.everOutbound, flow.isStream,
                let mark = flow.log.first(.serverClosed), mark.first != .never, mark.second != .max
            else { return }
            let over = mark.time.nanoseconds &- mark.first &- Int64(clamping: min(announced, 1 << 32)) * .second
            guard over > 0 else { return }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message:
                        "The server closed the silent flow \(seconds(over)) after \(flow.timerWords(announced)).",
                    evidence: [flow.evidence(mark, "closed by the server")]))
        }
    }
}
