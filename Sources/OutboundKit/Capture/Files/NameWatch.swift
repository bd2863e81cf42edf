import Glibc

/// Which files have come to bear a name, or one of a ring's, one after the other, and where each of them is now, as
/// inotify(7) tells it: files that come and go between two looks at the name are not missed. Where the host has no inotify,
/// or its queue was too short, nothing is known.
struct NameWatch: ~Copyable {
    private static let interest = UInt32(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)
    /// So many files may be waiting to be read; of more the last ones are lost.
    private static let maximum = 4096
    /// Octets up to the first packet's contents in a pcap file, as `tcpdump -C` writes it: where they are those of the file
    /// before, somebody has made a copy.
    private static let firstPacket = 40

    /// A file that came to bear the name.
    private struct Piece {
        /// Its name in the folder now; nil when it is gone.
        var name: String?
        /// It came under the one name that is followed, and not under another of the ring's.
        var isOwn = false
        /// It was there before, and is written over.
        var isReused = false
        /// Of the rename that is half told.
        var cookie: UInt32 = 0
    }

    /// A file that was read to its end, and may be written over when its turn comes again.
    private struct Done {
        let file: ino_t
        /// So far it was read, and it begins with these octets.
        let end: Int
        let head: [UInt8]
        /// It was written on all the same.
        var hasGrown = false
    }

    private let descriptor: Int32
    private let folder: String
    /// nil where a folder, or a name that no file has, stands for the ring.
    private let name: String?
    private let ring: RingNames
    private var pieces: [Piece] = []
    /// Of each name of the ring.
    private var done: [String: Done] = [:]
    /// The name of the file that is being written.
    private var latest: String?
    private var takesMore = true
    /// Whence the file came that is moved next.
    private var origin: (cookie: UInt32, name: String)?
    /// Files that were gone before they were read, or written on when that was over.
    private(set) var lost = 0
    /// What was opened last came under the one name.
    private(set) var hasOpenedOwn = true

    /// What becomes of the names is known from here on.
    /// - Parameter start: what is followed.
    init(_ start: FollowedNames) {
        (folder, name, ring) = (start.folder, start.name, start.ring)
        let interest = Self.interest | (ring.areReused ? UInt32(IN_MODIFY) : 0)
        let opened = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if opened >= 0, unsafe inotify_add_watch(opened, folder, interest) < 0 {
            Glibc.close(opened)
            descriptor = -1
        } else {
            descriptor = opened
        }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    /// Files that were found in the folder, in their order; the first is opened at once. Of the others it is not told
    /// again that they came.
    mutating func expect(_ names: [String]) {
        latest = names.last
        hasOpenedOwn = names.first == name
        pieces = names.dropFirst().map { Piece(name: $0, isOwn: $0 == name) }
        let known = Set(names)
        look { mask, name in known.contains(name) && mask & UInt32(IN_CREATE | IN_MODIFY) != 0 }
    }

    /// What comes from now on is not looked for.
    mutating func close() {
        look()
        takesMore = false
    }

    /// The file of this name was read so far.
    mutating func leave(_ path: String, _ status: CaptureDescriptor.Status, end: Int, head: [UInt8]) {
        guard ring.areReused, let slash = path.lastIndex(of: "/") else { return }
        done[String(path[path.index(after: slash)...])] = Done(file: status.file, end: end, head: head)
    }

    /// Waits until something in the folder changes, or so many milliseconds.
    func wait(_ milliseconds: Int32) {
        guard descriptor >= 0 else {
            _ = poll(nil, 0, milliseconds)
            return
        }
        var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&end, 1, milliseconds)
    }

