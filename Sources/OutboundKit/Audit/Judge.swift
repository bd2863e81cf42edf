/// A rule on one flow: a pure function over its record at the end of the run.
protocol FlowRule: Sendable {
    /// The row that it judges.
    var requirement: Requirement.ID { get }
    /// It also holds between an edge proxy and a registrar.
    var judgesCoreSide: Bool { get }
    func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList)
}

/// A rule on the fate of bindings over the whole run.
protocol BindingRule: Sendable {
    var requirement: Requirement.ID { get }
    func judge(_ binding: BindingCase, _ scope: AuditScope, _ out: inout FindingList)
}

/// What rules may know beyond the record in hand.
struct AuditScope: Sendable {
    let settings: AuditSettings
    /// The end of what was seen.
    let end: Int64
    /// Until then packets of any flow may be missing, also of flows that were not seen at all.
    let missesUntil: Int64
    /// Only the phones are judged: where a requirement binds both ends, what the server did is not held against them.
    var judgesPhonesOnly = false
    /// When servers closed flows or refused connections, by server: for the excuse of a restart.
    let outages: ServerOutages
    let speech: ServerSpeech
    let keepAliveServers: KeepAliveServers
    let habits: Habits
    /// The client as a server sees it, of flows that were seen on both sides of a NAT.
    let outsides: [FlowID: TransportAddress]
    /// STUN that a proxy sent on: the flow on which it came, and the one on which it went.
    let forwardedSTUN: [FlowID: FlowID]
    /// STUN beside a registered flow without any.
    let strayedSTUN: [FlowID: OB_STUN.StrayedSTUN]
    /// Flows whose STUN was answered from another address.
    let answersElsewhere: [FlowID: OB_STUN.AnswersElsewhere]
    /// Flows on which STUN began before anything could have said that the server supports it.
    let stunBeforeSign: Set<FlowID>
    /// Handshakes of WebSockets that came to nothing, by the first flow of each kind.
    let refusedHandshakes: [FlowID: OB_WS.RefusedHandshakes]
    let refusedConnections: [FlowID: RefusedConnections]
    let grantsElsewhere: GrantsElsewhere
    let hiddenAttempts: HiddenAttempts
}

/// Judges what a ledger holds by the rules of the catalogue.
public struct Judge: Sendable {
    private let flowRules: [any FlowRule]
    /// Those of them that hold between proxies too.
    private let coreRules: [any FlowRule]
    private let bindingRules: [any BindingRule]
    let selection: RuleSelection

    /// Whom a judgement is about.
    public enum Defendant: Sendable, Hashable {
        /// All who speak on the flows.
        case everybody
        /// The phones that register, as the server sees them: only requirements that bind a user agent, and only flows
        /// with a registration. What the server itself does is not in question.
        case registeredPhones
    }

    private let defendant: Defendant

    /// - Parameter selection: which requirements to judge; all without it.
    public init(_ selection: RuleSelection = RuleSelection(), of defendant: Defendant = .everybody) {
        let phones = RequirementTable.all.filter(\.bindsUserAgent).map(\.id.text)
        let selection = defendant == .registeredPhones ? RuleSelection(only: phones) : selection
        self.defendant = defendant
        self.selection = selection
        flowRules = Self.allFlowRules.filter { selection.includes($0.requirement) }
        coreRules = flowRules.filter(\.judgesCoreSide)
        bindingRules = Self.allBindingRules.filter { selection.includes($0.requirement) }
    }

    static let allFlowRules: [any FlowRule] =
        OB_KA.rules + OB_FT.rules + OB_STUN.rules + OB_REC.flowRules + OB_REG.rules + OB_WS.rules
        + OB_UA.rules + OB_SIP.rules
    static let allBindingRules: [any BindingRule] = OB_REC.bindingRules + OB_WS.bindingRules

    /// The requirements that an audit can judge, in the catalogue's order.
    public static let requirements: [Requirement.ID] =
        (allFlowRules.map(\.requirement) + allBindingRules.map(\.requirement)).sorted()

