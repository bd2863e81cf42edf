/// What a device says of where it can be reached, from one REGISTER to the next.
extension DeviceRules {
    static let contacts: [any DeviceRule] = [KeepsPublicContact(), SettlesOnAContact(), RegistersItsOwnAddress()]

    /// OB-UA-011, as far as it shows: a Contact that could be reached gives way to one that cannot.
    struct KeepsPublicContact: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-011"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            for (before, note) in device.refreshes {
                guard let old = before.contactHost, let new = note.contactHost, !old.isPrivate, !old.isLoopback,
                    new.isPrivate, device.record(note)?.everOutbound == false
                else { continue }
                return out.add(
                    .info(
                        requirement, subject: note.flow.description,
                        message:
                            "The refresh has a private address (\(new)) in its Contact, where the registration had a public one (\(old)): without outbound nobody reaches it there.",
                        evidence: [
                            before.evidence("Contact: \(before.contact)"), note.evidence("Contact: \(note.contact)"),
                        ], diagnosis: "DX-NAT-04", advice: DiagnosisTable["DX-NAT-04"]?.advice))
            }
        }
    }

    /// OB-RPORT-002, seen from the client: who puts into its Contact what `received` and `rport` said, behind a NAT that
    /// answers differently each time, registers without end.
    struct SettlesOnAContact: DeviceRule {
        let requirement: Requirement.ID = "OB-RPORT-002"
        /// The next REGISTER comes so soon after the 2xx because of what that said.
        private static let soon: Int64 = 5 * .second
        private static let most = 3

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            var run: [RegistrationNote] = []
            for (before, note) in device.refreshes {
                let follows =
                    note.time &- before.answered < Self.soon && note.contact != before.contact
                    && before.mapped != nil && note.mapped != before.mapped
                if !follows { run = [] }
                run.append(note)
                guard run.count > Self.most else { continue }
                return out.add(
                    .info(
                        requirement, subject: note.flow.description,
                        message:
                            "The client registers again and again at once, each time with another Contact, and each answer names another address for it.",
                        evidence: run.prefix(6).map {
                            $0.evidence(
                                "Contact: \($0.contact), answered with \($0.mapped?.description ?? "no address")")
                        }, diagnosis: "DX-NAT-02", advice: DiagnosisTable["DX-NAT-02"]?.advice))
            }
        }
    }

    /// OB-GRUU-004 from the client's side: a GRUU is no place to be reached at (RFC 5627 §5.1).
    struct RegistersItsOwnAddress: DeviceRule {
        let requirement: Requirement.ID = "OB-GRUU-004"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard let note = device.notes.first(where: { $0.contactIsGRUU && $0.instance != nil }) else { return }
            out.add(
                .warn(
                    requirement, subject: note.flow.description,
                    message: "The Contact of a REGISTER is a GRUU, which the registrar answers with 403.",
                    evidence: [note.evidence("Contact: \(note.contact)", expected: "the client's own address")],
                    diagnosis: "DX-BIND-05", advice: DiagnosisTable["DX-BIND-05"]?.advice))
        }
    }
}

extension DeviceCase {
    /// Granted registrations that follow each other, by Call-ID and reg-id; removals left out.
    fileprivate var refreshes: [(before: RegistrationNote, note: RegistrationNote)] {
        notes.indices.compactMap { index in
            let note = notes[index]
            guard note.isGranted, !note.isRemoval,
                let before = notes[..<index].last(where: {
                    $0.callID == note.callID && $0.regID == note.regID && $0.isGranted
                }), !before.isRemoval
            else { return nil }
            return (before, note)
        }
    }
}
