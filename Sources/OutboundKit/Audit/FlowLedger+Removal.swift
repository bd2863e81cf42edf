/// A 2xx to `Contact: *`, which takes away all that an AOR has (RFC 3261 §10.2.2).
extension FlowLedger {
    /// Tells the bindings of the AOR of a flow's registration that they were removed: those on the flow, and on other flows
    /// those of the same devices (RFC 5626 §4.2), whose keep-alives end with them.
    mutating func noteRemovalOfAll(_ index: Int, _ registration: Int, time: Int64, frame: UInt64) {
        for place in flows[index].registrations(withAORAt: registration) {
            let (key, siblings) = flows[index].registrations.with(place) { ($0.bindingKey, $0.siblingKeys) }
            if key != 0, let history = history(of: key), histories[history].flow == index {
                noteRemoval(history, time, frame)
            }
            for key in siblings {
                guard let history = history(of: key), histories[history].state == .registered else { continue }
                let other = histories[history].flow
                guard other != index, !flows[other].hasFailed else { continue }
                flows[other].settle(at: time, settings: settings)
                flows[other].endElsewhere(bindingKey: key)
                noteRemoval(history, time, frame)
            }
        }
    }

    /// A 2xx took the binding away.
    mutating func noteRemoval(_ history: Int, _ time: Int64, _ frame: UInt64) {
        histories[history].add(.unregistered, time, frame, flows[histories[history].flow].id)
        histories[history].state = .idle
    }
}

extension FlowRecord {
    /// A 2xx on another flow took one of the bindings away.
    fileprivate mutating func endElsewhere(bindingKey: Int) {
        for index in registrations.indices {
            registrations.update(index) { registration in
                guard registration.bindingKey == bindingKey else { return }
                registration.isBound = false
                registration.asked = .grantedUnseen
            }
        }
        if !registrations.contains(where: { $0.isBound }), !hasUnkeptRegistrations { endDuty() }
    }
}
