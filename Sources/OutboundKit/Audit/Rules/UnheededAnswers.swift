/// Clients that had an answer and went on as if they had not. The wire shows what they do, not why: so these are
/// warnings, from the third time on, and before that nobody can tell.
enum UnheededAnswers {
    // Each of these functions is true where the flow shows the thing at all: then nothing good is said of it either.

    /// OB-KA-006: the flow fails when a pong is missing for 10 s; not sooner, and not when it came.
    static func judgePongs(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) -> Bool {
        if let habit = scope.habits.told(.leftAnswered, on: flow) {
            tell(
                "OB-KA-006", habit, flow, &out,
                what: "the client closed a flow on which its pings were answered, and registered anew",
                evidence: habit.marks.prefix(4).map { mark in
                    let since = mark.time.nanoseconds &- mark.first
                    return flow.evidence(
                        mark,
                        "closed \(seconds(since)) after a ping whose pong had come in \(seconds(max(0, mark.second &- mark.first)))",
                        expected: "the flow stays while pongs come")
                },
                advice:
                    "See how the client reads a pong: its octets may come apart, twice, or right before a message.")
            return true
        }
        guard let habit = scope.habits.told(.leftEarly, on: flow) else {
            return flow.replacedBy != nil && (flow.log.contains(.leftAnswered) || flow.log.contains(.leftEarly))
        }
        tell(
            "OB-KA-006", habit, flow, &out, what: "the client gave a flow up before its pong was 10 s late",
            evidence: habit.marks.prefix(4).map {
                flow.evidence(
                    $0, "closed \(seconds($0.time.nanoseconds &- $0.first)) after the ping",
                    expected: "10 s for the pong")
            },
            advice: "Let the client wait 10 s for a pong.")
        return true
    }

    /// OB-KA-015: a CRLF before a message is skipped.
    static func judgeGrants(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
        guard let habit = scope.habits.told(.unheededGrant, on: flow) else { return }
        tell(
            "OB-KA-015", habit, flow, &out,
            what: "a 200 to REGISTER came right behind a CRLF, and the client went on as if it had not come",
            evidence: habit.marks.prefix(4).map {
                flow.evidence(
                    $0, "given up or asked again \(seconds($0.time.nanoseconds &- $0.first)) after the 200",
                    expected: "the CRLF is skipped and the 200 read")
            },
            diagnosis: "DX-KA-07",
            advice: "Fix the client's framing: octets CR and LF before a start-line are to be skipped.")
    }

    /// OB-STUN-021: attributes that need not be understood are passed over.
    struct PassesOverAttributes: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-021"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun, flow.pongs > 0, flow.transaction.answerHasMore else { return }
            guard let habit = scope.habits.told(.unheededAnswer, on: flow),
                habit.marks.contains(where: { $0.third == 1 })
            else {
                if !flow.log.contains(.unheededAnswer) {
                    out.pass(requirement, flow.id, "Answers with SOFTWARE were taken.")
                }
                return
            }
            UnheededAnswers.tellSchedule(requirement, habit, flow, &out, diagnosis: "DX-STUN-03")
        }
    }

    /// OB-STUN-023: an answer that belongs to no open request, or lacks the cookie, is dropped; one that belongs is not.
    struct DropsForeignAnswers: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-023"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun else { return }
            if let habit = scope.habits.told(.movedByForeignAnswer, on: flow) {
                tell(
                    requirement, habit, flow, &out,
                    what: "the client registered anew right after an answer that belonged to none of its requests",
                    evidence: habit.marks.prefix(4).map {
                        flow.evidence(
                            $0, "a REGISTER \(seconds($0.time.nanoseconds &- $0.first)) after the foreign answer",
                            expected: "the answer is dropped in silence")
                    },
                    advice: "The client must compare all 96 bits of the transaction ID before it takes an answer.")
            } else if let habit = scope.habits.told(.tookBadAnswer, on: flow) {
                tell(
                    requirement, habit, flow, &out,
                    what: "the only answer to a request lacked the magic cookie, and the client never asked again",
                    evidence: habit.marks.prefix(4).map {
                        flow.evidence($0, "one request", expected: "the answer is dropped and the request sent again")
                    },
                    advice: "The client must drop answers without the magic cookie 0x2112A442.")
            } else if let habit = scope.habits.told(.unheededAnswer, on: flow),
                !habit.marks.contains(where: { $0.third == 1 })
            {
                UnheededAnswers.tellSchedule(requirement, habit, flow, &out)
            } else if flow.log.contains(.foreignAnswer), !flow.log.contains(.movedByForeignAnswer),
                !flow.log.contains(.unheededAnswer)
            {
                out.pass(requirement, flow.id, "Answers that belong to no request changed nothing.")
            }
        }
    }

    /// OB-STUN-006, the other way round: an address that is always the same has not changed.
    static func judgeOwnAddress(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) -> Bool {
        guard let habit = scope.habits.told(.movedByOwnAddress, on: flow) else {
            return flow.log.contains(.movedByOwnAddress)
        }
        tell(
            "OB-STUN-006", habit, flow, &out,
            what: "the client registered anew although the mapped address was the same as before",
            evidence: habit.marks.prefix(4).map {
                flow.evidence(
                    $0,
                    "a REGISTER \(seconds($0.time.nanoseconds &- $0.first)) after an answer with port \($0.second), as ever",
                    expected: "nothing: answers are compared with each other")
            },
            advice: "The client must compare the mapped address with that of the first answer, not with its socket's.")
        return true
    }

    private static func tellSchedule(
        _ requirement: Requirement.ID, _ habit: Habits.Habit, _ flow: FlowRecord, _ out: inout FindingList,
        diagnosis: Diagnosis.ID? = nil
    ) {
        let evidence = habit.marks.prefix(4).map {
            flow.evidence(
                $0, "a request for the sixth time, \(seconds($0.time.nanoseconds &- $0.first)) after the first",
                expected: "none after the answer")
        }
        // On a way that loses answers now and then, some requests go through their schedule and most do not.
        guard habit.count * 2 > habit.pings else { return }
        tell(
            requirement, habit, flow, &out, what: "the client sent a request again and again although it was answered",
            evidence: evidence, diagnosis: diagnosis,
            advice:
                "Either the client drops the answers, or something on the way does: a capture at the client tells which."
        )
    }

    private static func tell(
        _ requirement: Requirement.ID, _ habit: Habits.Habit, _ flow: FlowRecord, _ out: inout FindingList,
        what: String, evidence: [Evidence], diagnosis: Diagnosis.ID? = nil, advice: String
    ) {
        let message = "\(what.prefix(1).uppercased())\(what.dropFirst())"
        if habit.count >= Habits.least {
            out.add(
                .warn(
                    requirement, subject: flow.subject, message: "\(message): \(habit.count) times.",
                    evidence: evidence, diagnosis: diagnosis, advice: advice))
        } else {
            out.add(
                .unknown(
                    requirement, .configuration, subject: flow.subject,
                    message: "\(message), \(habit.count == 1 ? "once" : "twice"): that may have had another reason.",
                    evidence: evidence))
        }
    }
}
