/// Rows of OB-STUN on the messages themselves and on the server that answers them.
extension OB_STUN {
    /// The first mark of a kind whose sender is in question.
    private static func first(_ kind: EvidenceMark.Kind, _ flow: FlowRecord, _ scope: AuditScope) -> EvidenceMark? {
        flow.log.all(kind).first { !scope.judgesPhonesOnly || $0.first == 1 }
    }

    /// OB-STUN-009: a success response carries XOR-MAPPED-ADDRESS.
    struct HasXORMappedAddress: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-009"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun, flow.pongs > 0 || flow.log.contains(.noXORMapped) else { return }
            guard let mark = flow.log.first(.noXORMapped) else {
                if flow.mappedAddress != nil { out.pass(requirement, flow.id, "XOR-MAPPED-ADDRESS is there.") }
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: mark.first == 1
                        ? "The server answers with MAPPED-ADDRESS only, as in RFC 3489."
                        : "The server's success response has no mapped address.",
                    evidence: flow.evidence(
                        mark, mark.first == 1 ? "MAPPED-ADDRESS alone" : "no mapped address",
                        expected: "XOR-MAPPED-ADDRESS"),
                    diagnosis: "DX-STUN-02", advice: "Upgrade the STUN server to RFC 5389 or later."))
        }
    }

    /// OB-STUN-010: the mapped address is the request's source.
    struct MappedIsSource: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-010"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun, let mapped = flow.mappedAddress else { return }
            if let mark = flow.log.first(.mappedNotSource) {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "The server reports another address than the request came from.",
                        evidence: flow.evidence(mark, "mapped address \(mapped)", expected: "\(flow.client)")))
            } else if mapped == flow.client {
                out.pass(requirement, flow.id, "The mapped address is the request's source.")
            } else if scope.outsides[flow.id] == mapped {
                out.pass(requirement, flow.id, "The mapped address is the request's source beyond the NAT.")
            } else if scope.settings.vantage == .ua {
                out.add(
                    .unknown(
                        requirement, .side, subject: flow.subject,
                        message:
                            "The mapped address \(mapped) differs from \(flow.client): a NAT lies between, and only beyond it could this be checked."
                    ))
            }
        }
    }

    /// OB-STUN-011: every SIP port over UDP answers STUN.
    struct ServerAnswers: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-011"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun, flow.pings > 0 else { return }
            guard flow.sights.contains(.fromServer) else {
                out.add(
                    .unknown(requirement, .half, subject: flow.subject, message: "The server's direction was not seen.")
                )
                return
            }
            if let other = scope.answersElsewhere[flow.id] {
                return out.skip(requirement, flow.id, "\(other.words(flow)): judged as OB-STUN-013.")
            }
            let errors = flow.log.contains(.stunError)
            // Each without answer, and not only the rows of them that make a failure.
            let timeouts =
                flow.log.contains(.stunTimeout)
                ? max(flow.log.count(.stunTimeout), Int(flow.unansweredPings) - flow.log.count(.stunError)) : 0
            let marks = flow.log.all(.stunTimeout).map {
                flow.evidence(
                    at: $0.first, frame: 0, "\(counted($0.second, "Binding request")) without answer",
                    expected: "a Binding success response")
            }
            // A server that fell silent altogether is no server without STUN.
            let never =
                flow.pongs == 0 && !errors && flow.sights.contains(.serverSIP)
                && scope.speech.hasSpoken(to: flow, after: flow.firstPing)
            if timeouts > 0, !errors, !scope.keepAliveServers.owesAnswers(on: flow) {
                out.add(
                    .unknown(
                        requirement, KeepAliveServers.doubt(flow), subject: flow.subject,
                        message:
                            "\(counted(timeouts, "STUN transaction")) of \(flow.pings) \(KeepAliveServers.words(flow))",
                        evidence: marks, advice: KeepAliveServers.advice))
            } else if timeouts > 0, never, scope.speech.answersSTUN(flow.server), let first = marks.first {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "None of \(counted(flow.pings, "STUN transaction")) was answered, while SIP on the same port was, and STUN of other flows too: something on this one's way eats it.",
                        evidence: first, Array(marks.dropFirst()), diagnosis: "DX-STUN-08",
                        advice: DiagnosisTable["DX-STUN-08"]?.advice))
            } else if timeouts > 0, never || flow.log.contains(.serverTalkedOn), let first = marks.first {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: never
                            ? "None of \(counted(flow.pings, "STUN transaction")) (\(counted(flow.pings + flow.retransmissions, "request"))) was answered, while SIP on the same port was."
                            : "\(counted(timeouts, "STUN transaction")) stayed without answer while the server answered SIP on the same port.",
                        evidence: first, Array(marks.dropFirst()), diagnosis: "DX-STUN-01",
                        advice:
                            "Load the STUN module on the SIP port (Kamailio: `loadmodule \"stun.so\"`), or stop announcing outbound on UDP."
                    ))
            } else if timeouts > 0 {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(timeouts, "STUN transaction")) of \(flow.pings) without answer in time; the server did not speak SIP then either.",
                        evidence: marks))
            } else if flow.pongs == 0, flow.log.contains(.demandedMore) {
                out.skip(requirement, flow.id, "Each answer was an error response, which OB-STUN-012 judges.")
            } else if flow.pongs == 0, !errors {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: "What was seen ends before an answer was due."))
            } else {
                let answered = Int(flow.pongs) + flow.log.count(.stunError)
                out.pass(requirement, flow.id, "\(answered) of \(counted(flow.pings, "transaction")) answered.")
            }
        }
    }

    /// OB-STUN-012: a request needs no attributes and no credentials.
    struct DemandsNothing: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-012"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.demandedMore) else { return }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message:
                        "The server answered \(counted(flow.log.count(.demandedMore), "Binding request")) that asked for nothing with \(mark.first).",
                    evidence: flow.evidence(mark, "error response \(mark.first)", expected: "a success response"),
                    advice:
                        "To the phone each such answer means that the flow has failed. Let the STUN server on the SIP port answer without credentials, and look in its log for why it refuses."
                ))
        }
    }

    /// OB-STUN-015: length and transaction ID.
    struct WellFormed: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-015"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun else { return }
            if let mark = OB_STUN.first(.badLength, flow, scope) {
                out.add(
                    .fail(
                        requirement, subject: flow.subject, message: "A STUN message whose length field does not fit.",
                        evidence: flow.evidence(
                            mark, "a wrong length", expected: "the length of what follows the header")))
            } else if let mark = flow.log.first(.reusedTransaction) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message: "A transaction ID was used again after its answer.",
                        evidence: [
                            flow.evidence(mark, "the transaction ID of an answered request", expected: "a new one")
                        ]))
            } else {
                out.pass(requirement, flow.id, "Header and transaction IDs as they should be.")
            }
        }
    }

    /// OB-STUN-016: the retransmission schedule.
    struct Schedule: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-016"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.retransmissions > 0 else { return judgeSentOnce(flow, scope, &out) }
            if let mark = flow.log.first(.tooManyRequests) {
                out.add(
                    .warn(
                        requirement, subject: flow.subject, message: "More than eight requests in one transaction.",
                        evidence: [flow.evidence(mark, "the ninth request", expected: "seven in all")]))
            } else if let mark = flow.log.first(.offSchedule) {
                let expected =
                    mark.second == 0 ? "at least 500 ms" : "twice the gap before, \(seconds(2 * mark.second))"
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.offSchedule), "retransmission")) off the schedule of doubling gaps.",
                        evidence: flow.log.all(.offSchedule).map {
                            flow.evidence($0, "\(seconds($0.first)) after the request before", expected: expected)
                        }))
            } else {
                out.pass(requirement, flow.id, "\(counted(flow.retransmissions, "retransmission")) on schedule.")
            }
        }

        /// One request may be lost on its way to where the capture was taken, and an answer may end a transaction that is
        /// not taken for one here; several in a row, none of them ever sent again, are a client that does not retransmit.
        private func judgeSentOnce(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.kind == .stun, !flow.isHalf,
                let row = flow.log.all(.stunTimeout).first(where: { $0.third == 1 }), flow.lastGap < row.first,
                !flow.log.contains(.tookBadAnswer), !flow.log.contains(.foreignAnswer),
                !flow.log.contains(.icmpError), scope.answersElsewhere[flow.id] == nil
            else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: "\(row.second) Binding requests in a row had no answer, and none was sent again.",
                    evidence: [
                        flow.evidence(
                            at: row.first, frame: row.frame, "the first of them, sent once",
                            expected: "again after 500 ms, 1 s, 2 s and so on, seven requests in all")
                    ]))
        }
    }

    /// OB-STUN-019: a hard ICMP error ends the transaction.
    struct StopsAtICMP: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-019"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.kind == .stun, let error = flow.log.first(.icmpError) else { return }
            guard let mark = flow.log.first(.retransmittedAfterICMP) else {
                out.pass(requirement, flow.id, "No retransmission after a hard ICMP error.")
                return
            }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message: "The client went on retransmitting after a hard ICMP error.",
                    evidence: [
                        flow.evidence(error, "ICMP type \(error.first) code \(error.second)"),
                        flow.evidence(mark, "a retransmission", expected: "the transaction has failed"),
                    ]))
        }
    }

    /// OB-STUN-020: 420 lists what was not understood.
    struct ListsUnknownAttributes: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-020"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.unlisted420) else { return }
            out.add(
                .fail(
                    requirement, subject: flow.subject, message: "A 420 error without UNKNOWN-ATTRIBUTES.",
                    evidence: flow.evidence(mark, "420 alone", expected: "UNKNOWN-ATTRIBUTES with the list")))
        }
    }

    /// OB-STUN-022: error responses carry ERROR-CODE.
    struct ErrorHasCode: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-022"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.log.contains(.stunError) else { return }
            guard let mark = flow.log.first(.errorWithoutCode) else {
                out.pass(requirement, flow.id, "ERROR-CODE is there.")
                return
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject, message: "An error response without ERROR-CODE.",
                    evidence: flow.evidence(mark, "no ERROR-CODE", expected: "ERROR-CODE")))
        }
    }

    /// OB-STUN-027: each request is answered, also one that was answered already.
    struct AnswersRepeats: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-027"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.repeatedRequests > 0, flow.sights.contains(.fromServer) else { return }
            guard flow.repeatedAnswers < flow.repeatedRequests else {
                return out.pass(requirement, flow.id, "Requests sent again were answered again.")
            }
            out.add(
                .info(
                    requirement, subject: flow.subject,
                    message:
                        "\(counted(flow.repeatedRequests, "request")) sent again after the answer; \(flow.repeatedAnswers) of them answered again."
                ))
        }
    }

    /// OB-STUN-028: STUN ends at the next SIP hop.
    struct StaysOnTheHop: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-028"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let other = scope.forwardedSTUN[flow.id] else { return }
            // A NAT or relay passes REGISTERs on along with STUN; where none was seen, it may be one.
            guard !flow.registrations.isEmpty else {
                return out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message:
                            "A Binding request went on with its transaction ID, on \(other); without a REGISTER a proxy cannot be told from a NAT or relay."
                    ))
            }
            out.add(
                .fail(
                    requirement, subject: flow.subject,
                    message: "A Binding request went on to the next hop with its transaction ID, on \(other).",
                    evidence: flow.evidence(
                        at: flow.lastPing, frame: flow.lastKeepAliveFrame,
                        "the same transaction ID on both sides of \(flow.server.ip)",
                        expected: "the proxy answers it itself")))
        }

        /// Flows of clients to a host that sent the same transaction on from there, with the flow it went on. Only flows
        /// without a registration of their own can be such a second half, and most runs have none.
        /// - Parameter asked: by index, the first halves for which somebody will ask; nil for all.
        static func forwarded(_ flows: Chunks<FlowRecord>, for asked: [Bool]? = nil) -> [FlowID: FlowID] {
            var hosts = SmallSet<IPAddress>()
            for index in flows.indices where asked?[index] ?? true && flows[index].kind == .stun {
                hosts.insert(flows[index].server.ip)
            }
            // Where no server is a client too, nothing has to be put in order.
            guard
                flows.indices.contains(where: { flows[$0].kind == .stun && hosts.contains(flows[$0].client.ip) })
            else { return [:] }
            struct Transaction: Hashable {
                let high: UInt32
                let low: UInt64
            }
            var onward: [Transaction: Int] = [:]
            for index in flows.indices
            where flows[index].kind == .stun && !flows[index].sights.contains(.copy)
                && (flows[index].registrations.isEmpty || flows[index].sights.contains(.forwarded))
            {
                let trace = flows[index].transaction
                onward[Transaction(high: trace.high, low: trace.low)] = index
            }
            if onward.isEmpty { return [:] }
            var found: [FlowID: FlowID] = [:]
            for index in flows.indices where asked?[index] ?? true && flows[index].kind == .stun {
                let trace = flows[index].transaction
                guard let other = onward[Transaction(high: trace.high, low: trace.low)], other != index,
                    flows[other].client.ip == flows[index].server.ip, flows[other].server != flows[index].server
                else { continue }
                found[flows[index].id] = flows[other].id
            }
            return found
        }
    }

    /// OB-STUN-025: a FINGERPRINT that is there must fit.
    struct FingerprintFits: FlowRule {
        let requirement: Requirement.ID = "OB-STUN-025"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = OB_STUN.first(.badFingerprint, flow, scope) else { return }
            out.add(
                .fail(
                    requirement, subject: flow.subject, message: "A FINGERPRINT whose CRC does not fit.",
                    evidence: flow.evidence(mark, "a wrong CRC", expected: "CRC-32 XOR 0x5354554E")))
        }
    }
}
