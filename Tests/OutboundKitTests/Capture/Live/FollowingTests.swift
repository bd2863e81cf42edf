import Foundation
import Glibc
import Testing

@testable import OutboundKit

/// Files that grow while they are read.
@Suite struct FollowingTests {
    /// A file, and what is still to be written to it.
    final class Writer {
        let path: String
        var pieces: ArraySlice<[UInt8]>

        init(_ pieces: [[UInt8]], _ scratch: CaptureScratch, _ name: String = "growing") throws {
            path = try scratch.write(pieces.first ?? [], name)
            self.pieces = pieces.dropFirst()
        }

        /// Writes the next piece.
        /// - Returns: whether there was none.
        func next() -> Bool {
            guard let piece = pieces.popFirst() else { return true }
            guard let file = fopen(path, "a") else { return true }
            fwrite(piece, 1, piece.count, file)
            fclose(file)
            return false
        }
    }

    struct Seen {
        var words: [String] = []
        var error: CaptureError?
        var notAnalyzed: [NotAnalyzed] = []
        var ending: FollowedCapture.Ending?
        var pulses = 0
    }

    /// - Parameter atRest: called when nothing new was there; true ends it.
    static func follow(_ path: String, atRest: () -> Bool) -> Seen {
        var seen = Seen()
        var pipeline = CapturePipeline(sink: EventLog())
        do throws(CaptureError) {
            let stream = try FollowedCapture(path: path)
            defer { seen.ending = stream.ending }
            try pipeline.follow(stream) { pulse in
                seen.pulses += 1
                return pulse.octets == 0 && seen.pulses > 1 ? atRest() || seen.pulses > 100 : false
            }
        } catch {
            seen.error = error
        }
        pipeline.finish()
        (seen.words, seen.notAnalyzed) = (pipeline.sink.words, pipeline.notAnalyzed)
        return seen
    }

    @Test(arguments: ["bs_rotated_all.pcap", "bs_tcp_udp_ft30_nano.pcapng"], [1, 2])
    func growing(_ file: String, _ seed: UInt64) throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + file)
        var generator = SeededGenerator(seed: seed)
        let places = (0..<4).map { _ in Int.random(in: 0...octets.count, using: &generator) }.sorted()
        var pieces: [[UInt8]] = []
        // The first ones are not even a whole magic number.
        for (from, end) in zip([0, 3] + places, [3] + places + [octets.count]) {
            pieces.append(Array(octets[min(from, end)..<end]))
        }
        let scratch = try CaptureScratch()
        let writer = try Writer(pieces, scratch)
        let seen = Self.follow(writer.path, atRest: writer.next)
        #expect(seen.words == CaptureMergeTests.read([RealCaptureTests.path(file)]).words)
        #expect(seen.words.count > 20 && seen.error == nil && seen.ending == nil)
    }

    /// Whoever ends it in the middle of a packet has read all there was.
    @Test func endInsideAPacket() throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let seen = Self.follow(try scratch.write(Array(octets.prefix(5000)), "cut")) { true }
        #expect(seen.error == nil && !seen.words.isEmpty)
        #expect(seen.notAnalyzed.map(\.what) == ["octets at a capture's end"])
    }

    @Test func replaced() throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let writer = try Writer([octets], scratch)
        let seen = Self.follow(writer.path) {
            rename(writer.path, writer.path + ".1")
            _ = try? scratch.write([], "growing")
            return false
        }
        #expect(seen.ending == .replaced && seen.error == nil)
        #expect(seen.words == CaptureMergeTests.whole)
    }

    @Test func writtenAnew() throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let writer = try Writer([octets], scratch)
        let seen = Self.follow(writer.path) {
            truncate(writer.path, 24)
            return false
        }
        #expect(seen.ending == .shrunk && seen.error == nil)
        #expect(seen.words == CaptureMergeTests.whole)
    }

    @Test func refused() throws {
        let scratch = try CaptureScratch()
        let packed = try scratch.write([0x1F, 0x8B, 8, 0, 0, 0], "packed")
        let error = try #require(Self.follow(packed) { true }.error)
        #expect(error.description.contains("cannot be followed: it is compressed"))
        #expect(Self.follow(scratch.url.path) { true }.error?.description.contains("no regular file") == true)
        #expect(Self.follow(try scratch.write([], "empty")) { true }.error?.code == .empty)
        #expect(Self.follow(scratch.path("none")) { true }.error?.code == .system(ENOENT))
        let text = try scratch.write(Array("no capture".utf8), "text")
        #expect(Self.follow(text) { true }.error?.description.contains("no pcap or pcapng capture") == true)
    }
}
