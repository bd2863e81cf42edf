import Foundation
import OutboundKit
import Testing

/// `sipob config-check` as its users run it.
@Suite struct ConfigCheckCommandTests {
    static let fixtures = Files.repository + "/Tests/Fixtures/kamailio-config"

    private static func check(_ arguments: String..., input: String = "") async throws -> ProgramResult {
        try await Program.sipob.run(["config-check"] + arguments, input: Array(input.utf8))
    }

    @Test func aGoodEdge() async throws {
        let result = try await Self.check("--kamailio-version", "6.0.1", "\(Self.fixtures)/edge.cfg")
        #expect(result.status == 0 && result.errors.isEmpty)
        let words = result.output.replacing("\n", with: " ")
        #expect(words.contains("taken for an edge proxy, it loads outbound and calls add_path()."))
        #expect(result.output.contains("Nothing here stands in the way of outbound."))
        #expect(result.lines.last?.hasSuffix("edge.cfg: 0 fail, 0 warn, 0 unknown, 0 info") == true)
    }

    @Test func aFaultNamesPlaceLineCauseAndCure() async throws {
        let file = "\(Self.fixtures)/broken/CFG-EDGE-09.cfg"
        let result = try await Self.check("-v", "--kamailio-version", "6.0.1", file)
        #expect(result.status == 1)
        let line = try #require(
            try Files.text(file).split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
                $0.contains("add_path(\"")
            })
        let start = try #require(result.lines.firstIndex { $0.hasPrefix("FAIL") })
        #expect(result.lines[start].hasSuffix("CFG-EDGE-09.cfg:\(line + 1)  [CFG-EDGE-09]"))
        #expect(result.lines[start + 1] == "    | add_path(\"edge1\");")
        for part in ["-> Write add_path() without arguments.", "requirement: OB-EP-002", "seen as: 439", "RFC 5626"] {
            #expect(result.output.contains(part), "\(part)")
        }
    }

    @Test func anEdgeAndItsRegistrar() async throws {
        let result = try await Self.check(
            "-q", "--edge", "\(Self.fixtures)/edge.cfg", "--registrar", "\(Self.fixtures)/broken/CFG-REG-01.cfg",
            "--kamailio-version", "6.0.1")
        #expect(result.status == 1 && result.lines.count == 1)
        #expect(result.output.contains("edge.cfg and ") && result.output.contains(": 1 fail, "))
    }

    @Test func standardInputAndDefines() async throws {
        let text =
            "#!ifdef OPEN\nloadmodule \"outbound.so\"\n#!endif\nlisten=udp:127.0.0.1:5060\nrequest_route { exit; }\n"
        #expect(try await Self.check("-q", "-", input: text).status == 0)
        let result = try await Self.check("-A", "OPEN", "-", input: text)
        #expect(result.status == 1 && result.output.contains("DX-STUN-01"))
        let other = try await Self.check("-A", "OPEN", "-l", "tcp:127.0.0.1:5060", "-", input: text)
        #expect(!other.output.contains("DX-STUN-01"))
    }

    @Test func warningsCountWithStrict() async throws {
        let file = "\(Self.fixtures)/broken/CFG-EDGE-05.cfg"
        #expect(try await Self.check("-q", "--kamailio-version", "6.0.1", file).status == 0)
        #expect(try await Self.check("-q", "--strict", "--kamailio-version", "6.0.1", file).status == 1)
    }

    @Test(arguments: ["edge", "registrar", "broken/CFG-READ-01", "broken/CFG-READ-03", "broken/DX-TOK-14"])
    func theDocumentFitsItsSchema(_ name: String) async throws {
        let result = try await Self.check("--json", "\(Self.fixtures)/\(name).cfg")
        #expect(try JSONSchema.faults(of: result, command: "config-check") == [])
    }

    @Test func theListFitsItsSchema() async throws {
        let result = try await Self.check("--list", "--json")
        #expect(result.status == 0)
        #expect(try JSONSchema.faults(of: result, command: "config-check-list") == [])
    }

    @Test func reports() async throws {
        let scratch = try ScratchDirectory()
        let kinds = ["json", "junit", "md", "sarif"]
        let result = try await Program.sipob.run(
            ["config-check", "-q", "\(Self.fixtures)/broken/CFG-REG-01.cfg", "--role", "registrar"]
                + kinds.flatMap { ["--report", "\($0)=\(scratch.path($0))"] })
        #expect(result.status == 1)
        struct Log: Decodable {
            struct Run: Decodable {
                struct Result: Decodable {
                    struct Location: Decodable {
                        struct Physical: Decodable {
                            struct Region: Decodable { let startLine: Int }
                            let region: Region
                        }
                        let physicalLocation: Physical
                    }
                    let ruleId: String
                    let level: String
                    let locations: [Location]
                }
                let results: [Result]
            }
            let runs: [Run]
        }
        let log = try JSONDecoder().decode(Log.self, from: Data(try scratch.bytes("sarif")))
        let first = try #require(log.runs.first?.results.first)
        #expect(first.ruleId == "CFG-REG-01" && first.level == "error")
        #expect(first.locations.first?.physicalLocation.region.startLine ?? 0 > 1)
        #expect(try scratch.text("junit").contains("<failure message="))
        #expect(try scratch.text("md").contains("- **fail**"))
        #expect(try scratch.text("json").contains("\"command\": \"config-check\""))
    }

    @Test(arguments: [
        (["config-check"], 64, "Name a configuration"), (["config-check", "a", "--edge", "b"], 64, "not both"),
        (["config-check", "--role", "edge", "--edge", "b"], 64, "--role goes with a file"),
        (["config-check", "--kamailio-version", "new", "a"], 64, "such as 5.6.3"),
        (["config-check", "--list", "a"], 64, "leave the files out"),
        (["config-check", "-A", "=1", "a"], 64, "NAME=VALUE"),
        (["config-check", "-l", "tpc:127.0.0.1:5060", "a"], 64, "not 'tpc:127.0.0.1:5060'"),
        (["config-check", "--report", "html=x", "a"], 64, "is for flows"),
        (["config-check", "/no/such/file"], 2, "there is no such file"),
        (["config-check", "/"], 2, "it is no regular file"),
        (["config-check", "/dev/null"], 2, "it is no regular file"),
    ])
    func refusals(_ arguments: [String], _ status: Int32, _ words: String) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == status)
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test func whatIsNoConfiguration() async throws {
        let result = try await Self.check("-", input: "key: value\nother: [1, 2]\n")
        #expect(result.status == 2 && result.errors.contains("is no Kamailio configuration"))
    }

    @Test func everyRuleIsListedAndExplained() async throws {
        let result = try await Self.check("--list")
        #expect(result.status == 0 && result.lines.count == ConfigRules.all.count)
        let explained = try await Program.sipob.run(["explain", "-q", "CFG-*"])
        #expect(explained.lines.count == ConfigRules.all.count { $0.diagnosis.id.text.hasPrefix("CFG-") })
        let one = try await Program.sipob.run("explain", "CFG-EDGE-09")
        #expect(one.status == 0 && one.output.contains("Call add_path() without arguments."))
        struct List: Decodable { let rules: [[String: String]] }
        let json = try await Self.check("--list", "--json")
        #expect(try JSONDecoder().decode(List.self, from: Data(json.outputBytes)).rules.count == ConfigRules.all.count)
    }

    @Test func secretsAreNotShown() async throws {
        let text = """
            #!define DBPASSWORD hunter2
            #!define DBPASSWORD hunter2
            loadmodule "outbound.so"
            loadmodule "path.so"
            loadmodule "rr.so"
            modparam("outbound", "flow_token_secret", "hunter2")
            modparam("nowhere", "db_url", "mysql://kamailio:hunter2@localhost/kamailio")
            modparam('nowhere', 'password', 'hunter2')
            request_route { exit; }

            """
        for option in ["-v", "--json"] {
            let result = try await Self.check(option, "--kamailio-version", "5.6.3", "-", input: text)
            #expect(result.status == 1 && result.output.contains("DX-TOK-01"))
            #expect(!result.output.contains("hunter2"), "\(result.output)")
        }
        let scratch = try ScratchDirectory()
        for kind in ["junit", "md", "sarif"] {
            _ = try await Self.check("--report", "\(kind)=\(scratch.path(kind))", "-", input: text)
            #expect(!(try scratch.text(kind)).contains("hunter2"), "\(kind)")
        }
    }

    @Test func theReadmeShowsWhatIsPrinted() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(try Files.bytes("\(Self.fixtures)/example.cfg"), to: "edge.cfg")
        let result = try await Self.check("--kamailio-version", "6.0.1", scratch.path("edge.cfg"))
        let shown = try ReadmeOutputTests.example("sipob config-check --kamailio-version 6.0.1 edge.cfg")
        let printed = result.output.replacing(scratch.root + "/", with: "")
        // The name of the file is longer here, and so the first line breaks elsewhere.
        #expect(printed.split { " \n".contains($0) } == shown.split { " \n".contains($0) })
    }

    @Test func linesFitTheTerminal() async throws {
        let result = try await Self.check("-v", "--role", "both", "\(Self.fixtures)/registrar.cfg")
        #expect(result.lines.filter { !$0.contains("/") && !$0.hasPrefix("    | ") }.allSatisfy { $0.count <= 80 })
    }
}
