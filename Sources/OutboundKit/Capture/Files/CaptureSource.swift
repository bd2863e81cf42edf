/// A capture's octets, read in large pieces. `read` into one buffer is four times as fast as libpcap's reader and, with
/// only headers touched, faster than mapping the file.
///
/// gzip and zstd are told by their first octets, whatever the name, and decompressed on the way.
struct CaptureSource: ~Copyable {
    private let file: CaptureDescriptor
    private let limits: CaptureLimits
    private var hasBegun = false
    /// Octets of the first read that are there, and too few to tell.
    private var early = 0
    private var told = 0
    private var decompressor: CaptureDecompressor?

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - patience: of `CaptureDescriptor`: a read that gave up is tried again with the same buffer.
    init(path: String, limits: CaptureLimits, patience: Int32? = nil) throws(CaptureError) {
        file = try CaptureDescriptor(path: path, patience: patience)
        self.limits = limits
    }

    /// Reads once, behind the first `filled` octets of `buffer`.
    ///
    /// - Returns: the octets read; 0 at the end.
    /// - Throws: `.system`, `.compression`. What could be read before was handed out by the calls before.
    mutating func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int {
        if !hasBegun { return try begin(&buffer, after: filled) }
        if decompressor == nil { return try file.read(into: &buffer, after: filled) }
        return try decompressor?.read(file, into: &buffer, after: filled) ?? 0
    }

    /// Octets of the file read since this was asked last: of a compressed one fewer than it gave.
    /// - Parameter count: what it gave, which stands for them where the file has no places.
    mutating func newlyRead(_ count: Int) -> Int {
        guard let place = file.place else { return count }
        defer { told = place }
        return place - told
    }

    /// The first read, which tells whether the file is compressed.
    private mutating func begin(_ buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int {
        // A pipe may bring its first octets one at a time.
        while early < Decompression.Format.magicLength {
            let more = try file.read(into: &buffer, after: filled + early)
            if more == 0 { break }
            early += more
        }
        let count = early
        hasBegun = true
        guard count >= Decompression.Format.magicLength else { return count }
        guard let format = Decompression.Format(magic: unsafe buffer.span.bytes.big32(filled)) else { return count }
        decompressor = try CaptureDecompressor(
            format, begin: unsafe buffer.span.bytes.array(filled..<filled + count), path: file.path, limits: limits)
        return try decompressor?.read(file, into: &buffer, after: filled) ?? 0
    }
}
