/// Numbers by a key that is a hash already: open addressing, 4 octets a slot. The key of each number is kept by whoever
/// owns what it counts.
struct KeyTable: Sendable {
    /// The number plus one; 0 is empty.
    private var slots = [UInt32](repeating: 0, count: 64)
    private var count = 0

    /// - Parameter count: how many will come, as far as that is known.
    init(count: Int = 0) {
        while (count + 1) * 3 > slots.count * 2 { slots = [UInt32](repeating: 0, count: slots.count * 2) }
    }

    /// Octets that the table takes.
    var octets: Int { slots.count * MemoryLayout<UInt32>.stride }

    /// The number under `key`, or nil.
    /// - Parameter keyOf: the key of a number that was inserted.
    @inline(__always)
    func find(_ key: Int, keyOf: (Int) -> Int) -> Int? {
        var place = Self.home(key) & (slots.count - 1)
        while slots[place] != 0 {
            let number = Int(slots[place]) - 1
            if keyOf(number) == key { return number }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Asks for the slot where the search for a key begins (`Prefetch`).
    @inline(__always)
    func prefetch(_ key: Int) { Prefetch.element(Self.home(key) & (slots.count - 1), of: slots) }

    /// The number that a search for `key` meets first, or nil.
    @inline(__always)
    func likely(_ key: Int) -> Int? {
        let slot = slots[Self.home(key) & (slots.count - 1)]
        return slot == 0 ? nil : Int(slot) - 1
    }

    /// Inserts a number whose key is not there yet.
    mutating func insert(_ number: Int, _ key: Int, keyOf: (Int) -> Int) {
        if (count + 1) * 3 > slots.count * 2 {
            let old = slots
            slots = [UInt32](repeating: 0, count: old.count * 2)
            for slot in old where slot != 0 { place(slot, keyOf(Int(slot) - 1)) }
        }
        place(UInt32(number + 1), key)
        count += 1
    }

    private mutating func place(_ slot: UInt32, _ key: Int) {
        var place = Self.home(key) & (slots.count - 1)
        while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
        slots[place] = slot
    }

    /// Keys of bindings are odd: the upper bits have their say.
    private static func home(_ key: Int) -> Int { key >> 1 ^ key >> 33 }
}
