#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for gzip and zstd: whatever comes in, octets come out that do not depend on the pieces, or an
/// error; and a stream that gives much takes no more memory than one that gives little.
enum CompressionFuzz {
    /// An octet for the format, two for the sizes of the pieces, then the stream.
    static func run(_ input: RawSpan) {
        guard input.byteCount > 3 else { return }
        let isGzip = input.octet(0) & 1 == 0
        let octets = input.array(3..<input.byteCount)
        let whole = decode(octets, isGzip, input: octets.count, room: 65_536)
        let pieces = decode(octets, isGzip, input: Int(input.octet(1)) + 1, room: Int(input.octet(2)) + 1)
        // Of a damaged stream the pieces may give more than the whole, never something else.
        let common = min(whole.octets.count, pieces.octets.count)
        precondition(whole.octets.prefix(common).elementsEqual(pieces.octets.prefix(common)))
        precondition(whole.isDamaged || pieces.isDamaged || whole.octets.count == pieces.octets.count)
    }

    private static func decode(
        _ octets: [UInt8], _ isGzip: Bool, input: Int, room: Int
    ) -> (octets: [UInt8], isDamaged: Bool) {
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: room)
        do throws(Decompression.Failure) {
            var gzip: GzipDecoder? = isGzip ? try GzipDecoder() : nil
            var zstd: ZstdDecoder? = isGzip ? nil : try ZstdDecoder(windowLog: 20)
            var place = 0
            // A bomb need not be seen to its end.
            while out.count < 1 << 20 {
                let end = min(place + input, octets.count)
                let source = octets.span.bytes.extracting(place..<end)
                var span = buffer.mutableSpan
                var target = span.mutableBytes
                let first = try gzip?.decode(source, into: &target, after: 0)
                let step = try zstd?.decode(source, into: &target, after: 0) ?? first ?? Decompression.Step()
                precondition(step.used <= end - place && step.made <= room)
                place += step.used
                out += buffer[..<step.made]
                if step.made == 0, place == octets.count { break }
                precondition(step.made > 0 || step.used > 0, "no progress")
            }
            return (out.count > 1 << 20 ? Array(out.prefix(1 << 20)) : out, false)
        } catch {
            return (out, true)
        }
    }
}
