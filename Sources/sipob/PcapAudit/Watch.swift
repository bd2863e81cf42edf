import Glibc
import OutboundKit

/// Decides how long a capture without an end is read, and says on a terminal how far it has come.
final class Watch {
    /// Nanoseconds between two lines of progress at least.
    private static let pause: Int64 = 250_000_000
    /// Nanoseconds without a file of the name before that is worth a word.
    private static let absence: Int64 = 1_500_000_000

    let stream: any CaptureStream
    private let interruption: Interruption
    private let clock = SystemClock()
    private let started: Timestamp
    private let duration: Int64
    private let idle: Int64
    private let showsProgress: Bool
    private let isQuiet: Bool
    private var isToldOfRotation = false
    private var isToldOfAbsence = false
    /// When a file had the name that is followed.
    private var lastNamed: Timestamp
    private var grown: Timestamp
    private var shown: Timestamp
    private var isShown = false
    private var packets = 0

    /// - Parameters:
    ///   - isQuiet: nothing is said while all goes well.
    ///   - showsProgress: on the terminal.
    init(_ stream: any CaptureStream, _ options: ListeningOptions, isQuiet: Bool, showsProgress: Bool) {
        self.stream = stream
        // Of a pipe, as of a file, it is said how much was read (`ReadingProgress`).
        self.showsProgress = showsProgress && !(stream is PipedCapture)
        self.isQuiet = isQuiet
        started = clock.now
        grown = started
        lastNamed = started
        shown = started
        duration = options.duration?.duration.inNanoseconds ?? .max
        idle = options.idle?.duration.inNanoseconds ?? .max
        interruption = Interruption(grace: stream is PipedCapture ? Interruption.grace : 0)
        // Who starts phones by a script waits for this line, as with `tcpdump`; a pipe tells by itself that it is read.
        if !isPiped { say("\(options.follow ? "following" : "listening on") \(stream.name); Ctrl-C ends it") }
    }

    var isPiped: Bool { stream is PipedCapture }
    /// Ctrl-C ended it.
    var isInterrupted: Bool { interruption.hasCome }
    /// Ctrl-C came before the end of what it ended: of a pipe that is when its writer went on.
    var isCutShort: Bool { isInterrupted && isPiped && !stream.hasEnded }

    /// How far the reading has come.
    /// - Returns: whether it is enough.
    func take(_ pulse: CapturePulse) -> Bool {
        let now = clock.now
        packets = pulse.packets
        if pulse.octets > 0 { grown = now }
        tellOfRotation(now)
        if showsProgress, now.nanoseconds(since: shown) >= Self.pause {
            shown = now
            isShown = true
            Terminal.progress(Self.line(pulse, stream.name, nanoseconds: now.nanoseconds(since: started)))
        }
        return interruption.isEnough(now) || now.nanoseconds(since: started) >= duration
            || now.nanoseconds(since: grown) >= idle
    }

    /// Says once that the file is one of several, or gone.
    private func tellOfRotation(_ now: Timestamp) {
        guard let file = stream as? FollowedCapture else { return }
        if !file.isGone { lastNamed = now }
        // Between two steps of a rotation nothing has the name either.
        if now.nanoseconds(since: lastNamed) >= Self.absence, !isToldOfAbsence {
            isToldOfAbsence = true
            wipeProgress()
            say("\(stream.name) is gone; a new file of that name is waited for.")
        }
        guard !isToldOfRotation, let rotation = file.rotation else { return }
        isToldOfRotation = true
        wipeProgress()
        switch rotation {
        case .replaced:
            say("\(stream.name) is another file now: the one before is read to its end, and the new one is followed.")
        case .continued:
            say("\(stream.name) goes on in further files, which are read one after the other.")
        case .rewritten:
            say("\(stream.name) was written anew from its start, and is followed on; its last packets may be missing.")
        }
    }

    private func wipeProgress() {
        if isShown { Terminal.progress("") }
        isShown = false
    }

    /// While all goes well.
    private func say(_ text: String) {
        if !isQuiet { Terminal.complain(text) }
    }

    /// Nothing is left of the line on the terminal; then what there is to say about the end.
    func end() {
        wipeProgress()
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
