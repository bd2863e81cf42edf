import Testing

@testable import OutboundKit

/// Hostile configurations: bounded work, and a word about the bound.
@Suite struct ConfigLimitTests {
    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    struct Row: CustomTestStringConvertible {
        let name: String
        let text: String
        var testDescription: String { name }
        init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    static let rows: [Row] = [
        Row("blocks", "request_route " + repeated("{", 50_000)),
        Row("parentheses", "request_route { if " + repeated("(", 50_000) + "1"),
        Row("negations", "request_route { if (" + repeated("!", 50_001) + "a()) exit; }"),
        Row("conditions", "request_route { " + repeated("if (1) ", 50_000) + "exit; }"),
        Row("otherwise", "request_route { " + repeated("if (1) a(); else ", 50_000) + "exit; }"),
        Row("directives", repeated("#!ifdef A\n", 50_000)),
        Row("left out", "#!ifdef A\n" + repeated("#!ifdef B\n", 50_000)),
        Row("definitions", (0..<2000).map { "#!define A\($0) 1\n" }.joined()),
        Row("substitutions", (0..<1000).map { "#!subst \"/A\($0)/1/\"\n" }.joined()),
        Row("comments in comments", repeated("/*", 50_000)),
        Row("brackets of variables", "request_route { $" + repeated("(", 50_000)),
        Row("one word", repeated("a", 1 << 20)),
        Row("one string", "x=\"" + repeated("a", 1 << 20) + "\"\n"),
        Row("one line of settings", repeated("a=1 ", 100_000)),
        Row("a define that grows", (1...40).map { "#!define A\($0) A\($0 - 1) A\($0 - 1)\n" }.joined() + "x=A40\n"),
        Row(
            "a substitution that grows",
            repeated("#!subst \"/a/aa/g\"\n", 60) + repeated("x=\"a\"\n", 200)),
        Row("a pattern that tries for long", "#!subst \"/(a*)*(a*)*b/x/\"\nx=\"" + repeated("a", 5000) + "\"\n"),
        Row("or after or", "request_route { if (a()" + repeated(" || a()", 20_000) + ") exit; }"),
    ]

    @Test(.timeLimit(.minutes(2)), arguments: rows) func bounds(_ row: Row) {
        let config = ConfigTexts.read(row.text + "\n")
        #expect(!config.problems.isEmpty || row.name == "one line of settings" || row.name == "one word")
        _ = ConfigJudge.judge(ConfigQuestion(config, role: .both))
    }

    /// Routing logic that is read whole, and leads the questions about it in circles or ever deeper.
    static let logic: [Row] = [
        Row("a switch that runs on", "switch ($rm) { " + repeated("case \"a\": ", 90_000) + asking + " }"),
        Row("variables of each other", repeated("$var(a) = $var(b); $var(b) = $var(a); ", 1000) + asking),
        Row("a chain of variables", (0..<20_000).map { "$var(v\($0)) = $var(v\($0 + 1)); " }.joined() + asking),
        Row(
            "flags of each other",
            repeated("if (isflagset(1)) setflag(2); if (isflagset(2)) setflag(1); ", 1000) + asking),
        Row(
            "many flags",
            (2..<12_000).map { "setflag(\($0)); if (isflagset(\($0))) fix_nated_contact(); " }.joined() + asking),
        Row(
            "one flag", repeated("setflag(1); if (isflagset(1)) fix_nated_contact(); ", 6000) + "fix_nated_contact();"
        ),
        Row("many fields", repeated("remove_hf_re(\"^X-\"); insert_hf(\"Flow-Timer: 20\\r\\n\"); ", 6000) + asking),
    ]

    private static let asking =
        "if ($var(a) || $var(v0) || isflagset(1)) { insert_hf(\"Flow-Timer: 120\\r\\n\"); fix_nated_contact(); record_route(); }"

    @Test(.timeLimit(.minutes(2)), arguments: logic) func questions(_ row: Row) {
        let modules = ["outbound", "path", "rr", "textops", "nathelper"].map { "loadmodule \"\($0)\"\n" }.joined()
        // For record_route() a reply is the wrong place.
        let reply = Self.asking.replacing("record_route();", with: "")
        let config = ConfigTexts.read(modules + "request_route { \(row.text) }\nonreply_route { \(reply) }\n")
        // Of many flags most do not exist.
        #expect(ConfigTexts.kinds(config).allSatisfy { $0 == "refused" && row.name == "many flags" })
        let findings = ConfigJudge.judge(ConfigQuestion(config, role: .edge)).findings
        #expect(findings.contains { $0.rule == "CFG-NAT-01" })
    }

    @Test(.timeLimit(.minutes(1))) func parametersOfManyModules() {
        let modules = (0..<3000).map { "loadmodule \"m\($0)\"\n" }.joined()
        let parameters = (0..<50_000).map { "modparam(\"m\($0 % 6000)\", \"p\", \($0))\n" }.joined()
        let config = ConfigTexts.read(modules + parameters + "request_route { exit; }\n")
        #expect(config.parameters.count { $0.isBehindModule } == 26_000)
        let findings = ConfigJudge.judge(ConfigQuestion(config)).findings
        #expect(findings.count { $0.rule == "CFG-MOD-05" } == 3000)
        #expect(findings.last?.excerpt == "modparam(\"m5999\", \"p\", 5999)")
    }

    /// Each of many ends leaves a condition for what is behind it.
    @Test(.timeLimit(.minutes(1))) func manyEnds() {
        let ends = (0..<40_000).map { "if (is_method(\"A\($0)\")) exit; " }.joined()
        let walk = RoutingWalk(ConfigTexts.read("request_route { \(ends) f(); }\n"))
        #expect(walk.incompleteness == "the routing logic is too long for this program")
        #expect((walk.sites["is_method"]?.count ?? 0) < 4096)
    }

    /// A name that doubles its value with every line ends at the limit for strings, and a name without value doubles no more.
    @Test(arguments: ["defexp", "defexps"]) func anExpressionThatGrows(_ directive: String) {
        let doublings = (1...64).map { "#!\(directive) A\($0) A\($0 - 1) + A\($0 - 1)\n" }.joined()
        let config = ConfigTexts.read("#!\(directive) A0 \"\(Self.repeated("x", 64))\"\n" + doublings)
        let most = ConfigLimits().stringOctets
        #expect(config.definitions.values.allSatisfy { $0.utf8.count <= most + 2 })
        #expect(ConfigTexts.kinds(config).first == "notUnderstood")
        #expect(config.definitions["A4"]?.filter { $0 == "x" }.count == 1024)
    }

    @Test func aFileThatIncludesItself() {
        let files = ["a.cfg": "include_file \"a.cfg\"\nx=1\n", "main.cfg": ""]
        let config = ConfigTexts.read("include_file \"a.cfg\"\n", files: files)
        #expect(ConfigTexts.kinds(config) == ["includeTooDeep"])
        #expect(config.settings.count == 10)
    }

    @Test func aFileThatIncludesItselfTwice() {
        let files = ["a.cfg": Self.repeated("include_file \"a.cfg\"\n", 10)]
        let config = ConfigTexts.read("include_file \"a.cfg\"\n", files: files)
        #expect(config.problems.count <= ConfigLimits().problems && config.problems.allSatisfy(\.hidesSomething))
    }

    @Test func sizes() {
        var setup = KamailioConfig.Setup()
        setup.limits.octets = 100
        let files = ["a.cfg": Self.repeated("#", 200)]
        #expect(
            ConfigTexts.kinds(ConfigTexts.read("include_file \"a.cfg\"\n", files: files, setup: setup)) == ["limit"])
        #expect(ConfigTexts.kinds(ConfigTexts.read(Self.repeated("#", 101), setup: setup)) == ["limit"])
        setup.limits.octets = 1 << 20
        setup.limits.tokens = 10
        #expect(ConfigTexts.kinds(ConfigTexts.read(Self.repeated("a=1\n", 10), setup: setup)).first == "limit")
    }

    @Test func routesThatCallEachOther() {
        let routes = (0..<40).map { "route[R\($0)] { route(R\($0 + 1)); route(R\($0 + 1)); }\n" }.joined()
        let config = ConfigTexts.read("request_route { route(R0); }\nroute[R40] { route(R0); }\n" + routes)
        let walk = RoutingWalk(config)
        #expect(!walk.isComplete)
    }

    @Test func anyOctets() {
        var random = SeededGenerator(seed: 5626)
        let seeds = [
            "request_route { if (a(\"b\")) { $x = 1; } }\n",
            "#!define A 1\nlisten=udp:A:5060\nmodparam(\"a\",\"b\",A)\n",
        ]
        for seed in seeds {
            for _ in 0..<3000 {
                var octets = Array(seed.utf8)
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let at = Int.random(in: 0..<octets.count, using: &random)
                    octets[at] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0x22
                }
                KamailioConfigFuzz.run(octets.span.bytes)
            }
        }
    }
}
