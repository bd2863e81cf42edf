/// Why a phone that tries to register is not registered: nobody need have broken a rule for that, and yet nobody reaches
/// the phone.
///
/// Remarks without a requirement. What is told is what was seen on this flow; the phone may be registered over another one.
enum Unregistered {
    /// A client transaction waits no longer for its final response.
    private static let patience = BindingHistory.timerF

    /// What the remarks go by.
    static let diagnoses: [Diagnosis.ID] = [
        "DX-REG-01", "DX-REG-02", "DX-REG-03", "DX-REG-04", "DX-REG-15", "DX-REG-20", "DX-REG-21", "DX-REG-22",
    ]

    /// - Parameter selection: of the diagnoses. That it cannot be told is told wherever one of them is asked for.
    static func judge(
        _ flow: FlowRecord, _ scope: AuditScope, _ selection: RuleSelection, _ out: inout FindingList
    ) {
        guard flow.sights.contains(.register), flow.replacedBy == nil else { return }
        if flow.rare != nil {
            for refusals in flow.refusals where isCurrent(refusals, flow, scope) {
                tell(refusals, flow, scope, selection, &out)
            }
        }
        guard flow.registerSuccesses == 0, flow.sights.isDisjoint(with: [.cutSIP, .malformedSIP, .gap]) else { return }
        let last = max(flow.lastClientSIP, flow.lastServerSIP)
        // Who tries once more without credentials has none that fit.
        let end = flow.closing == nil ? scope.end : flow.closedAt
        let isLeft = end &- last > patience || flow.registerRequests > 1 && last &- flow.openedAt > patience
        if flow.isChallengedOnly, isLeft, !isRegisteredElsewhere(flow, after: last, scope) {
            if flow.registrations.contains(where: { mayLast($0, for: nil, flow, scope) }) {
                return addDoubt(
                    .unknown(
                        nil, .late, subject: flow.subject,
                        message:
                            "Whether it is registered cannot be told: the registrar asked for new credentials, no REGISTER with such followed, and \(older).",
                        evidence: [flow.evidence(at: last, "the last SIP message of the flow")]), selection, &out)
            }
            out.add(
                .info(
                    nil, subject: flow.subject,
                    message:
                        "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed.",
                    evidence: [
                        flow.evidence(
                            at: last, "the last SIP message of the flow",
                            expected: "a REGISTER with Authorization or Proxy-Authorization")
                    ],
                    diagnosis: "DX-REG-20",
                    advice:
                        "Give the phone a user and a password. One that has them may know MD5 alone, and give up at a challenge that names SHA-512-256 or SHA-256 first."
                ), in: selection)
        }
        judgeSilence(flow, scope, selection, &out)
    }

    /// Adds that it cannot be told, which may be any of the diagnoses.
    private static func addDoubt(_ doubt: Finding, _ selection: RuleSelection, _ out: inout FindingList) {
        if diagnoses.contains(where: selection.includes(remark:)) { out.add(doubt) }
    }

    /// The last REGISTER whose answer was due has none. A phone that tried again has not had more for it yet.
    private static func judgeSilence(
        _ flow: FlowRecord, _ scope: AuditScope, _ selection: RuleSelection, _ out: inout FindingList
    ) {
        // A client that hangs up before the answer is due has none to miss. From a server that hangs up none will come.
        let isCutOff = flow.closing != nil && flow.closedBy == .fromServer
        let end = flow.closing == nil ? scope.end : flow.closedAt
        guard flow.refusals.isEmpty, flow.pendingRegisters.last?.requestedExpires != 0,
            let last = flow.pendingRegisters.last(where: {
                $0.requestedExpires != 0 && (isCutOff || end &- $0.time > patience)
                    && ($0.registration < 0 || !flow.registrations[$0.registration].isQuery)
            }),
            !isRegisteredElsewhere(flow, after: last.time, scope)
        else { return }
        var evidence = [flow.evidence(at: last.time, frame: last.frame, "a REGISTER without a final response")]
        if isCutOff, end &- last.time <= patience, !flow.hasUnseenGrant {
            evidence.append(flow.evidence(at: end, frame: flow.closedFrame, "the server closes the connection"))
            out.add(
                .info(
                    nil, subject: flow.subject,
                    message:
                        "Not registered: \(seconds(end &- last.time)) after a REGISTER the server closed the connection, without a final response.",
                    evidence: evidence, diagnosis: "DX-REG-21",
                    advice:
                        "Look in the server's log at this time: a REGISTER that it cannot read, a limit, a ban, or a process that ended."
                ), in: selection)
        } else if flow.sights.contains(.fromServer) {
            guard !flow.hasUnseenGrant, last.isSurelyUnanswered(isStream: flow.isStream) else {
                return addDoubt(
                    .unknown(
                        nil, .gap, subject: flow.subject,
                        message:
                            "Whether it is registered cannot be told: no final response to a REGISTER was seen, nor that the client missed one, which would send its REGISTER again.",
                        evidence: evidence), selection, &out)
            }
            out.add(
                .info(
                    nil, subject: flow.subject,
                    message: "Not registered: no final response came to a REGISTER within 32 s.",
                    evidence: evidence, diagnosis: "DX-REG-21", advice: DiagnosisTable["DX-REG-21"]?.advice),
                in: selection)
        } else if case .notOwed = flow.standing() {
            // Of a phone that wants outbound, its keep-alives cannot be judged for the same reason.
            addDoubt(
                .unknown(
                    nil, .half, subject: flow.subject,
                    message:
                        "Whether it is registered cannot be told: no packet of the server was seen. Either none came, or the capture has one direction only.",
                    evidence: evidence), selection, &out)
        }
    }

