/// Octets that lie ahead of a stream's place, until the hole before them is filled or given up.
struct EarlySegments {
    struct Segment {
        let place: SequenceNumber
        /// What the capture holds of it.
        let octets: [UInt8]
        /// Its length on the wire.
        let wire: Int
        let time: Int64
        let frame: UInt64
    }

    private(set) var segments: [Segment] = []
    private(set) var octets = 0

    var isEmpty: Bool { segments.isEmpty }
    /// The earliest arrival among them.
    private(set) var since: Int64 = .max
    /// The end of the furthest of them, as a distance from `place`.
    func reach(from place: SequenceNumber) -> Int {
        segments.reduce(0) { max($0, ($1.place + $1.wire).distance(from: place)) }
    }

    /// Keeps a segment, unless one that it adds nothing to is there.
    mutating func insert(_ segment: Segment) {
        for known in segments {
            let offset = segment.place.distance(from: known.place)
            if offset >= 0, offset + segment.wire <= known.wire { return }
        }
        segments.append(segment)
        octets += segment.octets.count
        since = min(since, segment.time)
    }

    /// The segment that holds the octet at `place`, taken out; those wholly before it are dropped.
    mutating func take(at place: SequenceNumber) -> Segment? {
        guard !segments.isEmpty else { return nil }
        var found: Segment?
        var index = 0
        while index < segments.count {
            let segment = segments[index]
            let ahead = segment.place.distance(from: place)
            let isOld = ahead + segment.wire <= 0
            if isOld || (ahead <= 0 && found == nil) {
                if !isOld { found = segment }
                octets -= segment.octets.count
                segments.swapAt(index, segments.count - 1)
                segments.removeLast()
            } else {
                index += 1
            }
        }
        since = segments.reduce(.max) { min($0, $1.time) }
        return found
    }

    /// The hole before the nearest segment, in octets; nil when there is none.
    func hole(before place: SequenceNumber) -> Int? {
        segments.map { $0.place.distance(from: place) }.min()
    }

    mutating func removeAll() {
        segments.removeAll()
        octets = 0
        since = .max
    }
}
