import Testing

@testable import OutboundKit

/// What Kamailio refuses to read, config-check refuses, and nothing else: each row was measured, and the program's tests
/// measure it again where a Kamailio is.
@Suite struct ConfigGrammarTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let place: String
        let isRefused: Bool
        let text: String
        var testDescription: String { text }

        /// `setting refused children=XX`
        init?(_ line: Substring) {
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count == 3, !line.hasPrefix("#") else { return nil }
            place = parts[0]
            isRefused = parts[1] == "refused"
            text = parts[2].replacing("\\n", with: "\n")
        }

        var file: String {
            func at(_ place: String) -> String { self.place == place ? text : "" }
            let modules = ["sl", "tm", "pv", "xlog", "textops", "siputils", "ipops", "nathelper"]
            return """
                #!define KNOWN 5
                \(at("setting"))
                \(modules.map { "loadmodule \"\($0).so\"\n" }.joined())
                \(at("parameter"))
                request_route {
                    \(at("routing"))
                    exit;
                }

                """
        }
    }

    static let rows: [Row] = {
        let text = (try? VectorFiles.bytes("kamailio-config/grammar.txt")).map { String(decoding: $0, as: UTF8.self) }
        return (text ?? "").split(separator: "\n").compactMap(Row.init)
    }()

    @Test func thereAreRows() { #expect(Self.rows.count > 150 && Self.rows.contains { !$0.isRefused }) }

    @Test(arguments: rows) func refusal(_ row: Row) {
        let verdict = ConfigJudge.judge(ConfigQuestion(ConfigTexts.read(row.file)))
        let failing = verdict.findings.filter { $0.verdict == .fail }
        #expect(failing.isEmpty != row.isRefused, "\(failing.map(\.message))")
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
