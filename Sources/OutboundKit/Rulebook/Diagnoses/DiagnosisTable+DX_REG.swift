/// What REGISTER negotiates, bindings and addresses (DX-REG, DX-BIND, DX-NAT).
extension DiagnosisTable {
    static let DX_REG: [Diagnosis] = [
        Diagnosis(
            "DX-REG-01",
            symptom: "account permanently unregistered",
            evidence: "439, no second REGISTER without outbound",
            verdict: "first hop adds no ;ob Path; UA does not fall back",
            advice: "Add outbound to the edge (Path with a token and ob); the phone should retry without outbound.",
            source: "pjsip/pjproject #5146, pjsip/pjproject #5154",
            commands: ["register-test", "pcap-audit", "edge"],
            requirements: ["OB-UA-013", "OB-REG-004"]),
        Diagnosis(
            "DX-REG-02",
            symptom: "420 after good digest",
            evidence: "Unsupported: path, request had Path but no Supported: path",
            verdict: "registrar follows RFC 3327 (Kamailio path_mode default 2); UA or edge wrong",
            advice: "Phone: list path in Supported. Edge: add no Path for such a phone, or answer 421.",
            source: "BelledonneCommunications/flexisip #263, BelledonneCommunications/linphone-android #2551",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-PATH-002", "OB-PATH-003", "OB-UA-009"]),
        Diagnosis(
            "DX-REG-03",
            symptom: "420 Unsupported: outbound",
            evidence: "request had Require: outbound",
            verdict: "outbound is off at the registrar (Kamailio outbound_mode 0, the default)",
            advice: "Kamailio: set outbound_mode to 1.",
            source: "Kamailio registrar README 3.29",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-REG-029"]),
        Diagnosis(
            "DX-REG-04",
            symptom: "421 Require: outbound",
            evidence: "no Supported: outbound",
            verdict: "the registrar demands outbound (Kamailio outbound_mode 2)",
            advice: "Kamailio: set outbound_mode to 1, or upgrade the phone.",
            source: "",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-UA-003"]),
        Diagnosis(
            "DX-REG-05",
            symptom: "200 but no outbound",
            evidence: "2xx without Require: outbound while request had reg-id + Supported and Path had ;ob",
            verdict: "registrar not doing 5626",
            advice: "Enable outbound on the registrar (Kamailio: outbound_mode 1, use_path 1).",
            source: "",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-017"]),
        Diagnosis(
            "DX-REG-06",
            symptom: "UA keeps advertising after refusal",
            evidence: "later REGISTERs still carry reg-id, ;ob",
            verdict: "UA state and wire disagree",
            advice: "Fix the phone: after a refusal it must register without reg-id and without the tag.",
            source: "pjsip/pjproject #5159",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-UA-013", "OB-UA-010"]),
        Diagnosis(
            "DX-REG-07",
            symptom: "UA cannot find its own contact",
            evidence: "2xx Contact lacks reg-id/+sip.instance",
            verdict: "parameters not echoed",
            advice: "Fix the registrar: echo reg-id and +sip.instance in the Contact of the 2xx.",
            source: "OpenSIPS/opensips #1598",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-016", "OB-UA-027"]),
        Diagnosis(
            "DX-REG-08",
            symptom: "instance never matches",
            evidence: "+sip.instance=\"urn:uuid:..\" without '<>'",
            verdict: "the value is not written as the grammar asks",
            advice: "Write it as RFC 5626 §4.1 has it: +sip.instance=\"<urn:uuid:...>\".",
            source: "OpenSIPS/opensips #3886",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-INST-006"]),
        Diagnosis(
            "DX-REG-09",
            symptom: ";ob sent on UDP or with outbound off",
            evidence: ";ob, no reg-id, no Supported",
            verdict: "parameter leak; harmless to most, misleads",
            advice: "Fix the phone: no ob where outbound is off.",
            source: "pjsip/pjproject #4292, pjsip/pjproject #1256",
            commands: ["pcap-audit", "edge", "inspect"],
            requirements: ["OB-GR-002", "OB-UA-023"]),
        Diagnosis(
            "DX-REG-10",
            symptom: "reg-id stored or ignored unexpectedly",
            evidence: "reg-id + instance but Supported: path only",
            verdict: "not an outbound REGISTER; depends on regid_mode",
            advice: """
                Decide which way you want it: Kamailio's regid_mode says whether reg-id counts without the outbound \
                tag.
                """,
            source: "kamailio/kamailio #3181",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-REG-018", "OB-UA-003"]),
        Diagnosis(
            "DX-REG-11",
            symptom: "invalid reg-id accepted",
            evidence: """
                reg-id=0 gets an outbound Path and Require: outbound (Kamailio 5.6.3, measured; nothing is bound)
                """,
            verdict: "edge does not validate range",
            advice: "Fix the phone: reg-id is 1 to 2147483647.",
            source: "",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-022", "OB-UA-008"]),
        Diagnosis(
            "DX-REG-12",
            symptom: "Path has no token",
            evidence: "no reg-id: plain Path; two Vias: plain Path",
            verdict: "use conditions of Kamailio not met",
            advice: """
                Meet the conditions for a token: reg-id, Supported: outbound, one Via (section 1.1 of the Kamailio \
                outbound module's README), or set force_outbound_flag.
                """,
            source: "",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-EP-001", "OB-EP-002", "OB-EP-007"]),
        Diagnosis(
            "DX-REG-13",
            symptom: "no final answer at all",
            evidence: "REGISTER retransmitted to timeout only when ;ob present",
            verdict: "server aborts inside outbound code",
            advice: "Fix the server: answer 439, or register without outbound.",
            source: "eisenzopf/rvoip #213",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-032"]),
        Diagnosis(
            "DX-REG-14",
            symptom: "never a 439",
            evidence: "wrong first hop, still 200 + Require",
            verdict: "registrar does not check Path",
            advice: """
                Enable the Path check on the registrar; without it a phone may trust a flow that no proxy keeps.
                """,
            source: "Metaswitch/sprout #2095",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-003", "OB-REG-004"]),
        Diagnosis(
            "DX-REG-15",
            symptom: "423 loop",
            evidence: "same Expires after Min-Expires",
            verdict: "UA ignores it",
            advice: "Fix the phone: after 423 it must ask for at least Min-Expires.",
            source: "pjsip/pjproject #4038, versatica/JsSIP #105, OpenSIPS/opensips #3910",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-REG-028", "OB-SIP-005"]),
        Diagnosis(
            "DX-REG-16",
            symptom: "registrations come faster and faster",
            evidence: "granted = requested - 1, next request = granted",
            verdict: """
                diminishing expiry: the phone asks for what it was granted, the registrar grants a second less
                """,
            advice: "Phone: ask for its configured expiry each time. Registrar: do not grant one second less.",
            source: "asterisk/asterisk #702, OpenSIPS/opensips #3659",
            commands: ["pcap-audit"],
            requirements: ["OB-REG-025", "OB-UA-027"]),
        Diagnosis(
            "DX-REG-17",
            symptom: "binding expires before refresh",
            evidence: "refresh later than granted expires",
            verdict: "UA uses its own number",
            advice: "Fix the phone: refresh before the expiry that the 2xx granted.",
            source: "restsend/rustpbx #246, DoubangoTelecom/imsdroid #143",
            commands: ["pcap-audit"],
            requirements: ["OB-UA-027"]),
        Diagnosis(
            "DX-REG-18",
            symptom: "re-REGISTER every minute or never",
            evidence: "2xx lists several Contacts, UA matches the wrong one",
            verdict: "the phone matches bindings by something else than instance and reg-id",
            advice: "Fix the phone: find the own Contact by instance and reg-id.",
            source: "versatica/JsSIP #712, BelledonneCommunications/flexisip #186",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-UA-027"]),
        Diagnosis(
            "DX-REG-19",
            symptom: "repro edge has no outbound",
            evidence: """
                shipped repro.config sets DisableOutbound = true (compiled default is false) (from its source)
                """,
            verdict: "outbound is switched off in the shipped configuration",
            advice: "repro.config: DisableOutbound = false, and FlowTimer above 0 (its default).",
            source: "",
            commands: ["register-test"],
            requirements: ["OB-EP-001", "OB-FT-002"]),
        Diagnosis(
            "DX-REG-20",
            symptom: "a phone never registers, or drops out and does not come back",
            evidence:
                "403 or 404 to REGISTER, 401 or 407 again to one with credentials, or none with credentials at all",
            verdict:
                "the registrar does not accept the account: user, password, realm or domain, or the address is banned",
            advice: """
                Compare the user, realm and domain in the REGISTER with the account, then its password; the registrar's \
                log says which it minds. A phone that registered before may have been locked or banned.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-AUTH-001"]),
        Diagnosis(
            "DX-REG-21",
            symptom: "many phones drop out at the same time, and come back late",
            evidence: "408, 480, 5xx or 6xx to REGISTER, or no final response at all",
            verdict:
                "the registrar, or a hop between the edge and it, is down, overloaded or does not know its database",
            advice: """
                Look behind the edge: register-test at the edge and at the registrar itself tells which of the \
                two answers so. After that the phones come back one by one: their waits grow to half an hour.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-SIP-002", "OB-REC-003"]),
        Diagnosis(
            "DX-REG-22",
            symptom: "a phone never registers",
            evidence: "another refusal of REGISTER: 400, 405, 416, 3xx and the like",
            verdict: "the server does not take this REGISTER: its form, its address, or it sends the phone elsewhere",
            advice: """
                The reason phrase and a Warning say what the server minds; sipob inspect says which requirements the \
                REGISTER itself breaks.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-REG-028"]),
        Diagnosis(
            "DX-REG-23",
            symptom: "phones cannot connect",
            evidence: "RST to each SYN that goes to the server's SIP port",
            verdict: "nothing listens on that address and port, or a firewall rejects what comes in",
            advice: """
                Look whether the server runs, and on which addresses, ports and transports it listens (ss -ltn); then for \
                a firewall that answers in its place.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-REC-003", "OB-REC-006"]),
        Diagnosis(
            "DX-REG-24",
            symptom: "phones register, and get no calls",
            evidence:
                "SYN from the server to a phone that registers with it, to its SIP port or the port it registered from, answered with RST",
            verdict:
                "requests leave on a connection of the server's own, not on the flow that the phone registered over",
            advice: """
                Phones behind a NAT or firewall are reached over their flow alone, and where it is gone the answer is 430 (RFC \
                5626 section 5.3). Look whether the registrar saves the Path with its flow token and puts it into Route, \
                and whether the edge sends by the token; a Contact that lost its alias, or a domain that is not taken for \
                local, leads past the flow too.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-EP-010"]),
        Diagnosis(
            "DX-BIND-01",
            symptom: "503 / second binding on reconnect",
            evidence: "same instance+reg-id, new address, two bindings or max_contacts error",
            verdict: "the binding key is not (AOR, instance, reg-id)",
            advice: "Upgrade the registrar; Kamailio: regid_mode and outbound_mode.",
            source: "kamailio/kamailio #278",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-014"]),
        Diagnosis(
            "DX-BIND-02",
            symptom: "calls go to a dead port",
            evidence: "INVITE/OPTIONS to an old port of the same user; many ;ob contacts \"Unreachable\"",
            verdict: "stale stream bindings",
            advice: """
                Let outbound bindings replace each other (reg-id and instance), or set remove_existing (Asterisk).
                """,
            source: "asterisk/asterisk #1389, OpenSIPS/opensips #1035",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-REG-014", "OB-AP-006"]),
        Diagnosis(
            "DX-BIND-03",
            symptom: "one phone, two rings; or fail-over never happens",
            evidence: "two flows with same instance forked in parallel; or 430 not followed by the other flow",
            verdict: "authoritative proxy breaks §7",
            advice: "Kamailio: t_load_contacts() and t_next_contact_flow() on 430, 408 and 403.",
            source: "siphon-project/siphon-sip #139",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-AP-001", "OB-AP-002"]),
        Diagnosis(
            "DX-BIND-04",
            symptom: "two phones behave as one",
            evidence: "identical +sip.instance from two sources",
            verdict: "cloned instance id",
            advice: "Fix the provisioning: each device needs its own instance URN.",
            source: "OpenSIPS/opensips #2221, VoiSmart/pjsip-android #225",
            commands: ["pcap-audit"],
            requirements: ["OB-INST-001"]),
        Diagnosis(
            "DX-BIND-05",
            symptom: "second REGISTER refused",
            evidence: "Contact of a REGISTER is a GRUU (;gr)",
            verdict: "UA reuses GRUU where forbidden",
            advice: "Fix the phone: register its own address, not the GRUU.",
            source: "onsip/SIP.js #991",
            commands: ["register-test", "pcap-audit", "edge"],
            requirements: ["OB-GRUU-004"]),
        Diagnosis(
            "DX-NAT-01",
            symptom: "INVITE to a closed port",
            evidence: "Contact port != source port, no outbound",
            verdict: "NAT handling missing",
            advice: """
                Use outbound on phone and edge; else store the received address (fix_nated_register, \
                add_path_received).
                """,
            source: "kamailio/kamailio #3583, pjsip/pjproject #1677",
            commands: ["register-test", "pcap-audit"],
            requirements: ["OB-REG-019", "OB-EP-010"]),
        Diagnosis(
            "DX-NAT-02",
            symptom: "endless REGISTER",
            evidence: "rport differs in 401 and 200, Contact rewritten each time",
            verdict: "symmetric NAT or LB; contact-rewrite loop",
            advice: "Stop rewriting the Contact in the phone, and use outbound.",
            source: "pjsip/pjproject #1796, pjsip/pjproject #643",
            commands: ["pcap-audit"],
            requirements: ["OB-RPORT-002"]),
        Diagnosis(
            "DX-NAT-03",
            symptom: "rport/Via altered in transit",
            evidence: """
                response Via differs from what the server saw (compare both captures, or STUN mapped address against \
                received/rport on one flow)
                """,
            verdict: "SIP ALG: a STUN mapped address that differs from received/rport on the same flow proves it",
            advice: "Switch the ALG off, or use TLS so that it cannot read SIP.",
            source: "pjsip/pjproject #864, kamailio/kamailio #3346",
            commands: ["stun-ping", "register-test", "pcap-audit"],
            requirements: ["OB-RPORT-002"]),
        Diagnosis(
            "DX-NAT-04",
            symptom: "public address lost at refresh",
            evidence: "Contact public first, private at refresh",
            verdict: "UA forgets",
            advice: """
                Fix the phone: the Contact of a refresh is that of the registration; with outbound it does not matter.
                """,
            source: "sipsorcery-org/sipsorcery #1375",
            commands: ["pcap-audit"],
            requirements: ["OB-UA-011"]),
        Diagnosis(
            "DX-NAT-05",
            symptom: "calls fail now and then, and the phone looks registered",
            evidence:
                "the mapped address changes again and again after a silence; or REGISTERs from a new port each time, with Call-ID, Contact and Via as before",
            verdict: "the NAT forgets the UDP mapping sooner than the phone's next packet comes",
            advice: """
                Find out how long the NAT keeps a mapping (stun-ping --binding-lifetime from behind it), and let the edge announce a \
                Flow-Timer below that. Or raise the NAT's UDP time-out, which is to be two minutes at least (RFC 4787 \
                REQ-5), or let the phones use TCP or TLS.
                """,
            source: "",
            commands: ["pcap-audit"],
            requirements: ["OB-STUN-006"]),
    ]
}
