import Testing

@testable import OutboundKit

/// What Kamailio refuses to read, config-check refuses, and nothing else: each row was measured, and the program's tests
/// measure it again where a Kamailio is.
@Suite struct ConfigGrammarTests {
    static let rows: [GrammarRow] = {
        let text = (try? VectorFiles.bytes("kamailio-config/grammar.txt")).map { String(decoding: $0, as: UTF8.self) }
        return GrammarRow.rows(text ?? "")
    }()

    @Test func thereAreRows() { #expect(Self.rows.count > 150 && Self.rows.contains { !$0.isRefused }) }

    @Test(arguments: rows) func refusal(_ row: GrammarRow) throws {
        var setup = KamailioConfig.Setup()
        setup.version = KamailioVersion(5, 6, 3)
        let question = ConfigQuestion(ConfigTexts.read(row.file, setup: setup), version: setup.version)
        // What is seen only when Kamailio starts is left aside.
        let failing = ConfigJudge.judge(question).findings.filter {
            $0.verdict == .fail && !["CFG-READ-08", "CFG-MOD-09"].contains($0.rule)
        }
        #expect(failing.isEmpty != row.isRefused, "\(failing.map(\.message))")
    }

    /// The braces came with 5.7; of an unknown release nothing is said.
    @Test(arguments: [("5.6.3", true), ("5.7.0", false), ("6.0.1", false), (nil, false)] as [(String?, Bool)])
    func socketsInBraces(_ version: String?, _ isRefused: Bool) {
        var setup = KamailioConfig.Setup()
        setup.version = version.flatMap { KamailioVersion($0) }
        let config = ConfigTexts.read(
            "socket = { bind = udp:127.0.0.1:5060; name = \"a\"; }\nrequest_route { exit; }\n", setup: setup)
        #expect(config.problems.contains { $0.isRefusal } == isRefused)
        #expect(config.listeners.map(\.text) == ["udp:127.0.0.1:5060"])
    }

    /// A name may be defined in a file that only the server has.
    @Test func aFileThatIsNotHere() {
        let text =
            "import_file \"local.cfg\"\nloadmodule \"sl.so\"\nlisten=udp:127.0.0.1:PORT\nrequest_route { exit; }\n"
        let findings = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(text))).findings
        let finding = findings.first { $0.rule == "CFG-READ-11" }
        #expect(finding?.verdict == .unknown(.configuration))
        #expect(finding?.message.contains("local.cfg") == true)
    }

    /// Of a piece of another file a few names say enough.
    @Test func manyNames() {
        let calls = (0..<40).map { "xlog(NAME_\($0));" }.joined(separator: "\n")
        let whole = "loadmodule \"xlog.so\"\nrequest_route {\n\(calls)\n}\n"
        func count(_ text: String) -> Int {
            let findings = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(text))).findings
            return findings.count { $0.rule == "CFG-READ-11" }
        }
        #expect(count(whole) == 21)
        #expect(count("import_file \"local.cfg\"\n" + whole) == 4)
    }

    /// The next setting is none of this one's value.
    @Test(arguments: ["tls:[::1]", "udp:<a>", "udp:eth0"]) func aListenEndsWithItsLine(_ socket: String) {
        let config = ConfigTexts.read("listen=\(socket)\nlisten=tcp:127.0.0.1:5060\n")
        #expect(config.listeners.map(\.text) == [socket, "tcp:127.0.0.1:5060"])
    }

    @Test func aSettingOfAReleaseToCome() throws {
        let text = "loadmodule \"sl.so\"\nno_such_thing=1\nrequest_route { exit; }\n"
        func verdict(_ version: String) throws -> Verdict? {
            let version = try #require(KamailioVersion(version))
            var setup = KamailioConfig.Setup()
            setup.version = version
            let config = ConfigTexts.read(text, setup: setup)
            return ConfigJudge.judge(ConfigQuestion(config, version: version)).findings.first?.verdict
        }
        #expect(try verdict("6.1.0") == .fail)
        #expect(try verdict("6.2.0") == .warn)
    }
}
