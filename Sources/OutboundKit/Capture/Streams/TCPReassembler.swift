/// One direction of a TCP stream: says of each segment where it belongs (RFC 9293 §3.4, §3.10.7.4). Holds no octets, so
/// that tens of thousands of them cost little and segments in order pass without a copy; early ones wait in
/// `EarlySegments`.
///
/// The contract of the two: data comes out in order, each octet once; the first copy of an octet counts; a hole is
/// reported, with its size, and never papered over.
struct TCPReassembler {
    enum Placement: Equatable {
        /// Its octets from `skip` on are the next of the stream.
        case next(skip: Int)
        /// So many octets are missing before it.
        case early(Int)
        /// Nothing new in it: a retransmission, or a keep-alive probe of 0 or 1 octets before the edge (RFC 9293 §3.8.4).
        case old
        /// Too far from the stream's place to belong to it.
        case stray
    }

    private struct Marks: OptionSet {
        let rawValue: UInt8
        static let started = Marks(rawValue: 1)
        static let fin = Marks(rawValue: 2)
        static let finished = Marks(rawValue: 4)
    }

    private(set) var next = SequenceNumber(0)
    private(set) var initial = SequenceNumber(0)
    private var marks: Marks = []

    var isStarted: Bool { @inline(__always) get { marks.contains(.started) } }
    /// A FIN was seen; its place in the stream may not be reached yet.
    var hasFIN: Bool { @inline(__always) get { marks.contains(.fin) } }
    /// The stream is complete up to its FIN, and this was reported.
    var isFinished: Bool { marks.contains(.finished) }

    /// The stream's first octet is at `place`.
    @inline(__always)
    mutating func start(at place: SequenceNumber) {
        next = place
        initial = place
        marks.insert(.started)
    }

    /// Where a segment of `count` octets at `place` belongs.
    @inline(__always)
    func placement(of place: SequenceNumber, count: Int, window: Int) -> Placement {
        let distance = place.distance(from: next)
        if distance == 0 { return .next(skip: 0) }
        if distance > 0 { return distance <= window ? .early(distance) : .stray }
        if -distance < count { return .next(skip: -distance) }
        return -distance <= window ? .old : .stray
    }

    /// Moves on past `count` octets that were delivered, or are given up.
    @inline(__always)
    mutating func advance(_ count: Int) {
        next = next + count
    }

    /// A FIN came.
    @inline(__always)
    mutating func noteFIN() { marks.insert(.fin) }

    /// The stream has reached its FIN.
    /// - Returns: whether that was not known yet.
    @inline(__always)
    mutating func finish() -> Bool {
        guard hasFIN, !isFinished else { return false }
        marks.insert(.finished)
        return true
    }

    /// Where there is no stream: a number kept in the place of its sequence numbers.
    var note: UInt64 {
        @inline(__always) get { UInt64(next.rawValue) << 32 | UInt64(initial.rawValue) }
        @inline(__always) set {
            next = SequenceNumber(UInt32(truncatingIfNeeded: newValue >> 32))
            initial = SequenceNumber(UInt32(truncatingIfNeeded: newValue))
        }
    }
}
