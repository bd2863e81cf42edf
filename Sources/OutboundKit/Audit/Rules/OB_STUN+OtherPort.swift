/// Keep-alives that hold another NAT binding open than the one that SIP needs.
extension OB_STUN {
    /// STUN that goes to a server's SIP port beside a registration there.
    struct StrayedSTUN: Sendable {
        let flow: FlowID
        let client: TransportAddress
        let first: Int64
        let pings: UInt32
        /// It may have gone on before the capture: its first request came no later than the next of such a series.
        let mayBeOlder: Bool
    }

    /// OB-STUN-013: STUN goes out from the port that SIP goes out from, and its answers come from where it went.
    struct SamePortAsSIP: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-013"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            if let other = scope.answersElsewhere[flow.id], !scope.judgesPhonesOnly {
                return out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "\(other.words(flow)): to the client none of them is an answer.",
                        evidence: flow.evidence(
                            at: other.first, frame: other.frame, "an answer from \(other.source)",
                            expected: "one from \(flow.server)"),
                        advice:
                            "The server must answer from the address that it was asked at: let it listen on each of its addresses by name, or keep the router from rewriting them."
                    ))
            }
            guard let other = scope.strayedSTUN[flow.id] else {
                if !flow.isStream, flow.kind == .stun, flow.everOwed {
                    out.pass(requirement, flow.id, "STUN goes over the flow of SIP.")
                }
                return
            }
            guard scope.settings.vantage == .ua else {
                return out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "STUN comes from \(other.client) (\(other.flow)) and none on this flow: the client's other port, or another port of its NAT."
                    ))
            }
            guard !other.mayBeOlder else {
                return out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message:
                            "STUN comes from port \(other.client.port) (\(other.flow)) and none on this flow: the client's other port, or another client of the host that had registered before."
                    ))
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "The client sends its STUN keep-alives from port \(other.client.port) (\(other.flow)) and SIP from \(flow.client.port): they hold another NAT binding open.",
                    evidence: flow.evidence(
                        at: other.first, "\(counted(other.pings, "Binding request")) from \(other.client)",
                        expected: "Binding requests from \(flow.client)"),
                    advice: "Send STUN from the very socket that SIP uses."))
        }

        /// Registered flows without any keep-alive of their own, each with the STUN from the same host to the same port that
        /// nothing else explains: behind an address with two phones nobody could tell whose it is.
        /// - Parameter asked: by index, the registered flows for which somebody will ask; nil for all.
        static func strayed(_ flows: Chunks<FlowRecord>, for asked: [Bool]? = nil) -> [FlowID: StrayedSTUN] {
            struct Ends: Hashable {
                let client: IPAddress
                let server: TransportAddress
            }
            // Most runs have no flow that lacks its STUN, or no STUN without SIP, and then none has to be put in order.
            guard flows.indices.contains(where: { asked?[$0] ?? true && lacksSTUN(flows[$0]) }) else { return [:] }
            var alone: [Ends: [Int]] = [:]
            for index in flows.indices
            where flows[index].kind == .stun && flows[index].pings >= leastPings && flows[index].mayBeNoSIP {
                alone[Ends(client: flows[index].client.ip, server: flows[index].server), default: []].append(index)
            }
            if alone.isEmpty { return [:] }
            var registered: [Ends: [Int]] = [:]
            for index in flows.indices where !flows[index].isStream && !flows[index].registrations.isEmpty {
                let ends = Ends(client: flows[index].client.ip, server: flows[index].server)
                if alone[ends] != nil { registered[ends, default: []].append(index) }
            }
            let start = flows.indices.lazy.map { flows[$0].openedAt }.min() ?? 0
            var found: [FlowID: StrayedSTUN] = [:]
            for (ends, stun) in alone where stun.count == 1 && registered[ends]?.count == 1 {
                guard let index = registered[ends]?.first, asked?[index] ?? true, lacksSTUN(flows[index]),
                    flows[stun[0]].isUserAgentFlow,
                    flows[stun[0]].firstPing > flows[index].firstDuty
                else { continue }
                found[flows[index].id] = StrayedSTUN(
                    flow: flows[stun[0]].id, client: flows[stun[0]].client, first: flows[stun[0]].firstPing,
                    pings: flows[stun[0]].pings,
                    mayBeOlder: flows[stun[0]].firstPing &- start <= flows[stun[0]].intervals.longest &+ .second)
            }
            return found
        }

        private static func lacksSTUN(_ flow: borrowing FlowRecord) -> Bool {
            flow.pings == 0 && !flow.isStream && flow.everOwed && !flow.registrations.isEmpty && flow.isUserAgentFlow
        }

        /// One or two requests ask for the public address; who goes on keeps something alive.
        private static let leastPings: UInt32 = 3
    }
}
