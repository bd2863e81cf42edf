/// The bindings of a registrar: by AOR, by flow, by the end of their time, and by the GRUUs that lead to them.
///
/// An AOR's record has a slot; everything else refers to it by that number. Records without a binding are kept, so that
/// requests to them get 480 and not 404, until room is needed for new ones.
struct BindingTable: Sendable {
    /// One binding and what speeds its next refresh up.
    struct Entry: Sendable {
        var binding: Binding
        /// The Contact value that made or refreshed it last; nil after a restart.
        var request: RequestedContact?
        /// The hash of the last REGISTER's topmost Via.
        var via = 0
        /// When the agenda looks at it next; never later than it expires.
        var scheduled: Timestamp
        /// As an answer lists it with its `expires`, and the seconds in it.
        var listed = ""
        var listedSeconds: Int64 = -1
    }

    /// Which temporary GRUUs of an instance are valid: those with this serial, given since `callID` began.
    struct Grant: Sendable {
        let instance: InstanceID
        let regID: RegID?
        let callID: String
        let serial: UInt64
    }

    /// What is known of one AOR.
    struct Record: Sendable {
        let aor: AddressOfRecord
        var entries: [Entry] = []
        /// Instances that registered, the latest last.
        var known: [InstanceID] = []
        var grants: [Grant] = []
        /// It stands in `vacant`.
        var isQueued = false

        init(_ aor: AddressOfRecord) { self.aor = aor }
    }

    let limits: RegistrarLimits
    var slots: [Record] = []
    private(set) var bindingCount = 0
    private var index: [AddressOfRecord: Int] = [:]
    private var free: [Int] = []
    /// Records that lost their last binding, the first to be given up in front.
    private var vacant = OutputQueue<Int>()
    /// The records that have, or had, bindings on a flow.
    private var flows: [FlowID: Set<Int>] = [:]
    var serials: [UInt64: Int] = [:]
    private var agenda = Agenda()
    private var lastID: UInt64 = 0
    var minted: UInt64 = 0
    let temporary: TemporaryGRUU
    var random: any RandomNumberGenerator & Sendable

    init(
        _ settings: RegistrarSettings, state: RegistrarState, random: any RandomNumberGenerator & Sendable
    ) throws(CryptoError) {
        limits = settings.limits
        self.random = random
        var key = settings.gruuKey
        if key.isEmpty { for _ in 0..<4 { key.appendBig64(self.random.next()) } }
        temporary = try TemporaryGRUU(key: key)
        for binding in state.bindings {
            guard let slot = makeSlot(for: binding.aor) else { continue }
            lastID = max(lastID, binding.id)
            // A flow of the time before is nobody's flow now.
            var binding = binding
            binding.flow = nil
            add(binding, request: nil, via: 0, to: slot)
            if let instance = binding.instance, binding.gruuSerial != 0 {
                let grant = Grant(
                    instance: instance, regID: binding.regID, callID: binding.callID, serial: binding.gruuSerial)
                slots[slot].grants.append(grant)
                serials[grant.serial] = slot
            }
        }
        // The latest last, so that the oldest make room first.
        for known in state.known {
            guard let slot = makeSlot(for: known.aor) else { continue }
            if let instance = known.instance { remember(instance, in: slot) }
            queueIfVacant(slot)
        }
    }

    // MARK: Looking up

    func slot(of aor: AddressOfRecord) -> Int? { index[aor] }

    func aor(_ slot: Int) -> AddressOfRecord { slots[slot].aor }

    func knows(_ instance: InstanceID, in slot: Int) -> Bool { slots[slot].known.contains(instance) }

    var deadline: Timestamp? { bindingCount == 0 ? nil : agenda.first?.due }

    var bindings: [Binding] {
        slots.flatMap { $0.entries.map(\.binding) }.sorted { ($0.aor.text, $0.id) < ($1.aor.text, $1.id) }
    }

    // MARK: Changing

    /// A record as it was, to be put back.
    struct Before: Sendable {
        let slot: Int
        /// nil when the AOR had none.
        let record: Record?
    }

    /// How many bindings of a record have not expired.
    func liveCount(of slot: Int, at now: Timestamp) -> Int {
        var count = 0
        // By index, because a closure over the elements would copy each.
        for entry in slots[slot].entries.indices where slots[slot].entries[entry].binding.expires > now { count += 1 }
        return count
    }

