/// Whether edges see to it that a dialog keeps to the phone's flow (RFC 5626 §5.3.1, §5.3.2).
extension ServerRules {
    static let routes: [any ServerRule] = [RecordsIncoming(), RecordsOutgoing()]

    /// OB-EP-011: requests of a dialog that came over the flow find their way back to it.
    struct RecordsIncoming: ServerRule {
        let requirement: Requirement.ID = "OB-EP-011"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            var passes: RequestNote?
            var missing: RequestNote?
            for request in servers.requests where request.formsDialog && request.hops > 1 {
                guard servers.isDelivery(request), let record = servers.ledger[request.flow],
                    let own = servers.target(on: request.flow, request.place, at: request.time), own.hasEdge,
                    // One that stands for the caller is the other end of the dialog itself.
                    request.contactHost != record.server.ip.description || request.contactPort != record.server.port
                else { continue }
                guard let route = request.recordRoute else {
                    missing = missing ?? request
                    continue
                }
                guard route.hasParameter("ob"), FlowTokenName(route) == own.token, own.token != nil else {
                    passes = passes ?? request
                    continue
                }
                return out.add(
                    .warn(
                        requirement, subject: request.flow.description,
                        message: "The edge put its Path URI into Record-Route with `ob` left in.",
                        evidence: [request.evidence("Record-Route: <\(route)>", expected: "the same without ob")],
                        advice: "The edge must take `ob` out of the URI that it records."))
            }
            if let missing {
                out.add(
                    .warn(
                        requirement, subject: missing.flow.description,
                        message:
                            "\(missing.method.text) came through the edge without any Record-Route: later requests of the dialog go to the phone's Contact, not over its flow.",
                        evidence: [
                            missing.evidence("no Record-Route", expected: "a Record-Route with the flow's token")
                        ],
                        diagnosis: "DX-TOK-07", advice: "The edge must record its route in requests that open dialogs.")
                )
            } else if let passes {
                out.pass(requirement, passes.flow, "The edge recorded its route.")
            }
        }
    }

    /// OB-EP-015: requests of a dialog that a phone opened with `ob` find their way back to its flow.
    struct RecordsOutgoing: ServerRule {
        let requirement: Requirement.ID = "OB-EP-015"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            let users = Dictionary(servers.users.map { ($0.aor, $0) }, uniquingKeysWith: { first, _ in first })
            var passes: RequestNote?
            for request in servers.requests where request.formsDialog && request.hops > 1 && request.contactHasOB {
                // Without outbound on its flow `ob` in the Contact is the phone's own fancy.
                if let user = users[request.from], !user.notes.contains(where: \.isOutbound) { continue }
                guard request.recordRoute == nil else {
                    passes = passes ?? request
                    continue
                }
                return out.add(
                    .warn(
                        requirement, subject: request.flow.description,
                        message:
                            "\(request.method.text) of \(request.from), whose Contact has `ob`, left the edge without any Record-Route: later requests of the dialog are sent to \(request.contactHost) itself.",
                        evidence: [
                            request.evidence(
                                "no Record-Route behind \(request.hops - 1) proxies",
                                expected: "a Record-Route with the flow's token")
                        ],
                        diagnosis: "DX-TOK-05", advice: "The edge must record its route where the Contact has `ob`."))
            }
            if let passes { out.pass(requirement, passes.flow, "The edge recorded its route.") }
        }
    }
}
