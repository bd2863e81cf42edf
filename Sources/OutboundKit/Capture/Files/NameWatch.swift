import Glibc

/// Which files have come to bear a name, one after the other, and where each of them is now, as inotify(7) tells it: files
/// that come and go between two looks at the name are not missed. Where the host has no inotify, or its queue was too
/// short, nothing is known.
struct NameWatch: ~Copyable {
    private static let interest = UInt32(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)
    /// So many files may be waiting to be read; of more the last ones are lost.
    private static let maximum = 64

    /// A file that came to bear the name.
    private struct Piece {
        /// Its name in the folder now; nil when it is gone.
        var name: String?
        /// Of the rename that is half told.
        var cookie: UInt32 = 0
    }

    private let descriptor: Int32
    private let folder: String
    private let name: String
    private var pieces: [Piece] = []
    /// Files that were gone before they were read.
    private(set) var lost = 0

    /// - Parameter path: of a file. What becomes of its name is known from here on.
    init(path: String) {
        let slash = path.lastIndex(of: "/")
        folder = slash.map { String(path[...$0]) } ?? "./"
        name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let opened = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if opened >= 0, unsafe inotify_add_watch(opened, folder, Self.interest) < 0 {
            close(opened)
            descriptor = -1
        } else {
            descriptor = opened
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

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
    mutating func look() {
        guard descriptor >= 0 else { return }
        var octets = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe octets.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            take(unsafe octets.span.bytes.extracting(0..<count))
        }
    }

    /// inotify_event: watch, mask, cookie, and the length of the name behind them, which zeros fill up.
    private mutating func take(_ events: RawSpan) {
        var place = 0
        while place + 16 <= events.byteCount {
            let mask = unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
            let cookie = unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 8, as: UInt32.self)
            let length = Int(unsafe events.unsafeLoadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
            let end = min(events.byteCount, place + 16 + length)
            let name = String(decoding: events.array(place + 16..<end).prefix { $0 != 0 }, as: UTF8.self)
            take(mask, cookie, name)
            place = end
        }
    }

    private mutating func take(_ mask: UInt32, _ cookie: UInt32, _ name: String) {
        func isOne(of kinds: Int) -> Bool { mask & UInt32(kinds) != 0 }
        if isOne(of: Int(IN_Q_OVERFLOW)) { lost += 1 }
        if isOne(of: Int(IN_MOVED_FROM)) {
            for index in pieces.indices where pieces[index].name == name { pieces[index] = Piece(cookie: cookie) }
            return
        }
        // Whatever bore the name before is gone.
        for index in pieces.indices where pieces[index].name == name { pieces[index] = Piece() }
        guard isOne(of: Int(IN_MOVED_TO) | Int(IN_CREATE)) else { return }
        if isOne(of: Int(IN_MOVED_TO)) {
            for index in pieces.indices where pieces[index].cookie == cookie { pieces[index] = Piece(name: name) }
        }
        guard name == self.name, !pieces.contains(where: { $0.name == name }) else { return }
        if pieces.count < Self.maximum { pieces.append(Piece(name: name)) } else { lost += 1 }
    }

    /// Opens the file that came first of those that were not opened yet, wherever it is now; counts those that are gone.
    ///
    /// - Parameter current: the file that is open, which may have come under the name again.
    /// - Returns: nil when there is none, or it cannot be opened yet.
    mutating func next(besides current: CaptureDescriptor.Status) -> CaptureDescriptor? {
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
            pieces.removeFirst()
            let isCurrent = status.device == current.device && status.file == current.file
            if !isCurrent, CaptureDescriptor.isRegularFile(path) { return file }
        }
        return nil
    }
}
