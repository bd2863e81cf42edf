import Glibc

/// A capture file that another program is still writing, read on at its end, and through rotation, as `tail -F` does it:
/// when the name becomes that of another file, the one before is read to its end, and then the new one from its start. A
/// name that leads nowhere is waited for. The files of a ring (`RingNames`) follow each other in the same way.
public final class FollowedCapture: CaptureStream {
    /// How long a read waits for the file to grow.
    private static let patience: Int32 = 200
    /// Octets that tell whether the file is still the one that was read: the last ones may be the same in any file.
    private static let compared = (first: 512, last: 32)

    public let name: String
    /// What stood last in the file before may have gone unread, or a whole file between the two.
    public private(set) var isBehindGap = false
    public var lostPieces: Int { watch.lost + overwritten }
    /// How the file before the one that is read now came to its end; nil for the first one.
    public private(set) var rotation: Rotation?
    /// Nothing has the name now; what was there is read, and another file waited for.
    public private(set) var isGone = false
    private var file: CaptureDescriptor
    /// The file that is read after this one.
    private var successor: CaptureDescriptor?
    private var watch: NameWatch
    /// Files that came under the name and were gone when they were to be read, until `file` was opened.
    private var lostBefore = 0
    private var overwritten = 0
    private var isKnown = false
    private var done = 0
    /// The file's first octets; the time of its first packet is among them.
    private var head: [UInt8] = []
    /// The last octets that were read: they stand before those that come, unless the file was written anew.
    private var last: [UInt8] = []
    /// After `stop`: as much as was there then.
    private var enough = Int.max

    public enum Rotation: Sendable, Hashable {
        /// Its name is that of another file now.
        case replaced
        /// The next file of the ring has come.
        case continued
        /// It is shorter than what was read of it, or holds something else there.
        case rewritten
    }

    /// - Parameter path: a file, with which a ring may begin; what a capture program was told to call the files of one; or a
    ///   folder with the files of one.
    /// - Throws: `.system`; `.unfollowable` for what is none of these.
    public init(path: String) throws(CaptureError) {
        name = path
        let start = try FollowedNames(path: path)
        // Before the file is opened: whatever takes its place from then on is told.
        watch = NameWatch(start)
        var found = start.found()
        // A ring takes its oldest file away at any time.
        while found.count > 1, !CaptureDescriptor.exists(start.folder + found[0]) { found.removeFirst() }
        watch.expect(found)
        file = try CaptureDescriptor(path: found.first.map { start.folder + $0 } ?? path)
    }

    public func stop() {
        guard enough == .max else { return }
        watch.close()
        if successor == nil { successor = findSuccessor() }
        enough = file.status?.size ?? done
    }

    public func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int? {
        if !isKnown {
            guard let magic = file.magic else { return rest() }
            guard Decompression.Format(magic: magic) == nil else {
                throw CaptureError(
                    .unfollowable(
                        "it is compressed; let the capture program write it plain, or pack it when it is done"),
                    path: name)
            }
            isKnown = true
        }
        guard done < enough else { return nil }
        let count = try file.read(into: &buffer, after: filled)
        let isSame = file.holds(head, before: head.count) && file.holds(last, before: done)
        if count > 0, !isSame, beginAnew() { return nil }
        if head.count < Self.compared.first {
            head += buffer[filled..<filled + min(count, Self.compared.first - head.count)]
        }
        done += count
        if count > 0 { last = Array(buffer[filled + max(0, count - Self.compared.last)..<filled + count]) }
        return count > 0 ? count : rest()
    }

    public func goesOn() -> Bool {
        guard let next = successor.take() else { return false }
        if rotation == .continued, let status = file.status, file.hasName(of: status) {
            watch.leave(file.path, status, end: done, head: head)
        }
        file = next
        isKnown = false
        done = 0
        (head, last) = ([], [])
        isBehindGap = rotation == .rewritten || watch.lost > lostBefore
        lostBefore = watch.lost
        // What came before the stop may be several files; those that come later are no longer looked for.
        if enough != .max, let status = file.status {
            enough = status.size
            successor = watch.next(besides: status, file.octets(from: 0, count: Self.compared.first))
            if successor != nil { rotation = watch.hasOpenedOwn ? .replaced : .continued }
        }
        return true
    }

    /// Nothing more is there.
    /// - Returns: nil when nothing can come.
    private func rest() -> Int? {
        if enough != .max || successor != nil { return nil }
        successor = findSuccessor()
        if successor != nil {
            // What was written before the name changed is read first: the end comes with the next call that finds nothing.
            return rotation == .rewritten ? nil : 0
        }
        watch.wait(Self.patience)
        return 0
    }

    /// The file was written anew from its start: what its name leads to is read next.
    private func beginAnew() -> Bool {
        // In a ring others were written before its turn came again.
        watch.look()
        if successor == nil, let status = file.status { successor = watch.next(besides: status, head) }
        if successor == nil { successor = try? CaptureDescriptor(path: watch.hasOpenedOwn ? name : file.path) }
        guard successor != nil else { return false }
        rotation = .rewritten
        overwritten += 1
        return true
    }

    /// The file that has taken the place of the one that is open, if one has.
    private func findSuccessor() -> CaptureDescriptor? {
        guard let status = file.status else { return nil }
        if status.size < done, beginAnew() { return successor.take() }
        watch.look()
        var found = watch.next(besides: status, head)
        // Nothing is told of what a symbolic link leads to, and nothing at all of some network file systems.
        let isNext = found != nil && !watch.hasOpenedOwn
        if found == nil, watch.hasOpenedOwn, !file.hasName(of: status), CaptureDescriptor.isRegularFile(name) {
            found = try? CaptureDescriptor(path: name)
        }
        isGone = found == nil && watch.hasOpenedOwn && !CaptureDescriptor.exists(name)
        if found != nil { rotation = isNext ? .continued : .replaced }
        return found
    }
}
