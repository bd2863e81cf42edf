/// What digest authentication asks and outbound rests on (RFC 3261 §22, RFC 7616, RFC 8760).
extension RequirementTable {
    static let rowsOB_AUTH: [Requirement] = [
        Requirement(
            "OB-AUTH-001", section: "5626 §4.5; derived", level: .derived, levelText: "derived", binds: "UA",
            sentence: "A 401/407 round is not a failure: the retry is at once and on the same flow.",
            activeCheck: "Challenge; retry within 1 s on the same 5-tuple; back-off counter unchanged.",
            passiveCheck: """
                Delay > 5 s or other flow → WARN. A second 401 with stale=true is again no failure; without it, it is.
                """),
        Requirement(
            "OB-AUTH-002", section: "8760", level: .statement, levelText: "statement", binds: "UA, server",
            sourceChecked: false,
            sentence: """
                Several WWW-Authenticate headers, most preferred on top; the client takes the first algorithm it \
                supports (SHA-256 before MD5).
                """,
            activeCheck: "Offer SHA-256 then MD5; then an unknown one on top.",
            passiveCheck: "Uses MD5 although a supported stronger one was above → WARN."),
        Requirement(
            "OB-AUTH-003", section: "7616", level: .must, levelText: "MUST", binds: "UA", sourceChecked: false,
            sentence: """
                With qop, sends cnonce and nc; nc rises by one per use of a nonce; digest URI is the Request-URI.
                """,
            activeCheck: "Embedded registrar verifies, rejects a repeated nc.",
            passiveCheck: "nc repeated with the same nonce → FAIL. Auditor never prints response or cnonce in full."),
        Requirement(
            "OB-AUTH-004", section: "derived", level: .derived, levelText: "derived", binds: "sipob",
            sentence: "Credentials go only to the target the user named, over TLS if asked; no Basic.",
            activeCheck: "Unit test.",
            passiveCheck: ""),
    ]
}
