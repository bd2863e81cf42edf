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
                guard let route = request.recordRoute, !servers.isFromBefore(route, request, record) else {
                    missing = missing ?? request
                    continue
                }
                guard route.hasParameter("ob"), FlowTokenName(route) == own.token, own.token != nil else {
                    // Another's name may be one of the edge's, or one of before.
                    let names = [record.server.ip.description, own.token?.host]
                    if names.contains(route.host.lowercased()) { passes = passes ?? request }
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
                            "\(missing.method.text) came through the edge without a Record-Route of the edge: later requests of the dialog go to the phone's Contact, not over its flow.",
                        evidence: [
                            missing.evidence(
                                missing.recordRoute.map { "Record-Route: <\($0)>, as it came to the edge" }
                                    ?? "no Record-Route", expected: "a Record-Route with the flow's token")
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
            var open: RequestNote?
            for request in servers.requests where request.formsDialog && request.hops > 1 && request.contactHasOB {
                guard request.recordRoute == nil else {
                    // Behind others it may be theirs.
                    if request.hops == 2 { passes = passes ?? request }
                    continue
                }
                // Without outbound on its flow `ob` in the Contact is the phone's own fancy.
                let isOutbound =
                    servers.byTransaction[request.transaction]?.contains { copy in
                        copy.hops == 1 && servers.byFlow[copy.flow]?.contains(where: \.isOutbound) == true
                    } == true || users[request.from]?.notes.contains(where: \.isOutbound) == true
                guard isOutbound else {
                    if users[request.from] == nil { open = open ?? request }
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
            if let passes { return out.pass(requirement, passes.flow, "The edge recorded its route.") }
            guard let open else { return }
            out.add(
                .unknown(
                    requirement, .late, subject: open.flow.description,
                    message:
                        "\(open.method.text) of \(open.from), whose Contact has `ob`, came without any Record-Route, and no registration of that user was seen: whether its edge does outbound is not known.",
                    evidence: [open.evidence("no Record-Route behind \(open.hops - 1) proxies")]))
        }
    }
}

extension ServerCase {
    /// Whether the topmost Record-Route was there when the request came to the edge.
    fileprivate func isFromBefore(_ route: SIPURI, _ request: RequestNote, _ edge: FlowRecord) -> Bool {
        byTransaction[request.transaction]?.contains { copy in
            copy.hops == request.hops - 1 && copy.recordRoute == route && ends(copy)?.from.ip != edge.server.ip
        } == true
    }
}
