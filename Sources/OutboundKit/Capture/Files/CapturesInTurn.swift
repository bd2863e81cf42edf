/// Captures that are read side by side, each packet in its turn. Where they overlap the next packet nearly always lies in
/// another one than the last: so the next ones of each are copied, many at a time, to a window that all share.
struct CapturesInTurn {
    private(set) var captures: [OpenCapture] = []
    private var lanes = Lanes()
    private var window: [UInt8] = []

    /// Whose turn it is, up to which time.
    struct Turn {
        let place: Int
        let until: Int64
    }

    /// Of each capture what lies ready.
    struct Lanes {
        fileprivate(set) var ready: [ReadyPackets] = []
        /// The time of its next packet: here, for that of all is asked for at each turn, which often is one packet.
        fileprivate var times: [Int64] = []

        /// - Parameter beginning: when another capture begins.
        /// - Returns: nil when that one is to be opened first.
        @inline(__always)
        func turn(before beginning: Int64) -> Turn? {
            var (place, next, following) = (0, times[0], Int64.max)
            for other in 1..<times.count {
                if times[other] < next {
                    (place, next, following) = (other, times[other], next)
                } else {
                    following = min(following, times[other])
                }
            }
            if beginning != .max, next >= beginning { return nil }
            // Until the next packet of another capture, or the beginning of one that is not open yet.
            return Turn(place: place, until: max(min(following, beginning), next))
        }

        /// Notes that a capture's packets before this one have had their turn.
        /// - Returns: whether it lies ready.
        @inline(__always)
        mutating func take(upTo next: Int, at place: Int) -> Bool {
            ready[place].taken = next
            guard next < ready[place].records.count else { return false }
            times[place] = ready[place].records[next].time
            return true
        }
    }

    mutating func append(_ capture: OpenCapture) {
        captures.append(capture)
        lanes.times.append(capture.nextTime)
        let taken = Set(lanes.ready.map(\.start))
        var start = 0
        while taken.contains(start) { start += ReadyPackets.room }
        lanes.ready.append(ReadyPackets(start: start))
        if window.count == start { window.append(contentsOf: repeatElement(0, count: ReadyPackets.room)) }
    }

    mutating func remove(at place: Int) {
        captures.remove(at: place)
        lanes.ready.remove(at: place)
        lanes.times.remove(at: place)
    }

    /// Whether a packet of this time comes before all that are open have.
    func isFirst(_ time: Int64) -> Bool { lanes.times.allSatisfy { time <= $0 } }

    /// Gives what lies ready to `body`, and the window where it does.
    mutating func use(_ body: (inout Lanes, RawSpan) -> Turn?) -> Turn? {
        let octets = window
        return unsafe body(&lanes, octets.span.bytes)
    }

    /// Copies the next packets of a capture whose last ones are taken.
    /// - Returns: false where it is to be read on instead: none lies ready, or there is no other capture.
    mutating func fetch(_ place: Int) -> Bool {
        guard captures.count > 1 else { return false }
        captures[place].list(into: &lanes.ready[place], copying: &window)
        return lanes.take(upTo: 0, at: place)
    }

    /// Nothing more has a turn.
    func takeBack() {
        for place in captures.indices { captures[place].takeBack(lanes.ready[place]) }
    }

    /// A capture was read on.
    mutating func noteReading(of place: Int) { lanes.times[place] = captures[place].nextTime }
}
