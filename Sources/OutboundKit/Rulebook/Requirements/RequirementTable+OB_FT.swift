/// What is asked of Flow-Timer and of those who send or read it (RFC 5626 §4.4, §10).
extension RequirementTable {
    static let rowsOB_FT: [Requirement] = [
        Requirement(
            "OB-FT-001", section: "5626 §10", level: .grammar, levelText: "grammar", binds: "edge, registrar",
            sentence: "Flow-Timer HCOLON 1*DIGIT; one value, seconds.",
            activeCheck: "Parse the 2xx of register-test.",
            passiveCheck: """
                Sign, decimals, list, parameters, two headers → FAIL. No upper limit in the ABNF: parse as 64-bit or \
                saturate.
                """),
        Requirement(
            "OB-FT-002", section: "5626 §5.4, §6", level: .may, levelText: "MAY (conditional)",
            binds: "edge, registrar",
            sentence: "Flow-Timer is allowed only in a 2xx to REGISTER that has outbound in Require.",
            activeCheck: "Register with and without outbound; the second 2xx must have none.",
            passiveCheck: """
                Flow-Timer without Require: outbound, in a request, a non-2xx, or a non-REGISTER response → WARN.
                """),
        Requirement(
            "OB-FT-003", section: "5626 §5.4, §6", level: .may, levelText: "MAY", binds: "edge, registrar",
            sentence: "Flow-Timer is put in by the last proxy before the UA, or by a registrar with a direct flow.",
            activeCheck: "Embedded edge behind a real registrar: header arriving from upstream → WARN.",
            passiveCheck: "Core-side capture shows Flow-Timer on a 2xx with 2+ Vias → WARN."),
        Requirement(
            "OB-FT-004", section: "5626 §4.4", level: .must, levelText: "MUST", binds: "UA",
            sentence: "With Flow-Timer = F, keep-alives come at least every F seconds.",
            activeCheck: "Embedded edge sends F = 10, 30, 120; every gap ≤ F + max(1 s, 2 %).",
            passiveCheck: """
                Gap > F + max(1 s, 2 % of F) at UA side (add 2 s at edge side) → FAIL; if other client bytes were seen \
                in the gap → WARN 'ping replaced by traffic' (strict mode: FAIL). First gap starts at the 2xx. LATE if \
                the 2xx is missing; last open gap → CUT; GAP on loss; ENC under TLS.
                """),
        Requirement(
            "OB-FT-005", section: "5626 §4.4", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: "Each interval is random in 80–100 % of F (text example: 120 → 95–120).",
            activeCheck: "10+ intervals at F = 10; all in [0.79 F, F + tol], spread not constant.",
            passiveCheck: """
                Below 0.79 F - tol → INFO 'more often than asked'; constant over 5+ intervals → WARN; above F → \
                OB-FT-004. Fewer than 5 → unknown.
                """),
        Requirement(
            "OB-FT-006", section: "5626 §4.4, §5.4", level: .must, levelText: "MUST", binds: "edge, registrar",
            sentence: "The server waits longer than F before it calls the flow dead.",
            activeCheck: """
                Register, send no keep-alive: FIN, RST, binding loss or 430 at t ≤ F → FAIL; report measured t - F as \
                the grace.
                """,
            passiveCheck: """
                Server FIN/RST ≤ F after the client's last byte on an idle registered flow → FAIL. Restart of the \
                server (all flows reset together) → excuse. Client last byte not captured → LATE.
                """),
        Requirement(
            "OB-FT-007", section: "5626 §4.4.1", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                The most recent 2xx rules: a changed value takes effect, an absent one returns the UA to the defaults.
                """,
            activeCheck: "F = 10, at refresh F = 20, at the next none; intervals must follow.",
            passiveCheck: """
                Old value used for two or more intervals after a newer 2xx → FAIL if it breaks OB-FT-004, else WARN.
                """),
        Requirement(
            "OB-FT-008", section: "5626 §4.4", level: .statement, levelText: "statement", binds: "UA",
            sentence: "Flow-Timer belongs to one flow only.",
            activeCheck: "Edge A F = 10, edge B F = 60; no mixing.",
            passiveCheck: "Compare per 5-tuple."),
        Requirement(
            "OB-FT-009", section: "derived", level: .derived, levelText: "derived", binds: "UA",
            sentence: "Odd values do no harm: 0, 1, 4294967296.",
            activeCheck: """
                0 must not make the UA send in a loop (> 1 ping/s → FAIL) nor crash; huge must not overflow to a tiny \
                interval.
                """,
            passiveCheck: "More than one ping per second for 5 s → FAIL."),
        Requirement(
            "OB-FT-010", section: "5626 §5.4", level: .statement, levelText: "statement", binds: "edge",
            sentence: "The server may act on silence (alarm, other treatment) but need not.",
            activeCheck: "Silent client: INFO what it does and when.",
            passiveCheck: "INFO."),
    ]
}
