import Foundation
import Testing

@testable import OutboundKit

/// Captures of real servers, good ones and such with one fault, and what `expected.json` beside them says by hand.
@Suite(.enabled(if: ShellTool.has("gzip"), "gzip is not installed"))
struct ServerCapturesTests {
    struct Row: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let run: String
        /// Requirement and verdict of all that is not good.
        let complaints: [String]
        /// Requirements that pass at least.
        let passes: [String]

        var testDescription: String { "\(file): \(run)" }
    }

    private struct Expected: Decodable {
        let captures: [Row]
    }

    private static let folder = TruthTests.root.appending(path: "Tests/Fixtures/Servers")

    static let rows: [Row] = {
        guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")) else { return [] }
        return (try? JSONDecoder().decode(Expected.self, from: data))?.captures ?? []
    }()

    /// What the rules on servers find in a capture.
    private static func judge(_ path: String) throws -> [Finding] {
        var audit = CaptureAudit(details: CaptureAudit.Details(exchanges: true))
        try audit.read(path: path)
        let ids = Set(Judge.serverRequirements)
        let sink = try #require(audit.finish().details)
        return Judge().judge(sink, keeping: .all).findings.filter { $0.requirement.map(ids.contains) == true }
    }

    @Test func allAreThere() { #expect(Self.rows.count == 22) }

    @Test(arguments: rows) func isJudged(_ row: Row) throws {
        let path = Self.folder.appending(path: row.file + ".pcap.gz").path(percentEncoded: false)
        let findings = try Self.judge(path)
        let words = findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word)" }
        #expect(Set(words.filter { !$0.hasSuffix(" pass") }) == Set(row.complaints), "\(findings.map(\.message))")
        #expect(Set(row.passes.map { "\($0) pass" }).subtracting(words).isEmpty, "\(words)")
    }

    /// What is missing in front, at the end or in between makes no server a wrongdoer.
    @Test(arguments: rows.filter(\.complaints.isEmpty)) func partsAccuseNobody(_ row: Row) throws {
        let packed = Self.folder.appending(path: row.file + ".pcap.gz").path(percentEncoded: false)
        let octets = try ShellTool.run("gzip", ["-dc", packed])
        let places = CutCaptureTests.records(octets) + [octets.count]
        let scratch = FileManager.default.temporaryDirectory.appending(path: "sipob-part-\(UUID()).pcap")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let records = (0..<places.count - 1).map { octets[places[$0]..<places[$0 + 1]] }
        for part in 1..<8 {
            let cut = records.count * part / 8
            let parts = [
                records[cut...], records[..<cut],
                ArraySlice(records.enumerated().filter { $0.offset * 31 % 97 >= part * 5 }.map(\.element)),
            ]
            for (index, part) in parts.enumerated() {
                try Data(octets[..<24] + part.joined()).write(to: scratch)
                let accused = try Self.judge(scratch.path(percentEncoded: false)).filter {
                    [.fail, .warn].contains($0.verdict)
                }
                #expect(accused.isEmpty, "cut \(cut), \(index): \(accused.map(\.message))")
            }
        }
    }
}
