/// Header fields, in plain words.
extension ExplanationTable {
    static let headerFields: [Explanation] = [
        Explanation(
            "Path", .headerField,
            title: "Path (header field), path (option tag)",
            section: "RFC 3327; RFC 5626 §5.1, §6",
            meaning: """
                The proxies that a REGISTER went through and that every request to this binding must go through. Each \
                proxy puts its URI on top, so the edge nearest the phone is the last value. With outbound the edge's \
                URI has a flow token and the parameters lr and ob. The registrar stores Path, copies it into the 200, \
                and makes the Route of later requests from it. A phone allows it by listing path in Supported.
                """,
            usuallyWrong: """
                The phone does not list path: a strict registrar answers 420. The edge adds a plain Path, without \
                token or ob: the registrar answers 439 or does without outbound. ob stands after the closing bracket, \
                where it means nothing. The registrar does not use Path (Kamailio use_path 0, the default).
                """,
            whatToDo: """
                Phone: Supported: path, outbound. Edge: add_path() with outbound loaded. Registrar: use_path 1. sipob \
                register-test shows the Path that came back and decodes its token.
                """,
            requirements: [
                "OB-EP-001", "OB-EP-002", "OB-EP-005", "OB-EP-006",
                "OB-EP-008", "OB-REG-001", "OB-PATH-002", "OB-UA-009",
            ],
            diagnoses: ["DX-REG-02", "DX-REG-12", "DX-TOK-10", "DX-TOK-12"]),
        Explanation(
            "Route", .headerField,
            title: "Route (header field)",
            section: "RFC 3261 §20.34, §16.4; RFC 5626 §5.3",
            meaning: """
                Where a request must go next, one URI a hop. An edge that finds its own URI on top takes it off; if \
                that URI has a flow token, the token says over which flow the request goes. A request that comes from \
                that very flow is the phone's own and goes onward; any other goes to the phone.
                """,
            usuallyWrong: """
                The token is taken for a user name and rewritten, escaped or case-changed on the way: 403. The phone's \
                NAT port changed: its own request looks incoming and is sent back to it.
                """,
            whatToDo: """
                Compare the Route with the Path that was registered, octet by octet; sipob token decode --from \
                ADDRESS:PORT says what the edge would do.
                """,
            requirements: ["OB-EP-009", "OB-EP-010", "OB-EP-014", "OB-EP-016", "OB-AP-004"],
            diagnoses: ["DX-TOK-06", "DX-TOK-09", "DX-TOK-03"]),
        Explanation(
            "Record-Route", .headerField,
            title: "Record-Route (header field)",
            section: "RFC 3261 §20.30; RFC 5626 §5.3.1, §5.3.2",
            meaning: """
                A proxy's wish to see the rest of a dialog. An edge puts a flow token into its Record-Route URI so \
                that later requests of the dialog reach the phone's flow. The URI has no ob.
                """,
            usuallyWrong: """
                No token because the phone's Contact has no ob, or Supported: outbound is missing: BYE and re-INVITE \
                then go to a private address and are lost. Two Vias: the edge is not the first hop.
                """,
            whatToDo: """
                Phone: ob in the Contact URI of the INVITE. Kamailio edge: record_route() with outbound loaded, or \
                force_outbound_flag.
                """,
            requirements: ["OB-EP-011", "OB-EP-015", "OB-GRUU-008"],
            diagnoses: ["DX-TOK-05", "DX-TOK-07", "DX-TOK-08"]),
        Explanation(
            "Supported", .headerField,
            aliases: ["k"],
            title: "Supported (header field; compact k)",
            section: "RFC 3261 §20.37; RFC 5626 §4.2.1",
            meaning: """
                The extensions that the sender can do. A REGISTER for outbound lists at least path and outbound; gruu \
                is often added. In a 2xx it says only what the server could do: it is Require that counts.
                """,
            usuallyWrong: """
                path or outbound is missing, so that edge and registrar must not use them. Or a client takes \
                Supported: outbound in a 2xx for consent.
                """,
            whatToDo: "Write Supported: path, outbound (long or compact, any order, case does not matter).",
            requirements: ["OB-UA-003", "OB-UA-009", "OB-UA-010", "OB-UA-019", "OB-GR-004"],
            diagnoses: ["DX-REG-04", "DX-REG-02"]),
        Explanation(
            "Require", .headerField,
            title: "Require (header field)",
            section: "RFC 3261 §20.32; RFC 5626 §6, §11.4",
            meaning: """
                In a request: what the server must do or refuse with 420. In a 2xx to REGISTER: Require: outbound is \
                the registrar's word that outbound is in force; keep-alives and Flow-Timer start there.
                """,
            usuallyWrong: """
                A 2xx without Require: outbound: the registrar stored a plain binding, and a phone that sends no \
                keep-alives is right. Require: outbound in answers where nothing of outbound was done: the phone \
                relies on a flow that nobody keeps.
                """,
            whatToDo: """
                Look at Require in the 2xx first whenever keep-alives are missing. Registrar: enable outbound \
                (Kamailio outbound_mode 1).
                """,
            requirements: ["OB-REG-010", "OB-REG-017", "OB-REG-029", "OB-UA-010", "OB-FT-002"],
            diagnoses: ["DX-REG-05", "DX-KA-02", "DX-FT-07"]),
        Explanation(
            "Unsupported", .headerField,
            title: "Unsupported (header field)",
            section: "RFC 3261 §20.40, §8.2.2.3",
            meaning: "In a 420: the option tags that the server does not do.",
            usuallyWrong: "It is missing, or clients do not read it and repeat the same request.",
            whatToDo: "Drop the named tag from Require, or enable it on the server.",
            requirements: ["OB-REG-029", "OB-PATH-003"],
            diagnoses: ["DX-REG-02", "DX-REG-03"]),
        Explanation(
            "Contact", .headerField,
            aliases: ["m"],
            title: "Contact (header field; compact m)",
            section: "RFC 3261 §20.10, §10; RFC 5626 §4.2.1",
            meaning: """
                In a REGISTER: the address to bind, with reg-id and +sip.instance as header parameters outside the \
                angle brackets; * means all. In the 200 the registrar lists all bindings of the AOR, each with its \
                expires. With outbound the binding is known by AOR, instance and reg-id: the Contact URI is only \
                cargo.
                """,
            usuallyWrong: """
                The registrar does not echo reg-id and +sip.instance, or the phone takes the first Contact for its \
                own: loops. More than one Contact while one has reg-id: 400. Parameters inside the brackets become \
                part of the URI.
                """,
            whatToDo: """
                Write <sip:user@host;ob>;reg-id=1;+sip.instance="<urn:uuid:...>". Find the own binding by instance and \
                reg-id.
                """,
            requirements: ["OB-UA-030", "OB-REG-014", "OB-REG-016", "OB-REG-025", "OB-GR-001", "OB-UA-027"],
            diagnoses: ["DX-REG-07", "DX-REG-18", "DX-NAT-01"]),
        Explanation(
            "Flow-Timer", .headerField,
            title: "Flow-Timer (header field)",
            section: "RFC 5626 §4.4, §5.4, §10",
            meaning: """
                In a 2xx to REGISTER with Require: outbound: the server will think the flow dead after this many \
                seconds and a grace of silence. The phone must send a keep-alive at least that often, at random \
                between 80 and 100 % of it. The most recent 2xx rules.
                """,
            usuallyWrong: """
                Phones that read it once, or have a floor above it. Servers whose connection lifetime is shorter than \
                the announced time, or that send it without Require: outbound, or twice (registrar and edge).
                """,
            whatToDo: """
                Edge: Flow-Timer only where the reply has Require: outbound, tcp_connection_lifetime = Flow-Timer + \
                10. See what phones make of it with sipob pcap-audit.
                """,
            requirements: ["OB-FT-001", "OB-FT-002", "OB-FT-004", "OB-FT-005", "OB-FT-006", "OB-FT-007"],
            diagnoses: ["DX-FT-01", "DX-FT-02", "DX-FT-05", "DX-FT-07", "DX-FT-08"]),
        Explanation(
            "Retry-After", .headerField,
            title: "Retry-After (header field)",
            section: "RFC 3261 §20.33; RFC 5626 §4.5",
            meaning: """
                Seconds to wait before the next try, in 503 and some other answers. 0 means at once. It may lengthen \
                the drawn back-off, never shorten it, except for 0.
                """,
            usuallyWrong: """
                Ignored by the client, or sent by the server with one value for all, so that all come back together.
                """,
            whatToDo: "Client: wait as told. Server: spread the values.",
            requirements: ["OB-UA-012", "OB-REC-009"],
            diagnoses: []),
        Explanation(
            "Min-Expires", .headerField,
            title: "Min-Expires (header field)",
            section: "RFC 3261 §20.23, §10.3",
            meaning: "In a 423: the shortest registration that the registrar takes, in seconds.",
            usuallyWrong: "Missing in the 423, or ignored by the client, which then loops.",
            whatToDo: "Ask again for at least that time.",
            requirements: ["OB-REG-028"],
            diagnoses: ["DX-REG-15"]),
        Explanation(
            "Expires", .headerField,
            title: "Expires (header field), expires (Contact parameter)",
            section: "RFC 3261 §20.19, §10.2, §10.3",
            meaning: """
                How long a binding is to live, in seconds; 0 removes it. The Contact parameter wins over the header \
                field. What counts is the value that the registrar returns in the own Contact of the 200.
                """,
            usuallyWrong: """
                The phone refreshes by its own number, or by another Contact's. Granted and requested values creep \
                down by one second each time.
                """,
            whatToDo: "Refresh well before the granted value of the own binding.",
            requirements: ["OB-REG-025", "OB-REG-023", "OB-UA-015", "OB-UA-027"],
            diagnoses: ["DX-REG-16", "DX-REG-17"]),
        Explanation(
            "Via", .headerField,
            aliases: ["v"],
            title: "Via (header field; compact v)",
            section: "RFC 3261 §20.42, §18.2; RFC 5626 §5.1, §6",
            meaning: """
                The hops that a request took, newest on top; the answer goes back along them. The number of Via values \
                tells an edge or registrar whether it is the first hop: exactly one on arrival.
                """,
            usuallyWrong: """
                A load balancer or firewall that adds a Via makes the edge a second hop: no token, no ob. An ALG \
                rewrites address or rport.
                """,
            whatToDo: """
                Count values, not lines. Compare the top Via of the answer with what STUN says: a difference proves an \
                ALG.
                """,
            requirements: ["OB-EP-007", "OB-REG-002", "OB-RPORT-002", "OB-RPORT-003"],
            diagnoses: ["DX-NAT-03", "DX-REG-12"]),
    ]
}