    /// All that was asked for here was granted on other flows later.
    private static func isRegisteredElsewhere(_ flow: FlowRecord, after time: Int64, _ scope: AuditScope) -> Bool {
        !flow.registrations.isEmpty
            && flow.registrations.allSatisfy { scope.grantsElsewhere.contains($0, of: flow, after: time) }
    }

    /// Whether the phone is not registered here because of them, as far as the capture goes.
    private static func isCurrent(_ refusals: RegisterRefusals, _ flow: FlowRecord, _ scope: AuditScope) -> Bool {
        guard refusals.registration >= 0 else { return flow.lastSuccess < refusals.last.time }
        let refused = flow.registrations[refusals.registration]
        // In other words, without reg-id or with another lifetime for one, it was granted, or still is.
        let isGranted = flow.registrations.contains { other in
            other.aor == refused.aor
                && (other.lastGranted > refusals.last.time
                    || other.isBound && other.terms.value.end(since: other.lastGranted) > scope.end)
        }
        return !isGranted && !scope.grantsElsewhere.contains(refused, of: flow, after: refusals.last.time)
    }

    /// A registrar's usual lifetime, where the phone names none (RFC 3261 §10.2.1.1).
    private static let usualLifetime: UInt64 = 3600

    /// Whether a 2xx before the capture may have made the binding, and it may last.
    ///
    /// - Parameter lifetime: seconds, as far as known.
    private static func mayLast(
        _ registration: FlowRegistration, for lifetime: UInt64?, _ flow: FlowRecord, _ scope: AuditScope
    ) -> Bool {
        guard registration.beganUnseen, registration.firstGranted == .never,
            !flow.isStream || flow.opening.kind == .midstream
        else { return false }
        let seconds = Int64(clamping: min(lifetime ?? usualLifetime, 1 << 32))
        return scope.end &- flow.openedAt <= seconds * .second
    }

    private static let older =
        "its first REGISTER that was seen had credentials already: a binding from before may last"

    /// Why a later 2xx may have come and not be seen.
    private static func doubt(_ refusals: RegisterRefusals, _ flow: FlowRecord) -> UnknownReason? {
        if !flow.sights.isDisjoint(with: [.cutSIP, .malformedSIP]) { return .cut }
        return flow.lastGap > refusals.last.time || flow.hasUnseenGrant ? .gap : nil
    }

    private static func tell(
        _ refusals: RegisterRefusals, _ flow: FlowRecord, _ scope: AuditScope, _ selection: RuleSelection,
        _ out: inout FindingList
    ) {
        let isLost = refusals.registration >= 0 && flow.registrations[refusals.registration].isBound
        let whose =
            refusals.registration >= 0 && flow.registrations.count > 1
            ? " (\(flow.registrations[refusals.registration].aor))" : ""
        let answers =
            refusals.count == 1
            ? "a REGISTER was refused with \(refusals.answer)"
            : "\(refusals.count) REGISTERs in a row were refused, the last with \(refusals.answer)"
        var evidence = [flow.evidence(at: refusals.first.time, frame: refusals.first.frame, "refused")]
        if refusals.count > 1 {
            evidence.append(flow.evidence(at: refusals.last.time, frame: refusals.last.frame, refusals.answer))
        } else {
            evidence[0] = flow.evidence(at: refusals.last.time, frame: refusals.last.frame, refusals.answer)
        }
        if let doubt = doubt(refusals, flow) {
            return addDoubt(
                .unknown(
                    nil, doubt, subject: flow.subject,
                    message:
                        "Whether it is registered\(whose) cannot be told: \(answers), and what came later was not all seen.",
                    evidence: evidence), selection, &out)
        }
        if refusals.registration >= 0,
            mayLast(flow.registrations[refusals.registration], for: refusals.lifetime, flow, scope)
        {
            return addDoubt(
                .unknown(
                    nil, .late, subject: flow.subject,
                    message:
                        "Whether it is registered\(whose) cannot be told: \(answers), and \(older).",
                    evidence: evidence), selection, &out)
        }
        // A connection that was there before the capture may have brought a binding that lasts.
        let sight = flow.opening.kind == .midstream ? ", as far as was seen" : ""
        let cause = diagnosis(refusals)
        out.add(
            .info(
                nil, subject: flow.subject,
                message: isLost
                    ? "Registered no more\(whose): \(answers), and the binding ran out."
                    : "Not registered\(sight)\(whose): \(answers).",
                evidence: evidence, diagnosis: cause, advice: DiagnosisTable[cause]?.advice), in: selection)
    }

    private static func diagnosis(_ refusals: RegisterRefusals) -> Diagnosis.ID {
        switch refusals.status {
        case 420 where refusals.extensions.contains(.outbound): "DX-REG-03"
        case 420 where refusals.extensions.contains(.path): "DX-REG-02"
        case 421 where refusals.extensions.contains(.outbound): "DX-REG-04"
        case 421 where refusals.extensions.contains(.path): "DX-REG-02"
        case 423: "DX-REG-15"
        case 439: "DX-REG-01"
        case 401, 403, 404, 407, 410, 604: "DX-REG-20"
        case 408, 480, 486, 500...699: "DX-REG-21"
        default: "DX-REG-22"
        }
    }
}
