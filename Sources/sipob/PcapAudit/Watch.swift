import Glibc
import OutboundKit

/// Decides how long a capture without an end is read, and says on a terminal how far it has come.
final class Watch {
    /// Nanoseconds between two lines of progress at least.
    private static let pause: Int64 = 250_000_000

    let stream: any CaptureStream
    /// Ctrl-C ended it.
    private(set) var isInterrupted = false
    private let clock = SystemClock()
    private let started: Timestamp
    private let duration: Int64
    private let idle: Int64
    private let showsProgress: Bool
    private let isQuiet: Bool
    private var isToldOfRotation = false
    /// Readable once a signal came.
    private let interrupts: Int32?
    private var grown: Timestamp
    private var shown: Timestamp
    private var isShown = false
    private var packets = 0

    /// - Parameters:
    ///   - isQuiet: nothing is said while all goes well.
    ///   - showsProgress: on the terminal.
    init(_ stream: any CaptureStream, _ options: ListeningOptions, isQuiet: Bool, showsProgress: Bool) {
        self.stream = stream
        self.showsProgress = showsProgress
        self.isQuiet = isQuiet
        started = clock.now
        grown = started
        shown = started
        duration = options.duration?.duration.inNanoseconds ?? .max
        idle = options.idle?.duration.inNanoseconds ?? .max
        interrupts = InterruptPipe.open()
        // Who starts phones by a script waits for this line, as with `tcpdump`.
        say("\(options.follow ? "following" : "listening on") \(stream.name); Ctrl-C ends it")
    }

    /// How far the reading has come.
    /// - Returns: whether it is enough.
    func take(_ pulse: CapturePulse) -> Bool {
        let now = clock.now
        packets = pulse.packets
        if pulse.octets > 0 { grown = now }
        tellOfRotation()
        if showsProgress, now.nanoseconds(since: shown) >= Self.pause {
            shown = now
            isShown = true
            Terminal.progress(Self.line(pulse, stream.name, nanoseconds: now.nanoseconds(since: started)))
        }
        if isSignalled {
            isInterrupted = true
            // The next one means now, whatever is not printed yet.
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
            return true
        }
        return now.nanoseconds(since: started) >= duration || now.nanoseconds(since: grown) >= idle
    }

    /// Says once that the file is one of several.
    private func tellOfRotation() {
        guard !isToldOfRotation, let rotation = (stream as? FollowedCapture)?.rotation else { return }
        isToldOfRotation = true
        if isShown { Terminal.progress("") }
        isShown = false
        switch rotation {
        case .replaced:
            say("\(stream.name) is another file now: the one before is read to its end, and the new one is followed.")
        case .shrunk:
            say("\(stream.name) was written anew from its start, and is followed on; its last packets may be missing.")
        }
    }

    /// While all goes well.
    private func say(_ text: String) {
        if !isQuiet { Terminal.complain(text) }
    }

    private var isSignalled: Bool {
        guard !isInterrupted, let interrupts else { return false }
        var end = pollfd(fd: interrupts, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&end, 1, 0) == 1
    }

    /// Nothing is left of the line on the terminal; then what there is to say about the end.
    func end() {
        if isShown { Terminal.progress("") }
        isShown = false
        if stream is LiveCapture, packets == 0 {
            Terminal.complain("no packet came in on \(stream.name); is it the right interface, and the right filter?")
        }
    }

    /// `eth0: 1234 packets, 12 flows, 0 dropped, 42 s`
    static func line(_ pulse: CapturePulse, _ name: String, nanoseconds: Int64) -> String {
        var text = "\(name): \(counted(pulse.packets, "packet")), "
        text += "\(counted(pulse.flows, "flow")), "
        return text + "\(pulse.missed.total) dropped, \(nanoseconds / 1_000_000_000) s"
    }
}
