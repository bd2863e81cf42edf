@testable import OutboundKit

/// A phone with two flows to one edge, each with its own reg-id and Call-ID unless it is made otherwise.
struct ScriptedPair {
    private var first: ScriptedPhone
    private var second: ScriptedPhone

    /// How the second registration is named; the first is reg-id 1 under `call1`.
    init(
        _ settings: EdgeSettings, _ transports: (TransportProtocol, TransportProtocol),
        _ habits: (Set<ScriptedPhone.Habit>, Set<ScriptedPhone.Habit>), expires: UInt32 = 600, regID: String = "2",
        callID: String = "call2"
    ) throws {
        first = try ScriptedPhone(
            try EdgeRig(settings), transports.0, habits.0, expires: expires, callID: "call1")
        second = try ScriptedPhone(
            first.rig, transports.1, habits.1, expires: expires, seed: 9, regID: regID, callID: callID, port: 41_000)
        first.rig = second.rig
    }

    /// Both live on the same edge: the rig goes from one to the other and back.
    mutating func run(seconds: Double) {
        let end = first.rig.now + .nanoseconds(Int64(seconds * 1e9))
        while let due = ([first.rig.edge.deadline, first.deadline, second.deadline].compactMap { $0 }.min()), due <= end
        {
            first.rig.run(seconds: Double(max(due.nanoseconds(since: first.rig.now), 0)) / 1e9)
            first.hasLivingSibling = second.isRegistered
            second.hasLivingSibling = first.isRegistered
            if first.habits.contains(.holdsOtherBack), let attempt = first.alarms[.retry] {
                second.holdRefresh(until: attempt + .milliseconds(1))
            }
            step()
        }
        first.rig.run(seconds: Double(end.nanoseconds(since: first.rig.now)) / 1e9)
        step()
    }

    private mutating func step() {
        first.settle()
        first.fire()
        first.settle()
        second.rig = first.rig
        second.settle()
        second.fire()
        second.settle()
        first.rig = second.rig
    }

    var held: [Finding] { first.findings().filter { ["fail", "warn"].contains($0.verdict.word) } }
}
