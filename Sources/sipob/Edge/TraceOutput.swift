import Dispatch
import OutboundKit
import Synchronization

/// Standard output for what comes as it comes: written by a thread of its own, so that a reader who pauses (`less`) holds
/// up nobody who serves phones. What finds no room while he does is left out, and counted.
final class TraceOutput: Sendable {
    /// Octets that may wait.
    static let room = 4 << 20

    private struct State {
        var waiting = 0
        var leftOut = 0
    }

    private let queue = DispatchQueue(label: "trace")
    private let state = Mutex(State())

    func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        let octets = Array((lines.joined(separator: "\n") + "\n").utf8)
        let leftOut: Int? = state.withLock { state in
            guard state.waiting + octets.count <= Self.room else {
                state.leftOut += 1
                return nil
            }
            state.waiting += octets.count
            defer { state.leftOut = 0 }
            return state.leftOut
        }
        guard let leftOut else { return }
        queue.async { [self] in
            if leftOut > 0 { Terminal.print("(\(counted(leftOut, "event")) left out: nobody read fast enough)") }
            Terminal.write(octets)
            state.withLock { $0.waiting -= octets.count }
        }
    }

    /// Waits until what was given is written, but not for a reader who never comes back.
    func finish() {
        let group = DispatchGroup()
        queue.async(group: group) {}
        _ = group.wait(timeout: .now() + 2)
    }
}
