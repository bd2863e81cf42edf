/// Rows of OB-KA that bind the client.
extension OB_KA {
    /// OB-KA-002: no CRLF keep-alive on datagrams (RFC 5626 §4.4.1).
    struct NoCRLFOnDatagrams: FlowRule {
        let requirement: Requirement.ID = "OB-KA-002"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isStream, flow.sights.contains(.sip) || flow.pings > 0 else { return }
            let habits = flow.log.count(.crlfDatagram)
            if habits > 0 {
                judgeCRLF(flow, habits, &out)
            } else if flow.log.contains(.strayDatagram) {
                judgeStray(flow, &out)
            } else if flow.everOutbound {
                out.pass(requirement, flow.id, "No datagram of CRLF alone.")
            }
        }

        /// Outbound was granted, or asked for and not yet answered.
        private func usesOutbound(_ flow: FlowRecord) -> Bool {
            let offered = flow.registrations.contains { $0.hasRegID && $0.supportsOutbound }
            return flow.everOutbound || offered && !flow.sights.contains(.registered)
        }

        private func judgeCRLF(_ flow: FlowRecord, _ count: Int, _ out: inout FindingList) {
            let marks = flow.log.all(.crlfDatagram)
            let lengths = Set(marks.map(\.first)).sorted().map(String.init).joined(separator: " and ")
            let evidence = marks.map {
                flow.evidence(
                    $0, "a UDP datagram of \(counted($0.first, "octet")), CR and LF only",
                    expected: "a STUN Binding request")
            }
            let message =
                "\(counted(count, "datagram")) of CRLF alone over UDP (\(lengths) octets): no keep-alive there, and no server answers it."
            if usesOutbound(flow), let first = evidence.first {
                out.add(
                    .fail(
                        requirement, subject: flow.subject, message: message, evidence: first,
                        Array(evidence.dropFirst()), diagnosis: "DX-KA-05",
                        advice: "Let the client use STUN on its SIP port over UDP, or register over TCP or TLS."))
            } else if flow.sights.contains(.registered) {
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message: message + " Outbound is not in use on this flow, so RFC 5626 is not broken.",
                        evidence: Array(evidence.prefix(1)), diagnosis: "DX-KA-05"))
            } else {
                out.add(
                    .unknown(
                        requirement, .late, subject: flow.subject,
                        message: message + " Whether outbound is in use, which forbids it, no REGISTER here shows.",
                        evidence: Array(evidence.prefix(1))))
            }
        }

        private func judgeStray(_ flow: FlowRecord, _ out: inout FindingList) {
            let marks = flow.log.all(.strayDatagram)
            let count = flow.log.count(.strayDatagram)
            guard let mark = marks.first else { return }
            func isSmall(_ mark: EvidenceMark) -> Bool { mark.third == 1 && mark.first <= 4 && mark.second < 0xF8 }
            func content(_ mark: EvidenceMark) -> String {
                mark.first == 0 ? "empty" : mark.second == 0 ? "NUL octets" : counted(mark.first, "octet")
            }
            if let small = marks.first(where: isSmall) {
                let areAlike = marks.allSatisfy { isSmall($0) && content($0) == content(small) || $0.third == 0 }
                let content = areAlike ? content(small) : "one of them: \(content(small))"
                guard usesOutbound(flow) else {
                    return out.add(
                        .info(
                            requirement, subject: flow.subject,
                            message:
                                "\(counted(count, "datagram")) (\(content)), neither SIP nor STUN, \(mark.third == 0 ? "by which the server pings and the phone answers" : "as a keep-alive that no server answers"). Outbound is not seen in use on this flow.",
                            evidence: [flow.evidence(small, "a datagram of \(counted(small.first, "octet"))")]))
                }
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "Non-standard keep-alive: \(counted(count, "datagram")) (\(content)), neither SIP nor STUN.",
                        evidence: [
                            flow.evidence(
                                small, "a datagram of \(counted(small.first, "octet"))",
                                expected: "a STUN Binding request")
                        ],
                        advice:
                            "Such packets keep a NAT open at best; no server answers them, so a dead flow stays unnoticed."
                    ))
            } else if count >= 3 {
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "An unknown datagram of \(counted(mark.first, "octet"))\(mark.third == 0 ? ", of the server," : "") recurs (\(counted(count, "time"))): neither SIP, STUN nor CRLF.",
                        evidence: [flow.evidence(mark, counted(mark.first, "octet"))]))
            }
        }
    }

    /// OB-KA-003: ping is CRLFCRLF, pong is CRLF.
    struct PingIsDoubleCRLF: FlowRule {
        let requirement: Requirement.ID = "OB-KA-003"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream else { return }
            let lone = flow.log.count(.loneCRLF)
            let marks = flow.log.all(.loneCRLF)
            if lone > 1, !flow.sights.contains(.fromServer) {
                out.add(
                    .unknown(
                        requirement, .half, subject: flow.subject,
                        message:
                            "\(counted(lone, "single CRLF")) of the client: whether they answer pings of the server, or are meant for keep-alives, shows only with the server's direction."
                    ))
            } else if lone > 1 {
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(lone, "single CRLF")) as keep-alives: a ping is a double CRLF, a single one gets no pong.",
                        evidence: marks.map {
                            flow.evidence($0, "a single CRLF in a segment of its own", expected: "CRLFCRLF")
                        },
                        diagnosis: "DX-KA-04",
                        advice: "Set the client's keep-alive data to a double CRLF."))
            } else if let mark = marks.first {
                out.add(
                    .info(
                        requirement, subject: flow.subject, message: "One single CRLF of the client, which is no ping.",
                        evidence: [flow.evidence(mark, "a single CRLF")]))
            } else if !scope.judgesPhonesOnly, flow.extraPongs > 1, flow.pongs > 0, flow.extraPongs >= flow.pongs {
                guard !flow.sights.contains(.gap) else {
                    return out.add(
                        .unknown(
                            requirement, .gap, subject: flow.subject,
                            message:
                                "\(counted(flow.extraPongs, "CRLF")) of the server that answered no ping that was seen, but \(flow.gapWords)."
                        ))
                }
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "The server answers a ping with more than one CRLF (\(flow.extraPongs) too many): a pong is a single CRLF.",
                        evidence: [
                            flow.evidence(
                                at: flow.lastServerCRLF,
                                "\(counted(flow.pongs + flow.extraPongs, "CRLF")) for \(counted(flow.pings, "ping"))",
                                expected: "one CRLF a ping")
                        ]))
            } else if flow.kind == .crlf {
                out.pass(requirement, flow.id, "Every ping was a double CRLF.")
            }
        }
    }

    /// OB-KA-006: without a pong in 10 s the client gives the flow up.
    struct ReactsToMissedPong: FlowRule {
        let requirement: Requirement.ID = "OB-KA-006"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.kind == .crlf, flow.everOutbound else { return }
            // Where outbound was not agreed on, a pong may not be expected.
            let missed = flow.log.count(.missedPong) - flow.log.count(.missedPongUnexpected)
            if missed == 0, UnheededAnswers.judgePongs(flow, scope, &out) { return }
            if missed > 0 {
                judgeMissed(flow, missed, scope, &out)
            } else if flow.log.contains(.missedPongTainted) {
                out.add(flow.doubtfulPong(requirement))
            } else if flow.isHalf {
                out.add(
                    .unknown(
                        requirement, .half, subject: flow.subject,
                        message: "Only one direction was seen: no pong can be."))
            } else if flow.log.contains(.missedPong) {
                out.skip(
                    requirement, flow.id,
                    "The pongs that did not come were none to be expected: outbound was not agreed on then.")
            } else if flow.pongs == 0 {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: "What was seen holds no pong, and no ping that waited for one long enough."))
            } else {
                out.pass(requirement, flow.id, "Every ping had its pong within 10 s.")
            }
        }

        private func judgeMissed(_ flow: FlowRecord, _ missed: Int, _ scope: AuditScope, _ out: inout FindingList) {
            guard !flow.isHalf else {
                out.add(
                    .unknown(
                        requirement, .half, subject: flow.subject,
                        message: "Only one direction was seen: no pong can be."))
                return
            }
            // A ping that crosses with the server's FIN is another matter.
            let unexpected = Set(flow.log.all(.missedPongUnexpected).map(\.time))
            let pings = flow.log.all(.missedPong).filter { !unexpected.contains($0.time) }.map {
                flow.evidence($0, "a ping without pong in 10.5 s", expected: "the flow is given up 10 s after the ping")
            }
            if let (use, count) = flow.useAfterMissedPong, let first = pings.first {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(missed, "ping")) without pong in 10 s, and the client went on using the connection (\(counted(count, "time"))).",
                        evidence: first,
                        [
                            flow.evidence(
                                use, "used \(seconds(use.time.nanoseconds &- use.first)) after the flow had failed",
                                expected: "a new flow and a REGISTER with the same reg-id")
                        ]
                            + pings.dropFirst(),
                        advice:
                            "Let the client close the connection when a pong is 10 s late, and register anew over a new one."
                    ))
            } else if flow.closing != nil || flow.sights.contains(.replaced) {
                out.pass(requirement, flow.id, "\(counted(missed, "pong")) missed; the client gave the flow up.")
            } else {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message: "A pong was missed, and nothing was seen of the client after that.", evidence: pings))
            }
        }
    }

    /// OB-KA-008: without Flow-Timer the interval is random, 95 to 120 s or 672 to 840 s.
    struct RandomWithoutTimer: FlowRule {
        let requirement: Requirement.ID = "OB-KA-008"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard flow.isStream, flow.kind == .crlf, flow.everOwed, flow.announced == nil else { return }
            if let constant = flow.log.first(.constantIntervals) {
                out.add(
                    .fail(
                        requirement, subject: flow.subject,
                        message: "The interval is constant; it must be drawn anew for each ping.",
                        evidence: flow.evidence(
                            constant,
                            flow.constantWords(constant),
                            expected: "a random number between an upper bound and 20 % less"),
                        diagnosis: "DX-KA-11", advice: "Switch randomisation (jitter) of keep-alives on."))
            } else if isOccasional(flow) {
                out.add(
                    .info(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.outsideWindow), "interval")) of \(flow.intervals.count) shorter than the recommended 95 s: more often than asked.",
                        evidence: flow.log.all(.outsideWindow).map {
                            flow.evidence($0, "\(seconds($0.first)) since the ping before")
                        }))
            } else if flow.log.contains(.outsideWindow) {
                let marks = flow.log.all(.outsideWindow)
                out.add(
                    .warn(
                        requirement, subject: flow.subject,
                        message:
                            "\(counted(flow.log.count(.outsideWindow), "interval")) outside the recommended 95 to 120 s and 672 to 840 s.",
                        evidence: marks.map {
                            flow.evidence(
                                $0, "\(seconds($0.first)) since the ping before",
                                expected: "95 to 120 s, or 672 to 840 s on battery")
                        },
                        advice: "Set the upper bound to 120 s, or let the server announce a Flow-Timer."))
            } else if flow.intervals.count >= 5 {
                out.pass(
                    requirement, flow.id,
                    "\(counted(flow.intervals.count, "interval")); those that no message cut short are in the recommended window."
                )
            } else {
                out.add(
                    .unknown(
                        requirement, .cut, subject: flow.subject,
                        message:
                            "Randomness is judged from 5 intervals up; \(counted(Int(flow.intervals.count), "interval")) seen."
                    ))
            }
        }

        /// A few extra pings, as with a registration, harm nobody; a habit outside the window is another matter.
        private func isOccasional(_ flow: FlowRecord) -> Bool {
            let count = flow.log.count(.outsideWindow)
            return count > 0 && count * 5 <= Int(flow.intervals.count)
                && flow.intervals.longest <= KeepAliveDuty.streamLimit + 4 * .second
        }
    }

    /// OB-KA-013: without outbound no pong may be expected.
    struct ExpectsPongOnlyWithOutbound: FlowRule {
        let requirement: Requirement.ID = "OB-KA-013"

        func judge(_ flow: FlowRecord, _ scope: AuditScope, _ out: inout FindingList) {
            guard let mark = flow.log.first(.droppedWithoutOutbound) else { return }
            out.add(
                .warn(
                    requirement, subject: flow.subject,
                    message:
                        "The client closed the flow after an unanswered ping, although outbound was not agreed on.",
                    evidence: [
                        flow.evidence(
                            mark, "closed \(seconds(mark.time.nanoseconds &- mark.first)) after the ping",
                            expected: "no pong is owed here")
                    ]))
        }
    }
}
