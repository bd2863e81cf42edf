import Testing

@testable import OutboundKit

/// Reading that is ended by whoever has heard enough.
@Suite struct CaptureWatchTests {
    /// Has enough when it is asked for the last time of so many.
    private final class Patience: CaptureWatch {
        private(set) var left: Int

        init(_ count: Int) { left = count }

        func isEnough() -> Bool {
            left -= 1
            return left <= 0
        }

        func waitForPipe() {}
        func beginPipe() {}
        func take(_ pulse: CapturePulse) -> Bool { false }
        func endPipe() {}
    }

    /// Of captures that are read side by side, what was taken ends at one moment, and is judged as if they ended there.
    @Test(arguments: 1...7) func sideBySide(_ count: Int) throws {
        let scratch = try CaptureScratch()
        var limits = CaptureLimits()
        limits.bufferOctets = 2048
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        let paths = try CaptureMergeTests.dealt(3, scratch)
        pipeline.read(paths: paths, watch: Patience(count)) { Issue.record("\($0)") }
        #expect(pipeline.isCutShort)
        pipeline.finish()

        // The first so many packets of the run.
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        var reader = CaptureReader(limits: limits)
        var record = CaptureRecord()
        var offset = 0
        var ends = [24]
        while try reader.next(in: octets.span.bytes, at: &offset, into: &record) { ends.append(offset) }
        let end = ends[pipeline.statistics.packets]
        var whole = CapturePipeline(sink: EventLog(), limits: limits)
        whole.read(paths: [try scratch.write(Array(octets.prefix(end)), "prefix")]) { error in
            #expect(error.code == .empty || error.packets == 0, "\(error)")
        }
        whole.finish()
        #expect(pipeline.sink.words == whole.sink.words && pipeline.statistics.packets < ends.count - 1)
        #expect(pipeline.statistics.lastTime == whole.statistics.lastTime)
        let left = pipeline.notAnalyzed.first { $0.what == "octets of captures that were begun" }?.count ?? 0
        let unread = pipeline.notAnalyzed.first { $0.what == "captures not begun" }?.count ?? 0
        // The header of one that was opened and not read is left too.
        #expect(unread > 0 || [0, 24].contains(left - (octets.count - end)), "\(left) of \(octets.count - end)")
        #expect(pipeline.packetsRead.values.reduce(0, +) == UInt64(pipeline.statistics.packets))
    }

    /// Enough came after the last read, and before a second reading would begin.
    @Test func noSecondReading() throws {
        let scratch = try CaptureScratch()
        let path = try scratch.write(try Self.lateSecrets(), "late")
        for (count, isCutShort) in [(3, true), (4, false)] {
            var pipeline = CapturePipeline(sink: EventLog())
            withExtendedLifetime(scratch) {
                pipeline.read(paths: [path], watch: Patience(count)) { Issue.record("\($0)") }
            }
            #expect(pipeline.isCutShort == isCutShort && (pipeline.lateSecrets == nil) == isCutShort)
            #expect(pipeline.notAnalyzed.contains { $0.what == "blocks of secrets" })
        }
    }

    /// A capture whose block of secrets stands behind its packets.
    private static func lateSecrets() throws -> [UInt8] {
        let octets = try VectorFiles.bytes("Captures/bs_tls_ft15_keys_in_file.pcapng")
        var (packets, secrets): ([UInt8], [UInt8]) = ([], [])
        var place = 0
        while place < octets.count {
            let length = octets[place + 4..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let block = octets[place..<place + length]
            if octets[place..<place + 4].elementsEqual([10, 0, 0, 0]) { secrets += block } else { packets += block }
            place += length
        }
        return packets + secrets
    }
}
