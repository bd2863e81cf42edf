import Testing

@testable import OutboundKit

/// gzip and zstd streams made by the programs of those names, in pieces of every size.
@Suite(.enabled(if: ShellTool.has("gzip", "zstd"), "gzip or zstd is not installed"))
struct DecompressionTests {
    static let text = Array("REGISTER sip:example.com SIP/2.0\r\n".utf8)
    static let plain: [UInt8] = (0..<400).flatMap { number in text + [UInt8(number & 255)] }

    static func compressed(_ program: String, _ octets: [UInt8], _ options: [String] = []) throws -> [UInt8] {
        let scratch = try CaptureScratch()
        return try ShellTool.run(program, options + ["-c", try scratch.write(octets, "plain")])
    }

    /// Decodes to the end or the failure, giving so much input and so much room at a time.
    static func decode(
        _ format: Decompression.Format, _ octets: [UInt8], input: Int, room: Int
    ) -> (octets: [UInt8], isWhole: Bool, failure: Decompression.Failure?) {
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: room + 3)
        do throws(Decompression.Failure) {
            var gzip: GzipDecoder? = format == .gzip ? try GzipDecoder() : nil
            var zstd: ZstdDecoder? = format == .zstd ? try ZstdDecoder(windowLog: 20) : nil
            var place = 0
            while true {
                let end = min(place + input, octets.count)
                let source = octets.span.bytes.extracting(place..<end)
                var span = buffer.mutableSpan
                var target = span.mutableBytes
                let first = try gzip?.decode(source, into: &target, after: 3)
                let step = try zstd?.decode(source, into: &target, after: 3) ?? first ?? Decompression.Step()
                place += step.used
                out += buffer[3..<3 + step.made]
                if step.made == 0, place == octets.count {
                    return (out, step.isBetween, nil)
                }
            }
        } catch {
            return (out, false, error)
        }
    }

    struct Sizes: Sendable {
        let input: Int
        let room: Int
    }

    @Test(arguments: [
        Sizes(input: 1 << 20, room: 1 << 20), Sizes(input: 1, room: 1), Sizes(input: 7, room: 1000),
        Sizes(input: 1000, room: 7),
    ])
    func piecesOfEverySize(_ sizes: Sizes) throws {
        let gzip = try Self.compressed("gzip", Self.plain)
        let members = gzip + (try Self.compressed("gzip", Self.text)) + [0, 0, 0, 0, 0]
        let zstd = try Self.compressed("zstd", Self.plain)
        let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
        let frames = skippable + zstd + skippable + (try Self.compressed("zstd", Self.text))
        for (format, octets) in [(Decompression.Format.gzip, members), (.zstd, frames)] {
            let out = Self.decode(format, octets, input: sizes.input, room: sizes.room)
            #expect(out.octets.elementsEqual(Self.plain + Self.text))
            #expect(out.isWhole && out.failure == nil)
            // Cut anywhere: a beginning of the whole, and known not to be all.
            for end in [octets.count - 30, 200, 60] {
                let cut = Self.decode(format, Array(octets.prefix(end)), input: sizes.input, room: sizes.room)
                #expect(Self.plain.starts(with: cut.octets.prefix(Self.plain.count)))
                #expect(cut.failure == nil && !cut.isWhole)
            }
        }
    }

    @Test func damage() throws {
        for (program, format) in [("gzip", Decompression.Format.gzip), ("zstd", .zstd)] {
            var octets = try Self.compressed(program, Self.plain)
            // The check value at the end is wrong: everything came out before that was known.
            octets[octets.count - (format == .gzip ? 6 : 2)] ^= 1
            let wrong = Self.decode(format, octets, input: 100, room: 100)
            #expect(wrong.octets.elementsEqual(Self.plain))
            guard case .damaged(let words)? = wrong.failure else {
                Issue.record("\(program): \(String(describing: wrong.failure))")
                continue
            }
            #expect(!words.isEmpty)
            let followed = try Self.compressed(program, Self.text) + Array("garbage".utf8)
            #expect(Self.decode(format, followed, input: 9, room: 9).octets == Self.text)
            #expect(Self.decode(format, followed, input: 9, room: 9).failure != nil)
        }
    }

    /// A window of 2 MiB where 1 MiB is given.
    @Test func largeWindow() throws {
        let noise = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        let octets = try Self.compressed("zstd", noise, ["--long=21", "--no-progress"])
        #expect(Self.decode(.zstd, octets, input: 1000, room: 1000).failure == .window)
    }

    @Test func magic() {
        #expect(Decompression.Format(magic: 0x1F8B_0808) == .gzip)
        #expect(Decompression.Format(magic: 0x28B5_2FFD) == .zstd)
        #expect(Decompression.Format(magic: 0x5A2A_4D18) == .zstd)
        for magic: UInt32 in [0x1F8B_0708, 0x502A_4D19, 0x602A_4D18, 0xA1B2_C3D4, 0x0A0D_0D0A, 0] {
            #expect(Decompression.Format(magic: magic) == nil)
        }
    }
}
