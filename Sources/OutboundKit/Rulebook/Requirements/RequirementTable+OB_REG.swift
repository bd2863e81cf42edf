/// What is asked of a registrar (RFC 5626 §6).
extension RequirementTable {
    static let rowsOB_REG: [Requirement] = [
        Requirement(
            "OB-REG-001", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "Supports Path: stores it and, per RFC 3327, copies it to the 200.",
            activeCheck: "REGISTER with Path (fake edge): same values, same order in the 200.",
            passiveCheck: "Core-side: 200 to a REGISTER with Path + Supported: path lacks Path → FAIL."),
        Requirement(
            "OB-REG-002", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "Looks at Via to learn whether it is the first hop (1 Via = first hop).",
            activeCheck: """
                A: 1 Via, no Path, reg-id + outbound → 200 with Require: outbound. B: 2 Vias, no Path → 439.
                """,
            passiveCheck: """
                Decide by Via count in the capture at the registrar; a UA-side capture shows only 1 Via always → use \
                OB-REG-004's 439 only.
                """),
        Requirement(
            "OB-REG-003", section: "5626 §6", level: .must, levelText: "MUST NOT", binds: "registrar",
            sentence: "Not first hop, and Path missing or its first URI lacks ob → no outbound processing.",
            activeCheck: """
                2 Vias: (a) no Path, (b) Path without ob, (c) Path: <sip:EP;lr;ob>; only (c) may give Require: \
                outbound. (d) two values <sip:P2;lr>, <sip:EP;lr;ob> (each proxy puts its value on top, so the first \
                hop's is the last): pass if outbound, INFO 'reads topmost Path' if 439.
                """,
            passiveCheck: "Require: outbound in a 200 whose request had 2+ Vias and no ob in any Path value → FAIL."),
        Requirement(
            "OB-REG-004", section: "5626 §6, §11.6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                Not first hop and no ob on the first Path URI (OB-REG-003), but reg-id and Supported: outbound → 439.
                """,
            activeCheck: """
                OB-REG-003 (a), (b) → 439 exactly; 200 without Require: outbound → FAIL of this row (common); \
                420/403/400 → FAIL.
                """,
            passiveCheck: "As the active check, at core side."),
        Requirement(
            "OB-REG-005", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                Not first hop, no ob on the first Path URI, and no outbound tag → reg-id is ignored, normal RFC 3261 \
                registration.
                """,
            activeCheck: """
                2 Vias, reg-id, no tag: 200, no Require: outbound; two different reg-ids with one Contact URI make one \
                binding.
                """,
            passiveCheck: "Require: outbound → FAIL."),
        Requirement(
            "OB-REG-006", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "Instance without reg-id is valid (GRUU case).",
            activeCheck: "200 expected; no Require: outbound.",
            passiveCheck: "400 → FAIL."),
        Requirement(
            "OB-REG-007", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "reg-id without instance is not valid: reg-id is ignored.",
            activeCheck: "reg-id only: 200 without Require: outbound, Contact-URI binding. 400 → WARN.",
            passiveCheck: "Require: outbound in the 200 → FAIL."),
        Requirement(
            "OB-REG-008", section: "5626 §6", level: .should, levelText: "SHOULD", binds: "registrar",
            sentence: """
                More than one Contact with non-zero expiry and any with reg-id → whole REGISTER rejected with 400.
                """,
            activeCheck: """
                Two Contacts, one with reg-id: 400 = pass; 200 = WARN; no answer is allowed only for gross malice.
                """,
            passiveCheck: "As the active check."),
        Requirement(
            "OB-REG-009", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "One non-zero Contact with reg-id plus others with expires=0 is fine.",
            activeCheck: "Bind A, B; then send A;reg-id + B;expires=0: 200, B gone.",
            passiveCheck: "400 → WARN."),
        Requirement(
            "OB-REG-010", section: "5626 §6", level: .must, levelText: "MUST NOT", binds: "registrar",
            sentence: "No reg-id, or reg-id ignored → no outbound in Require of the response.",
            activeCheck: "Plain REGISTER with Supported: outbound → no Require: outbound.",
            passiveCheck: "Violation → FAIL."),
        Requirement(
            "OB-REG-011", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "Handles outbound and plain bindings of one AOR side by side.",
            activeCheck: "Register one of each; both listed, both reachable.",
            passiveCheck: "One replaces the other → FAIL."),
        Requirement(
            "OB-REG-012", section: "5626 §6", level: .may, levelText: "MAY", binds: "registrar",
            sentence: "May by policy refuse registrations without instance + reg-id, or Path without ob.",
            activeCheck: "4xx → INFO 'policy'.",
            passiveCheck: "INFO."),
        Requirement(
            "OB-REG-013", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "No +sip.instance → RFC 3261 binding rules.",
            activeCheck: "Two REGISTERs with different Contact URIs → two bindings.",
            passiveCheck: ""),
        Requirement(
            "OB-REG-014", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: """
                With both parameters the binding key is AOR + instance + reg-id; the Contact URI is not part of it.
                """,
            activeCheck: """
                Same instance + reg-id, new Contact URI, new Call-ID, CSeq 1 → exactly one binding, the new URI.
                """,
            passiveCheck: "Two live bindings with the same key in one 200 → FAIL."),
        Requirement(
            "OB-REG-015", section: "5626 §6, §9.2", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "Same Contact URI + instance, other reg-id → second binding.",
            activeCheck: "reg-id 1 and 2 with one URI → two Contacts in the 200.",
            passiveCheck: "Only one listed while both unexpired → FAIL; first REGISTER not captured → LATE."),
        Requirement(
            "OB-REG-016", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "Stores the Contact URI, all Contact parameters and the Path.",
            activeCheck: """
                Add an unknown parameter ;x-probe=1 and check the 200; then deliver a request and check Request-URI + \
                Route.
                """,
            passiveCheck: """
                200's own Contact lacks reg-id or +sip.instance → WARN (echo is shown in examples and needed by UAs, \
                not spelled out as MUST). Not where outbound was not granted.
                """),
        Requirement(
            "OB-REG-017", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                When outbound applies and the UA listed outbound in Supported → outbound in Require of the response.
                """,
            activeCheck: "1 Via + reg-id + instance + tag.",
            passiveCheck: """
                2xx without it, on a first-hop or ob path → FAIL if other outbound signs (Flow-Timer, 439 elsewhere) \
                exist, else 'no outbound support'.
                """),
        Requirement(
            "OB-REG-018", section: "5626 §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: """
                Valid reg-id + instance, ob path, but no outbound tag from the UA: the key rule still applies, \
                Require: outbound is not due.
                """,
            activeCheck: """
                reg-id, instance, no tag, first hop: replacement works by key; no Require: outbound expected; if \
                present → WARN.
                """,
            passiveCheck: "INFO."),
        Requirement(
            "OB-REG-019", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar (direct)",
            sentence: """
                Stores what identifies the flow (TCP: that very connection; UDP: local socket + remote ip:port).
                """,
            activeCheck: """
                Register from a NAT-like address with a bogus Contact; inbound request must arrive on the flow.
                """,
            passiveCheck: "Request to the Contact's private address or by a new connection → FAIL (= OB-AP-005)."),
        Requirement(
            "OB-REG-020", section: "5626 §6", level: .must, levelText: "MUST / SHOULD", binds: "registrar",
            sentence: """
                Re-registration updates the flow data if changed (MUST) and the time of last update (SHOULD).
                """,
            activeCheck: "Reconnect, re-register same key; inbound goes only to the new connection.",
            passiveCheck: "Request sent on the old flow after a newer 200 → FAIL."),
        Requirement(
            "OB-REG-021", section: "5626 §6", level: .must, levelText: "MUST", binds: "registrar (direct)",
            sentence: "Implements the edge's keep-alive duties.",
            activeCheck: "OB-KA-010 and OB-STUN-011 against it.",
            passiveCheck: "As the active check."),
        Requirement(
            "OB-REG-022", section: "5626 §10; handling not defined", level: .derived, levelText: "derived",
            binds: "registrar",
            sentence: "reg-id 0, 2147483648, 4294967297, -1, 1.5, empty, 1a, twice: never treated as a valid key.",
            activeCheck: """
                400 or ignored (no Require: outbound) = pass; 200 with Require: outbound = FAIL; 4294967297 replacing \
                the binding of reg-id 1 (wrap) = FAIL.
                """,
            passiveCheck: "As the active check, on sight."),
        Requirement(
            "OB-REG-023", section: "5626 §4.2.2, §6", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "expires=0 with the key removes just that binding, even if the Contact URI differs.",
            activeCheck: "Bind reg-id 1, 2; remove 1 with a changed URI: only 2 is left.",
            passiveCheck: "Binding still listed after → FAIL."),
        Requirement(
            "OB-REG-024", section: "3261 §10.3; 5627 §5.1", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                Contact: * + Expires 0 removes all bindings of the AOR, outbound or not; '*' with other Contacts or \
                non-zero expiry → 400.
                """,
            activeCheck: "Bind several; '*'; list is empty.",
            passiveCheck: "As the active check."),
        Requirement(
            "OB-REG-025", section: "3261 §10.3 step 8", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "200 lists all current bindings, each with expires.",
            activeCheck: "Count and compare with what was bound.",
            passiveCheck: "Own Contact missing → FAIL (needs earlier history: else only own is judged)."),
        Requirement(
            "OB-REG-026", section: "5626 §9.2 (example)", level: .example, levelText: "example", binds: "registrar",
            sentence: "200 carries only the Path of the current registration, though all Contacts.",
            activeCheck: "Two flows through two fake edges: second 200 has just its own Path.",
            passiveCheck: "Paths of other bindings mixed in → WARN."),
        Requirement(
            "OB-REG-027", section: "3261 §10.3 step 7", level: .must, levelText: "MUST", binds: "registrar",
            sentence: "Same Call-ID: CSeq must rise or the update fails; other Call-ID: update.",
            activeCheck: """
                Replay an old REGISTER (fresh nonce) with lower CSeq: not accepted. With instance + reg-id keys test \
                both Call-ID cases.
                """,
            passiveCheck: """
                200 to a lower CSeq that changed the binding → WARN (UDP reordering: order by capture time, tolerance \
                0.5 s).
                """),
        Requirement(
            "OB-REG-028", section: "3261 §10.3 step 7", level: .must, levelText: "MAY / MUST", binds: "registrar",
            sentence: "423 only if 0 < requested < 3600 and below the minimum; must carry Min-Expires.",
            activeCheck: "expires=1 → 200 with a longer value, or 423 + Min-Expires.",
            passiveCheck: "423 without Min-Expires → FAIL."),
        Requirement(
            "OB-REG-029", section: "3261 §8.2.2.3", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                Unknown tag in Require → 420 + Unsupported. So Require: outbound to a registrar without outbound gives \
                420.
                """,
            activeCheck: """
                Send Require: outbound; 200 + Require: outbound, or 420 + Unsupported: outbound; plain 200 → FAIL. \
                Send Require: x-none too.
                """,
            passiveCheck: "As the active check."),
        Requirement(
            "OB-REG-030", section: "5626 §12", level: .statement, levelText: "statement", binds: "registrar",
            sentence: """
                Key includes the AOR: another user's REGISTER with a stolen instance + reg-id touches nothing.
                """,
            activeCheck: "User B registers with A's instance + reg-id; A's binding and inbound unaffected.",
            passiveCheck: ""),
        Requirement(
            "OB-REG-031", section: "5626 §12, 3327", level: .statement, levelText: "statement", binds: "registrar",
            sentence: "Path and flow are stored only after authentication succeeded.",
            activeCheck: "Unauthenticated REGISTER with evil Path: 401 and no change.",
            passiveCheck: ""),
        Requirement(
            "OB-REG-032", section: "derived", level: .derived, levelText: "derived", binds: "registrar",
            sentence: "Never drops a REGISTER silently because of reg-id/ob; always a final response within 32 s.",
            activeCheck: """
                Every registrar probe must get a final answer; ob in the REGISTER Contact URI is legal too.
                """,
            passiveCheck: "REGISTER retransmitted to Timer F without answer while others are answered → FAIL."),
    ]
}
