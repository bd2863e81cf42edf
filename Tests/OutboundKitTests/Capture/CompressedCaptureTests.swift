import Testing

@testable import OutboundKit

/// Captures as they lie in archives: compressed, by the programs of those names, and cut or damaged.
@Suite(.enabled(if: ShellTool.has("gzip", "zstd"), "gzip or zstd is not installed"))
struct CompressedCaptureTests {
    static func words(_ path: String) -> (words: [String], error: CaptureError?) {
        var pipeline = CapturePipeline(sink: EventLog())
        var failure: CaptureError?
        do throws(CaptureError) { try pipeline.read(path: path) } catch { failure = error }
        pipeline.finish()
        return (pipeline.sink.words, failure)
    }

    static let real = RealCaptureTests.path("bs_tcp_udp_msgs_ft20.pcap")

    @Test(arguments: ["gzip", "zstd"])
    func sameAsPlain(_ program: String) throws {
        let scratch = try CaptureScratch()
        // The name says nothing of what it is.
        let path = try scratch.write(try ShellTool.run(program, ["-c", Self.real]), "edge.pcap")
        let (words, error) = Self.words(path)
        #expect(error == nil)
        #expect(words.count > 100 && words == Self.words(Self.real).words)
    }

    /// Two pieces put one behind the other, as log rotation leaves them, are one file.
    @Test func membersAndFrames() throws {
        let scratch = try CaptureScratch()
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + "bs_tcp_udp_msgs_ft20.pcap")
        let head = try scratch.write(Array(octets.prefix(octets.count / 3)), "head")
        let tail = try scratch.write(Array(octets.dropFirst(octets.count / 3)), "tail")
        for program in ["gzip", "zstd"] {
            let both = try ShellTool.run(program, ["-c", head]) + ShellTool.run(program, ["-c", tail])
            let (words, error) = Self.words(try scratch.write(both, "both"))
            #expect(error == nil)
            #expect(words == Self.words(Self.real).words)
        }
    }

    @Test(arguments: ["gzip", "zstd"])
    func cutAndDamaged(_ program: String) throws {
        let scratch = try CaptureScratch()
        let octets = try ShellTool.run(program, ["-c", "--fast", Self.real])
        let cut = Self.words(try scratch.write(Array(octets.dropLast(20)), "cut"))
        let whole = Self.words(Self.real).words
        #expect(cut.words.count > 50 || program == "zstd")
        #expect(cut.error?.isPartial == true || program == "zstd")
        #expect(cut.error?.description.contains("\(program) stream is cut") == true)
        #expect(whole.starts(with: cut.words.filter { !$0.hasSuffix("end") }.prefix(50)))
        var damaged = octets
        damaged[octets.count - 3] ^= 0xFF
        let bad = Self.words(try scratch.write(damaged, "bad"))
        #expect(bad.words == whole)
        #expect(bad.error?.isPartial == true)
        #expect(bad.error?.description.contains("`\(program) -t ") == true)
    }

    @Test func compressedTwiceAndOtherFormats() throws {
        let scratch = try CaptureScratch()
        let once = try scratch.write(try ShellTool.run("gzip", ["-c", Self.real]), "once")
        let twice = Self.words(try scratch.write(try ShellTool.run("zstd", ["-c", once]), "twice"))
        #expect(twice.error?.description.contains("compressed twice: give it as `gzip -dc") == true)
        let xz = Self.words(try scratch.write([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"))
        #expect(xz.error?.description.contains("xz-compressed: give it as `xz -dc") == true)
        let nothing = Self.words(try scratch.write(try ShellTool.run("gzip", ["-c", "/dev/null"]), "nothing"))
        #expect(nothing.error?.code == .empty)
    }

    /// Four gigabytes of nothing in four megabytes need no more memory than four megabytes do; a part of that here.
    @Test func bomb() throws {
        let scratch = try CaptureScratch()
        let nothing = CaptureBuilder().bytes + [UInt8](repeating: 0, count: 64 << 20)
        let path = try scratch.write(try ShellTool.run("gzip", ["-c", try scratch.write(nothing, "plain")]), "bomb")
        var source = try CaptureSource(path: path, limits: CaptureLimits())
        var buffer = [UInt8](repeating: 0, count: 4096)
        var total = 0
        while true {
            let count = try source.read(into: &buffer, after: 0)
            if count == 0 { break }
            total += count
        }
        #expect(total == nothing.count)
    }
}
