import Dispatch
import Glibc
import Synchronization

/// Runs this very program once more, with other arguments, on the same terminal.
enum OwnProgram {
    private struct State {
        /// 0 while none runs. Kept until it is reaped, so that the number is never another program's.
        var child: pid_t = 0
        var isInterrupted = false
    }

    private static let state = Mutex(State())
    /// How long a program that was told to end may clean up.
    private static let grace = 5.0

    static var isInterrupted: Bool { state.withLock(\.isInterrupted) }

    /// Tells the program that runs to end, and no further one is started. Asked once more, or after five seconds, it is
    /// killed, and the second time this process ends with it.
    static func interrupt() {
        let (child, isSecond) = state.withLock { state in
            let isSecond = state.isInterrupted
            state.isInterrupted = true
            if state.child > 0 { kill(state.child, isSecond ? SIGKILL : SIGINT) }
            return (state.child, isSecond)
        }
        if isSecond { _exit(128 + SIGINT) }
        guard child > 0 else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + grace) {
            state.withLock { if $0.child == child { kill(child, SIGKILL) } }
        }
    }

    /// - Parameter isCaptured: what it prints is returned, and not shown.
    /// - Returns: its exit status; 128 and the signal's number when a signal ended it, 127 when it could not be started.
    static func run(_ arguments: [String], isCaptured: Bool) async -> (status: Int32, output: [UInt8]) {
        await withCheckedContinuation { continuation in
            // Waiting for a child takes a thread; it shall not be one that asynchronous work needs.
            DispatchQueue.global().async {
                continuation.resume(returning: isCaptured ? captured(arguments) : (wait(start(arguments)), []))
            }
        }
    }

    private static func captured(_ arguments: [String]) -> (status: Int32, output: [UInt8]) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return (127, []) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = start(arguments, output: ends[1])
        close(ends[1])
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(ends[0], &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            output += piece.prefix(count)
        }
        close(ends[0])
        return (wait(child), output)
    }

    /// - Parameter output: takes the place of standard output.
    private static func start(_ arguments: [String], output: Int32? = nil) -> pid_t? {
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
        var actions = unsafe posix_spawn_file_actions_t()
        guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        let words = unsafe (["sipob"] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var identifier = pid_t()
        return state.withLock { state in
            guard !state.isInterrupted,
                unsafe posix_spawn(&identifier, "/proc/self/exe", &actions, &attributes, words, environ) == 0
            else { return nil }
            state.child = identifier
            return identifier
        }
    }

    private static func wait(_ identifier: pid_t?) -> Int32 {
        guard let identifier else { return 127 }
        var raw: Int32 = 0
        var end = unsafe siginfo_t()
        // It is not reaped before nobody can signal it any more.
        while unsafe waitid(P_PID, id_t(identifier), &end, WEXITED | WNOWAIT) < 0 {
            if errno != EINTR { break }
        }
        state.withLock { $0.child = 0 }
        while unsafe waitpid(identifier, &raw, 0) < 0 {
            if errno != EINTR { return 127 }
        }
        // wait(2): the low seven bits are the signal, the next octet is the exit status.
        return raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
    }
}
