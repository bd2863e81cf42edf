/// What a device says when it opens a dialog over a flow with outbound.
extension DeviceRules {
    static let dialogs: [any DeviceRule] = [DialogsListOutbound(), DialogsKeepToTheFlow()]

    /// OB-UA-019: dialog-forming requests list `outbound` in Supported.
    struct DialogsListOutbound: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-019"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let dialogs = device.outboundDialogs
            guard !dialogs.isEmpty else { return }
            guard let wrong = dialogs.first(where: { !$0.note.supportsOutbound }) else {
                return out.pass(requirement, device.flow, "\(dialogs.count) list it.")
            }
            out.add(
                .warn(
                    requirement, subject: wrong.flow.description,
                    message: "\(wrong.note.method.text) over a flow with outbound does not list it in Supported.",
                    evidence: [wrong.note.evidence("no outbound in Supported", expected: "Supported: outbound")],
                    diagnosis: "DX-TOK-05"))
        }
    }

    /// OB-UA-023: the Contact of a dialog-forming request has `ob`, or is a GRUU.
    struct DialogsKeepToTheFlow: DeviceRule {
        let requirement: Requirement.ID = "OB-UA-023"

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            let dialogs = device.outboundDialogs
            guard !dialogs.isEmpty else { return }
            let misplaced = dialogs.first { if case .misplaced = $0.note.contact { true } else { false } }
            if let misplaced {
                return out.add(
                    misplaced.note.misplaced(
                        subject: misplaced.flow.description,
                        evidence: misplaced.note.evidence(">;ob", expected: ";ob>")))
            }
            let silent = dialogs.first { if case .silent = $0.note.contact { true } else { false } }
            guard let silent else { return out.pass(requirement, device.flow, "\(dialogs.count) have ob or gr.") }
            out.add(
                .warn(
                    requirement, subject: silent.flow.description,
                    message:
                        "\(silent.note.method.text) without `ob` in its Contact: requests of the dialog need not come over this flow.",
                    evidence: [silent.note.evidence("neither ob nor gr in the Contact URI", expected: "ob")],
                    diagnosis: "DX-TOK-05"))
        }
    }
}

extension DialogNote {
    /// The finding for a Contact whose `ob` is no URI parameter.
    func misplaced(subject: String, evidence: Evidence) -> Finding {
        .fail(
            "OB-UA-023", subject: subject,
            message: "`ob` stands behind the Contact's angle bracket, where it is no URI parameter.",
            evidence: evidence)
    }
}

extension DeviceCase {
    /// Dialogs opened over flows to which outbound was granted.
    var outboundDialogs: [(flow: FlowID, note: DialogNote)] {
        dialogs.filter { ledger[$0.flow]?.usesOutbound == true }
    }
}
