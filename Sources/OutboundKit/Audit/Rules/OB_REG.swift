/// What keep-alive judgement rests on and the registrar owes: rows OB-REG that a flow's 2xx shows.
enum OB_REG {
    static let rules: [any FlowRule] = [NoOutboundWithoutRegID()]

    /// OB-REG-010: without reg-id no `outbound` in Require.
    struct NoOutboundWithoutRegID: FlowRule {
        let requirement: Requirement.ID = "OB-REG-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.sights.contains(.registered) else { return }
            guard let mark = flow.log.first(.requireWithoutRegID) else {
                if flow.registrations.contains(where: { $0.hasUnreadContact && $0.outboundGranted }) {
                    out.add(
                        .unknown(
                            requirement, .identity, subject: flow.subject,
                            message:
                                "The 2xx has `Require: outbound`, and whether the REGISTER had a reg-id cannot be told: its Contact cannot be read."
                        ))
                } else if flow.registrations.contains(where: {
                    !$0.hasRegID && !$0.hasUnreadContact && $0.isBound
                }) {
                    out.pass(requirement, flow.id, "No reg-id, no Require: outbound.")
                }
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "The 2xx has `Require: outbound` although the REGISTER had no reg-id.",
                    evidence: flow.evidence(
                        mark, "Require: outbound", expected: "no `outbound` in Require without reg-id"),
                    advice: "Let the registrar and edge apply outbound only to a Contact with reg-id and +sip.instance."
                ))
        }
    }
}
