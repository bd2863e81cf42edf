import Glibc
import OutboundKit
import Synchronization

/// The process's own ends: standard output and error, and what the terminal can show.
enum Terminal {
    /// Why standard output could not be written to first, as the host's error number; 0 while it could. That its reader has
    /// gone, who has seen enough, is no failure.
    private static let outputFailure = Atomic<Int32>(0)

    /// The reader of standard output has gone.
    private static let hasReaderGone = Atomic<Bool>(false)

    /// It was told in other words.
    static func forgetOutputFailure() { outputFailure.store(0, ordering: .sequentiallyConsistent) }

    /// Says that standard output is not all there.
    /// - Returns: whether that is so.
    static func complainOfOutput() -> Bool {
        let failure = outputFailure.load(ordering: .sequentiallyConsistent)
        guard failure != 0 else { return false }
        complain(
            "cannot write standard output: \(TransportError.words(failure)); what it has is not complete.")
        return true
    }

    /// Writes all of `bytes` to `descriptor`, whatever portions the kernel takes. False when the reader has gone or the
    /// disk is full.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                if descriptor == STDOUT_FILENO, errno == EPIPE {
                    hasReaderGone.store(true, ordering: .sequentiallyConsistent)
                } else if descriptor == STDOUT_FILENO {
                    _ = outputFailure.compareExchange(expected: 0, desired: errno, ordering: .sequentiallyConsistent)
                }
                return false
            }
            done += count
        }
        return true
    }

    /// Ends the process if the reader of standard output has gone, and as the signal of that would have: what moves octets
    /// over sockets has it ignored.
    static func endWithReader() {
        guard hasReaderGone.load(ordering: .sequentiallyConsistent) else { return }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        signal(SIGPIPE, SIG_DFL)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(SIGPIPE)
        _exit(128 + SIGPIPE)
    }

    /// Writes what `body` gives piece by piece, gathered to so much that the kernel is not called for every line.
    /// - Returns: the number of the first error, or 0.
    @discardableResult
    static func gathering(to descriptor: Int32 = STDOUT_FILENO, _ body: (_ write: ([UInt8]) -> Void) -> Void) -> Int32 {
        let room = 1 << 16
        var failure: Int32 = 0
        var gathered: [UInt8] = []
        gathered.reserveCapacity(2 * room)
        func flush() {
            if failure == 0, !gathered.isEmpty, !write(gathered, to: descriptor) { failure = errno }
            gathered.removeAll(keepingCapacity: true)
        }
        body { piece in
            gathered += piece
            if gathered.count >= room { flush() }
        }
        flush()
        return failure
    }

    @discardableResult
    static func print(_ text: String) -> Bool { write(Array((text + "\n").utf8)) }

    /// One clear line on standard error.
    static func complain(_ text: String) { say(PrintableText.of("sipob: " + text)) }

    /// Lines on standard error. Arguments and names of files, which they quote, cannot steer the terminal.
    static func say(_ text: String) { write(Array((PrintableText.lines(text) + "\n").utf8), to: STDERR_FILENO) }

    /// A line of progress on standard error, written over the one before; an empty one wipes it.
    static func progress(_ text: String) { write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO) }

    /// Holds those of the three standard descriptors that are closed, so that no file, pipe or socket of this process gets
    /// their numbers and is read or written as one of them. Each is held the wrong way round: to use it remains an error.
    static func holdClosedDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // Takes the lowest number that is free, which is this one.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// The width of standard output if it is a terminal, else 80.
    static var columns: Int {
        var size = winsize()
        guard isTerminal(STDOUT_FILENO), unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether to colour standard output.
    static func usesColor(_ choice: ColorChoice) -> Bool {
        switch choice {
        case .always: true
        case .never: false
        case .auto: isTerminal(STDOUT_FILENO) && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
        }
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
