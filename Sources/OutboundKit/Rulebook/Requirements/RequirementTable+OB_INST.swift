/// What is asked of the instance-id (RFC 5626 §4.1).
extension RequirementTable {
    static let rowsOB_INST: [Requirement] = [
        Requirement(
            "OB-INST-001", section: "5626 §4.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                UA owns a URN that identifies the device and sends it as +sip.instance in the Contact of its \
                REGISTERs.
                """,
            activeCheck: "Let the UA register at the embedded registrar; parse Contact.",
            passiveCheck: """
                REGISTER with reg-id but no +sip.instance → FAIL (same as OB-UA-004). No REGISTER seen → unknown LATE.
                """),
        Requirement(
            "OB-INST-002", section: "5626 §4.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: "The URN survives power cycles.",
            activeCheck: "Scripted step: register, restart the UA, register; compare URNs under scheme equality.",
            passiveCheck: """
                Same AOR + same reg-id + same User-Agent but a different URN after a silence → WARN only; FAIL needs \
                operator-given device identity. Else unknown ID.
                """),
        Requirement(
            "OB-INST-003", section: "5626 §4.1", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "The URN does not change when the device changes network.",
            activeCheck: "Re-register from a second local address or interface; URN must be equal.",
            passiveCheck: """
                Same Call-ID seen from a new source address with a different URN → FAIL. Different Call-ID → unknown \
                ID.
                """),
        Requirement(
            "OB-INST-004", section: "5626 §4.1", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: "The URN is a UUID URN.",
            activeCheck: "Check urn:uuid: plus 8-4-4-4-12 hex digits.",
            passiveCheck: "Other scheme or malformed UUID → WARN. All-zero time field is legal, no warning."),
        Requirement(
            "OB-INST-005", section: "5626 §4.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                A non-UUID URN may only come from a scheme for which an IETF-stream RFC defines +sip.instance use \
                (known: IMEI, MEID; RFC 7254, 7255, 8464).
                """,
            activeCheck: "Compare with an allow-list that the user can extend.",
            passiveCheck: """
                urn:gsma:imei: and urn:device-id:meid: style → INFO; anything else → FAIL, with the allow-list named \
                in the message. Value that is no URN (mac:…, bare UUID) → FAIL.
                """),
        Requirement(
            "OB-INST-006", section: "5626 §4.1, §10; 3840", level: .grammar, levelText: "grammar",
            binds: "UA, registrar",
            sentence: """
                The +sip.instance value is a quoted string that contains '<' URN '>'; the URN part is one or more uric.
                """,
            activeCheck: "Strict ABNF parse plus a tolerant parse; report the difference.",
            passiveCheck: """
                No quotes, no angle brackets, or empty URN → FAIL; in the own Contact of a 2xx, where the REGISTER had it \
                right → FAIL for the registrar. Needs a whole message; truncated packet → unknown CUT.
                """),
        Requirement(
            "OB-INST-007", section: "5626 §4.1", level: .statement, levelText: "statement", binds: "registrar",
            sentence: """
                Instance equality uses the scheme's own rules (UUID hex is case-insensitive); an unknown scheme falls \
                back to RFC 2141 lexical equality. RFC 3840 case-sensitive string match is not used here.
                """,
            activeCheck: """
                Register reg-id 1 with a lower-case UUID, then with upper-case; the 200 must list one binding, not \
                two.
                """,
            passiveCheck: """
                Two bindings in one 200 whose URNs differ only in hex case, same reg-id → FAIL for the registrar.
                """),
        Requirement(
            "OB-INST-008", section: "5626 §4.1", level: .statement, levelText: "statement", binds: "UA",
            sentence: "The UA writes the URN the same way in every registration.",
            activeCheck: "Collect all REGISTERs of a run; byte-compare.",
            passiveCheck: "Same URN in differing case or escaping from one flow → WARN."),
        Requirement(
            "OB-INST-009", section: "5626 §4.1", level: .may, levelText: "MAY", binds: "UA",
            sentence: "The instance may be left out for privacy (anonymous requests).",
            activeCheck: "Not a failure for non-REGISTER requests.",
            passiveCheck: "Never judged outside REGISTER."),
    ]
}
