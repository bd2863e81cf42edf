/// Rows OB-UA and OB-SIP that a flow's REGISTERs show together, beyond what single exchanges do.
enum OB_UA {
    static let flowRules: [any FlowRule] = [OneRegistrationAtATime(), OwnExpiry(), RegisterRetransmissions()]
    static let bindingRules: [any BindingRule] = [NotTheSameAfter439()]

    /// OB-UA-029: no new registration while one is pending.
    struct OneRegistrationAtATime: FlowRule {
        let requirement: Requirement.ID = "OB-UA-029"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.sights.contains(.register) else { return }
            guard let mark = flow.log.first(.overlappingRegister) else {
                if flow.registerSuccesses > 0 { out.pass(requirement, flow.id, "One registration at a time.") }
                return
            }
            // An answer that could not be seen or read may have ended the wait.
            guard flow.sights.contains(.fromServer) else {
                out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The server's direction was not seen.")
                )
                return
            }
            guard !flow.sights.contains(.cutSIP), !flow.sights.contains(.malformedSIP) else {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: "A new REGISTER came early, but not every message of the flow could be read."))
                return
            }
            let waited = mark.time.nanoseconds &- mark.first
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "The client sent a new REGISTER while the one before waited for its answer.",
                    evidence: flow.evidence(
                        mark, "a new CSeq \(seconds(waited)) after the REGISTER before",
                        expected: "none before a final answer or 32 s"),
                    advice: "Let the client wait for the answer; on UDP it sends the same request again."))
        }
    }

    /// OB-UA-027: only the own contact of a 2xx counts.
    struct OwnExpiry: FlowRule {
        let requirement: Requirement.ID = "OB-UA-027"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.strayRefresh) else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "The client refreshes by the lifetime of another contact in the 2xx (\(seconds(mark.second))) instead of its own (\(mark.third) s).",
                    evidence: [
                        flow.evidence(
                            mark, "refreshed after \(seconds(mark.first)), three times in a row or more",
                            expected: "once in the \(mark.third) s of its own contact")
                    ],
                    advice: "Find the own contact in the 2xx by +sip.instance and reg-id, whatever its place."))
        }
    }

    /// OB-SIP-001: REGISTER over UDP is sent again at 0.5, 1.5, 3.5, 7.5, 11.5 … s, at most 11 times in all.
    struct RegisterRetransmissions: FlowRule {
        let requirement: Requirement.ID = "OB-SIP-001"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, let mark = flow.log.first(.hurriedRegister) else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: mark.second > 11
                        ? "A REGISTER was sent \(mark.second) times." : "A REGISTER was sent again too soon.",
                    evidence: flow.log.all(.hurriedRegister).map {
                        flow.evidence(
                            $0, "send \($0.second), \(seconds($0.first)) after the one before",
                            expected: "at most 11 sends, 0.5, 1, 2, 4, 4 … s apart")
                    }))
        }
    }

    /// OB-UA-013: after 439 the same REGISTER is not sent again at once.
    struct NotTheSameAfter439: BindingRule {
        let requirement: Requirement.ID = "OB-UA-013"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            let refused = binding.waits.filter { $0.afterStatus == 439 }
            guard let first = refused.first else { return }
            guard let hasty = refused.first(where: { $0.length < 15 * .second }) else {
                out.pass(requirement, first.flow, "After 439 the client waited.")
                return
            }
            out.add(
                .fail(
                    requirement, subject: hasty.flow.description,
                    message: "After 439 the client asked for outbound again at once.",
                    evidence: OB_REC.evidence(
                        hasty, expected: "a REGISTER without reg-id, another proxy, or the waits of flow recovery")))
        }
    }
}
