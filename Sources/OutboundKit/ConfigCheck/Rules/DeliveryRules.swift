/// How requests are delivered to several flows of one phone (RFC 5626 §7).
extension ConfigJudge {
    mutating func judgeDelivery() {
        guard (outboundMode ?? 0) > 0 || subject.isRoleGiven else { return }
        let walk = subject.walk
        guard let lookup = walk.calls("lookup", "lookup_branches", "lookup_to_dset").first else { return }
        let loads = walk.calls("t_load_contacts")
        let nexts = walk.calls("t_next_contacts")
        let flows = walk.calls("t_next_contact_flow")
        judgeContactVariables(loads + nexts, flows)
        guard !loads.isEmpty, !nexts.isEmpty else {
            emitMissing(
                "DX-BIND-03", .warn, at: lookup.call.place,
                "What lookup() finds is relayed at once: two flows of one phone ring both, and neither is the other's spare.",
                advice:
                    "Write t_load_contacts() and t_next_contacts() before t_relay(), and t_next_contact_flow() in event_route[tm:branch-failure:…].",
                requirement: "OB-AP-001")
            return
        }
        judgeSingleContact(nexts)
        judgeBranchFailure(flows, lookup)
        judgeFailureRoute(nexts)
    }

    /// Whether a part of a condition looks for -2 (nothing left), or for -1 (failed), and so leaves -2 alone.
    private static func tellsNothingFromFailure(_ part: ConfigExpression) -> Bool {
        if case .value(let value) = part { [-1, -2].contains(value.number) } else { false }
    }

    /// `t_load_contacts()` loads nothing of a single contact, and then `t_next_contacts()` has nothing to give (-2).
    private mutating func judgeSingleContact(_ nexts: [CallSite]) {
        let answers = subject.walk.calls("sl_reply_error", "send_reply", "sl_send_reply", "t_reply", from: [.request])
        let refused = answers.contains { answer in
            subject.walk.guards(answer.path).contains { one in
                one.holds
                    && one.expression.contains { part in
                        if case .not(.call(let call)) = part { call.name == "t_next_contacts" } else { false }
                    }
            }
                && !subject.walk.guards(answer.path).contains { $0.expression.contains(Self.tellsNothingFromFailure) }
        }
        guard refused, let next = nexts.first(where: { $0.entry == .request }) else { return }
        emit(
            "CFG-AP-07", .fail, at: next.call.place,
            "For a phone with one contact t_load_contacts() loads nothing and t_next_contacts() gives -2: this answers its callers with an error.",
            advice: "Write if (!t_load_contacts() || (!t_next_contacts() && $rc != -2)).")
    }

    private mutating func judgeContactVariables(_ users: [CallSite], _ flows: [CallSite]) {
        let contacts = subject.config.parameter("tm", "contacts_avp")
        let flowContacts = subject.config.parameter("tm", "contact_flows_avp")
        if let user = users.first, contacts == nil {
            emitMissing(
                "CFG-AP-01", .fail, at: user.call.place,
                "\(user.call.name)() works only with contacts_avp, which has no default: it fails on every request.",
                advice: "Write modparam(\"tm\", \"contacts_avp\", \"tm_contacts\").")
        }
        // That contacts_avp is nothing without it is said of the modules.
        if flowContacts == nil, contacts == nil, let place = flows.first?.call.place {
            emitMissing(
                "CFG-AP-01", .fail, at: place,
                "contact_flows_avp is not set: a phone's further flows are kept nowhere, and t_next_contact_flow() finds none.",
                advice: "Write modparam(\"tm\", \"contact_flows_avp\", \"tm_contact_flows\").")
        }
    }

