import Glibc
import OutboundKit

/// Ctrl-C as the wish to hear what was read so far. The next one means now, whatever is not printed yet.
final class Interruption {
    /// Nanoseconds after Ctrl-C in which a program that writes to a pipe, and was told the same, has written its last.
    static let grace: Int64 = 1_000_000_000

    /// It came.
    private(set) var hasCome = false
    /// When reading is to end.
    private var lastMoment = Int64.max
    private let grace: Int64
    /// Readable once a signal came.
    private let interrupts = InterruptPipe.open(once: true)

    /// - Parameter grace: nanoseconds that reading goes on after it.
    init(grace: Int64) { self.grace = grace }

    /// Whether the reading is to end now.
    func isEnough(_ now: Timestamp) -> Bool {
        look(now)
        return now.nanoseconds >= lastMoment
    }

    /// Whether it has come, so that what has no last words need not be waited for.
    func isWanted(_ now: Timestamp) -> Bool {
        look(now)
        return hasCome
    }

    private func look(_ now: Timestamp) {
        guard !hasCome, isSignalled else { return }
        hasCome = true
        lastMoment = now.nanoseconds + grace
    }

    /// What it was meant for has ended, and the reading goes on: the next one is another wish.
    func forget() {
        hasCome = false
        lastMoment = .max
        var octet: UInt8 = 0
        while isSignalled, let interrupts { _ = unsafe read(interrupts, &octet, 1) }
        InterruptPipe.tellNext()
    }

    private var isSignalled: Bool {
        guard let interrupts else { return false }
        var end = pollfd(fd: interrupts, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&end, 1, 0) == 1
    }
}

/// Ends the reading of captures after Ctrl-C: of files at once, of a pipe after its last words.
final class ReadingInterruption: CaptureWatch {
    private let clock = SystemClock()
    private let interruption = Interruption(grace: Interruption.grace)

    func isEnough() -> Bool { interruption.isWanted(clock.now) }

    /// Nobody looks for a signal while a pipe is opened: then it ends the program.
    func waitForPipe() { InterruptPipe.endNext() }

    func beginPipe() { InterruptPipe.tellNext() }

    func take(_ pulse: CapturePulse) -> Bool { interruption.isEnough(clock.now) }

    /// Ctrl-C is how whoever writes to the pipe was ended.
    func endPipe() { interruption.forget() }

    /// All was read, or enough: from here on a signal ends the program.
    func end() { InterruptPipe.endNext() }
}
