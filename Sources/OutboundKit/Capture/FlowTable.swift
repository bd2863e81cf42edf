/// Both ends of a flow in an order of their own, so that its two directions have one key. IPv4 addresses stand in the low
/// words with the high ones 0; version and protocol are part of `ports`.
struct FlowKey: Equatable {
    var lowEndHigh: UInt64 = 0
    var lowEndLow: UInt64 = 0
    var highEndHigh: UInt64 = 0
    var highEndLow: UInt64 = 0
    /// Protocol at 40, IPv6 at 32, the low end's port at 16, the high end's at 0.
    var ports: UInt64 = 0

    @inline(__always)
    static func == (left: FlowKey, right: FlowKey) -> Bool {
        (left.lowEndLow ^ right.lowEndLow) | (left.highEndLow ^ right.highEndLow) | (left.ports ^ right.ports)
            | (left.lowEndHigh ^ right.lowEndHigh) | (left.highEndHigh ^ right.highEndHigh) == 0
    }

    @inline(__always)
    var hash: UInt32 {
        var mix = (lowEndLow ^ 0x9E37_79B9_7F4A_7C15) &* 0xFF51_AFD7_ED55_8CCD
        mix = (mix ^ mix >> 32 ^ lowEndHigh) &* 0xC4CE_B9FE_1A85_EC53
        mix = (mix ^ mix >> 29 ^ highEndLow) &* 0xFF51_AFD7_ED55_8CCD
        mix = (mix ^ mix >> 32 ^ highEndHigh ^ ports << 17) &* 0xC4CE_B9FE_1A85_EC53
        return UInt32(truncatingIfNeeded: mix >> 32)
    }

    var isIPv6: Bool { @inline(__always) get { ports >> 32 & 1 == 1 } }

    var isTCP: Bool { ports >> 40 == UInt64(IPPacket.UpperProtocol.tcp) }

    /// The end with the lower, or the higher, address and port.
    func end(isLow: Bool) -> TransportAddress {
        let high = isLow ? lowEndHigh : highEndHigh
        let low = isLow ? lowEndLow : highEndLow
        let port = UInt16(truncatingIfNeeded: isLow ? ports >> 16 : ports)
        let ip = isIPv6 ? IPAddress(v6High: high, v6Low: low) : IPAddress(v4: UInt32(truncatingIfNeeded: low))
        return TransportAddress(ip: ip, port: port)
    }
}

/// Flows by key: open addressing over slots of 32 hash bits and an index, and entries of fixed size. At 60,000 flows a
/// lookup is five times as fast as in a Dictionary.
///
/// An entry is one cache line. Of its key it has what IPv4 needs; IPv6 addresses stand in a list of their own.
struct FlowTable {
    private struct WideAddresses {
        var lowEndHigh: UInt64 = 0
        var lowEndLow: UInt64 = 0
        var highEndHigh: UInt64 = 0
        var highEndLow: UInt64 = 0

        init(_ key: FlowKey) {
            (lowEndHigh, lowEndLow) = (key.lowEndHigh, key.lowEndLow)
            (highEndHigh, highEndLow) = (key.highEndHigh, key.highEndLow)
        }
    }

    /// Entries by index; a freed one is used again.
    var entries = Chunks<FlowEntry>()
    /// 0 is empty; else the hash in the upper half and index + 1 in the lower.
    private var slots: [UInt64]
    private var mask: Int
    private var free: [Int32] = []
    private var wide = Chunks<WideAddresses>()
    private var freeWide: [UInt32] = []

    init() {
        slots = [UInt64](repeating: 0, count: 1024)
        mask = 1023
    }

    var count: Int { entries.count - free.count }

