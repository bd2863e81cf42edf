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
            Self.append(piece[...], to: path)
            return false
        }

        static func append(_ piece: ArraySlice<UInt8>, to path: String, _ mode: String = "a") {
            guard let file = fopen(path, mode) else { return }
            fwrite(Array(piece), 1, piece.count, file)
            fclose(file)
        }
    }

    struct Seen {
        var words: [String] = []
        var error: CaptureError?
        var notAnalyzed: [NotAnalyzed] = []
        var rotation: FollowedCapture.Rotation?
        var pulses = 0
    }

    /// - Parameter atRest: called when nothing new was there; true ends it.
    static func follow(_ path: String, atRest: () -> Bool) -> Seen {
        var seen = Seen()
        var pipeline = CapturePipeline(sink: EventLog())
        do throws(CaptureError) {
            let stream = try FollowedCapture(path: path)
            defer { seen.rotation = stream.rotation }
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
        #expect(seen.words.count > 20 && seen.error == nil && seen.rotation == nil)
    }

    /// Whoever ends it in the middle of a packet has read all there was.
    @Test func endInsideAPacket() throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let seen = Self.follow(try scratch.write(Array(octets.prefix(5000)), "cut")) { true }
        #expect(seen.error == nil && !seen.words.isEmpty)
        #expect(seen.notAnalyzed.map(\.what) == ["octets at a capture's end"])
    }

    /// Rotation by renaming, with a while in which nothing has the name: who has the file open still writes there.
    @Test func replaced() throws {
        let files = try (1...4).map { try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\($0)of4.pcap") }
        let half = files[0].count / 2
        let scratch = try CaptureScratch()
        let path = try Writer([Array(files[0][..<half])], scratch).path
        var pieces = files.dropFirst()
        var isNamed = true
        let seen = Self.follow(path) {
            defer { isNamed.toggle() }
            let before = "\(path).\(pieces.count)"
            guard !isNamed else { return rename(path, before) != 0 }
            if pieces.count == 3 { Writer.append(files[0][half...], to: before) }
            guard let piece = pieces.popFirst() else { return true }
            Writer.append(piece[...], to: path)
            return false
        }
        #expect(seen.rotation == .replaced && seen.error == nil && seen.notAnalyzed.isEmpty, "\(seen.notAnalyzed)")
        #expect(seen.words == CaptureMergeTests.whole)
    }

    /// Several rotations between two looks; each row tells what becomes of the files, and what is seen of them then.
    @Test(
        arguments: [
            (moves: ["growing>old1", "2>growing", "growing>old2", "3>growing", "growing>old3", "4>growing"], lost: 0),
            // As logrotate does it: the files before move up.
            (
                moves: [
                    "growing>old", "2>growing", "old>older", "growing>old", "3>growing", "growing>oldest", "4>growing",
                ], lost: 0
            ),
            // The file under the name is gone when the next one comes.
            (moves: ["2>growing", "3>growing", "4>growing"], lost: 2),
        ], [false, true])
    func replacedTwice(_ row: (moves: [String], lost: Int), _ endsAtOnce: Bool) throws {
        let files = try (1...4).map { try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\($0)of4.pcap") }
        let scratch = try CaptureScratch()
        let path = try Writer([files[0]], scratch).path
        for number in 2...4 { _ = try scratch.write(files[number - 1], "\(number)") }
        var isDone = false
        let seen = Self.follow(path) {
            defer { isDone = true }
            if isDone { return true }
            for move in row.moves.map({ $0.split(separator: ">").map { scratch.path(String($0)) } }) {
                rename(move[0], move[1])
            }
            return endsAtOnce
        }
        #expect(seen.rotation == .replaced && seen.error == nil)
        #expect(seen.notAnalyzed.map(\.count) == (row.lost > 0 ? [row.lost] : []), "\(seen.notAnalyzed)")
        #expect(seen.words.contains("miss") == (row.lost > 0))
        if row.lost == 0 { #expect(seen.words == CaptureMergeTests.whole) }
    }

    /// A writer that was killed left half a packet behind, and another one began a new file.
    @Test func cutBeforeRotation() throws {
        let files = try (1...4).map { try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\($0)of4.pcap") }
        let scratch = try CaptureScratch()
        let path = try Writer([files[0]], scratch).path
        var pieces = [Array(files[1].prefix(550)), files[2], files[3]][...]
        let seen = Self.follow(path) {
            guard let piece = pieces.popFirst() else { return true }
            rename(path, "\(path).\(pieces.count)")
            Writer.append(piece[...], to: path)
            return false
        }
        #expect(seen.error == nil && seen.words.count { $0 == "miss" } == 1)
        #expect(seen.notAnalyzed.map(\.what) == ["octets at a capture's end"])
    }

    /// Rotation in its place: what stood behind the last octets that were read is not known.
    @Test func writtenAnew() throws {
        let pieces = try (1...2).map { try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\($0)of4.pcap") }
        let scratch = try CaptureScratch()
        let writer = try Writer([pieces[0]], scratch)
        var step = 0
        let seen = Self.follow(writer.path) {
            step += 1
            guard step == 1 else { return true }
            Writer.append(pieces[1][...], to: writer.path, "w")
            return false
        }
        #expect(seen.rotation == .rewritten && seen.error == nil)
        let first = CaptureMergeTests.read(CaptureMergeTests.pieces([1])).words.filter { !$0.hasSuffix(" end") }
        let whole = CaptureMergeTests.read(CaptureMergeTests.pieces([1, 2])).words
        #expect(seen.words.filter { $0 != "miss" } == whole)
        #expect(seen.words.dropFirst(first.count).first == "miss" && seen.words.count { $0 == "miss" } == 1)
        #expect(seen.notAnalyzed.map(\.what) == ["pieces of a followed capture"])
        #expect(seen.words.lastIndex(of: "miss").map { $0 - first.count } ?? 9 < 5, "nothing is missing behind that")
    }

    /// The same, but by the next look the new file is longer than the old one was.
    @Test func writtenAnewAndLonger() throws {
        let short = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_1of4.pcap").prefix(3000)
        let whole = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let writer = try Writer([Array(short)], scratch)
        var step = 0
        let seen = Self.follow(writer.path) {
            step += 1
            guard step == 1 else { return true }
            // Shifted by a packet, as no file that goes on would be.
            Writer.append(
                whole[..<24] + whole[(24 + 16 + Int(whole[32]) + Int(whole[33]) << 8)...], to: writer.path, "w")
            return false
        }
        #expect(seen.rotation == .rewritten && seen.error == nil)
        #expect(
            seen.words.count { $0 == "miss" } == 1 && seen.words.count > CaptureMergeTests.whole.count - 5,
            "\(seen.words.count)")
        #expect(seen.notAnalyzed.map(\.what).contains("pieces of a followed capture"))
    }

    /// What was read of the files before is judged, whatever comes in their place.
    @Test func unreadableSuccessor() throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        let scratch = try CaptureScratch()
        let writer = try Writer([octets], scratch)
        let seen = Self.follow(writer.path) {
            rename(writer.path, writer.path + ".1")
            _ = try? scratch.write(Array("no capture".utf8), "growing")
            return false
        }
        #expect(seen.error?.isPartial == true && seen.words == CaptureMergeTests.whole)
    }

    @Test func refused() throws {
        let scratch = try CaptureScratch()
        let packed = try scratch.write([0x1F, 0x8B, 8, 0, 0, 0], "packed")
        let error = try #require(Self.follow(packed) { true }.error)
        #expect(error.description.contains("cannot be followed: it is compressed"))
        #expect(
            Self.follow(scratch.url.path) { true }.error?.description.contains("no capture is in this folder") == true)
        #expect(Self.follow(try scratch.write([], "empty")) { true }.error?.code == .empty)
        #expect(Self.follow(scratch.path("none")) { true }.error?.code == .system(ENOENT))
        let text = try scratch.write(Array("no capture".utf8), "text")
        #expect(Self.follow(text) { true }.error?.description.contains("no pcap or pcapng capture") == true)
    }
}
