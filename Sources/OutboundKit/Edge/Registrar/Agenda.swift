/// When bindings end, the earliest first: a binary heap whose entries are never moved or taken out when a binding is
/// refreshed. An entry that comes up too early is put back with the binding's new time, so that a refresh costs nothing
/// here, and an entry whose binding is gone is dropped when it comes up.
struct Agenda {
    struct Entry {
        let due: Timestamp
        /// The binding's place and id in the registrar.
        let slot: Int
        let id: UInt64
    }

    private var heap: [Entry] = []

    var first: Entry? { heap.first }
    var count: Int { heap.count }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[least].due
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }
}
