import OutboundKit
import Synchronization

/// The edge's binding store behind what a running service needs: one line when storing begins to fail and one when it
/// works again, and no waiting for each REGISTER while another program holds the file.
final class EdgeStore: Sendable {
    private struct State {
        var isFailing = false
        /// Until then nothing is tried.
        var blockedUntil: ContinuousClock.Instant?
    }

    /// After the file was found locked.
    private static let pause = Duration.seconds(1)

    private let store: SQLiteBindingStore
    private let state = Mutex(State())

    init(_ store: SQLiteBindingStore) {
        self.store = store
    }

    /// Stores all of the changes or none; false when they could not be stored.
    func apply(_ changes: [BindingChange]) -> Bool {
        if let until = state.withLock({ $0.blockedUntil }), ContinuousClock.now < until { return false }
        do throws(StorageError) {
            try store.apply(changes)
            let hadFailed = state.withLock { state in
                defer { state = State() }
                return state.isFailing
            }
            if hadFailed { Terminal.complain("bindings can be stored again.") }
            return true
        } catch {
            let reason = error.reason
            let isFirst = state.withLock { state in
                defer { state.isFailing = true }
                if reason == .locked { state.blockedUntil = ContinuousClock.now + Self.pause }
                return !state.isFailing
            }
            if isFirst { Terminal.complain("\(error). Until then REGISTER is answered with 500.") }
            return false
        }
    }
}
