/// Terms, in plain words.
extension ExplanationTable {
    static let terms: [Explanation] = [
        Explanation(
            "flow", .term,
            title: "flow",
            section: "RFC 5626 §2.1",
            meaning: """
                A transport and the two address and port pairs between which messages go: a TCP or TLS connection, or \
                a UDP pair on one socket. Outbound registers flows, not addresses: requests come back over the flow \
                that the phone opened.
                """,
            usuallyWrong: """
                NATs forget idle flows; servers close them; phones change network. Nobody notices without keep-alives.
                """,
            whatToDo: "Keep it alive, and make a new one with the same reg-id when it has failed.",
            requirements: ["OB-KA-001", "OB-KA-017", "OB-REC-012"],
            diagnoses: ["DX-KA-09"]),
        Explanation(
            "flow token", .term,
            aliases: ["flow-token", "token"],
            title: "flow token",
            section: "RFC 5626 §5.1, §5.2, §5.3",
            meaning: """
                What an edge writes into its Path and Record-Route URIs, mostly as user part, to find a phone's flow \
                again. It must be unique to the flow and safe from tampering: usually transport and addresses with a \
                MAC under a secret of the edge.
                """,
            usuallyWrong: """
                No MAC or one under a public key (Kamailio 5.6.0-5.7.6, 5.8.0-5.8.5): anyone can make tokens. Key lost \
                at restart: 403 for all. Addresses inside are readable by everybody.
                """,
            whatToDo: "sipob token decode shows what is in it; sipob token verify checks the MAC with your secret.",
            requirements: ["OB-EP-002", "OB-EP-003", "OB-EP-012", "OB-TOK-001", "OB-TOK-002", "OB-TOK-008"],
            diagnoses: ["DX-TOK-01", "DX-TOK-02", "DX-TOK-04"]),
        Explanation(
            "edge proxy", .term,
            aliases: ["edge", "first hop"],
            title: "edge proxy",
            section: "RFC 5626 §2.1, §5",
            meaning: """
                The proxy at the rim, between phones and the network behind. If it is the first hop (one Via), it puts \
                a flow token and ob into Path, sends requests with that token over the flow, answers keep-alives, and \
                says 430 when the flow is gone.
                """,
            usuallyWrong: "Outbound is loaded but not used; no STUN on UDP; connections closed before Flow-Timer.",
            whatToDo: "Try it with sipob register-test --edge; see what its phones get with sipob pcap-audit.",
            requirements: ["OB-EP-001", "OB-EP-010", "OB-EP-013", "OB-EP-017", "OB-EP-018"],
            diagnoses: ["DX-TOK-14", "DX-STUN-01"]),
        Explanation(
            "authoritative proxy", .term,
            title: "authoritative proxy",
            section: "RFC 5626 §2.1, §7",
            meaning: """
                The proxy that knows the bindings of an AOR and sends requests to it: one flow of a device at a time, \
                the next one after 430 or timeout.
                """,
            usuallyWrong: "It rings both flows at once, or gives up after the first.",
            whatToDo: "Kamailio: t_load_contacts(), t_next_contacts(), t_next_contact_flow().",
            requirements: ["OB-AP-001", "OB-AP-002", "OB-AP-003"],
            diagnoses: ["DX-BIND-03"]),
        Explanation(
            "binding", .term,
            title: "binding",
            section: "RFC 3261 §10; RFC 5626 §6",
            meaning: """
                What a registrar stores for an AOR: Contact, expiry, Path, and with outbound instance and reg-id. Key \
                of an outbound binding: AOR, instance, reg-id.
                """,
            usuallyWrong: "Old bindings pile up and calls go to dead ports, where the key is the Contact URI.",
            whatToDo: "Enable outbound on the registrar.",
            requirements: ["OB-REG-014", "OB-REG-015", "OB-REG-025"],
            diagnoses: ["DX-BIND-01", "DX-BIND-02"]),
        Explanation(
            "keep-alive", .term,
            aliases: ["keepalive"],
            title: "keep-alive",
            section: "RFC 5626 §3.5, §4.4",
            meaning: """
                What a phone sends on a flow so that NATs keep it open and both ends know that it lives: CRLF pings on \
                TCP, TLS and WebSocket, STUN Binding requests on UDP. Every 80-100 % of Flow-Timer; without it 95-120 \
                s on streams and 24-29 s on UDP, at random. Due once a 2xx had Require: outbound.
                """,
            usuallyWrong: """
                None at all; fixed intervals; CRLF on UDP; no reaction to a missing answer. TCP's own keep-alive and \
                OPTIONS do not count.
                """,
            whatToDo: "sipob pcap-audit judges every flow of a capture.",
            requirements: ["OB-KA-001", "OB-KA-008", "OB-FT-004", "OB-STUN-003", "OB-KA-018"],
            diagnoses: ["DX-KA-01", "DX-KA-11", "DX-FT-13"]),
        Explanation(
            "CRLF ping", .term,
            aliases: ["ping", "pong", "CRLF", "double CRLF"],
            title: "ping and pong: the CRLF keep-alive",
            section: "RFC 5626 §4.4.1, §5.4",
            meaning: """
                On a stream the client sends CR LF CR LF between messages, the ping; the server answers one CR LF at \
                once, the pong. No pong within 10 seconds: the flow has failed.
                """,
            usuallyWrong: """
                A lone CRLF sent as ping; CRLF in UDP datagrams; a receiver that wants all four octets in one segment; \
                a pong left in the client's buffer, which spoils the next answer; pings inside a half-sent message.
                """,
            whatToDo: "sipob crlf-ping asks the server; sipob pcap-audit watches the phone.",
            requirements: ["OB-KA-002", "OB-KA-003", "OB-KA-006", "OB-KA-010", "OB-KA-011"],
            diagnoses: ["DX-KA-03", "DX-KA-04", "DX-KA-05", "DX-KA-07", "DX-KA-08"]),
        Explanation(
            "STUN", .term,
            aliases: ["binding request", "binding response", "stun binding"],
            title: "STUN keep-alive: Binding request and response",
            section: "RFC 5626 §4.4.2, §8; RFC 8489",
            meaning: """
                On UDP the client sends a STUN Binding request (20 octets, type 0x0001) to the SIP port itself; the \
                server answers with the source address that it saw. No answer, an error, or another address than \
                before: the flow has failed.
                """,
            usuallyWrong: """
                No STUN server on the SIP port (Kamailio without stun.so); STUN from another socket than SIP's; \
                indications, which get no answer; a changed address that nobody acts on.
                """,
            whatToDo: "sipob stun-ping sip:edge asks it, with the retransmissions of RFC 8489.",
            requirements: ["OB-STUN-001", "OB-STUN-003", "OB-STUN-004", "OB-STUN-006", "OB-STUN-011"],
            diagnoses: ["DX-STUN-01", "DX-STUN-04", "DX-STUN-08"]),
        Explanation(
            "mapped address", .term,
            aliases: ["XOR-MAPPED-ADDRESS", "MAPPED-ADDRESS"],
            title: "mapped address: XOR-MAPPED-ADDRESS, MAPPED-ADDRESS",
            section: "RFC 8489 §14.1, §14.2; RFC 5626 §4.4.2",
            meaning: """
                The client's address and port as the server sees them, behind all NATs. XOR-MAPPED-ADDRESS (0x0020) is \
                masked with the magic cookie, so that no ALG rewrites it; MAPPED-ADDRESS (0x0001) is the old plain \
                form.
                """,
            usuallyWrong: """
                It changes when the NAT forgets the flow: inbound calls then go nowhere until the phone registers \
                again. Only the plain form: a server of RFC 3489.
                """,
            whatToDo: "A change is a flow failure: register again with the same reg-id.",
            requirements: ["OB-STUN-006", "OB-STUN-009", "OB-STUN-010"],
            diagnoses: ["DX-STUN-02", "DX-STUN-04", "DX-NAT-03"]),
        Explanation(
            "magic cookie", .term,
            aliases: ["transaction ID", "cookie"],
            title: "magic cookie and transaction ID",
            section: "RFC 8489 §5",
            meaning: """
                The fixed word 0x2112A442 that marks STUN after RFC 3489, and the 96 random bits by which an answer is \
                matched to its request. A retransmission keeps the transaction ID, a new keep-alive has a new one.
                """,
            usuallyWrong: """
                Requests without the cookie are of RFC 3489: servers ignore them or answer in the old form. Reused IDs \
                match old answers.
                """,
            whatToDo: "Upgrade the STUN client.",
            requirements: ["OB-STUN-015", "OB-STUN-023", "OB-STUN-029"],
            diagnoses: ["DX-STUN-07", "DX-STUN-02"]),
        Explanation(
            "FINGERPRINT", .term,
            aliases: ["SOFTWARE", "ERROR-CODE", "UNKNOWN-ATTRIBUTES"],
            title: "FINGERPRINT, SOFTWARE, ERROR-CODE, UNKNOWN-ATTRIBUTES",
            section: "RFC 8489 §14",
            meaning: """
                STUN attributes that a Binding exchange may hold: a CRC-32 at the end (0x8028), the sender's name \
                (0x8022), the code of an error (0x0009), and the attributes that were not understood (0x000A). Types \
                from 0x8000 up may be ignored, those below not.
                """,
            usuallyWrong: """
                Clients that insist on an order of attributes; servers that take a wrong FINGERPRINT, or answer an \
                unknown attribute with success.
                """,
            whatToDo: "sipob stun-ping prints and checks them.",
            requirements: ["OB-STUN-020", "OB-STUN-021", "OB-STUN-022", "OB-STUN-025", "OB-STUN-031"],
            diagnoses: ["DX-STUN-03"]),
        Explanation(
            "RTO", .term,
            aliases: ["Rc", "Rm"],
            title: "RTO, Rc, Rm: how a STUN request is repeated",
            section: "RFC 8489 §6.2.1",
            meaning: """
                RTO is the first wait, 500 ms, doubled at each repetition; Rc = 7 requests in all; Rm = 16: the wait \
                after the last, in RTOs. Sent at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, given up at 39.5 s.
                """,
            usuallyWrong: """
                Clients that give up after one or two seconds call good flows dead; clients that never repeat call \
                every lost datagram a failure.
                """,
            whatToDo: "Use the defaults.",
            requirements: ["OB-STUN-004", "OB-STUN-016", "OB-STUN-017", "OB-STUN-018"],
            diagnoses: ["DX-STUN-08"]),
        Explanation(
            "back-off", .term,
            aliases: ["backoff", "recovery", "retry"],
            title: "flow recovery and back-off",
            section: "RFC 5626 §4.5",
            meaning: """
                After a failure wait, then try again: W = min(1800 s, base doubled per consecutive failure), base 30 s \
                if all flows failed, 90 s if some live; the wait is random in 50-100 % of W. A flow counts as good \
                again after a 2xx and an answered keep-alive.
                """,
            usuallyWrong: "Constant retries every few seconds, all phones at once; or giving up.",
            whatToDo: "Phone: implement the table; never stop trying.",
            requirements: ["OB-REC-002", "OB-REC-003", "OB-REC-004", "OB-REC-005", "OB-REC-008"],
            diagnoses: ["DX-KA-11"]),
        Explanation(
            "storm", .term,
            aliases: ["avalanche-restart", "fleet", "outage"],
            title: "storm of registrations",
            section: "RFC 5626 §3.5, §4.5",
            meaning: """
                An edge that restarts loses all of its flows at once, and its phones come back together: the avalanche \
                restart. Waits drawn at random spread them over 15 to 30 s, or 45 to 90 s while another flow is alive; \
                Appendix A lets a phone try at once after a good flow.
                """,
            usuallyWrong: "All phones try in the same second, then again every few seconds, and the edge falls over.",
            whatToDo: """
                Phone: wait at random, and register over two edges. Edge: close a few flows a second before a stop. \
                pcap-audit tells outages and storms, and keep-alives of many phones that come together, from 20 flows up.
                """,
            requirements: ["OB-REC-003", "OB-REC-010", "OB-KA-008"],
            diagnoses: ["DX-KA-11"]),
        Explanation(
            "outbound-proxy-set", .term,
            title: "outbound-proxy-set",
            section: "RFC 5626 §2.1, §4.2.1",
            meaning: """
                The URIs of the edges that a phone registers through: at least two possible, four should be. One \
                registration and one reg-id each.
                """,
            usuallyWrong: "Phones that take one URI only, or use the second only after the first failed.",
            whatToDo: "Configure two edges and look for two reg-ids at the registrar.",
            requirements: ["OB-UA-001", "OB-UA-002", "OB-UA-006"],
            diagnoses: []),
    ]
}
