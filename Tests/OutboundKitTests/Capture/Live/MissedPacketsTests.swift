import Testing

@testable import OutboundKit

/// What the kernel dropped is held against nobody.
@Suite struct MissedPacketsTests {
    /// Pieces of a capture, before some of which packets were missed.
    private final class Pieces: CaptureStream {
        let name = "test0"
        var missed = MissedPackets()
        var isLossy = false
        private var rest: ArraySlice<(octets: [UInt8], isLossy: Bool)>
        private var isEnough = false

        init(_ pieces: [(octets: [UInt8], isLossy: Bool)]) { rest = pieces[...] }

        func stop() { isEnough = true }

        func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int? {
            guard !isEnough, let piece = rest.popFirst() else { return nil }
            isLossy = piece.isLossy
            if isLossy { missed.byKernel += 7 }
            buffer.replaceSubrange(filled..<filled + piece.octets.count, with: piece.octets)
            return piece.octets.count
        }
    }

    /// A phone's capture without the packets of 60 s in its middle.
    private static func halves() throws -> [[UInt8]] {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_udp_ft20.pcap")
        var halves = [Array(octets.prefix(24)), []]
        var reader = CaptureReader(limits: CaptureLimits())
        var record = CaptureRecord()
        var offset = 0
        var start: Int64?
        while try reader.next(in: octets.span.bytes, at: &offset, into: &record) {
            let seconds = (record.time - (start ?? record.time)) / 1_000_000_000
            start = start ?? record.time
            if seconds < 30 { halves[0] += octets[record.start - 16..<offset] }
            if seconds >= 90 { halves[1] += octets[record.start - 16..<offset] }
        }
        return halves
    }

    private func judge(isLossy: Bool) throws -> (findings: [Finding], notAnalyzed: [NotAnalyzed]) {
        let halves = try Self.halves()
        var audit = CaptureAudit()
        try audit.follow(Pieces([(halves[0], false), (halves[1], isLossy)])) { _ in false }
        let seen = audit.finish()
        return (Judge().judge(seen.ledger, keeping: .all).findings, seen.notAnalyzed)
    }

    @Test func silenceIsAFault() throws {
        let seen = try judge(isLossy: false)
        #expect(seen.findings.contains { $0.requirement?.text == "OB-FT-004" && $0.verdict == .fail })
        #expect(seen.notAnalyzed.isEmpty)
    }

    @Test func missedPacketsAreNone() throws {
        let seen = try judge(isLossy: true)
        #expect(!seen.findings.contains { $0.verdict == .fail }, "\(seen.findings)")
        let finding = seen.findings.first { $0.requirement?.text == "OB-FT-004" }
        #expect(finding?.verdict == .unknown(.gap))
        #expect(seen.notAnalyzed.map(\.what) == ["packets dropped by the kernel"])
        #expect(seen.notAnalyzed.map(\.count) == [7])
    }

    /// Who has enough gets what was there, and no more.
    @Test func enough() throws {
        let halves = try Self.halves()
        var audit = CaptureAudit()
        var packets: [Int] = []
        try audit.follow(Pieces([(halves[0], false), (halves[1], false)])) { pulse in
            packets.append(pulse.packets)
            return pulse.packets > 0
        }
        #expect(packets.count == 2 && packets[0] == 0)
        let all = audit.finish().statistics.packets
        #expect(all == packets[1])
    }
}
