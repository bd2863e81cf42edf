/// How a device refreshes, removes and retries its registrations.
extension DeviceRules {
    static let conduct: [any DeviceRule] = [
        NoStubbornRetryAfter439(), RefreshesOnItsFlow(), RemovesWithTheSameKey(), KeepsFlowAfter503(),
        NoRegIDForOthers(), CSeqRises(), OneRegisterAtATime(),
    ]

    /// OB-UA-013: after 439 not the same REGISTER again at once. After 420, which names what the client must leave out, and
    /// after 423, which names the shortest lifetime, it makes as little sense (RFC 3261 §8.1.3.5, §10.2.8).
    struct NoStubbornRetryAfter439: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-013"
        private static let soon: Int64 = 15 * .second
        private static let corrections: [UInt16] = [439, 420, 423]

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard let first = device.notes.first(where: { Self.corrections.contains($0.status) }) else { return }
            for (index, again) in device.notes.enumerated() {
                let server = device.record(again)?.server
                guard let refused = device.notes[..<index].last(where: { device.record($0)?.server == server }),
                    Self.corrections.contains(refused.status), again.words == refused.words,
                    again.time &- refused.answered < Self.soon
                else { continue }
                return tell(again, refused, &out)
            }
            if let remark = keepsAdvertising(device) { return out.add(remark) }
            out.pass(requirement, device.flow, "No REGISTER in the same words within 15 s of the \(first.status).")
        }

        private func tell(_ again: RegistrationNote, _ refused: RegistrationNote, _ out: inout FindingList) {
            switch refused.status {
            case 420:
                warn(
                    again, refused, &out, "which names what it must leave out", "one without what Unsupported lists",
                    advice: "After 420 leave out the option-tags that Unsupported lists (RFC 3261 §8.1.3.5).")
            case 423:
                warn(
                    again, refused, &out, "which names the shortest lifetime", "one that asks for Min-Expires or more",
                    diagnosis: "DX-REG-15", advice: DiagnosisTable["DX-REG-15"]?.advice)
            default:
                out.add(
                    .fail(
                        requirement, subject: again.flow.description,
                        message: "The same REGISTER again right after 439, which tells that it cannot work here.",
                        evidence: again.evidence(
                            "the same REGISTER",
                            expected: "one without outbound, another proxy, or the back-off of §4.5"),
                        [refused.evidence("439")], diagnosis: "DX-REG-01",
                        advice: "After 439 register without reg-id and without the outbound tag, or try another proxy.")
                )
            }
        }

        /// After 439 the client may try again later. Who has asked for outbound twice more and never without it has not
        /// understood.
        private func keepsAdvertising(_ device: DeviceCase) -> Finding? {
            guard let refused = device.notes.first(where: { $0.status == 439 }) else { return nil }
            let server = device.record(refused)?.server
            let later = device.notes.filter {
                $0.time > refused.answered && !$0.isRemoval && device.record($0)?.server == server
            }
            guard later.count > 1, later.allSatisfy({ $0.regID != nil && $0.status == 439 }) else { return nil }
            return .info(
                requirement, subject: refused.flow.description,
                message: "The client goes on asking for outbound here after 439 (\(counted(later.count, "time"))).",
                evidence: [refused.evidence("439")]
                    + later.prefix(3).map { $0.evidence("reg-id again", expected: "a REGISTER without reg-id") },
                diagnosis: "DX-REG-06", advice: DiagnosisTable["DX-REG-06"]?.advice)
        }

        private func warn(
            _ again: RegistrationNote, _ refused: RegistrationNote, _ out: inout FindingList, _ which: String,
            _ expected: String, diagnosis: Diagnosis.ID? = nil, advice: String?
        ) {
            out.add(
                .warn(
                    requirement, subject: again.flow.description,
                    message: "The same REGISTER again right after \(refused.status), \(which).",
                    evidence: [
                        refused.evidence("\(refused.status)"),
                        again.evidence("the same REGISTER", expected: expected),
                    ], diagnosis: diagnosis, advice: advice))
        }
    }

    /// OB-UA-014: a refresh goes over the flow that it refreshes.
    struct RefreshesOnItsFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-014"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            var hasRefreshed = false
            for (index, note) in device.notes.enumerated() where !note.isRemoval {
                guard
                    let before = device.notes[..<index].last(where: {
                        $0.callID == note.callID && $0.isGranted && !$0.isRemoval && $0.regID == note.regID
                    })
                else { continue }
                if before.flow == note.flow {
                    hasRefreshed = true
                    continue
                }
                guard let old = device.record(before), let new = device.record(note), old.server == new.server,
                    device.isAlive(before.flow, at: note.time)
                else { continue }
                // A datagram flow may have been moved by a NAT, which the phone sees and the server does not.
                guard old.isStream else { continue }
                // A flow that died in silence looks alive here; only who goes on using it shows that it was good.
                guard old.sights.contains(.gap) || old.lastFromClient > note.time else { continue }
                if old.sights.contains(.gap) {
                    return out.add(
                        .unknown(
                            requirement, .gap, subject: note.flow.description,
                            message: "Whether the old flow had ended cannot be told: octets of it are missing."))
                }
                return out.add(
                    .warn(
                        requirement, subject: note.flow.description,
                        message: "A refresh came over a new connection while \(before.flow) was still good.",
                        evidence: [
                            note.evidence(
                                "refresh on \(note.flow)", expected: "on \(before.flow), which has not failed")
                        ], advice: "Refresh a registration over its own flow; open a new one only when it has failed."))
            }
            if hasRefreshed { out.pass(requirement, device.flow, "Refreshes go over the flow that they refresh.") }
        }
    }

    /// OB-UA-015: a removal names instance and reg-id of the binding.
    struct RemovesWithTheSameKey: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-015"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            var hasRemoved = false
            for (index, note) in device.notes.enumerated() where note.isRemoval {
                // Flows over datagrams may share a port, and with it the Contact URI: then each has a binding of its own. One
                // that was made before the run is not known, so that another reg-id tells only on the binding's flow.
                let candidates = device.notes[..<index].filter {
                    $0.isGranted && !$0.isRemoval && $0.contact == note.contact && $0.regID != nil
                        && (note.regID == nil || $0.flow == note.flow)
                }
                guard let bound = candidates.last else { continue }
                hasRemoved = true
                let namesIt = note.instance != nil && candidates.contains { $0.regID == note.regID }
                guard !namesIt else { continue }
                return out.add(
                    .warn(
                        requirement, subject: note.flow.description,
                        message: note.instance == nil
                            ? "A removal without the binding's instance-id: the binding may stay."
                            : "A removal without the binding's reg-id: the binding may stay.",
                        evidence: [
                            note.evidence(
                                (note.regID.map { "reg-id \($0)" } ?? "no reg-id")
                                    + (note.instance == nil ? ", no +sip.instance" : ""),
                                expected: "reg-id \(bound.regID ?? "")"
                                    + (note.instance == nil ? " and +sip.instance" : ""))
                        ]))
            }
            if hasRemoved { out.pass(requirement, device.flow, "Removals name what they remove.") }
        }
    }

    /// OB-UA-016: a recoverable error does not tear down a stream that answers its pings.
    struct KeepsFlowAfter503: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-016"
        private static let transaction: Int64 = 32 * .second

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            for note in device.notes where note.status == 503 {
                guard let record = device.record(note), record.isStream, record.registerSuccesses > 0 else { continue }
                if record.closing != nil, record.closedBy == .fromClient, record.unansweredPings == 0,
                    record.closedAt > note.answered, record.closedAt &- note.answered < Self.transaction
                {
                    return out.add(
                        .warn(
                            requirement, subject: note.flow.description,
                            message: "The flow was closed because a refresh got 503, although its pings were answered.",
                            evidence: [
                                note.evidence(
                                    "503, and the client closed \(seconds(record.closedAt &- note.answered)) later",
                                    expected: "the flow stays while pongs come")
                            ]))
                }
                out.pass(requirement, device.flow, "The flow stayed after 503.")
            }
        }
    }

    /// OB-UA-017: no reg-id when registering for another.
    struct NoRegIDForOthers: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-017"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard let note = device.notes.first(where: \.isThirdParty) else { return }
            guard let wrong = device.notes.first(where: { $0.isThirdParty && $0.regID != nil }) else {
                return out.pass(requirement, note.flow, "A registration for another has no reg-id.")
            }
            out.add(
                .warn(
                    requirement, subject: wrong.flow.description,
                    message: "From and To name different users, and the Contact has a reg-id.",
                    evidence: [wrong.evidence("reg-id \(wrong.regID ?? "")", expected: "none for a third party")]))
        }
    }

    /// OB-UA-028: CSeq rises within a Call-ID, and refreshes keep theirs.
    struct CSeqRises: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-028"
        /// Refreshes on one flow before a new Call-ID for each is called a habit.
        private static let habit = 3

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard device.notes.count > 1 else { return }
            for (index, note) in device.notes.enumerated() {
                guard
                    let before = device.notes[..<index].last(where: {
                        $0.callID == note.callID && $0.cseq >= note.cseq && $0.branch != note.branch
                            && !device.isNextTry(note, after: $0)
                    })
                else { continue }
                return out.add(
                    .fail(
                        requirement, subject: note.flow.description,
                        message: "CSeq does not rise within its Call-ID: registrars answer that with 500.",
                        evidence: note.evidence("CSeq \(note.cseq)", expected: "more than \(before.cseq)"),
                        [before.evidence("CSeq \(before.cseq)")]))
            }
            for flow in Set(device.notes.map(\.flow)).sorted() {
                let granted = device.notes.filter { $0.flow == flow && $0.isGranted && !$0.isRemoval }
                guard granted.count >= Self.habit, Set(granted.map(\.callID)).count == granted.count,
                    device.areRefreshes(granted),
                    Set(granted.compactMap(\.regID)).count <= 1, let last = granted.last
                else { continue }
                return out.add(
                    .warn(
                        requirement, subject: flow.description,
                        message: "Each refresh has a new Call-ID, which also makes temporary GRUUs void.",
                        evidence: [last.evidence("the \(granted.count)th Call-ID", expected: "the one of before")]))
            }
            out.pass(requirement, device.flow, "CSeq rises in \(counted(device.notes.count, "request")).")
        }
    }

    /// OB-UA-029: no new REGISTER while one waits for its answer.
    struct OneRegisterAtATime: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-029"
        private static let timerF: Int64 = 32 * .second

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard device.notes.count > 1 else { return }
            for (index, note) in device.notes.enumerated() {
                guard
                    let before = device.notes[..<index].last(where: {
                        $0.flow == note.flow && $0.callID == note.callID && $0.cseq < note.cseq
                    })
                else { continue }
                let isPending =
                    before.status == 0 ? note.time &- before.time < Self.timerF : note.time < before.answered
                guard isPending else { continue }
                let record = device.record(note)
                if let record, Self.metICMP(record, before.time...note.time) { continue }
                guard let record, record.sights.contains(.fromServer) else {
                    return out.add(
                        .unknown(
                            requirement, .half, subject: note.flow.description,
                            message: "The server's direction was not seen."))
                }
                if record.sights.contains(.gap) {
                    return out.add(
                        .unknown(
                            requirement, .gap, subject: note.flow.description,
                            message: "The answer may be among the octets that are missing."))
                }
                guard record.sights.isDisjoint(with: [.cutSIP, .malformedSIP]) else {
                    return out.add(
                        .unknown(
                            requirement, .cut, subject: note.flow.description,
                            message: "The answer may be among the messages that could not be read."))
                }
                // Nobody knows a nonce before the answer that has it.
                if before.status == 0, note.nonce != 0, note.nonce != before.nonce {
                    return out.add(
                        .unknown(
                            requirement, .gap, subject: note.flow.description,
                            message:
                                "The next REGISTER answers a challenge that was not seen: the answer came by another way, or is missing in the capture."
                        ))
                }
                return out.add(
                    .fail(
                        requirement, subject: note.flow.description,
                        message: "A new REGISTER while the one before still waited for its answer.",
                        evidence: note.evidence(
                            "CSeq \(note.cseq), \(seconds(note.time &- before.time)) after CSeq \(before.cseq)",
                            expected: "a final answer or 32 s first"),
                        [before.evidence("CSeq \(before.cseq), not answered by then")]))
            }
            out.pass(requirement, device.flow, "Each waits for the answer before it.")
        }

        /// A hard ICMP error ends a transaction as a 503 would (RFC 3261 §8.1.3.1). Of many only the first are kept.
        private static func metICMP(_ record: FlowRecord, _ wait: ClosedRange<Int64>) -> Bool {
            let errors = record.log.all(.icmpError)
            return errors.contains { wait.contains($0.time.nanoseconds) }
                || record.log.count(.icmpError) > errors.count
        }
    }
}

extension DeviceCase {
    /// Whether registrations of one flow, each granted, follow one another as refreshes do: from two fifths of the lifetime to
    /// its end, and evenly, unless they are many. A phone that is started anew registers when that happens to be.
    fileprivate func areRefreshes(_ notes: [RegistrationNote]) -> Bool {
        guard let first = notes.first,
            let lifetime = record(first)?.registrations.first(where: { $0.regID == first.regID })?.expires
        else { return false }
        let least = Int64(clamping: min(lifetime, 1 << 32)) * .second / 5 * 2
        let waits = zip(notes, notes.dropFirst()).map { $1.time &- $0.answered }
        guard let shortest = waits.min(), let longest = waits.max() else { return false }
        let areEven = longest &- shortest <= longest / 50 || notes.count > 5
        return areEven && shortest >= least && longest <= least / 2 * 5 + .second
    }
}
