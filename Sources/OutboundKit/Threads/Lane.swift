import Dispatch
import Synchronization

/// Hands items from one thread to another, in their order, a bounded number on the way: whoever is faster waits for the
/// other.
final class Lane<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var isAbandoned = false
    }

    private let state = Mutex(State())
    /// Each stands for an item that may be sent.
    private let room = DispatchSemaphore(value: 0)
    /// Each stands for an item that may be received, or for the end.
    private let filled = DispatchSemaphore(value: 0)

    /// - Parameter capacity: so many items may be on the way; at least 1.
    init(capacity: Int) {
        // Signalled and not made with this value: a semaphore must not go with less than it was made with.
        for _ in 0..<max(1, capacity) { room.signal() }
    }

    /// Waits until there is room.
    /// - Returns: false when nobody receives any more; the item is dropped.
    func send(_ item: Item) -> Bool {
        room.wait()
        let isWanted = state.withLock { state in
            if !state.isAbandoned { state.items.append(item) }
            return !state.isAbandoned
        }
        if isWanted { filled.signal() } else { room.signal() }
        return isWanted
    }

    /// The sender is done.
    func close() { filled.signal() }

    /// Waits for the next item.
    /// - Returns: nil when all were received and the sender is done.
    func receive() -> Item? {
        filled.wait()
        let item = state.withLock { $0.items.isEmpty ? nil : $0.items.removeFirst() }
        if item == nil { filled.signal() } else { room.signal() }
        return item
    }

    /// The receiver wants no more: what is on the way is dropped, and the sender is told so.
    func abandon() {
        state.withLock { state in
            state.isAbandoned = true
            state.items = []
        }
        room.signal()
    }
}
