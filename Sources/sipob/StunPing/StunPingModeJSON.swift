import ArgumentParser
import OutboundKit

/// The JSON document of the modes that do not ping: the same frame, with one member more.
struct StunPingModeJSON {
    /// Those that were probed, then those that were not.
    let targets: StunPingGoals
    let started: Timestamp
    let ended: Timestamp
    let findings: [Finding]
    let code: ExitCode
    let reason: String

    func document(_ member: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(
            &json, command: "stun-ping", version: sipobVersion, started: started,
            duration: ended.nanoseconds(since: started))
        json.key("flows")
        json.beginArray()
        for (index, (goal, socket)) in zip(targets.goals, targets.sockets).enumerated() {
            json.beginObject()
            json.member("id", FlowID(UInt32(index)).description)
            json.member("target", goal.name)
            json.member("transport", "udp")
            json.member("client", socket.local.description)
            json.member("server", goal.remote.description)
            json.member("error", String?.none)
            json.member("sip_check", String?.none)
            json.endObject()
        }
        for (index, goal) in targets.unprobed.enumerated() {
            StunPingJSON.flow(targets.goals.count + index, goal, &json)
        }
        json.endArray()
        for empty in ["probes", "statistics"] {
            json.key(empty)
            json.beginArray()
            json.endArray()
        }
        json.key(member)
        body(&json)
        JSONFrame.findings(&json, findings)
        JSONFrame.notAnalyzed(&json, [])
        JSONFrame.summary(&json, VerdictCounts(findings))
        JSONFrame.exit(&json, code: code.rawValue, reason: reason)
        json.endObject()
        json.newline()
        return json.bytes
    }
}
