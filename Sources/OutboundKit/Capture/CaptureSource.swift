import Glibc

/// An open file or standard input, read in large pieces. `read` into one buffer is four times as fast as libpcap's
/// reader and, with only headers touched, faster than mapping the file.
struct CaptureSource: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool

    /// - Parameter path: `-` is standard input.
    init(path: String) throws(CaptureError) {
        if path == "-" {
            descriptor = STDIN_FILENO
            isOwned = false
            return
        }
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CaptureError(.system(errno), path: path) }
        descriptor = opened
        isOwned = true
        _ = posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Reads once, behind the first `filled` octets of `buffer`.
    /// - Returns: the octets read; 0 at the end.
    func read(into buffer: inout [UInt8], after filled: Int, path: String) throws(CaptureError) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { target -> Int in
                guard let base = target.baseAddress, filled < target.count else { return 0 }
                return unsafe Glibc.read(descriptor, base + filled, target.count - filled)
            }
            if count >= 0 { return count }
            guard errno == EINTR else { throw CaptureError(.system(errno), path: path) }
        }
    }
}
