/// Keep-alive on UDP, which is STUN, and NAT bindings (DX-STUN).
extension DiagnosisTable {
    static let DX_STUN: [Diagnosis] = [
        Diagnosis(
            "DX-STUN-01",
            symptom: "UDP outbound clients flap",
            evidence: "Binding Request to SIP port unanswered while OPTIONS on the same port is answered",
            verdict: """
                no STUN server on the SIP port (Kamailio: stun.so not loaded; -c silent, WARN at start only \
                (measured))
                """,
            advice: "Kamailio: load stun.so. Others: enable the STUN server on every SIP UDP port.",
            source: "Kamailio outbound README 1.2",
            commands: ["stun-ping", "register-test", "pcap-audit", "config-check"],
            requirements: ["OB-STUN-011", "OB-EP-017"]),
        Diagnosis(
            "DX-STUN-02",
            symptom: "client \"No STUN mapped address\"",
            evidence: "response has only MAPPED-ADDRESS or 0x8020",
            verdict: "old-format answer (Kamailio gives MAPPED-ADDRESS to a cookie-less request (measured))",
            advice: "Send requests with the RFC 5389 cookie, and upgrade the side that speaks the old format.",
            source: "pjsip/pjproject #1078, resiprocate/resiprocate #175, jselbie/stunserver #7",
            commands: ["stun-ping", "pcap-audit", "register-test"],
            requirements: ["OB-STUN-009", "OB-STUN-024"]),
        Diagnosis(
            "DX-STUN-03",
            symptom: "STUN ok on wire, UA says failed",
            evidence: "SOFTWARE precedes XOR-MAPPED-ADDRESS",
            verdict: "client parser bug",
            advice: "Fix the client: attributes may come in any order, so the server is right.",
            source: "signalwire/freeswitch #2785",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-STUN-021", "OB-STUN-024"]),
        Diagnosis(
            "DX-STUN-04",
            symptom: "inbound calls fail after address change, UA still pings",
            evidence: "XOR-MAPPED-ADDRESS differs from the previous one, no re-REGISTER follows",
            verdict: "UA must treat the flow as failed",
            advice: """
                Fix the phone: a changed mapped address means a new REGISTER. A shorter interval finds the change \
                sooner.
                """,
            source: "",
            commands: ["stun-ping", "pcap-audit", "edge"],
            requirements: ["OB-STUN-006"]),
        Diagnosis(
            "DX-STUN-05",
            symptom: "inbound works 3 min then not, expires 3600",
            evidence: "last client packet > 180 s (or 30 s) before INVITE; INVITE retransmitted, no answer",
            verdict: "NAT/conntrack UDP timeout shorter than refresh",
            advice: """
                Keep alive every 24-29 s, or raise the NAT's UDP timeout (Linux: nf_conntrack_udp_timeout_stream).
                """,
            source: "NethServer/dev #7624, jitsi/jitsi #196, i-p-tel/sipdroid #72",
            commands: ["pcap-audit", "stun-ping"],
            requirements: ["OB-STUN-003"]),
        Diagnosis(
            "DX-STUN-06",
            symptom: "green icon, no calls, UDP",
            evidence: "no STUN, no CRLF, no OPTIONS from UA",
            verdict: "UA has no UDP keep-alive",
            advice: "Use TCP or TLS for this phone, or let the server ping it.",
            source: "juha-h/baresip-studio #128, pjsip/pjproject #3585, DoubangoTelecom/imsdroid #143",
            commands: ["pcap-audit"],
            requirements: ["OB-KA-001", "OB-STUN-002"]),
        Diagnosis(
            "DX-STUN-07",
            symptom: "request ignored by server",
            evidence: "no magic cookie 0x2112A442",
            verdict: "RFC 3489 request",
            advice: "Switch the phone to RFC 5389 STUN (pjproject: STUN2).",
            source: "pjsip/pjproject #1567",
            commands: ["pcap-audit"],
            requirements: ["OB-STUN-015", "OB-STUN-029"]),
        Diagnosis(
            "DX-STUN-08",
            symptom: "Bindings vanish, SIP passes",
            evidence: "n tries, 0 answers, ICMP or silence",
            verdict: "middlebox eats STUN",
            advice: "Let STUN pass on the SIP port in the firewall or SBC between.",
            source: "sipnab",
            commands: ["stun-ping", "pcap-audit"],
            requirements: ["OB-STUN-004", "OB-STUN-011"]),
        Diagnosis(
            "DX-STUN-09",
            symptom: "TCP/TLS phones lost, server \"does natping\"",
            evidence: "only UDP contacts receive pings",
            verdict: "Kamailio nathelper pings UDP only",
            advice: "Let the clients ping, or set tcp_keepalive on the server.",
            source: "kamailio/kamailio #1481, kamailio/kamailio #2564",
            commands: ["config-check"],
            requirements: ["OB-KA-016", "OB-KA-018"]),
        Diagnosis(
            "DX-STUN-10",
            symptom: "phones go offline after upgrade",
            evidence: "OPTIONS pings with empty From instead of 4 bytes",
            verdict: "sipping_from unset",
            advice: "Kamailio: set nathelper's sipping_from.",
            source: "kamailio/kamailio #1587",
            commands: ["config-check"],
            requirements: ["OB-KA-018"]),
        Diagnosis(
            "DX-STUN-11",
            symptom: "pings loop or go to the wrong hop",
            evidence: "OPTIONS sent to self, or to received of another hop",
            verdict: "Path/r2 not honoured by pinger",
            advice: "Kamailio: set path_check_local, and upgrade.",
            source: "kamailio/kamailio #2011, kamailio/kamailio #2447, kamailio/kamailio #1298",
            commands: [],
            requirements: ["OB-KA-018"]),
        Diagnosis(
            "DX-STUN-12",
            symptom: "STUN over the TCP SIP port expected",
            evidence: "Binding on TCP, no reply (measured)",
            verdict: "not offered; streams use CRLF",
            advice: "Use CRLF keep-alive on streams.",
            source: "",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-STUN-001"]),
    ]
}
