import Glibc
import Synchronization

/// The write end of the pipe below. Written once, before the handler that reads it is installed; -1 until then.
nonisolated(unsafe) private var interruptWriteEnd: Int32 = -1

/// When the last signal that counted came, in milliseconds of a clock that only runs forward. Two signals may be handled
/// on two threads at once.
private let lastInterrupt = Atomic<Int>(-1000)

/// Whether the next signal that counts ends the process.
private let isLastWarning = Atomic<Bool>(false)

/// Whether the one after the next that counts ends the process, although nobody has taken notice of the first.
private let isFirstTheLastWarning = Atomic<Bool>(false)

/// Signals closer than this, in milliseconds, are one wish: timeout(1), shells and service managers signal the process and
/// then its group, and nobody presses Ctrl-C twice that fast to mean "now, whatever is left behind".
private let oneInterrupt = 300

/// SIGINT, SIGTERM and SIGHUP as a descriptor that becomes readable: for a command that waits in `poll` on its own thread, and
/// should not pay for threads that only wait for signals.
enum InterruptPipe {
    /// The descriptor to wait on, or nil when the host gives no pipe; the signals then end the process as usual.
    /// - Parameter once: one signal is told, and the next one ends the process: for whoever looks at the descriptor only
    ///   between two steps that may take long.
    static func open(once: Bool = false) -> Int32? {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        // A full pipe must not stop the handler: one octet in it is enough.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        unsafe interruptWriteEnd = ends[1]
        // Made here, since a handler must not wait for another thread that makes it.
        lastInterrupt.store(-1000, ordering: .sequentiallyConsistent)
        isLastWarning.store(false, ordering: .sequentiallyConsistent)
        isFirstTheLastWarning.store(once, ordering: .sequentiallyConsistent)
        // A lost terminal or ssh session must leave nothing behind either; under nohup it is of no concern.
        var hangUp = sigaction()
        let isHeld = unsafe sigaction(SIGHUP, nil, &hangUp) == 0 && hangUp.__sigaction_handler.sa_handler == nil
        for number in [SIGINT, SIGTERM] + (isHeld ? [SIGHUP] : []) {
            signal(number) { number in
                let saved = errno
                var time = timespec()
                unsafe clock_gettime(CLOCK_MONOTONIC, &time)
                let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
                let last = lastInterrupt.load(ordering: .sequentiallyConsistent)
                if now - last >= oneInterrupt,
                    lastInterrupt.compareExchange(expected: last, desired: now, ordering: .sequentiallyConsistent)
                        .exchanged
                {
                    // As if nobody had caught it; it comes once this handler has returned.
                    if isLastWarning.load(ordering: .sequentiallyConsistent) {
                        signal(number, SIG_DFL)
                        raise(number)
                    }
                    if isFirstTheLastWarning.load(ordering: .sequentiallyConsistent) { InterruptPipe.endNext() }
                    var octet: UInt8 = 1
                    _ = unsafe write(interruptWriteEnd, &octet, 1)
                }
                errno = saved
            }
        }
        return ends[0]
    }

    /// From here on a signal ends the process at once, whatever is not printed yet, unless it still is one wish with the
    /// one before.
    static func endNext() { isLastWarning.store(true, ordering: .sequentiallyConsistent) }

    /// From here on the descriptor tells of the next signal again.
    static func tellNext() { isLastWarning.store(false, ordering: .sequentiallyConsistent) }
}
