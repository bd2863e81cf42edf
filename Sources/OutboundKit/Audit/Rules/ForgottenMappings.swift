/// A NAT that forgets a phone's UDP mapping sooner than the phone's next packet comes: nobody has broken a rule of SIP, and
/// nobody reaches the phone until it registers anew.
///
/// Remarks without a requirement. The phone's side shows it by STUN, the server's by REGISTERs that come from another port.
/// A single change may be a NAT that was started anew: from two up it is told.
enum ForgottenMappings {
    static let diagnoses: [Diagnosis.ID] = ["DX-NAT-05"]

    /// NATs keep a mapping for 30 s and more, some for less; none forgets it within seconds. What changes sooner than that has
    /// several ways out.
    private static let leastSilence: Int64 = 5 * .second

    /// The mapped address that STUN tells (RFC 5626 §4.4.2) changed again and again.
    static func judge(
        _ flow: FlowRecord, _ scope: AuditScope, _ selection: RuleSelection, _ out: inout FindingList
    ) {
        guard flow.mappedChanges >= 2 else { return }
        let marks = flow.log.all(.mappedChange)
        guard let shortest = marks.map(\.third).min(), shortest >= leastSilence,
            marks.allSatisfy({ $0.first != $0.second }), !isLate(shortest, flow, scope)
        else { return }
        let due =
            flow.announced.map { timer in
                let words = timer == .max ? "by a \(FlowTimer.named(timer))" : "every \(timer) s"
                return " Keep-alives are due \(words), which is too late for it."
            } ?? ""
        tell(
            flow, selection, &out,
            "A NAT on the way gave the phone a new mapping \(flow.mappedChanges) times; a silence of \(seconds(shortest)) was enough.\(due)",
            marks.map {
                flow.evidence($0, "mapped port \($0.second), before it was \($0.first), after \(seconds($0.third))")
            })
    }

    /// The phone was silent for longer than it may be: that is to be mended first, and is a finding of its own.
    private static func isLate(_ silence: Int64, _ flow: FlowRecord, _ scope: AuditScope) -> Bool {
        guard let timer = flow.announced else { return false }
        let limit = Int64(clamping: min(timer, 1 << 32)) &* .second
        return silence > limit &+ scope.settings.tolerances.keepAlive.around(limit)
    }

    /// REGISTERs of one binding that came from another port each time; told on the flow that it has now.
    ///
    /// - Parameter isWanted: asked for the place of each history in the ledger.
    static func judge(
        _ ledger: FlowLedger, _ selection: RuleSelection, _ out: inout FindingList, where isWanted: (Int) -> Bool
    ) {
        guard selection.includes(remark: "DX-NAT-05") else { return }
        // By index: a history is copied only where there is something to tell.
        for index in ledger.histories.indices where ledger.histories[index].portMoves != nil && isWanted(index) {
            guard let moves = ledger.histories[index].portMoves, moves.count >= 2, moves.shortest >= leastSilence
            else { continue }
            let flow = ledger.flows[ledger.histories[index].flow]
            tell(
                flow, selection, &out,
                "\(moves.count) REGISTERs came from a new port of \(flow.client.ip), with Call-ID, Contact and sent-by as before: a NAT on the way gave the phone a new mapping; a silence of \(seconds(moves.shortest)) was enough.",
                moves.kept.map {
                    flow.evidence(
                        at: $0.time, frame: $0.frame,
                        "REGISTER from port \($0.port), \(seconds($0.silence)) after the last packet from port \($0.before)"
                    )
                })
        }
    }

    private static func tell(
        _ flow: FlowRecord, _ selection: RuleSelection, _ out: inout FindingList, _ what: String, _ evidence: [Evidence]
    ) {
        out.add(
            .info(
                nil, subject: flow.subject,
                message: "\(what) Until it registers anew nobody reaches the phone.", evidence: evidence,
                diagnosis: "DX-NAT-05", advice: DiagnosisTable["DX-NAT-05"]?.advice), in: selection)
    }
}
