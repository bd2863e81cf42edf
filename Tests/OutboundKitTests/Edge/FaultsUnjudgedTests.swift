import Testing

@testable import OutboundKit

/// What the catalogue of faults puts to the test and nobody judges, so that nothing is left out by mistake.
@Suite struct FaultsUnjudgedTests {
    /// No rule on a phone's flows exists: why.
    static let noRule: [Requirement.ID: String] = [
        "OB-KA-004": "a CRLF inside a message makes it unreadable, and that is all that shows",
        "OB-KA-009": "part of OB-KA-008, which judges constant intervals",
        "OB-KA-017": "the same fact as OB-REC-001",
        "OB-REC-002": "the formula of the waits; their bounds are OB-REC-003",
        "OB-REC-009": "a Retry-After may only lengthen a wait: OB-UA-012 and OB-REC-003",
        "OB-REC-011": "asks for two edges, of which this one sees itself",
        "OB-SIP-002": "a time-out counts as a failure in OB-REC-003, 004 and 006",
        "OB-STUN-017": "7 or 8 sends are both accepted",
        "OB-STUN-021": "a phone that drops the answer looks like one that got none: OB-STUN-004",
        "OB-STUN-023": "what a phone makes of a forged answer shows only in what it does next",
        "OB-STUN-024": "what a phone makes of an answer without address shows only in what it does next",
        "OB-UA-010": "judged by what may not follow: OB-STUN-007 and OB-KA-013",
        "OB-UA-011": "policy that the wire does not show",
        "OB-UA-022": "whether a user wanted to call does not show",
        "OB-UA-026": "how a phone tells its user does not show",
        "OB-UA-031": "a permission, which OB-STUN-007 and OB-KA-013 respect",
        "OB-WS-007": "the waits are those of OB-REC; the test's phone speaks no WebSocket",
    ]

    /// There is a rule, and this fault alone gives it no occasion: why.
    static let noOccasion: [Fault.Kind: [Requirement.ID: String]] = [
        .noPong: ["OB-KA-013": "asks for a registration without outbound; see no-require"],
        .splitPong: ["OB-KA-003": "judges what the phone sends; a pong not understood looks like a change of flow"],
        .doublePong: ["OB-KA-003": "judges what the phone sends; there is nothing that it should do"],
        .pongBefore200: [
            "OB-KA-015": "judges servers that refuse; a phone that did not understand looks like OB-UA-029",
            "OB-SIP-003": "judges what the phone sends",
        ],
        .wrongMappedAddress: ["OB-STUN-006": "asks for a REGISTER after a change; one too many is no violation"],
        .stunError: ["OB-REC-012": "judged as OB-STUN-005"],
        .changingMappedAddress: ["OB-REC-012": "judged as OB-STUN-006"],
        .noSTUN: ["OB-REC-012": "judged as OB-STUN-004"],
        .noFlowTimer: ["OB-FT-007": "a Flow-Timer that never was cannot be left; see changed-flow-timer=0"],
        .status420: ["OB-UA-013": "its wording is about 439 alone"],
        .status423: ["OB-REC-012": "the retry with another lifetime is part of the attempt"],
        .status500: [
            "OB-UA-028": "the test's phone counts its CSeq well",
            "OB-REC-005": "asks for another flow of the phone that is alive", "OB-REC-010": "only tells the wait",
        ],
        .silence: ["OB-REC-012": "nothing had been registered"],
        .killAfterPings: [
            "OB-REC-005": "asks for another flow of the phone that is alive", "OB-REC-010": "only tells the wait",
        ],
        .killAfterSeconds: [
            "OB-REC-010": "only tells the wait", "OB-UA-006": "a new reg-id after a loss is OB-REC-001",
            "OB-INST-008": "the test's phone writes one URN",
        ],
        .status503: ["OB-UA-016": "the first REGISTER is refused too, so that no refresh meets it"],
    ]

    @Test(arguments: Fault.Kind.allCases) func everyProvokedRequirementHasAnAnswer(kind: Fault.Kind) {
        let rows = FaultsJudgedTests.bad.filter { $0.kind == kind }
        let judged = Set(rows.flatMap { $0.expected.keys })
        let excused = Set(noOccasionOf(kind)).union(Self.noRule.keys)
        let open = kind.entry.provokes.filter { !judged.contains($0) && !excused.contains($0) }
        #expect(open.isEmpty, "\(kind.rawValue) puts \(open) to the test, and no row shows it")
        let stale = noOccasionOf(kind).filter { judged.contains($0) || !kind.entry.provokes.contains($0) }
        #expect(stale.isEmpty, "\(kind.rawValue): \(stale) needs no excuse")
        #expect(FaultsJudgedTests.good.contains { $0.kind == kind })
    }

    private func noOccasionOf(_ kind: Fault.Kind) -> [Requirement.ID] {
        (Self.noOccasion[kind] ?? [:]).keys.sorted()
    }

    @Test func excusesAreTrue() {
        let rules = Set(Judge.requirements + Judge.exchangeRequirements + Judge.deviceRequirements)
        let judged = Self.noRule.keys.filter(rules.contains).sorted()
        #expect(judged.isEmpty, "there are rules for \(judged)")
        let unruled = Self.noOccasion.values.flatMap(\.keys).filter { !rules.contains($0) }.sorted()
        #expect(unruled.isEmpty, "there is no rule for \(unruled)")
    }
}
