import Dispatch

/// Work in a thread of its own.
final class Worker: Sendable {
    private let group = DispatchGroup()

    /// - Parameter name: what a debugger calls the thread.
    init(_ name: String, _ work: @escaping @Sendable () -> Void) {
        DispatchQueue(label: name).async(group: group, execute: work)
    }

    /// Waits until the work is done.
    func join() { group.wait() }
}
