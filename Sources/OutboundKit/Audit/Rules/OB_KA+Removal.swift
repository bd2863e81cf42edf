/// Keep-alives that go on when nothing is left to keep alive.
extension OB_KA {
    /// OB-KEEP-007: keep-alives end with the registration.
    struct EndsWithTheRegistration: FlowRule {
        let requirement: Requirement.ID = "OB-KEEP-007"
        /// A last one may cross with the 2xx, and a client may wait for calls that it still has.
        private static let allowance: Int64 = 60 * .second

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.everOwed, flow.registerSuccesses > 1, !flow.registrations.isEmpty,
                !flow.registrations.contains(where: { $0.isBound }), flow.isUserAgentFlow, !flow.hasUnseenGrant,
                !flow.hasUnkeptRegistrations
            else { return }
            let since = flow.lastSuccess
            let beyond = flow.lastPing &- since
            // Behind the longest pause of the flow since then there was one ping more at least.
            guard flow.lastPing > since, beyond > Self.allowance, beyond > flow.intervals.longest,
                flow.lastClientSIP <= since
            else {
                return out.pass(requirement, flow.id, "Keep-alives ended with the registration.")
            }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message: "Keep-alives went on for \(seconds(beyond)) after the registration was removed.",
                    evidence: [
                        flow.evidence(at: since, frame: flow.successFrame, "the 2xx to the removal"),
                        flow.evidence(
                            at: flow.lastPing, frame: flow.lastKeepAliveFrame,
                            "a keep-alive \(seconds(beyond)) after the 2xx"),
                    ],
                    diagnosis: "DX-KA-14"))
        }
    }
}
