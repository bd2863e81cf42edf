/// Flow-Timer: rows OB-FT of the catalogue that passing packets can show. OB-FT-008 (a Flow-Timer belongs to one flow)
/// needs no rule: each flow has its own duty.
enum OB_FT {
    static let rules: [any FlowRule] = [
        OneNumber(), OnlyWithOutbound(), FromLastHopOnly(), KeepsTimer(), RandomWithinTimer(), ServerWaitsLonger(),
        LatestTimerRules(), NoFlood(), ServerReaction(),
    ]

    /// OB-FT-001: one value, digits only.
    struct OneNumber: FlowRule {
        let requirement: Requirement.ID = "OB-FT-001"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            if let mark = flow.log.first(.badFlowTimer) {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: mark.first > 1
                            ? "\(mark.first) Flow-Timer header fields in one response."
                            : "The Flow-Timer is not a number.",
                        evidence: flow.evidence(
                            mark,
                            mark.first > 1
                                ? "\(mark.first) Flow-Timer header fields" : "a Flow-Timer that is not digits alone",
                            expected: "one Flow-Timer of digits"),
                        // A NUL in it is Kamailio's line end of three digits.
                        diagnosis: mark.first > 1 ? "DX-FT-08" : mark.second == 1 ? "CFG-REG-12" : nil,
                        advice: mark.first > 1
                            ? "Remove an existing Flow-Timer at the edge before adding one."
                            : mark.second == 1
                                ? "It has a NUL in it: Kamailio's registrar writes it so from 100 s on. Set its flow_timer to 99 at most."
                                : "Send the seconds as digits, and nothing else: Flow-Timer: 120 (RFC 5626 §10)."))
            } else if flow.announced != nil {
                out.pass(requirement, flow.id, "One Flow-Timer, a number.")
            }
        }
    }

    /// OB-FT-002: only in a 2xx to REGISTER that has `outbound` in Require.
    struct OnlyWithOutbound: FlowRule {
        let requirement: Requirement.ID = "OB-FT-002"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let marks = flow.log.all(.misplacedFlowTimer).filter { $0.second <= 1 }
            if let mark = marks.first {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message: mark.first == 0
                            ? "A request carries Flow-Timer."
                            : "A \(mark.first) carries Flow-Timer without `Require: outbound`; it has no meaning there.",
                        evidence: [
                            flow.evidence(
                                mark, "Flow-Timer", expected: "only in a 2xx to REGISTER with Require: outbound")
                        ],
                        diagnosis: "DX-FT-07", advice: "Let the edge test Require before it adds Flow-Timer."))
            } else if flow.announced != nil {
                out.pass(requirement, flow.id, "Flow-Timer came with Require: outbound.")
            }
        }
    }

    /// OB-FT-003: put in by the last proxy before the user agent.
    struct FromLastHopOnly: FlowRule {
        let requirement: Requirement.ID = "OB-FT-003"
        let judgesCoreSide = true

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.sights.contains(.forwarded),
                let mark = flow.log.all(.misplacedFlowTimer).first(where: { $0.second > 1 })
            else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "Flow-Timer in a response that still has \(counted(mark.second, "Via")): only the hop next to the user agent may add it.",
                    evidence: [
                        flow.evidence(
                            mark, "Flow-Timer with \(counted(mark.second, "Via"))", expected: "none before the last hop"
                        )
                    ],
                    diagnosis: "DX-FT-08"))
        }
    }

    /// OB-FT-004: keep-alives at least every Flow-Timer seconds.
    struct KeepsTimer: FlowRule {
        let requirement: Requirement.ID = "OB-FT-004"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            if case .unknown(let reason, let why) = flow.standing() {
                out.add(
                    .unknown(
                        requirement, reason, subject: flow.subject, message: "The Flow-Timer is not known: \(why)."))
                return
            }
            guard let announced = flow.announced else { return }
            let late = flow.log.all(.lateGap)
            let replaced = flow.log.all(.lateGapWithTraffic)
            if let first = late.first, flow.log.count(.lateGap) == 1, first.time.nanoseconds == flow.closedAt,
                flow.pings > 0 && flow.mayHaveVanished || flow.wasLostBefore
            {
                let why =
                    flow.wasLostBefore
                    ? "the other end knew the connection no more: a NAT may have lost it, and keep-alives went elsewhere"
                    : "no sign of the client since: it may have been switched off"
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "No keep-alive in the \(seconds(first.time.nanoseconds &- first.first)) before the server closed the flow, and \(why).",
                        evidence: [Self.gap(flow, first)]))
            } else if let first = late.first {
                let count = flow.log.count(.lateGap)
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(count, "gap")) longer than \(flow.timerWords(Self.limit(of: first)))\(longest(flow)).",
                        evidence: Self.gap(flow, first), late.dropFirst().map { Self.gap(flow, $0) },
                        diagnosis: diagnosis(flow, Self.limit(of: first)),
                        advice:
                            "The client must send a keep-alive every 80 to 100 % of what the latest 2xx announces."))
            } else if let first = replaced.first {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.lateGapWithTraffic), "gap")) longer than \(flow.timerWords(Self.limit(of: first))) with other SIP inside: ping replaced by traffic. Nothing says that it may be.",
                        evidence: replaced.map { Self.gap(flow, $0) }))
            } else if let first = flow.log.first(.lateGapWithoutAddress) {
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "A gap longer than \(flow.timerWords(Self.limit(of: first))), between an answer without a mapped address and a new REGISTER: the client may have taken the flow for failed.",
                        evidence: [Self.gap(flow, first)]))
            } else if flow.log.contains(.lateGapTainted) {
                out.add(
                    .unknown(
                        requirement, .gap, subject: flow.subject,
                        message:
                            "A gap longer than \(flow.timerWords(announced)), and inside of it \(flow.gapWords)."
                    ))
            } else {
                judgeQuiet(flow, announced, scope, &out)
            }
        }

        /// No late keep-alive; what the end of the capture leaves open is said.
        private func judgeQuiet(_ flow: FlowRecord, _ announced: UInt64, _ scope: AuditScope, _ out: inout FindingList)
        {
            let start = max(flow.lastKeepAlive, flow.duty.since)
            let age = min(scope.end, flow.duty.until) &- start
            let isOpen = flow.closing == nil && flow.duty.isOwed && !flow.hasFailed
            if flow.isPingedByServerOnly {
                out.skip(requirement, flow.id, "Only the server pings; judged as OB-WS-009.")
            } else if isOpen, age > flow.duty.lateAbove {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "\(flow.lastKeepAlive == .never ? "No keep-alive was seen in the last \(seconds(age))" : "The last keep-alive lies \(seconds(age)) before the end of what was seen"), and nothing proves that the flow was still in use."
                    ))
            } else if flow.pings == 0, isOpen {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "What was seen ends \(seconds(max(age, 0))) after the 2xx, before \(flow.timerWords(announced))."
                    ))
            } else if flow.pings == 0 {
                out.skip(requirement, flow.id, "The registration, or the flow, ended before a keep-alive was due.")
            } else if flow.hasFailed, flow.intervals.longest > OB_KA.KeepsFlowAlive.limit(flow, scope.settings) {
                out.skip(requirement, flow.id, "The longer gaps came after the flow had failed: nothing was owed then.")
            } else {
                out.pass(requirement, flow.id, "No gap above \(flow.timerWords(announced)).")
            }
        }

        private func longest(_ flow: FlowRecord) -> String {
            guard flow.intervals.count > 0 else { return "" }
            // The time from the 2xx to the first keep-alive is none of the intervals.
            let gaps = flow.log.all(.lateGap).map { $0.time.nanoseconds &- $0.first }
            return "; intervals up to \(seconds(max(flow.intervals.longest, gaps.max() ?? 0)))"
        }

        /// Seconds that were announced when the gap was: a later 2xx may have changed them.
        private static func limit(of gap: EvidenceMark) -> UInt64 { UInt64(clamping: gap.second / .second) }

        static func gap(_ flow: FlowRecord, _ mark: EvidenceMark) -> Evidence {
            flow.evidence(
                mark, "\(seconds(mark.time.nanoseconds &- mark.first)) without a keep-alive",
                expected: "at most \(seconds(mark.second))")
        }

        private func diagnosis(_ flow: FlowRecord, _ announced: UInt64) -> Diagnosis.ID {
            if flow.log.contains(.oldTimerInterval) { return "DX-FT-02" }
            if flow.pings == 0 { return flow.isStream ? "DX-KA-01" : "DX-STUN-06" }
            // libre sends every 16 to 20 s on streams, whatever smaller Flow-Timer it is given.
            if announced < 20, flow.intervals.count > 0, flow.intervals.longest <= 21 * .second { return "DX-FT-03" }
            return "DX-FT-01"
        }
    }

    /// OB-FT-005: random in 80 to 100 % of the Flow-Timer.
    struct RandomWithinTimer: FlowRule {
        let requirement: Requirement.ID = "OB-FT-005"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let announced = flow.announced, flow.pings > 1 else { return }
            if let constant = flow.log.first(.constantIntervals) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject, message: "The interval is constant, not random.",
                        evidence: [
                            flow.evidence(
                                constant,
                                flow.constantWords(constant),
                                expected: "random between 80 and 100 % of \(flow.timerWords(announced))")
                        ],
                        diagnosis: "DX-KA-11", advice: "Switch randomisation (jitter) of keep-alives on."))
            } else if flow.log.contains(.shortGap) {
                let marks = flow.log.all(.shortGap)
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.shortGap), "interval")) shorter than 80 % of \(flow.timerWords(announced)): more often than asked.",
                        evidence: marks.map {
                            flow.evidence(
                                $0, "\(seconds($0.first)) since the keep-alive before",
                                expected: "80 to 100 % of \(flow.timerWords(announced))")
                        }))
            } else if flow.intervals.count < 5 {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "Randomness is judged from 5 intervals up; \(counted(Int(flow.intervals.count), "interval")) seen."
                    ))
            } else if flow.duty.limit > .second,
                flow.intervals.longest &- flow.intervals.shortest < flow.intervals.longest / 200
            {
                // Of stretches that a failure, or another registration, keeps apart.
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "\(counted(flow.intervals.count, "interval")) of \(seconds(flow.intervals.shortest)) to \(seconds(flow.intervals.longest)), and never 5 of them in a row: too few to call them constant."
                    ))
            } else {
                out.pass(requirement, flow.id, "\(counted(flow.intervals.count, "interval")), not constant.")
            }
        }
    }

    /// OB-FT-007: the most recent 2xx rules.
    struct LatestTimerRules: FlowRule {
        let requirement: Requirement.ID = "OB-FT-007"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.oldTimerInterval) else { return }
            let evidence = flow.evidence(
                mark, "an interval of \(seconds(mark.first)), which fits the old \(seconds(mark.second))",
                expected: flow.dutyWords)
            let message = "The client still uses the Flow-Timer of an earlier 2xx."
            if flow.log.contains(.lateGap) {
                out.add(
                    .fail(
                        requirement, subject: flow.subject, message: message, evidence: evidence, diagnosis: "DX-FT-02")
                )
            } else {
                out.add(
                    .warn(
                        requirement, subject: flow.subject, message: message, evidence: [evidence],
                        diagnosis: "DX-FT-02"))
            }
        }
    }

    /// OB-FT-009: odd values do no harm.
    struct NoFlood: FlowRule {
        let requirement: Requirement.ID = "OB-FT-009"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.pingFlood) else { return }
            out.add(
                .fail(
                    requirement, subject: flow.subject, message: "More than one keep-alive a second for five seconds.",
                    evidence: flow.evidence(
                        mark, "a flood since \(seconds(mark.time.nanoseconds &- mark.first)) ago",
                        expected: flow.dutyWords),
                    diagnosis: "DX-KA-10"))
        }
    }
}
