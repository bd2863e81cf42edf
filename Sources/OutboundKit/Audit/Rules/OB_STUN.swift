/// STUN keep-alives: rows OB-STUN of the catalogue that passing packets can show.
enum OB_STUN {
    static let rules: [any FlowRule] = [
        NotOnStreams(), ImplementsSTUN(), RandomWithoutTimer(), ReactsToTimeout(), ReactsToError(),
        ReactsToMappedChange(), OnlyWithSign(), HasXORMappedAddress(), MappedIsSource(), ServerAnswers(),
        DemandsNothing(), WellFormed(), Schedule(), StopsAtICMP(), ListsUnknownAttributes(), ErrorHasCode(),
        FingerprintFits(), DetectsFailure(), NoCookie(), UnheededAnswers.PassesOverAttributes(),
        UnheededAnswers.DropsForeignAnswers(), AnswersRepeats(), StaysOnTheHop(), SamePortAsSIP(),
    ]

    /// OB-STUN-001: never on streams.
    struct NotOnStreams: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-001"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            // Of WebSockets there is a row of its own, OB-WS-008.
            guard flow.isStream, !flow.isWebSocket else { return }
            // Seen from its first packet on, and never SIP: TURN, or ICE over TCP.
            guard !flow.mayBeNoSIP || flow.opening.kind != .handshake else { return }
            guard let mark = flow.log.first(.stunOnStream) else {
                if flow.everOutbound { out.pass(requirement, flow.id, "No STUN on the stream.") }
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "\(counted(flow.log.count(.stunOnStream), "STUN message")) on a stream.",
                    evidence: flow.evidence(mark, "STUN over \(flow.transport)", expected: "a CRLF ping"),
                    diagnosis: "DX-STUN-12", advice: "On streams the keep-alive is a double CRLF."))
        }
    }

    /// OB-STUN-002: the client implements STUN keep-alive.
    struct ImplementsSTUN: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-002"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.everOutbound else { return }
            if flow.kind == .stun {
                out.pass(requirement, flow.id, "The client sends STUN Binding requests.")
            } else {
                out.skip(requirement, flow.id, "No Binding request was seen; judged as OB-KA-001.")
            }
        }
    }

    /// OB-STUN-003: without Flow-Timer, random in 24 to 29 s.
    struct RandomWithoutTimer: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-003"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.kind == .stun, flow.everOwed, flow.announced == nil else { return }
            if let constant = flow.log.first(.constantIntervals) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject, message: "The interval is constant, not random.",
                        evidence: [
                            flow.evidence(
                                constant,
                                flow.constantWords(constant),
                                expected: "random between 24 and 29 s")
                        ],
                        diagnosis: "DX-KA-11"))
            } else if flow.log.contains(.outsideWindow) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.outsideWindow), "interval")) outside the recommended 24 to 29 s.",
                        evidence: flow.log.all(.outsideWindow).map {
                            flow.evidence(
                                $0, "\(seconds($0.first)) since the Binding request before", expected: "24 to 29 s")
                        },
                        diagnosis: flow.intervals.longest > 30 * .second ? "DX-STUN-05" : nil,
                        advice: "Many NATs forget a UDP mapping after 30 s."))
            } else if flow.intervals.count >= 5 {
                out.pass(
                    requirement, flow.id, "\(counted(flow.intervals.count, "interval")) in the recommended window.")
            } else {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "Randomness is judged from 5 intervals up; \(counted(Int(flow.intervals.count), "interval")) seen."
                    ))
            }
        }
    }

    /// OB-STUN-004: no response after all transmissions: the flow has failed.
    struct ReactsToTimeout: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-004"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.everOutbound, flow.kind == .stun else { return }
            guard flow.log.contains(.stunTimeout) else {
                // An error is an answer too, and OB-STUN-005 is about it.
                let errors = flow.log.count(.stunError)
                if flow.pongs == 0, errors == 0 {
                    out.add(
                        .unknown(
                            requirement, .cut, subject: flow.subject,
                            message: "What was seen ends before an answer was due."))
                } else if Int(flow.unansweredPings) > errors {
                    out.pass(
                        requirement, flow.id,
                        "\(counted(Int(flow.unansweredPings) - errors, "Binding request")) without answer; one soon after it was answered."
                    )
                } else {
                    out.pass(requirement, flow.id, "Every Binding request was answered in time.")
                }
                return
            }
            guard flow.sights.contains(.fromServer) else {
                out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The server's direction was not seen.")
                )
                return
            }
            let cause = FlowRecord.Failure.stunTimeout
            if let other = scope.answersElsewhere[flow.id],
                flow.log.all(.noRecovery).contains(where: { $0.second == Int64(cause.rawValue) })
            {
                return out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(other.words(flow)): a client drops such answers and takes the flow for failed, and this one went on.",
                        evidence: [
                            flow.evidence(at: other.first, frame: other.frame, "the first answer, from \(other.source)")
                        ]))
            }
            let reaction = Reaction(
                requirement: requirement, cause: cause, kind: .stunTimeout,
                what: {
                    $0.third == 1
                        ? "\(counted($0.second, "Binding request")) in a row got no answer"
                        : "a Binding request ran out without answer (\(counted($0.second, "request")))"
                },
                observed: { "no answer since \(seconds($0.time.nanoseconds &- $0.first)) before" },
                again: "more Binding requests got no answer", diagnosis: nil)
            reaction.judge(flow, scope, &out)
        }
    }

    /// OB-STUN-005: an error response: the flow has failed.
    struct ReactsToError: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-005"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.everOutbound, let error = flow.log.first(.stunError) else { return }
            let used = flow.log.all(.usedAfterFailure).first {
                $0.second == Int64(FlowRecord.Failure.stunError.rawValue)
            }
            guard let used else {
                out.pass(requirement, flow.id, "No keep-alive followed the error response before a REGISTER.")
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "The client went on with STUN after a Binding error response (\(error.first)) instead of registering anew.",
                    evidence: flow.evidence(
                        error, "error response \(error.first)", expected: "the flow has failed: a REGISTER follows"),
                    [flow.evidence(used, "another Binding request")]))
        }
    }

    /// OB-STUN-006: a changed mapped address is a flow failure.
    struct ReactsToMappedChange: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-006"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.everOutbound, flow.pongs > 0 else { return }
            if UnheededAnswers.judgeOwnAddress(flow, scope, &out) { return }
            guard flow.log.contains(.mappedChange) else {
                out.pass(requirement, flow.id, "The mapped address stayed the same.")
                return
            }
            let reaction = Reaction(
                requirement: requirement, cause: .mappedChange, kind: .mappedChange,
                what: { "the mapped address changed (port \($0.first) to \($0.second))" },
                observed: { "mapped port \($0.second), before it was \($0.first)" },
                again: "the mapped address changed again", diagnosis: "DX-STUN-04")
            reaction.judge(flow, scope, &out)
        }
    }

    /// Whether a REGISTER followed each failure of one kind in time.
    private struct Reaction {
        let requirement: Requirement.ID
        let cause: FlowRecord.Failure
        let kind: EvidenceMark.Kind
        /// What such a failure was, and the evidence of it.
        let what: (EvidenceMark) -> String
        let observed: (EvidenceMark) -> String
        /// What it was where there were more than are kept.
        let again: String
        let diagnosis: Diagnosis.ID?

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            let missing = flow.log.all(.noRecovery).filter { $0.second == Int64(cause.rawValue) }
            if let first = missing.first, cause == .stunTimeout, flow.mayHaveVanishedWaiting {
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "No REGISTER followed for \(seconds(first.time.nanoseconds &- first.first)), but a request that was not sent again was the client's last sign: it may have been switched off.",
                        evidence: [evidence(flow, at: first.first)]))
            } else if let first = missing.first {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "\(sentence(flow, at: first.first)), and no REGISTER followed for \(seconds(first.time.nanoseconds &- first.first)).",
                        evidence: evidence(
                            flow, at: first.first,
                            expected: "a REGISTER with the same reg-id within \(seconds(first.third))"),
                        missing.dropFirst().map {
                            flow.evidence($0, "no REGISTER for \(seconds($0.time.nanoseconds &- $0.first))")
                        },
                        diagnosis: diagnosis,
                        advice:
                            "The client must treat this as a failed flow: form a new one and register with the same reg-id."
                    ))
            } else if flow.failure == cause, flow.recoveryDueSince != .never {
                let before = flow.log.all(kind).filter { $0.time.nanoseconds < flow.failedAt }
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "\(sentence(flow, at: flow.failedAt)); what was seen ends \(seconds(scope.end &- flow.failedAt)) later, before a REGISTER was due.\(before.isEmpty ? "" : " One followed in time whenever that had happened before.")",
                        evidence: [evidence(flow, at: flow.failedAt)]
                            + before.map { flow.evidence($0, "\(observed($0)); a REGISTER followed") }))
            } else if let mark = flow.log.all(.unheededFailure).first(where: { $0.second == Int64(cause.rawValue) }) {
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "\(sentence(flow, at: mark.first)), and keep-alives went on as before: whether the REGISTER \(seconds(mark.time.nanoseconds &- mark.first)) later is the answer to it, or was due anyway, does not show.",
                        evidence: [evidence(flow, at: mark.first), flow.evidence(mark, "the next REGISTER")]))
            } else {
                let first = flow.log.first(kind).map(what) ?? again
                out.pass(requirement, flow.id, "\(first), and a REGISTER followed.")
            }
        }

        /// The failure that came at `time`; nil where it is not among those that are kept.
        private func mark(_ flow: FlowRecord, at time: Int64) -> EvidenceMark? {
            flow.log.all(kind).first { $0.time.nanoseconds == time }
        }

        private func sentence(_ flow: FlowRecord, at time: Int64) -> String {
            let words = mark(flow, at: time).map(what) ?? again
            return words.prefix(1).uppercased() + words.dropFirst()
        }

        private func evidence(_ flow: FlowRecord, at time: Int64, expected: String? = nil) -> Evidence {
            guard let mark = mark(flow, at: time) else { return flow.evidence(at: time, again, expected: expected) }
            return flow.evidence(mark, observed(mark), expected: expected)
        }
    }

    /// OB-STUN-026: indications alone detect no failure.
    struct DetectsFailure: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-026"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.indications > 0, flow.pings == 0 else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: "Only Binding indications: they get no answer, so that a dead flow stays unnoticed.",
                    evidence: [
                        flow.evidence(
                            at: flow.lastFromClient, counted(flow.indications, "indication"),
                            expected: "Binding requests")
                    ]))
        }
    }

    /// OB-STUN-029: requests of RFC 3489.
    struct NoCookie: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-029"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.noCookie) else { return }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message:
                        "\(counted(flow.log.count(.noCookie), "Binding request")) without the magic cookie (RFC 3489); counted as keep-alives.",
                    evidence: [flow.evidence(mark, "no magic cookie", expected: "0x2112A442")], diagnosis: "DX-STUN-07")
            )
        }
    }
}
