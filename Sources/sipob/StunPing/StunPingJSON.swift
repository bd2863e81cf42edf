import ArgumentParser
import OutboundKit

/// The JSON document of a run: the common frame with a flow for each target, the probes, and the statistics.
struct StunPingJSON {
    /// The most probes that are listed; of an endless run the rest is only counted.
    static let probeLimit = 100_000

    private struct Probe {
        let flow: Int
        let sequence: Int
        let kind: STUNProber.Kind
        let result: String
        let timing: STUNTransaction.Timing
        let answer: STUNProber.Answer?
        let reason: String?
    }

    let goals: [StunPingGoal]
    let locals: [TransportAddress]
    let started: Timestamp
    /// Each probe is given away as it ends, and not kept for the document.
    let isStream: Bool
    private var probes: [Probe] = []
    private var unlisted = 0

    init(goals: [StunPingGoal], locals: [TransportAddress], started: Timestamp, isStream: Bool) {
        self.goals = goals
        self.locals = locals
        self.started = started
        self.isStream = isStream
    }

    /// - Returns: the line to print, in a stream.
    mutating func take(_ event: STUNProber.Event, from index: Int) -> [UInt8]? {
        let probe: Probe
        switch event {
        case .answered(let answer):
            probe = Probe(
                flow: index, sequence: answer.sequence, kind: answer.kind,
                result: answer.isSuccess ? "answered" : "error",
                timing: answer.timing, answer: answer, reason: answer.message.errorCode?.description)
        case .lost(let loss):
            let (result, reason): (String, String?) =
                switch loss.reason {
                case .silence: ("silence", nil)
                case .timeout: ("timeout", nil)
                case .malformed(let error): ("malformed", error.description)
                case .network(let error): ("unreachable", error.description)
                }
            probe = Probe(
                flow: index, sequence: loss.sequence, kind: loss.kind, result: result, timing: loss.timing, answer: nil,
                reason: reason)
        default:
            return nil
        }
        if isStream { return JSONFrame.line { write(probe, &$0) } }
        if probes.count < Self.probeLimit { probes.append(probe) } else { unlisted += 1 }
        return nil
    }

    /// - Parameter unprobed: their flows come last.
    func document(
        _ results: [StunPingRun.Result], _ unprobed: [UnprobedGoal], ended: Timestamp, code: ExitCode, reason: String
    ) -> [UInt8] {
        var json = JSONWriter(indented: !isStream)
        json.beginObject()
        JSONFrame.head(
            &json, command: "stun-ping", version: sipobVersion, started: started,
            duration: ended.nanoseconds(since: started))
        let count = results.count
        json.array("flows", 0..<count + unprobed.count) { json, index in
            if index < count {
                flow(index, results[index], &json)
            } else {
                Self.flow(index, unprobed[index - count], &json)
            }
        }
        json.array("probes", probes.indices) { json, index in write(probes[index], &json) }
        json.array("statistics", 0..<count + unprobed.count) { json, index in
            statistics(index, index < count ? results[index].seen : STUNProber.Observations(), &json)
        }
        let findings = results.flatMap(\.findings)
        JSONFrame.findings(&json, findings)
        JSONFrame.notAnalyzed(&json, left(results))
        JSONFrame.summary(&json, VerdictCounts(findings))
        JSONFrame.exit(&json, code: code.rawValue, reason: reason)
        json.endObject()
        json.newline()
        return json.bytes
    }

    private func left(_ results: [StunPingRun.Result]) -> [NotAnalyzed] {
        let seen = results.map(\.seen)
        return [
            NotAnalyzed(what: "probes", count: unlisted, why: "only the first \(Self.probeLimit) are listed"),
            NotAnalyzed(
                what: "STUN messages", count: seen.reduce(0) { $0 + $1.foreignAnswers },
                why: "they answer none of our requests"),
            NotAnalyzed(
                what: "malformed STUN messages", count: seen.reduce(0) { $0 + $1.malformed }, why: "they cannot be read"
            ),
            NotAnalyzed(
                what: "other datagrams", count: seen.reduce(0) { $0 + $1.otherDatagrams },
                why: "they are no STUN messages"),
        ].filter { $0.count > 0 }
    }

    private func flow(_ index: Int, _ result: StunPingRun.Result, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", FlowID(UInt32(index)).description)
        json.member("target", result.goal.name)
        json.member("transport", "udp")
        json.member("client", result.local.description)
        json.member("server", result.goal.remote.description)
        json.member("error", String?.none)
        json.key("sip_check")
        if let answer = result.seen.sipAnswer {
            json.beginObject()
            json.member("status", answer.status)
            json.member("reason", answer.reason)
            json.member("server", answer.server)
            json.member("source_address", answer.sourceAddress?.description)
            json.member("answer_s", seconds: answer.elapsed.inNanoseconds)
            json.endObject()
        } else {
            json.null()
        }
        json.endObject()
    }

    static func flow(_ index: Int, _ goal: UnprobedGoal, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", FlowID(UInt32(index)).description)
        json.member("target", goal.name)
        json.member("transport", "udp")
        json.member("client", String?.none)
        json.member("server", goal.remote?.description)
        json.member("error", goal.error.description)
        json.key("sip_check")
        json.null()
        json.endObject()
    }

    private func write(_ probe: Probe, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("flow", FlowID(UInt32(probe.flow)).description)
        json.member("seq", probe.sequence)
        json.member("kind", Self.word(probe.kind))
        json.member("time", probe.timing.started.description)
        json.member("result", probe.result)
        json.member("reason", probe.reason)
        json.member("requests", probe.timing.sends)
        json.member("elapsed_s", seconds: probe.timing.elapsed.inNanoseconds, places: 9)
        let isRoundTrip = probe.answer != nil && probe.timing.isRoundTrip
        json.member("rtt_s", seconds: isRoundTrip ? probe.timing.elapsed.inNanoseconds : nil, places: 9)
        json.member("mapped_address", probe.answer?.mappedAddress?.description)
        json.member("xor", probe.answer.map { $0.message.xorMappedAddress != nil })
        json.member("software", probe.answer?.message.software)
        json.member("octets", probe.answer?.message.bytes.count)
        json.endObject()
    }

    private static func word(_ kind: STUNProber.Kind) -> String {
        switch kind {
        case .ping: "ping"
        case .unknownRequired: "unknown-required"
        case .unknownOptional: "unknown-optional"
        case .fingerprint: "fingerprint"
        }
    }

    private func statistics(_ index: Int, _ seen: STUNProber.Observations, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("flow", FlowID(UInt32(index)).description)
        json.member("sent", seen.sent)
        json.member("answered", seen.answered)
        json.member("lost", seen.lost)
        json.member("retransmissions", seen.retransmissions)
        json.member("error_responses", seen.errorResponses)
        json.member("late_answers", seen.lateAnswers)
        json.member("mapped_address", seen.mappedAddress?.description)
        json.member("mapped_changes", seen.mappedAddressChanges)
        json.roundTrips(seen.roundTrips)
        json.endObject()
    }
}
