import Glibc
import Synchronization

/// A file of session secrets in NSS key log format, shared by sessions on any thread. Only its owner may read it.
final class TLSKeyLog: Sendable {
    private let descriptor: Int32
    private let failure = Mutex<Int32>(0)

    init(_ path: String) throws(TLSFailure) {
        descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TLSFailure(.settings, "cannot append to the key log '\(path)': \(TransportError.words(errno))")
        }
    }

    deinit { close(descriptor) }

    /// One write for each line: the kernel appends it whole, whoever else writes to the file.
    func append(_ line: String) {
        let octets = Array((line + "\n").utf8)
        let count = unsafe octets.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard count != octets.count else { return }
        let number = count < 0 ? errno : ENOSPC
        failure.withLock { if $0 == 0 { $0 = number } }
    }

    /// The host's error number of the first line that was lost; 0 while none was.
    var error: Int32 { failure.withLock { $0 } }
}
