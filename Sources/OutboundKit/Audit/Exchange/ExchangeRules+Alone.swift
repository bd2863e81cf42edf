/// What one message shows by itself, without the request or the answer that goes with it.
///
/// The rules are those of the exchange. Of each message only those are asked that look at nothing else, so that what the
/// other one would say is never guessed; what they cannot tell is left out.
extension ExchangeRules {
    /// Of a request: its sender, and the proxies that it has passed. Passes and rules without occasion are among them.
    public static func judge(requestAlone request: SIPMessage, subject: String) -> [Finding] {
        var rules: [any ExchangeRule.Type] = anyRequest
        var vantage = Vantage.ua
        if request.method == .register {
            rules = userAgent.filter { $0 != OB_RPORT_001.self } + [OB_RPORT_001_alone.self]
            if request.viaCount > 1 {
                vantage = .core
                rules += behindProxies
            }
        }
        let exchange = exchange(subject, request: request, response: nil)
        return findings(rules, exchange, vantage) + dialogs(request, subject)
    }

    /// Of a response to REGISTER. Of other responses nothing is judged.
    public static func judge(responseAlone response: SIPMessage, subject: String) -> [Finding] {
        guard response.method == .register, response.statusCode >= 200 else { return [] }
        let exchange = exchange(subject, request: SIPMessage(), response: response)
        // With several Vias it is on its way from the registrar to the edge.
        let vantage = response.viaCount > 1 ? Vantage.core : .edge
        return findings(answerItself, exchange, .edge) + findings(answerByHop, exchange, vantage)
    }

    /// Grammar and Via, which are the same for all methods.
    private static let anyRequest: [any ExchangeRule.Type] = [
        OB_GR_001.self, OB_GR_002.self, OB_RPORT_001_alone.self, OB_KEEP_001.self, OB_SIP_003.self,
    ]

    /// What the Path of a forwarded REGISTER shows.
    private static let behindProxies: [any ExchangeRule.Type] =
        [
            OB_EP_001.self, OB_EP_002.self, OB_EP_005.self, OB_EP_006.self, OB_EP_008.self, OB_GR_002_path.self,
        ] + token

    private static let answerItself: [any ExchangeRule.Type] =
        [
            OB_FT_001.self, OB_FT_002.self, OB_INST_006_alone.self, OB_INST_007.self, OB_REG_014.self, OB_REG_029.self,
            OB_EP_008.self,
            OB_GR_002_path.self, OB_GR_004.self, OB_GR_005.self, OB_SIP_003_answer.self, OB_RPORT_002_alone.self,
        ] + token

    private static let answerByHop: [any ExchangeRule.Type] = [OB_FT_003.self, OB_AP_009.self]

    /// The transport is that of the topmost Via; the addresses are not known, and no rule above asks for them.
    private static func exchange(
        _ subject: String, request: SIPMessage, response: SIPMessage?
    ) -> RegistrationExchange {
        let via = (try? (response ?? request).topVia()) ?? nil
        let nowhere = TransportAddress(ip: IPAddress(v4: 0), port: 0)
        return RegistrationExchange(
            subject: subject, flow: Flow(transport: via?.transport ?? .udp, local: nowhere, remote: nowhere),
            request: request, sent: .zero, response: response, ended: .zero)
    }

    private static func findings(
        _ rules: [any ExchangeRule.Type], _ exchange: RegistrationExchange, _ vantage: Vantage
    ) -> [Finding] {
        let view = ExchangeView(exchange, vantage: vantage)
        return rules.compactMap { rule in
            let judgement = rule.judge(view)
            if case .unknown(.half, _) = judgement { return nil }
            return finding(judgement, rule.requirement, subject: exchange.subject, at: nil)
        }
    }

    /// A request that opens a dialog (RFC 5626 §4.3).
    private static func dialogs(_ request: SIPMessage, _ subject: String) -> [Finding] {
        guard request.formsDialog, let note = DialogNote(request, .zero, 0) else { return [] }
        switch note.contact {
        case .misplaced:
            return [note.misplaced(subject: subject, evidence: Evidence(observed: ">;ob", expected: ";ob>"))]
        case .keepsToFlow where !note.supportsOutbound && note.gruu == nil:
            return [
                .unknown(
                    "OB-UA-019", .late, subject: subject,
                    message:
                        "Supported does not list outbound; whether the flow is registered with it, which makes that "
                        + "a fault, one message does not show")
            ]
        case .keepsToFlow, .silent: return []
        }
    }

    /// As `OB_RPORT_001`, where the message may be one that a server wrote down: it fills in `rport` and adds `received` to
    /// the Via that it was sent (RFC 3581 §4), and no client has a reason to.
    private enum OB_RPORT_001_alone: ExchangeRule {
        static let requirement: Requirement.ID = "OB-RPORT-001"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.viaCount == 1, let via = x.request.via, case .value = via.rport, let received = via.received
            else { return OB_RPORT_001.judge(x) }
            return .unknown(
                .side, "with received=\(received) beside it the rport may be the server's, as it logged the request")
        }
    }

    /// As `OB_INST_006_answer`, of all Contacts: who wrote them so does not show, and their owners may not find them.
    private enum OB_INST_006_alone: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            let all = (x.success?.contacts ?? []).compactMap { $0.parameters.first(named: "+sip.instance") }
            guard !all.isEmpty else { return .skipped("no Contact with an instance came back") }
            guard let wrong = all.first(where: { !OB_INST_006.isWritten($0) }) else {
                return .pass("quoted, and in angle brackets")
            }
            return .warn(
                "an instance in the answer is not written as the grammar has it: by the registrar, or by the client",
                saw: "\(wrong)", expected: OB_INST_006.expected, "DX-REG-08")
        }
    }

    /// As `OB_RPORT_002`, where the request is not at hand. An rport without a value stood in the request; one with a value
    /// may be the server's own idea (Kamailio's `force_rport`), which asks for no `received`.
    private enum OB_RPORT_002_alone: ExchangeRule {
        static let requirement: Requirement.ID = "OB-RPORT-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let via = x.answer?.via else { return .skipped("the Via of the response cannot be read") }
            let wrong = OB_RPORT_002.unfilled(via)
            switch via.rport {
            case .absent: return .skipped("the top Via has no rport")
            case .empty: return wrong ?? .skipped("the top Via has no rport")
            case .value where wrong == nil: return .pass("rport and received are filled in")
            case .value: return .skipped("whether the request asked for rport does not show")
            }
        }
    }
}
