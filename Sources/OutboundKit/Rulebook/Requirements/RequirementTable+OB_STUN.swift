/// What is asked of STUN keep-alives on SIP flows (RFC 5626 §4.4.2, §8; RFC 8489).
extension RequirementTable {
    static let rowsOB_STUN: [Requirement] = [
        Requirement(
            "OB-STUN-001", section: "5626 §4.4.2", level: .must, levelText: "MUST / MUST NOT", binds: "UA",
            sentence: "STUN keep-alive only on connection-less transports; never on TCP, SCTP (nor TLS, WS).",
            activeCheck: """
                TCP run of the UA: no STUN bytes. Server: STUN on a TCP flow must not crash it (close or 400 is fine).
                """,
            passiveCheck: "STUN header at a message boundary on a SIP stream → FAIL."),
        Requirement(
            "OB-STUN-002", section: "5626 §4.4.2", level: .must, levelText: "MUST", binds: "UA",
            sentence: "Client implements STUN keep-alive.",
            activeCheck: "UDP + Require: outbound: a Binding request within 29 s (or F).",
            passiveCheck: "As OB-KA-001 for UDP."),
        Requirement(
            "OB-STUN-003", section: "5626 §4.4.2", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: "Without Flow-Timer the interval is random in 24–29 s.",
            activeCheck: "6+ intervals in [24,29] ± 0.5 s, not constant.",
            passiveCheck: """
                Outside → WARN; constant (range < 2 % of mean over 5+) → WARN. Count transactions, not retransmissions \
                (same transaction ID).
                """),
        Requirement(
            "OB-STUN-004", section: "5626 §4.4.2; 8489 §6.2.1", level: .statement, levelText: "statement",
            binds: "UA",
            sentence: "No response after all transmissions → flow failed.",
            activeCheck: """
                Swallow STUN: after 39.5 s at RTO 500 ms a recovery REGISTER (plus OB-REC delay) must come; reaction < \
                7 s or > 80 s → WARN (RTO may differ).
                """,
            passiveCheck: """
                Unanswered transaction, and no new REGISTER within 39.5 s + 180 s → FAIL. HALF/CUT as usual.
                """),
        Requirement(
            "OB-STUN-005", section: "5626 §4.4.2", level: .statement, levelText: "statement", binds: "UA",
            sentence: "A Binding error response = flow failed.",
            activeCheck: "Answer 400, 420, 500 in turn; a REGISTER must follow; no endless STUN retry.",
            passiveCheck: "Error response and the same flow used on with STUN only → FAIL."),
        Requirement(
            "OB-STUN-006", section: "5626 §4.4.2, §8", level: .must, levelText: "MUST", binds: "UA",
            sentence: "A changed XOR-MAPPED-ADDRESS (ip or port) is a flow failure.",
            activeCheck: """
                Embedded edge lies about the port from the 3rd answer on: REGISTER with the same reg-id must follow.
                """,
            passiveCheck: """
                Two successive responses of one flow with different mapped addresses and no REGISTER within 180 s + \
                tol → FAIL. Compare the first response with later ones, not with the socket's address.
                """),
        Requirement(
            "OB-STUN-007", section: "5626 §4.4, §8", level: .must, levelText: "MUST NOT", binds: "any SIP node",
            sentence: """
                No STUN to a SIP hop without an explicit sign of support: Require: outbound, ob in Path of the 2xx, \
                RFC 6223 keep, or target-specific config.
                """,
            activeCheck: "OB-UA-010 run B.",
            passiveCheck: """
                STUN to a SIP port before or without such a sign → FAIL, but 'unknown CONF' if the user says config \
                allows it; sign possibly before capture start → LATE.
                """),
        Requirement(
            "OB-STUN-008", section: "5626 §8", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "A vague option ('work through NATs', 'do keep-alives') does not count as the sign.",
            activeCheck: "Documentation check, not a wire check.",
            passiveCheck: ""),
        Requirement(
            "OB-STUN-009", section: "5626 §8", level: .must, levelText: "MUST", binds: "server",
            sentence: "Success response carries XOR-MAPPED-ADDRESS.",
            activeCheck: "stun-ping: present, family, port and address = own view if no NAT.",
            passiveCheck: "0x0101 without 0x0020 → FAIL; only MAPPED-ADDRESS (0x0001) → FAIL 'RFC 3489 server'."),
        Requirement(
            "OB-STUN-010", section: "8489 §6.3.1.1", level: .statement, levelText: "statement", binds: "server",
            sentence: "XOR-MAPPED-ADDRESS holds the request's source transport address.",
            activeCheck: """
                On loopback: equal to the local socket, for IPv4 and IPv6 (XOR with cookie + transaction ID).
                """,
            passiveCheck: """
                Decoded value ≠ source of the request datagram → FAIL at server-side vantage; behind NAT → SIDE \
                unknown.
                """),
        Requirement(
            "OB-STUN-011", section: "5626 §5.4, §8", level: .must, levelText: "MUST", binds: "edge, registrar",
            sentence: "Every interface + UDP port that takes SIP also answers STUN Binding.",
            activeCheck: """
                stun-ping to each SIP UDP port, before and after REGISTER; the rule does not depend on registration. \
                No answer in 39.5 s → FAIL; SIP 400 or other SIP text → FAIL.
                """,
            passiveCheck: "STUN request unanswered while SIP on that port is answered → FAIL; HALF/CUT → unknown."),
        Requirement(
            "OB-STUN-012", section: "5626 §8", level: .statement, levelText: "statement", binds: "server",
            sentence: "A request needs no attributes; the server must not demand credentials.",
            activeCheck: "Bare 20-octet request → success. 401 → FAIL.",
            passiveCheck: "401/400 to a bare request → FAIL."),
        Requirement(
            "OB-STUN-013", section: "5626 §8; 8489 §6.3.1.2", level: .statement, levelText: "statement",
            binds: "UA, server",
            sentence: "Same 5-tuple as SIP; response from the address and port the request went to.",
            activeCheck: "Probe from the registered SIP socket. Response from another port → FAIL.",
            passiveCheck: """
                STUN from another local port than SIP → FAIL for the UA (it keeps the wrong binding open).
                """),
        Requirement(
            "OB-STUN-014", section: "5626 §8 note; 8489 §5", level: .statement, levelText: "statement", binds: "any",
            sentence: "Demultiplex: first octet 0 or 1 = STUN, SIP never starts so; top two bits 00.",
            activeCheck: """
                While a STUN transaction runs, send SIP to the UA/server on the same socket and the other way round; \
                both are served.
                """,
            passiveCheck: ""),
        Requirement(
            "OB-STUN-015", section: "8489 §5", level: .must, levelText: "MUST", binds: "any",
            sentence: """
                20-octet header, cookie 0x2112A442, length multiple of 4 without header, 96-bit transaction ID random \
                and new per transaction, kept on retransmission.
                """,
            activeCheck: "1000 requests: all distinct, no visible counter.",
            passiveCheck: """
                Transaction ID reused for a later keep-alive → FAIL (bit-equal resend of the same request is excused \
                by the text → WARN); wrong length → FAIL.
                """),
        Requirement(
            "OB-STUN-016", section: "8489 §6.2.1", level: .should, levelText: "SHOULD", binds: "client",
            sentence: """
                RTO 500 ms or more (fixed line: 500), doubled each time; Rc = 7 requests in all, then Rm = 16 RTO: \
                sends at 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s, gives up at 39.5 s.
                """,
            activeCheck: "stun-ping itself obeys; the UA is timed with a mute server, ± max(20 ms, 10 %).",
            passiveCheck: """
                Gaps not doubling, first gap < 450 ms, > 8 sends, or four requests in a row without an answer and none sent \
                again → WARN.
                """),
        Requirement(
            "OB-STUN-017", section: "5626 §4.4.2 vs 8489", level: .nonNormative, levelText: "ambiguity", binds: "UA",
            sentence: "5626 says '7 retransmissions'; STUN says 7 requests in all (6 retransmissions).",
            activeCheck: "Accept 7 or 8 sends.",
            passiveCheck: "No verdict on the difference."),
        Requirement(
            "OB-STUN-018", section: "8489 §6.2.1", level: .should, levelText: "SHOULD", binds: "client",
            sentence: """
                RTO is cached per server IP, 1 ms accuracy, Karn's rule, stale after 10 min without transactions.
                """,
            activeCheck: "INFO: print RTT, RTO used, retransmissions.",
            passiveCheck: "First gap after clean short RTTs may stay ≥ 500 ms; INFO only."),
        Requirement(
            "OB-STUN-019", section: "8489 §6.2.1", level: .statement, levelText: "statement", binds: "client",
            sentence: "Hard ICMP error ends the transaction as failed.",
            activeCheck: "Probe a closed port: report at once, not after 39.5 s.",
            passiveCheck: "ICMP port unreachable quoting the request, and more retransmissions → WARN."),
        Requirement(
            "OB-STUN-020", section: "8489 §6.3.1, §14.8", level: .must, levelText: "statement / MUST",
            binds: "server",
            sentence: """
                Unknown comprehension-required attribute (type < 0x8000) → error 420 with UNKNOWN-ATTRIBUTES (MUST) \
                that lists it.
                """,
            activeCheck: "Send attribute 0x7FFF: 420 + list = pass; success = FAIL; silence = WARN.",
            passiveCheck: "420 without the list → FAIL."),
        Requirement(
            "OB-STUN-021", section: "8489 §6.3", level: .must, levelText: "MUST", binds: "any",
            sentence: "Unknown comprehension-optional attributes (≥ 0x8000) are ignored.",
            activeCheck: """
                Add 0xC0DE; success expected. Answer the UA with SOFTWARE and 0xC0DE placed before XOR-MAPPED-ADDRESS: \
                must be accepted.
                """,
            passiveCheck: "Error or silence to such a request → FAIL."),
        Requirement(
            "OB-STUN-022", section: "8489 §6.3.1.1", level: .must, levelText: "MUST", binds: "server",
            sentence: "Error responses carry ERROR-CODE (class 3–6, number 0–99).",
            activeCheck: "From -020.",
            passiveCheck: "0x0111 without 0x0009 → FAIL."),
        Requirement(
            "OB-STUN-023", section: "8489 §5, §6.3", level: .must, levelText: "MUST", binds: "any",
            sentence: """
                Response echoes the transaction ID; a response that matches no open transaction, or with a bad cookie, \
                is dropped in silence.
                """,
            activeCheck: """
                Send the UA a forged response with another ID and other address: no flow failure may follow.
                """,
            passiveCheck: ""),
        Requirement(
            "OB-STUN-024", section: "8489 §6.3.3", level: .statement, levelText: "statement", binds: "client",
            sentence: """
                A success response must hold XOR-MAPPED-ADDRESS; unknown required attributes make the transaction \
                fail.
                """,
            activeCheck: """
                Answer without it, with it twice (first counts), with the other address family (may be accepted).
                """,
            passiveCheck: ""),
        Requirement(
            "OB-STUN-025", section: "8489 §7, §14.7; 5769", level: .may, levelText: "MAY", binds: "any",
            sentence: """
                FINGERPRINT is optional here; if present it is last and its CRC-32 XOR 0x5354554e must fit. A server \
                may not insist on it.
                """,
            activeCheck: """
                Vectors of RFC 5769 §2.1–2.4 in the codec tests. Probe without, with good, with bad FINGERPRINT (bad: \
                silence or error are fine).
                """,
            passiveCheck: "Bad CRC on a complete packet → FAIL."),
        Requirement(
            "OB-STUN-026", section: "8489 §6.3.2; 5626 §8", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                This usage has only Binding request, response and error; an indication (0x0011) gets no answer and \
                cannot detect failure.
                """,
            activeCheck: "Indication to the server: no response. UA that sends only indications → WARN.",
            passiveCheck: "Only 0x0011 seen → WARN 'no failure detection'."),
        Requirement(
            "OB-STUN-027", section: "8489 §6.3.1", level: .must, levelText: "MUST", binds: "server",
            sentence: "Each retransmission of a Binding request is answered (idempotent).",
            activeCheck: "Send the same request 3×: 3 equal answers (or at least one).",
            passiveCheck: "INFO."),
        Requirement(
            "OB-STUN-028", section: "5626 §8", level: .statement, levelText: "statement", binds: "any",
            sentence: "STUN goes to the next SIP hop only, never end to end.",
            activeCheck: "Edge under test must not forward STUN upstream.",
            passiveCheck: "Same transaction ID on both sides of a proxy → FAIL."),
        Requirement(
            "OB-STUN-029", section: "5626 §8", level: .statement, levelText: "statement", binds: "any",
            sentence: "No RFC 3489 compatibility is needed.",
            activeCheck: "Request without cookie: any reaction but a crash or a wrong cookie answer.",
            passiveCheck: ""),
        Requirement(
            "OB-STUN-030", section: "5626 §8.1", level: .statement, levelText: "statement", binds: "any",
            sentence: "With SigComp, STUN stays uncompressed (top bits: STUN 00, SigComp 11).",
            activeCheck: "",
            passiveCheck: "First octet ≥ 0xF8 → compressed SIP, unknown ENC."),
        Requirement(
            "OB-STUN-031", section: "8489 §6.1, §6.3.1.1", level: .should, levelText: "SHOULD", binds: "any",
            sentence: "SOFTWARE attribute in requests and responses.",
            activeCheck: "stun-ping prints the server's SOFTWARE.",
            passiveCheck: "INFO."),
    ]
}
