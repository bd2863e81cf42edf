import Testing

@testable import OutboundKit

@Suite struct ConfigParserTests {
    @Test func settings() {
        let config = ConfigTexts.read(
            """
            debug=2 log_stderror=yes
            alias="a.example" "b.example"
            alias=sip.example.com:5060
            tm.fr_timer = 5
            x = -3
            mpath "/usr/lib"
            y=0x1F
            """)
        #expect(config.problems.isEmpty)
        #expect(
            config.settings.map(\.name) == [
                "debug", "log_stderror", "alias", "alias", "tm.fr_timer", "x", "mpath", "y",
            ])
        #expect(config.setting("log_stderror")?.value.number == 1)
        #expect(config.setting("alias")?.value == .words("sip.example.com:5060"))
        #expect(config.setting("x")?.value == .integer(-3))
        #expect(config.setting("y")?.value == .integer(31))
    }

    @Test(arguments: [
        ("listen=udp:127.0.0.1:5060", [ConfigListener.Kind.udp], ["udp:127.0.0.1:5060"]),
        ("listen=tls:[::1]:5061 advertise 192.0.2.1:5061", [.tls], ["tls:[::1]:5061"]),
        ("listen=192.0.2.1", [.any], ["192.0.2.1"]), ("listen=tcp:\"eth0\":5060", [.tcp], ["tcp:eth0:5060"]),
        ("listen=udp:eth0:5060 name \"s1\"", [.udp], ["udp:eth0:5060"]),
        ("#!define IP 192.0.2.1\nlisten=tcp:IP:5060", [.tcp], ["tcp:192.0.2.1:5060"]),
        (
            "socket = { bind = udp:192.0.2.1:5060; advertise = 198.51.100.1; name = \"x\" }", [.udp],
            ["udp:192.0.2.1:5060"]
        ),
        ("listen=udp:a:1\nlisten=tcp:a:1\n", [.udp, .tcp], ["udp:a:1", "tcp:a:1"]),
    ])
    func listeners(_ text: String, _ kinds: [ConfigListener.Kind], _ words: [String]) {
        let config = ConfigTexts.read(text + "\ndebug=2\n")
        #expect(config.listeners.map(\.kind) == kinds)
        #expect(config.listeners.map(\.text) == words)
        #expect(config.setting("debug") != nil && config.problems.isEmpty)
    }

    @Test(
        arguments: [
            ("udp:192.0.2.1:5060", .udp), ("TCP:eth0", .tcp), ("tls:[::1]:5061", .tls), ("192.0.2.1:5060", .any),
            ("sip.example.com", .any), ("[2001:db8::1]", .any), ("tpc:192.0.2.1:5060", nil), ("ws:192.0.2.1:80", nil),
            ("udp:192.0.2.1:x", nil), ("192.0.2.1:99999", nil), ("udp:", nil), ("", nil), ("any:192.0.2.1:5060", nil),
        ] as [(String, ConfigListener.Kind?)])
    func listenersOfTheCommandLine(_ text: String, _ kind: ConfigListener.Kind?) {
        #expect(ConfigListener(commandLine: text)?.kind == kind)
    }

    @Test func modulesAndParameters() {
        let config = ConfigTexts.read(
            """
            loadmodule "tm.so"
            loadmodule "/usr/lib/kamailio/modules/path.so"
            loadmodule("sl")
            modparam("tm|sl", "x", 5)
            modparam("path", "use_received", 1)
            modparam("path", "use_received", 0)
            modparam("a", "b", "c" "d")
            """)
        #expect(config.modules.map(\.name) == ["tm", "path", "sl"])
        #expect(config.parameters.map(\.module) == ["tm", "sl", "path", "path", "a"])
        #expect(config.parameter("path", "use_received")?.value == .integer(0))
        #expect(config.parameter("a", "b")?.value == .string("cd"))
        #expect(config.parameters.map(\.place.line) == [4, 4, 5, 6, 7])
    }

    @Test(
        arguments: [
            ("20", 20), ("0", 0), ("024", 20), ("0x14", 20), ("10100b", 20), ("-5", -5), ("2147483647", 2_147_483_647),
            ("0xFFFFFFFF", -1), ("037777777777", -1), ("08", nil), ("0x", nil), ("2147483648", nil),
            ("4294967316", nil), ("0x100000014", nil), ("99999999999999999999", nil), ("-9223372036854775808", nil),
        ] as [(String, Int?)])
    func numbers(_ text: String, _ number: Int?) throws {
        let config = ConfigTexts.read("tcp_connection_lifetime=\(text)\nmodparam(\"a\", \"b\", \(text))\ndebug=2\n")
        #expect(config.setting("tcp_connection_lifetime")?.value.number == number)
        #expect(config.parameter("a", "b")?.value.number == number)
        #expect(config.setting("debug")?.value.number == 2)
        let kind = text == "08" || text == "0x" ? "refused" : "numberBeyond"
        #expect(ConfigTexts.kinds(config) == (number == nil ? [kind, kind] : []))
        #expect(config.problems.map(\.place.line) == (number == nil ? [1, 2] : []))
    }

    @Test(
        arguments: [
            ("^registrar$", ["registrar"]), ("Registrar", ["registrar"]), ("reg.*", ["registrar"]),
            ("(tm|sl)", ["tm", "sl"]), ("t[ml]", ["tm"]), ("tmx?|SL", ["tm", "sl"]), ("usrloc|tm", ["usrloc", "tm"]),
            ("m", ["m"]), ("x.*", ["x.*"]),
        ] as [(String, [String])])
    func modulesOfAParameter(_ text: String, _ modules: [String]) {
        let config = ConfigTexts.read(
            """
            loadmodule "tm.so"
            loadmodule "sl.so"
            loadmodule "registrar.so"
            modparam("\(text)", "x", 5)
            """)
        #expect(config.parameters.map(\.module) == modules)
        #expect(config.problems.isEmpty)
    }

    @Test func aPatternThatIsNotUnderstoodHidesWhatItSets() {
        let config = ConfigTexts.read("loadmodule \"tm.so\"\nmodparam(\"(tm\", \"x\", 5)\n")
        #expect(config.parameters.isEmpty && config.problems.contains(where: \.hidesSomething))
    }

    @Test func routesAndTheirNames() {
        let config = ConfigTexts.read(
            """
            route { exit; }
            route[0] { exit; }
            request_route { exit; }
            route[RELAY] { exit; }
            failure_route[A] { exit; }
            onreply_route { return 1; }
            reply_route { drop; }
            event_route[tm:branch-failure:X] { exit; }
            branch_route["B"] { exit; }
            """)
        #expect(config.problems.isEmpty)
        #expect(
            config.routes.map(\.title) == [
                "request_route", "request_route", "request_route", "route[RELAY]", "failure_route[A]", "onreply_route",
                "onreply_route", "event_route[tm:branch-failure:X]", "branch_route[B]",
            ])
    }

    private static func body(_ text: String) -> [ConfigStatement] {
        ConfigTexts.read("request_route {\n\(text)\n}\n").routes.first?.body ?? []
    }

    @Test func conditions() throws {
        guard
            case .condition(let test, let then, let otherwise, _) = try #require(
                Self.body("if (!f(\"a\") && ($rs >= 200 || method==\"X\")) g(); else { h(); exit; }").first)
        else {
            Issue.record("no condition")
            return
        }
        #expect(test.calls.map(\.name) == ["f"])
        #expect(then.count == 1 && otherwise.count == 2)
        guard
            case .and(.not(.call), .or(.operation(">=", .variable("$rs"), _), .operation("==", .word("method"), _))) =
                test
        else {
            Issue.record("\(test)")
            return
        }
    }

    @Test(arguments: [
        "if ($(hdr(Require)[*])=~\"outbound\") insert_hf(\"x\", \"y\");", "if $x == 1 { a(); }",
        "if (src_ip==[2001:db8::1] || src_ip == [2001:db8::]/32) a();",
        "switch ($rc) { case -2: a(); exit; case \"x\": default: b(); }",
        "while ($var(i) < 3) { $var(i) = $var(i) + 1; }",
        "$du = \"sip:\" + $si + \":5060\";", "force_rport();", "force_rport;", "exit 1; drop $var(x);",
        "force_send_socket(udp:127.0.0.1:5060);",
        "if (src_ip == 192.0.2.0/24) { drop; }", "if (@via[2] == \"\") exit;", "if (uri==myself) { exit; };",
        "if (defined $avp(x) && strlen($rU) > 3) { exit; }", "return $var(x);", "return (1);", "return;", "exit();",
        "if (not a() and b()) c();", "if (a()) { b(); } else if (c()) { d(); } else { e(); }",
        "$var(x) = (int)$var(y);",
        "xlog(\"L_INFO\", \"$? $rc\\n\");", "if ($? == -2) { exit; }", "route(X);", ";;", "if (1) { ; }",
        "if (src_ip == ::1 || src_ip == 2001:db8::/32) a();", "if (($var(x) = a()) && b()) c();",
        "switch ($rm) { case \"A\": default: }",
        "$xavp(a=>b[0]) = \"c\";", "$(avp(x)[*]) = $null;", "@a.b[1].c = 1;",
    ])
    func statements(_ text: String) {
        let config = ConfigTexts.read("request_route {\n\(text)\n}\nmarker=1\n")
        #expect(config.problems.isEmpty, "\(config.problems)")
        #expect(config.setting("marker") != nil && config.routes.count == 1)
    }

    @Test(arguments: [
        "a b c;", "if (", "switch x", "$x = = 1;", "f(a", "%avp = 1;", "case 1:", "} }", "if () x();",
        "if ($si in \"a,b\") exit;", "$rm in \"x\";", "$avp(s:x) := 1;", "t_relay;",
    ])
    func whatIsNotUnderstoodIsSkipped(_ text: String) {
        let config = ConfigTexts.read("request_route {\n\(text)\nf();\n}\nmarker=1\n")
        #expect(!config.problems.isEmpty)
    }

    /// What `kamailio -c` answers with a parse error, and yet is read here as it is meant.
    @Test(
        arguments: [
            ("{\na();\n}", 2), ("if (a()) {\n}", 2), ("a();\nb() }\nroute[X] {\n;", 3),
            ("$var(x) = 1 }\nroute[X] {\n;", 2),
            ("if (a()) exit\nelse drop;", 2), ("while (1) {\nbreak }", 3), ("!a();", 2), ("a() && b();", 2),
            ("$var(x);", 2),
            ("1;", 2), ("switch ($rm) {\ncase \"A\":\n{ a(); } }", 4), ("($var(x) = 1);", 2),
            (";}\nroute[X] { ; }\nroute[X] {\n;", 4), (";}\nevent_route[a:b] { ; }\nevent_route[a:b] {\n;", 4),
        ])
    func refusals(_ text: String, _ line: Int) {
        let config = ConfigTexts.read("request_route {\n\(text)\n}\nonreply_route { exit; }\nonreply_route { exit; }\n")
        #expect(ConfigTexts.kinds(config) == ["refused"])
        #expect(config.problems.map(\.place.line) == [line])
        #expect(config.routes.last?.kind == .onreply)
    }

    @Test func scripts() {
        let config = ConfigTexts.read("cfgengine \"lua\"\n")
        #expect(config.engine == "lua")
        #expect(ConfigTexts.read("cfgengine \"native\"\n").engine == nil)
    }

    @Test func linesAreShownWithoutTheirEnds() {
        let config = ConfigTexts.read("a=1\r\n   b=2  \t\r\n" + String(repeating: "é", count: 300))
        #expect(config.line(ConfigPlace(file: 0, line: 1)) == "a=1")
        #expect(config.line(ConfigPlace(file: 0, line: 2)) == "b=2")
        #expect(config.line(ConfigPlace(file: 0, line: 3))?.count == 120)
        #expect(config.line(ConfigPlace(file: 0, line: 9)) == nil && config.line(ConfigPlace(file: 7, line: 1)) == nil)
    }
}
