/// What is asked of flow recovery and its back-off (RFC 5626 §4.5).
extension RequirementTable {
    static let rowsOB_REC: [Requirement] = [
        Requirement(
            "OB-REC-001", section: "5626 §4.5", level: .must, levelText: "MUST", binds: "UA",
            sentence: "Replacement registration has the reg-id of the one it replaces.",
            activeCheck: "As OB-KA-017.",
            passiveCheck: "As OB-KA-017."),
        Requirement(
            "OB-REC-002", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: "W = min(max-time, base-time · 2^consecutive-failures).",
            activeCheck: "Embedded registrar answers 500 six times; compare with table 5a.",
            passiveCheck: """
                Delay outside [0.5 W, W] - see OB-REC-003. n unknown when the capture starts amid failures → judge \
                only growth, else LATE.
                """),
        Requirement(
            "OB-REC-003", section: "5626 §4.5", level: .must, levelText: "MUST", binds: "UA",
            sentence: "Wait at least the drawn delay; it is uniform in 50–100 % of W.",
            activeCheck: """
                Delays < 0.5 W - max(1 s, 2 %) → FAIL; > W + max(1 s, 2 %) → WARN; the same fraction every time over \
                5+ draws → WARN.
                """,
            passiveCheck: "Same limits. Longer than W is fine if Retry-After was larger. Ends before W → CUT."),
        Requirement(
            "OB-REC-004", section: "5626 §4.5", level: .may, levelText: "MAY", binds: "UA",
            sentence: """
                Defaults: max 1800 s, base 30 s (all flows failed), 90 s (some flow alive); all three configurable.
                """,
            activeCheck: "Assume defaults unless told otherwise.",
            passiveCheck: """
                Without known settings a mismatch is WARN, never FAIL; a constant retry period (no growth over 3+ \
                failures, below 15 min) is FAIL.
                """),
        Requirement(
            "OB-REC-005", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: "Base is the low one only when every flow of the set has failed.",
            activeCheck: "Two edges: fail one only → delays 90–180 s, 3–6 min …; fail both → 30–60 s …",
            passiveCheck: "Needs sight of all flows of the UA, else unknown CONF."),
        Requirement(
            "OB-REC-006", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                At boot the first attempt is immediate; after its failure (nothing else registered) the first retry \
                comes in 30–60 s.
                """,
            activeCheck: "Start the UA against a registrar that answers 500.",
            passiveCheck: """
                Second attempt < 29 s after the first failure → FAIL (401/407 rounds and RFC 3263 fail-over to another \
                address excluded).
                """),
        Requirement(
            "OB-REC-007", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: "At the cap the UA goes on for ever, every 15–30 min.",
            activeCheck: "Time-scaled run, or config with small max.",
            passiveCheck: "Gives up: no attempt for > 30 min + tol after a failure → WARN; CUT if shorter."),
        Requirement(
            "OB-REC-008", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                A flow counts as a success (n back to 0) only if the registration succeeded and, where keep-alives are \
                used, at least one keep-alive was answered.
                """,
            activeCheck: """
                Give 200 with Require: outbound but never pong: n must go on growing (30–60 s, 1–2 min, …).
                """,
            passiveCheck: "Register → 200 → no pong → reconnect loop with delay < 15 s, twice or more → FAIL."),
        Requirement(
            "OB-REC-009", section: "5626 §4.5", level: .may, levelText: "MAY", binds: "UA",
            sentence: """
                503 Retry-After may lengthen the wait; it never shortens it below the drawn delay except for value 0 \
                (OB-UA-012).
                """,
            activeCheck: "503 with Retry-After 300 at n = 1: next ≥ 300 s.",
            passiveCheck: "As OB-UA-012."),
        Requirement(
            "OB-REC-010", section: "5626 App. A vs §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                Zero failures: the table says 0 s, the formula would give 15–30 s (or 45–90 s). Both are acceptable \
                for the first attempt after a flow that had been a success.
                """,
            activeCheck: "Break a good flow once: accept 0 … W(0) + tol.",
            passiveCheck: "No FAIL for any first delay between 0 and 90 s; INFO the value."),
        Requirement(
            "OB-REC-011", section: "5626 §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: "The counter is kept per URI of the set.",
            activeCheck: "Fail edge A only; edge B refreshes are unaffected.",
            passiveCheck: "Refresh on a healthy flow delayed by failures elsewhere → WARN."),
        Requirement(
            "OB-REC-012", section: "5626 §3.5, §4.4", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                Triggers of recovery: missed pong, FIN/RST, STUN time-out, STUN error, changed mapped address, hard \
                ICMP error.
                """,
            activeCheck: "Fire each trigger in turn; each must lead to a new REGISTER.",
            passiveCheck: """
                Trigger visible and no REGISTER until W(1) of the high base (180 s) + tol → FAIL; CUT if the capture \
                is shorter.
                """),
    ]
}
