extension EdgeServer {
    /// What the edge holds, by now.
    ///
    /// - Complexity: linear in flows and bindings; for a page that somebody looks at, not for each message.
    public func snapshot(at now: Timestamp) -> EdgeSnapshot {
        let bindings = registrar.bindings
        var users: [FlowID: Set<String>] = [:]
        for binding in bindings {
            if let flow = binding.flow { users[flow, default: []].insert(binding.aor.text) }
        }
        var snapshot = EdgeSnapshot(started: started ?? now, taken: now, counters: counters)
        snapshot.flows = flows.keys.sorted().compactMap { id in
            guard let held = flows[id] else { return nil }
            return EdgeSnapshot.FlowLine(
                id: id, flow: held.flow, isUpstream: held.isUpstream, since: held.since, lastHeard: held.lastHeard,
                addressesOfRecord: (users[id] ?? []).sorted(), hasOutbound: held.hasOutbound,
                pings: UInt64(held.pings), pongs: UInt64(held.pongs))
        }
        snapshot.bindings = bindings.map { binding in
            EdgeSnapshot.BindingLine(
                addressOfRecord: binding.aor.text, contact: binding.contact.uriText,
                instance: binding.instance?.description, regID: binding.regID?.value, flow: binding.flow,
                registeredSince: binding.since, expiresAt: binding.expires, userAgent: binding.userAgent)
        }
        snapshot.openTransactions = contexts.count
        return snapshot
    }
}
