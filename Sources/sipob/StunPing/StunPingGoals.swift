import OutboundKit

/// One target with its address.
struct StunPingGoal {
    /// As the user wrote it.
    let name: String
    /// The Request-URI of the OPTIONS check.
    let uri: String
    let remote: TransportAddress
}

/// A target that is not probed, and why: its name leads nowhere, or the host has no socket for it.
struct UnprobedGoal {
    let name: String
    var remote: TransportAddress?
    let error: TransportError
}

/// The targets of one run: those that are probed, each with its socket, and those that cannot be.
struct StunPingGoals {
    private(set) var goals: [StunPingGoal] = []
    /// In the order of `goals`.
    private(set) var sockets: [UDPSocket] = []
    private(set) var unprobed: [UnprobedGoal]

    /// Opens the sockets. Of a target that the host has none for a line on standard error tells at once; the others are
    /// probed.
    /// - Parameter unlocated: targets without an address, of which it was told.
    init(_ located: [StunPingGoal], unlocated: [UnprobedGoal], from local: TransportAddress?) {
        unprobed = unlocated
        for goal in located {
            do throws(TransportError) {
                sockets.append(try UDPSocket(to: goal.remote, from: local))
                goals.append(goal)
            } catch {
                Self.complain(error)
                unprobed.append(UnprobedGoal(name: goal.name, remote: goal.remote, error: error))
            }
        }
    }

    static func complain(_ error: TransportError) {
        Terminal.complain("\(error); \(error.hostAdvice ?? "check the address, --bind and the routes").")
    }

    /// All of them, in the order of the documents.
    var names: [String] { goals.map(\.name) + unprobed.map(\.name) }
}
