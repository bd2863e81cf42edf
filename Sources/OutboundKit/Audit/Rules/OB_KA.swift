/// Keep-alives in general and with CRLF: rows OB-KA of the catalogue that passing packets can show.
enum OB_KA {
    static let rules: [any FlowRule] = [
        KeepsFlowAlive(), NoCRLFOnDatagrams(), PingIsDoubleCRLF(), InsideTLS(), ReactsToMissedPong(),
        ImplementsCRLF(), RandomWithoutTimer(), ServerAnswersPings(), NoStrayPongs(), ExpectsPongOnlyWithOutbound(),
        NoPongStorm(), CRLFBeforeStartLine(), MethodFollowsTransport(), OtherLiveness(), Compressed(),
        StaysOpenForTransactions(), EndsWithTheRegistration(),
        DroppedWhileIdle(), WaitsForTheGrant(), BearsPingsOfServer(),
    ]

    /// OB-KA-001: an outbound-registered user agent keeps every flow alive.
    struct KeepsFlowAlive: FlowRule {
        let requirement: Requirement.ID = "OB-KA-001"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            switch flow.standing(outbound: true) {
            case .notOwed: return
            case .unknown(let reason, let why):
                out.add(
                    .unknown(
                        requirement, reason, subject: flow.subject,
                        message: "Whether keep-alives are due cannot be told: \(why)."))
                return
            case .owed: break
            }
            if flow.isPingedByServerOnly {
                out.skip(requirement, flow.id, "Only the server pings; judged as OB-WS-009.")
                return
            }
            if flow.pings > 0 {
                out.pass(requirement, flow.id, "\(counted(flow.pings, "keep-alive")).")
                return
            }
            let limit = Self.limit(flow, scope.settings)
            let start = flow.firstDuty
            let inUse = flow.closing != nil ? flow.closedAt : max(flow.lastFromClient, start)
            let until = flow.dutyEnded == .never ? min(inUse, flow.duty.until) : min(inUse, flow.dutyEnded)
            let silence = until &- start
            guard silence > limit else {
                let age = seconds(max(scope.end &- start, 0))
                if flow.dutyEnded != .never || flow.closing != nil {
                    out.skip(requirement, flow.id, "The registration ended before a keep-alive was due.")
                    return
                }
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: "No keep-alive in the \(age) from the 2xx to the end of what was seen; "
                            + "the flow showed no use that would prove one missing."))
                return
            }
            guard flow.lastGap < start else {
                out.add(
                    .unknown(
                        requirement, .gap, subject: flow.subject,
                        message: "No keep-alive was seen, but \(flow.gapWords)."))
                return
            }
            if let reset = flow.log.first(.resetAfterClose) {
                return out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "No keep-alive was seen, but the server's FIN was answered with RST: a NAT may have lost the connection, and keep-alives went elsewhere.",
                        evidence: [
                            flow.evidence(reset, "RST to the FIN", expected: "FIN, of who still has the connection")
                        ]
                    ))
            }
            let cause = Self.cause(flow)
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "No keep-alive at all, although outbound was agreed on and the flow was in use.",
                    evidence: flow.evidence(
                        at: start, frame: flow.registrations.first { $0.outboundGranted }?.grantedFrame ?? 0,
                        "no \(flow.isStream ? "CRLF ping" : "STUN Binding request") for \(seconds(silence))",
                        expected: "one at least every \(seconds(limit))"),
                    diagnosis: cause.diagnosis, advice: cause.advice))
        }

        private static func cause(_ flow: FlowRecord) -> (diagnosis: Diagnosis.ID, advice: String) {
            guard flow.isStream else {
                return ("DX-STUN-06", "Switch STUN keep-alives on in the client, or register it over TCP or TLS.")
            }
            if flow.log.count(.loneCRLF) > 1 {
                return ("DX-KA-04", "Set the client's keep-alive data to a double CRLF.")
            }
            if let setting = switchedOff(flow) {
                return ("DX-KA-12", "The feature is off unless it is switched on: set \(setting).")
            }
            // No page can send a Ping, and JsSIP sends nothing by itself.
            guard !flow.isWebSocket else {
                return (
                    "DX-KA-01",
                    "Let the client send CRLFCRLF in a message of its own as often as the 2xx asks for (in a page: `socket.send('\\r\\n\\r\\n')`), unless it has a setting for that."
                )
            }
            return (
                "DX-KA-01",
                "Switch keep-alives on in the client, and check that it sees `Require: outbound` in the 2xx."
            )
        }

        /// The setting of clients that ping only where it is switched on, by the User-Agent: the field's own names.
        private static func switchedOff(_ flow: FlowRecord) -> String? {
            guard let agent = flow.registrations.lazy.compactMap(\.userAgent).first else { return nil }
            let settings = [("AudioCodes", "UsePingPongKeepAlive"), ("SIP.js", "keepAliveInterval")]
            return settings.first { agent.contains($0.0) }?.1
        }

        /// Above this, silence is a fault: a stream without Flow-Timer may belong to a battery-powered device.
        static func limit(_ flow: FlowRecord, _ settings: AuditSettings) -> Int64 {
            let basis: KeepAliveDuty.Basis = flow.announced.map { .flowTimer($0) } ?? .defaults
            if basis == .defaults, flow.isStream {
                return KeepAliveDuty.batteryLimit
                    + settings.tolerances.keepAlive.around(KeepAliveDuty.batteryLimit)
            }
            return KeepAliveDuty.Terms(basis, isOutbound: false, isStream: flow.isStream, settings: settings).lateAbove
        }
    }

    /// OB-KA-005: under TLS nothing can be seen without keys.
    struct InsideTLS: FlowRule {
        let requirement: Requirement.ID = "OB-KA-005"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.sights.contains(.encrypted) else { return }
            out.add(
                .unknown(
                    requirement, .encrypted, subject: flow.subject,
                    message: "TLS that was not decrypted: registration, Flow-Timer, pings and pongs cannot be seen.",
                    advice:
                        "Capture on the plain side, or give the session's keys from its handshake on. Where keys were given, what was not analysed says why they do not open it."
                ))
        }
    }

    /// OB-KA-007: the client implements CRLF keep-alive.
    struct ImplementsCRLF: FlowRule {
        let requirement: Requirement.ID = "OB-KA-007"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.everOutbound else { return }
            if flow.kind == .crlf {
                out.pass(requirement, flow.id, "The client sends CRLF pings.")
            } else {
                out.skip(
                    requirement, flow.id,
                    flow.kind == .ws
                        ? "The client sends WebSocket Pings instead." : "No ping was seen; judged as OB-KA-001.")
            }
        }
    }

    /// OB-KA-016: streams are kept alive with CRLF, datagrams with STUN.
    struct MethodFollowsTransport: FlowRule {
        let requirement: Requirement.ID = "OB-KA-016"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.pings > 0 else { return }
            guard !flow.log.contains(.stunOnStream), !flow.log.contains(.crlfDatagram) else {
                out.skip(requirement, flow.id, "Judged as OB-STUN-001 and OB-KA-002.")
                return
            }
            let words =
                flow.kind == .ws ? "Pings on a WebSocket." : flow.isStream ? "CRLF on a stream." : "STUN on datagrams."
            out.pass(requirement, flow.id, words)
        }
    }

    /// OB-KA-018: other signs of life are no keep-alives.
    struct OtherLiveness: FlowRule {
        let requirement: Requirement.ID = "OB-KA-018"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.everOwed, flow.pings == 0 else { return }
            var other: [String] = []
            if flow.sights.contains(.clientRequests) { other.append("SIP requests") }
            if flow.registerSuccesses > 1 { other.append("\(flow.registerSuccesses) registrations") }
            if flow.serverPings > 0 { other.append("\(counted(flow.serverPings, "ping")) of the server") }
            guard !other.isEmpty else { return }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message: "Other signs of life, which are no keep-alives: \(other.joined(separator: ", "))."))
        }
    }

    /// OB-KA-019 and OB-STUN-030: compressed SIP begins with an octet of 0xF8 or more.
    struct Compressed: FlowRule {
        let requirement: Requirement.ID = "OB-KA-019"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.log.all(.strayDatagram).contains(where: { $0.second >= 0xF8 }) else { return }
            out.add(
                .unknown(
                    requirement, .encrypted, subject: flow.subject,
                    message: "Datagrams that look like SigComp: compressed SIP is not read."))
        }
    }
}
