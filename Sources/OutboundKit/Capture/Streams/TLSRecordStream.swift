/// Cuts one direction of a TLS connection into records (RFC 8446 §5.1), wherever its segments end. Holds one unfinished
/// record at most.
struct TLSRecordStream {
    /// Type, version and length.
    static let headerOctets = 5
    /// What RFC 5246 §6.2.3 lets a protected record hold.
    private static let largest = 16_384 + 2048

    private var octets: [UInt8] = []
    private var start = 0
    /// Octets of a record of which others were never seen.
    private var damaged = 0
    /// Where the next record begins is not known; the next segment that begins like one shows it.
    private(set) var isSearching = false

    /// Takes the direction's next octets; `next` then gives the records that they complete.
    mutating func receive(_ bytes: RawSpan) {
        var from = 0
        if damaged > 0 {
            from = min(damaged, bytes.byteCount)
            damaged -= from
        }
        if isSearching {
            guard Self.isHeader(bytes) else { return }
            isSearching = false
        }
        if start > 0 {
            octets.removeFirst(start)
            start = 0
        }
        octets += bytes.array(from..<bytes.byteCount)
    }

    /// The next whole record, header included; nil when more octets are needed, or the place of the next one is lost.
    mutating func next() -> [UInt8]? {
        let have = octets.count - start
        guard !isSearching, have >= Self.headerOctets else { return nil }
        let header = octets[start..<start + Self.headerOctets]
        guard unsafe Self.isHeader(Array(header).span.bytes) else {
            search()
            return nil
        }
        let total = Self.headerOctets + Int(octets[start + 3]) << 8 + Int(octets[start + 4])
        guard have >= total else { return nil }
        defer {
            start += total
            if start == octets.count {
                octets = []
                start = 0
            }
        }
        return Array(octets[start..<start + total])
    }

    /// Looks for a record at the beginning of the next segment.
    mutating func search() {
        octets = []
        start = 0
        damaged = 0
        isSearching = true
    }

    /// So many octets were never seen, or nobody knows.
    /// - Returns: whether they all belong to one record, so that the place of the next one is known.
    mutating func lose(_ count: Int?) -> Bool {
        var rest = damaged
        let have = octets.count - start
        if have >= Self.headerOctets {
            rest = Self.headerOctets + Int(octets[start + 3]) << 8 + Int(octets[start + 4]) - have
        }
        guard let count, !isSearching, count <= rest else {
            search()
            return false
        }
        octets = []
        start = 0
        damaged = rest - count
        return true
    }

    private static func isHeader(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= headerOctets && (20...23).contains(bytes.octet(0)) && bytes.octet(1) == 3
            && bytes.octet(2) <= 4 && (1...largest).contains(Int(bytes.big16(3)))
    }
}
