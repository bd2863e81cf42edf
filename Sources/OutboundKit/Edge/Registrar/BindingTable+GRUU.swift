/// Temporary GRUUs: which are valid, and where they lead (RFC 5627 §3.1.2, §5.1).
extension BindingTable {
    /// The AOR and instance to which a temporary GRUU leads; nil for one that is void or not ours.
    func instance(ofTemporary user: String) -> (slot: Int, instance: InstanceID)? {
        guard let serial = temporary.serial(of: user), let slot = serials[serial],
            let grant = slots[slot].grants.first(where: { $0.serial == serial })
        else { return nil }
        return (slot, grant.instance)
    }

    /// A new temporary GRUU's user part.
    mutating func mint(_ serial: UInt64, at now: Timestamp) -> String {
        minted &+= 1
        return temporary.user(serial: serial, number: UInt64(bitPattern: now.nanoseconds) &+ minted)
    }

    /// The serial of the temporary GRUUs for a registration of `instance` (RFC 5627 §5.1): the one of before if the
    /// latest registration of the same instance, and where outbound applies of the same reg-id, had the same Call-ID.
    /// Another Call-ID makes the earlier GRUUs void.
    ///
    /// - Parameter isWanted: the phone listed `gruu`. Else none is made, and one that is void is only forgotten.
    mutating func grant(
        _ instance: InstanceID, _ regID: RegID?, callID: String, isWanted: Bool, in slot: Int
    ) -> UInt64 {
        if let found = slots[slot].grants.firstIndex(where: { $0.instance == instance && $0.regID == regID }) {
            let grant = slots[slot].grants[found]
            if grant.callID == callID { return grant.serial }
            serials[grant.serial] = nil
            slots[slot].grants.remove(at: found)
        }
        guard isWanted else { return 0 }
        // One grant a flow, and flows that are gone leave theirs behind while the instance has others.
        if slots[slot].grants.count >= 2 * limits.bindingsPerAOR {
            serials[slots[slot].grants.removeFirst().serial] = nil
        }
        let serial = max(1, random.next())
        slots[slot].grants.append(Grant(instance: instance, regID: regID, callID: callID, serial: serial))
        serials[serial] = slot
        return serial
    }

    /// Temporary GRUUs end with the last Contact of their instance (RFC 5627 §3.1.2).
    mutating func dropGrants(of slot: Int) {
        guard !slots[slot].grants.isEmpty else { return }
        for grant in slots[slot].grants
        where !slots[slot].entries.contains(where: { $0.binding.instance == grant.instance }) {
            serials[grant.serial] = nil
        }
        let serials = serials
        slots[slot].grants.removeAll { serials[$0.serial] == nil }
    }
}
