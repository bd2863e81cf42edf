/// Packets of captures that are read side by side, copied together in the order of their time. Where captures overlap the
/// next packet nearly always lies in another one than the last; in one window they are handled in batches all the same.
struct MergedPackets {
    private static let room = 128 << 10
    private static let most = 512

    private var octets = [UInt8](repeating: 0, count: room)
    private var filled = 0
    private var packets: [(record: CaptureRecord, frame: UInt64)] = []

    init() { packets.reserveCapacity(Self.most) }

    var isEmpty: Bool { packets.isEmpty }

    /// - Returns: false when there is no room for it.
    mutating func add(_ record: CaptureRecord, frame: UInt64, of window: RawSpan) -> Bool {
        let end = filled + record.captured
        guard end <= octets.count, packets.count < Self.most else { return false }
        unsafe window.extracting(record.start..<record.start + record.captured).withUnsafeBytes { from in
            unsafe octets.withUnsafeMutableBytes { to in
                unsafe UnsafeMutableRawBufferPointer(rebasing: to[filled..<end]).copyMemory(from: from)
            }
        }
        packets.append((record.moved(by: filled - record.start), frame))
        filled = end
        return true
    }

    /// Gives the packets and the window in which they lie to `body`.
    func use(_ body: (_ packets: [(record: CaptureRecord, frame: UInt64)], _ window: RawSpan) -> Void) {
        unsafe body(packets, octets.span.bytes)
    }

    mutating func removeAll() {
        packets.removeAll(keepingCapacity: true)
        filled = 0
    }
}
