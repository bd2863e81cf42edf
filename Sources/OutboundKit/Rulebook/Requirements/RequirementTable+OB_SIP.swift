/// What core SIP asks and outbound rests on (RFC 3261).
extension RequirementTable {
    static let rowsOB_SIP: [Requirement] = [
        Requirement(
            "OB-SIP-001", section: "3261 §17.1.2.2", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: """
                REGISTER over UDP: resent at 0.5, 1, 2, 4, 4 … s intervals (T1 = 0.5, T2 = 4): at most 11 sends, ends \
                at Timer F = 64*T1 = 32 s.
                """,
            activeCheck: "Mute registrar; ± 10 %.",
            passiveCheck: "> 11 sends of one branch, or gap < 0.4 s → WARN."),
        Requirement(
            "OB-SIP-002", section: "3261 §17.1.2.2; 5626 §4.5", level: .statement, levelText: "statement",
            binds: "UA",
            sentence: """
                Timer F counts as one registration failure, also on TCP (no resend there). RFC 5626 itself never names \
                Timer F.
                """,
            activeCheck: "TCP accept, no answer: next attempt 32 s + W.",
            passiveCheck: "As OB-REC-006."),
        Requirement(
            "OB-SIP-003", section: "3261 §18.3", level: .must, levelText: "MUST", binds: "any",
            sentence: "Content-Length on streams; UDP bytes beyond it are dropped.",
            activeCheck: "Parser base of every CRLF check.",
            passiveCheck: "Stream message without it → FAIL and framing after it is unknown."),
        Requirement(
            "OB-SIP-004", section: "3261 §10.2", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "REGISTER Request-URI has no user part.",
            activeCheck: "Parse.",
            passiveCheck: "User part → FAIL."),
        Requirement(
            "OB-SIP-005", section: "3261 §8.1.3.5", level: .should, levelText: "SHOULD / statement", binds: "UA",
            sentence: "Retry after 401/407/420/423: same Call-ID, To, From; CSeq one higher.",
            activeCheck: "Challenge each REGISTER.",
            passiveCheck: "New Call-ID after a challenge → WARN."),
    ]
}
