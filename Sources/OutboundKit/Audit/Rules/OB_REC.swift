/// Flow recovery and back-off: rows OB-REC of the catalogue that a whole run can show.
///
/// The recovery times may be configured. Unless they are known, too short a wait is a warning and never a violation
/// (OB-REC-004), but for what no setting explains.
enum OB_REC {
    static let flowRules: [any FlowRule] = [RecoversAfterLoss()]
    static let bindingRules: [any BindingRule] = [
        KeepsRegID(), WaitsLongEnough(), GrowsWaits(), TakesHighBase(), WaitsAfterFirstFailure(), GoesOn(),
        SuccessNeedsAnswer(), KeepsRetryAfter(), FirstRepair(),
    ]

    /// W = min(max-time, base-time · 2^failures).
    static func upperBound(_ failures: Int, high: Bool, _ settings: AuditSettings) -> Int64 {
        var wait = high ? settings.highBase : settings.lowBase
        for _ in 0..<min(failures, 40) where wait < settings.maximumWait { wait *= 2 }
        return min(wait, settings.maximumWait)
    }

    /// OB-REC-012: each trigger leads to a new REGISTER. STUN has rows of its own, and so has a flow that goes on being
    /// used without pongs (OB-KA-006).
    struct RecoversAfterLoss: FlowRule {
        let requirement: Requirement.ID = "OB-REC-012"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            // What nearly every flow has none of comes first.
            guard flow.everOutbound, flow.failure != nil || flow.log.contains(.noRecovery) else { return }
            let givenUp: [FlowRecord.Failure] = flow.closing == nil ? [] : [.missedPong]
            let causes = ([.serverClosed, .icmp] + givenUp).map { Int64($0.rawValue) }
            if let mark = flow.log.all(.noRecovery).first(where: { causes.contains($0.second) }) {
                guard flow.registrations.contains(where: { $0.bindingKey != 0 }) else {
                    out.add(
                        .unknown(
                            requirement, .identity, subject: flow.subject,
                            message:
                                "The flow was lost; without an instance-id a new registration cannot be told from another device's."
                        ))
                    return
                }
                if scope.missesUntil >= mark.first {
                    out.add(
                        .unknown(
                            requirement, .gap, subject: flow.subject,
                            message:
                                "No REGISTER followed for \(seconds(mark.time.nanoseconds &- mark.first)), but packets of any flow may be missing meanwhile."
                        ))
                    return
                }
                if scope.outages.refused(
                    flow.client.ip, at: flow.server, from: mark.first, to: mark.time.nanoseconds)
                {
                    out.add(
                        .unknown(
                            requirement, .identity, subject: flow.subject,
                            message:
                                "No REGISTER followed for \(seconds(mark.time.nanoseconds &- mark.first)), but connections from the client's address were refused meanwhile, and whose they were does not show."
                        ))
                    return
                }
                if let hidden = scope.hiddenAttempts.last(flow, from: mark.first, to: mark.time.nanoseconds) {
                    out.add(
                        .unknown(
                            requirement, hidden.doubt, subject: flow.subject,
                            message:
                                "No REGISTER followed for \(seconds(mark.time.nanoseconds &- mark.first)), but \(hidden.words)."
                        ))
                    return
                }
                let isGone =
                    mark.second == Int64(FlowRecord.Failure.missedPong.rawValue)
                    ? flow.closedBy == .fromServer && !flow.log.contains(.usedAfterFailure) : flow.mayHaveVanished
                if isGone {
                    out.add(
                        .unknown(
                            requirement, .side, subject: flow.subject,
                            message:
                                "No REGISTER followed for \(seconds(mark.time.nanoseconds &- mark.first)), but the client had fallen silent before the flow was lost: it may have been switched off."
                        ))
                    return
                }
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "The flow was lost and no REGISTER followed for \(seconds(mark.time.nanoseconds &- mark.first)).",
                        evidence: flow.evidence(
                            at: mark.first, frame: flow.closedFrame,
                            Self.loss(flow),
                            expected:
                                "a REGISTER with the same reg-id within \(seconds(mark.third))"
                        ),
                        advice: "The client must register anew after the loss of a flow."))
            } else if let failure = flow.failure, causes.contains(Int64(failure.rawValue)) {
                if flow.recoveryDueSince != .never {
                    out.add(
                        .unknown(
                            requirement, .cut, subject: flow.subject,
                            message:
                                "The flow was lost \(seconds(scope.end &- flow.failedAt)) before the end of what was seen; a new REGISTER may still come."
                        ))
                } else {
                    out.pass(requirement, flow.id, "The flow was lost, and a REGISTER followed.")
                }
            }
        }

        private static func loss(_ flow: FlowRecord) -> String {
            switch flow.failure {
            case .icmp: "hard ICMP error"
            case .missedPong: "no pong in 10 s, and closed by the client"
            default: "closed by the server"
            }
        }
    }

    /// OB-REC-001 and OB-KA-017: the replacement has the same reg-id.
    struct KeepsRegID: BindingRule {
        let requirement: Requirement.ID = "OB-REC-001"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.hadOutbound, let old = binding.regID else { return }
            if let other = binding.replacedBy, let open = binding.open {
                out.add(
                    .fail(
                        requirement, subject: other.flow.description,
                        message:
                            "After the loss of its flow the client registered with reg-id \(other.regID) instead of \(old).",
                        evidence: Evidence(
                            at: other.time, frame: other.frame,
                            "reg-id \(other.regID), \(seconds(other.time &- open.failedAt)) after the loss",
                            expected: "reg-id \(old)"),
                        diagnosis: "DX-BIND-01",
                        advice: "Keep the reg-id of each proxy for good; bindings pile up otherwise."))
            } else if let wait = binding.waits.first {
                out.pass(requirement, wait.flow, "The replacement has reg-id \(old).")
            }
        }
    }

    /// OB-REC-003: at least 50 % of W.
    struct WaitsLongEnough: BindingRule {
        let requirement: Requirement.ID = "OB-REC-003"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound else { return }
            let counted = binding.waits.filter { $0.failures > 0 && !$0.neverAnswered }
            let short = counted.filter {
                OB_REC.isShort($0, scope.settings) && !OB_REC.isFirst($0, in: binding, scope.settings)
            }
            if let first = short.first {
                OB_REC.report(
                    requirement, first, short, scope.settings, &out,
                    message: "The client tried again too soon after a failure.")
                return
            }
            let long = counted.filter {
                let most = OB_REC.upperBound($0.failures, high: true, scope.settings)
                return $0.length > most + scope.settings.tolerances.backOff.around(most) && $0.retryAfter == nil
            }
            if let slow = long.first {
                out.add(
                    .warn(
                        requirement, subject: slow.flow.description,
                        message: "The client waited longer than the upper bound before it tried again.",
                        evidence: [
                            OB_REC.evidence(
                                slow,
                                expected:
                                    "at most \(seconds(OB_REC.upperBound(slow.failures, high: true, scope.settings)))")
                        ]))
            } else if let last = counted.last {
                out.pass(requirement, last.flow, "\(counted.count) waits, none too short.")
            }
        }
    }

    /// OB-REC-004: waits grow with the failures.
    struct GrowsWaits: BindingRule {
        let requirement: Requirement.ID = "OB-REC-004"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound else { return }
            let counted = binding.waits.filter { $0.failures > 0 && $0.retryAfter == nil }.prefix(8)
            guard counted.count >= 3, let first = counted.first else { return }
            let lengths = counted.map(\.length)
            guard let least = lengths.min(), let most = lengths.max(), most < 900 * .second,
                most &- least <= max(.second, most / 20)
            else {
                out.pass(requirement, first.flow, "Waits are not constant.")
                return
            }
            out.add(
                .fail(
                    requirement, subject: first.flow.description,
                    message: "\(counted.count) retries after failure at a constant period: the wait does not grow.",
                    evidence: OB_REC.evidence(
                        first, expected: "waits that double with each failure, up to 15 to 30 minutes"),
                    counted.dropFirst().map { OB_REC.evidence($0, expected: nil) }))
        }
    }

    /// OB-REC-005: the low base time only when every flow of the set has failed.
    struct TakesHighBase: BindingRule {
        let requirement: Requirement.ID = "OB-REC-005"
        /// For clocks and scheduling of the host.
        private static let slack: Int64 = .second / 4

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            let waits = binding.waits.filter(\.othersAlive)
            guard waits.count >= 3, waits.count == binding.waits.count, let first = waits.first else { return }
            let fitsHigh = waits.enumerated().allSatisfy {
                fits($1.length, OB_REC.upperBound($0, high: true, scope.settings), from: $0)
            }
            let fitsLow = waits.enumerated().allSatisfy {
                fits($1.length, OB_REC.upperBound($0 + 1, high: false, scope.settings), from: 1)
            }
            guard !fitsHigh, fitsLow else {
                out.pass(
                    requirement, first.flow,
                    "The waits do not contradict the base time of \(seconds(scope.settings.highBase)).")
                return
            }
            let bounds = waits.enumerated().map { index, wait in
                let most = OB_REC.upperBound(index, high: true, scope.settings)
                return OB_REC.evidence(wait, expected: "\(seconds(index == 0 ? 0 : most / 2)) to \(seconds(most))")
            }
            let broken =
                waits.indices.first {
                    !fits(waits[$0].length, OB_REC.upperBound($0, high: true, scope.settings), from: $0)
                } ?? 0
            out.add(
                .warn(
                    requirement, subject: waits[broken].flow.description,
                    message:
                        "The waits fit the base time of \(seconds(scope.settings.lowBase)) for the case that all flows failed, although another flow of the device was alive: \(seconds(scope.settings.highBase)) applies.",
                    evidence: bounds,
                    advice: "The client must take the higher base time while one of its flows is up."))
        }

        private func fits(_ length: Int64, _ most: Int64, from failures: Int) -> Bool {
            length <= most + Self.slack && (failures == 0 || length >= most / 2 - Self.slack)
        }
    }

    /// OB-REC-006: the first retry after a failed first registration comes in 30 to 60 s.
    struct WaitsAfterFirstFailure: BindingRule {
        let requirement: Requirement.ID = "OB-REC-006"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound else { return }
            if let restart = OB_REC.firstRestart(of: binding), OB_REC.isShort(restart, scope.settings) {
                return out.add(
                    .unknown(
                        requirement, .side, subject: restart.flow.description, message: OB_REC.words(ofRestart: restart)
                    ))
            }
            guard let first = binding.waits.first, first.failures == 1, !first.neverAnswered,
                first.retryAfter == nil
            else { return }
            guard OB_REC.isFirst(first, in: binding, scope.settings) else {
                out.pass(requirement, first.flow, "First retry after \(seconds(first.length)).")
                return
            }
            out.add(
                .fail(
                    requirement, subject: first.flow.description,
                    message:
                        "The first registration failed, and the client tried again after \(seconds(first.length)).",
                    evidence: OB_REC.evidence(first, expected: "30 to 60 s")))
        }
    }

    /// OB-REC-007: at the cap the client goes on for ever.
    struct GoesOn: BindingRule {
        let requirement: Requirement.ID = "OB-REC-007"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound, !binding.endsWith439, let open = binding.open else { return }
            let most = scope.settings.maximumWait
            let limit = most + scope.settings.tolerances.backOff.around(most)
            guard scope.end &- open.failedAt > limit else { return }
            let silence = scope.end &- max(open.failedAt, binding.lastHidden?.end ?? .never)
            if let hidden = binding.lastHidden, silence <= limit {
                return out.add(
                    .unknown(
                        requirement, hidden.doubt, subject: open.flow.description,
                        message:
                            "No REGISTER followed for \(seconds(scope.end &- open.failedAt)), but \(hidden.words)."))
            }
            guard !binding.mayHaveGoneOn else {
                return out.add(
                    .unknown(
                        requirement, .gap, subject: open.flow.description,
                        message:
                            "No further attempt was seen, but packets are missing since, or flows were given up for want of memory."
                    ))
            }
            out.add(
                .warn(
                    requirement, subject: open.flow.description,
                    message:
                        "No further attempt in the \(seconds(silence)) since the last failure: the client gave up.",
                    evidence: [
                        Evidence(
                            time: Timestamp(nanoseconds: open.failedAt), observed: "the last failure",
                            expected: "another attempt within \(seconds(most))")
                    ]))
        }
    }

    /// OB-REC-010: the first attempt after a flow that had been a success may come at once.
    struct FirstRepair: BindingRule {
        let requirement: Requirement.ID = "OB-REC-010"

        func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList) {
            guard binding.wantsOutbound, let wait = binding.waits.first(where: { $0.failures == 0 }) else { return }
            let most = scope.settings.highBase
            if wait.length > most + scope.settings.tolerances.backOff.around(most) {
                out.add(
                    .info(
                        requirement, subject: wait.flow.description,
                        message: "A good flow was replaced only \(seconds(wait.length)) after it had failed.",
                        evidence: [OB_REC.evidence(wait, expected: "0 to \(seconds(most))")]))
            } else {
                out.pass(requirement, wait.flow, "Replaced \(seconds(wait.length)) after the failure.")
            }
        }
    }
}
