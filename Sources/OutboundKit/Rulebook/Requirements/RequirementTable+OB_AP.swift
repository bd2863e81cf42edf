/// What is asked of an authoritative proxy (RFC 5626 §7).
extension RequirementTable {
    static let rowsOB_AP: [Requirement] = [
        Requirement(
            "OB-AP-001", section: "5626 §7", level: .must, levelText: "MUST NOT", binds: "proxy",
            sentence: """
                Target set never holds two Contacts of one AOR + instance at a time (no parallel fork to two flows of \
                one device).
                """,
            activeCheck: """
                Register one instance over two flows, call the AOR: only one INVITE until it fails. Two instances may \
                ring in parallel.
                """,
            passiveCheck: """
                Same INVITE (Call-ID, CSeq, no final answer yet) on two flows of one instance → FAIL; needs both \
                REGISTERs → else LATE.
                """),
        Requirement(
            "OB-AP-002", section: "5626 §7, §11.5", level: .should, levelText: "SHOULD", binds: "proxy",
            sentence: "430 → try another binding of the same AOR + instance with another reg-id.",
            activeCheck: "Fake edge answers 430 on flow 1; INVITE must come on flow 2.",
            passiveCheck: "430 followed by a failure to the caller while a second flow is bound → WARN."),
        Requirement(
            "OB-AP-003", section: "5626 §7", level: .must, levelText: "MUST NOT", binds: "proxy",
            sentence: "Any final response other than 408 or 430 → not sent again to that instance.",
            activeCheck: "UA answers 486, 603, 480, 200 in turn on flow 1: nothing on flow 2.",
            passiveCheck: "Retry on the second flow after such a response → FAIL."),
        Requirement(
            "OB-AP-004", section: "5626 §7; 3327", level: .statement, levelText: "statement", binds: "proxy",
            sentence: "Route is built from the Path stored with the chosen binding; every branch gets its own.",
            activeCheck: """
                Two bindings with different Paths: each attempt carries the matching Route, in Path order.
                """,
            passiveCheck: "Branch with the other binding's Path → FAIL."),
        Requirement(
            "OB-AP-005", section: "5626 §7", level: .must, levelText: "MUST", binds: "co-located proxy",
            sentence: """
                Uses the very flow stored with the binding (same TCP connection; UDP from the same local ip:port to \
                the same remote ip:port).
                """,
            activeCheck: "OB-REG-019.",
            passiveCheck: "UDP request from another server port than the one registered to → FAIL."),
        Requirement(
            "OB-AP-006", section: "5626 §7", level: .must, levelText: "MUST", binds: "proxy, registrar",
            sentence: """
                News that a flow is dead (close, ICMP unreachable) invalidates all bindings on it, whatever the AOR.
                """,
            activeCheck: """
                One TCP connection, two AORs; close; call both: immediate failure or other flow, no attempt to \
                connect; query shows no such binding.
                """,
            passiveCheck: "Request for a closed flow sent anywhere (SYN to the UA's old port) → FAIL."),
        Requirement(
            "OB-AP-007", section: "5626 §7", level: .must, levelText: "MUST", binds: "proxy, registrar",
            sentence: "Closing a file descriptor itself has the same effect.",
            activeCheck: "Make the server close (idle), then call.",
            passiveCheck: "As OB-AP-006."),
        Requirement(
            "OB-AP-008", section: "5626 §9.3 (example)", level: .example, levelText: "example", binds: "proxy",
            sentence: "430 also makes the proxy drop the stale binding.",
            activeCheck: "After 430, register-test query: binding gone = pass; still listed = INFO.",
            passiveCheck: "INFO."),
        Requirement(
            "OB-AP-009", section: "5626 §11.5", level: .statement, levelText: "statement", binds: "proxy",
            sentence: "430 is never passed to endpoints; map it (e.g. 480) if no flow is left.",
            activeCheck: "Only flow answers 430; caller's response code must not be 430.",
            passiveCheck: "430 to a UA → WARN."),
    ]
}
