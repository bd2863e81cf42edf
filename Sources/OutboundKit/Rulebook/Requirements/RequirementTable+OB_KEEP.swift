/// What is asked of the keep Via parameter (RFC 6223).
extension RequirementTable {
    static let rowsOB_KEEP: [Requirement] = [
        Requirement(
            "OB-KEEP-001", section: "6223 §4.3", level: .must, levelText: "MUST", binds: "sender",
            sourceChecked: false,
            sentence: """
                Willing to send: Via parameter keep without value on the topmost (own) Via of a REGISTER or \
                dialog-forming request.
                """,
            activeCheck: "UA without outbound but with keep: check the Via.",
            passiveCheck: "keep=… with a value in a request's top Via → WARN."),
        Requirement(
            "OB-KEEP-002", section: "6223 §4.4", level: .must, levelText: "MUST", binds: "receiver",
            sourceChecked: false,
            sentence: """
                Willing to receive: put a value on that keep in the response: seconds, or 0 for 'no recommendation'.
                """,
            activeCheck: "register-test with ;keep: response Via keep=n. Bare keep back = not negotiated.",
            passiveCheck: ""),
        Requirement(
            "OB-KEEP-003", section: "6223 §4.4", level: .must, levelText: "MUST NOT", binds: "receiver",
            sourceChecked: false,
            sentence: "Never add keep if the request's top Via had none.",
            activeCheck: "REGISTER without keep: none in the response.",
            passiveCheck: "Violation → FAIL."),
        Requirement(
            "OB-KEEP-004", section: "6223 §5", level: .must, levelText: "MUST", binds: "sender",
            sourceChecked: false,
            sentence: "Non-zero value works as Flow-Timer: at least every n s, random 80–100 %.",
            activeCheck: "As OB-FT-004/-005.",
            passiveCheck: "As OB-FT-004/-005."),
        Requirement(
            "OB-KEEP-005", section: "6223 §5", level: .statement, levelText: "statement", binds: "sender",
            sourceChecked: false,
            sentence: "Value 0: own choice, 5626 defaults as guide.",
            activeCheck: "As OB-KA-008 / OB-STUN-003.",
            passiveCheck: "As the active check."),
        Requirement(
            "OB-KEEP-006", section: "6223 §5", level: .must, levelText: "MUST", binds: "receiver",
            sourceChecked: false,
            sentence: "If the response also has Flow-Timer, both numbers are equal.",
            activeCheck: "Outbound + keep in one REGISTER.",
            passiveCheck: "Different values → FAIL."),
        Requirement(
            "OB-KEEP-007", section: "6223 §4.2.2", level: .statement, levelText: "statement", binds: "sender",
            sourceChecked: false,
            sentence: """
                Negotiated in REGISTER: lasts for that registration; asked for again in each refresh; ends with it or \
                when a refresh does not negotiate it.
                """,
            activeCheck: "Refresh without keep in the answer: keep-alives may stop.",
            passiveCheck: "Do not call stopping a violation after such a refresh."),
        Requirement(
            "OB-KEEP-008", section: "6223 §4.2.3", level: .statement, levelText: "statement", binds: "sender",
            sourceChecked: false,
            sentence: "Negotiated in an INVITE/SUBSCRIBE: lasts for the dialog.",
            activeCheck: "Keep-alives end with the dialog.",
            passiveCheck: ""),
        Requirement(
            "OB-KEEP-009", section: "6223 §4.1", level: .statement, levelText: "statement", binds: "any",
            sourceChecked: false,
            sentence: """
                One direction, one hop: each hop negotiates for itself; keep from the other side needs its own \
                negotiation.
                """,
            activeCheck: "Proxy must not copy a downstream keep value to other Vias.",
            passiveCheck: ""),
        Requirement(
            "OB-KEEP-010", section: "6223 + 5626 §4.4", level: .derived, levelText: "derived", binds: "any",
            sourceChecked: false,
            sentence: """
                keep with a value is an explicit sign: STUN and pong expectations are then justified without outbound.
                """,
            activeCheck: "OB-STUN-007, OB-KA-013 accept it.",
            passiveCheck: "As the active check."),
    ]
}
