import Glibc
import Testing

/// Ctrl-C while files are read gives the report of what was read so far.
@Suite struct InterruptedReadingTests {
    private static let pieces = (1...4).map {
        Files.repository + "/Tests/Fixtures/Captures/bs_rotated_\($0)of4.pcap"
    }

    /// The packets of a pcap file of little-endian microseconds, in the block format.
    private static func blocks(_ path: String) throws -> [UInt8] {
        let octets = try Files.bytes(path)
        func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(octets[at + $1]) << (8 * $1) } }
        var text = words(0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28) + words(1, 20, 1, 0, 20)
        var place = 24
        while place < octets.count {
            let (seconds, fraction) = (number(place), number(place + 4))
            let (captured, wire) = (number(place + 8), number(place + 12))
            let time = seconds * 1_000_000 + fraction
            let packet = octets[place + 16..<place + 16 + captured]
            let padding = [UInt8](repeating: 0, count: -captured & 3)
            let length = UInt32(32 + packet.count + padding.count)
            text += words(6, length, 0, UInt32(time >> 32), UInt32(time & 0xFFFF_FFFF), UInt32(captured), UInt32(wire))
            text += packet + padding + words(length)
            place += 16 + captured
        }
        return text
    }

    private static func words(_ numbers: UInt32...) -> [UInt8] {
        numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    }

    /// A capture that takes minutes to read: behind `blocks` come 512 GiB, mostly holes, of blocks that are passed over,
    /// and then the blocks once more.
    private static func endless(_ blocks: [UInt8], _ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        var place = 0
        func write(_ octets: [UInt8], at offset: Int) throws {
            try #require(pwrite(file, octets, octets.count, off_t(offset)) == octets.count)
        }
        try write(blocks, at: 0)
        place += blocks.count
        let length = 1 << 31
        for _ in 0..<256 {
            try write(words(0x8000_0001, UInt32(length)), at: place)
            place += length
            try write(words(UInt32(length)), at: place - 4)
        }
        try write(blocks, at: place)
    }

    /// The same compressed, of which 1 MB are some GB.
    private static func endlesslyPacked(_ blocks: [UInt8], _ scratch: ScratchDirectory, _ name: String) async throws {
        let gzip = try #require(Program.installed("gzip"))
        let length = 1 << 24
        let filler =
            words(0x8000_0001, UInt32(length)) + [UInt8](repeating: 0, count: length - 12) + words(UInt32(length))
        let packed = try await gzip.run(["-c"], input: blocks).outputBytes
        let packedFiller = try await gzip.run(["-c"], input: filler).outputBytes
        try scratch.write(packed + repeatElement(packedFiller, count: 4096).joined() + packed, to: name)
    }

    /// Waits until what stands in front was taken, whatever is read ahead.
    private static func waitUntilRead(_ program: RunningProgram, _ path: String, isPacked: Bool = false) async throws {
        #expect(try await program.wait { hasRead($0, path, to: isPacked ? 1 << 20 : 1 << 26) })
    }

    /// Whether the program has read so far in the file.
    private static func hasRead(_ program: RunningProgram, _ path: String, to place: Int) -> Bool {
        guard let descriptor = program.descriptor(of: path),
            let facts = try? Files.text("/proc/\(program.identifier)/fdinfo/\(descriptor)"),
            let position = facts.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return false }
        return position >= place
    }

    struct Reading: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Pieces that are named beside the endless one, which is the second of them.
        var others: [Int] = []
        var isPacked = false
        var options: [String] = []
        var signal = SIGINT
    }

    @Test(
        .needs("gzip"),
        arguments: [
            Reading(testDescription: "one file"),
            Reading(testDescription: "SIGTERM", signal: SIGTERM),
            Reading(testDescription: "several", others: [0, 2, 3]),
            Reading(testDescription: "several, two threads", others: [0, 2, 3], options: ["--jobs", "2"]),
            Reading(testDescription: "limited memory", others: [0, 2, 3], options: ["--max-memory", "256M"]),
            Reading(testDescription: "with exchanges", options: ["--registrations"]),
            Reading(testDescription: "gzip", isPacked: true),
            Reading(testDescription: "gzip ahead", others: [0, 2, 3], isPacked: true, options: ["--jobs", "2"]),
        ])
    func whatWasReadIsReported(_ row: Reading) async throws {
        let scratch = try ScratchDirectory()
        let blocks = try Self.blocks(Self.pieces[1])
        let whole = try scratch.write(blocks, to: "whole")
        let endless = scratch.path("endless")
        if row.isPacked {
            try await Self.endlesslyPacked(blocks, scratch, "endless")
        } else {
            try Self.endless(blocks, endless)
        }
        let program = try Program.sipob.start(
            ["pcap-audit"] + row.options + [endless] + row.others.map { Self.pieces[$0] })
        try await Self.waitUntilRead(program, endless, isPacked: row.isPacked)
        program.signal(row.signal)
        let result = try await program.finish()
        let read = row.others.filter { $0 < 1 }.map { Self.pieces[$0] }
        let expected = try await Program.sipob.run(["pcap-audit"] + row.options + read + [whole])
        #expect(result.status == 130 && result.errors.isEmpty, "\(result.status) \(result.errors)")
        #expect(result.output.hasPrefix(expected.output), "\(result.output)")
        let rest = result.output.dropFirst(expected.output.count).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
        #expect(rest.hasPrefix("Not analysed: octets of captures that were begun: "), "\(rest)")
        #expect(rest.contains("; captures not begun: 2 (reading was ended before their turn)") == !row.others.isEmpty)
    }

    /// `--write` copies what was read, although the same packets come once more behind it.
    @Test func copiesWhatWasRead() async throws {
        let scratch = try ScratchDirectory()
        let blocks = try Self.blocks(Self.pieces[1])
        let whole = try scratch.write(blocks, to: "whole")
        let endless = scratch.path("endless")
        try Self.endless(blocks, endless)
        let arguments = ["pcap-audit", "-q", "--flow", "f1", "--write"]
        let program = try Program.sipob.start(arguments + [scratch.path("cut"), Self.pieces[0], endless])
        try await Self.waitUntilRead(program, endless)
        program.signal(SIGINT)
        #expect(try await program.finish().status == 130)
        _ = try await Program.sipob.run(arguments + [scratch.path("expected"), Self.pieces[0], whole])
        let expected = try scratch.bytes("expected")
        #expect(try scratch.bytes("cut") == expected && expected.count > 1000)
    }

    /// Secrets that stand behind their packets would be a reason to read the file again.
    @Test func nothingIsReadTwice() async throws {
        let scratch = try ScratchDirectory()
        let endless = scratch.path("endless")
        try Self.endless(try LateSecretsTests.moved(), endless)
        let program = try Program.sipob.start(["pcap-audit", endless])
        try await Self.waitUntilRead(program, endless)
        program.signal(SIGINT)
        let result = try await program.finish()
        #expect(result.status == 130, "\(result.errors)")
        #expect(result.output.contains("UNKNOWN (ENC)") && result.output.contains("editcap"), "\(result.output)")
    }

    /// The report goes to a pipe that nobody reads, so that it is never finished.
    @Test func theSecondOneEndsAtOnce() async throws {
        let scratch = try ScratchDirectory()
        let endless = scratch.path("endless")
        try Self.endless(try Self.blocks(Self.pieces[1]), endless)
        let pipe = scratch.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let program = try Program.sipob.start(["pcap-audit", "-q", "--report", "json=\(pipe)", endless])
        try await Self.waitUntilRead(program, endless)
        program.signal(SIGINT)
        #expect(try await program.wait { !$0.outputSoFar.isEmpty })
        try await Task.sleep(for: .milliseconds(350))
        #expect(!program.hasExited)
        program.signal(SIGTERM)
        #expect(try await program.finish().status == 128 + SIGTERM)
    }

    /// While it is looked for the first packet of each capture, nobody looks for a signal.
    @Test func theSecondOneEndsWhoHasNotHeardTheFirst() async throws {
        let scratch = try ScratchDirectory()
        let endless = scratch.path("endless")
        try Self.endless(try Array(Self.blocks(Self.pieces[1]).prefix(48)), endless)
        let program = try Program.sipob.start(["pcap-audit", endless, Self.pieces[0]])
        try await Self.waitUntilRead(program, endless)
        program.signal(SIGINT)
        try await Task.sleep(for: .milliseconds(350))
        #expect(!program.hasExited)
        program.signal(SIGTERM)
        let result = try await program.finish()
        #expect(result.status == 128 + SIGTERM && result.output.isEmpty)
    }

    /// An event log takes two readings: what is not whole is not written.
    @Test func eventLogsAreWrittenWholeOrNot() async throws {
        let scratch = try ScratchDirectory()
        let endless = scratch.path("endless")
        try Self.endless(try Self.blocks(Self.pieces[1]), endless)
        let program = try Program.sipob.start(["pcap-audit", "--events", scratch.path("log"), endless])
        try await Self.waitUntilRead(program, endless)
        program.signal(SIGINT)
        let result = try await program.finish()
        #expect(result.status == 128 + SIGINT && result.output.isEmpty)
        #expect(access(scratch.path("log"), F_OK) != 0)
    }
}
