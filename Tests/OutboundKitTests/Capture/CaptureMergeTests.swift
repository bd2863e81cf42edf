import Testing

@testable import OutboundKit

/// Several captures of one run: pieces in any order, and captures of the same time.
@Suite struct CaptureMergeTests {
    static func read(
        _ paths: [String], limits: CaptureLimits = CaptureLimits()
    ) -> (words: [String], errors: [CaptureError], notAnalyzed: [NotAnalyzed]) {
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        var errors: [CaptureError] = []
        pipeline.read(paths: paths) { errors.append($0) }
        pipeline.finish()
        return (pipeline.sink.words, errors, pipeline.notAnalyzed)
    }

    static func pieces(_ order: [Int]) -> [String] { order.map { RealCaptureTests.path("bs_rotated_\($0)of4.pcap") } }

    static let whole = read([RealCaptureTests.path("bs_rotated_all.pcap")]).words

    @Test(arguments: [[1, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3]])
    func rotated(_ order: [Int]) {
        let seen = Self.read(Self.pieces(order))
        #expect(seen.words == Self.whole)
        #expect(seen.errors.isEmpty)
    }

    /// A piece that is not whole, or cannot be read, is a gap before the next one; behind the last one there is no next.
    @Test(arguments: [
        (piece: 2, octets: 550, misses: 1), (piece: 2, octets: 0, misses: 1), (piece: 4, octets: 300, misses: 0),
        // No packet comes before it.
        (piece: 1, octets: 20, misses: 0),
    ])
    func cutPiece(_ row: (piece: Int, octets: Int, misses: Int)) throws {
        let scratch = try CaptureScratch()
        var paths = Self.pieces([1, 2, 3, 4])
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_\(row.piece)of4.pcap")
        paths[row.piece - 1] = try scratch.write(Array(octets.prefix(row.octets)), "cut")
        let seen = Self.read(paths)
        #expect(seen.errors.count == 1 && seen.words.count { $0 == "miss" } == row.misses, "\(seen.words)")
        paths[row.piece - 1] = scratch.path("none")
        #expect(Self.read(paths).words.count { $0 == "miss" } == (row.piece == 2 ? 1 : 0))
    }

    @Test func compressedPieces() throws {
        try #require(ShellTool.has("gzip", "zstd"))
        let scratch = try CaptureScratch()
        var paths = Self.pieces([3, 2])
        paths.append(try scratch.write(try ShellTool.run("gzip", ["-c"] + Self.pieces([1])), "a"))
        paths.append(try scratch.write(try ShellTool.run("zstd", ["-c"] + Self.pieces([4])), "b"))
        #expect(Self.read(paths).words == Self.whole)
    }

    /// Packets of one run dealt out to several files, as captures of several interfaces hold them.
    /// - Parameters:
    ///   - octets: the run; nil is that of a real phone.
    ///   - row: so many packets in a row, at most, go to one of them.
    static func dealt(
        _ count: Int, of octets: [UInt8]? = nil, _ folder: CaptureScratch, row: Int = 1
    ) throws -> [String] {
        let octets = try octets ?? VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_all.pcap")
        var files = [[UInt8]](repeating: Array(octets.prefix(24)), count: count)
        var reader = CaptureReader(limits: CaptureLimits())
        var record = CaptureRecord()
        var offset = 0
        var generator = SeededGenerator(seed: 8)
        var (file, left) = (0, 0)
        while try reader.next(in: octets.span.bytes, at: &offset, into: &record) {
            if left == 0 {
                file = Int.random(in: 0..<count, using: &generator)
                left = Int.random(in: 1...row, using: &generator)
            }
            files[file] += octets[record.start - 16..<offset]
            left -= 1
        }
        return try files.enumerated().map { try folder.write($1, "part\($0)") }
    }

    @Test(arguments: [2, 5])
    func overlapping(_ count: Int) throws {
        let scratch = try CaptureScratch()
        let paths = try Self.dealt(count, scratch)
        #expect(Self.read(paths.reversed()).words == Self.whole)
        var limits = CaptureLimits()
        limits.openCaptures = count - 1
        let late = Self.read(paths, limits: limits)
        #expect(late.notAnalyzed.contains { $0.what == "captures read later than their time" && $0.count == 1 })
    }

    /// Packets of a capture are copied many at a time: here are more than that in a row, and some too large to be copied.
    @Test(arguments: [1, 30, 700])
    func rowsOfPackets(_ row: Int) throws {
        var builder = CaptureBuilder()
        for number in 0..<3000 {
            builder.datagram(CaptureBuilder.sip("M\(number)", body: number % 40 == 7 ? large : ""))
        }
        let whole = EventLog.words(of: builder.bytes).words
        #expect(whole.count > 3000)
        let scratch = try CaptureScratch()
        let paths = try Self.dealt(3, of: builder.bytes, scratch, row: row)
        #expect(Self.read(paths).words == whole)
        try #require(ShellTool.has("editcap"))
        let blocks = try paths.enumerated().map { number, path in
            let other = scratch.path("ng\(number)")
            try ShellTool.run("editcap", ["-F", "pcapng", path, other])
            return other
        }
        #expect(Self.read(blocks).words == whole)
    }

    private let large = String(repeating: "x", count: 40_000)

    /// Two captures, one on each side of a NAT, are the one that was taken on both interfaces at once.
    @Test func bothSidesOfANAT() {
        let sides = ["outside", "inside"].map { RealCaptureTests.path("bs_udp_nat_short_\($0).pcap") }
        let merged = Self.read(sides)
        #expect(merged.words == Self.read([RealCaptureTests.path("bs_udp_nat_short_natbox_any.pcap")]).words)
        #expect(merged.words.count > 40 && merged.errors.isEmpty)
    }

    @Test func overlappingFormats() throws {
        try #require(ShellTool.has("editcap"))
        let scratch = try CaptureScratch()
        let paths = try Self.dealt(2, scratch)
        try ShellTool.run("editcap", ["-F", "pcapng", paths[0], scratch.path("ng")])
        // Interface statistics and secrets lie between the packets, and must be counted once.
        #expect(Self.read([paths[1], scratch.path("ng")]).words == Self.whole)
    }

    @Test func whatCannotBeReadKeepsItsPlace() throws {
        let scratch = try CaptureScratch()
        let cut = try scratch.write(
            Array(try VectorFiles.bytes(RealCaptureTests.folder + "bs_rotated_4of4.pcap").dropLast(3)), "cut")
        let empty = try scratch.write([], "empty")
        let header = try scratch.write(CaptureBuilder().bytes, "header")
        let text = try scratch.write(Array("some text".utf8), "text")
        let seen = Self.read([cut, empty, scratch.path("absent"), text, header] + Self.pieces([3, 2, 1]))
        #expect(seen.words.count > Self.whole.count - 5)
        #expect(Set(seen.errors.map(\.path)) == [cut, empty, scratch.path("absent"), text])
        #expect(seen.errors.map(\.isPartial).filter { $0 }.count == 1)
        let entries = [("a", 9), ("-", nil), ("b", 3), ("c", 3), ("d", nil), ("e", 1)].map {
            CaptureOrder.Entry(path: $0.0, time: $0.1.map(Int64.init))
        }
        #expect(CaptureOrder.arrange(entries).map(\.path) == ["e", "-", "b", "c", "d", "a"])
    }
}
