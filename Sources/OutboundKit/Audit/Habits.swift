/// How often phones did one odd thing after an answer, over all their flows: a client that does not understand an answer
/// makes a new flow each time, so that no single flow shows it.
struct Habits: Sendable {
    /// From here on it is a habit, and neither chance nor somebody who switches the phone off.
    static let least = 3

    struct Habit: Sendable {
        var count = 0
        /// The last flow that shows it: where the finding belongs.
        var flow: FlowID
        /// Keep-alives of the flows that show it.
        var pings = 0
        var marks: [EvidenceMark] = []
    }

    private struct Key: Hashable {
        /// The binding or, of a phone without an instance-id, the flow.
        let phone: Int
        let kind: EvidenceMark.Kind
    }

    /// Those that mean something only when the phone came back on another flow.
    private static let departures: Set<EvidenceMark.Kind> = [.leftAnswered, .leftEarly]
    private static let kinds: [EvidenceMark.Kind] = [
        .leftAnswered, .leftEarly, .unheededGrant, .unheededAnswer, .movedByForeignAnswer, .movedByOwnAddress,
        .tookBadAnswer,
    ]

    private var habits: [Key: Habit] = [:]

    init(_ flows: Chunks<FlowRecord>) {
        // By index: a record is copied only where there is something to tell.
        for index in flows.indices where !flows[index].log.isEmpty {
            for kind in Self.kinds where flows[index].log.contains(kind) {
                let flow = flows[index]
                guard flow.isUserAgentFlow, !Self.departures.contains(kind) || flow.replacedBy != nil else { continue }
                let key = Key(phone: Self.phone(flow), kind: kind)
                habits[key, default: Habit(flow: flow.id)].count += flow.log.count(kind)
                habits[key]?.flow = flow.id
                habits[key]?.pings += Int(flow.pings)
                habits[key]?.marks += flow.log.all(kind).prefix(4)
            }
        }
    }

    /// The phone's habit, on the flow where it is to be told; nil elsewhere.
    func told(_ kind: EvidenceMark.Kind, on flow: FlowRecord) -> Habit? {
        guard flow.log.contains(kind), let habit = habits[Key(phone: Self.phone(flow), kind: kind)],
            habit.flow == flow.id
        else { return nil }
        return habit
    }

    private static func phone(_ flow: FlowRecord) -> Int {
        let key = flow.registrations.first?.bindingKey ?? 0
        // Keys of bindings are odd.
        return key == 0 ? Int(flow.id.rawValue) << 1 : key
    }
}
