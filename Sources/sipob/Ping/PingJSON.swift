import ArgumentParser
import OutboundKit

/// The JSON document of crlf-ping and ws-ping: the common frame with a flow for each target, the pings, and the
/// statistics.
struct PingJSON {
    /// The most pings that are listed; of an endless run the rest is only counted.
    static let probeLimit = 100_000

    private struct Probe {
        let flow: Int
        let sequence: Int
        let form: StreamProbe.Form
        let sent: Timestamp
        let result: String
        let reason: String?
        let elapsed: Duration
        let pongs: Int
    }

    let command: String
    let started: Timestamp
    /// Each ping is given away as it ends, and not kept for the document.
    let isStream: Bool
    private var probes: [Probe] = []
    private var unlisted = 0

    init(command: String, started: Timestamp, isStream: Bool) {
        self.command = command
        self.started = started
        self.isStream = isStream
    }

    /// - Returns: the line to print, in a stream.
    mutating func take(_ event: StreamProbe.Event, from index: Int) -> [UInt8]? {
        let probe: Probe
        switch event {
        case .answered(let answer):
            probe = Probe(
                flow: index, sequence: answer.sequence, form: answer.form, sent: answer.sent, result: "answered",
                reason: nil, elapsed: answer.elapsed, pongs: answer.pongs)
        case .lost(let loss):
            let (result, reason): (String, String?) =
                switch loss.reason {
                case .timeout: ("timeout", nil)
                case .flow(let flow): ("closed", "the connection was \(flow.words)")
                case .abandoned: ("closed", "the connection was ended here")
                }
            probe = Probe(
                flow: index, sequence: loss.sequence, form: loss.form, sent: loss.sent, result: result, reason: reason,
                elapsed: loss.elapsed, pongs: 0)
        case .opened, .late, .note, .checked, .finished: return nil
        }
        if isStream { return JSONFrame.line { write(probe, &$0) } }
        if probes.count < Self.probeLimit { probes.append(probe) } else { unlisted += 1 }
        return nil
    }

    func document(_ results: [PingResult], ended: Timestamp, code: ExitCode, reason: String) -> [UInt8] {
        var json = JSONWriter(indented: !isStream)
        json.beginObject()
        JSONFrame.head(
            &json, command: command, version: sipobVersion, started: started,
            duration: ended.nanoseconds(since: started))
        json.list("flows", Array(results.enumerated())) { json, entry in flow(entry.offset, entry.element, &json) }
        json.list("probes", probes) { json, probe in write(probe, &json) }
        json.list("statistics", Array(results.enumerated())) { json, entry in
            statistics(entry.offset, entry.element.seen, &json)
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

    private func left(_ results: [PingResult]) -> [NotAnalyzed] {
        let seen = results.map(\.seen)
        let servers = results.flatMap { result in
            result.left.map { NotAnalyzed(what: "a server of \(result.goal.name)", count: 1, why: $0) }
        }
        return servers
            + [
                NotAnalyzed(what: "pings", count: unlisted, why: "only the first \(Self.probeLimit) are listed"),
                NotAnalyzed(
                    what: "other messages", count: seen.reduce(0) { $0 + $1.otherMessages },
                    why: "they answer nothing of ours"),
                NotAnalyzed(
                    what: "Pongs", count: seen.reduce(0) { $0 + $1.foreignPongs }, why: "they answer none of our Pings"),
            ].filter { $0.count > 0 }
    }

    private func flow(_ index: Int, _ result: PingResult, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", FlowID(UInt32(index)).description)
        json.member("target", result.goal.name)
        json.member("transport", result.goal.transport.description)
        json.member("client", result.flow?.local.description)
        json.member("server", result.goal.remote?.description)
        json.tls(result.tls)
        json.member("software", result.seen.server)
        json.member("ended", ended(result))
        json.member("error", Self.error(result))
        json.list("checks", result.seen.checks) { json, check in
            json.beginObject()
            json.member("check", check.check.word)
            json.member("status", check.status)
            json.member("reason", check.status == nil ? nil : check.reason)
            json.member("answer_s", seconds: check.status == nil ? nil : check.elapsed.inNanoseconds)
            json.member("stray_crlfs", check.strayCRLFs)
            json.member("pong_after", check.pongAfter)
            json.endObject()
        }
        json.endObject()
    }

    private func ended(_ result: PingResult) -> String {
        if result.refusal != nil { return "not-opened" }
        return switch result.seen.ending {
        case .complete: "client"
        case .pongTimeout: "pong-timeout"
        case .flow(.reset): "server-rst"
        case .flow: "server-fin"
        case .handshake: "handshake"
        case .webSocketClosed: "server-close"
        case .webSocketFault(let fault): fault.isOwnLimit ? "too-big" : "protocol-error"
        }
    }

    /// Why the connection to a target ended, or never came about; nil when it ended as it should.
    static func error(_ result: PingResult) -> String? {
        if let refusal = result.refusal { return refusal.description }
        return switch result.seen.ending {
        case .complete, .pongTimeout: nil
        case .flow(let loss): loss.words
        case .handshake(.timeout): "the handshake was not answered in time"
        case .handshake(.refused(let fault)): fault.description
        case .webSocketClosed(let close): close.description
        case .webSocketFault(let fault): fault.words
        }
    }

    private func write(_ probe: Probe, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("flow", FlowID(UInt32(probe.flow)).description)
        json.member("seq", probe.sequence)
        json.member("form", probe.form.description)
        json.member("time", probe.sent.description)
        json.member("result", probe.result)
        json.member("reason", probe.reason)
        json.member("pongs", probe.pongs)
        json.member("elapsed_s", seconds: probe.elapsed.inNanoseconds, places: 9)
        json.member("rtt_s", seconds: probe.pongs > 0 ? probe.elapsed.inNanoseconds : nil, places: 9)
        json.endObject()
    }

    private func statistics(_ index: Int, _ seen: StreamProbe.Observations, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("flow", FlowID(UInt32(index)).description)
        json.member("sent", seen.sent)
        json.member("answered", seen.answered)
        json.member("lost", seen.lost)
        json.member("late_answers", seen.lateAnswers)
        json.member("stray_crlfs", seen.strayCRLFs)
        json.member("server_pings", seen.serverPings)
        json.roundTrips(seen.roundTrips)
        json.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func list<Element>(
        _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { body(&self, element) }
        endArray()
    }
}
