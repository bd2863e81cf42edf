/// Response codes, in plain words.
extension ExplanationTable {
    static let responseCodes: [Explanation] = [
        Explanation(
            "403", .code,
            title: "403 Forbidden",
            section: "RFC 3261 §21.4.4; RFC 5626 §5.3.1",
            meaning: """
                The server understood and refuses; asking again will not help. An edge proxy answers 403 to a request \
                whose flow token fails its check: the token was altered, or was made with another key.
                """,
            usuallyWrong: """
                After a restart or a key change of the edge every stored Path and Route carries tokens of the old key, \
                so all calls to phones that have not registered since get 403. Behind a load balancer, nodes with \
                different keys do the same. A registrar's own 403 is policy: wrong user, wrong AOR, a GRUU as Contact.
                """,
            whatToDo: """
                Decode the token of the Route with sipob token decode and verify it with the edge's secret. Give all \
                nodes one secret (Kamailio: flow_token_secret, 5.7.7 or later); phones recover with their next \
                REGISTER.
                """,
            requirements: ["OB-EP-012", "OB-TOK-007", "OB-EP-021"],
            diagnoses: ["DX-TOK-02"]),
        Explanation(
            "420", .code,
            title: "420 Bad Extension",
            section: "RFC 3261 §21.4.15, §8.2.2.3",
            meaning: """
                The request demands an extension that the server does not do; its name stands in Unsupported. A \
                registrar also answers so when a Path came in a REGISTER whose sender did not list path in Supported.
                """,
            usuallyWrong: """
                Unsupported: path: an edge added Path although the phone never offered it (Kamailio's registrar is \
                strict by default, path_mode 2). Unsupported: outbound: the phone wrote Require: outbound and the \
                registrar has outbound off (Kamailio outbound_mode 0, the default).
                """,
            whatToDo: """
                Read Unsupported first. Let the phone list path and outbound in Supported, not in Require; let the \
                edge add no Path for a phone without path; or make the registrar accept it (path_mode 1, outbound_mode \
                1).
                """,
            requirements: ["OB-REG-029", "OB-PATH-003", "OB-UA-009"],
            diagnoses: ["DX-REG-02", "DX-REG-03"]),
        Explanation(
            "421", .code,
            title: "421 Extension Required",
            section: "RFC 3261 §21.4.16; RFC 3327 §5.2",
            meaning: """
                The server insists on an extension that the request did not offer; its name stands in Require. An edge \
                that must add Path answers 421 with Require: path to a phone that does not list path; a registrar may \
                insist on outbound.
                """,
            usuallyWrong: """
                A 421 without Require leaves the client guessing. Kamailio's registrar sends 421 with Require: \
                outbound when outbound_mode is 2 and the phone does not list outbound.
                """,
            whatToDo: """
                Let the phone list the named option tag in Supported; if it cannot, relax the server (Kamailio \
                outbound_mode 1).
                """,
            requirements: ["OB-PATH-002", "OB-UA-003", "OB-UA-009"],
            diagnoses: ["DX-REG-04"]),
        Explanation(
            "423", .code,
            title: "423 Interval Too Brief",
            section: "RFC 3261 §21.4.17, §10.3",
            meaning: """
                The registrar wants a longer registration than was asked for. It must say how long in Min-Expires, and \
                may refuse only expiries above 0 and below one hour.
                """,
            usuallyWrong: """
                Phones that ask again for the same time loop for ever; registrars that leave Min-Expires out give them \
                no way on.
                """,
            whatToDo: """
                The client repeats the REGISTER with Expires of at least Min-Expires, same Call-ID, CSeq one higher.
                """,
            requirements: ["OB-REG-028", "OB-SIP-005"],
            diagnoses: ["DX-REG-15"]),
        Explanation(
            "430", .code,
            aliases: ["Flow Failed"],
            title: "430 Flow Failed",
            section: "RFC 5626 §11.5, §5.3.1",
            meaning: """
                From an edge proxy to the proxy behind it: the token is genuine, but the flow that it names is gone. \
                The authoritative proxy should then try another flow of the same instance. It is not meant for \
                endpoints, which treat it as 400.
                """,
            usuallyWrong: """
                Edges that never send it: they relay without looking, try to connect to the phone, and answer 477, \
                480, 500 or nothing for 30 seconds; the second, living flow is then not tried. Or the proxy behind \
                does not act on 430, or passes it to the caller.
                """,
            whatToDo: """
                Kamailio edge: set_forward_no_connect() before relaying to a phone and 430 when t_relay() fails (6.1: \
                check_flow_token()). Registrar: t_load_contacts() and t_next_contact_flow() on 430, 403 and timeout. \
                Towards the caller map it, for example to 480.
                """,
            requirements: ["OB-EP-013", "OB-AP-002", "OB-AP-008", "OB-AP-009", "OB-UA-026"],
            diagnoses: ["DX-TOK-03", "DX-TOK-14", "DX-BIND-03"]),
        Explanation(
            "439", .code,
            aliases: ["First Hop Lacks Outbound Support"],
            title: "439 First Hop Lacks Outbound Support",
            section: "RFC 5626 §11.6, §6",
            meaning: """
                From a registrar to a phone: you asked for outbound (reg-id and Supported: outbound), but the first \
                proxy that you went through keeps no flow for you: no Path whose first-hop URI has ob.
                """,
            usuallyWrong: """
                The first hop is a proxy without outbound, or its configuration adds a plain Path. With two proxies in \
                a row some registrars look at the topmost Path value, which is the second proxy's, and answer 439 \
                although the edge did its part. Phones that do not know 439 stay unregistered for good.
                """,
            whatToDo: """
                Enable outbound on the first hop (Path with flow token and ob). The phone may register again without \
                reg-id and without the outbound tag, or try another proxy. No proxy may send 439 for a request that \
                did not ask for outbound.
                """,
            requirements: ["OB-REG-004", "OB-EP-019", "OB-UA-013", "OB-REG-003"],
            diagnoses: ["DX-REG-01", "DX-REG-13", "DX-REG-14"]),
        Explanation(
            "477", .code,
            title: "477 Unfortunately error on sending to next hop occurred (Kamailio's own)",
            section: "not registered; see RFC 5626 §5.3.1",
            meaning: """
                Kamailio's answer when it could not send a request on. At an edge it usually means that the phone's \
                connection is gone and a new one to the phone was refused.
                """,
            usuallyWrong: """
                It stands where 430 should: the proxy behind does not know it as the sign to try the phone's other \
                flow.
                """,
            whatToDo: """
                set_forward_no_connect() before relaying to a phone, and send_reply("430", "Flow Failed") when \
                t_relay() fails.
                """,
            requirements: ["OB-EP-013"],
            diagnoses: ["DX-TOK-14", "DX-TOK-13"]),
        Explanation(
            "480", .code,
            aliases: ["Temporarily Unavailable"],
            title: "480 Temporarily Unavailable",
            section: "RFC 3261 §21.4.18; RFC 5626 §11.5; RFC 5627 §6.1",
            meaning: """
                The AOR is known and nobody can be reached now: no binding, or no flow left. It is the usual mapping \
                of a 430 towards the caller, and the answer for a GRUU without contacts.
                """,
            usuallyWrong: """
                A phone shows itself registered while callers get 480: its flow died unnoticed, because no keep-alive \
                was sent or answered.
                """,
            whatToDo: "Look at the flow's keep-alives (sipob pcap-audit), and at what the registrar has bound.",
            requirements: ["OB-AP-009", "OB-GRUU-006", "OB-KA-001"],
            diagnoses: ["DX-KA-01", "DX-STUN-06"]),
        Explanation(
            "503", .code,
            title: "503 Service Unavailable",
            section: "RFC 3261 §21.5.4; RFC 5626 §4.2.1, §4.2.2",
            meaning: """
                The server cannot do it now. With Retry-After it says when to come back; a client should wait that \
                long, then resolve the name anew so that another server can be chosen. On a refresh it does not end \
                the flow.
                """,
            usuallyWrong: """
                Phones that retry at once, all together, keep the server down. Phones that close a healthy connection \
                because of a 503 lose their inbound calls too.
                """,
            whatToDo: """
                Honour Retry-After (0 means at once); without it wait as RFC 5626 §4.5 has it: 50-100 % of min(1800 s, \
                30 s doubled per failure). Keep the flow and its keep-alives.
                """,
            requirements: ["OB-UA-012", "OB-UA-016", "OB-REC-009"],
            diagnoses: ["DX-BIND-01"]),
    ]
}