    /// Judges every flow and binding of `ledger`, which must have finished.
    /// - Parameter jobs: threads to share the work; what is found does not depend on it.
    public func judge(
        _ ledger: FlowLedger, keeping: FindingList.Keeping = .complaints, jobs: Int = 1
    ) -> FindingList {
        var out = ledger.evicted?.findings ?? FindingList(keeping: keeping)
        let scope = scope(of: ledger)
        judgeFlows(of: ledger, scope, jobs: jobs, &out)
        judgeBindings(of: ledger, scope, &out) { _ in true }
        return out
    }

    /// - Parameter asked: by index, the flows that are to be judged; nil for all. What is known of others is left out.
    func scope(of ledger: FlowLedger, for asked: [Bool]? = nil) -> AuditScope {
        AuditScope(
            settings: ledger.settings, end: ledger.lastTime, missesUntil: ledger.missesUntil,
            judgesPhonesOnly: defendant == .registeredPhones,
            outages: ServerOutages(ledger), speech: ServerSpeech(ledger, for: asked),
            keepAliveServers: KeepAliveServers(ledger, for: asked), habits: Habits(ledger.flows),
            outsides: Self.outsides(ledger),
            forwardedSTUN: OB_STUN.StaysOnTheHop.forwarded(ledger.flows, for: asked),
            strayedSTUN: OB_STUN.SamePortAsSIP.strayed(ledger.flows, for: asked),
            answersElsewhere: OB_STUN.answersElsewhere(ledger.flows, for: asked),
            stunBeforeSign: OB_STUN.OnlyWithSign.early(ledger, for: asked),
            refusedHandshakes: OB_WS.NegotiatesSIP.refused(ledger.flows),
            refusedConnections: RefusedConnections.all(ledger),
            grantsElsewhere: GrantsElsewhere(ledger.flows, for: asked), hiddenAttempts: HiddenAttempts(ledger))
    }

    private static func outsides(_ ledger: FlowLedger) -> [FlowID: TransportAddress] {
        var outsides: [FlowID: TransportAddress] = [:]
        for index in ledger.flows.indices where ledger.flows[index].sights.contains(.copy) {
            guard let original = ledger.flows[index].copyOf.flatMap({ ledger[$0] }),
                original.server == ledger.flows[index].server
            else { continue }
            outsides[original.id] = ledger.flows[index].client
        }
        return outsides
    }

