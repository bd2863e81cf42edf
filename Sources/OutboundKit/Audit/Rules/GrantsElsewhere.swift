/// Where phones that a flow shows as not registered were registered over another one later: a challenge is answered, and a
/// refusal made good, on another connection too.
struct GrantsElsewhere: Sendable {
    private struct Grant {
        let flow: FlowID
        let client: IPAddress
        let deviceKey: Int
        let bindingKey: Int
        let hasRegID: Bool
        let time: Int64

        init(_ registration: FlowRegistration, _ flow: FlowID, _ client: IPAddress) {
            (self.flow, self.client) = (flow, client)
            (deviceKey, bindingKey) = (registration.deviceKey, registration.bindingKey)
            (hasRegID, time) = (registration.hasRegID, registration.lastGranted)
        }

        /// Whether it is one of the binding that `other` asked for, as far as both say so. Without an instance-id the same
        /// address is taken for the same phone.
        func isFor(_ other: FlowRegistration, of client: IPAddress) -> Bool {
            guard deviceKey != 0, other.deviceKey != 0 else { return client == self.client }
            return hasRegID && other.hasRegID ? bindingKey == other.bindingKey : deviceKey == other.deviceKey
        }
    }

    private var grants: [String: [Grant]] = [:]

    /// - Parameter asked: by index, the flows that are to be judged; nil for all.
    init(_ flows: Chunks<FlowRecord>, for asked: [Bool]?) {
        var devices: Set<Int> = []
        var hosts: Set<IPAddress> = []
        // By index: a record is copied only where it is needed.
        for index in flows.indices where asked?[index] ?? true && Self.mayBeUnregistered(flows[index]) {
            hosts.insert(flows[index].client.ip)
            for registration in flows[index].registrations { devices.insert(registration.deviceKey) }
        }
        guard !hosts.isEmpty else { return }
        devices.remove(0)
        // What a proxy registers on the other side is no flow of the phone.
        for index in flows.indices
        where flows[index].registerSuccesses > 0 && !flows[index].sights.contains(.forwarded) {
            let client = flows[index].client.ip
            // Of most flows no AOR need be made a text.
            let mayBeWanted = flows[index].registrations.contains { devices.contains($0.deviceKey) }
            guard mayBeWanted || hosts.contains(client) else { continue }
            for registration in flows[index].registrations where registration.lastGranted != .never {
                grants[registration.aor, default: []].append(Grant(registration, flows[index].id, client))
            }
        }
    }

    private static func mayBeUnregistered(_ flow: borrowing FlowRecord) -> Bool {
        flow.sights.contains(.register)
            && (flow.registerSuccesses == 0 || flow.rare?.value.further?.value.refusals.isEmpty == false)
    }

    /// Whether `registration` of `flow` was granted on another flow after `time`.
    func contains(_ registration: FlowRegistration, of flow: FlowRecord, after time: Int64) -> Bool {
        grants[registration.aor]?.contains { grant in
            grant.time > time && grant.flow != flow.id && grant.isFor(registration, of: flow.client.ip)
        } ?? false
    }
}
