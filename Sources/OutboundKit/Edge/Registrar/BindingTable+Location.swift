extension BindingTable {
    /// The target set for an AOR, or for one instance of it (RFC 5626 §7, RFC 5627 §6.1).
    func location(_ slot: Int, instance wanted: InstanceID?, at now: Timestamp) -> Location {
        var groups: [[Binding]] = []
        for entry in slots[slot].entries where entry.binding.expires > now {
            let binding = entry.binding
            if let wanted, binding.instance != wanted { continue }
            if let instance = binding.instance, let group = groups.firstIndex(where: { $0[0].instance == instance }) {
                groups[group].append(binding)
            } else {
                groups.append([binding])
            }
        }
        guard !groups.isEmpty else { return .gone }
        for group in groups.indices { groups[group].sort(by: Self.isFresher) }
        // An instance is as preferred as the most preferred of its Contacts; among equals the most recent comes first.
        groups.sort { left, right in
            let (first, second) = (left.map(\.q).max() ?? 0, right.map(\.q).max() ?? 0)
            return first == second ? Self.isFresher(left[0], right[0]) : first > second
        }
        return .instances(groups)
    }

    private static func isFresher(_ left: Binding, _ right: Binding) -> Bool {
        left.updated == right.updated ? left.id > right.id : left.updated > right.updated
    }
}
