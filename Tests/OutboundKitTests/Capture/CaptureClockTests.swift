import Testing

@testable import OutboundKit

/// Captures whose times go back.
@Suite struct CaptureClockTests {
    private struct Times: FlowEventSink {
        var seconds: [Int64] = []
        var misses = 0
        mutating func observe(_ event: borrowing FlowEvent) {
            if case .sip = event.what { seconds.append(event.time.nanoseconds / .second - 1_000_000) }
        }
        mutating func end(_ flow: FlowID, at time: Timestamp) {}
        mutating func miss(at time: Timestamp) { misses += 1 }
    }

    /// A request at each of these seconds.
    private static func read(_ seconds: [Int]) -> (times: [Int64], misses: Int, notAnalyzed: [String: Int]) {
        var builder = CaptureBuilder()
        for second in seconds {
            builder.milliseconds = second * 1000
            builder.datagram(CaptureBuilder.sip("OPTIONS"))
        }
        var pipeline = CapturePipeline(sink: Times())
        #expect(pipeline.feedAll([builder.bytes]) == nil)
        pipeline.finish()
        let rows = pipeline.notAnalyzed.map { ($0.what, $0.count) }
        return (pipeline.sink.seconds, pipeline.sink.misses, Dictionary(uniqueKeysWithValues: rows))
    }

    private static let set = "times that the capture's clock was set back"
    private static let stray = "packets more than a second before those in front of them"

    @Test func setBack() {
        let seen = Self.read(Array(0..<20) + Array(stride(from: -3600, to: -3560, by: 2)))
        #expect(seen.times == Array(0..<20) + Array(stride(from: 19, to: 59, by: 2)))
        #expect(seen.misses == 1 && seen.notAnalyzed == [Self.set: 1])
    }

    /// Once more, soon after.
    @Test func setBackTwice() {
        let seen = Self.read([100, 101, 90, 91, 92, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61])
        #expect(seen.times == [100, 101, 101, 102, 103] + Array(103...114))
        #expect(seen.misses == 2 && seen.notAnalyzed == [Self.set: 2])
    }

    @Test func onePacketOutOfItsOrder() {
        let seen = Self.read([0, 10, 20, 15, 25, 30, 40, 50, 60, 70, 80, 90, 100])
        #expect(seen.times == [0, 10, 20, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100])
        #expect(seen.notAnalyzed == [Self.stray: 1])
    }

    /// Two interfaces whose clocks differ: no clock to follow, and no end of steps.
    @Test func interfacesOfTwoClocks() {
        let seen = Self.read((0..<200).map { $0 * 3 + ($0 % 2) * 30 })
        #expect(zip(seen.times, seen.times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(seen.misses <= 16)
        #expect(seen.times.last.map { 600...700 ~= $0 } == true, "\(seen.times)")
    }

    /// Of captures that are read one after the other, or side by side, each may begin when it likes.
    @Test func severalCaptures() throws {
        let scratch = try CaptureScratch()
        let paths = try [[0, 10, 20, 30, 40], [25, 35, 5, 15]].enumerated().map { number, seconds in
            var builder = CaptureBuilder()
            for second in seconds {
                builder.milliseconds = second * 1000
                builder.datagram(CaptureBuilder.sip("OPTIONS"))
            }
            return try scratch.write(builder.bytes, "\(number)")
        }
        var pipeline = CapturePipeline(sink: Times())
        pipeline.read(paths: paths) { Issue.record($0) }
        pipeline.finish()
        #expect(pipeline.sink.seconds.count == 9 && pipeline.notAnalyzed.isEmpty)
    }
}
