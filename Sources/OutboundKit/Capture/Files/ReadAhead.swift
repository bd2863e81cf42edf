/// Decompresses a capture ahead of whoever reads it, in a thread of its own: that costs more than all that is done with
/// the packets.
final class ReadAhead: Sendable {
    /// What one read gave.
    struct Piece: Sendable {
        var octets: [UInt8]
        var count = 0
        /// Octets of the file that were read for it.
        var newlyRead = 0
        /// What came instead of further octets.
        var failure: CaptureError?
    }

    private let lane: Lane<Piece>
    private let spares = Spares<[UInt8]>()
    private let pieceOctets: Int

    init(path: String, limits: CaptureLimits) {
        pieceOctets = limits.bufferOctets
        lane = Lane(capacity: limits.aheadOctets / limits.bufferOctets)
        _ = Worker("decompress") {
            do throws(CaptureError) {
                self.run(try CaptureSource(path: path, limits: limits))
            } catch {
                _ = self.lane.send(Piece(octets: [], failure: error))
            }
            self.lane.close()
        }
    }

    private func run(_ source: consuming CaptureSource) {
        var isWanted = true
        while isWanted {
            var piece = Piece(octets: spares.take() ?? [UInt8](repeating: 0, count: pieceOctets))
            do throws(CaptureError) {
                piece.count = try source.read(into: &piece.octets, after: 0)
            } catch {
                piece.failure = error
            }
            piece.newlyRead = source.newlyRead(piece.count)
            let isLast = piece.count == 0
            isWanted = lane.send(piece) && !isLast
        }
    }

    /// The next piece, which may have to be waited for; nil behind the last one.
    func next() -> Piece? { lane.receive() }

    func giveBack(_ octets: [UInt8]) { spares.giveBack(octets) }

    /// Nobody reads on.
    func abandon() { lane.abandon() }
}

/// The reader's side of a `ReadAhead`.
struct AheadSource: ~Copyable {
    private let ahead: ReadAhead
    private var piece: ReadAhead.Piece?
    private var used = 0

    init(_ ahead: ReadAhead) { self.ahead = ahead }

    deinit { ahead.abandon() }

    /// Reads once, behind the first `filled` octets of `buffer`, as `CaptureSource.read`.
    ///
    /// - Parameter progress: is told how many octets of the file were read for what comes now.
    /// - Returns: the octets read; 0 at the end.
    mutating func read(
        into buffer: inout [UInt8], after filled: Int, _ progress: (_ octets: Int) -> Void
    ) throws(CaptureError) -> Int {
        if piece == nil {
            piece = ahead.next()
            used = 0
            progress(piece?.newlyRead ?? 0)
        }
        guard let piece else { return 0 }
        if let failure = piece.failure { throw failure }
        let count = min(piece.count - used, buffer.count - filled)
        guard count > 0 else { return 0 }
        unsafe piece.octets.withUnsafeBytes { from in
            unsafe buffer.withUnsafeMutableBytes { to in
                unsafe UnsafeMutableRawBufferPointer(rebasing: to[filled..<filled + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[used..<used + count]))
            }
        }
        used += count
        if used == piece.count {
            ahead.giveBack(piece.octets)
            self.piece = nil
        }
        return count
    }
}
