/// An audit as one JSON document in the frame that all commands share, handed over in pieces: a report of a million
/// flows needs no memory for it.
public struct AuditJSON: Sendable {
    private let report: AuditReport
    private let timelines: FlowTimelines?

    /// - Parameter timelines: of the flows that are shown, where each is to be told in full.
    public init(_ report: AuditReport, timelines: FlowTimelines? = nil) {
        self.report = report
        self.timelines = timelines
    }

    /// - Parameter write: takes each piece in turn.
    public func write(
        command: String, version: String, started: Timestamp, duration: Int64, to write: ([UInt8]) -> Void
    ) {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, command: command, version: version, started: started, duration: duration)
        json.key("flows")
        json.beginArray()
        for index in report.flowsWorstFirst() {
            flow(&json, FlowSummary(report.ledger.flows[index], end: report.ledger.lastTime), timelines?[index])
            if json.bytes.count > 1 << 16 { write(json.drain()) }
        }
        json.endArray()
        json.key("findings")
        json.beginArray()
        let identity = FindingIdentity(report.ledger)
        for finding in report.findings {
            JSONFrame.finding(&json, finding, fingerprint: identity.fingerprint(finding))
            if json.bytes.count > 1 << 16 { write(json.drain()) }
        }
        json.endArray()
        FleetJSON.fleet(&json, report)
        JSONFrame.notAnalyzed(&json, report.notAnalyzed)
        FleetJSON.totals(&json, report)
        JSONFrame.summary(&json, report.counts)
        setAside(&json)
        JSONFrame.exit(&json, code: report.exitCode, reason: report.exitReason)
        json.endObject()
        json.newline()
        write(json.drain())
    }

    private func setAside(_ json: inout JSONWriter) {
        json.key("set_aside")
        json.beginObject()
        json.member("suppressed", report.setAside.suppressed.total)
        json.member("known", report.setAside.known.total)
        json.key("known_findings")
        json.beginArray()
        for (fingerprint, verdict) in report.setAside.knownFindings {
            json.beginObject()
            json.member("fingerprint", fingerprint)
            json.member("verdict", verdict.word)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func flow(_ json: inout JSONWriter, _ flow: FlowSummary, _ timeline: FlowTimeline?) {
        json.beginObject()
        json.member("id", flow.id.description)
        json.member("transport", flow.transport.description)
        json.member("client", flow.client.description)
        json.member("server", flow.server.description)
        json.member("role", flow.role)
        json.key("registrations")
        json.beginArray()
        for registration in flow.registrations { self.registration(&json, registration) }
        json.endArray()
        json.key("keepalive")
        json.beginObject()
        json.member("kind", flow.keepAlive)
        json.member("pings", flow.pings)
        json.member("pongs", flow.pongs)
        json.member("retransmissions", flow.retransmissions)
        json.member("interval_min_s", seconds: flow.intervalMin)
        json.member("interval_median_s", seconds: flow.intervalMedian)
        json.member("interval_max_s", seconds: flow.intervalMax)
        json.member("answer_max_s", seconds: flow.answerMax)
        json.endObject()
        json.member("mapped_changes", flow.mappedChanges)
        json.member("replaced_by", flow.replacedBy?.description)
        json.member("ended", flow.ended.rawValue)
        if let timeline { TimelineJSON.timeline(&json, timeline) }
        json.endObject()
    }

    private func registration(_ json: inout JSONWriter, _ registration: FlowRegistration) {
        json.beginObject()
        json.member("aor", registration.aor)
        json.member("instance", registration.instance)
        json.key("reg_id")
        if let number = registration.regID.flatMap({ UInt64($0) }) {
            json.value(number)
        } else if let text = registration.regID {
            json.value(text)
        } else {
            json.null()
        }
        json.member("user_agent", registration.userAgent)
        json.member("registered", registration.isBound)
        json.member("outbound", registration.outboundGranted && registration.regID != nil)
        json.member("flow_timer_s", FlowTimer.number(registration.flowTimer))
        json.member("keep_s", registration.keep)
        json.member("expires_s", registration.expires)
        json.member("path", registration.path)
        json.endObject()
    }
}
