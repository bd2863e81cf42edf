/// What is asked of keep-alives in common, and of CRLF keep-alives (RFC 5626 §4.4.1, §5.4).
extension RequirementTable {
    static let rowsOB_KA: [Requirement] = [
        Requirement(
            "OB-KA-001", section: "5626 §4.4", level: .statement, levelText: "statement", binds: "UA",
            sentence: "An outbound-registered UA keeps every flow alive on its own schedule.",
            activeCheck: "Two edges: each must see keep-alives.",
            passiveCheck: """
                Flow registered with outbound, no keep-alive for longer than the applicable bound + tolerance, and the \
                flow still in use → FAIL. 2xx not in capture → unknown LATE.
                """),
        Requirement(
            "OB-KA-002", section: "5626 §4.4.1", level: .must, levelText: "MUST / MUST NOT", binds: "UA",
            sentence: "CRLF keep-alive only on connection-oriented transports, never on UDP.",
            activeCheck: "UDP run: any datagram made only of CR/LF → FAIL.",
            passiveCheck: """
                UDP payload of 1–8 bytes, all CR/LF, from a client to a SIP port → FAIL (name the habit). Empty, NUL \
                or jaK style payloads → WARN 'non-standard keep-alive'. Registered without outbound: INFO. CR/LF where no \
                REGISTER was seen → unknown LATE.
                """),
        Requirement(
            "OB-KA-003", section: "5626 §4.4.1", level: .grammar, levelText: "grammar", binds: "UA, server",
            sentence: "Ping is exactly CR LF CR LF; pong exactly CR LF.",
            activeCheck: "Byte-compare between messages.",
            passiveCheck: """
                Client sends a lone CRLF as keep-alive on a stream → WARN (not a ping, gets no pong). Server answers \
                CRLFCRLF → WARN.
                """),
        Requirement(
            "OB-KA-004", section: "5626 §4.4.1", level: .must, levelText: "MUST-like", binds: "any",
            sentence: "Ping and pong stand between SIP messages, never inside one.",
            activeCheck: """
                While a large MESSAGE is streaming in slowly, watch that no pong or ping cuts into the reverse \
                stream's messages.
                """,
            passiveCheck: """
                After Content-Length framing, CRLF runs inside a header block or body that break the message → FAIL. \
                Stream joined mid-way: judge only after the first clean start-line; before → unknown LATE.
                """),
        Requirement(
            "OB-KA-005", section: "5626 §4.4.1", level: .statement, levelText: "statement", binds: "any",
            sentence: "Under TLS, the CRLFs go inside the TLS channel.",
            activeCheck: "TLS run with the embedded edge.",
            passiveCheck: """
                No keys → unknown ENC. Hint only: isolated client record with 4 plaintext bytes answered by one with 2 \
                (TLS 1.3 records of 21 and 19 bytes; TLS 1.2 AES-GCM 28 and 26; ChaCha20 20 and 18). Never turn the \
                hint into FAIL.
                """),
        Requirement(
            "OB-KA-006", section: "5626 §4.4.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                No pong within 10 s of the ping → flow has failed (if a message is being received when the 10 s end, \
                decide right after processing it).
                """,
            activeCheck: """
                Embedded edge swallows one ping: within 10–12 s the UA must drop the flow and re-register with the \
                same reg-id (delay per OB-REC). Reaction before 9.5 s → WARN; none in 20 s → FAIL.
                """,
            passiveCheck: """
                Ping without pong for 10.5 s, and the UA sends later pings or requests on the same connection without \
                a new flow → FAIL. Missing reverse direction → HALF; TCP hole → GAP; ends within 10.5 s → CUT. \
                Outbound not confirmed for the flow → not judged (OB-KA-013).
                """),
        Requirement(
            "OB-KA-007", section: "5626 §4.4.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: "The client implements CRLF keep-alive.",
            activeCheck: "TCP run: at least one ping within the bound.",
            passiveCheck: "As OB-KA-001."),
        Requirement(
            "OB-KA-008", section: "5626 §4.4.1", level: .must, levelText: "MUST / SHOULD", binds: "UA",
            sentence: """
                Without Flow-Timer: interval is random between an upper bound and 20 % less (MUST); default upper \
                bound 120 s (lower 95) or, on battery, 840 s (lower 672) (SHOULD).
                """,
            activeCheck: "Run 6+ pings without Flow-Timer (or a time-scaled UA): all in [95,120] or [672,840].",
            passiveCheck: """
                Constant interval → FAIL when 5+ intervals span less than 2 % of their mean (chance for a conforming \
                UA: below 0.1 %). Random but outside both windows ± 1 s → WARN (bound is configurable). Fewer than 5 \
                intervals → randomness unknown.
                """),
        Requirement(
            "OB-KA-009", section: "5626 §4.4.1", level: .statement, levelText: "statement", binds: "UA",
            sentence: "A new random number for every ping.",
            activeCheck: "Intervals pairwise different by > 0.1 s in the main.",
            passiveCheck: "Part of OB-KA-008: the same offset repeated (one draw at start) → FAIL."),
        Requirement(
            "OB-KA-010", section: "5626 §5.4", level: .must, levelText: "MUST", binds: "edge, registrar",
            sentence: """
                A double CRLF between messages on a stream gets a single CRLF at once on the same connection.
                """,
            activeCheck: """
                register-test: send CRLFCRLF after connect, after REGISTER, and 30 s later; expect exactly 0D 0A; > 1 \
                s → WARN, > 10 s → FAIL. Do it with and without prior registration: the rule is not tied to \
                registration.
                """,
            passiveCheck: """
                Ping acknowledged by TCP but no pong in 10.5 s while the server sends other data → FAIL; server silent \
                altogether → FAIL 'flow dead' with the last sign of life. HALF/GAP/CUT → unknown. Pong carried after \
                other data is fine.
                """),
        Requirement(
            "OB-KA-011", section: "5626 §5.4; derived", level: .derived, levelText: "derived", binds: "server",
            sentence: "A ping split over segments or TLS records (1+3, 2+2, 3+1 bytes) still gets one pong.",
            activeCheck: "Send CR, then LF CR LF, with 200 ms gaps; expect one pong, none early.",
            passiveCheck: "Count after reassembly."),
        Requirement(
            "OB-KA-012", section: "5626 §4.4.1; derived", level: .derived, levelText: "derived", binds: "server",
            sentence: "The blank line that ends a header block (with or without a body) is not a ping.",
            activeCheck: "Send OPTIONS with Content-Length 0 and with a body full of CRLFCRLF; no stray pong.",
            passiveCheck: "More pongs than pings on a stream → WARN."),
        Requirement(
            "OB-KA-013", section: "5626 §4.4", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                A client may send double CRLF on any SIP stream, but may expect a pong only after outbound \
                registration or an explicit sign (config, keep, OB-UA-031).
                """,
            activeCheck: """
                Fake server without Require: outbound that never pongs: the UA must not kill the flow after 10 s.
                """,
            passiveCheck: "Flow dropped 10 s after an unanswered ping although outbound was not confirmed → WARN."),
        Requirement(
            "OB-KA-014", section: "derived from §5.4", level: .derived, levelText: "derived", binds: "server",
            sentence: "n pings in one segment get n pongs (or at least one); never pong to pong.",
            activeCheck: "Send two pings in 8 bytes: 2 pongs = pass, 1 = WARN. Send a lone CRLF: no answer.",
            passiveCheck: "Pongs > pings, or CRLF ping-pong storms → FAIL."),
        Requirement(
            "OB-KA-015", section: "3261 §7.5", level: .must, levelText: "MUST", binds: "any",
            sentence: "CRLFs before a start-line on a stream are ignored.",
            activeCheck: """
                Send CRLF + REGISTER in one segment, then the pong and a 200 in one segment to the UA; both must \
                parse.
                """,
            passiveCheck: "Message right after a lone CRLF is not answered or draws 400 → FAIL."),
        Requirement(
            "OB-KA-016", section: "5626 §4.4", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                The method follows the transport picked by RFC 3263 resolution: streams → CRLF, datagrams → STUN.
                """,
            activeCheck: "Serve both transports; check the pairing.",
            passiveCheck: """
                STUN bytes (00 01 … 2112A442) on TCP/TLS/WS → FAIL (OB-STUN-001); CRLF on UDP → FAIL (OB-KA-002).
                """),
        Requirement(
            "OB-KA-017", section: "5626 §4.4, §4.5", level: .statement, levelText: "statement", binds: "UA",
            sentence: "Failed flow → new flow to the same URI, then REGISTER with the same reg-id.",
            activeCheck: "Kill the connection (FIN, RST, silent drop); same reg-id must return.",
            passiveCheck: "After FIN/RST a REGISTER with a new reg-id → FAIL. None before the capture's end → CUT."),
        Requirement(
            "OB-KA-018", section: "5626 §3.5", level: .nonNormative, levelText: "non-normative", binds: "any",
            sentence: """
                Transport-native keep-alives (TCP probes) are outside this spec and prove nothing to the server.
                """,
            activeCheck: "",
            passiveCheck: """
                Never count 0/1-byte TCP keep-alive probes, TLS heartbeats, OPTIONS or re-REGISTERs as pings; list \
                them as 'other liveness traffic'.
                """),
        Requirement(
            "OB-KA-019", section: "5626 §4.4.1", level: .statement, levelText: "statement", binds: "any",
            sentence: "Under SigComp, CRLFs go inside the compressed stream; a double CRLF is one SigComp message.",
            activeCheck: "",
            passiveCheck: "First byte ≥ 0xF8 → unknown ENC (compressed)."),
        Requirement(
            "OB-KA-020", section: "3261 §18", level: .should, levelText: "SHOULD", binds: "server",
            sentence: """
                A connection stays open at least as long as a transaction may last (64*T1 = 32 s) after the last \
                message.
                """,
            activeCheck: "Open TCP, send OPTIONS, wait: close before 32 s → WARN.",
            passiveCheck: "Server FIN < 32 s after the last message on a registered flow → WARN."),
    ]
}
