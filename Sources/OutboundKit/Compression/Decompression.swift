/// Decompression as streams: octets in, octets out, in pieces of any size. A stream of a gigabyte needs no more memory than
/// one of a kilobyte, so that a compression bomb costs time and nothing else. This folder is the only importer of zlib and
/// libzstd.
enum Decompression {
    /// What one step did: octets of the input that were used up, and octets that were written.
    struct Step: Equatable {
        var used = 0
        var made = 0
        /// Nothing is begun that is not finished: the input may end here.
        var isBetween = true
    }

    /// Why a stream cannot be decompressed any further. Everything before was handed out.
    enum Failure: Error, Hashable {
        /// The library has no memory.
        case memory
        /// The octets are no stream of this kind, or their check value is wrong; the library's words.
        case damaged(String)
        /// The stream asks for a larger window than is given to one.
        case window
    }

    /// All of a small zlib or gzip stream.
    ///
    /// - Parameter limit: the most octets that may come out, at least 0.
    /// - Returns: nil when it is damaged, has no end, or is larger.
    static func whole(_ stream: RawSpan, limit: Int) -> [UInt8]? {
        do throws(Failure) {
            var decoder = try GzipDecoder(orZlib: true)
            var octets = [UInt8](repeating: 0, count: limit + 1)
            var span = octets.mutableSpan
            var room = unsafe span.mutableBytes
            let step = try decoder.decode(stream, into: &room, after: 0)
            guard step.isBetween, step.used == stream.byteCount, step.made <= limit else { return nil }
            octets.removeLast(octets.count - step.made)
            return octets
        } catch {
            return nil
        }
    }

    /// The compressed formats that are told by their first octets.
    enum Format: Equatable {
        case gzip
        case zstd

        /// Octets that must be there to tell.
        static let magicLength = 4

        /// - Parameter magic: the first four octets, as a number in network order.
        init?(magic: UInt32) {
            switch magic {
            case 0x28B5_2FFD: self = .zstd
            // Skippable frames (RFC 8878 §3.1.2), which lead in archives that can be entered anywhere.
            case 0x502A_4D18...0x5F2A_4D18 where magic & 0xFF_FFFF == 0x2A_4D18: self = .zstd
            // ID1, ID2, and the one compression method there is (RFC 1952 §2.3.1).
            case 0x1F8B_0800...0x1F8B_08FF: self = .gzip
            default: return nil
            }
        }
    }
}
