import Testing

@testable import OutboundKit

@Suite struct ConfigLexerTests {
    struct Row: CustomTestStringConvertible {
        let name: String
        let text: String
        /// The setting `x`, as it comes out; nil when there is none.
        let x: String?
        var testDescription: String { name }
        init(_ name: String, _ text: String, _ x: String?) {
            self.name = name
            self.text = text
            self.x = x
        }
    }

    static let rows: [Row] = [
        Row("a number", "x=20\n", "20"),
        Row("a comment behind it", "x=20 # twenty\ny=1\n", "20"),
        Row("a byte order mark", "\u{FEFF}x=20\n", "20"),
        Row("a byte order mark before a directive", "\u{FEFF}#!define N 20\nx=N\n", "20"),
        Row("blanks of a web page", "x\u{A0}=\u{A0}20\u{A0}\n", "20"),
        Row("two slashes", "x=20 // twenty\n", "20"),
        Row("a comment of lines, in another", "/* a /* b */ x=1 */ x=2\n", "2"),
        Row("joined strings", "x=\"a\" \n  \"b\"\n", "ab"),
        Row("escapes", #"x="a\t\x41\102\"\\""# + "\n", "a\tAB\"\\"),
        Row("an escaped line end", "x=\"a\\\nb\"\n", "ab"),
        Row("no escapes in single quotes", "x='a\\n'\n", "a\\n"),
        Row("a comment sign in a string", "x=\"a#b//c/*d\"\n", "a#b//c/*d"),
        Row("define", "#!define N 20\nx=N\n", "20"),
        Row("define with the other sign and name", "!!def N 20\nx=N\n", "20"),
        Row("define in define", "#!define A B\n#!define B 7\nx=A\n", "7"),
        Row("define over lines", "#!define A 1\\\n2\nx=A\n", "12"),
        Row("define is not applied in strings", "#!define N 20\nx=\"N\"\n", "N"),
        Row("define without value stays a word", "#!define N\nx=N\n", "N"),
        Row("trydef keeps the first", "#!define N 1\n#!trydef N 2\nx=N\n", "1"),
        Row("trydef sets what is not there", "#!trydefine N 2\nx=N\n", "2"),
        Row("redef replaces", "#!define N 1\n#!redefine N 2\nx=N\n", "2"),
        Row("undef", "#!define N 1\n#!undef N\nx=N\n", "N"),
        Row("define with quotes", "#!define N \"a b\"\nx=N\n", "a b"),
        Row("a word beside a define", "#!define N 1\nx=NN\n", "NN"),
        Row("subst in strings", "#!subst \"/HOST/127.0.0.1/\"\nx=\"sip:HOST:1 HOST\"\n", "sip:127.0.0.1:1 HOST"),
        Row("subst everywhere", "#!subst \"/HOST/h/g\"\nx=\"HOST HOST\"\n", "h h"),
        Row("subst not in words", "#!subst \"/HOST/h/\"\nx=HOST\n", "HOST"),
        Row("subst in any case", "#!subst \"/host/h/i\"\nx=\"HOST\"\n", "h"),
        Row("subst with another separator", "#!subst \"!/!.!g\"\nx=\"a/b\"\n", "a.b"),
        Row("subst with groups", "#!subst \"/([a-z]+)-([0-9]+)/\\2:\\1/\"\nx='ab-12'\n", "12:ab"),
        Row("subst after subst", "#!subst \"/A/B/\"\n#!subst \"/B/C/\"\nx=\"A\"\n", "C"),
        Row("substdef defines too", "#!substdef \"/N/20/\"\nx=N\n", "20"),
        Row("substdef in strings", "#!substdef \"/N/20/\"\nx=\"N\"\n", "20"),
        Row("substdefs defines a string", "#!substdefs \"/N/a b/\"\nx=N\n", "a b"),
        Row("ifdef of what is not", "#!ifdef N\nx=1\n#!endif\n", nil),
        Row("ifdef of what is", "#!define N\n#!ifdef N\nx=1\n#!endif\n", "1"),
        Row("ifndef", "#!ifndef N\nx=1\n#!else\nx=2\n#!endif\n", "1"),
        Row("else", "#!ifdef N\nx=1\n#!else\nx=2\n#!endif\n", "2"),
        Row("ifdef in ifdef", "#!ifdef N\n#!ifdef M\nx=1\n#!else\nx=2\n#!endif\n#!endif\n", nil),
        Row("ifdef with something behind the name", "#!define N\n#!ifdef N # why\nx=1\n#!endif\n", "1"),
        Row("a directive in a comment", "# #!ifdef N\nx=1\n", "1"),
        Row("a directive in what is left out counts", "#!ifdef N\n# #!else\nx=1\n#!endif\n", "1"),
        Row("an unknown directive is a comment", "#!KAMAILIO\n#!whatever\nx=1\n", "1"),
        Row("environment is what only Kamailio knows", "#!defenv HOME\nx=HOME\n", "$env(HOME)"),
        Row("an expression that holds", "#!define N 20\n#!ifexp N == 20 && !WITH_X\nx=1\n#!else\nx=2\n#!endif\n", "1"),
        Row("one that does not", "#!ifexp N\nx=1\n#!else\nx=2\n#!endif\n", "2"),
        Row("one that cannot be computed", "#!define N 20\n#!ifexp N * 2\nx=1\n#!else\nx=2\n#!endif\n", "2"),
        Row("an expression without a blank behind the word", "#!ifexp\t1\nx=1\n#!endif\n", "1"),
        Row("a computed number", "#!defexp N 2 * (3 + 4)\nx=N\n", "14"),
        Row("a computed string", "#!define H example.com\n#!defexps N \"sip:\" + H\nx=N\n", "sip:example.com"),
        Row("expressions in what is left out", "#!ifdef A\n#!ifexp 1\nx=1\n#!endif\n#!endif\nx=3\n", "3"),
        Row("carriage returns", "#!define N 4\r\nx=N\r\ny=2\r\n", "4"),
        Row("the comment of a define takes the line", "#!define N 1 # one\nx=N y=2\nz=3\n", "1"),
    ]

    @Test(arguments: rows) func values(_ row: Row) {
        let config = ConfigTexts.read(row.text)
        #expect(config.settings.last { $0.name == "x" }?.value.text == row.x)
    }

    @Test func theCommentOfADefineLosesTheRestOfTheLine() {
        let config = ConfigTexts.read("#!define N 1 # one\nx=N y=2\nz=3\n")
        #expect(config.settings.map(\.name) == ["x", "z"])
        #expect(ConfigTexts.kinds(config) == ["commentInDefine"])
    }

    @Test(arguments: [
        ("#!ifdef A\n#!else # not\n#!endif\n", ["directiveIsComment"]),
        ("#!ifdef A\n#!endif # A\n", ["directiveIsComment", "unbalancedConditions"]),
        ("#!ifdef A\n#!endif", ["directiveIsComment", "unbalancedConditions"]),
        ("#!endif\n", ["unbalancedConditions"]), ("#!else\n", ["strayElse"]),
        ("#!define A 1\n#!define A 2\n", ["definedTwice"]), ("#!subst \"/a/b\"\n", ["badSubstitution"]),
        ("#!subst \"/a/b/q\"\n", ["badSubstitution"]), ("#!subst\nx=1\n", ["badSubstitution"]),
        ("#!define A A\nx=A\n", ["endlessDefine"]), ("#!define A B\n#!define B A\nx=A\n", ["endlessDefine"]),
        ("x=\"open\n", ["openString"]), ("/* open\n", ["openComment"]),
        ("include_file \"no.cfg\"\n", ["includeMissing"]), ("import_file \"no.cfg\"\n", ["importMissing"]),
        ("include_file no.cfg\n", ["notUnderstood"]), ("#!ifexp A > 1\n#!endif\n", []),
        ("#!ifexp A >\n#!endif\n", ["badExpression"]), ("#!ifexp f(1)\n#!endif\n", ["notUnderstood"]),
        ("#!ifexp KAMAILIO_VERSION > 1\n#!endif\n", ["notUnderstood"]),
        ("#!define A 1\n#!defexp B A * 2\n", ["badExpression"]), ("#!defexp A 1\n#!defexp A 2\n", ["definedTwice"]),
        ("#!subst \"/a/$var(b)/\"\n", ["notUnderstood"]), ("#!subst \"/[[.a.]]/b/\"\n", ["notUnderstood"]),
        ("#!subst \"/a{2,1}/b/\"\n", ["notUnderstood"]), ("#!subst \"/[[:digit:]]{2}/b/\"\n", []),
    ])
    func problems(_ text: String, _ expected: [String]) {
        #expect(ConfigTexts.kinds(ConfigTexts.read(text)) == expected)
    }

    @Test func includedFilesAreFoundBesideTheOneThatIncludesThem() {
        let read = { (path: String) -> ConfigReading in
            switch path {
            case "/etc/k/parts/a.cfg": .octets(Array("include_file \"b.cfg\"\na=1\n".utf8))
            case "/etc/k/parts/b.cfg": .octets(Array("\nb=2\n".utf8))
            default: .missing
            }
        }
        let text = "#!subst \"/PART/parts/\"\ninclude_file \"PART/a.cfg\"\n#!include_file \"/etc/k/parts/b.cfg\"\nc=3\n"
        let config = KamailioConfig.read("/etc/k/main.cfg", Array(text.utf8), read: read)
        #expect(config.problems.isEmpty)
        #expect(config.settings.map(\.name) == ["b", "a", "b", "c"])
        #expect(config.files == ["/etc/k/main.cfg", "/etc/k/parts/a.cfg", "/etc/k/parts/b.cfg"])
        #expect(
            config.settings.map { config.words($0.place) } == [
                "/etc/k/parts/b.cfg:2", "/etc/k/parts/a.cfg:2", "/etc/k/parts/b.cfg:2", "/etc/k/main.cfg:4",
            ])
    }

