/// The next packets of a capture that is read side by side with others. They lie in the window that all of these share, so
/// that a batch may hold packets of any of them.
struct ReadyPackets {
    /// Octets of the window for each capture: the windows of two or three stay in the cache together.
    static let room = 32 << 10
    private static let most = 256

    /// In the shared window.
    private(set) var records: [CaptureRecord] = []
    /// So many of them have had their turn.
    var taken = 0
    /// Packets of the capture before the first of them.
    private var framesBefore: UInt64 = 0
    /// Where in the capture's own window the first one begins, and the last one ends.
    private(set) var source = 0..<0
    /// Octets of the capture's own window that they used up, with what stands between them.
    var used = 0
    /// Where the capture's part of the shared window begins.
    let start: Int

    init(start: Int) {
        self.start = start
        records.reserveCapacity(Self.most)
    }

    var areAllTaken: Bool { @inline(__always) get { taken == records.count } }
    /// Packets of the capture before the one whose turn is next.
    var frame: UInt64 { framesBefore &+ UInt64(taken) }

    /// Those that have had no turn: how many, and their octets in the capture's own window.
    var left: (count: Int, octets: Int) {
        guard taken < records.count else { return (0, 0) }
        guard taken > 0 else { return (records.count, used) }
        let last = records[taken - 1]
        return (records.count - taken, used - (last.start + last.captured - start + source.lowerBound))
    }

    mutating func removeAll(framesBefore: UInt64) {
        records.removeAll(keepingCapacity: true)
        taken = 0
        self.framesBefore = framesBefore
        source = 0..<0
    }

    /// - Parameter record: in the capture's own window, behind those that were added before.
    /// - Returns: false when there is no room for it.
    @inline(__always)
    mutating func add(_ record: CaptureRecord) -> Bool {
        let first = records.isEmpty ? record.start : source.lowerBound
        let end = record.start &+ record.captured
        guard end &- first <= Self.room, records.count < Self.most else { return false }
        records.append(record.moved(by: start &- first))
        source = first..<end
        return true
    }
}
