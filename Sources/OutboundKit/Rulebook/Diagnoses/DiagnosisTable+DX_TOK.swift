/// Flow tokens and routing by them (DX-TOK).
extension DiagnosisTable {
    static let DX_TOK: [Diagnosis] = [
        Diagnosis(
            "DX-TOK-01",
            symptom: "(none: that is the danger)",
            evidence: "token verifies with SHA1(\"\")",
            verdict: """
                forgeable by anyone: Kamailio 5.6.0-5.7.6 and 5.8.0-5.8.5 ignore the configured flow_token_secret
                """,
            advice: "Upgrade Kamailio to 5.7.7, 5.8.6, 6.0.0 or later; all tokens issued before will fail once.",
            source: "",
            commands: ["token", "pcap-audit", "register-test", "config-check"],
            requirements: ["OB-TOK-001", "OB-TOK-007"]),
        Diagnosis(
            "DX-TOK-02",
            symptom: "after restart all in-dialog and inbound calls 403 until re-REGISTER",
            evidence: "old tokens in Route; \"flow-token failed validation\"",
            verdict: "key random at each start (no secret) or differs between cluster nodes",
            advice: "Set one flow_token_secret on all nodes (Kamailio 5.7.7 or later).",
            source: "Kamailio outbound module, outbound_mod.c",
            commands: ["token", "config-check", "inspect", "pcap-audit"],
            requirements: ["OB-EP-021", "OB-TOK-009"]),
        Diagnosis(
            "DX-TOK-03",
            symptom: "calls time out instead of failing over",
            evidence: "Route token of a closed connection, proxy tries to connect, no 430",
            verdict: "no flow check",
            advice: "Kamailio 6.1: check_flow_token() before relaying; earlier: turn a branch timeout into 430.",
            source: "kamailio/kamailio #4315, kamailio/kamailio #4449",
            commands: ["register-test", "config-check"],
            requirements: ["OB-EP-013", "OB-AP-006"]),
        Diagnosis(
            "DX-TOK-04",
            symptom: "\"cannot find socket from flow-token\"",
            evidence: "decoded destination = load balancer's address",
            verdict: "haproxy PROXY protocol before 6.0",
            advice: "Upgrade Kamailio to 6.0.0 or later.",
            source: "kamailio/kamailio #4105",
            commands: ["token", "config-check", "inspect", "pcap-audit"],
            requirements: ["OB-EP-010"]),
        Diagnosis(
            "DX-TOK-05",
            symptom: "ACK/BYE lost, private Contact",
            evidence: """
                INVITE Contact without ;ob, or no Supported: outbound, or two Vias: Record-Route without token
                """,
            verdict: "conditions not met",
            advice: """
                Fix the phone (ob in the Contact, Supported: outbound), or set force_outbound_flag on the edge.
                """,
            source: "kamailio/kamailio #3190, kamailio/kamailio #3189",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-EP-015", "OB-UA-023"]),
        Diagnosis(
            "DX-TOK-06",
            symptom: "in-dialog request sent back to sender",
            evidence: "request source != decoded source although same UA",
            verdict: "UA changed address mid-dialog; direction test fooled",
            advice: "Kamailio: set the loose_route_mode bit for it (2025 or later).",
            source: "kamailio/kamailio #4280",
            commands: ["token", "pcap-audit", "register-test"],
            requirements: ["OB-EP-009"]),
        Diagnosis(
            "DX-TOK-07",
            symptom: "after REFER/re-INVITE route lost",
            evidence: "token in the first Record-Route only",
            verdict: "proxy does not repeat it",
            advice: "Fix the proxy: put the token into every Record-Route that it adds.",
            source: "versatica/OverSIP #66",
            commands: ["pcap-audit"],
            requirements: ["OB-EP-011", "OB-EP-015"]),
        Diagnosis(
            "DX-TOK-08",
            symptom: "400 / ACK never arrives",
            evidence: "Record-Route with IPv6 and no brackets, or v6 shown to a v4 client",
            verdict: "advertise/haproxy fault",
            advice: "Give each listener a correct advertised address, IPv6 in brackets, one family per listener.",
            source: "kamailio/kamailio #1315, kamailio/kamailio #3666",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-EP-015"]),
        Diagnosis(
            "DX-TOK-09",
            symptom: "all branches hit one phone",
            evidence: "every branch carries the Route of branch 0",
            verdict: "forking ignores Path",
            advice: "Fix the proxy: each branch takes the Path of its own binding.",
            source: "siphon-project/siphon-sip #139",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-AP-004"]),
        Diagnosis(
            "DX-TOK-10",
            symptom: "malformed REGISTER upstream",
            evidence: "Path: <sip:127.0.1.1 unterminated",
            verdict: "path module bug",
            advice: "Upgrade the edge.",
            source: "kamailio/kamailio #3560",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-EP-001"]),
        Diagnosis(
            "DX-TOK-11",
            symptom: "edge crashes on un-register-all",
            evidence: "REGISTER Contact: * reaches add_path() on 6.1.0",
            verdict: "unparsed Expires dereferenced",
            advice: "Upgrade Kamailio to 6.1.1 or later. Never probe for it.",
            source: "kamailio/kamailio #4594",
            commands: ["config-check"],
            requirements: ["OB-REG-024"]),
        Diagnosis(
            "DX-TOK-12",
            symptom: "no received in Path",
            evidence: "add_path_received() without parameter, TLS edge",
            verdict: "module bug / wrong function",
            advice: "Upgrade the edge, and prefer outbound to received.",
            source: "OpenSIPS/opensips #1739, kamailio/kamailio #1205",
            commands: ["pcap-audit", "register-test"],
            requirements: ["OB-EP-001", "OB-EP-002"]),
        Diagnosis(
            "DX-TOK-13",
            symptom: "477/ \"send failed\" after a minute",
            evidence: "each new request from a new TCP port while the dialog's Route still points at the old",
            verdict: "UA drops its connection, no registration holds it",
            advice: "Keep the phone's connection open for the whole dialog: register over it.",
            source: "pjsip/pjproject #3743, pjsip/pjproject #3780",
            commands: ["pcap-audit"],
            requirements: ["OB-EP-013", "OB-UA-020"]),
        Diagnosis(
            "DX-TOK-14",
            symptom: "calls fail though a second flow is alive",
            evidence: """
                phone's TCP flow closed; edge opens a connection to the phone (SYN from edge to the phone's old port), \
                answers 477 or 500, never 430; registrar does not try the other reg-id
                """,
            verdict: "edge relays without looking whether the flow exists",
            advice: """
                Kamailio: set_forward_no_connect() before relaying to a phone, and 430 when t_relay() fails; then the \
                second flow is used (measured).
                """,
            source: "",
            commands: ["register-test", "pcap-audit", "config-check"],
            requirements: ["OB-EP-013", "OB-AP-002", "OB-AP-006"]),
    ]
}
