/// Keep-alive on streams: TCP, TLS and WebSocket (DX-KA, DX-WS).
extension DiagnosisTable {
    static let DX_KA: [Diagnosis] = [
        Diagnosis(
            "DX-KA-01",
            symptom: "client unreachable until next REGISTER, \"randomly\"",
            evidence: "no CRLFCRLF between REGISTERs although 2xx had Require: outbound",
            verdict: "UA sends no keep-alive",
            advice: """
                Switch the phone's outbound or keep-alive setting on, and check that its 2xx really has Require: \
                outbound: without that it need not ping.
                """,
            source: "baresip/re #288, DoubangoTelecom/doubango #122",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-001", "OB-KA-007", "OB-UA-010"]),
        Diagnosis(
            "DX-KA-02",
            symptom: "\"sipnat=outbound but nothing is sent\"",
            evidence: "2xx without Require: outbound; UA silent",
            verdict: "UA is right: outbound not granted (re gates keep-alive on it)",
            advice: """
                The phone is right. Make registrar and edge grant outbound (see DX-REG-05), or give the phone another \
                keep-alive.
                """,
            source: "baresip/baresip #695, baresip/baresip #696",
            commands: ["pcap-audit"],
            requirements: ["OB-UA-010", "OB-REG-017"]),
        Diagnosis(
            "DX-KA-03",
            symptom: "UA reconnects every interval + 10 s",
            evidence: "ping 4 bytes, no CRLF within 10 s, then FIN/RST by UA",
            verdict: "peer does not answer pings (pjproject answered none before July 2026)",
            advice: """
                Upgrade the peer that does not answer pings, or switch CRLF keep-alive off on the phone until it does.
                """,
            source: "pjsip/pjproject #5059, Oracle SBC ACLI configuration guide",
            commands: ["crlf-ping", "flow-timer", "pcap-audit", "edge"],
            requirements: ["OB-KA-006", "OB-KA-010"]),
        Diagnosis(
            "DX-KA-04",
            symptom: "keep-alives sent, never answered",
            evidence: "2-byte single CRLF where a ping was due",
            verdict: "a bare CRLF is a pong, not a ping",
            advice: "Set the phone's keep-alive data to a double CRLF (pjproject: ka_data).",
            source: "pjsip/pjproject #3986, pjsip/pjproject #669",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-003"]),
        Diagnosis(
            "DX-KA-05",
            symptom: "UDP client lost behind NAT, sends CRLF",
            evidence: "0d0a0d0a in UDP datagrams, no answer",
            verdict: "CRLF MUST NOT be used on UDP; server never answers (Kamailio silent (measured))",
            advice: "Switch the phone to STUN keep-alive on the SIP port, or to TCP or TLS.",
            source: "pjsip/pjproject #407, pjsip/pjproject #3987",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-002", "OB-KA-016"]),
        Diagnosis(
            "DX-KA-06",
            symptom: "UA logs bad message, or loops",
            evidence: "server sends unsolicited CRLFCRLF (Asterisk keep_alive_interval)",
            verdict: "legal ping from server; UA must answer and not parse it",
            advice: """
                Fix the phone's framing: skip CRLFs before a start-line and answer a double CRLF with one CRLF. \
                Meanwhile switch the server's pings off (Asterisk: keep_alive_interval).
                """,
            source: "onsip/SIP.js #600",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-010", "OB-KA-015"]),
        Diagnosis(
            "DX-KA-07",
            symptom: "good 200 OK rejected, 30 s retry loop after ~30 min",
            evidence: """
                lone pong immediately before SIP/2.0 200 in the same stream, then new REGISTER with new \
                Call-ID/connection
                """,
            verdict: "client left pong in buffer (framer bug)",
            advice: "Fix the client's framing: drop CRLFs that stand before a start-line.",
            source: "haumacher/phoneblock #444",
            commands: ["crlf-ping", "pcap-audit", "edge"],
            requirements: ["OB-KA-015"]),
        Diagnosis(
            "DX-KA-08",
            symptom: "flow declared dead although both sides are polite",
            evidence: "ping split in two segments CRLF + CRLF",
            verdict: """
                receiver matching only a whole 4-byte buffer sees two pongs (reSIProcate ConnectionBase.cxx L149-185, \
                by reading; Kamailio 5.6.3 handles 2+2 and 1+3 (measured))
                """,
            advice: "Send the ping in one write; test the receiver with split pings and upgrade it.",
            source: "",
            commands: ["crlf-ping", "register-test"],
            requirements: ["OB-KA-011"]),
        Diagnosis(
            "DX-KA-09",
            symptom: "-0x0050/RST exactly at refresh time",
            evidence: "idle gap > NAT/carrier timeout, RST answers the REGISTER",
            verdict: "idle flow dropped in the middle",
            advice: "Keep the flow alive more often than the measured idle limit of the path.",
            source: "haumacher/phoneblock #440, pjsip/pjproject #95",
            commands: ["pcap-audit", "flow-timer"],
            requirements: ["OB-KA-001", "OB-KA-008"]),
        Diagnosis(
            "DX-KA-10",
            symptom: "server memory climbs",
            evidence: "thousands of CRLFs per second on one connection",
            verdict: "keep-alive flood",
            advice: "Limit the rate for the source, or ban it, and find out which client it is.",
            source: "resiprocate/resiprocate #245",
            commands: ["pcap-audit"],
            requirements: ["OB-FT-009", "OB-KA-014"]),
        Diagnosis(
            "DX-KA-11",
            symptom: "reconnect storms at fixed times",
            evidence: "many UAs' pings at one phase, intervals constant",
            verdict: "no 80-100 % randomisation",
            advice: "Enable random intervals (80-100 % of the interval) in the phones.",
            source: "onsip/SIP.js #190, AudioCodes manual 6.2",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-008", "OB-KA-009", "OB-FT-005"]),
        Diagnosis(
            "DX-KA-12",
            symptom: "vendor UA never pings",
            evidence: """
                no ping, User-Agent of a family whose switch defaults to off (AudioCodes UsePingPongKeepAlive 0, \
                SIP.js keepAliveInterval 0)
                """,
            verdict: "feature off",
            advice: "Switch the feature on (AudioCodes UsePingPongKeepAlive, SIP.js keepAliveInterval).",
            source: "onsip/SIP.js #190, AudioCodes manual 6.2",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-KA-001", "OB-KA-007"]),
        Diagnosis(
            "DX-KA-13",
            symptom: "UA pings only when it thinks it is NATed",
            evidence: "pings from 10/8, none from public address",
            verdict: "RFC 6223 ignores NAT state",
            advice: """
                The phone should ping whenever keep-alives were negotiated, whether or not it believes that it is \
                behind a NAT.
                """,
            source: "android-rcs/rcsjta #91",
            commands: ["edge"],
            requirements: ["OB-KA-001", "OB-KEEP-001"]),
        Diagnosis(
            "DX-KA-14",
            symptom: "pings go on after un-REGISTER",
            evidence: "ping after expires=0 200",
            verdict: "stale timer",
            advice: "Fix the phone: stop the keep-alive timer when the binding is removed.",
            source: "pjsip/pjproject #1495",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-UA-015", "OB-KEEP-007"]),
        Diagnosis(
            "DX-KA-15",
            symptom: "connection closed after a ping",
            evidence: "ping inside an unfinished message, server closes (bad request, state=7 (measured))",
            verdict: "sender interleaves",
            advice: "Fix the sender: write a whole message before the next ping.",
            source: "",
            commands: [],
            requirements: ["OB-KA-004"]),
        Diagnosis(
            "DX-WS-01",
            symptom: "browser phone drops when idle",
            evidence: "CRLF in a WS data frame, no CRLF frame back; log \"message too short: 0\"",
            verdict: "server does not speak RFC 7118 CRLF",
            advice: """
                OpenSIPS: enable the *_crlf_pingpong setting (OpenSIPS/opensips #4246); else let the server send \
                WebSocket Pings.
                """,
            source: "OpenSIPS/opensips #2817, onsip/SIP.js #1061",
            commands: ["ws-ping", "register-test", "pcap-audit"],
            requirements: ["OB-WS-003", "OB-KA-010"]),
        Diagnosis(
            "DX-WS-02",
            symptom: "endless \"forcibly closing connection\"",
            evidence: "WS Ping without Pong, TCP already gone",
            verdict: "server keeps a dead WS entry",
            advice: "Upgrade the server, and lower its WebSocket keepalive_timeout.",
            source: "kamailio/kamailio #2990",
            commands: ["ws-ping", "pcap-audit"],
            requirements: ["OB-WS-002", "OB-WS-007"]),
        Diagnosis(
            "DX-WS-03",
            symptom: "status stays \"Registered\", peer \"Unreachable\"",
            evidence: "keep-alive options set, no reaction to missing pong",
            verdict: "UA does not act on failure",
            advice: """
                The phone must act on a missing pong. Test it with an edge that drops pongs, and watch for a new \
                REGISTER.
                """,
            source: "InnovateAsterisk/Browser-Phone #101",
            commands: ["pcap-audit", "edge"],
            requirements: ["OB-WS-007", "OB-KA-006"]),
    ]
}