    /// The entry's index, or -1.
    /// - Parameter guess: what `guess` gave for the hash a moment ago. Since then entries may have come and gone, but one
    ///   that has the key is the one that is looked for.
    @inline(__always)
    func find(_ key: FlowKey, hash: UInt32, guess: Int32 = -1) -> Int {
        if guess >= 0, isKey(key, of: Int(guess)) { return Int(guess) }
        var place = Int(hash) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return -1 }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                let index = Int(UInt32(truncatingIfNeeded: slot)) &- 1
                if isKey(key, of: index) { return index }
            }
            place = (place &+ 1) & mask
        }
    }

    /// The index of the first entry that has the hash, or -1. It reads no entry: only slots, which stand side by side where
    /// another one has taken the place.
    @inline(__always)
    func guess(_ hash: UInt32) -> Int32 {
        var place = Int(hash) & mask
        while true {
            let slot = slots[place]
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                return Int32(truncatingIfNeeded: UInt32(truncatingIfNeeded: slot)) &- 1
            }
            if slot == 0 { return -1 }
            place = (place &+ 1) & mask
        }
    }

    /// Asks for the slot where the search for a hash begins.
    @inline(__always)
    func prefetch(_ hash: UInt32) {
        Prefetch.element(Int(hash) & mask, of: slots)
    }

    /// Asks for what of an entry's key stands elsewhere.
    @inline(__always)
    func prefetchKey(of index: Int) {
        if entries[index].keyKind & 0x80 != 0 { wide.prefetch(Int(truncatingIfNeeded: entries[index].addresses)) }
    }

    /// The key of an entry that is in use.
    func key(of index: Int) -> FlowKey {
        let entry = entries[index]
        var key = FlowKey()
        key.ports = UInt64(entry.keyKind & 0x7F) << 40 | UInt64(entry.keyKind >> 7) << 32 | UInt64(entry.ports)
        if key.isIPv6 {
            let addresses = wide[Int(entry.addresses)]
            (key.lowEndHigh, key.lowEndLow) = (addresses.lowEndHigh, addresses.lowEndLow)
            (key.highEndHigh, key.highEndLow) = (addresses.highEndHigh, addresses.highEndLow)
        } else {
            (key.lowEndLow, key.highEndLow) = (entry.addresses >> 32, entry.addresses & 0xFFFF_FFFF)
        }
        return key
    }

    /// Protocol in the lower seven bits, and whether it is IPv6.
    @inline(__always)
    private static func kind(of key: FlowKey) -> UInt8 {
        UInt8(truncatingIfNeeded: key.ports >> 40 | key.ports >> 25 & 0x80)
    }

    @inline(__always)
    private func isKey(_ key: FlowKey, of index: Int) -> Bool {
        guard entries[index].ports == UInt32(truncatingIfNeeded: key.ports),
            entries[index].keyKind == Self.kind(of: key)
        else { return false }
        guard key.isIPv6 else { return entries[index].addresses == key.lowEndLow << 32 | key.highEndLow }
        let place = Int(entries[index].addresses)
        return wide[place].lowEndLow == key.lowEndLow && wide[place].highEndLow == key.highEndLow
            && wide[place].lowEndHigh == key.lowEndHigh && wide[place].highEndHigh == key.highEndHigh
    }

    /// Adds an entry whose key is not there yet.
    mutating func insert(_ entry: FlowEntry, _ key: FlowKey, hash: UInt32) -> Int {
        if (count + 1) * 2 > slots.count { grow() }
        var entry = entry
        entry.ports = UInt32(truncatingIfNeeded: key.ports)
        entry.keyKind = Self.kind(of: key)
        entry.addresses = key.isIPv6 ? UInt64(keep(WideAddresses(key))) : key.lowEndLow << 32 | key.highEndLow
        let index: Int
        if let used = free.popLast() {
            index = Int(used)
            entries[index] = entry
        } else {
            index = entries.count
            entries.append(entry)
        }
        place(UInt64(hash) << 32 | UInt64(index + 1))
        return index
    }

    private mutating func keep(_ addresses: WideAddresses) -> UInt32 {
        if let used = freeWide.popLast() {
            wide[Int(used)] = addresses
            return used
        }
        wide.append(addresses)
        return UInt32(wide.count - 1)
    }

    private mutating func place(_ slot: UInt64) {
        var place = Int(slot >> 32) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for slot in old where slot != 0 { place(slot) }
    }

    /// Forgets an entry. Slots behind it move up, so that no marker of a removed one is needed.
    mutating func remove(_ index: Int) {
        let key = key(of: index)
        var hole = Int(key.hash) & mask
        while UInt32(truncatingIfNeeded: slots[hole]) != UInt32(index + 1) { hole = (hole + 1) & mask }
        var place = hole
        while true {
            place = (place + 1) & mask
            let slot = slots[place]
            if slot == 0 { break }
            let home = Int(slot >> 32) & mask
            // The slot may move into the hole unless its home lies between the two.
            if (place - home) & mask >= (place - hole) & mask {
                slots[hole] = slot
                hole = place
            }
        }
        slots[hole] = 0
        if key.isIPv6 { freeWide.append(UInt32(entries[index].addresses)) }
        entries[index] = FlowEntry()
        free.append(Int32(index))
    }
}
