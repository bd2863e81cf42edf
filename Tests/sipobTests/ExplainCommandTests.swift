import OutboundKit
import Testing

@Suite struct ExplainCommandTests {
    @Test func aRequirementWithItsCausesAndAdvice() async throws {
        let result = try await Program.sipob.run("explain", "ob-ka-006")
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.lines.first == "OB-KA-006  MUST, binds UA, RFC 5626 §4.4.1")
        for part in ["No pong within 10 s of the ping", "Provoked by", "Seen as", "Usual causes", "DX-KA-03", "Advice"]
        {
            #expect(result.output.contains(part), "\(part)")
        }
        #expect(result.lines.allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: [
        ("430", "430 Flow Failed"), ("reg-id", "reg-id (Contact parameter)"), ("DX-TOK-01", "DX-TOK-01"),
        ("PONG", "ping and pong"), ("Flow-Timer", "Flow-Timer (header field)"),
    ])
    func names(_ term: String, _ start: String) async throws {
        let result = try await Program.sipob.run("explain", term)
        #expect(result.status == 0 && result.output.hasPrefix(start))
    }

    @Test(arguments: [["--list"], ["OB-KA-006", "DX-KA-03", "439", "Flow-Timer"], ["OB-FT-*"]])
    func theDocumentFitsItsSchema(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["explain", "--json"] + arguments)
        #expect(result.status == 0)
        #expect(try JSONSchema.faults(of: result, command: "explain") == [])
    }

    @Test func aPatternGivesEveryMatchOnce() async throws {
        let result = try await Program.sipob.run("explain", "-q", "OB-FT-*", "OB-FT-004")
        let names = result.lines.map { String($0.prefix { $0 != " " }) }
        #expect(names == (1...9).map { "OB-FT-00\($0)" } + ["OB-FT-010"])
    }

    @Test(arguments: [
        (["--list"], RulebookSearch.all.count), (["--list", "requirements"], 238),
        (["--list", "diagnoses"], DiagnosisTable.all.count),
        (["--list", "codes"], ExplanationTable.all.filter { $0.kind == .code }.count),
        (["--list", "OB-AUTH-*", "codes"], 13),
    ])
    func lists(_ arguments: [String], _ count: Int) async throws {
        let result = try await Program.sipob.run(["explain"] + arguments)
        #expect(result.status == 0 && result.lines.count == count)
    }

    @Test(arguments: [
        (["OB-KA-06"], "Did you mean OB-KA-006"), (["flowtimer"], "Did you mean Flow-Timer"),
        (["zzzzzzzzz"], "'sipob explain --list' shows all names"), (["OB-XX-*"], "nothing is known under 'OB-XX-*'"),
        (["--list", "nosuch*"], "nothing is known"), ([], "Name what to explain"),
        (["--markdown"], "--markdown goes with --list"), (["439", "OB-KA-06"], "Did you mean"),
    ])
    func wrongUsageIs64(_ arguments: [String], _ hint: String) async throws {
        let result = try await Program.sipob.run(["explain"] + arguments)
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(hint), "\(result.errors)")
    }

    @Test func jsonHoldsTheRows() async throws {
        let result = try await Program.sipob.run("explain", "--json", "OB-EP-019", "439", "DX-REG-01")
        #expect(result.status == 0)
        for part in [
            "\"schema\": \"sipob/1\"", "\"command\": \"explain\"", "\"id\": \"OB-EP-019\"",
            "\"section\": \"RFC 5626 §11.6\"", "\"kind\": \"response code\"", "\"kind\": \"diagnosis\"",
        ] { #expect(result.output.contains(part), "\(part)") }
    }

    @Test func plainTextHasNoEscapesUnlessAskedFor() async throws {
        #expect(!(try await Program.sipob.run("explain", "439").output.contains("\u{1B}")))
        #expect(try await Program.sipob.run("explain", "--color", "always", "439").output.contains("\u{1B}[1m"))
    }

    /// `SIPOB_UPDATE_GOLDEN=1` writes the document anew.
    @Test func theDocumentIsInStep() async throws {
        let path = Files.repository + "/docs/requirements.md"
        let result = try await Program.sipob.run("explain", "--list", "--markdown")
        #expect(result.status == 0)
        if Program.environment("SIPOB_UPDATE_GOLDEN") != nil {
            try Files.write(result.outputBytes, path)
        }
        let same = try Files.bytes(path) == result.outputBytes
        #expect(same, "docs/requirements.md is out of step; run the tests with SIPOB_UPDATE_GOLDEN=1")
    }
}
