/// Parameters and option tags, in plain words.
extension ExplanationTable {
    static let parameters: [Explanation] = [
        Explanation(
            "reg-id", .parameter,
            title: "reg-id (Contact parameter)",
            section: "RFC 5626 §4.2, §10",
            meaning: """
                The number of one flow of a device: 1 to 2147483647, the same after every restart. Two flows of one \
                device have the same +sip.instance and different reg-ids; a new registration with the same instance \
                and reg-id replaces the old one.
                """,
            usuallyWrong: """
                reg-id 0 or beyond the range; a new number at each reconnect, so that bindings pile up; reg-id without \
                +sip.instance, which the registrar must ignore; reg-id without Supported: outbound.
                """,
            whatToDo: "Number the proxies of the set once and keep the numbers. Registrar: check the range.",
            requirements: [
                "OB-UA-005", "OB-UA-006", "OB-UA-008",
                "OB-REG-007", "OB-REG-014", "OB-REG-022", "OB-GR-003",
            ],
            diagnoses: ["DX-REG-10", "DX-REG-11", "DX-BIND-01"]),
        Explanation(
            "+sip.instance", .parameter,
            aliases: ["sip.instance", "instance", "instance-id"],
            title: "+sip.instance (Contact parameter): the instance-id",
            section: "RFC 5626 §4.1, §10; RFC 3840",
            meaning: """
                The device's own name, a URN (usually urn:uuid:...) in angle brackets and quotes, kept over restarts \
                and networks. With AOR and reg-id it is the key of an outbound binding.
                """,
            usuallyWrong: """
                Brackets or quotes missing; a new UUID at every start; one UUID cloned to many phones by provisioning; \
                registrars that compare UUIDs with case.
                """,
            whatToDo: """
                Write +sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>" with the device's own UUID.
                """,
            requirements: ["OB-INST-001", "OB-INST-002", "OB-INST-004", "OB-INST-006", "OB-INST-007", "OB-UA-004"],
            diagnoses: ["DX-REG-08", "DX-BIND-04"]),
        Explanation(
            "ob", .parameter,
            aliases: [";ob"],
            title: "ob (URI parameter)",
            section: "RFC 5626 §2.1, §5.1, §4.3, §11.3",
            meaning: """
                A mark without value inside the angle brackets. In a Path URI: the first edge put a flow token here. \
                In the Contact of an INVITE or SUBSCRIBE: keep the rest of this dialog on the flow that it came from. \
                In a REGISTER Contact it plays no part.
                """,
            usuallyWrong: """
                Written after the closing bracket; left on when outbound is off; left out of INVITEs, so that BYE goes \
                to a private address; set by a second proxy.
                """,
            whatToDo: """
                Contact: <sip:user@host;ob> in dialog-forming requests; Path: <sip:token@edge;lr;ob> by the first hop \
                only.
                """,
            requirements: ["OB-EP-005", "OB-EP-006", "OB-UA-023", "OB-GR-002"],
            diagnoses: ["DX-REG-09", "DX-TOK-05"]),
        Explanation(
            "outbound", .optionTag,
            title: "outbound (option tag)",
            section: "RFC 5626 §11.4",
            meaning: """
                In Supported of a request: I can do RFC 5626. In Require of a 2xx to REGISTER: it is in force for this \
                binding. In Require of a request: do it or answer 420.
                """,
            usuallyWrong: "A 2xx with outbound in Supported only: not granted.",
            whatToDo: "Look for Require: outbound in the 2xx; where it is missing, see 439, Path and Require.",
            requirements: ["OB-UA-003", "OB-REG-017", "OB-REG-010", "OB-GR-004"],
            diagnoses: ["DX-REG-05", "DX-REG-03"]),
        Explanation(
            "gruu", .optionTag,
            aliases: ["gr"],
            title: "gruu (option tag), gr (URI parameter)",
            section: "RFC 5627 §4, §5",
            meaning: """
                In Supported of a REGISTER: assign me GRUUs, URIs that reach exactly this device. A GRUU has the URI \
                parameter gr.
                """,
            usuallyWrong: """
                A phone registers its GRUU as Contact: forbidden, 403. A GRUU is taken from an old registration.
                """,
            whatToDo: "Use the pub-gruu or temp-gruu of the latest 2xx as Contact in dialogs, never in REGISTER.",
            requirements: ["OB-GRUU-001", "OB-GRUU-002", "OB-GRUU-004", "OB-GRUU-009"],
            diagnoses: ["DX-BIND-05"]),
        Explanation(
            "pub-gruu", .parameter,
            title: "pub-gruu (Contact parameter)",
            section: "RFC 5627 §5.2",
            meaning: """
                In the 200 to REGISTER: the public GRUU, AOR plus the instance in gr. It stays the same while the \
                instance does.
                """,
            usuallyWrong: "Sent by a phone in its own REGISTER, where it is ignored.",
            whatToDo: "Take it from the own Contact of the 200.",
            requirements: ["OB-GRUU-001", "OB-GRUU-004"],
            diagnoses: []),
        Explanation(
            "temp-gruu", .parameter,
            title: "temp-gruu (Contact parameter)",
            section: "RFC 5627 §5.1, §5.2",
            meaning: """
                In the 200 to REGISTER: a GRUU that hides the AOR; a new one at each refresh, all of them valid until \
                the Call-ID of the registration changes.
                """,
            usuallyWrong: "Used after a registration with a new Call-ID: requests to it get 404.",
            whatToDo: "Keep the Call-ID over refreshes; use the latest one.",
            requirements: ["OB-GRUU-001", "OB-GRUU-002", "OB-GRUU-003"],
            diagnoses: []),
        Explanation(
            "keep", .parameter,
            title: "keep (Via parameter)",
            section: "RFC 6223",
            meaning: """
                Keep-alive without outbound: the sender puts keep without value into its Via; the next hop answers \
                with keep=n in the same Via: ping at least every n seconds, 0 for no recommendation. One hop, one \
                direction.
                """,
            usuallyWrong: """
                The value comes back although nothing was asked; bare keep comes back, which is a no; Flow-Timer says \
                another number.
                """,
            whatToDo: "Where both are used, send equal numbers.",
            requirements: ["OB-KEEP-001", "OB-KEEP-002", "OB-KEEP-003", "OB-KEEP-006"],
            diagnoses: ["DX-KA-13"]),
        Explanation(
            "rport", .parameter,
            title: "rport (Via parameter)",
            section: "RFC 3581",
            meaning: """
                Without value in a request: please answer to the port that I sent from. The server fills it in with \
                the source port that it saw, and adds received. Over UDP this is what makes answers pass a NAT; \
                together they are the phone's mapped address.
                """,
            usuallyWrong: """
                Missing in a UDP REGISTER behind a NAT: the answer goes to a closed port. Filled in by the phone \
                itself. Changed by an ALG on the way.
                """,
            whatToDo: """
                Compare rport and received with the STUN mapped address of the same flow (sipob stun-ping \
                --sip-check).
                """,
            requirements: ["OB-RPORT-001", "OB-RPORT-002", "OB-RPORT-003", "OB-UA-024"],
            diagnoses: ["DX-NAT-02", "DX-NAT-03"]),
        Explanation(
            "received", .parameter,
            title: "received (Via parameter)",
            section: "RFC 3261 §18.2.1; RFC 3581 §4",
            meaning: """
                The source address from which the server saw the request come, added to the top Via. With rport it is \
                written even if it equals sent-by.
                """,
            usuallyWrong: "Missing although rport was asked for; or it is the address of a load balancer.",
            whatToDo: "Let the load balancer keep the source address or speak the PROXY protocol.",
            requirements: ["OB-RPORT-002"],
            diagnoses: ["DX-NAT-03", "DX-TOK-04"]),
        Explanation(
            "lr", .parameter,
            title: "lr (URI parameter)",
            section: "RFC 3261 §16.12; RFC 3327 §4",
            meaning: """
                Loose routing: the proxy takes its own URI off the Route and leaves the Request-URI alone. Every Path, \
                Route and Record-Route URI has it.
                """,
            usuallyWrong: """
                Without it the request is rewritten as for a strict router of RFC 2543, and tokens get lost.
                """,
            whatToDo: "Add lr to every URI that a proxy writes.",
            requirements: ["OB-EP-008"],
            diagnoses: []),
    ]
}