    private mutating func judgeBranchFailure(_ flows: [CallSite], _ lookup: CallSite) {
        guard let flow = flows.first else {
            emitMissing(
                "DX-BIND-03", .warn, at: lookup.call.place,
                "Nothing calls t_next_contact_flow(): when a flow fails (403, 430, silence), the phone's next flow is not tried.",
                advice:
                    "Write event_route[tm:branch-failure:FAIL-BRANCH] with t_next_contact_flow() and t_relay(), and t_on_branch_failure(\"FAIL-BRANCH\") before t_relay().",
                requirement: "OB-AP-002")
            return
        }
        let prefix = "tm:branch-failure:"
        let arms = subject.walk.calls("t_on_branch_failure")
        // That a failed branch arms the same route again does not arm it for the first one.
        let names = Set(
            arms.filter { $0.entry != .event || !$0.entryName.hasPrefix(prefix) }.compactMap {
                $0.call.arguments.first?.text
            })
        let isComputed = arms.contains { $0.call.arguments.first?.isComputed == true }
        if flow.entry == .event, flow.entryName.hasPrefix(prefix), !isComputed,
            !names.contains(String(flow.entryName.dropFirst(prefix.count)))
        {
            emitMissing(
                "CFG-AP-02", .fail, at: flow.call.place,
                "event_route[\(flow.entryName)] is never armed, so the next flow is never tried.",
                advice: "Write t_on_branch_failure(\"\(flow.entryName.dropFirst(prefix.count))\"); before t_relay().")
        }
        for arm in arms {
            guard let name = arm.call.arguments.first, !name.isComputed,
                !subject.config.routes.contains(where: { $0.kind == .event && $0.name == prefix + name.text })
            else { continue }
            emitMissing(
                "CFG-AP-02", .fail, at: arm.call.place,
                "There is no event_route[\(prefix)\(name.text)]: nothing happens when a branch fails.")
        }
        let statuses = subject.walk.calls("t_check_status", from: [.event]).compactMap { $0.call.arguments.first }
        guard !statuses.isEmpty else { return }
        let missing = ["430", "403"].filter { code in !statuses.contains { $0.matches(code) ?? true } }
        if !missing.isEmpty {
            emit(
                "CFG-AP-06", missing.contains("430") ? .warn : .info, at: flow.call.place,
                "The next flow is not tried after \(missing.joined(separator: " and ")), which an edge answers when a flow has gone or its token is no longer valid.",
                advice: "Write t_check_status(\"403|430\") here.")
        }
        if subject.walk.calls("unregister", from: [.event]).isEmpty {
            emitMissing(
                "CFG-AP-04", .info, at: flow.call.place,
                "The binding of the failed flow stays, and is tried first again by the next call.",
                advice: "Write unregister(\"location\", \"$tu\", \"$T_reply_ruid\"); before t_next_contact_flow().")
        }
    }

    /// Whether a part of a condition looks at the code of the answer that has come.
    private static func asksForStatus(_ part: ConfigExpression) -> Bool {
        switch part {
        case .call(let call): call.name == "t_check_status"
        case .variable(let name): ["$T_reply_code", "$rs", "$T(reply_code)"].contains(name)
        case .word(let name): name == "status"
        default: false
        }
    }

    /// Whether a question for the code alone holds for 430; nil for any other condition.
    private static func isFailedFlow(_ test: ConfigExpression) -> Bool? {
        switch test {
        case .not(let inner): isFailedFlow(inner).map { !$0 }
        case .call(let call) where call.name == "t_check_status": call.arguments.first?.matches("430")
        default: nil
        }
    }

    private mutating func judgeFailureRoute(_ nexts: [CallSite]) {
        let walk = subject.walk
        let asked = walk.calls("t_check_status", from: [.failure]).compactMap { $0.call.arguments.first }
            .map { $0.matches("430") }
        // Also without t_check_status(): by the variables of the answer, or for any answer at all.
        let compares = walk.tests.contains { test in
            test.entry == .failure
                && test.expression.contains {
                    if case .value(let value) = $0 { value.text.contains("430") } else { false }
                }
        }
        let repliesAnyway = walk.calls("t_reply", "send_reply", "t_send_reply", from: [.failure]).contains { site in
            walk.guards(site.path).allSatisfy {
                !$0.expression.contains(Self.asksForStatus) || Self.isFailedFlow($0.expression) == $0.holds
            }
        }
        if !asked.contains(true), !compares, !repliesAnyway {
            emitMissing(
                "CFG-AP-03", asked.contains(nil) ? .unknown(.configuration) : .warn,
                "When a phone's last flow fails, 430 reaches the caller, whose phone does not know it.",
                advice:
                    "Write in the failure route: if (t_check_status(\"430\")) { t_reply(\"480\", \"Temporarily Unavailable\"); exit; }"
            )
        }
        if let next = nexts.first(where: { $0.entry == .failure }),
            let mode = subject.number("tm", "failure_reply_mode", byDefault: 0), mode != 3
        {
            emitMissing(
                "CFG-AP-05", .info, at: next.call.place,
                "After the next contacts are tried, an answer of the earlier ones may still be the one that the caller gets.",
                advice: "Write modparam(\"tm\", \"failure_reply_mode\", 3).")
        }
    }
}
