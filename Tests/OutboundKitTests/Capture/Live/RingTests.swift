import Foundation
import Glibc
import Testing

@testable import OutboundKit

/// Rings of files with names of their own, read while a capture program goes on with them.
@Suite struct RingTests {
    struct Row: CustomTestStringConvertible {
        let given: RingNames
        let inside: [String]
        let outside: [String]
        let testDescription: String
    }

    static let rows: [Row] = [
        Row(
            given: RingNames(ofFile: "ring_00003_20261127101010.pcapng"),
            inside: ["ring_00004_20261127101011.pcapng", "ring_100000_20261127101011.pcapng"],
            outside: [
                "ring2_00004_20261127101011.pcapng", "ring_00004_20261127101011.pcapng.gz",
                "ring_0004_20261127101011.pcapng",
                "ring_20261127101011_00004.pcapng", "ring.pcapng", "",
            ], testDescription: "a file of dumpcap's"),
        Row(
            given: RingNames(ofFile: "a_b_20261127101010_00003"), inside: ["a_b_20261127101011_00004"],
            outside: ["a_20261127101011_00004", "a_b_00004_20261127101011"], testDescription: "in the other order"),
        Row(
            given: RingNames(ofFile: "ring.pcap07"), inside: ["ring.pcap", "ring.pcap0", "ring.pcap12"],
            outside: ["ring.pcap.1", "ring.pcapng", "ring.pcap1x", "wring.pcap1"], testDescription: "of tcpdump's"),
        Row(
            given: RingNames(ofFile: "eth0.pcap"), inside: ["eth0.pcap1"], outside: ["eth1.pcap", "eth0.pcap.1"],
            testDescription: "the first of tcpdump's"),
        Row(
            given: RingNames(ofFile: "cap-20261127.pcap"), inside: ["cap-20261128.pcap", "cap-20261128.pcap1"],
            outside: ["cap-2026112.pcap", "cap-20261127a.pcap"], testDescription: "with a date"),
        Row(
            given: RingNames(writtenTo: "ring.pcapng"),
            inside: ["ring_00001_20261127101010.pcapng", "ring_20261127101010_00001.pcapng", "ring.pcapng3"],
            outside: ["ring_1.pcapng", "ring_00001_20261127101010.pcap"], testDescription: "what was given to dumpcap"),
        Row(
            given: RingNames(writtenTo: "r%%_%b%d-%H:%M.pcap"),
            inside: ["r%_Nov27-10:10.pcap", "r%_Nov27-10:10.pcap2"],
            outside: ["r%_Nov27.pcap", "r_Nov27-10:10.pcap"], testDescription: "what was given to tcpdump -G"),
    ]