    /// Judges one flow, whose record is settled.
    func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
        guard defendant == .everybody || !flow.registrations.isEmpty || flow.log.contains(.unframedByClient) else {
            return
        }
        guard flow.isUserAgentFlow || flow.sights.contains(.forwarded) else { return }
        if flow.mayBeNoSIP {
            var own = FindingList(keeping: out.keepsPasses ? .all : .complaints)
            apply(flow, scope, &own)
            out.add(
                own, uncertain: .late, because: "No SIP was seen on this flow: its STUN may serve something else.")
        } else {
            apply(flow, scope, &out)
        }
    }

    private func apply(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
        let rules = flow.isUserAgentFlow ? flowRules : coreRules
        // By index: a rule that is taken out of its array is copied, and there are fifty of them a flow.
        for index in rules.indices { rules[index].judge(flow, scope, &out) }
        guard selection.includesRemarks, flow.isUserAgentFlow else { return }
        Unregistered.judge(flow, scope, selection, &out)
        UnreadMessages.judge(flow, selection, &out)
        RefusedConnections.judge(flow, scope, selection, &out)
        ForgottenMappings.judge(flow, scope, selection, &out)
    }

    /// - Parameter isWanted: asked for the place of each binding's history in the ledger.
    func judgeBindings(
        of ledger: FlowLedger, _ scope: AuditScope, _ out: inout FindingList, where isWanted: (Int) -> Bool
    ) {
        ForgottenMappings.judge(ledger, selection, &out, where: isWanted)
        guard !bindingRules.isEmpty else { return }
        for binding in BindingCase.all(of: ledger, scope.hiddenAttempts, where: isWanted) {
            for rule in bindingRules { rule.judge(binding, scope, &out) }
        }
    }

    /// The requirements that single exchanges show beyond those that the ledger's own rules judge, so that no requirement
    /// is judged twice on one flow.
    public static let exchangeRequirements: [Requirement.ID] =
        ExchangeRules.requirements.filter { !Set(requirements).contains($0) }

    /// The requirements that a device's run of registrations shows.
    public static let deviceRequirements: [Requirement.ID] = DeviceRules.all.map(\.requirement).sorted()

    /// The requirements that registrations and requests of all phones together show of servers.
    public static let serverRequirements: [Requirement.ID] = ServerRules.all.map(\.requirement).sorted()

    /// Judges every flow and binding of the ledger, and the exchanges where they were collected. The sink must have
    /// finished.
    /// - Parameter jobs: threads to share the work; what is found does not depend on it.
    public func judge(
        _ sink: AuditSink, keeping: FindingList.Keeping = .complaints, jobs: Int = 1
    ) -> FindingList {
        var out = judge(sink.ledger, keeping: keeping, jobs: jobs)
        if let exchanges = sink.exchanges { add(exchanges, sink.ledger, to: &out) }
        if let devices = sink.devices {
            add(devices, sink.ledger, to: &out)
            if let run = sink.ledger.run {
                take(run, &out)
            } else if let book = devices.servers {
                compareUsers(book, sink.ledger, &out)
            }
        }
        return out
    }

    /// What takes the flows of all users together.
    func compareUsers(_ book: ServerBook, _ ledger: FlowLedger, _ out: inout FindingList) {
        guard defendant == .everybody else { return }
        if selection.includes(Self.tokenRequirement) { judgeTokens(ledger, &out) }
        let servers = ServerCase(book, ledger)
        for rule in ServerRules.all where selection.includes(rule.requirement) { rule.judge(servers, &out) }
    }

    /// The same where it was found before the run was cut.
    private func take(_ run: RunFacts, _ out: inout FindingList) {
        guard defendant == .everybody else { return }
        out.add(run.findings.filter { $0.requirement.map(selection.includes) ?? true }, dropped: run.droppedFindings)
    }

    private func add(_ book: DeviceBook, _ ledger: FlowLedger, to out: inout FindingList) {
        let devices = DeviceCase.all(book, ledger)
        for rule in DeviceRules.all where selection.includes(rule.requirement) {
            for device in devices { rule.judge(device, &out) }
        }
        if selection.includes("OB-INST-002") { DeviceRules.SameURNAfterRestart.judge(devices, &out) }
        if selection.includes("OB-INST-003") { DeviceRules.SameURNOnEveryNetwork.judge(devices, &out) }
    }

    /// Every message of a stream shows it; of datagrams, those of single registrations do.
    private static let framing: Requirement.ID = "OB-SIP-003"

    private func add(_ exchanges: RegistrationExchangeCollector, _ ledger: FlowLedger, to out: inout FindingList) {
        let rules = ExchangeRules.all
        let own = Set(Self.exchangeRequirements + [Self.framing])
        let judged = rules.indices.filter {
            own.contains(rules[$0].requirement) && selection.includes(rules[$0].requirement)
                && (defendant == .everybody || rules[$0].party == .userAgent)
        }
        let groups = Self.byRequirement(judged, rules)
        let relayed = Set(ledger.flows.compactMap(\.copyOf))
        // Of other servers only what RFC 3261 asks is asked.
        let outboundServers = groups.contains { $0.0 == "OB-REG-004" } ? ledger.outboundServers : []
        for flow in exchanges.judgedFlows {
            // The other side of a NAT or relay shows the same messages again.
            guard let verdicts = exchanges[flow], let record = ledger[flow], !record.sights.contains(.copy) else {
                continue
            }
            for (id, indices) in groups {
                guard let index = indices.min(by: { verdicts.standing($0) < verdicts.standing($1) }) else { continue }
                if id == Self.framing, record.isStream { continue }
                if id == "OB-AP-009", let mark = record.log.first(.flowFailedAnswer) {
                    out.add(
                        .warn(
                            id, subject: flow.description, message: "430 was passed on to an endpoint.",
                            evidence: [record.evidence(mark, "430 to a request", expected: "another code, such as 480")]
                        ))
                } else if id == "OB-RPORT-002", relayed.contains(flow) {
                    out.add(
                        .unknown(
                            id, .side, subject: flow.description,
                            message: "A relay or NAT stands between; the server saw its address, not the client's."))
                } else if id == "OB-RPORT-002", verdicts.standing(index) != .fail,
                    let disagreement = exchanges.disagreement(of: record)
                {
                    out.add(Self.rewritten(record, disagreement))
                } else if id == "OB-REG-004", verdicts.standing(index) == .fail,
                    !outboundServers.contains(record.server.ip)
                {
                    out.add(
                        .info(
                            id, subject: flow.description,
                            message:
                                "No sign of outbound support at this server: a plain registration, where 439 would tell the client that it is one.",
                            evidence: verdicts.findings[index]?.evidence ?? []))
                } else if let finding = verdicts.findings[index] {
                    out.add(finding)
                } else if verdicts.standing(index) == .pass {
                    out.pass(id, flow, "Kept in every registration that shows it.")
                } else if verdicts.standing(index) == .skipped {
                    out.skip(id, flow, "No registration gave an occasion.")
                }
            }
        }
    }

    /// STUN and SIP take the same way, and only SIP is something that gateways think they must mend.
    private static func rewritten(_ record: FlowRecord, _ disagreement: AddressDisagreement) -> Finding {
        let (saw, expected) = disagreement.finding
        return .warn(
            "OB-RPORT-002", subject: record.subject,
            message:
                "SIP and STUN on one flow do not agree on the client's address: something on the way rewrites SIP.",
            evidence: [record.evidence(at: disagreement.time, frame: disagreement.frame, saw, expected: expected)],
            diagnosis: "DX-NAT-03")
    }

    /// What the tokens of all registrations show together.
    static let tokenRequirement: Requirement.ID = "OB-EP-003"

    /// OB-EP-003: no two flows have the same token. Only of flows whose edge says by `ob` that there is one.
    private func judgeTokens(_ ledger: FlowLedger, _ out: inout FindingList) {
        var first: [String: FlowRecord] = [:]
        // By index: a record is copied only where there is a token.
        for index in ledger.flows.indices where ledger.flows[index].outboundGranted {
            let record = ledger.flows[index]
            guard record.isUserAgentFlow,
                let path = record.registrations.first(where: \.outboundGranted)?.path.last,
                let uri = try? NameAddr.parse(path).uri, uri.hasParameter("ob"), uri.user != nil
            else { continue }
            let token = uri.description
            guard let other = first[token] else {
                first[token] = record
                continue
            }
            // A NAT may give the port of a flow that is over to the next one, so that for the edge both are one.
            let isOver =
                other.closing != nil && other.closedAt <= record.openedAt
                || other.lastSeen < record.openedAt &- 600 * .second
            guard other.client != record.client || other.server != record.server || other.transport != record.transport,
                !isOver
            else {
                first[token] = record
                continue
            }
            out.add(
                .fail(
                    Self.tokenRequirement, subject: record.subject,
                    message:
                        "The edge gave this flow the token of \(other.id): requests for one of them go to the other.",
                    evidence: record.evidence(
                        at: record.registrations.first { $0.outboundGranted }?.firstGranted ?? record.openedAt,
                        frame: record.registrations.first { $0.outboundGranted }?.grantedFrame ?? 0, "Path: \(path)",
                        expected: "a token of its own for each flow"),
                    advice:
                        "Make the token of the addresses, ports and transport of the flow, or of a number of its own."))
        }
    }

    /// Several rules may judge one requirement, each by its own light; the worst of them counts.
    private static func byRequirement(
        _ indices: [Int], _ rules: [any ExchangeRule.Type]
    ) -> [(Requirement.ID, [Int])] {
        Dictionary(grouping: indices) { rules[$0].requirement }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension FlowRule {
    var judgesCoreSide: Bool { false }
}
