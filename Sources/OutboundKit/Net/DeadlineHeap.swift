/// Who is to be woken when: a binary heap. An entry that is no longer wanted stays until its time and then finds nothing
/// to do, so that putting off a deadline, which each message of a flow does, costs nothing.
struct DeadlineHeap<Key: Sendable>: Sendable {
    private var entries: [(time: Timestamp, key: Key)] = []

    var first: Timestamp? { entries.first?.time }

    mutating func insert(_ key: Key, at time: Timestamp) {
        entries.append((time, key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].time < entries[parent].time else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The next key whose time has come.
    mutating func next(at now: Timestamp) -> (time: Timestamp, key: Key)? {
        guard let first = entries.first, first.time <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].time < entries[least].time { least = child }
            }
            guard least != parent else { break }
            entries.swapAt(parent, least)
            parent = least
        }
        return first
    }
}
