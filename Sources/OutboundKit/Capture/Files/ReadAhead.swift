/// Decompresses a capture ahead of whoever reads it, in a thread of its own: that costs more than all that is done with
/// the packets. Of a plain file it would gain nothing: octets that another core has read are not in this one's cache.
final class ReadAhead: Sendable {
    /// What one read gave.
    struct Piece: Sendable {
        /// From `room` on, with room for what is left of the piece before.
        var octets: [UInt8]
        var count = 0
        /// Octets of the file that were read for it.
        var newlyRead = 0
        /// What came instead of further octets.
        var failure: CaptureError?
    }

    /// In front of a piece's octets: what is left of a piece is seldom more than one packet.
    static let room = 65_536

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
            var piece = Piece(octets: spares.take() ?? [UInt8](repeating: 0, count: Self.room + pieceOctets))
            do throws(CaptureError) {
                piece.count = try source.read(into: &piece.octets, after: Self.room)
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
    private var failure: CaptureError?

    init(_ ahead: ReadAhead) { self.ahead = ahead }

    deinit { ahead.abandon() }

    /// Reads once. The next piece takes the place of `buffer`, and what is left in that is put in front of it: nothing else
    /// is copied.
    ///
    /// - Parameters:
    ///   - rest: where in `buffer` the octets are that are not used up.
    ///   - progress: is told how many octets of the file were read for what comes now.
    /// - Returns: where in `buffer` they are now, with those behind them; nil at the end.
    mutating func read(
        behind rest: Range<Int>, in buffer: inout [UInt8], _ progress: (_ octets: Int) -> Void
    ) throws(CaptureError) -> Range<Int>? {
        if let failure { throw failure }
        guard var piece = ahead.next() else { return nil }
        progress(piece.newlyRead)
        if let failure = piece.failure {
            self.failure = failure
            throw failure
        }
        guard piece.count > 0 else { return nil }
        let (start, end) = (ReadAhead.room - rest.count, ReadAhead.room + piece.count)
        guard start >= 0 else {
            // Part of a packet that is very large.
            buffer.replaceSubrange(rest.upperBound..., with: piece.octets[ReadAhead.room..<end])
            buffer.removeFirst(rest.lowerBound)
            ahead.giveBack(piece.octets)
            return 0..<buffer.count
        }
        unsafe buffer.span.bytes.extracting(rest).withUnsafeBytes { from in
            unsafe piece.octets.withUnsafeMutableBytes { to in
                unsafe UnsafeMutableRawBufferPointer(rebasing: to[start...]).copyMemory(from: from)
            }
        }
        swap(&buffer, &piece.octets)
        // A buffer of another size is the first one, or had to hold a large packet.
        if piece.octets.count == buffer.count { ahead.giveBack(piece.octets) }
        return start..<end
    }
}
