import CZstd

/// A zstd stream (RFC 8878) of one or several frames, skippable ones among them, decompressed piece by piece.
///
/// Safe: the context is made once, handed only to libzstd, with buffers for the time of the call, and freed with the
/// decoder.
@safe struct ZstdDecoder: ~Copyable {
    private let context: OpaquePointer
    /// Nothing is begun that is not finished.
    private var isBetweenFrames = true
    private var failure: Decompression.Failure?
    /// Octets that the next header, block or check value takes.
    private var wanted = frameHeader

    /// The last call filled the output: there may be more where that came from.
    private var isFetching = false

    private static let frameHeader = 5

    /// - Parameter windowLog: the largest window that a frame may ask for, as the binary logarithm of octets. The `zstd`
    ///   program writes up to 27 (128 MiB) unless it is told to go further.
    init(windowLog: Int32) throws(Decompression.Failure) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .memory }
        unsafe self.context = context
        unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)
    }

    deinit {
        unsafe ZSTD_freeDCtx(context)
    }

    /// Decompresses from `input` into `output` until one of them is used up. When it was the output, there may be more to
    /// come without further input.
    ///
    /// - Parameter filled: so many octets of `output` are left alone.
    mutating func decode(
        _ input: RawSpan, into output: inout MutableRawSpan, after filled: Int
    ) throws(Decompression.Failure) -> Decompression.Step {
        var step = Decompression.Step()
        if failure == nil {
            unsafe input.withUnsafeBytes { source in
                unsafe output.withUnsafeMutableBytes { target in
                    unsafe decode(source, into: UnsafeMutableRawBufferPointer(rebasing: target[filled...]), &step)
                }
            }
        }
        // What came out before the damage is handed out first.
        if let failure, step.made == 0 { throw failure }
        step.isBetween = isBetweenFrames
        return step
    }

    private mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ step: inout Decompression.Step
    ) {
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while unsafe target.pos < target.size {
            if isBetweenFrames, step.used == input.count { break }
            // Header, block and check value each for itself, as libzstd proposes, and nothing new before what is decoded is
            // fetched: a call that fails says nothing of what it wrote, and so no more is lost than a damaged block.
            let given = isFetching ? 0 : min(wanted, input.count - step.used)
            var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: step.used + given, pos: step.used)
            let made = unsafe target.pos
            let result = unsafe ZSTD_decompressStream(context, &target, &source)
            if ZSTD_isError(result) != 0 {
                failure = Self.failure(result)
                break
            }
            wanted = result == 0 ? Self.frameHeader : result
            isBetweenFrames = result == 0
            let isStuck = unsafe !isFetching && source.pos == step.used && target.pos == made
            unsafe step.used = source.pos
            isFetching = unsafe target.pos == target.size
            if isStuck { break }
        }
        unsafe step.made = target.pos
    }

    private static func failure(_ result: Int) -> Decompression.Failure {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_memory_allocation: .memory
        case ZSTD_error_frameParameter_windowTooLarge: .window
        default: unsafe .damaged(String(cString: ZSTD_getErrorName(result)))
        }
    }
}
