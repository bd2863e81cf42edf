/// What is asked of a user agent: registration and requests (RFC 5626 §4.2, §4.3).
extension RequirementTable {
    static let rowsOB_UA: [Requirement] = [
        Requirement(
            "OB-UA-001", section: "5626 §4.2.1", level: .must, levelText: "MUST / SHOULD", binds: "UA",
            sentence: "Supports an outbound-proxy-set of at least 2 URIs (MUST) and up to 4 (SHOULD).",
            activeCheck: """
                Start 2, then 4 embedded edges on loopback ports; configure the UA; count edges that get a REGISTER.
                """,
            passiveCheck: "Number of distinct reg-ids is INFO. Configuration is invisible → unknown CONF."),
        Requirement(
            "OB-UA-002", section: "5626 §4.2.1", level: .must, levelText: "SHOULD / MUST", binds: "UA",
            sentence: """
                Sends one REGISTER through each URI of the set (SHOULD); with more than one URI, through at least two \
                (MUST).
                """,
            activeCheck: """
                With a set of 2+, FAIL if fewer than two edges got a REGISTER within 32 s of start; WARN if fewer than \
                all.
                """,
            passiveCheck: "unknown CONF unless the set is given on the command line."),
        Requirement(
            "OB-UA-003", section: "5626 §4.2.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                Every REGISTER carries option tag outbound in Supported (long or compact name k, any position in a \
                list, tag compared without case).
                """,
            activeCheck: "Parse all Supported/k headers of the REGISTER.",
            passiveCheck: """
                REGISTER with reg-id but without the tag → FAIL. REGISTER without reg-id → not judged (UA may opt \
                out).
                """),
        Requirement(
            "OB-UA-004", section: "5626 §4.2.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: "REGISTER (other than third-party or remove-all) includes the instance-id.",
            activeCheck: "As OB-INST-001.",
            passiveCheck: "As OB-INST-001."),
        Requirement(
            "OB-UA-005", section: "5626 §4.2.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: "reg-id differs between concurrent registrations of one AOR + instance.",
            activeCheck: "Two edges: reg-ids must differ.",
            passiveCheck: """
                Two live flows, same AOR + instance, same reg-id, both refreshed alternately → FAIL. Second flow only \
                after the first died (FIN/RST/timeout) is the normal replacement, no fault. First flow's fate not \
                captured → unknown LATE.
                """),
        Requirement(
            "OB-UA-006", section: "5626 §4.2.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                The set of reg-id values, and the proxy each one goes to, is the same after every restart (values need \
                not be consecutive).
                """,
            activeCheck: "Restart the UA; map edge → reg-id must be identical.",
            passiveCheck: """
                reg-id that grows with each reconnection to the same edge → FAIL (bindings pile up). One registration \
                only → unknown.
                """),
        Requirement(
            "OB-UA-007", section: "5626 §4.2.1", level: .statement, levelText: "statement", binds: "UA",
            sentence: "Each concurrent registration uses its own Call-ID.",
            activeCheck: "Compare Call-IDs across edges.",
            passiveCheck: "Two concurrent reg-ids with equal Call-ID → WARN."),
        Requirement(
            "OB-UA-008", section: "5626 §10", level: .must, levelText: "MUST", binds: "UA",
            sentence: "reg-id is 1 … 2^31-1 (2147483647); 0 and ≥ 2^31 are forbidden.",
            activeCheck: "Parse; check as a decimal string, not via a narrow integer.",
            passiveCheck: "Out of range, sign, blank or non-digit → FAIL. Leading zeros are legal by ABNF → INFO."),
        Requirement(
            "OB-UA-009", section: "5626 §4.2.1", level: .must, levelText: "MUST", binds: "UA",
            sentence: "Supports Path and lists path in Supported of the REGISTER.",
            activeCheck: """
                Parse; also send a 200 with one and with three Path values and see that the UA carries on.
                """,
            passiveCheck: "REGISTER with reg-id but without path → FAIL."),
        Requirement(
            "OB-UA-010", section: "5626 §4.2.1, §4.4", level: .must, levelText: "statement / MUST NOT", binds: "UA",
            sentence: """
                Outbound is in force only if the 2xx has outbound in Require; keep-alives start then. Without it, no \
                STUN may be sent (OB-STUN-007) and no pong may be expected.
                """,
            activeCheck: """
                Run A: 200 with Require: outbound → first keep-alive within the applicable upper bound. Run B: 200 \
                without it → zero STUN on UDP for 60 s.
                """,
            passiveCheck: """
                Judge only flows whose 2xx is in the capture; else unknown LATE. Supported: outbound in the 2xx is not \
                enough.
                """),
        Requirement(
            "OB-UA-011", section: "5626 §4.2.1", level: .statement, levelText: "statement", binds: "UA",
            sentence: "If the registrar did not use outbound, the UA cleans up contacts that cannot be routed to.",
            activeCheck: """
                Answer 200 without Require: outbound; WARN if the UA keeps the private-address Contact bound and never \
                removes, re-registers without outbound, or relies on other NAT help.
                """,
            passiveCheck: "INFO only (policy, unknown CONF)."),
        Requirement(
            "OB-UA-012", section: "5626 §4.2.1 note; 3261 §21.5.4", level: .statement, levelText: "statement",
            binds: "UA",
            sentence: """
                503 with Retry-After: wait that long, then retry; 0 means at once; re-resolve DNS so that another host \
                can be chosen.
                """,
            activeCheck: """
                Send 503 Retry-After: 5, then 0; measure. With two SRV/A targets, retry should go to the other.
                """,
            passiveCheck: """
                Next REGISTER to that URI before the Retry-After has passed → FAIL (tolerance 0.5 s); after a 500 with \
                Retry-After (3261 §21.5.1) → WARN. Capture ends earlier → unknown CUT; another Call-ID, as of a phone \
                that was started anew → unknown SIDE.
                """),
        Requirement(
            "OB-UA-013", section: "5626 §4.2.1, §11.6", level: .may, levelText: "MAY", binds: "UA",
            sentence: """
                After 439 the UA may register without outbound (no reg-id, no outbound tag) or try another proxy.
                """,
            activeCheck: """
                Send 439; outcomes: plain REGISTER, other proxy, or stop = pass; identical REGISTER repeated without \
                the back-off of §4.5 = FAIL; forever unregistered with no report = WARN.
                """,
            passiveCheck: """
                Two byte-equal REGISTERs (bar CSeq, branch, auth) to the same URI less than 15 s apart after 439 → \
                FAIL.
                """),
        Requirement(
            "OB-UA-014", section: "5626 §4.2.2", level: .statement, levelText: "statement", binds: "UA",
            sentence: "Refresh uses the same instance, same reg-id, same flow.",
            activeCheck: "Short expires (60 s); refresh must arrive on the same connection / 5-tuple.",
            passiveCheck: """
                Refresh (same Call-ID, CSeq+1) on a new 5-tuple while the old one shows no FIN, RST, ICMP, missed pong \
                or mapped-address change → WARN. Old flow not fully captured → unknown LATE/GAP.
                """),
        Requirement(
            "OB-UA-015", section: "5626 §4.2.2", level: .statement, levelText: "statement", binds: "UA",
            sentence: "De-registration (expires 0) carries the same instance + reg-id as the binding.",
            activeCheck: "Quit the UA; expect expires=0 with both parameters.",
            passiveCheck: """
                expires=0 for a bound URI with different or missing reg-id → WARN (the binding would stay).
                """),
        Requirement(
            "OB-UA-016", section: "5626 §4.2.2", level: .should, levelText: "SHOULD NOT", binds: "UA",
            sentence: """
                A recoverable error on refresh (e.g. 503 + Retry-After) does not tear down a connection-oriented flow; \
                while pongs come, the flow stays until a non-recoverable error.
                """,
            activeCheck: """
                Answer refresh with 503 Retry-After: 10; connection must stay, pings go on, retry on the same \
                connection.
                """,
            passiveCheck: "UA-side FIN or RST within 32 s after such a 503 with all pings answered → WARN."),
        Requirement(
            "OB-UA-017", section: "5626 §4.2.3", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "No reg-id when registering on behalf of another instance.",
            activeCheck: "Only testable where the UA has a forward/third-party feature.",
            passiveCheck: """
                From URI ≠ To URI and reg-id present → WARN; ownership of the contact is invisible → else unknown ID.
                """),
        Requirement(
            "OB-UA-018", section: "5626 §4.2.3", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "Contact: * carries neither instance nor reg-id.",
            activeCheck: "Trigger remove-all; the line must be exactly '*' plus Expires: 0.",
            passiveCheck: "Contact: *;… → FAIL."),
        Requirement(
            "OB-UA-019", section: "5626 §4.3", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: "Other requests list outbound in Supported.",
            activeCheck: "Place a call; check INVITE, SUBSCRIBE, OPTIONS.",
            passiveCheck: """
                Missing on a dialog-forming request sent on an outbound-registered flow → WARN. ACK and CANCEL not \
                judged.
                """),
        Requirement(
            "OB-UA-020", section: "5626 §4.3", level: .must, levelText: "MUST", binds: "UA",
            sentence: "Non-TLS: if a flow to the resolved IP + port + protocol exists, it is reused.",
            activeCheck: "After registering over TCP, trigger a call; INVITE must use the same connection.",
            passiveCheck: """
                SYN to the same server ip:port:proto while the registered connection is open, followed by SIP of the \
                same account → FAIL. Several accounts on one host → unknown ID. No SYN in capture → unknown LATE.
                """),
        Requirement(
            "OB-UA-021", section: "5626 §4.3", level: .must, levelText: "MUST", binds: "UA",
            sentence: "TLS: reuse also needs the next-hop host to match a SAN URI/name of the peer certificate.",
            activeCheck: """
                Embedded TLS edge with a certificate that does not name the next hop: INVITE must not go over that \
                connection.
                """,
            passiveCheck: """
                Certificate hidden in TLS 1.3 → unknown ENC. In TLS 1.2 compare SAN with Route/Request-URI host only \
                if plaintext is at hand (key log).
                """),
        Requirement(
            "OB-UA-022", section: "5626 §4.3", level: .should, levelText: "SHOULD", binds: "UA",
            sentence: "With no usable flow, the UA forms a new one (datagram or connection).",
            activeCheck: "Close the flow from the server, then trigger a call; a new connection must come.",
            passiveCheck: "Outgoing call attempt visible only on signalling above → usually unknown CONF."),
        Requirement(
            "OB-UA-023", section: "5626 §4.3", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                Dialog-forming requests carry ob in the Contact URI unless the Contact is a GRUU made from an ob \
                contact.
                """,
            activeCheck: "Place INVITE and SUBSCRIBE; parse inside the angle brackets.",
            passiveCheck: """
                No ob and no gr on a dialog-forming request of an outbound UA → WARN. ;ob after '>' (header parameter) \
                → FAIL grammar.
                """),
        Requirement(
            "OB-UA-024", section: "5626 §4.3 note; 3581", level: .statement, levelText: "statement", binds: "UA",
            sentence: "On UDP the Via has an empty rport and the UA receives on the port it sends from.",
            activeCheck: "See OB-RPORT-001.",
            passiveCheck: "UDP REGISTER without rport → WARN."),
        Requirement(
            "OB-UA-025", section: "5626 §4.3", level: .statement, levelText: "statement", binds: "UA",
            sentence: "With a GRUU from an ob contact, requests go over the registration flow.",
            activeCheck: "GRUU run with the embedded registrar; compare 5-tuples.",
            passiveCheck: "Contact has gr and the request used another 5-tuple than the REGISTER → WARN."),
        Requirement(
            "OB-UA-026", section: "5626 §11.5; 3261 §8.1.3.2", level: .statement, levelText: "statement",
            binds: "UA",
            sentence: "An endpoint that gets 430 treats it as 400.",
            activeCheck: "Answer an INVITE with 430; the call fails cleanly, no instant retry.",
            passiveCheck: "430 seen travelling towards a UA → WARN against the proxy that let it through."),
        Requirement(
            "OB-UA-027", section: "5626 §4.2; derived", level: .derived, levelText: "derived", binds: "UA",
            sentence: """
                The UA finds its own binding in the 200 by instance + reg-id; other Contacts and their order mean \
                nothing.
                """,
            activeCheck: """
                Return three Contacts, the UA's own last, foreign ones with different expires and the same user part; \
                the UA must use its own expiry and stay registered.
                """,
            passiveCheck: """
                200 lists the binding, yet the UA re-registers at once or refreshes by another Contact's expiry → \
                WARN.
                """),
        Requirement(
            "OB-UA-028", section: "3261 §10.2", level: .must, levelText: "MUST / SHOULD", binds: "UA",
            sentence: """
                CSeq rises by one per REGISTER of a Call-ID (MUST); the same Call-ID is kept for refresh and, as the \
                §9.4 example shows, for re-registration after flow failure (SHOULD).
                """,
            activeCheck: "Compare across refresh and recovery.",
            passiveCheck: """
                CSeq equal or lower with the same Call-ID and a new branch → FAIL. New Call-ID at each refresh → WARN \
                (also kills temp GRUUs, OB-GRUU-003).
                """),
        Requirement(
            "OB-UA-029", section: "3261 §10.2", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: "No new registration while one is pending (no final answer, no timeout) for the same flow.",
            activeCheck: "Delay the 200 by 3 s; no second REGISTER with new CSeq.",
            passiveCheck: """
                Second REGISTER, higher CSeq, same flow, before a final response and within 32 s → FAIL. Server→client \
                direction missing → unknown HALF. The second answers a challenge that was not seen → unknown GAP.
                """),
        Requirement(
            "OB-UA-030", section: "5626 §6", level: .should, levelText: "SHOULD (other side)", binds: "UA",
            sentence: "At most one Contact with non-zero expiry when any Contact has reg-id.",
            activeCheck: "Parse.",
            passiveCheck: "More than one → FAIL for the UA (the registrar is told to reject)."),
        Requirement(
            "OB-UA-031", section: "5626 §8", level: .may, levelText: "MAY", binds: "UA",
            sentence: "ob in the Path of the 2xx may serve as the sign that the first edge supports keep-alives.",
            activeCheck: "200 without Require: outbound but with Path …;ob → STUN is then allowed.",
            passiveCheck: "Accept this sign before calling an OB-STUN-007 violation."),
    ]
}
