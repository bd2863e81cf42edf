import Testing

@testable import OutboundKit

/// What the catalogue of faults puts to the test and nobody judges, so that nothing is left out by mistake.
@Suite struct FaultsUnjudgedTests {
    /// No rule on a phone's flows exists: why.
    static let noRule: [Requirement.ID: String] = [
        "OB-KA-009": "part of OB-KA-008, which judges constant intervals",
        "OB-KA-017": "the same fact as OB-REC-001",
        "OB-REC-002": "the formula of the waits; their bounds are OB-REC-003",
        "OB-REC-009": "a Retry-After may only lengthen a wait: OB-UA-012 and OB-REC-003",
        "OB-SIP-002": "a time-out counts as a failure in OB-REC-003, 004 and 006",
        "OB-STUN-017": "7 or 8 sends are both accepted",
        "OB-STUN-024": "to go on and to give the flow up are both in order; to stop shows as OB-FT-004",
        "OB-UA-022": "whether a user wanted to call does not show",
        "OB-UA-031": "a permission, which OB-STUN-007 and OB-KA-013 respect",
    ]

    /// There is a rule, and this fault alone gives it no occasion: why.
    static let noOccasion: [Fault.Kind: [Requirement.ID: String]] = [
        .noPong: [
            "OB-KA-013": "asks for a registration without outbound; see no-require",
            "OB-REC-005": "asks for two flows; see the pairs", "OB-REC-011": "asks for two flows; see the pairs",
            "OB-WS-007": "ten seconds pass before each loss; see kill-after-seconds",
        ],
        .stunError: ["OB-REC-012": "judged as OB-STUN-005"],
        .changingMappedAddress: ["OB-REC-012": "judged as OB-STUN-006"],
        .noSTUN: [
            "OB-REC-012": "judged as OB-STUN-004", "OB-REC-005": "asks for two flows; see the pairs",
            "OB-REC-011": "asks for two flows; see the pairs",
        ],
        .noRequire: [
            "OB-UA-010": "only tells that a silent phone is right; pings are OB-STUN-007 and OB-KA-013",
            "OB-UA-011": "asks for a phone that changes its address at the refresh",
        ],
        .noFlowTimer: ["OB-FT-007": "a Flow-Timer that never was cannot be left; see changed-flow-timer=0"],
        .status500: [
            "OB-REC-005": "asks for another flow of the phone that is alive; see the pairs of no-pong",
            "OB-REC-010": "only tells the wait",
        ],
        .silence: ["OB-REC-012": "nothing had been registered"],
        .killAfterPings: [
            "OB-REC-010": "only tells the wait",
            "OB-WS-007": "a flow whose pings were answered may be made anew at once; see kill-after-seconds",
        ],
        .killAfterSeconds: [
            "OB-REC-010": "only tells the wait"
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
        #expect(!rows.isEmpty, "no phone is named that does not put up with \(kind.rawValue)")
    }

    private func noOccasionOf(_ kind: Fault.Kind) -> [Requirement.ID] {
        (Self.noOccasion[kind] ?? [:]).keys.sorted()
    }

    @Test func excusesAreTrue() {
        let rules = Set(
            Judge.requirements + Judge.exchangeRequirements + Judge.deviceRequirements + Judge.serverRequirements)
        let judged = Self.noRule.keys.filter(rules.contains).sorted()
        #expect(judged.isEmpty, "there are rules for \(judged)")
        let unruled = Self.noOccasion.values.flatMap(\.keys).filter { !rules.contains($0) }.sorted()
        #expect(unruled.isEmpty, "there is no rule for \(unruled)")
    }
}
