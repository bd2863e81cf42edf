import Glibc
import OutboundKit

/// Why traffic could not be written to a file.
struct RecordingFileError: Error, CustomStringConvertible {
    let path: String
    let errorNumber: Int32

    var description: String {
        "cannot write \(path): \(TransportError.words(errorNumber)); name a file that can be written"
    }
}

/// A capture that grows while the edge runs. The first error ends the writing, and is told once, at the end.
final class RecordingFile {
    private let path: String
    private let descriptor: Int32
    private var failure: Int32 = 0

    init(_ path: String) throws(RecordingFileError) {
        self.path = path
        descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw RecordingFileError(path: path, errorNumber: errno) }
    }

    /// The file, or the end of the command with its line on standard error.
    static func open(_ path: String) throws -> RecordingFile {
        do throws(RecordingFileError) {
            return try RecordingFile(path)
        } catch {
            Terminal.complain("\(error).")
            throw ExitStatus.failure
        }
    }

    func append(_ octets: [UInt8]) {
        guard failure == 0, !Terminal.write(octets, to: descriptor) else { return }
        failure = errno
    }

    /// - Returns: what went wrong, if anything did.
    func close() -> RecordingFileError? {
        if Glibc.close(descriptor) != 0, failure == 0 { failure = errno }
        return failure == 0 ? nil : RecordingFileError(path: path, errorNumber: failure)
    }
}