    /// Takes what was told since the last time.
    /// - Parameter isKnown: leaves out some of it.
    mutating func look(without isKnown: (_ mask: UInt32, _ name: String) -> Bool = { _, _ in false }) {
        guard descriptor >= 0 else { return }
        var octets = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe octets.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            take(unsafe octets.span.bytes.extracting(0..<count), isKnown)
        }
    }

    /// inotify_event: watch, mask, cookie, and the length of the name behind them, which zeros fill up.
    private mutating func take(_ events: RawSpan, _ isKnown: (UInt32, String) -> Bool) {
        var place = 0
        while place + 16 <= events.byteCount {
            let mask = unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
            let cookie = unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 8, as: UInt32.self)
            let length = Int(unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
            let end = min(events.byteCount, place + 16 + length)
            let name = String(decoding: events.array(place + 16..<end).prefix { $0 != 0 }, as: UTF8.self)
            if !isKnown(mask, name) {
                // A file of the ring that gets another of its names is no new one.
                let isRenamed = origin.map { cookie != 0 && $0.cookie == cookie && isMember($0.name) } ?? false
                take(mask, cookie, name, isRenamed: isRenamed)
            }
            if mask & UInt32(IN_MOVED_FROM) != 0 { origin = (cookie, name) }
            place = end
        }
    }

    private func isMember(_ name: String) -> Bool { name == self.name || ring.contains(name) }

    private mutating func take(_ mask: UInt32, _ cookie: UInt32, _ name: String, isRenamed: Bool) {
        func isOne(of kinds: Int) -> Bool { mask & UInt32(kinds) != 0 }
        if isOne(of: Int(IN_Q_OVERFLOW)) { lost += 1 }
        if isOne(of: Int(IN_MODIFY)) {
            guard name != latest, isMember(name) else { return }
            for index in pieces.indices where pieces[index].name == name { pieces[index] = Piece() }
            append(Piece(name: name, isOwn: name == self.name, isReused: true))
            return
        }
        done[name] = nil
        if isOne(of: Int(IN_MOVED_FROM)) {
            for index in pieces.indices where pieces[index].name == name {
                (pieces[index].name, pieces[index].cookie) = (nil, cookie)
            }
            return
        }
        // Whatever bore the name before is gone.
        for index in pieces.indices where pieces[index].name == name { pieces[index] = Piece() }
        guard isOne(of: Int(IN_MOVED_TO) | Int(IN_CREATE)) else { return }
        if isOne(of: Int(IN_MOVED_TO)) {
            for index in pieces.indices where pieces[index].cookie == cookie { pieces[index].name = name }
        }
        guard name == self.name || !isRenamed && ring.contains(name), !pieces.contains(where: { $0.name == name })
        else { return }
        append(Piece(name: name, isOwn: name == self.name))
    }

    private mutating func append(_ piece: Piece) {
        guard takesMore else { return }
        latest = piece.name
        if pieces.count < Self.maximum { pieces.append(piece) } else { lost += 1 }
    }

    /// Opens the file that came first of those that were not opened yet, wherever it is now; counts those that are gone.
    ///
    /// - Parameters:
    ///   - current: the file that is open, which may have come under the name again.
    ///   - head: its first octets.
    /// - Returns: nil when there is none, or it cannot be opened yet.
    mutating func next(besides current: CaptureDescriptor.Status, _ head: [UInt8]) -> CaptureDescriptor? {
        while let piece = pieces.first {
            guard let place = piece.name else {
                pieces.removeFirst()
                lost += 1
                continue
            }
            let path = folder + place
            guard let file = try? CaptureDescriptor(path: path), let status = file.status else {
                look()
                // Not allowed yet, as after `create` of a file that then gets its owner.
                if pieces.first?.name == place { return nil }
                continue
            }
            look()
            // Moved on while it was opened, and what was opened came later.
            guard pieces.first?.name == place else { continue }
            if !piece.isOwn, !ring.areReused {
                let first = file.octets(from: 0, count: Self.firstPacket)
                // Not told yet, unless the capture program has gone on to the next one.
                guard first.count == Self.firstPacket || pieces.count > 1 else { return nil }
                if head.starts(with: first) {
                    pieces.removeFirst()
                    continue
                }
            }
            pieces.removeFirst()
            let isCurrent = status.device == current.device && status.file == current.file
            guard !isCurrent, CaptureDescriptor.isRegularFile(path) else { continue }
            if piece.isReused, isGrown(place, file, status) { continue }
            hasOpenedOwn = piece.isOwn
            return file
        }
        return nil
    }

    /// Whether a file goes on that was read to its end, because another program writes it at the same time as the one that
    /// writes the others: it would be read twice.
    private mutating func isGrown(
        _ name: String, _ file: borrowing CaptureDescriptor, _ status: CaptureDescriptor.Status
    ) -> Bool {
        guard let known = done[name], known.file == status.file, status.size >= known.end,
            file.holds(known.head, before: known.head.count)
        else { return false }
        if !known.hasGrown { lost += 1 }
        done[name]?.hasGrown = true
        return true
    }
}
