import Testing

@testable import OutboundKit

/// Whether phones come to a server themselves, over which transports, and what counts for it then.
@Suite struct ConfigReachTests {
    /// One server, without anything that says whether an edge is in front of it.
    private static func single(_ lines: String = "", role: ConfigRole? = nil, body: String = "") -> [String] {
        let text = """
            listen=udp:127.0.0.1:15080
            listen=tcp:127.0.0.1:15080
            tcp_connection_lifetime=60
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            \(lines)
            request_route {
                if (method == "REGISTER") { save("location"); exit; }
                if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
                t_relay();
            }
            \(body)
            """
        let question = ConfigQuestion(ConfigTexts.read(text), role: role, version: KamailioVersion(6, 0, 1))
        return ConfigJudge.judge(question).findings.map { "\($0.rule) \($0.verdict.word)" }
            .filter { !["CFG-REG-08 info", "DX-BIND-03 warn"].contains($0) }
    }

    private static let mode = "modparam(\"registrar\", \"outbound_mode\", 1)\n"
    private static let timer = "modparam(\"registrar\", \"flow_timer\", 90)\n"

    @Test func anEdgeInFrontIsInDoubt() {
        #expect(
            Self.single(Self.mode + Self.timer)
                == ["DX-STUN-01 unknown", "DX-FT-05 unknown", "CFG-REG-01 unknown"])
        #expect(Self.single(Self.mode + Self.timer + "loadmodule \"stun.so\"\n").contains("DX-FT-05 unknown"))
        #expect(Self.single(Self.mode, role: .registrar) == ["CFG-REG-01 fail"])
        #expect(Self.single(Self.mode + "tcp_crlf_ping=no\n").contains("CFG-TCP-01 unknown"))
        // One server for both has its phones' connections, and no use for Path.
        let both = Self.single(Self.mode + Self.timer, role: .both)
        #expect(both.contains("DX-FT-05 fail") && both.contains("CFG-REG-01 info"))
        // Without outbound nothing hangs on it.
        #expect(Self.single() == ["DX-REG-03 info"])
    }

    /// 430 comes from edges alone, and what is done with Path is for them.
    @Test(arguments: [
        ("", "failure_route[A] { if (t_check_status(\"430\")) { t_reply(\"480\", \"x\"); } }"),
        ("modparam(\"registrar\", \"path_use_received\", 0)\n", ""),
    ])
    func anEdgeIsInFront(_ line: String, _ body: String) {
        #expect(Self.single(Self.mode + line, body: body) == ["CFG-REG-01 fail"])
    }

    private static let handshake =
        "event_route[xhttp:request] { if (ws_handle_handshake()) { exit; } xhttp_reply(\"404\", \"x\", \"\", \"\"); }"
    private static let web = "loadmodule \"xhttp.so\"\nloadmodule \"websocket.so\"\n"

    /// WebSocket ends at the server that has the module, whatever it is otherwise.
    @Test func webSocketPhonesRegisterHere() {
        #expect(
            Self.single(Self.web, body: Self.handshake)
                == ["CFG-WS-01 warn", "DX-FT-09 warn", "DX-REG-03 info"])
        let silent = Self.single(Self.web, body: "event_route[xhttp:request] { exit; }")
        #expect(silent.first == "CFG-WS-02 fail")
        let late = Self.single(
            Self.web + "modparam(\"websocket\", \"keepalive_timeout\", 50)\ntcp_accept_no_cl=yes\n",
            body: Self.handshake)
        #expect(late == ["DX-REG-03 info"])
        // Such a server knows its phones' flows itself.
        let direct = Self.single(Self.web + Self.mode, body: Self.handshake)
        #expect(direct.contains("CFG-REG-01 info") && direct.contains("DX-STUN-01 fail"))
    }

    // MARK: Transports

    /// The good edge without its Flow-Timer and without stun, with this in front of add_path().
    private static func edge(_ lines: String) throws -> Set<String> {
        let text = String(decoding: try VectorFiles.bytes("kamailio-config/edge.cfg"), as: UTF8.self)
        let old = "        add_path();"
        try #require(text.contains(old) && text.contains("loadmodule \"stun.so\"\n"))
        let changed = text.replacing("loadmodule \"stun.so\"\n", with: "").replacing(old, with: "\(lines)\n\(old)")
            .replacing("insert_hf(\"Flow-Timer", with: "insert_hf(\"X-Timer")
        let findings = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(changed), role: .edge)).findings
        return Set(findings.map(\.rule.text)).intersection(["DX-STUN-01", "DX-FT-04"])
    }

    @Test(
        arguments: [
            ("", ["DX-STUN-01", "DX-FT-04"]), ("if (proto == UDP) { exit; }", ["DX-FT-04"]),
            ("if ($proto == \"udp\") { exit; }", ["DX-FT-04"]),
            ("if (proto == TLS) { exit; }", ["DX-STUN-01", "DX-FT-04"]),
            ("if (proto != WS && proto != WSS) { exit; }", []),
            ("if (proto != WS && proto != WSS && $si != \"127.0.0.2\") { exit; }", []),
            ("if (proto != WS && proto != WSS && src_ip != 10.0.0.0/8) { exit; }", ["DX-STUN-01", "DX-FT-04"]),
            ("if (proto == UDP && $ua =~ \"x\") { exit; }", ["DX-STUN-01", "DX-FT-04"]),
        ] as [(String, Set<String>)])
    func transportsThatPhonesCannotUse(_ lines: String, _ expected: Set<String>) throws {
        #expect(try Self.edge(lines) == expected)
    }
}
