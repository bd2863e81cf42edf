import Foundation
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
        #expect(finding?.message.contains("packets are missing from the capture") == true)
        #expect(seen.notAnalyzed.map(\.what) == ["packets dropped by the kernel"])
        #expect(seen.notAnalyzed.map(\.count) == [7])
    }

    /// A file whose last block tells of drops, as dumpcap writes it: how many, at the end, and when is not told.
    private func judgeFile(droppedPackets: UInt64, endsBefore: Bool) throws -> [Finding] {
        try #require(ShellTool.has("editcap"))
        let scratch = try CaptureScratch()
        let halves = try Self.halves()
        let classic = try scratch.write(halves[0] + halves[1], "whole")
        try ShellTool.run("editcap", ["-F", "pcapng", classic, scratch.path("drops")])
        var reader = CaptureReader(limits: CaptureLimits())
        var record = CaptureRecord()
        var offset = 0
        let first = halves[0]
        while try reader.next(in: first.span.bytes, at: &offset, into: &record) {}
        let microseconds = record.time / 1000 + (endsBefore ? -20_000_000 : 3_600_000_000)
        var block: [UInt8] = []
        func put(_ numbers: UInt32...) {
            for number in numbers { withUnsafeBytes(of: number.littleEndian) { block += $0 } }
        }
        put(5, 40, 0, UInt32(microseconds >> 32), UInt32(truncatingIfNeeded: microseconds))
        put(5 | 8 << 16, UInt32(droppedPackets), 0, 0, 40)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("drops")))
        try file.seekToEnd()
        try file.write(contentsOf: block)
        var audit = CaptureAudit()
        audit.read(paths: [scratch.path("drops")]) { Issue.record("\($0)") }
        let seen = audit.finish()
        #expect(seen.notAnalyzed.map(\.count) == (droppedPackets > 0 ? [Int(droppedPackets)] : []))
        return Judge().judge(seen.ledger, keeping: .all).findings
    }

    @Test(arguments: [(7, false, Verdict.unknown(.gap)), (0, false, .fail), (7, true, .fail)])
    func droppedPackets(_ count: UInt64, _ endsBefore: Bool, _ verdict: Verdict) throws {
        let findings = try judgeFile(droppedPackets: count, endsBefore: endsBefore)
        #expect(findings.first { $0.requirement?.text == "OB-FT-004" }?.verdict == verdict)
        #expect(verdict == .fail || !findings.contains { $0.verdict == .fail }, "\(findings)")
    }

    /// A packet that says how many before it were dropped: that tells where.
    @Test(.enabled(if: ShellTool.has("editcap")), arguments: [(true, Verdict.unknown(.gap)), (false, .fail)])
    func dropsBeforeAPacket(_ isBehindSilence: Bool, _ verdict: Verdict) throws {
        let scratch = try CaptureScratch()
        let halves = try Self.halves()
        let classic = try scratch.write(halves[0] + halves[1], "classic")
        try ShellTool.run("editcap", ["-F", "pcapng", classic, scratch.path("drops")])
        var octets = try [UInt8](Data(contentsOf: URL(filePath: scratch.path("drops"))))
        func number(_ offset: Int) -> Int {
            octets[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        func bytes(_ numbers: UInt32...) -> [UInt8] {
            numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) } }
        }
        // The packet behind the silence of a minute, or the second one of all.
        var (offset, packets, last, place) = (0, 0, 0, 0)
        while offset < octets.count {
            if number(offset) == 6 {
                packets += 1
                let time = number(offset + 12) << 32 | number(offset + 16)
                if isBehindSilence ? packets > 1 && time - last > 40_000_000 : packets == 2 { place = offset }
                last = time
            }
            offset += number(offset + 4)
        }
        let length = number(place + 4)
        let option = bytes(4 | 8 << 16, 7, 0, 0, UInt32(length + 16))
        octets.replaceSubrange(place + length - 4..<place + length, with: option)
        octets.replaceSubrange(place + 4..<place + 8, with: bytes(UInt32(length + 16)))
        let path = try scratch.write(octets, "told")
        var audit = CaptureAudit()
        audit.read(paths: [path]) { Issue.record("\($0)") }
        let seen = audit.finish()
        #expect(seen.notAnalyzed.map(\.count) == [7])
        let findings = Judge().judge(seen.ledger, keeping: .all).findings
        #expect(findings.first { $0.requirement?.text == "OB-FT-004" }?.verdict == verdict)
    }

    private enum Place: CaseIterable {
        /// At the end, where it is not seen before the file is decompressed.
        case packed
        /// Between two sections.
        case firstSection
    }

    /// Drops that are known only behind the packets: a second reading knows them.
    @Test(.enabled(if: ShellTool.has("editcap", "gzip")), arguments: Place.allCases)
    private func droppedPacketsToldLate(_ place: Place) throws {
        let scratch = try CaptureScratch()
        let halves = try Self.halves()
        func section(_ classic: [UInt8]) throws -> [UInt8] {
            try ShellTool.run("editcap", ["-F", "pcapng", scratch.write(classic, "classic"), scratch.path("section")])
            return try [UInt8](Data(contentsOf: URL(filePath: scratch.path("section"))))
        }
        var block: [UInt8] = []
        for number: UInt32 in [5, 40, 0, 0, 0, 5 | 8 << 16, 7, 0, 0, 40] {
            withUnsafeBytes(of: number.littleEndian) { block += $0 }
        }
        let octets =
            try place == .packed
            ? section(halves[0] + halves[1]) + block
            : section(halves[0]) + block + section(Array(halves[0].prefix(24)) + halves[1])
        var path = try scratch.write(octets, "late")
        if place == .packed {
            try ShellTool.run("gzip", [path])
            path += ".gz"
        }
        var losses: CaptureLosses?
        for verdict: Verdict in [.fail, .unknown(.gap)] {
            var audit = CaptureAudit(losses: losses ?? CaptureLosses())
            audit.read(paths: [path]) { Issue.record("\($0)") }
            losses = audit.lateLosses
            #expect((losses == nil) == (verdict != .fail))
            let seen = audit.finish()
            #expect(seen.notAnalyzed.map(\.count) == [7])
            let findings = Judge().judge(seen.ledger, keeping: .all).findings
            #expect(findings.first { $0.requirement?.text == "OB-FT-004" }?.verdict == verdict)
        }
    }

    /// Statistics count from the beginning of the capture: those of an interface are not to be added up.
    @Test func statisticsInBetween() throws {
        func block(_ type: UInt32, _ numbers: [UInt32]) -> [UInt8] {
            let length = UInt32(12 + 4 * numbers.count)
            return ([type, length] + numbers + [length]).flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
            }
        }
        func statistics(_ interface: UInt32, _ drops: UInt32) -> [UInt8] {
            block(5, [interface, 0, 1000, 8 << 16 | 5, drops, 0, 0])
        }
        var octets = block(0x0A0D_0D0A, [0x1A2B_3C4D, 1, .max, .max])
        octets += block(1, [1, 0]) + block(1, [1, 0])
        octets += statistics(0, 3) + statistics(1, 2) + statistics(0, 5) + statistics(0, 5)
        var reader = CaptureReader(limits: CaptureLimits())
        var record = CaptureRecord()
        var offset = 0
        #expect(try !reader.next(in: octets.span.bytes, at: &offset, into: &record))
        #expect(reader.droppedPackets == 7)
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
