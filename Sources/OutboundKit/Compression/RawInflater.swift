import CZlib

/// Inflates messages of raw DEFLATE data (RFC 1951) that share one window, as permessage-deflate has them (RFC 7692 §7.2.2).
///
/// This folder promises the layers above what the host's zlib and zstd do, in bounded memory, and is the only one that
/// imports them. An object holds 40 kB, and a pointer that zlib uses without locks: one task at a time.
///
/// Safe: the stream is private, made once, used only here, and freed with the object.
@safe public final class RawInflater {
    public enum Outcome: Sendable, Hashable {
        case whole([UInt8])
        /// More octets than the limit came out: nothing that follows can be inflated, for the window is not whole.
        case tooBig
        /// No DEFLATE data, or data that do not end with the message. Nothing that follows can be inflated.
        case damaged
    }

    /// Octets that are made room for at a time: a bomb must not be paid for before it goes off.
    private static let step = 4096
    private static let windowOctets = 32_768

    private let stream: UnsafeMutablePointer<z_stream>

    /// nil when the host has no memory.
    public init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // Negative: no header and no checksum. The largest window reads what was written with a smaller one too.
        guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Inflates the next message.
    ///
    /// - Parameters:
    ///   - message: without the 00 00 FF FF that every message is to end with (RFC 7692 §7.2.1).
    ///   - limit: the most octets that may come out, at least 0.
    public func inflate(_ message: [UInt8], limit: Int) -> Outcome {
        let input = message + [0, 0, 0xFF, 0xFF]
        return unsafe input.withUnsafeBufferPointer { octets in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: octets.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(clamping: octets.count)
            return run(limit)
        }
    }

    /// Forgets the window: the next message refers to none before it (`no_context_takeover`, RFC 7692 §7.1.1).
    public func reset() {
        _ = unsafe inflateReset(stream)
    }

    private func run(_ limit: Int) -> Outcome {
        var output: [UInt8] = []
        while true {
            let room = min(Self.step, limit + 1 - output.count)
            var status = Z_OK
            output += unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(room)
                status = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
                count = unsafe room - Int(stream.pointee.avail_out)
            }
            guard output.count <= limit else { return .tooBig }
            let isUsedUp = unsafe stream.pointee.avail_in == 0
            switch status {
            case Z_STREAM_END:
                guard restart() else { return .damaged }
                if isUsedUp { return .whole(output) }
            case Z_OK where isUsedUp, Z_BUF_ERROR where isUsedUp:
                if unsafe stream.pointee.avail_out == 0 { continue }
                // 128: directly behind a block.
                return unsafe stream.pointee.data_type & 128 != 0 ? .whole(output) : .damaged
            case Z_OK: continue
            default: return .damaged
            }
        }
    }

    /// A message may hold a final block, which ends the stream in zlib's eyes (RFC 7692 §7.2.3.4); the window lives on.
    private func restart() -> Bool {
        var window = [UInt8](repeating: 0, count: Self.windowOctets)
        var count = UInt32(Self.windowOctets)
        return unsafe inflateGetDictionary(stream, &window, &count) == Z_OK
            && inflateReset(stream) == Z_OK
            && inflateSetDictionary(stream, window, count) == Z_OK
    }
}
