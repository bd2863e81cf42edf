import Glibc
import OutboundKit

/// Reads configurations and what they include. Only regular files: a pipe or a device would keep a check waiting.
enum ConfigFiles {
    static let maximum = ConfigLimits().octets

    static func read(_ path: String) -> ConfigReading {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(TransportError.words(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return .unreadable("it is no regular file") }
        return octets(path)
    }

    /// `-` is standard input, which may be a pipe.
    static func readFirst(_ path: String) -> ConfigReading {
        path == "-" ? octets("/dev/stdin") : read(path)
    }

    private static func octets(_ path: String) -> ConfigReading {
        do throws(OctetFile.Problem) {
            return .octets(try OctetFile.all(path, maximum: maximum))
        } catch {
            return .unreadable(error.words)
        }
    }
}
