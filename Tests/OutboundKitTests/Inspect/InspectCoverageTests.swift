import Testing

@testable import OutboundKit

/// What the table of coverage says of `inspect`, beside what it judges.
@Suite struct InspectCoverageTests {
    /// Requirements on which something was found in these messages, passes included.
    private static func judged(_ messages: [[UInt8]]) -> Set<Requirement.ID> {
        var ids: Set<Requirement.ID> = []
        for octets in messages {
            for finding in inspected(octets).findings {
                if case .skipped = finding.verdict { continue }
                if let id = finding.requirement { ids.insert(id) }
            }
        }
        return ids
    }

    private static func captured() throws -> [[UInt8]] {
        try RealCaptureTests.captures().flatMap { capture in
            var pipeline = CapturePipeline(
                sink: CapturedMessagesTests.Messages(), secrets: try RealCaptureTests.secrets(of: capture.file))
            try pipeline.read(path: RealCaptureTests.path(capture.file))
            pipeline.finish()
            return Array(pipeline.sink.distinct)
        }
    }

    @Test func theTableNamesWhatItJudges() throws {
        let rows = InspectionTests.rows
        let made = rows.flatMap { [$0.of, $0.of.replacing($0.replace, with: $0.with)] }.map { wire($0) }
        let judged = Self.judged(
            made + [wire(InspectionTests.invite.replacing("Supported: outbound\n", with: ""))] + (try Self.captured())
                + MutationTests.corpus)
        let named = CoverageTable.all.filter { $0.means.contains(.command("inspect")) }.map(\.requirement)
        #expect(judged.subtracting(named).sorted() == [], "judged, and not in the table")
        #expect(Set(named).subtracting(judged).sorted() == [], "in the table, and not judged")
    }
}
