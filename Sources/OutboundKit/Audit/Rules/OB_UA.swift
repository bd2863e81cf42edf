/// Rows OB-UA and OB-SIP that a flow's REGISTERs show together, beyond what single exchanges do.
enum OB_UA {
    static let rules: [any FlowRule] = [
        OwnExpiry(), RefreshesInTime(), LifetimesDoNotShrink(), RegisterRetransmissions(), RefreshKeepsRetryAfter(),
    ]

    /// OB-UA-012 for the refresh of a flow that lives on. Attempts after a failure are judged as bindings.
    struct RefreshKeepsRetryAfter: FlowRule {
        let requirement: Requirement.ID = "OB-UA-012"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let marks = flow.log.all(.retriedTooSoon)
            guard let mark = marks.first(where: { $0.third == 503 }) ?? marks.first else {
                return judgeStart(flow, &out)
            }
            let status = mark.third
            let message = "The client refreshed again before the Retry-After of a \(status) had passed."
            let evidence = flow.evidence(
                mark, "a REGISTER \(seconds(mark.time.nanoseconds &- mark.first)) after the \(status)",
                expected: "at least \(seconds(mark.second))")
            let advice = "After \(status) wait for as long as Retry-After says; the flow stays good meanwhile."
            out.add(
                status == 503
                    ? .fail(requirement, subject: flow.subject, message: message, evidence: evidence, advice: advice)
                    : .warn(
                        requirement, subject: flow.subject, message: message, evidence: [evidence], advice: advice))
        }

        private func judgeStart(_ flow: FlowRecord, _ out: inout FindingList) {
            guard let mark = flow.log.first(.startedTooSoon) else { return }
            out.add(
                .unknown(
                    requirement, .side, subject: flow.subject,
                    message:
                        "\(seconds(mark.time.nanoseconds &- mark.first)) after a \(mark.third) with Retry-After a REGISTER came with another Call-ID: the phone may have been started anew, which is no retry."
                ))
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
                    diagnosis: "DX-REG-18",
                    advice: "Find the own contact in the 2xx by +sip.instance and reg-id, whatever its place."))
        }
    }

    /// OB-UA-027, its other half: the own contact's lifetime counts, and the refresh comes before its end.
    struct RefreshesInTime: FlowRule {
        let requirement: Requirement.ID = "OB-UA-027"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let late = flow.log.all(.lapsed)
            var open: Int64?
            for index in flow.registrations.indices where open == nil { open = flow.lapsedAt(index) }
            if late.isEmpty, open == nil {
                guard !flow.log.contains(.strayRefresh), !flow.log.contains(.shrinkingLifetime) else { return }
                let bindings = flow.registrations.filter { $0.isBound && $0.bindingKey != 0 }
                if bindings.contains(where: \.hasUnknownLifetime) {
                    out.add(
                        .unknown(
                            requirement, .identity, subject: flow.subject,
                            message:
                                "Which lifetime was granted cannot be told: the 2xx lists several Contacts, and none of them is known as the client's own."
                        ))
                } else if flow.registerSuccesses > 1, !bindings.isEmpty {
                    out.pass(
                        requirement, flow.id, "Each refresh that was seen came before the binding had run out.")
                }
                return
            }
            var evidence = late.map { mark in
                flow.evidence(
                    mark, "a REGISTER \(seconds(mark.time.nanoseconds &- mark.first)) after the binding had run out",
                    expected: "a refresh within the granted \(mark.second) s")
            }
            if let open {
                evidence.append(
                    flow.evidence(
                        at: flow.lastKeepAlive, frame: flow.lastKeepAliveFrame,
                        "a keep-alive \(seconds(flow.lastKeepAlive &- open)) after the binding had run out",
                        expected: "a REGISTER before"))
            }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: open == nil
                        ? "The binding ran out \(counted(flow.log.count(.lapsed), "time")) before it was refreshed, while keep-alives went on: nobody could reach the phone."
                        : "The binding ran out and was not refreshed, while keep-alives went on: nobody can reach the phone.",
                    evidence: evidence, diagnosis: "DX-REG-17",
                    advice:
                        "Refresh well before the end of the lifetime that the 2xx grants to the own contact, whatever was asked for."
                ))
        }
    }

    /// OB-UA-027 where client and registrar go down together: the one asks for what it got, and gets less each time.
    struct LifetimesDoNotShrink: FlowRule {
        let requirement: Requirement.ID = "OB-UA-027"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let marks = flow.log.all(.shrinkingLifetime)
            guard let first = marks.first else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "Each 2xx grants less than the client asked for, and the client asks for that next: registrations come faster and faster.",
                    evidence: marks.map {
                        flow.evidence(
                            $0, "\($0.first) s granted, less than asked for \($0.second) times in a row",
                            expected: "the lifetime that was asked for, or one that stays")
                    } + [
                        flow.evidence(at: first.time.nanoseconds, "registered \(flow.registerSuccesses) times in all")
                    ],
                    diagnosis: "DX-REG-16",
                    advice:
                        "Let the client ask for its configured lifetime each time, and the registrar list the full one."
                ))
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
                        ? "A REGISTER was sent \(counted(mark.second, "time"))."
                        : "A REGISTER was sent again too soon.",
                    evidence: flow.log.all(.hurriedRegister).map {
                        flow.evidence(
                            $0, "send \($0.second), \(seconds($0.first)) after the one before",
                            expected: "at most 11 sends, 0.5, 1, 2, 4, 4 … s apart")
                    }))
        }
    }
}