    @Test func definesOfTheCommandLineAndTheVersion() {
        var setup = KamailioConfig.Setup()
        setup.defines = [("N", "9"), ("WITH_TLS", "")]
        setup.version = KamailioVersion(5, 6, 3)
        let text = "#!trydef N 1\n#!ifdef WITH_TLS\n#!ifdef KAMAILIO_5_6\nx=N\n#!endif\n#!endif\n"
        #expect(ConfigTexts.read(text, setup: setup).setting("x")?.value == .integer(9))
    }

    @Test(arguments: [("5.6.3", ["expressionIsComment", "unbalancedConditions"], false), ("5.7.0", [], true)])
    func expressionsCameWithARelease(_ version: String, _ kinds: [String], _ isRead: Bool) {
        var setup = KamailioConfig.Setup()
        setup.version = KamailioVersion(version)
        let text = "#!ifexp KAMAILIO_VERSION >= 5007000\nx=1\n#!endif\n"
        let config = ConfigTexts.read(text, setup: setup)
        #expect(ConfigTexts.kinds(config) == kinds && config.setting("x") != nil)
        setup.version = KamailioVersion(6, 0, 1)
        let newer = ConfigTexts.read("#!ifexp KAMAILIO_VERSION < 6000000\nx=1\n#!endif\n", setup: setup)
        #expect(newer.problems.isEmpty && newer.setting("x") == nil)
    }

    @Test func aSecretIsNotShownByAProblem() {
        for problem in ConfigTexts.read("\"hunter2\" {\nroute { \"hunter2\" \"x\" = ; }\n").problems {
            #expect(!"\(problem.kind)".contains("hunter2"))
        }
    }

    @Test(arguments: ["5.6.3", "5.6.3-2", "6.0", "5.8.0~rc1", "6.1.0+bpo12"])
    func versions(_ text: String) throws {
        let version = try #require(KamailioVersion(text))
        #expect(text.hasPrefix(version.description) || version.description == text + ".0")
    }

    @Test(arguments: ["", "5", "five", "5.6.3.1", "5.-6", "5..6", "9999.1.1"])
    func noVersions(_ text: String) {
        #expect(KamailioVersion(text) == nil)
    }
}
