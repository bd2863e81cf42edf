/// A datagram of which some pieces have come.
struct FragmentedDatagram {
    struct Piece {
        let offset: Int
        /// Its length on the wire; the capture may hold fewer octets.
        let wire: Int
        let octets: [UInt8]
        var end: Int { offset + wire }
    }

    enum Outcome {
        case waits
        case completes
        /// So many pieces are dropped.
        case contradicts(Int)
        case tooMany(Int)
    }

    let serial: UInt64
    /// The time of the piece that came first.
    let since: Int64
    /// By offset; none lies wholly within another one.
    private(set) var pieces: [Piece] = []
    /// Octets that the pieces hold.
    private(set) var octets = 0
    /// Its pieces are not believed, or are too many; those that still come are dropped too.
    private(set) var isDropped = false
    /// When and where the piece with offset 0 came.
    private(set) var time: Int64 = 0
    private(set) var frame: UInt64 = 0
    private var header: [UInt8] = []
    /// The length of all pieces together, once the last one is there.
    private var total: Int?

    init(serial: UInt64, since: Int64) {
        self.serial = serial
        self.since = since
    }

    mutating func add(
        _ header: FragmentHeader, _ octets: [UInt8], _ time: Int64, _ frame: UInt64, limits: CaptureLimits
    ) -> Outcome {
        guard !isDropped else { return .contradicts(1) }
        let piece = Piece(offset: header.offset, wire: header.wireEnd - header.start, octets: octets)
        guard agrees(piece, isLast: !header.hasMore) else { return .contradicts(drop() + 1) }
        if !header.hasMore { total = piece.end }
        if piece.offset == 0, self.header.isEmpty {
            self.header = header.header
            self.time = time
            self.frame = frame
        }
        guard !pieces.contains(where: { Self.covers($0, piece) }) else { return .waits }
        guard pieces.count < limits.fragments else { return .tooMany(drop() + 1) }
        pieces.insert(piece, at: pieces.firstIndex { $0.offset > piece.offset } ?? pieces.endIndex)
        self.octets += octets.count
        guard let total, reach >= total else { return .waits }
        return .completes
    }

    /// The whole packet's length on the wire.
    var wire: Int { header.count + (total ?? 0) }

    /// The header, and behind it the octets up to the first that is missing; nothing without the first piece. The header
    /// tells the length of what is there in all, as far as that is known.
    var joined: [UInt8] {
        guard header.count >= 20 else { return [] }
        var joined = header
        joined.reserveCapacity(header.count + (total ?? octets))
        for piece in pieces {
            let skip = joined.count - header.count - piece.offset
            guard skip >= 0 else { break }
            joined += piece.octets.dropFirst(skip)
        }
        let isVersion6 = header[0] >> 4 == 6
        let length = total.map { header.count + $0 - (isVersion6 ? 40 : 0) } ?? joined.count - (isVersion6 ? 40 : 0)
        // A length of 0 is read as that of the packet itself.
        let field = length <= 0xFFFF ? UInt16(length) : 0
        let place = isVersion6 ? 4 : 2
        joined[place] = UInt8(truncatingIfNeeded: field >> 8)
        joined[place + 1] = UInt8(truncatingIfNeeded: field)
        return joined
    }

    /// Whether a piece says the same as the others about the octets and the end that they have in common.
    private func agrees(_ piece: Piece, isLast: Bool) -> Bool {
        if let total, piece.end > total || isLast && piece.end != total { return false }
        for other in pieces {
            if isLast, other.end > piece.end { return false }
            let start = max(piece.offset, other.offset)
            let end = min(piece.offset + piece.octets.count, other.offset + other.octets.count)
            guard start < end else { continue }
            let mine = piece.octets[start - piece.offset..<end - piece.offset]
            guard mine == other.octets[start - other.offset..<end - other.offset] else { return false }
        }
        return true
    }

    private static func covers(_ one: Piece, _ other: Piece) -> Bool {
        one.offset <= other.offset && one.end >= other.end
            && one.offset + one.octets.count >= other.offset + other.octets.count
    }

    /// How far the pieces reach without a hole.
    private var reach: Int {
        var reach = 0
        for piece in pieces where piece.offset <= reach { reach = max(reach, piece.end) }
        return reach
    }

    private mutating func drop() -> Int {
        defer {
            pieces = []
            octets = 0
            isDropped = true
        }
        return pieces.count
    }
}
