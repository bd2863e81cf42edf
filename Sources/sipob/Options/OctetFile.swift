import Glibc
import OutboundKit

/// A file read from its start to its end, in pieces.
final class OctetFile {
    /// Why it cannot be read.
    struct Problem: Error, CustomStringConvertible {
        let path: String
        let words: String
        var description: String { "cannot read \(path): \(words)" }
    }

    private let path: String
    private let descriptor: Int32
    /// Set when a read failed, which looks like the end to whoever reads.
    private(set) var problem: Problem?

    /// - Parameter path: nil is standard input.
    init(_ path: String?) throws(Problem) {
        self.path = path ?? "standard input"
        // Opened by a name, what stands for a closed one could be read after all.
        descriptor =
            if let path {
                unsafe open(path, O_RDONLY | O_CLOEXEC)
            } else {
                fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
            }
        guard descriptor >= 0 else { throw Problem(path: self.path, words: TransportError.words(errno)) }
    }

    deinit { close(descriptor) }

    /// The octets that follow; none at the end.
    func next() -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                piece.removeLast(piece.count - count)
                return piece
            }
            if errno == EINTR { continue }
            problem = Problem(path: path, words: TransportError.words(errno))
            return []
        }
    }

    /// The whole content.
    /// - Parameters:
    ///   - path: nil is standard input.
    ///   - maximum: octets; a larger file is refused.
    static func all(_ path: String?, maximum: Int) throws(Problem) -> [UInt8] {
        let file = try OctetFile(path)
        var octets: [UInt8] = []
        while true {
            let piece = file.next()
            if let problem = file.problem { throw problem }
            if piece.isEmpty { return octets }
            octets += piece
            guard octets.count <= maximum else {
                throw Problem(path: file.path, words: "it is larger than \(maximum) octets")
            }
        }
    }
}
