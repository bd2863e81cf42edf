/// What an edge is doing, in the text format that Prometheus reads (version 0.0.4). Every series is always there, so that
/// a rate over it has a beginning; only status codes appear as they come.
public struct StatusMetrics: Sendable {
    /// The Content-Type of `text`.
    public static let type = "text/plain; version=0.0.4; charset=utf-8"

    /// A number that only grows, as metrics and status page both name it.
    struct Counter {
        let name: String
        let help: String
        let value: UInt64
    }

    private let snapshot: EdgeSnapshot
    private let verdicts: VerdictCounts?
    private let version: String

    /// - Parameter verdicts: what was found so far, where the phones are judged.
    public init(_ snapshot: EdgeSnapshot, verdicts: VerdictCounts?, version: String) {
        self.snapshot = snapshot
        self.verdicts = verdicts
        self.version = version
    }

    /// The counters without labels.
    static func counters(_ counters: EdgeSnapshot.Counters) -> [Counter] {
        [
            Counter(name: "flows_opened", help: "Flows that were opened", value: counters.flowsOpened),
            Counter(name: "flows_closed", help: "Flows that ended", value: counters.flowsClosed),
            Counter(
                name: "flows_timed_out", help: "Flows closed because the peer was silent too long",
                value: counters.flowsTimedOut),
            Counter(name: "stun_requests", help: "STUN Binding requests", value: counters.stunRequests),
            Counter(name: "stun_answers", help: "STUN answers", value: counters.stunAnswers),
            Counter(name: "requests_received", help: "SIP requests received", value: counters.requestsReceived),
            Counter(name: "responses_received", help: "SIP responses received", value: counters.responsesReceived),
            Counter(name: "requests_forwarded", help: "SIP requests forwarded", value: counters.requestsForwarded),
            Counter(
                name: "tokens_refused", help: "403 for a flow token that was changed or made elsewhere",
                value: counters.tokensRefused),
            Counter(name: "flows_failed", help: "430 for a flow that is gone", value: counters.flowsFailed),
            Counter(
                name: "failovers", help: "Requests that went on to another flow of the instance",
                value: counters.failovers),
            Counter(
                name: "malformed", help: "Datagrams and messages that could not be read", value: counters.malformed),
            Counter(
                name: "overloads", help: "Requests refused because a limit was reached", value: counters.overloads),
        ]
    }

    public var text: [UInt8] {
        var out = Exposition()
        out.family("process_start_time_seconds", "gauge", "Start time of the process in seconds since 1970")
        out.sample(DecimalSeconds.text(snapshot.started.nanoseconds, places: 3))
        out.family("sipob_build_info", "gauge", "The version of sipob")
        out.sample("1", ["version": version])
        out.family("sipob_edge_flows", "gauge", "Flows that are open")
        for transport in TransportProtocol.allCases where transport != .sctp {
            let count = snapshot.flows.count { $0.flow.transport == transport && !$0.isUpstream }
            out.sample("\(count)", ["transport": transport.description])
        }
        out.family("sipob_edge_upstream_flows", "gauge", "Flows that the edge opened itself")
        out.sample("\(snapshot.flows.count(where: \.isUpstream))")
        out.family("sipob_edge_outbound_flows", "gauge", "Open flows to which outbound was granted")
        out.sample("\(snapshot.flows.count(where: \.hasOutbound))")
        out.family("sipob_edge_bindings", "gauge", "Bindings of the registrar")
        out.sample("\(snapshot.bindings.count)")
        out.family("sipob_edge_open_transactions", "gauge", "Requests that wait for a final answer")
        out.sample("\(snapshot.openTransactions)")
        let counters = snapshot.counters
        out.family("sipob_edge_registrations_total", "counter", "Answers to REGISTER by status code")
        statuses(counters.registrations, &out)
        out.family("sipob_edge_answers_total", "counter", "Answers to other requests by status code")
        statuses(counters.answers, &out)
        out.family("sipob_edge_pings_total", "counter", "Keep-alives of peers by kind")
        out.sample("\(counters.crlfPings)", ["kind": "crlf"])
        out.sample("\(counters.stunRequests)", ["kind": "stun"])
        out.sample("\(counters.webSocketPings)", ["kind": "websocket"])
        out.family("sipob_edge_pongs_total", "counter", "Answers to keep-alives by kind")
        out.sample("\(counters.crlfPongs)", ["kind": "crlf"])
        out.sample("\(counters.stunAnswers)", ["kind": "stun"])
        for counter in Self.counters(counters) {
            out.family("sipob_edge_\(counter.name)_total", "counter", counter.help)
            out.sample("\(counter.value)")
        }
        if let verdicts { findings(verdicts, &out) }
        return Array(out.text.utf8)
    }

    /// A gauge: a finding can go when a flow turns out to be something else than it seemed.
    private func findings(_ counts: VerdictCounts, _ out: inout Exposition) {
        out.family("sipob_edge_findings", "gauge", "Findings so far by verdict")
        let rows = [
            ("fail", counts.fail), ("warn", counts.warn), ("unknown", counts.unknown), ("info", counts.info),
            ("pass", counts.pass),
        ]
        for (verdict, count) in rows { out.sample("\(count)", ["verdict": verdict]) }
    }

    private func statuses(_ counts: [UInt16: UInt64], _ out: inout Exposition) {
        for (status, count) in counts.sorted(by: { $0.key < $1.key }) {
            out.sample("\(count)", ["status": "\(status)"])
        }
    }
}

/// Writes metric families one after the other; a family's samples follow its head.
private struct Exposition {
    private(set) var text = ""
    private var name = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        self.name = name
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ value: String, _ labels: KeyValuePairs<String, String> = [:]) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
