import Dispatch
import Glibc

/// Runs this very program once more, with other arguments, on the same terminal.
enum OwnProgram {
    /// - Returns: its exit status; 128 and the signal's number when a signal ended it, 127 when it could not be started.
    static func run(_ arguments: [String]) async -> Int32 {
        await withCheckedContinuation { continuation in
            // Waiting for a child takes a thread; it shall not be one that asynchronous work needs.
            DispatchQueue.global().async { continuation.resume(returning: wait(start(arguments))) }
        }
    }

    private static func start(_ arguments: [String]) -> pid_t? {
        var attributes = posix_spawnattr_t()
        guard unsafe posix_spawnattr_init(&attributes) == 0 else { return nil }
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Threads of this process run with signals blocked or ignored, which would be inherited.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = unsafe (["sipob"] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var identifier = pid_t()
        let status = unsafe posix_spawn(&identifier, "/proc/self/exe", nil, &attributes, words, environ)
        return status == 0 ? identifier : nil
    }

    private static func wait(_ identifier: pid_t?) -> Int32 {
        guard let identifier else { return 127 }
        var raw: Int32 = 0
        while unsafe waitpid(identifier, &raw, 0) < 0 {
            if errno != EINTR { return 127 }
        }
        // wait(2): the low seven bits are the signal, the next octet is the exit status.
        return raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
    }
}
