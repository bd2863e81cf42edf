import Glibc
import OutboundKit

/// Reads configurations and what they include. What is included are regular files only: a pipe or a device would keep a
/// check waiting.
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

    /// `-` is standard input. It may be a pipe, and so may a file that a shell makes of a command: `<(m4 kamailio.m4)`.
    static func readFirst(_ path: String) -> ConfigReading {
        if path == "-" { return octets(nil) }
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO { return octets(path) }
        return read(path)
    }

    private static func octets(_ path: String?) -> ConfigReading {
        do throws(OctetFile.Problem) {
            return .octets(try OctetFile.all(path, maximum: maximum))
        } catch {
            return .unreadable(error.words)
        }
    }
}
