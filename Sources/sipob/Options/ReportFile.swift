import Glibc
import OutboundKit

/// Why a report could not be written: the file, the step, and the host's words.
struct ReportFileError: Error, CustomStringConvertible {
    let path: String
    let errorNumber: Int32

    var description: String { words(for: "report") }

    /// - Parameter what: the file is.
    func words(for what: String) -> String {
        let advice =
            switch errorNumber {
            case ENOSPC, EDQUOT: "free some space or name another folder"
            case EACCES, EPERM, EROFS: "name a folder that you may write to"
            case ENOENT, ENOTDIR: "make the folder first"
            default: "name another file"
            }
        return "the \(what) \(path) was not written: \(TransportError.words(errorNumber)); \(advice)."
    }
}

/// Reports appear whole or not at all: they are written beside their place, then moved there, so that a reader never meets
/// half a report and a full disk never costs the old one. Until they are whole they have no name where the file system
/// allows it: whatever ends the program leaves nothing behind.
enum ReportFile {
    /// Linux's own part of O_TMPFILE, which the headers give to C alone.
    private static let nameless = 0o20_000_000 | O_DIRECTORY

    static func write(_ document: any AuditDocument, to path: String) throws(ReportFileError) {
        try write(to: path, document.write(to:))
    }

    /// - Parameter body: is given what takes each piece of the file in turn.
    static func write(to path: String, _ body: (_ write: ([UInt8]) -> Void) -> Void) throws(ReportFileError) {
        // What is no regular file (a pipe, /dev/null) cannot be replaced, only written to.
        if let kind = kind(of: path), kind != S_IFREG {
            let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw ReportFileError(path: path, errorNumber: errno) }
            let failure = finish(descriptor, Terminal.gathering(to: descriptor, body))
            guard failure == 0 else { throw ReportFileError(path: path, errorNumber: failure) }
            return
        }
        let unfinished = "\(path).\(getpid()).tmp"
        let file = try begin(path, unfinished)
        var failure = Terminal.gathering(to: file.descriptor, body)
        // A full disk may show only here.
        if failure == 0, fsync(file.descriptor) != 0, errno != EINVAL { failure = errno }
        if failure == 0, !file.isNamed, !Self.name(file.descriptor, unfinished) { failure = errno }
        failure = finish(file.descriptor, failure)
        if failure == 0, unsafe rename(unfinished, path) != 0 { failure = errno }
        guard failure == 0 else {
            unsafe unlink(unfinished)
            throw ReportFileError(path: path, errorNumber: failure)
        }
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// A new file in the folder of `path`, without a name or with that of `unfinished`.
    private static func begin(
        _ path: String, _ unfinished: String
    ) throws(ReportFileError) -> (descriptor: Int32, isNamed: Bool) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(folder, O_WRONLY | O_CLOEXEC | nameless, 0o666)
        if descriptor >= 0 {
            // The way by which it gets its name later.
            if unsafe access(place(of: descriptor), F_OK) == 0 { return (descriptor, false) }
            close(descriptor)
        }
        let named = unsafe open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard named >= 0 else { throw ReportFileError(path: path, errorNumber: errno) }
        return (named, true)
    }

    private static func place(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

    private static func name(_ descriptor: Int32, _ path: String) -> Bool {
        unsafe linkat(AT_FDCWD, place(of: descriptor), AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
    }

    /// Closes it.
    /// - Returns: the number of the first error, or 0.
    private static func finish(_ descriptor: Int32, _ before: Int32) -> Int32 {
        let isClosed = close(descriptor) == 0
        return before == 0 && !isClosed ? errno : before
    }
}
