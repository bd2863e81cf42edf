/// Connections from one address that a server refused with RST, none of which was made later: who tries them gets no flow.
struct RefusedConnections: Sendable {
    private typealias Ends = ServerOutages.Ends

    private var count = 0
    /// The one that is dialled registers with the one that dials.
    private var dialsPhone = false
    private var first: (time: Int64, frame: UInt64)
    private var last: (time: Int64, frame: UInt64)

    private init(_ flow: FlowRecord) {
        first = (flow.closedAt, flow.closedFrame)
        last = first
    }

    /// By the first flow of each pair of ends.
    ///
    /// Only where SIP is to be expected: at its ports, where the same client has spoken it, and where a phone is dialled.
    static func all(_ ledger: FlowLedger) -> [FlowID: RefusedConnections] {
        var refused: [Ends: (flow: FlowID, connections: RefusedConnections)] = [:]
        // By index: a record is copied only where it is needed.
        for index in ledger.flows.indices
        where ledger.flows[index].closing == .refused && ledger.flows[index].isUserAgentFlow {
            let flow = ledger.flows[index]
            refused[ends(flow), default: (flow.id, RefusedConnections(flow))].connections.add(flow)
        }
        guard !refused.isEmpty else { return [:] }
        let dialled = DialledPhone.all(ledger)
        var speaks: Set<Ends> = []
        for index in ledger.flows.indices
        where ledger.flows[index].isStream && ledger.flows[index].closing != .refused {
            let ends = ends(ledger.flows[index])
            guard let known = refused[ends] else { continue }
            if ledger.flows[index].sights.contains(.sip) { speaks.insert(ends) }
            if ledger.flows[index].openedAt > known.connections.last.time { refused[ends] = nil }
        }
        return refused.reduce(into: [:]) { all, group in
            var connections = group.value.connections
            connections.dialsPhone = dialled.contains(
                DialledPhone(dialler: group.key.client, phone: group.key.server))
            guard group.key.server.isAtSIPPort || speaks.contains(group.key) || connections.dialsPhone else { return }
            all[group.value.flow] = connections
        }
    }

    private static func ends(_ flow: FlowRecord) -> Ends { Ends(client: flow.client.ip, server: flow.server) }

    private mutating func add(_ flow: FlowRecord) {
        count += 1
        if flow.closedAt > last.time { last = (flow.closedAt, flow.closedFrame) }
    }

    /// What the remarks go by: where a phone is dialled, and elsewhere.
    static let diagnoses: [Diagnosis.ID] = ["DX-REG-24", "DX-REG-23"]

    /// What is said of them, on the first flow.
    static func judge(
        _ flow: FlowRecord, _ scope: AuditScope, _ selection: RuleSelection, _ out: inout FindingList
    ) {
        guard flow.closing == .refused, let refused = scope.refusedConnections[flow.id] else { return }
        var evidence = [flow.evidence(at: refused.first.time, frame: refused.first.frame, "RST to a SYN")]
        if refused.count > 1 {
            evidence.append(flow.evidence(at: refused.last.time, frame: refused.last.frame, "the last one"))
        }
        let diagnosis: Diagnosis.ID = refused.dialsPhone ? "DX-REG-24" : "DX-REG-23"
        let what =
            "\(counted(refused.count, "connection")) from \(flow.client.ip) to \(flow.server) \(refused.count > 1 ? "were" : "was") refused with RST"
        out.add(
            .info(
                nil, subject: flow.subject,
                message: refused.dialsPhone
                    ? "\(what). \(flow.server.ip) registers with \(flow.client.ip), which dials it; a phone is reached over the flow that it opened."
                    : "\(what), and none was made after that, as far as was seen.",
                evidence: evidence, diagnosis: diagnosis, advice: DiagnosisTable[diagnosis]?.advice), in: selection)
    }
}
