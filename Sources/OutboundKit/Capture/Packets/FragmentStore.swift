/// Puts datagrams together from their pieces, whatever the order these come in (RFC 815, RFC 8200 §4.5).
///
/// Pieces that overlap and say the same are one; where they contradict each other no piece can be believed, and the
/// datagram is dropped with all that still comes of it (RFC 5722 §4). Memory is bounded by `CaptureLimits`: the oldest
/// datagram goes first.
struct FragmentStore {
    /// A packet as it was before it was taken apart, or as much as is known of it.
    struct Packet {
        /// Empty when the first piece is missing.
        var octets: [UInt8] = []
        /// Its length on the wire; the capture may have cut a piece. 0 when pieces are missing: nobody knows it.
        var wire = 0
        /// Of the piece that completed it; of the first one when it is not complete.
        var time: Int64 = 0
        var frame: UInt64 = 0
        var key = FragmentHeader.Key()
    }

    private let limits: CaptureLimits
    private var datagrams: [FragmentHeader.Key: FragmentedDatagram] = [:]
    /// Keys by age, with the serial number of the datagram: a key is used again, later.
    private var ages: [(key: FragmentHeader.Key, serial: UInt64)] = []
    /// The place in `ages` where those begin that are not gone.
    private var oldest = 0
    private var serial: UInt64 = 0
    private var octets = 0
    /// Datagrams completed of late: on several interfaces at once each piece is captured more than once.
    private var complete: [(key: FragmentHeader.Key, time: Int64)] = []
    private var completePlace = 0

    /// Pieces of datagrams that were given up because others did not come.
    private(set) var incomplete = 0
    /// Pieces of datagrams whose pieces contradict each other.
    private(set) var contradicting = 0
    /// Pieces of datagrams that had to go because a limit was reached.
    private(set) var evicted = 0

    init(limits: CaptureLimits) {
        self.limits = limits
    }

    /// There are too many; `giveUp` is due.
    var isOverfull: Bool { datagrams.count > limits.fragmentedDatagrams || octets > limits.fragmentOctets }

    /// The time from which on `giveUp` has something to do; `.max` when nothing waits.
    var nextTime: Int64 {
        guard oldest < ages.count, let datagram = datagrams[ages[oldest].key] else { return .max }
        let sum = datagram.since.addingReportingOverflow(limits.fragmentAge.inNanoseconds + 1)
        return sum.overflow ? .max : sum.partialValue
    }

    /// Takes a piece.
    /// - Returns: the packet that it completes, or nil.
    mutating func insert(_ piece: FragmentHeader, _ window: RawSpan, time: Int64, frame: UInt64) -> Packet? {
        let isCopy = complete.contains { $0.key == piece.key && time &- $0.time <= limits.duplicateAge.inNanoseconds }
        guard !isCopy else { return nil }
        var datagram = datagrams.removeValue(forKey: piece.key) ?? begin(piece.key, time)
        octets -= datagram.octets
        let outcome = datagram.add(piece, window.array(piece.start..<piece.end), time, frame, limits: limits)
        octets += datagram.octets
        switch outcome {
        case .waits:
            datagrams[piece.key] = datagram
            return nil
        case .contradicts(let pieces):
            contradicting += pieces
            datagrams[piece.key] = datagram
            return nil
        case .tooMany(let pieces):
            evicted += pieces
            datagrams[piece.key] = datagram
            return nil
        case .completes:
            octets -= datagram.octets
            note(piece.key, time)
            return Packet(octets: datagram.joined, wire: datagram.wire, time: time, frame: frame, key: piece.key)
        }
    }

    /// Gives up the oldest datagram if it has waited too long or there are too many.
    ///
    /// - Parameter time: nil gives it up whatever its age.
    /// - Returns: what is known of it; nil when none is to be given up.
    mutating func giveUp(at time: Int64?) -> Packet? {
        while oldest < ages.count {
            let (key, serial) = ages[oldest]
            guard let datagram = datagrams[key], datagram.serial == serial else {
                advance()
                continue
            }
            let isTooMany = isOverfull
            if let time, !isTooMany, time &- datagram.since <= limits.fragmentAge.inNanoseconds { return nil }
            advance()
            datagrams[key] = nil
            octets -= datagram.octets
            guard !datagram.isDropped else { continue }
            if isTooMany { evicted += datagram.pieces.count } else { incomplete += datagram.pieces.count }
            return Packet(octets: datagram.joined, time: datagram.time, frame: datagram.frame, key: key)
        }
        return nil
    }

    private mutating func begin(_ key: FragmentHeader.Key, _ time: Int64) -> FragmentedDatagram {
        serial += 1
        // Behind one that waits lie all that were completed since: of these nothing is kept.
        if ages.count > 4 * limits.fragmentedDatagrams + 64 {
            ages = ages[oldest...].filter { datagrams[$0.key]?.serial == $0.serial }
            oldest = 0
        }
        ages.append((key, serial))
        return FragmentedDatagram(serial: serial, since: time)
    }

    private mutating func advance() {
        oldest += 1
        // Half of them: each is moved once on average.
        guard oldest * 2 > ages.count else { return }
        ages.removeFirst(oldest)
        oldest = 0
    }

    private mutating func note(_ key: FragmentHeader.Key, _ time: Int64) {
        if complete.count < 16 {
            complete.append((key, time))
        } else {
            complete[completePlace] = (key, time)
            completePlace = (completePlace + 1) % complete.count
        }
    }
}
