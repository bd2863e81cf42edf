/// What is asked of SIP over WebSocket, where it touches outbound (RFC 7118, RFC 6455).
extension RequirementTable {
    static let rowsOB_WS: [Requirement] = [
        Requirement(
            "OB-WS-001", section: "7118 §6", level: .may, levelText: "MAY", binds: "WS client, server",
            sentence: "Either side may keep the connection open with WebSocket Ping control frames (opcode 0x9).",
            activeCheck: "Embedded WS edge sends Ping; expect Pong 0xA.",
            passiveCheck: "TLS (wss) → ENC."),
        Requirement(
            "OB-WS-002", section: "6455 §5.5.2–3", level: .must, levelText: "MUST", binds: "WS endpoint",
            sourceChecked: false,
            sentence: "Ping is answered by Pong as soon as practical with the same payload.",
            activeCheck: "Ping with 8 random octets; same octets back within 10 s.",
            passiveCheck: "ws:// only: Ping without Pong → FAIL; CUT/HALF as usual."),
        Requirement(
            "OB-WS-003", section: "7118 §6", level: .statement, levelText: "statement", binds: "WS client, server",
            sentence: "The RFC 5626 §3.5.1 CRLF keep-alive and RFC 6223 may also be used over WebSocket.",
            activeCheck: """
                Send a text frame CRLFCRLF: pong frame CRLF = pass; Close, SIP 400 or parser error = FAIL if \
                outbound/keep was negotiated, else WARN.
                """,
            passiveCheck: "ws://: as OB-KA-010, counted per frame."),
        Requirement(
            "OB-WS-004", section: "7118 §5", level: .must, levelText: "MUST", binds: "any", sourceChecked: false,
            sentence: """
                One WebSocket message = one SIP message; so ping and pong are messages of their own (text or binary).
                """,
            activeCheck: """
                CRLFCRLF must not be glued to a SIP message; parser takes a 4-octet message as ping, 2-octet as pong.
                """,
            passiveCheck: "CRLF bytes before a start-line inside one frame → WARN; a second SIP message in it → FAIL."),
        Requirement(
            "OB-WS-005", section: "7118 §4", level: .must, levelText: "MUST", binds: "WS client, server",
            sourceChecked: false,
            sentence: "Handshake negotiates sub-protocol sip.",
            activeCheck: "Offer sip; 101 must echo it.",
            passiveCheck: """
                101 without it, or that a client must not take (RFC 6455 §4.1: Accept, extensions) → FAIL; another \
                answer to an offer of sip, or none → WARN; missing handshake → LATE.
                """),
        Requirement(
            "OB-WS-006", section: "7118 §5.2–5.4", level: .statement, levelText: "statement", binds: "WS client",
            sourceChecked: false,
            sentence: """
                Via transport WS/WSS, sent-by and Contact often *.invalid, Contact ;transport=ws: so the flow is the \
                only way back and edge/registrar must use it.
                """,
            activeCheck: "OB-REG-019 / OB-EP-010 with an .invalid Contact.",
            passiveCheck: "Request resolved by DNS instead of the flow → FAIL."),
        Requirement(
            "OB-WS-007", section: "5626 §4.5 on 7118", level: .derived, levelText: "derived", binds: "WS client",
            sentence: "WS Close, TCP FIN/RST, or missed pong = flow failure: same reg-id, back-off of §4.5.",
            activeCheck: "Server closes with 1001, then refuses: delays per table 5a.",
            passiveCheck: "Reconnect storm (< 1 s, 5+ times) → WARN; a flow used on after a Ping without a Pong → WARN."
        ),
        Requirement(
            "OB-WS-008", section: "5626 §4.4.2", level: .must, levelText: "MUST NOT", binds: "any",
            sentence: "No STUN on WebSocket flows.",
            activeCheck: "As OB-STUN-001.",
            passiveCheck: "As OB-STUN-001."),
        Requirement(
            "OB-WS-009", section: "5626 §4.4 on 7118", level: .derived, levelText: "derived", binds: "WS client",
            sentence: """
                With Flow-Timer, CRLF pings count as keep-alives. WS Pings by the client are accepted as equal; Pings \
                by the server are not the UA's keep-alives. Browser code cannot send Ping frames.
                """,
            activeCheck: "F = 10: gap between client CRLF pings or client Ping frames ≤ F.",
            passiveCheck: "Only server Pings seen → WARN, not FAIL."),
        Requirement(
            "OB-WS-010", section: "6455 §5.1, §5.5", level: .must, levelText: "MUST", binds: "WS endpoint",
            sourceChecked: false,
            sentence: """
                Client frames masked, control frames ≤ 125 octets and unfragmented, may come between fragments of a \
                SIP message.
                """,
            activeCheck: "Ping between two fragments of a large SIP message; both sides go on.",
            passiveCheck: """
                A frame of either end that RFC 6455 §5 forbids → FAIL; none, and octets missing or the beginning not \
                seen → GAP, LATE, HALF.
                """),
    ]
}