    @Test(arguments: rows) func names(_ row: Row) {
        for name in row.inside { #expect(row.given.contains(name), "\(name)") }
        for name in row.outside { #expect(!row.given.contains(name), "\(name)") }
    }

    @Test func ringOfAFolder() throws {
        let days = try #require(RingNames(ofFiles: ["eth0-10:10.pcap", "eth0-10:20.pcap", "eth0-10:20.pcap1"]))
        #expect(days.contains("eth0-11:00.pcap") && !days.contains("eth1-11:00.pcap"))
        #expect(RingNames(ofFiles: ["ring_00001_20261127101010.pcapng", "ring_00002_20261127101011.pcapng"]) != nil)
        #expect(RingNames(ofFiles: ["eth0.pcap", "eth1.pcap"]) == nil)
    }

    private static func piece(_ number: Int) throws -> [UInt8] {
        try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\(number)of4.pcap")
    }

    private static func name(_ number: Int) -> String { "ring_0000\(number)_2026112710101\(number).pcap" }

    /// Each way to name a ring of which two files are there.
    @Test(arguments: ["", "/", "/ring.pcap", "/\(name(1))"], [false, true])
    func followed(_ path: String, _ endsAtOnce: Bool) throws {
        let scratch = try CaptureScratch()
        for number in 1...2 { _ = try scratch.write(Self.piece(number), Self.name(number)) }
        _ = try scratch.write(Array("no capture".utf8), "notes")
        var step = 0
        let seen = FollowingTests.follow(scratch.url.path + path) {
            step += 1
            guard step == 1, let third = try? Self.piece(3), let fourth = try? Self.piece(4) else { return true }
            FollowingTests.Writer.append(third[...], to: scratch.path(Self.name(3)))
            FollowingTests.Writer.append(fourth[...], to: scratch.path(Self.name(4)))
            return endsAtOnce
        }
        #expect(seen.words == CaptureMergeTests.whole && seen.error == nil && seen.notAnalyzed.isEmpty)
        #expect(seen.rotation == .continued)
    }

    /// Who names a file of a ring begins with it.
    @Test func fromOneOn() throws {
        let scratch = try CaptureScratch()
        // Numbers need not tell the order: behind the last one comes the first.
        for (number, name) in zip(1...4, [3, 4, 0, 1]) { _ = try scratch.write(Self.piece(number), Self.name(name)) }
        let seen = FollowingTests.follow(scratch.path(Self.name(4))) { true }
        #expect(seen.words == CaptureMergeTests.read(CaptureMergeTests.pieces([2, 3, 4])).words)
        #expect(seen.error == nil && seen.notAnalyzed.isEmpty)
    }

    /// The ring was faster: what it took away is missing, and what is still there is read.
    @Test func deletedBeforeItWasRead() throws {
        let scratch = try CaptureScratch()
        _ = try scratch.write(Self.piece(1), Self.name(1))
        var step = 0
        let seen = FollowingTests.follow(scratch.url.path) {
            step += 1
            guard step == 1 else { return true }
            for number in 2...4 {
                guard let octets = try? Self.piece(number) else { continue }
                FollowingTests.Writer.append(octets[...], to: scratch.path(Self.name(number)))
            }
            // That which is read goes on, though its name is gone.
            for number in 1...2 { unlink(scratch.path(Self.name(number))) }
            return false
        }
        #expect(seen.notAnalyzed.map(\.count) == [1] && seen.error == nil, "\(seen.notAnalyzed)")
        let first = CaptureMergeTests.read(CaptureMergeTests.pieces([1])).words.filter { !$0.hasSuffix(" end") }
        #expect(seen.words.dropFirst(first.count).first == "miss" && seen.words.count { $0 == "miss" } == 1)
    }

    /// As `tcpdump -W` does it: the files keep their names, and are written over when their turn comes.
    @Test func writtenOver() throws {
        let scratch = try CaptureScratch()
        for number in 1...2 { _ = try scratch.write(Self.piece(number), "ring.pcap\(number)") }
        var step = 0
        let seen = FollowingTests.follow(scratch.path("ring.pcap")) {
            step += 1
            // Each other time another file was found, and the one before is looked at once more.
            guard step % 2 == 0 else { return false }
            guard step <= 4, let octets = try? Self.piece(step / 2 + 2) else { return true }
            FollowingTests.Writer.append(octets[...], to: scratch.path("ring.pcap\(step / 2)"), "w")
            return false
        }
        #expect(seen.words == CaptureMergeTests.whole && seen.error == nil && seen.notAnalyzed.isEmpty)
    }

    /// Two programs at once are no ring: what one of them writes behind the other's back is told, and nothing read twice.
    @Test func writtenAtOnce() throws {
        let scratch = try CaptureScratch()
        let octets = try Self.piece(1)
        _ = try scratch.write(Array(octets.prefix(3000)), "cap-20261127.pcap")
        var step = 0
        let seen = FollowingTests.follow(scratch.path("cap-20261127.pcap")) {
            step += 1
            guard step <= 4, let second = try? Self.piece(2) else { return true }
            if step == 1 {
                FollowingTests.Writer.append(second[...], to: scratch.path("cap-20261128.pcap"))
            } else if step == 3 {
                FollowingTests.Writer.append(octets[3000...], to: scratch.path("cap-20261127.pcap"))
            }
            return false
        }
        let first = try scratch.write(Array(octets.prefix(3000)), "first")
        let whole = CaptureMergeTests.read([first, CaptureMergeTests.pieces([2])[0]]).words
        #expect(seen.words.filter { $0 != "miss" } == whole.filter { $0 != "miss" } && seen.error == nil)
        #expect(seen.notAnalyzed.contains { $0.what == "pieces of a followed capture" && $0.count == 1 })
    }

    /// As `tcpdump -C` does it; a copy of the file is no further one.
    @Test(arguments: [false, true]) func numbered(_ isCopied: Bool) throws {
        let scratch = try CaptureScratch()
        let first = try Self.piece(1)
        _ = try scratch.write(first, "ring.pcap")
        var step = 0
        let seen = FollowingTests.follow(scratch.path("ring.pcap")) {
            step += 1
            guard step <= 3, let octets = try? Self.piece(step + 1) else { return step > 5 }
            if isCopied, step == 1 { FollowingTests.Writer.append(first[...], to: scratch.path("ring.pcap9")) }
            FollowingTests.Writer.append(octets[...], to: scratch.path("ring.pcap\(step)"))
            return false
        }
        #expect(seen.words == CaptureMergeTests.whole && seen.error == nil && seen.notAnalyzed.isEmpty)
    }

    @Test func refused() throws {
        let scratch = try CaptureScratch()
        for name in ["eth0.pcap", "eth1.pcap"] { _ = try scratch.write(Self.piece(1), name) }
        let error = try #require(FollowingTests.follow(scratch.url.path) { true }.error)
        #expect(error.description.contains("such as eth0.pcap and eth1.pcap; name one of them"))
    }
}
