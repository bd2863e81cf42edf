/// Which datagrams belong together: each pair of a local UDP socket and a remote address is a flow with an id. The
/// table is bounded; entries hang in a list by the time of their last use, so that the oldest is at hand.
struct DatagramFlows {
    struct Key: Hashable {
        /// The local socket, by its place among the driver's.
        let port: Int32
        let remote: TransportAddress

        /// With a secret of the process, and far cheaper than `Hasher`: each datagram is looked up by it.
        func _rawHashValue(seed: Int) -> Int {
            var hash = OctetHash()
            let ends = UInt64(remote.port) << 32 | UInt64(UInt32(bitPattern: port))
            hash.combine(UInt64(truncatingIfNeeded: seed) ^ ends)
            if remote.ip.isIPv6 { hash.combine(remote.ip.high) }
            hash.combine(remote.ip.low)
            return hash.value
        }
    }

    struct Entry {
        let id: FlowID
        let key: Key
        fileprivate(set) var lastUse: Timestamp
        /// Closed silently: what still comes goes unheard until the entry has aged away.
        fileprivate(set) var isMuted = false
        fileprivate var newer: Int32
        fileprivate var older: Int32
    }

    private static let none: Int32 = -1
    private let capacity: Int
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private var slots: [Key: Int32] = [:]
    private var slotsByID: [FlowID: Int32] = [:]
    private var newest = none
    private var oldest = none

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { slots.count }

    func entry(of key: Key) -> Entry? { slots[key].map { entries[Int($0)] } }
    func entry(of id: FlowID) -> Entry? { slotsByID[id].map { entries[Int($0)] } }
    func contains(_ id: FlowID) -> Bool { slotsByID[id] != nil }

    /// The flow of a datagram that came or goes, made the most recently used; nil when there is none.
    mutating func use(_ key: Key, at now: Timestamp) -> Entry? {
        guard let slot = slots[key] else { return nil }
        touch(slot, now)
        return entries[Int(slot)]
    }

    mutating func use(_ id: FlowID, at now: Timestamp) -> Entry? {
        guard let slot = slotsByID[id] else { return nil }
        touch(slot, now)
        return entries[Int(slot)]
    }

    private mutating func touch(_ slot: Int32, _ now: Timestamp) {
        guard !entries[Int(slot)].isMuted else { return }
        entries[Int(slot)].lastUse = now
        guard slot != newest else { return }
        unlink(slot)
        link(slot)
    }

    /// Adds a flow.
    /// - Precondition: neither its key nor its id is there.
    /// - Returns: the entry that had to go for it.
    mutating func insert(_ key: Key, id: FlowID, at now: Timestamp) -> Entry? {
        precondition(slots[key] == nil && slotsByID[id] == nil)
        let pushedOut = slots.count >= capacity ? removeOldest() : nil
        let entry = Entry(id: id, key: key, lastUse: now, newer: Self.none, older: Self.none)
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            entries[Int(slot)] = entry
        } else {
            slot = Int32(entries.count)
            entries.append(entry)
        }
        slots[key] = slot
        slotsByID[id] = slot
        link(slot)
        return pushedOut
    }

    @discardableResult
    mutating func remove(_ id: FlowID) -> Entry? {
        guard let slot = slotsByID.removeValue(forKey: id) else { return nil }
        let entry = entries[Int(slot)]
        slots[entry.key] = nil
        unlink(slot)
        free.append(slot)
        return entry
    }

    /// Leaves the flow in the table, deaf.
    mutating func mute(_ id: FlowID, at now: Timestamp) {
        guard let slot = slotsByID[id] else { return }
        touch(slot, now)
        entries[Int(slot)].isMuted = true
    }

    /// Takes out one flow that was last used before `limit`; nil when there is none left.
    mutating func expire(before limit: Timestamp) -> Entry? {
        guard oldest != Self.none, entries[Int(oldest)].lastUse < limit else { return nil }
        return removeOldest()
    }

    private mutating func removeOldest() -> Entry? {
        oldest == Self.none ? nil : remove(entries[Int(oldest)].id)
    }

    private mutating func link(_ slot: Int32) {
        entries[Int(slot)].newer = Self.none
        entries[Int(slot)].older = newest
        if newest != Self.none { entries[Int(newest)].newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int32) {
        let (newer, older) = (entries[Int(slot)].newer, entries[Int(slot)].older)
        if newer != Self.none { entries[Int(newer)].older = older } else { newest = older }
        if older != Self.none { entries[Int(older)].newer = newer } else { oldest = newer }
    }
}
