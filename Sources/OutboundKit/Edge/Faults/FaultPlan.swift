/// What a bad server is to do, all of it together.
public struct FaultPlan: Sendable, Hashable {
    public let faults: [Fault]

    public init(_ faults: [Fault] = []) {
        self.faults = faults
    }

    /// Reads the faults of a command line.
    public static func parse(_ texts: [String]) throws(FaultError) -> FaultPlan {
        var faults: [Fault] = []
        for text in texts { faults.append(try Fault.parse(text)) }
        return FaultPlan(faults)
    }

    var isEmpty: Bool { faults.isEmpty }

    /// The first fault of that kind.
    func first(_ kind: Fault.Kind) -> Fault? { faults.first { $0.kind == kind } }

    func has(_ kind: Fault.Kind) -> Bool { first(kind) != nil }

    /// What every request but REGISTER is answered with.
    var requestStatus: UInt16? { has(.status430) ? 430 : has(.status403) ? 403 : nil }
}

/// What faults remember of a flow.
struct FlowMischief: Sendable {
    /// STUN answers given.
    var answers = 0
    var isDoomed = false
}
