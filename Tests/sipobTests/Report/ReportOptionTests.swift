import Foundation
import Glibc
import Testing

/// `--report KIND=FILE` of `sipob pcap-audit`.
@Suite struct ReportOptionTests {
    private static let capture = Files.repository + "/Tests/Fixtures/Captures/lin_tcp_ft20.pcap"

    private func audit(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["pcap-audit", "--color", "never"] + arguments)
    }

    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let begins: String
        let contains: String
        var testDescription: String { name }
    }

    static let kinds: [Kind] = [
        Kind(name: "json", begins: "{\n  \"schema\": \"sipob/1\"", contains: "\"verdict\": \"pass\""),
        Kind(name: "junit", begins: "<?xml version=\"1.0\"", contains: "<failure message="),
        Kind(name: "tap", begins: "TAP version 14\n", contains: "not ok 1 - f1 OB-FT-004"),
        Kind(name: "html", begins: "<!DOCTYPE html>", contains: "<svg class=\"picture\""),
        Kind(name: "csv", begins: "verdict,reason,subject", contains: "fail,,f1,tcp,192.0.2.10:43006"),
        Kind(name: "md", begins: "# sipob pcap-audit", contains: "| fail |"),
    ]

    @Test(arguments: kinds) func kind(_ kind: Kind) async throws {
        let scratch = try ScratchDirectory()
        let plain = try await audit(Self.capture)
        let result = try await audit("--report", "\(kind.name)=\(scratch.path("out"))", Self.capture)
        // What is printed does not change by it.
        #expect(result.status == 1 && result.output == plain.output && result.errors.isEmpty, "\(result.errors)")
        let text = try scratch.text("out")
        #expect(text.hasPrefix(kind.begins) && text.contains(kind.contains), "\(text.prefix(600))")
        // Nothing unfinished lies about, and the file is an ordinary one.
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.root).filter { $0.contains("tmp") }.isEmpty)
    }

    @Test func severalAtOnce() async throws {
        let scratch = try ScratchDirectory()
        let arguments = Self.kinds.flatMap { ["--report", "\($0.name)=\(scratch.path($0.name))"] }
        let result = try await Program.sipob.run(["pcap-audit", "-q"] + arguments + [Self.capture])
        #expect(result.status == 1)
        for kind in Self.kinds { #expect(try scratch.text(kind.name).contains(kind.contains)) }
    }

    @Test(arguments: [
        ["--report", "html=-"], ["--report", "pdf=x"], ["--report", "html"], ["--report", "html="],
        ["--report", "html=x", "--report", "md=x"],
    ]) func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["pcap-audit"] + arguments + [Self.capture])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.contains("--report"), "\(result.errors)")
    }

    /// The report on the terminal is printed all the same; the status says that something was not done.
    @Test(arguments: [
        ("/nowhere/at/all.html", "make the folder first"), ("/dev/full", "free some space"),
        ("/proc/sipob.html", "the report"),
    ]) func fileThatCannotBeWritten(_ path: String, _ advice: String) async throws {
        let result = try await audit("--report", "html=\(path)", Self.capture)
        #expect(result.status == 2)
        #expect(result.output.contains("OB-FT-004") && result.output.contains("2 fail"))
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1 && result.errors.contains(path) && result.errors.contains(advice), "\(result.errors)")
    }

    @Test func oldReportIsReplacedWholeAndKeepsNothing() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(String(repeating: "old ", count: 100_000), to: "out.md")
        let result = try await audit("--report", "md=\(scratch.path("out.md"))", Self.capture)
        #expect(result.status == 1)
        #expect(try !scratch.text("out.md").contains("old old"))
    }

    @Test func reportOfOneFlowAndOfNothing() async throws {
        let scratch = try ScratchDirectory()
        let captures = Files.repository + "/Tests/Fixtures/Captures/"
        let one = try await audit(
            "--flow", "f3", "--report", "html=\(scratch.path("one.html"))", captures + "bs_tcp_edge_early_close.pcap")
        #expect(one.status == 1)
        #expect(try scratch.text("one.html").ranges(of: "<section class=\"flow\"").count == 1)
        // A capture with its header and not one packet.
        try scratch.write(Array(try Files.bytes(Self.capture).prefix(24)), to: "empty.pcap")
        let empty = try await audit("--report", "junit=\(scratch.path("e.xml"))", scratch.path("empty.pcap"))
        #expect(empty.status == 0, "\(empty.errors)")
        #expect(try scratch.text("e.xml").contains("tests=\"0\""))
    }

    @Test func registrationsAreJudgedOnRequest() async throws {
        let captures = Files.repository + "/Tests/Fixtures/Captures/"
        let without = try await audit("--only", "OB-TOK-*", captures + "bs_udp_ft20.pcap")
        #expect(without.status == 64)
        let with = try await audit("--registrations", "--only", "OB-TOK-*", captures + "bs_udp_ft20.pcap")
        #expect(with.status == 1 && with.output.contains("OB-TOK-001"), "\(with.output)")
    }

    /// What a browser makes of the page: it runs the filter, loads nothing, and finds every picture.
    ///
    /// Chromium is too large to be installed for this alone; where it is, it has its say.
    @Test(.enabled(if: Program.installed("chromium") != nil, "chromium is not installed")) func inABrowser()
        async throws
    {
        let scratch = try ScratchDirectory()
        let capture = Files.repository + "/Tests/Fixtures/Captures/bs_tcp_edge_early_close.pcap"
        let result = try await audit("--report", "html=\(scratch.path("page.html"))", capture)
        #expect(result.status == 1)
        let chromium = try #require(Program.installed("chromium"))
        let arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--user-data-dir=\(scratch.path("profile"))",
        ]
        let dump = try await chromium.run(
            arguments + ["--enable-logging=stderr", "--dump-dom", "file://\(scratch.path("page.html"))"],
            environment: ["HOME": scratch.root])
        #expect(dump.status == 0, "\(dump.errors)")
        #expect(dump.output.ranges(of: "<svg class=\"picture\"").count == 5)
        // The script ran under the page's own policy, and the form that needs it came out.
        #expect(dump.output.contains("5 of 5") && !dump.output.contains("id=\"filter\" hidden"))
        #expect(!dump.errors.contains("Content Security Policy"), "\(dump.errors)")
    }
}
