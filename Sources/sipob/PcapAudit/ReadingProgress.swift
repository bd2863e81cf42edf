import Glibc
import OutboundKit

/// A line on the terminal while captures are read: how much, how fast, and how long it will still take.
struct ReadingProgress {
    /// Nanoseconds between two lines at least.
    private static let pause: Int64 = 250_000_000

    private let clock = SystemClock()
    private let started: Timestamp
    private var shown: Timestamp
    private var isShown = false
    /// Octets of all files together; nil where one of them cannot say.
    private let total: Int64?
    private var done: Int64 = 0

    /// - Parameter files: as they are named on the command line.
    init(_ files: [String]) {
        started = clock.now
        shown = started
        total = files.reduce(Int64?(0)) { sum, file in
            guard let sum, let size = Self.size(file) else { return nil }
            return sum + size
        }
    }

    /// Octets of a regular file; nil for anything else.
    private static func size(_ path: String) -> Int64? {
        var status = stat()
        guard path != "-", unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// So many further octets of a file have been read.
    mutating func read(_ octets: Int) {
        done += Int64(octets)
        let now = clock.now
        guard now.nanoseconds(since: shown) >= Self.pause else { return }
        shown = now
        isShown = true
        Terminal.progress(
            Self.line(read: done, total: total, nanoseconds: now.nanoseconds(since: started)))
    }

    /// Nothing is left of it on the terminal.
    mutating func end() {
        if isShown { Terminal.progress("") }
        isShown = false
    }

    /// `1200 of 4000 MB, 950 MB/s, 3 s left`
    static func line(read: Int64, total: Int64?, nanoseconds: Int64) -> String {
        let perSecond = Double(read) / (Double(max(1, nanoseconds)) / 1e9)
        var text = "\(read / 1_000_000)"
        // A file may have grown since it was looked at.
        let whole = total.flatMap { $0 >= read ? $0 : nil }
        if let whole { text += " of \(whole / 1_000_000)" }
        text += " MB, \(Int(perSecond / 1e6)) MB/s"
        guard let whole, perSecond > 0 else { return text }
        let left = Int((Double(whole - read) / perSecond).rounded(.up))
        return text + ", " + (left >= 120 ? "\(left / 60) min left" : "\(left) s left")
    }
}
