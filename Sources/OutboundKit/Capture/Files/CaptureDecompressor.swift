/// Decompresses a capture as it is read. It holds a piece of the compressed octets and the decoder's window, however much
/// comes out of them.
struct CaptureDecompressor: ~Copyable {
    private let format: Decompression.Format
    private var gzip: GzipDecoder?
    private var zstd: ZstdDecoder?
    /// Compressed octets, of which those in `rest` are not used up.
    private var input: [UInt8]
    private var rest: Range<Int>
    private var isBetweenStreams = true

    /// - Parameter begin: octets that were read already.
    init(
        _ format: Decompression.Format, begin: [UInt8], path: String, limits: CaptureLimits
    ) throws(CaptureError) {
        self.format = format
        rest = 0..<begin.count
        input = begin
        if begin.count < limits.compressedOctets {
            input += repeatElement(0, count: limits.compressedOctets - begin.count)
        }
        do throws(Decompression.Failure) {
            switch format {
            case .gzip: gzip = try GzipDecoder()
            case .zstd: zstd = try ZstdDecoder(windowLog: limits.zstdWindowLog)
            }
        } catch {
            throw Self.failed(error, format, path)
        }
    }

    /// Decompresses once, to behind the first `filled` octets of `buffer`.
    /// - Returns: the octets that came out; 0 at the end.
    mutating func read(
        _ file: borrowing CaptureDescriptor, into buffer: inout [UInt8], after filled: Int
    ) throws(CaptureError) -> Int {
        guard filled < buffer.count else { return 0 }
        while true {
            let made = try decode(into: &buffer, after: filled, path: file.path)
            if made > 0 { return made }
            if rest.isEmpty {
                let count = try file.read(into: &input, after: 0)
                rest = 0..<count
                if count == 0 {
                    guard isBetweenStreams else { throw Self.failed(nil, format, file.path) }
                    return 0
                }
            }
        }
    }

    private mutating func decode(
        into buffer: inout [UInt8], after filled: Int, path: String
    ) throws(CaptureError) -> Int {
        let octets = input
        let source = unsafe octets.span.bytes.extracting(rest)
        var target = buffer.mutableSpan
        let step: Decompression.Step
        do throws(Decompression.Failure) {
            var room = unsafe target.mutableBytes
            switch format {
            case .gzip: step = try gzip?.decode(source, into: &room, after: filled) ?? Decompression.Step()
            case .zstd: step = try zstd?.decode(source, into: &room, after: filled) ?? Decompression.Step()
            }
        } catch {
            throw Self.failed(error, format, path)
        }
        rest = rest.lowerBound + step.used..<rest.upperBound
        isBetweenStreams = step.isBetween
        return step.made
    }

    /// - Parameter failure: nil when the file ends inside a stream.
    @inline(never)
    private static func failed(
        _ failure: Decompression.Failure?, _ format: Decompression.Format, _ path: String
    ) -> CaptureError {
        let program = format == .gzip ? "gzip" : "zstd"
        let file = path == "-" ? "FILE" : path
        let what =
            switch failure {
            case nil: "the \(program) stream is cut: the copy is not whole, or it is still being written"
            case .damaged(let words):
                "the \(program) stream is damaged (\(words)); `\(program) -t \(file)` tests it, and a new copy may help"
            case .window:
                "it was compressed with a window of more than 128 MiB; give it as "
                    + "`zstd -dc --long=31 \(file) | sipob pcap-audit -`"
            case .memory: "there is no memory to decompress it"
            }
        return CaptureError(.compression(what), path: path)
    }
}
