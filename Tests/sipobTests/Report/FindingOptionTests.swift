import Foundation
import Testing

/// `--aor`, `--severity`, `--baseline` and `--suppress` of `sipob pcap-audit`.
@Suite struct FindingOptionTests {
    private static let captures = Files.repository + "/Tests/Fixtures/Captures/"
    private static let capture = captures + "lin_tcp_ft20.pcap"

    private func audit(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["pcap-audit", "--color", "never"] + arguments)
    }

    @Test func baselineOfTheSameCaptureLeavesNothing() async throws {
        let scratch = try ScratchDirectory()
        let first = try await audit("--json", Self.capture)
        #expect(first.status == 1)
        let path = try scratch.write(first.outputBytes, to: "monday.json")
        let second = try await audit("--baseline", path, Self.capture)
        #expect(second.status == 0 && second.errors.isEmpty, "\(second.errors)")
        #expect(second.output.contains("0 fail") && second.output.contains(" known"), "\(second.output)")
        #expect(!second.output.contains("FAIL"))
        // The report with passes serves as well, and so does one that was made against a baseline.
        let full = try await audit("-q", "--report", "json=\(scratch.path("full.json"))", Self.capture)
        #expect(full.status == 1)
        #expect(try await audit("-q", "--baseline", scratch.path("full.json"), Self.capture).status == 0)
        let other = try await audit("-q", "--baseline", path, Self.captures + "bs_tcp_edge_early_close.pcap")
        #expect(other.status == 1)
        let rolled = scratch.path("tuesday.json")
        let tuesday = try await audit("-q", "--baseline", path, "--report", "json=\(rolled)", Self.capture)
        #expect(tuesday.status == 0, "\(tuesday.errors)")
        // In its place, too.
        let again = try await audit("-q", "--baseline", rolled, "--report", "json=\(rolled)", Self.capture)
        #expect(again.status == 0, "\(again.errors)")
        let wednesday = try await audit("-q", "--baseline", rolled, Self.capture)
        #expect(wednesday.status == 0, "\(wednesday.output)")
    }

    /// What else is printed does not change how many requirements a chosen flow keeps.
    @Test(arguments: [["--flow", "f3"], ["--aor", "*"]]) func totalsOfChosenFlows(_ choice: [String]) async throws {
        let words = ["pcap-audit", "--color", "never"] + choice + [Self.captures + "bs_rotated_all.pcap"]
        let plain = try await Program.sipob.run(words + ["-q"])
        let all = try await Program.sipob.run(words + ["-v"])
        let line = try #require(plain.lines.last { $0.contains(" pass") })
        #expect(!line.contains(" 0 pass") && all.lines.contains(line), "\(line)\n\(all.output)")
    }

    @Test func suppressedFindingsAreCountedAndUnusedOnesNamed() async throws {
        let scratch = try ScratchDirectory()
        let list = try scratch.write(
            "# accepted\nOB-FT-004\nOB-REG-*  # registrar of the lab\nOB-FT-004=sip:nobody@example.com\n", to: "list")
        let result = try await audit("--suppress-file", list, Self.capture)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("suppressed"))
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1 && result.errors.contains("\(list):4:"), "\(result.errors)")
        // What is not judged cannot be missed.
        let quiet = try await audit("--only", "OB-KA-*", "--suppress-file", list, Self.capture)
        #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
        let json = try await audit("--json", "--suppress", "OB-*", Self.capture)
        #expect(json.status == 0)
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.outputBytes)) as? [String: Any])
        #expect(((document["set_aside"] as? [String: Any])?["suppressed"] as? Int ?? 0) > 0)
        #expect((document["findings"] as? [Any])?.isEmpty == true)
    }

    /// `--only` and `--skip` name findings as `--suppress` does; an event log is judged in the same way.
    @Test func diagnosesAreChosenLikeRequirements() async throws {
        let scratch = try ScratchDirectory()
        let refused = Self.captures + "bs_udp_439.pcap"
        let log = scratch.path("log")
        #expect(try await audit("-q", "--events", log, refused).status == 0)
        let rows = [(["--only", "DX-REG-01"], true), (["--only", "DX-REG-20"], false), (["--skip", "DX-*"], false)]
        for (options, isTold) in rows {
            for input in [[refused], ["--from-events", log]] {
                let words = ["pcap-audit", "--color", "never", "-v"] + options + input
                let result = try await Program.sipob.run(words)
                #expect(result.status == 0 && result.output.contains("INFO  DX-REG-01") == isTold, "\(words)")
                #expect(result.output.contains("PASS  OB-") == (options[0] == "--skip"), "\(result.output)")
            }
        }
        // What was not asked for cannot be missed.
        let quiet = try await audit("--only", "DX-REG-20", "--suppress", "DX-REG-01", refused)
        #expect(quiet.errors.isEmpty, "\(quiet.errors)")
        let missed = try await audit("--only", "DX-REG-20", "--suppress", "DX-REG-20", refused)
        #expect(missed.errors.contains("'DX-REG-20' met no finding"), "\(missed.errors)")
    }

    @Test func severityListsTheWorstAlone() async throws {
        let all = try await audit(Self.captures + "bs_tcp_edge_early_close.pcap")
        let some = try await audit("--severity", "fail", Self.captures + "bs_tcp_edge_early_close.pcap")
        #expect(all.status == some.status && all.lines.last == some.lines.last)
        #expect(
            some.output.contains("  FAIL  ") && !some.output.contains("  UNKNOWN (")
                && !some.output.contains("  WARN  "))
    }

    @Test func aorChoosesFlows() async throws {
        let whole = try await audit("--json", Self.captures + "bs_rotated_all.pcap")
        let document = try #require(JSONSerialization.jsonObject(with: Data(whole.outputBytes)) as? [String: Any])
        let flows = try #require(document["flows"] as? [[String: Any]])
        let aors = flows.flatMap { ($0["registrations"] as? [[String: Any]] ?? []).compactMap { $0["aor"] as? String } }
        let aor = try #require(aors.first)
        let wanted = flows.count { flow in
            (flow["registrations"] as? [[String: Any]] ?? []).contains { $0["aor"] as? String == aor }
        }
        for pattern in [aor, String(aor.dropFirst(4)), "*@*"] {
            let some = try await audit("-q", "--aor", pattern, Self.captures + "bs_rotated_all.pcap")
            let count = pattern == "*@*" ? flows.count { ($0["registrations"] as? [Any])?.isEmpty == false } : wanted
            #expect(some.output.hasPrefix(count == 1 ? "1 flow," : "\(count) flows,"), "\(pattern): \(some.output)")
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let errors: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let wrong: [Row] = [
        Row(arguments: ["--severity", "pass"], status: 64, errors: "severity"),
        Row(arguments: ["--only", "DX-XX-01"], status: 64, errors: "no diagnosis matches 'DX-XX-01'"),
        Row(arguments: ["--skip", "OB-XX-*"], status: 64, errors: "'sipob explain --list'"),
        Row(arguments: ["--only", "DX-KA-09"], status: 64, errors: "'DX-KA-09' is a cause"),
        Row(arguments: ["--suppress", "OB-XX-*"], status: 64, errors: "OB-XX-*"),
        Row(arguments: ["--suppress", "=x"], status: 64, errors: "no suppression"),
        Row(arguments: ["--suppress-file", "/nowhere/list"], status: 2, errors: "/nowhere/list"),
        Row(arguments: ["--suppress-file", capture], status: 64, errors: "line 1"),
        Row(arguments: ["--baseline", "/nowhere/a.json"], status: 2, errors: "/nowhere/a.json"),
        Row(arguments: ["--baseline", captures + "truth.json"], status: 2, errors: "is no report"),
        Row(arguments: ["--baseline", "/"], status: 2, errors: "cannot read"),
        Row(arguments: ["--aor", "nobody@*"], status: 64, errors: "nobody@*"),
    ]

    @Test(arguments: wrong) func wrongUsage(_ row: Row) async throws {
        let result = try await Program.sipob.run(["pcap-audit"] + row.arguments + [Self.capture])
        #expect(result.status == row.status && result.output.isEmpty, "\(result.output)")
        #expect(result.errors.contains(row.errors), "\(result.errors)")
    }
}
