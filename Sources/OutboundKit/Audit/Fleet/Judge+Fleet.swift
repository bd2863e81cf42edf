extension Judge {
    /// Judges what concerns fleets. Of a fleet in order nothing is said.
    public func judge(_ fleet: FleetFacts, settings: AuditSettings = AuditSettings(), into out: inout FindingList) {
        for outage in fleet.outages where selection.includes("OB-REC-003") {
            out.add(FleetRules.finding(outage, settings))
        }
        for rhythm in fleet.rhythms {
            out.add(FleetRules.finding(rhythm, FleetRules.requirement(rhythm)), in: selection)
        }
    }
}

/// What is said of outages and rhythms.
enum FleetRules {
    /// From so many phones on, and so long after the outage, the way in which they came back can be told.
    private static let enoughReturned = FleetFacts.minimumFlows
    private static let enoughWatched: Int64 = 60 * .second

    // MARK: Outages

    /// OB-REC-003 for a fleet: the waits before new registrations are spread (RFC 5626 §4.5), which is the cure of §3.5's
    /// avalanche restart. A first repair may come at once by Appendix A, so that no phone alone is to be blamed.
    static func finding(_ outage: EdgeOutage, _ settings: AuditSettings) -> Finding {
        let subject = outage.edge.description
        let evidence = [evidence(outage)]
        if let address = outage.onlyAddress, outage.alive >= outage.lost.sum * 2 {
            return .info(
                nil, subject: subject,
                message:
                    "\(loss(outage)) All of them came from \(address), and flows from elsewhere went on: look at the NAT or the line there, not at the edge.",
                evidence: evidence)
        }
        guard outage.returned >= enoughReturned else {
            let isCut = outage.watched < enoughWatched
            let seen = "\(counted(outage.returned, "phone")) registered anew in the \(whole(outage.watched)) after it"
            return .unknown(
                "OB-REC-003", isCut ? .cut : .identity, subject: subject,
                message: "\(loss(outage)) How its phones came back cannot be told: \(seen).", evidence: evidence)
        }
        let low = settings.lowBase / .second
        let high = settings.highBase / .second
        if outage.densest * 2 >= outage.returned {
            return .warn(
                "OB-REC-003", subject: subject,
                message:
                    "\(loss(outage)) Its phones came back as one storm: \(outage.densest) of \(outage.returned) within 2 s, \(counted(outage.peak, "attempt")) in the worst second. (After a good flow each alone may try at once, RFC 5626 Appendix A; a fleet that does needs an edge that can take it.)",
                evidence: evidence + [
                    Evidence(
                        time: Timestamp(nanoseconds: outage.peakAt),
                        observed:
                            "\(counted(outage.peak, "attempt")) to register in one second; half of the phones were back \(whole(outage.half)) after the outage began",
                        expected:
                            "first attempts spread at random: over \(low / 2) to \(low) s when all flows failed, over \(high / 2) to \(high) s while another flow is alive"
                    )
                ],
                advice:
                    "Let the phones wait at random before they register anew (50 to 100 % of \(low) s, or of \(high) s while another flow is alive), and give each a second edge, so that a restart of one takes no phone away. Until then stop the edge by closing a few flows a second, and let it take new connections at a limited rate."
            )
        }
        return .info(
            "OB-REC-003", subject: subject,
            message:
                "\(loss(outage)) Its phones came back spread out: half of \(outage.returned) within \(whole(outage.half)), nine tenths within \(whole(outage.mostly)), \(counted(outage.peak, "attempt")) in the worst second.",
            evidence: evidence)
    }

    private static func loss(_ outage: EdgeOutage) -> String {
        "The edge lost \(outage.lost.sum) of \(counted(outage.alive, "flow")) within \(whole(outage.end - outage.start))."
    }

    private static func evidence(_ outage: EdgeOutage) -> Evidence {
        let ways = [
            (outage.lost.fin, "by FIN"), (outage.lost.rst, "by RST"), (outage.lost.icmp, "by ICMP errors"),
            (outage.lost.silent, "without an answer to a keep-alive"),
        ]
        let words = ways.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return Evidence(
            time: Timestamp(nanoseconds: outage.start),
            observed: "\(counted(outage.lost.sum, "flow")) lost: " + words.joined(separator: ", "))
    }

    // MARK: Rhythms

    /// What remarks on rhythms go by.
    static let diagnoses: [Diagnosis.ID] = ["DX-KA-11"]

    static func requirement(_ rhythm: EdgeRhythm) -> Requirement.ID? {
        switch rhythm.kind {
        case .announced: "OB-FT-005"
        case .chosen: rhythm.edge.transport.isStream ? "OB-KA-008" : "OB-STUN-003"
        // No row asks for randomness here.
        case .unasked, .registration: nil
        }
    }

    /// OB-KA-008, OB-FT-005 and OB-STUN-003 for a fleet: intervals are drawn at random, so that keep-alives of many
    /// phones do not come together (RFC 5626 §4.4.1).
    static func finding(_ rhythm: EdgeRhythm, _ requirement: Requirement.ID?) -> Finding {
        let what = rhythm.kind == .registration ? "refreshes" : "keep-alives"
        let share = "\(rhythm.together) of \(counted(rhythm.flows, "flow"))"
        let windows = Int(max(1, rhythm.period / max(1, rhythm.window)))
        let chance = (rhythm.flows + windows - 1) / windows
        var message =
            "The \(what) of \(share) come every \(whole(rhythm.period)) within the same \(width(rhythm.window)); chance would put about \(chance) there."
        if !rhythm.agents.isEmpty {
            let names = rhythm.agents.map { "\($0.name) (\($0.flows))" }
            message += " User-Agents: \(names.joined(separator: ", "))."
        }
        let evidence = [
            Evidence(
                time: Timestamp(nanoseconds: rhythm.lastAt),
                observed: "\(what) of \(share) in \(width(rhythm.window)) of every \(whole(rhythm.period))",
                expected: rhythm.kind == .registration
                    ? "spread over the whole interval" : "each interval drawn anew, from 80 to 100 % of the longest one"
            )
        ]
        let subject = rhythm.edge.description
        if rhythm.kind == .registration {
            return .info(
                nil, subject: subject, message: message, evidence: evidence,
                advice:
                    "Let the registrar spread the lifetimes that it grants by some per cent, or the phones their refreshes."
            )
        }
        guard let requirement else {
            return .info(nil, subject: subject, message: message, evidence: evidence, diagnosis: "DX-KA-11")
        }
        return .warn(requirement, subject: subject, message: message, evidence: evidence, diagnosis: "DX-KA-11")
    }

    /// `5 s`: fleets are measured in whole seconds.
    private static func whole(_ nanoseconds: Int64) -> String { "\(nanoseconds / .second) s" }
    private static func width(_ nanoseconds: Int64) -> String { DecimalSeconds.text(nanoseconds, places: 1) + " s" }
}
