import CZlib

/// A gzip stream (RFC 1952) of one or several members, decompressed piece by piece.
///
/// Safe: the stream's state is made once, handed only to zlib, with buffers for the time of the call, and freed with the
/// decoder. It lies in memory of its own because zlib refuses a state that was moved.
@safe struct GzipDecoder: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Nothing is begun that is not finished.
    private var isBetweenMembers = true
    /// At least one member was read, and only padding follows it.
    private var isPadded = false
    private var failure: Decompression.Failure?

    /// 32 KiB, the largest window there is; and the gzip format alone, or either, told by its header.
    private enum WindowBits {
        static let gzip: Int32 = 15 + 16
        static let either: Int32 = 15 + 32
    }

    /// - Parameter orZlib: streams of zlib's own format (RFC 1950) are decompressed too.
    init(orZlib: Bool = false) throws(Decompression.Failure) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, orZlib ? WindowBits.either : WindowBits.gzip, ZLIB_VERSION, size) == Z_OK
        else {
            throw .memory
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
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
        step.isBetween = isBetweenMembers
        return step
    }

    private mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ step: inout Decompression.Step
    ) {
        while failure == nil, step.made < output.count {
            if isBetweenMembers, unsafe passPadding(input, &step) { break }
            let rest = unsafe UnsafeRawBufferPointer(rebasing: input[step.used...])
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[step.made...])
            let before = step
            let status = unsafe run(rest, room, &step)
            switch status {
            case Z_OK, Z_BUF_ERROR:
                if step == before { return }
            case Z_STREAM_END:
                isBetweenMembers = true
                isPadded = true
                if unsafe inflateReset(stream) != Z_OK { failure = .memory }
            case Z_MEM_ERROR:
                failure = .memory
            default:
                failure = unsafe .damaged(stream.pointee.msg.map { unsafe String(cString: $0) } ?? "damaged data")
            }
        }
    }

    private mutating func run(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ step: inout Decompression.Step
    ) -> Int32 {
        let (given, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = given
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = room
        isBetweenMembers = false
        let status = unsafe inflate(stream, Z_NO_FLUSH)
        unsafe step.used += Int(given - stream.pointee.avail_in)
        unsafe step.made += Int(room - stream.pointee.avail_out)
        return status
    }

    /// Between members: whether no further one begins in the input. Tapes and some archivers fill the end with zeros,
    /// which gzip itself passes over too.
    private func passPadding(_ input: UnsafeRawBufferPointer, _ step: inout Decompression.Step) -> Bool {
        while unsafe isPadded && step.used < input.count && input[step.used] == 0 { step.used += 1 }
        return step.used == input.count
    }
}