    /// The slot of `aor`, made if need be; nil when there is no room for another AOR.
    mutating func makeSlot(for aor: AddressOfRecord) -> Int? {
        if let slot = index[aor] { return slot }
        if index.count >= limits.addressesOfRecord, !giveUpVacant() { return nil }
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = Record(aor)
        } else {
            slot = slots.count
            slots.append(Record(aor))
        }
        index[aor] = slot
        return slot
    }

    mutating func newID() -> UInt64 {
        lastID += 1
        return lastID
    }

    mutating func add(_ binding: Binding, request: RequestedContact?, via: Int, to slot: Int) {
        slots[slot].entries.append(Entry(binding: binding, request: request, via: via, scheduled: binding.expires))
        bindingCount += 1
        agenda.insert(Agenda.Entry(due: binding.expires, slot: slot, id: binding.id))
        if let flow = binding.flow { flows[flow, default: []].insert(slot) }
        if let instance = binding.instance { remember(instance, in: slot) }
    }

    /// Replaces a binding by its refreshed self, and keeps what refers to it in step.
    mutating func update(_ entry: Int, of slot: Int, to binding: Binding, request: RequestedContact, via: Int) {
        let flow = slots[slot].entries[entry].binding.flow
        if slots[slot].entries[entry].binding.contact !== binding.contact {
            slots[slot].entries[entry].listedSeconds = -1
        }
        slots[slot].entries[entry].binding = binding
        slots[slot].entries[entry].request = request
        slots[slot].entries[entry].via = via
        if binding.flow != flow, let flow = binding.flow { flows[flow, default: []].insert(slot) }
        if binding.expires < slots[slot].entries[entry].scheduled {
            slots[slot].entries[entry].scheduled = binding.expires
            agenda.insert(Agenda.Entry(due: binding.expires, slot: slot, id: binding.id))
            if agenda.count > 2 * bindingCount + 1024 { rebuildAgenda() }
        }
    }

    /// Takes bindings away; what was removed comes back as changes.
    mutating func remove(from slot: Int, where isDoomed: (Binding) -> Bool) -> [BindingChange] {
        var changes: [BindingChange] = []
        slots[slot].entries.removeAll { entry in
            guard isDoomed(entry.binding) else { return false }
            changes.append(.removed(entry.binding))
            return true
        }
        guard !changes.isEmpty else { return [] }
        bindingCount -= changes.count
        dropGrants(of: slot)
        queueIfVacant(slot)
        return changes
    }

    mutating func removeAll(on flow: FlowID) -> [BindingChange] {
        guard let slots = flows.removeValue(forKey: flow) else { return [] }
        return slots.sorted().flatMap { remove(from: $0) { $0.flow == flow } }
    }

    mutating func expire(at now: Timestamp) -> [BindingChange] {
        var changes: [BindingChange] = []
        while let first = agenda.first, first.due <= now {
            agenda.removeFirst()
            guard let entry = slots[first.slot].entries.firstIndex(where: { $0.binding.id == first.id }),
                slots[first.slot].entries[entry].scheduled == first.due
            else { continue }
            let expires = slots[first.slot].entries[entry].binding.expires
            if expires <= now {
                changes += remove(from: first.slot) { $0.id == first.id }
            } else {
                slots[first.slot].entries[entry].scheduled = expires
                agenda.insert(Agenda.Entry(due: expires, slot: first.slot, id: first.id))
            }
        }
        return changes
    }

    /// Puts a record back as it was.
    mutating func restore(_ before: Before) {
        let slot = before.slot
        let current = slots[slot]
        for grant in current.grants { serials[grant.serial] = nil }
        bindingCount -= current.entries.count
        guard var record = before.record else {
            index[current.aor] = nil
            slots[slot].entries = []
            slots[slot].grants = []
            // Left in the queue, the slot is given up there; outside of it, here.
            if !current.isQueued { free.append(slot) }
            return
        }
        record.isQueued = current.isQueued
        // A flow may have ended since, and with it its bindings.
        record.entries.removeAll { entry in entry.binding.flow.map { flows[$0] == nil } ?? false }
        for grant in record.grants { serials[grant.serial] = slot }
        bindingCount += record.entries.count
        slots[slot] = record
    }

    // MARK: Room

    private mutating func remember(_ instance: InstanceID, in slot: Int) {
        guard !slots[slot].known.contains(instance) else { return }
        slots[slot].known.append(instance)
        guard slots[slot].known.count > limits.instancesPerAOR else { return }
        let entries = slots[slot].entries
        if let old = slots[slot].known.firstIndex(where: { known in
            !entries.contains { $0.binding.instance == known }
        }) {
            slots[slot].known.remove(at: old)
        }
    }

    private mutating func queueIfVacant(_ slot: Int) {
        guard slots[slot].entries.isEmpty, !slots[slot].isQueued else { return }
        slots[slot].isQueued = true
        vacant.append(slot)
    }

    /// Forgets the AOR that has been without a binding for longest; false when all have some.
    private mutating func giveUpVacant() -> Bool {
        while let slot = vacant.next() {
            slots[slot].isQueued = false
            guard slots[slot].entries.isEmpty else { continue }
            if index[slots[slot].aor] == slot { index[slots[slot].aor] = nil }
            slots[slot].known = []
            free.append(slot)
            return true
        }
        return false
    }

    private mutating func rebuildAgenda() {
        agenda.removeAll()
        for slot in slots.indices {
            for entry in slots[slot].entries.indices {
                let binding = slots[slot].entries[entry].binding
                slots[slot].entries[entry].scheduled = binding.expires
                agenda.insert(Agenda.Entry(due: binding.expires, slot: slot, id: binding.id))
            }
        }
    }

    /// Keeps the text of an entry's last listing.
    mutating func keepListing(_ text: String, seconds: Int64, of entry: Int, in slot: Int) {
        slots[slot].entries[entry].listed = text
        slots[slot].entries[entry].listedSeconds = seconds
    }
}
