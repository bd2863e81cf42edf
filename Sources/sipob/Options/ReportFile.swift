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

/// Reports appear whole or not at all: they are written beside their place under another name, then moved there, so that
/// a reader never meets half a report and a full disk never costs the old one.
enum ReportFile {
    static func write(_ document: any AuditDocument, to path: String) throws(ReportFileError) {
        try write(to: path, document.write(to:))
    }

    /// - Parameter body: is given what takes each piece of the file in turn.
    static func write(to path: String, _ body: (_ write: ([UInt8]) -> Void) -> Void) throws(ReportFileError) {
        // What is no regular file (a pipe, /dev/null) cannot be replaced, only written to.
        if let kind = kind(of: path), kind != S_IFREG {
            let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw ReportFileError(path: path, errorNumber: errno) }
            let failure = fill(descriptor, body, synchronize: false)
            guard failure == 0 else { throw ReportFileError(path: path, errorNumber: failure) }
            return
        }
        let unfinished = "\(path).\(getpid()).tmp"
        let descriptor = unsafe open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw ReportFileError(path: path, errorNumber: errno) }
        var failure = fill(descriptor, body, synchronize: true)
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

    /// Writes what `body` gives and closes the descriptor.
    /// - Returns: the number of the first error, or 0.
    private static func fill(
        _ descriptor: Int32, _ body: (_ write: ([UInt8]) -> Void) -> Void, synchronize: Bool
    ) -> Int32 {
        let failure = Terminal.gathering(to: descriptor, body)
        return finish(descriptor, failure, synchronize: synchronize)
    }

    private static func finish(_ descriptor: Int32, _ before: Int32, synchronize: Bool) -> Int32 {
        var failure = before
        // A full disk may show only here.
        if failure == 0, synchronize, fsync(descriptor) != 0, errno != EINVAL { failure = errno }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        return failure
    }
}
