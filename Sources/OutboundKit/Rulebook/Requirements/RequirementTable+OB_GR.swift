/// Grammar of what RFC 5626 adds to SIP (RFC 5626 §10, §11).
extension RequirementTable {
    static let rowsOB_GR: [Requirement] = [
        Requirement(
            "OB-GR-001", section: "5626 §10", level: .grammar, levelText: "grammar", binds: "any",
            sentence: "reg-id and +sip.instance are Contact header parameters (outside '<>').",
            activeCheck: "Parse; inside the URI they have no meaning.",
            passiveCheck: """
                Inside the angle brackets → FAIL; Contact without '<>': everything after ';' is a header parameter, so \
                sip:u@h;ob has no ob URI parameter.
                """),
        Requirement(
            "OB-GR-002", section: "5626 §2.1, §11.3", level: .grammar, levelText: "grammar", binds: "any",
            sentence: """
                ob is a URI parameter without value; in Path = first edge added a token; in Contact/Route = keep the \
                dialog on this flow.
                """,
            activeCheck: "Accept ob in any case and position; ob=… → WARN.",
            passiveCheck: "Value given → WARN."),
        Requirement(
            "OB-GR-003", section: "5626 §10", level: .grammar, levelText: "grammar", binds: "UA",
            sentence: "reg-id EQUAL 1*DIGIT (blanks around '=' are legal).",
            activeCheck: "reg-id = 1 must be parsed.",
            passiveCheck: "Quoted digits → FAIL."),
        Requirement(
            "OB-GR-004", section: "5626 §11.4", level: .grammar, levelText: "grammar", binds: "any",
            sentence: "Option tag outbound: UA in Supported (or Require), registrar in Require of the response.",
            activeCheck: "Token compare without case.",
            passiveCheck: ""),
        Requirement(
            "OB-GR-005", section: "5626 §11.5, §11.6", level: .grammar, levelText: "grammar", binds: "any",
            sentence: "430 = Flow Failed, 439 = First Hop Lacks Outbound Support. Reason text is free.",
            activeCheck: "Judge codes only.",
            passiveCheck: "Other text → INFO."),
        Requirement(
            "OB-GR-006", section: "4475 (base parser)", level: .derived, levelText: "robustness", binds: "any",
            sentence: """
                The SIP parser of both sides survives the torture messages (folding, compact names, escaped nulls, odd \
                URIs).
                """,
            activeCheck: """
                Run the 49 messages of the RFC 4475 archive through the parser; server probes use the valid ones.
                """,
            passiveCheck: "Auditor must mark what it could not parse as unknown, never FAIL."),
    ]
}
