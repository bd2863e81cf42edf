/// The classic capture format (draft-ietf-opsawg-pcap): a 24-octet file header, then packets with 16-octet headers, in
/// the byte order of the machine that wrote it, times in microseconds or nanoseconds.
struct PcapReader {
    static let headerLength = 24
    private static let recordHeaderLength = 16

    private let swapped: Bool
    private let nanosecondsPerUnit: Int64
    private let link: UInt16

    /// Whether `magic`, as read in network order, begins such a file.
    static func isMagic(_ magic: UInt32) -> Bool {
        switch magic {
        case 0xA1B2_C3D4, 0xD4C3_B2A1, 0xA1B2_3C4D, 0x4D3C_B2A1: true
        default: false
        }
    }

    /// - Precondition: 24 octets of `header` from `offset` on, and `isMagic(magic)`.
    init(magic: UInt32, header: RawSpan, at offset: Int) {
        swapped = magic >> 16 == 0xA1B2
        nanosecondsPerUnit = magic == 0xA1B2_3C4D || magic == 0x4D3C_B2A1 ? 1 : 1000
        // The upper half may tell of frame check sequences; they lie beyond the IP packet and need no care.
        link = UInt16(truncatingIfNeeded: header.number32(offset + 20, swapped: swapped))
    }

    /// The octets of the record at `offset`, or of its header while that is not all there.
    func length(in window: RawSpan, at offset: Int) -> Int {
        guard window.byteCount - offset >= Self.recordHeaderLength else { return Self.recordHeaderLength }
        return Self.recordHeaderLength + Int(window.number32(offset + 8, swapped: swapped))
    }

    /// The record at `offset`; nil while not all of it is there.
    @inline(__always)
    func record(in window: RawSpan, at offset: Int, largest: Int) throws(CaptureError) -> CaptureRecord? {
        guard offset >= 0, window.byteCount &- offset >= Self.recordHeaderLength else { return nil }
        // The two loads of a header that was tested as a whole.
        let (captured, wire) = unsafe window.uncheckedNumbers32(offset &+ 8, swapped: swapped)
        guard Int(captured) <= largest &- Self.recordHeaderLength else {
            throw CaptureError(
                .damaged("a packet of \(counted(captured, "octet")) is not possible"), offset: offset + 8)
        }
        let start = offset &+ Self.recordHeaderLength
        guard Int(captured) <= window.byteCount &- start else { return nil }
        let (seconds, fraction) = unsafe window.uncheckedNumbers32(offset, swapped: swapped)
        return CaptureRecord(
            start: start, captured: Int(captured), wire: Int(max(captured, wire)),
            time: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* nanosecondsPerUnit, link: link)
    }
}
