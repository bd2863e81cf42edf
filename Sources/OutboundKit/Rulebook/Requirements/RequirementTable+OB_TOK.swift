/// What is asked of flow tokens and of our codec for them (RFC 5626 §5.2).
extension RequirementTable {
    static let rowsOB_TOK: [Requirement] = [
        Requirement(
            "OB-TOK-001", section: "5626 §5.2", level: .must, levelText: "statement (must-like)", binds: "edge",
            sentence: """
                Any algorithm will do if the token is unique to a flow, the flow can be recovered from it, and \
                attackers cannot change it.
                """,
            activeCheck: "OB-EP-003, -010, -012 together.",
            passiveCheck: "Token equal for two flows → FAIL; the rest is unknown without the key."),
        Requirement(
            "OB-TOK-002", section: "5626 §5.2 example", level: .example, levelText: "example", binds: "sipob codec",
            sentence: """
                20-octet secret random key K drawn at boot; S = protocol enum, local IP, local port, remote IP, remote \
                port; token = base64( HMAC-SHA1-80(K,S) ‖ S ).
                """,
            activeCheck: "Round trip for UDP/TCP/TLS/SCTP/WS/WSS, IPv4 and IPv6.",
            passiveCheck: ""),
        Requirement(
            "OB-TOK-003", section: "5626 §5.2 example", level: .example, levelText: "example", binds: "sipob codec",
            sentence: """
                Sizes: IPv4 10 + 13 = 23 octets → 32 characters incl. one '='; IPv6 10 + 37 = 47 octets → 64 incl. one \
                '='.
                """,
            activeCheck: "Encode and count.",
            passiveCheck: """
                User part of 32 or 64 base64 characters that decodes to 23 or 47 octets with a plausible protocol byte \
                → 'looks like the RFC example layout', decode addresses. The RFC's own sample tokens are 24 octets and \
                decode to nothing.
                """),
        Requirement(
            "OB-TOK-004", section: "2104 §5", level: .statement, levelText: "statement", binds: "sipob codec",
            sourceChecked: false,
            sentence: "HMAC-SHA1-80 = leftmost 80 bits of the HMAC.",
            activeCheck: "Vector: key 20×0x0b, S = 13 octets; compare with an independent HMAC.",
            passiveCheck: """
                When a key is given, try leftmost first, then rightmost (Kamailio keeps the last 10 octets).
                """),
        Requirement(
            "OB-TOK-005", section: "3261 §25.1, §19.1.4", level: .grammar, levelText: "grammar", binds: "any",
            sentence: """
                '+', '/', '=' may stand unescaped in the user part. They belong to the reserved set, so their \
                %-escaped forms are formally a different URI: nobody on the way may escape or unescape them.
                """,
            activeCheck: """
                Codec decodes standard and URL-safe alphabets, padded or not, and %2B %2F %3D for tolerance; encoder \
                never escapes.
                """,
            passiveCheck: "Token whose escaping changes between Path and Route → WARN for the element in between."),
        Requirement(
            "OB-TOK-006", section: "3261 §19.1.4", level: .statement, levelText: "statement", binds: "any",
            sentence: "The user part is case-sensitive.",
            activeCheck: "Case-change a token: must be rejected as tampered.",
            passiveCheck: "Token that changes case between Path and Route → FAIL for the element in between."),
        Requirement(
            "OB-TOK-007", section: "5626 §5.3.1", level: .statement, levelText: "statement", binds: "edge",
            sentence: "Decode = base64, recompute the HMAC, compare; mismatch = tampered.",
            activeCheck: "OB-EP-012. In the library: constant-time compare, verify before parsing S, strict length.",
            passiveCheck: ""),
        Requirement(
            "OB-TOK-008", section: "5626 §5.2, §12", level: .derived, levelText: "derived", binds: "edge",
            sentence: "The example layout signs but does not hide: internal addresses leave the edge in clear.",
            activeCheck: "token decode prints local/remote addresses without any key.",
            passiveCheck: "Token that reveals RFC 1918 addresses to the core or a peer → INFO 'topology disclosed'."),
        Requirement(
            "OB-TOK-009", section: "derived", level: .derived, levelText: "derived", binds: "edge cluster",
            sentence: """
                A token of another node or another key → 403 or relay to the right node, never a local guess.
                """,
            activeCheck: "Two embedded edges with different keys; swap tokens.",
            passiveCheck: ""),
        Requirement(
            "OB-TOK-010", section: "derived", level: .derived, levelText: "derived", binds: "sipob codec",
            sentence: """
                Robust to 0-length, 1 MB, embedded NUL, non-canonical base64 (spare bits set), wrong address family \
                bit.
                """,
            activeCheck: """
                Fuzz; no trap, no over-read; non-canonical base64 is rejected (else tokens are malleable).
                """,
            passiveCheck: ""),
    ]
}
