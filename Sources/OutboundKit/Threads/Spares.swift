import Synchronization

/// What was used and can be used again, so that nothing large is made anew for each turn.
final class Spares<Item: Sendable>: Sendable {
    private let items = Mutex<[Item]>([])

    func take() -> Item? { items.withLock { $0.popLast() } }

    func giveBack(_ item: Item) { items.withLock { $0.append(item) } }
}
