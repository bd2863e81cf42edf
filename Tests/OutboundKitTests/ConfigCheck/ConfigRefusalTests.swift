import Testing

@testable import OutboundKit

/// What Kamailio 5.6.3 refuses with `-c`, each asked of it, and what it takes beside that.
@Suite struct ConfigRefusalTests {
    private static func verdict(
        _ name: String, _ old: String, _ new: String, role: ConfigRole? = nil
    ) throws -> ConfigVerdict {
        let version = try #require(KamailioVersion("6.0.1"))
        let config = try ConfigFixtures.read(name, version: version) { text in
            #expect(text.contains(old))
            return text.replacing(old, with: new, maxReplacements: 1)
        }
        return ConfigJudge.judge(ConfigQuestion(config, role: role, version: version))
    }

    /// The rules that fail, with the lines.
    private static func failing(_ name: String, _ old: String, _ new: String) throws -> [String] {
        try verdict(name, old, new).findings.filter { $0.verdict == .fail }.map { "\($0.rule)" }
    }

    // MARK: Functions without their module

    @Test func saveWithoutItsModule() throws {
        let bare = """
            loadmodule "tm.so"\nloadmodule "sl.so"\nloadmodule "usrloc.so"
            request_route {
                if (!save("location")) {
                    sl_reply_error();
                }
                lookup("location");
                t_on_reply("X");
                unregister("location", "$tu");
                exit;
            }

            """
        let verdict = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(bare)))
        #expect(verdict.role == .registrar && verdict.roleReason.contains("calls save()"))
        let failing = verdict.findings.filter { $0.verdict == .fail }
        #expect(failing.map(\.rule) == ["CFG-MOD-07", "CFG-REG-09"])
        #expect(failing.first?.line == 5)
        #expect(failing.first?.message.hasPrefix("save() (and 2 more) belongs to the module registrar") == true)
        let withoutTM = ConfigJudge.judge(
            ConfigQuestion(ConfigTexts.read(bare.replacing("loadmodule \"tm.so\"", with: ""))))
        #expect(withoutTM.findings.contains { $0.message.hasPrefix("t_on_reply() belongs to the module tm") })
        let logging = ConfigJudge.judge(
            ConfigQuestion(ConfigTexts.read(bare.replacing("exit;", with: "xlog(\"registered\");"))))
        #expect(logging.findings.contains { $0.message.hasPrefix("xlog() belongs to the module xlog") })
        let asking = ConfigJudge.judge(
            ConfigQuestion(
                ConfigTexts.read(bare.replacing("exit;", with: "if ($(rU{s.len}) > 20 || $rc < 0) { exit; }"))))
        #expect(asking.findings.contains { $0.message.hasPrefix("$rU belongs to the module pv") })
        // The registrar of an S-CSCF has functions of the same names.
        let other = ConfigTexts.read("loadmodule \"ims_registrar_scscf.so\"\n" + bare)
        let ims = ConfigJudge.judge(ConfigQuestion(other))
        #expect(ims.role == .neither && !ims.findings.contains { $0.rule == "CFG-MOD-07" || $0.rule == "CFG-REG-09" })
        // A piece of another file is no registrar without its modules.
        let piece = ConfigTexts.read("route[R] {\n    save(\"location\");\n}\nrequest_route {\n    route(R);\n}\n")
        #expect(ConfigJudge.judge(ConfigQuestion(piece)).role == .neither)
    }

    @Test(arguments: [
        "route[UNUSED] {\n    fix_nated_contact();\n}\n",
        "route[UNUSED] {\n    switch ($rc) {\n        case 1:\n            exit;\n            fix_nated_contact();\n    }\n}\n",
        "route[UNUSED] {\n    while (fix_nated_contact()) {\n        exit;\n    }\n}\n",
        "route[UNUSED] {\n    return fix_nated_contact();\n}\n",
    ])
    func functionsThatAreNotReached(_ route: String) throws {
        #expect(try Self.failing("edge", "failure_route[FLOW]", route + "failure_route[FLOW]") == ["CFG-MOD-07"])
        let loaded = "loadmodule \"nathelper.so\"\n\(route)failure_route[FLOW]"
        #expect(try Self.failing("edge", "failure_route[FLOW]", loaded).isEmpty)
    }

    // MARK: Parameters

    @Test(arguments: [
        "keepalive_timeout", "keepalive_mechanism", "keepalive_interval", "keepalive_processes", "sub_protocols",
        "cors_mode", "timer_interval", "rm_delay_interval", "verbose_list",
    ])
    func numbersOfWebSocket(_ name: String) throws {
        let old = "modparam(\"websocket\", \"keepalive_timeout\", 25)"
        #expect(
            try Self.failing("edge", old, "\(old)\nmodparam(\"websocket\", \"\(name)\", \"1\")").contains("CFG-MOD-06"))
        #expect(
            try !Self.failing("edge", old, "\(old)\nmodparam(\"websocket\", \"\(name)\", 1)").contains("CFG-MOD-06"))
    }

    @Test(arguments: ["ping_application_data", "event_callback"]) func stringsOfWebSocket(_ name: String) throws {
        let old = "modparam(\"websocket\", \"keepalive_timeout\", 25)"
        #expect(try Self.failing("edge", old, "\(old)\nmodparam(\"websocket\", \"\(name)\", 1)") == ["CFG-MOD-06"])
        #expect(try Self.failing("edge", old, "\(old)\nmodparam(\"websocket\", \"\(name)\", \"ksr\")").isEmpty)
    }

    @Test(arguments: ["12345", "12345678901", "99999999999999999999"]) func aNumberForAString(_ number: String) throws {
        #expect(try Self.failing("edge", "\"correct-horse-battery-staple-0001\"", number) == ["CFG-MOD-06"])
    }

    // MARK: The semicolon

    @Test(arguments: [
        ("set_forward_no_connect();\n", "set_forward_no_connect()\n"), ("add_path();\n", "add_path()\n"),
        ("remove_hf(\"Route\");\n        add_path", "remove_hf(\"Route\")\n        add_path"),
        ("$du = \"sip:127.0.0.1:\" + $def(REGISTRAR_PORT);", "$du = \"sip:127.0.0.1:5070\""),
        ("t_on_failure(\"FLOW\");", "t_on_failure(\"FLOW\")"),
        ("    if (has_totag", "    force_rport\n    if (has_totag"),
        ("t_check_trans();\n    if", "t_check_trans()\n    if"),
        ("sl_reply_error();\n                exit;", "break\n            case 7:\n                exit;"),
    ])
    func aStatementWithoutItsSemicolon(_ old: String, _ new: String) throws {
        let verdict = try Self.verdict("edge", old, new)
        #expect(verdict.findings.contains { $0.rule == "CFG-READ-11" && $0.verdict == .fail })
        #expect(!verdict.findings.contains { $0.rule == "CFG-READ-01" } && verdict.notRead.isEmpty)
    }

    /// What goes on over the end of a line.
    @Test(arguments: [
        "$var(x) = 1\n        + 2;", "$var(x) = $ua\n        =~ \"a\"\n        and $rU\n        eq \"b\";",
        "if (is_method(\"A\")\n        or is_method(\"B\")) exit;", "if (has_totag()) exit; else\n    exit;",
        "$var(x) = \"a\"\n        \"b\";", "xlog(\"a\"\n        \"b\");", "exit t_check_trans();",
    ])
    func statementsOverLines(_ statement: String) throws {
        let verdict = try Self.verdict("edge", "    if (has_totag", "    \(statement)\n    if (has_totag")
        #expect(!verdict.findings.contains { $0.rule == "CFG-READ-11" || $0.rule == "CFG-READ-01" })
    }

    // MARK: Settings and modules

    @Test(arguments: [
        ("30s", true), ("\"30\"", true), ("$def(FLOW_TIMER)", true), ("LIFETIME", true), ("YES", true), ("30", false),
        ("FLOW_TIMER", false), ("-1", false), ("0x1e", false),
    ])
    func aLifetimeThatIsNoNumber(_ value: String, _ isRefused: Bool) throws {
        let failing = try Self.failing("edge", "tcp_connection_lifetime=30", "tcp_connection_lifetime=\(value)")
        #expect(failing.contains("CFG-READ-11") == isRefused, "\(failing)")
    }

    @Test(arguments: [("force_rport", "yes", false), ("force_rport", "maybe", true), ("tcp_crlf_ping", "off", false)])
    func switches(_ name: String, _ value: String, _ isRefused: Bool) throws {
        let failing = try Self.failing("edge", "force_rport=yes", "\(name)=\(value)")
        #expect(failing.contains("CFG-READ-11") == isRefused, "\(failing)")
    }

    @Test(arguments: [
        ("loadmodule \"sl\"", true), ("loadmodulex \"sl.so\"", true), ("loadmodule \"slx.so\"", false),
        ("#!ifdef NOT\nloadmodule \"sl.so\"\n#!endif", false), ("loadmodule \"/opt/other/sl.so\"", false),
    ])
    func aModuleThatIsLoadedTwice(_ line: String, _ isRefused: Bool) throws {
        let old = "loadmodule \"sl.so\"\n"
        #expect(try Self.failing("edge", old, "\(old)\(line)\n") == (isRefused ? ["CFG-READ-11"] : []))
    }

    /// A variable is for modparamx alone.
    @Test(arguments: [
        ("modparamx", "$defn(FLOW_TIMER)", false), ("modparam", "$defn(FLOW_TIMER)", true),
        ("#!trydefenvs HOME\nmodparam", "HOME", false),
    ])
    func aVariableAsTheValueOfAParameter(_ word: String, _ value: String, _ isRefused: Bool) throws {
        let old = "modparam(\"tm\", \"failure_reply_mode\", 3)"
        let failing = try Self.failing("edge", old, "\(word)(\"tm\", \"failure_reply_mode\", \(value))")
        #expect(failing.contains("CFG-READ-11") == isRefused, "\(failing)")
    }

    /// What Kamailio finds out as its modules start.
    @Test(arguments: [
        ("loadmodule \"usrloc.so\"\n", "", "CFG-MOD-09"),
        ("modparam(\"tm\", \"contact_flows_avp\", \"tm_contact_flows\")\n", "", "CFG-AP-01"),
    ])
    func whatAModuleNeeds(_ old: String, _ new: String, _ rule: String) throws {
        let failing = try Self.failing("registrar", old, new)
        #expect(failing.contains(rule), "\(failing)")
    }

    private static func failing(_ text: String) -> [String] {
        let question = ConfigQuestion(ConfigTexts.read(text), version: KamailioVersion(5, 6, 3))
        return ConfigJudge.judge(question).findings.filter { $0.verdict == .fail }.map { "\($0.rule)" }
    }

    /// Each was seen with a Kamailio 5.6.3 that was started.
    @Test(arguments: [
        (["usrloc", "registrar"], true), (["usrloc", "registrar", "sl"], false), (["pv", "siputils"], true),
        (["sl", "siputils"], true), (["siputils", "sl", "pv"], false), (["sanity"], true), (["auth", "sl"], false),
        (["sl", "pv", "tmx", "tm"], true), (["sl", "pv", "tm", "tmx"], false), (["sl", "nathelper", "usrloc"], true),
        (["sl", "usrloc", "nathelper"], false), (["p_usrloc", "registrar", "sl"], false),
        (["sl", "pv", "rr", "dialog"], true), (["dialog", "tm", "rr", "pv"], true), (["tm", "pv", "dialog"], true),
        (["tm", "rr", "dialog"], true), (["tm", "dialog", "rr", "pv"], false), (["acc"], true), (["acc", "tm"], true),
        (["tm", "acc"], false), (["uac"], true), (["tm", "uac"], true), (["tm", "uac", "rr"], false),
        (["tm", "nat_traversal"], true), (["sl", "nat_traversal", "tm"], true), (["tm", "nat_traversal", "sl"], false),
        (["sl", "websocket"], true), (["websocket", "sl", "xhttp"], true),
    ])
    func whatModulesNeed(_ modules: [String], _ isRefused: Bool) {
        let pings = modules.contains("nathelper") ? "modparam(\"nathelper\", \"natping_interval\", 30)\n" : ""
        let text = modules.map { "loadmodule \"\($0).so\"\n" }.joined() + pings + "request_route {\n    exit;\n}\n"
        #expect(Self.failing(text).contains("CFG-MOD-09") == isRefused)
        // Whatever a script, or a route whose name is computed, may do.
        let computed = text.replacing("exit;", with: "route($rm);")
        #expect(Self.failing(computed).contains("CFG-MOD-09") == isRefused)
    }

    private static let base = ["tm", "sl", "pv", "usrloc", "registrar", "nathelper", "xhttp"].map {
        "loadmodule \"\($0).so\"\n"
    }.joined()
    private static let web = "event_route[xhttp:request] { exit; }\n"

    /// What `kamailio -c` takes and a start does not, each seen with 5.6.3.
    @Test(
        arguments: [
            ("", "fix_nated_register();", "CFG-MOD-09"),
            ("modparam(\"registrar\", \"received_avp\", \"$avp(R)\")", "fix_nated_register();", "CFG-MOD-09"),
            ("modparam(\"nathelper\", \"received_avp\", \"$avp(R)\")", "fix_nated_register();", nil),
            ("modparam(\"nathelper|registrar\", \"received_avp\", \"RCV\")", "", "CFG-MOD-06"),
            ("modparam(\"registrar\", \"received_avp\", \"$var(x)\")", "", "CFG-MOD-06"),
            ("modparam(\"registrar\", \"received_avp\", \"\")", "", nil),
            ("modparam(\"registrar\", \"received_avp\", \"$avp(i:42)\")", "", nil),
            ("modparam(\"registrar\", \"tcp_persistent_flag\", 7)", "", "CFG-MOD-06"),
            ("modparam(\"registrar\", \"regid_mode\", 2)", "", "CFG-MOD-06"),
            ("modparam(\"registrar\", \"regid_mode\", 1)", "", nil),
            ("modparam(\"usrloc\", \"nat_bflag\", 32)", "", "CFG-MOD-06"),
            ("modparam(\"usrloc\", \"nat_bflag\", -5)", "", "CFG-MOD-06"),
            ("modparam(\"usrloc\", \"nat_bflag\", -1)", "", nil), ("modparam(\"usrloc\", \"nat_bflag\", 31)", "", nil),
            ("modparam(\"nathelper\", \"sipping_bflag\", 7)", "", nil),
            (
                "modparam(\"nathelper\", \"sipping_bflag\", 7)\nmodparam(\"nathelper\", \"natping_interval\", 30)", "",
                "DX-STUN-10"
            ),
            (
                "modparam(\"nathelper\", \"sipping_bflag\", -1)\nmodparam(\"nathelper\", \"natping_interval\", 30)", "",
                nil
            ),
        ] as [(String, String, String?)])
    func whatAStartRefuses(_ line: String, _ statement: String, _ rule: String?) {
        let text = "\(Self.base)\(line)\nrequest_route { \(statement) exit; }\n\(Self.web)"
        #expect(Set(Self.failing(text)) == Set(rule.map { [$0] } ?? []))
    }

    @Test func xhttpWithoutItsRoute() {
        #expect(Self.failing("\(Self.base)request_route { exit; }\n") == ["CFG-MOD-09"])
    }

    /// Functions of modules, in a configuration that loads none of theirs.
    @Test(arguments: [
        "nat_uac_test(\"19\");", "add_rcv_param();", "remove_record_route();", "t_set_fr(5000);", "t_is_set(\"x\");",
        "subst(\"/a/b/\");", "is_present_hf(\"X\");", "is_request();", "setbflag(6);",
        "xhttp_reply(\"404\", \"\", \"\", \"\");",
        "sht_print();", "send_reply(\"430\", \"x\");", "$var(x) = $T_rpl($rs);", "$var(x) = $sht(a=>b);",
    ])
    func withoutTheirModule(_ statement: String) {
        #expect(Self.failing("loadmodule \"pv.so\"\nrequest_route {\n    \(statement)\n}\n") == ["CFG-MOD-07"])
    }

    @Test(
        arguments: [
            ("5.6.3", "tls_threads_mode=2", true), ("5.8.0", "tls_threads_mode=2", false),
            ("6.0.1", "tcp_main_threads=2", true), ("6.1.0", "tcp_main_threads=2", false),
            ("6.0.1", "udp_receiver_mode=1", false), ("5.6.3", "return_mode=1", true),
            ("5.7.0", "return_mode=1", false),
            (nil, "tls_threads_mode=2", false), ("6.0.1", "description=\"x\"", true),
            ("5.4.0", "tcp_wait_data=5", true),
        ] as [(String?, String, Bool)])
    func settingsOfLaterReleases(_ version: String?, _ line: String, _ isRefused: Bool) {
        let text = "\(line)\nloadmodule \"sl.so\"\nrequest_route { exit; }\n"
        let question = ConfigQuestion(ConfigTexts.read(text), version: version.flatMap { KamailioVersion($0) })
        let failing = ConfigJudge.judge(question).findings.filter { $0.verdict == .fail }
        #expect(failing.map(\.rule) == (isRefused ? ["CFG-READ-11"] : []))
    }

    /// A file from a template whose places are still to be filled.
    @Test func placesThatNobodyHasFilled() {
        let text = "#!substdef \"!MY_IP!<MY_IP>!g\"\nalias=MY_IP\nloadmodule \"sl.so\"\nrequest_route { exit; }\n"
        let findings = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(text))).findings
        let found = findings.first { $0.rule == "CFG-READ-06" && $0.verdict == .fail }
        #expect(found?.message.contains("nobody has filled in") == true, "\(findings.map(\.message))")
    }

    /// Before 5.7 they are comments: a condition then lacks its beginning, and a name that nobody uses nothing.
    @Test(
        arguments: [
            ("#!defexp X 1+1\n", [], ["CFG-READ-09"]),
            ("#!defexp X 1+1\nchildren=X\n", ["CFG-READ-11"], ["CFG-READ-09"]),
            ("#!else\n", [], ["CFG-READ-03"]), ("#!endif\n", ["CFG-READ-03"], []),
            ("#!ifdef A\n#!else\n#!else\n#!endif\n", [], []),
        ] as [(String, [String], [String])])
    func directives(_ line: String, _ failing: [String], _ warning: [String]) {
        var setup = KamailioConfig.Setup()
        setup.version = KamailioVersion(5, 6, 3)
        let config = ConfigTexts.read("\(line)loadmodule \"sl.so\"\nrequest_route { exit; }\n", setup: setup)
        let findings = ConfigJudge.judge(ConfigQuestion(config, version: setup.version)).findings
        #expect(findings.filter { $0.verdict == .fail }.map(\.rule.text) == failing)
        #expect(findings.filter { $0.verdict == .warn }.map(\.rule.text) == warning)
    }

    @Test(
        arguments: [("\"c\"", nil, true), ("\"\"", nil, false), ("\"c\"", "\"\"", true), ("\"c\"", "\"f\"", false)]
            as [(String, String?, Bool)])
    func emptyIsNotSet(_ contacts: String, _ flows: String?, _ isRefused: Bool) {
        let more = flows.map { "modparam(\"tm\", \"contact_flows_avp\", \($0))\n" } ?? ""
        let text =
            "loadmodule \"tm.so\"\nmodparam(\"tm\", \"contacts_avp\", \(contacts))\n\(more)request_route {\n    exit;\n}\n"
        #expect(Self.failing(text).contains("CFG-AP-01") == isRefused)
    }

    /// Kamailio looks for the routes of all calls as it starts.
    @Test(arguments: [
        ("route(R);", true), ("if (route(R)) { exit; }", true), ("exit;\n    route(R);", true), ("route(\"R\");", true),
        ("route(S);", false), ("t_on_failure(\"R\");", false),
    ])
    func routesThatAreNotThere(_ line: String, _ isRefused: Bool) {
        let text = "loadmodule \"tm.so\"\nrequest_route {\n    \(line)\n    exit;\n}\nroute[S] {\n    exit;\n}\n"
        #expect(Self.failing(text).contains("CFG-READ-08") == isRefused)
    }

    /// What only the server's environment says is no fault, and what hangs on it is not known.
    @Test(arguments: [
        "#!defenv N\nchildren=N\nloadmodule \"sl.so\"\n",
        "#!defenv N\nloadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_timer\", N)\n",
        "#!defenv P\nlisten=udp:127.0.0.1:P\nloadmodule \"sl.so\"\n",
        "#!trydefenvs N\n#!trydef N 2\nchildren=N\nloadmodule \"sl.so\"\n",
        "loadmodule \"sl.so\"\n#!trydefenvs R\n#!trydefenvs R\n#!ifdef R\nloadmodule \"registrar.so\"\n#!endif\n",
        "loadmodule \"sl.so\"\n#!trydefenvs R\n#!ifdef R\nloadmodule \"registrar.so\"\n#!endif\n",
        "loadmodule \"sl.so\"\n#!trydefenvs D\n#!ifndef D\nloadmodule \"usrloc.so\"\n#!endif\nloadmodule \"registrar.so\"\n",
    ])
    func theServersEnvironment(_ text: String) {
        #expect(Self.failing(text + "request_route {\n    exit;\n}\n").isEmpty)
    }

    /// Forking by q, as tm's manual has it, is no sign of outbound.
    @Test func serialForkingMeansNoOutbound() throws {
        let text = """
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "usrloc.so"
            loadmodule "registrar.so"
            modparam("tm", "contacts_avp", "tm_contacts")
            modparam("tm", "contact_flows_avp", "tm_contact_flows")
            request_route {
                if (method == "REGISTER") { save("location"); exit; }
                if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
                t_load_contacts();
                t_next_contacts();
                t_relay();
            }
            """
        let question = ConfigQuestion(ConfigTexts.read(text), version: KamailioVersion(5, 6, 3))
        let failing = ConfigJudge.judge(question).findings.filter { $0.verdict == .fail || $0.verdict == .warn }
        #expect(failing.isEmpty, "\(failing.map(\.message))")
    }
}
