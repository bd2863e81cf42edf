/// Rows OB-SIP that all messages of a flow show. Those of single registrations are `ExchangeRules`.
enum OB_SIP {
    static let rules: [any FlowRule] = [FramesMessages()]

    /// OB-SIP-003: each message on a stream has a Content-Length (RFC 3261 §18.3). Whoever sends it there is to put it in, a
    /// proxy too that got the message without (§16.6 step 9).
    struct FramesMessages: FlowRule {
        let requirement: Requirement.ID = "OB-SIP-003"
        let judgesCoreSide = true

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, !flow.isWebSocket else { return }
            let client = flow.log.all(.unframedByClient)
            let server = scope.judgesPhonesOnly ? [] : flow.log.all(.unframedByServer)
            guard let first = client.first ?? server.first else { return judgeFramed(flow, scope, &out) }
            let senders = [
                client.isEmpty ? nil : whose(flow.log.count(.unframedByClient), "client", flow.client, flow),
                server.isEmpty ? nil : whose(flow.log.count(.unframedByServer), "server", flow.server, flow),
            ]
            let isKnown = (client + server).allSatisfy { $0.first >= 0 }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "On a stream, \(senders.compactMap(\.self).joined(separator: " and ")) came without a Content-Length that can be read\(isKnown ? "" : ": where such a message ends, and what follows, is not known").",
                    evidence: evidence(flow, first, expected: "Content-Length, 0 where there is no body"),
                    (client + server).dropFirst().map { evidence(flow, $0, expected: nil) },
                    advice:
                        "Have the sender put Content-Length into every message over TCP and TLS, a proxy into what it passes on too: many receivers drop the message and what follows, or the connection."
                ))
        }

        private func judgeFramed(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.sights.contains(.sip) else { return }
            if flow.sights.isDisjoint(with: [.cutSIP, .malformedSIP]) {
                out.pass(
                    requirement, flow.id,
                    "Content-Length frames each message\(scope.judgesPhonesOnly ? " of the client" : "") that was seen."
                )
            } else {
                out.skip(requirement, flow.id, "Not every message could be read.")
            }
        }

        private func whose(_ count: Int, _ role: String, _ address: TransportAddress, _ flow: FlowRecord) -> String {
            let sender = flow.sights.contains(.forwarded) ? "proxy or server at \(address)" : role
            return "\(counted(count, "message")) of the \(sender)"
        }

        private func evidence(_ flow: FlowRecord, _ mark: EvidenceMark, expected: String?) -> Evidence {
            let sender = mark.kind == .unframedByClient ? "client" : "server"
            let message = mark.first < 0 ? "a message" : mark.first == 0 ? "a request" : "a \(mark.first)"
            let lack =
                mark.second != 0
                ? "a Content-Length that cannot be used"
                : mark.first < 0 ? "no Content-Length, or an empty one" : "no Content-Length"
            return flow.evidence(mark, "\(sender): \(message) with \(lack)", expected: expected)
        }
    }
}
