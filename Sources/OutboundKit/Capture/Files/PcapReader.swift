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
    @inline(__always)
    func length(in window: RawSpan, at offset: Int, largest: Int) throws(CaptureError) -> Int {
        guard window.byteCount &- offset >= Self.recordHeaderLength else { return Self.recordHeaderLength }
        let captured = Int(window.number32(offset &+ 8, swapped: swapped))
        guard captured <= largest - Self.recordHeaderLength else {
            throw CaptureError(.damaged("a packet of \(captured) octets is not possible"), offset: offset + 8)
        }
        return Self.recordHeaderLength &+ captured
    }

    /// - Precondition: the whole record lies in the window.
    @inline(__always)
    func record(_ window: RawSpan, at offset: Int) -> CaptureRecord {
        let (seconds, fraction) = window.numbers32(offset, swapped: swapped)
        let (captured, wire) = window.numbers32(offset &+ 8, swapped: swapped)
        return CaptureRecord(
            start: offset &+ Self.recordHeaderLength, captured: Int(captured), wire: Int(max(captured, wire)),
            time: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* nanosecondsPerUnit, link: link)
    }
}
