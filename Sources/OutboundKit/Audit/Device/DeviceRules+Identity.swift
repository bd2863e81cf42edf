/// Who a device says it is, and how it names its flows.
extension DeviceRules {
    static let identity: [any DeviceRule] = [
        SameURNOnEveryNetwork(), URNWrittenTheSameWay(), OwnRegIDForEachFlow(), RegIDsDoNotGrow(),
        OwnCallIDForEachFlow(),
    ]

    /// OB-INST-003: the URN does not change with the network. One Call-ID is one device.
    struct SameURNOnEveryNetwork: DeviceRule {
        let requirement: Requirement.ID = "OB-INST-003"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            // A device whose URN changed shows as two; the second one knows the Call-ID of the first.
            let moved = Set(device.notes.map(\.callID)).contains { callID in
                Set(device.notes.filter { $0.callID == callID }.map(\.flow)).count > 1
            }
            if moved { out.pass(requirement, device.flow, "The same URN on each flow of the Call-ID.") }
        }

        /// Across devices: the same AOR and Call-ID, from another address, with another URN.
        static func judge(_ devices: [DeviceCase], _ out: inout FindingList) {
            struct Key: Hashable {
                let aor: String
                let callID: String
            }
            var first: [Key: RegistrationNote] = [:]
            let notes = devices.flatMap(\.notes).sorted { ($0.time, $0.flow) < ($1.time, $1.flow) }
            for note in notes where note.instance != nil {
                let key = Key(aor: note.aor, callID: note.callID)
                guard let known = first[key] else {
                    first[key] = note
                    continue
                }
                guard known.instance != note.instance, known.flow != note.flow else { continue }
                out.add(
                    .fail(
                        "OB-INST-003", subject: note.flow.description,
                        message: "The instance-id changed with the address, within one Call-ID.",
                        evidence: note.evidence(note.urn ?? "no URN", expected: known.urn ?? "the URN of before"),
                        [known.evidence("the URN before, on \(known.flow)")],
                        advice: "Derive the instance-id from the device, not from its address, and store it."))
            }
        }
    }

    /// OB-INST-008: the URN is written the same way in every registration.
    struct URNWrittenTheSameWay: DeviceRule {
        let requirement: Requirement.ID = "OB-INST-008"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let named = device.notes.filter { $0.instance != nil }
            guard named.count > 1, let first = named.first else { return }
            guard let other = named.first(where: { $0.urn != first.urn }) else {
                return out.pass(requirement, device.flow, "\(named.count) registrations write it alike.")
            }
            out.add(
                .warn(
                    requirement, subject: other.flow.description,
                    message: "The instance-id is written in two ways; registrars that compare octets see two devices.",
                    evidence: [
                        first.evidence(first.urn ?? ""), other.evidence(other.urn ?? "", expected: first.urn ?? ""),
                    ]))
        }
    }

    /// OB-UA-005: concurrent registrations of one device have reg-ids of their own.
    struct OwnRegIDForEachFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-005"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let bound = device.notes.filter { $0.isGranted && !$0.isRemoval && $0.regID != nil }
            guard Set(bound.map(\.flow)).count > 1 else { return }
            var inTurns: RegistrationNote?
            for regID in Set(bound.compactMap(\.regID)).sorted() {
                let own = bound.filter { $0.regID == regID }
                // A, B, and A again while it lived all the time: neither replaced the other.
                for (index, note) in own.enumerated() {
                    guard index > 0, own[index - 1].flow != note.flow,
                        let before = own[..<index].last(where: { $0.flow == note.flow }),
                        device.isAlive(note.flow, at: note.time), device.isAlive(own[index - 1].flow, at: note.time)
                    else { continue }
                    let other = own[index - 1]
                    guard device.liveTogether(note, other) else {
                        inTurns = inTurns ?? note
                        continue
                    }
                    return out.add(
                        .fail(
                            requirement, subject: note.flow.description,
                            message:
                                "Two live flows are registered in turns with reg-id \(regID): each takes the place of the other.",
                            evidence: note.evidence(
                                "reg-id \(regID) again, while \(other.flow) has it",
                                expected: "a reg-id of its own for each flow"),
                            [before.evidence("first"), other.evidence("then on \(other.flow)")],
                            diagnosis: device.comesFromTwoHosts(note, other) ? "DX-BIND-04" : nil,
                            advice: device.comesFromTwoHosts(note, other)
                                ? "Two phones with one instance-id, or one with two networks: give each phone an instance-id of its own, and each network a reg-id."
                                : "Give each URI of the outbound-proxy-set a reg-id of its own, and keep it."))
                }
            }
            if let note = inTurns {
                return out.add(
                    .unknown(
                        requirement, .identity, subject: note.flow.description,
                        message:
                            "Two flows are registered in turns with reg-id \(note.regID ?? ""); nothing shows that both were in use at one time, and a phone that moves between two networks or servers does the same."
                    ))
            }
            out.pass(requirement, device.flow, "No two live flows share a reg-id.")
        }
    }

    /// OB-UA-006: the same edge gets the same reg-id after each reconnection.
    struct RegIDsDoNotGrow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-006"
        /// Reconnections before growing is called a habit.
        private static let habit = 3

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let bound = device.notes.filter { $0.isGranted && !$0.isRemoval }
            var byServer: [TransportAddress: [RegistrationNote]] = [:]
            for note in bound {
                guard let record = device.record(note), byServer[record.server]?.last?.flow != note.flow else {
                    continue
                }
                byServer[record.server, default: []].append(note)
            }
            for notes in byServer.values where notes.count > 1 {
                let numbers = notes.compactMap { $0.regID.flatMap { Int64($0) } }
                guard numbers.count == notes.count else { continue }
                let grows = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
                // Two flows may live side by side; three in a row, each after the one before, pile up.
                let areOver = zip(notes, notes.dropFirst()).allSatisfy { !device.isUsed($0.flow, after: $1.time) }
                if grows, areOver, numbers.count >= Self.habit, let last = notes.last {
                    out.add(
                        .fail(
                            requirement, subject: last.flow.description,
                            message: "reg-id grows with each reconnection: bindings of dead flows pile up.",
                            evidence: last.evidence(
                                "reg-ids \(numbers.map(String.init).joined(separator: ", "))",
                                expected: "the same reg-id for the same edge"),
                            advice: "Tie the reg-id to the URI of the outbound-proxy-set, not to the connection."))
                } else if Set(numbers).count == 1 {
                    out.pass(requirement, device.flow, "reg-id \(numbers[0]) on \(numbers.count) flows to one edge.")
                }
            }
        }
    }

    /// OB-UA-007: each concurrent registration has a Call-ID of its own.
    struct OwnCallIDForEachFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-007"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let bound = device.notes.filter { $0.isGranted && !$0.isRemoval && $0.regID != nil }
            guard Set(bound.compactMap(\.regID)).count > 1 else { return }
            for note in bound {
                let other = bound.first {
                    $0.callID == note.callID && $0.regID != note.regID && $0.time < note.time
                        && device.isAlive($0.flow, at: note.time)
                }
                guard let other else { continue }
                return out.add(
                    .warn(
                        requirement, subject: note.flow.description,
                        message: "Two registrations at one time share a Call-ID.",
                        evidence: [
                            other.evidence("reg-id \(other.regID ?? "")"),
                            note.evidence("reg-id \(note.regID ?? ""), Call-ID as before", expected: "one of its own"),
                        ]))
            }
            out.pass(requirement, device.flow, "Each has its own.")
        }
    }
}

extension DeviceCase {
    /// Whether the client sent anything on a flow after a time.
    fileprivate func isUsed(_ flow: FlowID, after time: Int64) -> Bool {
        record(flow).map { $0.lastFromClient > time } ?? false
    }

    /// Whether two flows were in use at one time, of which the first is registered anew by `note` after the second was by
    /// `other`. The client must have used the second one after that, and not have left the first one in between.
    fileprivate func liveTogether(_ note: RegistrationNote, _ other: RegistrationNote) -> Bool {
        guard let first = record(note), isUsed(other.flow, after: note.time) else { return false }
        // A connection that was there all the time shows it by itself; a datagram flow only by what was sent.
        return first.isStream || first.longestToleratedSilence < note.time &- other.time
    }

    fileprivate func comesFromTwoHosts(_ note: RegistrationNote, _ other: RegistrationNote) -> Bool {
        record(note)?.client.ip != record(other)?.client.ip
    }

    private func record(_ flow: FlowID) -> FlowRecord? { ledger[flow] }
}
