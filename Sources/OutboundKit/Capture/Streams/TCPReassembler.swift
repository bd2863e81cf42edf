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

    private(set) var next = SequenceNumber(0)
    private(set) var initial = SequenceNumber(0)
    private var finAt = SequenceNumber(0)
    private(set) var isStarted = false
    /// A FIN was seen; its place in the stream may not be reached yet.
    private(set) var hasFIN = false
    /// The stream is complete up to its FIN, and this was reported.
    private(set) var isFinished = false

    /// The stream's first octet is at `place`.
    @inline(__always)
    mutating func start(at place: SequenceNumber) {
        next = place
        initial = place
        isStarted = true
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

    /// A FIN came whose place is `place`: directly behind the last octet of its segment.
    @inline(__always)
    mutating func fin(at place: SequenceNumber) {
        guard !hasFIN else { return }
        hasFIN = true
        finAt = place
    }

    /// True once, when the stream has reached its FIN.
    @inline(__always)
    mutating func finishes() -> Bool {
        guard hasFIN, !isFinished, finAt.distance(from: next) <= 0 else { return false }
        isFinished = true
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

    /// The octets that are missing between the stream's place and its FIN; 0 when the FIN is not there or is reached.
    var missingBeforeFIN: Int { hasFIN ? max(0, finAt.distance(from: next)) : 0 }
}
