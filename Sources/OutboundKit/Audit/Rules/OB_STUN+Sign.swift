/// STUN goes only to a hop that was said to support it (RFC 5626 §4.4, §8).
extension OB_STUN {
    /// OB-STUN-007: no STUN without a sign of support.
    struct OnlyWithSign: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-007"
        private static let advice =
            "If the client is configured for this server on purpose, say so with --stun-configured."

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun else { return }
            if let mark = flow.log.first(.stunWithoutSign) {
                return out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "STUN although the 2xx gave no sign of support: no Require: outbound, no `ob` in Path, no keep.",
                        evidence: flow.evidence(mark, "a STUN Binding request", expected: "none without a sign"),
                        advice: Self.advice))
            }
            let began = flow.signedAt ?? flow.grantedAt
            if let began, scope.stunBeforeSign.contains(flow.id) {
                return out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "STUN began \(seconds(began &- flow.firstPing)) before the first 2xx: nothing had said yet that the server supports it.",
                        evidence: flow.evidence(
                            at: flow.firstPing, frame: flow.openedFrame, "a STUN Binding request",
                            expected: "none before a sign"),
                        [flow.evidence(at: began, "the first 2xx")], advice: Self.advice))
            }
            if scope.settings.stunIsConfigured, !flow.sights.contains(.sign) {
                out.add(
                    .unknown(
                        requirement, .configuration, subject: flow.subject,
                        message: "STUN without a sign on the wire; configuration is said to allow it."))
            } else if let began, flow.firstPing < began, !scope.settings.stunIsConfigured {
                out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message: "STUN before the first 2xx that was seen; an earlier one may have given the sign."))
            } else if let mark = flow.log.first(.stunAfterSign) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "STUN went on for \(seconds(max(flow.lastPing, mark.time.nanoseconds) &- mark.first)) although the last 2xx gave no sign of support any more: no Require: outbound, no `ob` in Path, no keep.",
                        evidence: [
                            flow.evidence(
                                at: mark.first, frame: UInt64(clamping: mark.second), "a 2xx without a sign"),
                            flow.evidence(mark, "a STUN Binding request", expected: "none without a sign"),
                        ],
                        advice: Self.advice))
            } else if flow.sights.contains(.sign) {
                out.pass(requirement, flow.id, "A response gave a sign of support.")
            } else if case .unknown(let reason, let why) = flow.standing() {
                out.add(
                    .unknown(
                        requirement, reason, subject: flow.subject,
                        message: "Whether there was a sign of support cannot be told: \(why)."))
            } else {
                out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message: "STUN before the first 2xx that was seen; an earlier one may have given the sign."))
            }
        }

        /// A phone that is registered does not leave its flow alone for so long.
        private static let longSilence: Int64 = 600 * .second

        /// Flows that began with STUN before their first 2xx, where an earlier one is ruled out: the capture had run for long,
        /// and neither the account nor the host had been seen at this server before. Only before a NAT, which may give a phone
        /// another port at any time.
        /// - Parameter asked: by index, the flows that are to be judged; nil for all.
        static func early(_ ledger: FlowLedger, for asked: [Bool]? = nil) -> Set<FlowID> {
            guard ledger.settings.vantage == .ua, !ledger.settings.stunIsConfigured, ledger.evicted?.count ?? 0 == 0,
                ledger.serversHeardAt < .max
            else { return [] }
            struct Account: Hashable {
                let aor: String
                let server: TransportAddress
            }
            struct Host: Hashable {
                let client: IPAddress
                let server: TransportAddress
            }
            let limit = ledger.serversHeardAt &+ longSilence
            let found = ledger.flows.indices.filter {
                asked?[$0] ?? true && ledger.flows[$0].openedAt > limit && ledger.flows[$0].beganWithSTUN
            }
            if found.isEmpty { return [] }
            var accounts: [Account: Int64] = [:]
            var hosts: [Host: Int64] = [:]
            for index in found {
                let server = ledger.flows[index].server
                hosts[Host(client: ledger.flows[index].client.ip, server: server)] = .max
                for registration in ledger.flows[index].registrations {
                    accounts[Account(aor: registration.aor, server: server)] = .max
                }
            }
            let servers = Set(hosts.keys.map(\.server))
            for index in ledger.flows.indices
            where !ledger.flows[index].isStream && servers.contains(ledger.flows[index].server) {
                let (server, opened) = (ledger.flows[index].server, ledger.flows[index].openedAt)
                for registration in ledger.flows[index].registrations {
                    let account = Account(aor: registration.aor, server: server)
                    if let known = accounts[account] { accounts[account] = min(known, opened) }
                }
                let host = Host(client: ledger.flows[index].client.ip, server: server)
                if ledger.flows[index].registrations.isEmpty, let known = hosts[host] {
                    hosts[host] = min(known, opened)
                }
            }
            return Set(
                found.lazy.map { ledger.flows[$0] }.filter { flow in
                    hosts[Host(client: flow.client.ip, server: flow.server)] ?? .max > flow.openedAt
                        && flow.registrations.allSatisfy {
                            accounts[Account(aor: $0.aor, server: flow.server)] ?? .max >= flow.openedAt
                        }
                }.map(\.id))
        }
    }
}

extension FlowRecord {
    /// The first 2xx to a REGISTER, as far as its binding is known.
    fileprivate var grantedAt: Int64? {
        registrations.lazy.map(\.firstGranted).filter { $0 != .never }.min()
    }

    /// The first response with a sign of support; of 2xx to REGISTER, the first, since STUN between that and a later one that
    /// has the sign is noted.
    fileprivate var signedAt: Int64? {
        guard sights.contains(.sign) else { return nil }
        guard let mark = log.first(.signInDialog) else { return grantedAt }
        return min(mark.time.nanoseconds, grantedAt ?? .max)
    }

    fileprivate var beganWithSTUN: Bool {
        guard kind == .stun, openedAt == firstPing, isUserAgentFlow,
            sights.isDisjoint(with: [.gap, .cutSIP, .malformedSIP]),
            let began = signedAt ?? grantedAt
        else { return false }
        return firstPing < began
    }
}
