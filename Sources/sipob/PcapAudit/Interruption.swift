import Glibc
import OutboundKit

/// Ctrl-C as the wish to hear what was read so far.
final class Interruption {
    /// Nanoseconds after Ctrl-C in which a program that writes to a pipe, and was told the same, has written its last.
    static let grace: Int64 = 1_000_000_000

    /// It came.
    private(set) var hasCome = false
    /// When reading is to end.
    private var lastMoment = Int64.max
    private let grace: Int64
    /// Readable once a signal came.
    private let interrupts = InterruptPipe.open()

    /// - Parameter grace: nanoseconds that reading goes on after it.
    init(grace: Int64) { self.grace = grace }

    /// Whether the reading is to end now.
    func isEnough(_ now: Timestamp) -> Bool {
        if !hasCome, isSignalled {
            hasCome = true
            // The next one means now, whatever is not printed yet.
            InterruptPipe.endNext()
            lastMoment = now.nanoseconds + grace
        }
        return now.nanoseconds >= lastMoment
    }

    private var isSignalled: Bool {
        guard let interrupts else { return false }
        var end = pollfd(fd: interrupts, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&end, 1, 0) == 1
    }
}

/// Ends the reading of pipes among several captures after Ctrl-C. What is no pipe is read without asking, and then a
/// signal ends the program at once.
final class PipeInterruption: PipeWatch {
    /// A pipe was left before its writer had ended.
    private(set) var isCutShort = false
    private let clock = SystemClock()
    private var interruption: Interruption?

    func begin(_ pipe: PipedCapture) {
        if interruption == nil {
            interruption = Interruption(grace: Interruption.grace)
        } else if interruption?.hasCome == false {
            InterruptPipe.tellNext()
        }
    }

    func take(_ pulse: CapturePulse) -> Bool { interruption?.isEnough(clock.now) ?? false }

    func end(_ pipe: PipedCapture, isCutShort: Bool) {
        self.isCutShort = self.isCutShort || isCutShort
        InterruptPipe.endNext()
    }
}
