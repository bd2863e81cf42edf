/// Over which of its flows a device speaks, and what it makes of refusals and restarts.
extension DeviceRules {
    static let flows: [any DeviceRule] = [
        SameURNAfterRestart(), ReusesItsFlow(), GRUURequestsUseTheFlow(), TakesRefusalsAsFinal(),
        RefreshesEachFlowByItself(), NoOutdatedGRUU(),
    ]

    /// OB-INST-002: the URN survives a power cycle. A device whose URN changed shows as two, of which the first is silent
    /// when the second comes.
    struct SameURNAfterRestart: DeviceRule {
        let requirement: Requirement.ID = "OB-INST-002"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let granted = device.notes.filter { $0.instance != nil && $0.isGranted && !$0.isRemoval }
            // A new Call-ID on a new flow is what a restart looks like.
            guard Set(granted.map(\.callID)).count > 1, Set(granted.map(\.flow)).count > 1 else { return }
            out.pass(requirement, device.flow, "The same URN under another Call-ID and on another flow.")
        }

        /// - Parameter devices: in the order of their first REGISTER.
        static func judge(_ devices: [DeviceCase], _ out: inout FindingList) {
            let named = devices.filter { $0.notes.first?.instance != nil }
            for (aor, group) in Dictionary(grouping: named, by: \.aor).sorted(by: { $0.key < $1.key })
            where group.count > 1 && group.count < 32 {
                for (index, later) in group.enumerated() {
                    guard let new = later.notes.first, let record = later.record(new), let agent = later.userAgent,
                        let before = group[..<index].last(where: { device in
                            device.userAgent == agent && device.lastSeen < new.time
                                && device.notes.contains { $0.regID == new.regID && $0.callID != new.callID }
                        }), let old = before.notes.last, let oldRecord = before.record(old)
                    else { continue }
                    let silence = seconds(new.time &- before.lastSeen)
                    let evidence = [
                        old.evidence(old.urn ?? "", expected: nil),
                        new.evidence(new.urn ?? "", expected: old.urn ?? "the URN of before"),
                    ]
                    if record.client.ip == oldRecord.client.ip {
                        out.add(
                            .warn(
                                "OB-INST-002", subject: new.flow.description,
                                message:
                                    "\(aor) came back after \(silence) of silence with another URN; address, reg-id and User-Agent are the same.",
                                evidence: evidence,
                                advice:
                                    "If it is the same device: the URN must be stored, or derived from what never changes."
                            ))
                    } else {
                        out.add(
                            .unknown(
                                "OB-INST-002", .identity, subject: new.flow.description,
                                message:
                                    "\(aor) came back after \(silence) of silence with another URN and from another address: perhaps another device.",
                                evidence: evidence))
                    }
                }
            }
        }
    }

    /// OB-UA-020: a request goes over the flow that there is, without TLS whatever its host's name (with TLS the peer's
    /// certificate has a say, OB-UA-021).
    struct ReusesItsFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-020"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            for (flow, stranger) in device.strangers {
                guard let other = device.ledger[flow], other.isStream, other.opening.kind == .handshake,
                    other.transport != .tls, other.transport != .wss,
                    let own = device.flowInUse(beside: other, at: stranger.note.time)
                else { continue }
                let evidence = stranger.note.evidence(
                    "\(stranger.note.method.text) on a connection of its own", expected: "on \(own.id), which is open")
                guard device.isAlone, stranger.userAgent != nil, stranger.userAgent == device.userAgent else {
                    return out.add(
                        .unknown(
                            requirement, .identity, subject: flow.description,
                            message:
                                "A dialog was opened over another connection than \(own.id); it may be another device's.",
                            evidence: [evidence]))
                }
                return out.add(
                    .fail(
                        requirement, subject: flow.description,
                        message: "The client opened a second connection although its registered one was open.",
                        evidence: evidence, diagnosis: device.strangers.count > 1 ? "DX-TOK-13" : nil,
                        advice: "Send requests for the same address, port and transport over the flow that exists."))
            }
            let own = device.dialogs.first { device.ledger[$0.flow]?.isStream == true }
            if let own { out.pass(requirement, own.flow, "Dialogs were opened over the registered flow.") }
        }
    }

    /// OB-UA-025 and OB-GRUU-009: who gives a GRUU for its Contact sends over the flow that it registered.
    struct GRUURequestsUseTheFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-025"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            for (flow, stranger) in device.strangers where stranger.note.gruu != nil {
                guard let other = device.ledger[flow],
                    let own = device.flowInUse(beside: other, at: stranger.note.time)
                else { continue }
                return out.add(
                    .warn(
                        requirement, subject: flow.description,
                        message: "\(stranger.note.method.text) with a GRUU over another flow than the registered one.",
                        evidence: [stranger.note.evidence("on \(flow)", expected: "on \(own.id)")]))
            }
            if let own = device.dialogs.first(where: { $0.note.gruu != nil }) {
                out.pass(requirement, own.flow, "Requests with a GRUU go over the registered flow.")
            }
        }
    }

    /// OB-UA-026: 430 is taken as 400, and 403 is not to be repeated either (RFC 3261 §21.4.4): the call has failed.
    struct TakesRefusalsAsFinal: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-026"
        /// A user may press the key once more.
        private static let habit = 3

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard device.wasRefused else { return }
            let count = device.redials.reduce(0) { $0 + $1.redials.count }
            guard count >= Self.habit, let (flow, last) = device.redials.last, let status = last.marks.last?.status
            else {
                return out.pass(requirement, device.flow, "A refused request was not sent again at once.")
            }
            out.add(
                .warn(
                    requirement, subject: flow.description,
                    message:
                        "\(counted(count, "time")) a request was sent again within 2 s of the \(status) that refused it.",
                    evidence: device.redials.flatMap(\.redials.marks).prefix(4).map {
                        Evidence(
                            at: $0.time, frame: $0.frame,
                            "a request to the same address \(seconds($0.after)) after \($0.status)",
                            expected: "the call fails")
                    },
                    advice: status == 430
                        ? "430 counts as 400: tell the user, and do not try again by yourself."
                        : "403 says that it is not to be repeated (RFC 3261 §21.4.4): tell the user, and do not try again by yourself."
                ))
        }
    }

    /// OB-REC-011: each flow counts its own failures; the trouble of one does not hold back the refresh of another.
    struct RefreshesEachFlowByItself: DeviceRule {
        let requirement: Requirement.ID = "OB-REC-011"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard Set(device.notes.compactMap(\.regID)).count > 1 else { return }
            var wasInTime = false
            for (index, note) in device.notes.enumerated() where note.isGranted && !note.isRemoval {
                guard
                    let before = device.notes[..<index].last(where: {
                        $0.regID == note.regID && $0.isGranted && !$0.isRemoval
                    }), before.flow == note.flow, let record = device.record(note),
                    let lifetime = record.registrations.first(where: { $0.regID == note.regID })?.expires,
                    // The flow's own attempts in between were no success: then it was in trouble itself.
                    !device.notes[..<index].contains(where: {
                        $0.regID == note.regID && $0.time > before.time && !$0.isGranted
                    }), record.usesOutbound, record.failedAt == .never, record.lastGap < before.time
                else { continue }
                // Refused, or accepted on a flow that failed all the same.
                let trouble = device.notes.first {
                    $0.regID != note.regID && $0.time > before.time && $0.time < note.time
                        && (!$0.isGranted && $0.status != 401 && $0.status != 407
                            || (device.record($0)?.failedAt ?? .never) != .never)
                }
                guard let trouble else { continue }
                let bound = Int64(clamping: min(lifetime, 1 << 32)) * .second
                guard note.time &- before.answered > bound + 2 * .second else {
                    wasInTime = true
                    continue
                }
                return out.add(
                    .warn(
                        requirement, subject: note.flow.description,
                        message:
                            "A refresh came only after the binding had expired, while another flow of the device was being recovered.",
                        evidence: [
                            note.evidence(
                                "refreshed \(seconds(note.time &- before.answered)) after the 2xx",
                                expected: "within \(lifetime) s, whatever other flows do"),
                            trouble.evidence("an attempt for reg-id \(trouble.regID ?? "") that came to nothing"),
                        ], advice: "Count failures, and wait, for each URI of the outbound-proxy-set by itself."))
            }
            if wasInTime { out.pass(requirement, device.flow, "Refreshed in time beside another flow's recovery.") }
        }
    }

    /// OB-GRUU-002: a temporary GRUU dies with its Call-ID.
    struct NoOutdatedGRUU: DeviceRule {
        let requirement: Requirement.ID = "OB-GRUU-002"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            for (flow, dialog) in device.dialogs {
                guard let gruu = dialog.gruu, gruu.isTemporary else { continue }
                guard let source = device.notes.first(where: { $0.temporaryGRUU == gruu.uri }) else {
                    return out.add(
                        .unknown(
                            requirement, .late, subject: flow.description,
                            message: "The 2xx that gave this temporary GRUU was not seen."))
                }
                let newer = device.notes.last {
                    $0.regID == source.regID && $0.isGranted && !$0.isRemoval && $0.answered < dialog.time
                }
                guard let newer, newer.callID != source.callID, newer.time > source.time else {
                    out.pass(requirement, flow, "The temporary GRUU is of the latest Call-ID.")
                    continue
                }
                return out.add(
                    .fail(
                        requirement, subject: flow.description,
                        message: "The Contact is a temporary GRUU of an earlier Call-ID, which is void.",
                        evidence: dialog.evidence(gruu.uri, expected: newer.temporaryGRUU ?? "one of the latest 2xx"),
                        [source.evidence("gave it"), newer.evidence("another Call-ID since then")]))
            }
        }
    }
}

extension DeviceCase {
    var userAgent: String? {
        notes.first.flatMap { record($0)?.registrations.lazy.compactMap(\.userAgent).first }
    }

    /// The last sign of it on any of its flows.
    var lastSeen: Int64 { notes.lazy.compactMap { record($0)?.lastFromClient }.max() ?? .never }

    /// A flow with outbound of the device from the same host to the same server as `other`, that was there before it and was
    /// used after that time, so that it was still good.
    func flowInUse(beside other: FlowRecord, at time: Int64) -> FlowRecord? {
        for flow in Set(notes.filter { $0.isGranted && $0.answered < time }.map(\.flow)).sorted() {
            guard let record = ledger[flow], record.usesOutbound, record.server == other.server,
                record.transport == other.transport,
                record.client.ip == other.client.ip, record.openedAt < other.openedAt, isAlive(flow, at: time),
                record.lastFromClient > time, !record.sights.contains(.gap)
            else { continue }
            return record
        }
        return nil
    }
}
