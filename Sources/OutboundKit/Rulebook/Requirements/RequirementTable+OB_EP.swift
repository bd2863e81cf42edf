/// What is asked of an edge proxy (RFC 5626 §5).
extension RequirementTable {
    static let rowsOB_EP: [Requirement] = [
        Requirement(
            "OB-EP-001", section: "5626 §5.1", level: .must, levelText: "MUST", binds: "edge (first hop)",
            sentence: "REGISTER with reg-id and a single Via: the edge adds its URI to Path.",
            activeCheck: "REGISTER through the edge; Path in the upstream copy, or echoed in the 200.",
            passiveCheck: """
                Core-side: forwarded REGISTER (2 Vias) with reg-id, no Path of the edge → FAIL. UA-side only: 200 \
                lacks Path although Supported: path → WARN (registrar may not echo). UA did not list path → not \
                judged.
                """),
        Requirement(
            "OB-EP-002", section: "5626 §5.1", level: .must, levelText: "MUST", binds: "edge (first hop)",
            sentence: "The first hop puts a flow token into its Path URI, or rejects the REGISTER (no code is named).",
            activeCheck: "Path URI must differ between two flows; or a 4xx/5xx is given.",
            passiveCheck: """
                First-hop Path URI without user part and without an unknown parameter that varies by flow → FAIL when \
                two flows are seen, WARN with one.
                """),
        Requirement(
            "OB-EP-003", section: "5626 §5.1, §5.2", level: .must, levelText: "MUST", binds: "edge",
            sentence: "The token is unique to the network flow.",
            activeCheck: """
                Two TCP connections from one host, and UDP + TCP: three distinct tokens. Refresh on the same flow: may \
                repeat.
                """,
            passiveCheck: "Same token on two 5-tuples → FAIL."),
        Requirement(
            "OB-EP-004", section: "5626 §5.1", level: .may, levelText: "MAY", binds: "edge",
            sentence: "The token may sit in the user part (other places are allowed).",
            activeCheck: "Look in user part first, then in URI parameters.",
            passiveCheck: "Decoder must not assume the user part."),
        Requirement(
            "OB-EP-005", section: "5626 §5.1", level: .must, levelText: "MUST", binds: "edge (first hop)",
            sentence: "The first hop's Path URI has the URI parameter ob (inside the angle brackets).",
            activeCheck: "Parse the Path value.",
            passiveCheck: """
                Missing ob on the Path value of a single-Via REGISTER's first hop → FAIL; ob after '>' → FAIL grammar.
                """),
        Requirement(
            "OB-EP-006", section: "5626 §5.1", level: .must, levelText: "MUST NOT", binds: "edge (not first)",
            sentence: "A later edge never adds ob.",
            activeCheck: "Send a REGISTER with two Vias and an existing Path through the edge.",
            passiveCheck: """
                More than one Path value with ob, or ob on any but the one nearest the UA → FAIL. The last two values \
                with r2 and one user part are those of one proxy.
                """),
        Requirement(
            "OB-EP-007", section: "5626 §5.1", level: .statement, levelText: "statement", binds: "edge",
            sentence: "First hop = exactly one Via on arrival.",
            activeCheck: "One Via with received/rport, Via folded or comma-joined, compact v: – all count right.",
            passiveCheck: "Count values, not header lines."),
        Requirement(
            "OB-EP-008", section: "3327 §4", level: .must, levelText: "MUST", binds: "edge", sourceChecked: false,
            sentence: "Path URIs carry lr.",
            activeCheck: "Parse.",
            passiveCheck: "Path value without lr → FAIL."),
        Requirement(
            "OB-EP-009", section: "5626 §5.3", level: .statement, levelText: "statement", binds: "edge",
            sentence: """
                Topmost Route names the edge and has a token: compare the token's flow with the request's source IP + \
                port. Equal = outgoing, else incoming.
                """,
            activeCheck: """
                Send a mid-dialog request from the UA's own flow and from elsewhere with the same Route; the first \
                goes onward, the second to the UA.
                """,
            passiveCheck: """
                Core + UA side capture: request with token arriving from the UA and sent back to the UA → FAIL (loop). \
                One side only → HALF.
                """),
        Requirement(
            "OB-EP-010", section: "5626 §5.3.1", level: .must, levelText: "statement / MUST-like", binds: "edge",
            sentence: """
                Incoming: Route value removed, request sent over the flow in the token, not to the Request-URI \
                address.
                """,
            activeCheck: """
                From the fake core send INVITE/MESSAGE with Route = stored Path and a bogus Contact host as \
                Request-URI; it must arrive on the UA's existing connection, without that Route.
                """,
            passiveCheck: "Request sent by a new connection or to the Contact address → FAIL."),
        Requirement(
            "OB-EP-011", section: "5626 §5.3.1", level: .statement, levelText: "statement", binds: "edge",
            sentence: """
                Incoming dialog-forming request whose Route had ob: the edge sees to it that later requests of the \
                dialog reach the flow (e.g. Record-Route = that URI minus ob).
                """,
            activeCheck: """
                INVITE via Path; check Record-Route at the UA, then send BYE from the far side along the route set; \
                must arrive on the flow.
                """,
            passiveCheck: """
                Dialog-forming request leaves the edge without any Record-Route of the edge → WARN; Record-Route \
                copied with ob left in → WARN.
                """),
        Requirement(
            "OB-EP-012", section: "5626 §5.3.1", level: .should, levelText: "SHOULD", binds: "edge",
            sentence: "Tampered token → 403.",
            activeCheck: """
                Flip one bit in MAC, protocol, local, remote part; truncate; append; empty; non-base64. 403 = pass; \
                other 4xx/5xx = WARN; delivered to any UA = FAIL.
                """,
            passiveCheck: "Cannot be told without the key → unknown."),
        Requirement(
            "OB-EP-013", section: "5626 §5.3.1, §11.5", level: .should, levelText: "SHOULD", binds: "edge",
            sentence: "Flow no longer there → 430.",
            activeCheck: """
                Close the UA's TCP connection, then send via the old token: 430 = pass; 408/480/404/5xx = WARN; new \
                connection to the UA's old address = FAIL.
                """,
            passiveCheck: """
                After UA-side FIN/RST, request with that token answered other than 430 → WARN. FIN not captured → \
                LATE.
                """),
        Requirement(
            "OB-EP-014", section: "5626 §5.3.2, §9.5", level: .statement, levelText: "statement", binds: "edge",
            sentence: "Outgoing with token: own Route removed, then normal routing.",
            activeCheck: "UA sends BYE with the tokened Route; far side gets it without that Route.",
            passiveCheck: "Route of the edge still on top behind the edge → FAIL."),
        Requirement(
            "OB-EP-015", section: "5626 §5.3.2", level: .statement, levelText: "statement", binds: "edge",
            sentence: """
                Outgoing dialog-forming request whose Contact (or top Route) has ob: mid-dialog requests must reach \
                the UA's flow (how is free; Record-Route with token is usual).
                """,
            activeCheck: """
                INVITE with Contact …;ob, private host; far side answers, then sends BYE by the route set; must arrive \
                on the flow. Repeat without Supported: outbound, without reg-id and +sip.instance: these are not \
                preconditions.
                """,
            passiveCheck: """
                Core-side: such an INVITE leaves without a Record-Route of the edge → WARN; BYE then lost or sent to a \
                private address → FAIL.
                """),
        Requirement(
            "OB-EP-016", section: "5626 §5.3", level: .statement, levelText: "statement", binds: "edge",
            sentence: "Top Route is the edge but has no token: remove it and go on as usual.",
            activeCheck: "REGISTER/INVITE with Route: <sip:edge;lr>.",
            passiveCheck: "403 or 430 for a token-less Route → WARN."),
        Requirement(
            "OB-EP-017", section: "5626 §5.4", level: .must, levelText: "MUST", binds: "edge",
            sentence: "STUN server on every SIP UDP port (see OB-STUN-011).",
            activeCheck: "stun-ping to each advertised UDP port.",
            passiveCheck: "See OB-STUN-011."),
        Requirement(
            "OB-EP-018", section: "5626 §5.4", level: .must, levelText: "MUST", binds: "edge",
            sentence: "Answers CRLF pings (see OB-KA-010).",
            activeCheck: "See OB-KA-010.",
            passiveCheck: "See OB-KA-010."),
        Requirement(
            "OB-EP-019", section: "5626 §11.6", level: .must, levelText: "MUST NOT", binds: "proxies",
            sentence: "No 439 to a request that lacks reg-id or the outbound tag.",
            activeCheck: "REGISTER without reg-id; with reg-id but no tag; OPTIONS: none may draw 439.",
            passiveCheck: "439 to such a request → FAIL for whoever sent it."),
        Requirement(
            "OB-EP-020", section: "5626 §3.4 (non-norm.), §5.2", level: .derived, levelText: "derived",
            binds: "edge",
            sentence: """
                A token of a dead connection does not match a new connection with the same addresses and ports.
                """,
            activeCheck: """
                TCP from fixed source port, register, close with RST, connect again from the same port, send via the \
                old token: 430 = pass; delivered = WARN.
                """,
            passiveCheck: "Same token after FIN + SYN with an equal 5-tuple → INFO."),
        Requirement(
            "OB-EP-021", section: "5626 §5.2, §9.3", level: .derived, levelText: "derived", binds: "edge",
            sentence: """
                After a restart, old tokens give 430 if still verifiable or 403 if the key was lost; never a wrong \
                flow, never a crash.
                """,
            activeCheck: "Restart the embedded edge; with a real one, operator step.",
            passiveCheck: """
                All tokens change at one moment + connections reset → mark 'edge restart' and excuse related failures.
                """),
        Requirement(
            "OB-EP-022", section: "derived from §6, §4.2.1", level: .derived, levelText: "derived", binds: "edge",
            sentence: """
                reg-id, +sip.instance, Supported: outbound pass upstream, Require: outbound, Path and Flow-Timer pass \
                downstream, unchanged.
                """,
            activeCheck: "Compare both sides.",
            passiveCheck: "Parameter lost across the edge → FAIL naming the edge; one side only → HALF."),
        Requirement(
            "OB-EP-023", section: "5626 §5.3.1", level: .derived, levelText: "derived", binds: "edge",
            sentence: """
                The text names no source check for an incoming request with a valid token: the token itself is the \
                authority, so leaking one lets outsiders reach the flow.
                """,
            activeCheck: "Send a request with a valid stolen token from an outsider: INFO what happens.",
            passiveCheck: "INFO."),
    ]
}
