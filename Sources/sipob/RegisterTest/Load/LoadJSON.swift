import OutboundKit

/// The JSON document of a run under load: the common frame, without flows of their own, and the member `load`.
struct LoadJSON {
    /// What was asked for.
    let addressOfRecord: SIPURI
    let flows: Int
    /// Nil where there was no plan to carry out.
    let settings: FleetSettings?
    let statistics: FleetStatistics
    let record: LoadRecord
    let code: Int32
    let reason: String
    /// One line for people.
    let text: String

    init(statistics: FleetStatistics, record: LoadRecord, plan: LoadPlan, outcome: LoadOutcome) {
        addressOfRecord = plan.settings.addressOfRecord
        flows = plan.settings.count
        settings = plan.settings
        self.statistics = statistics
        self.record = record
        code = outcome.code
        reason = outcome.reason
        text = outcome.complaint ?? outcome.headline
    }

    /// Of a run that did not begin.
    init(_ refusal: LoadRefusal, for addressOfRecord: SIPURI, flows: Int, at time: Timestamp) {
        self.addressOfRecord = addressOfRecord
        self.flows = flows
        settings = nil
        statistics = FleetStatistics()
        record = LoadRecord(started: time, ended: time)
        code = ExitStatus.failure.rawValue
        reason = refusal.reason
        text = refusal.words
    }

    func document() -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(
            &json, command: "register-test", version: sipobVersion, started: record.started,
            duration: record.ended.nanoseconds(since: record.started))
        json.key("flows")
        json.beginArray()
        json.endArray()
        json.key("load")
        writeLoad(&json)
        JSONFrame.findings(&json, [])
        JSONFrame.notAnalyzed(&json, [])
        JSONFrame.summary(&json, VerdictCounts([]))
        JSONFrame.exit(&json, code: code, reason: reason)
        json.endObject()
        json.newline()
        return json.bytes
    }

    private func writeLoad(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("aor", addressOfRecord.description)
        json.member("transport", settings?.transport.description)
        json.member("server", settings?.remote.description)
        json.member("local_addresses", settings.map { max($0.locals.count, 1) })
        json.member("flows", flows)
        json.member("started", statistics.started)
        json.member("registered", statistics.registered)
        json.member("failed", statistics.failed)
        counts("failures", statistics.failures, &json)
        json.member("peak", statistics.peak)
        json.member("without_outbound", statistics.withoutOutbound)
        json.member("ramp_s", seconds: statistics.rampTime?.inNanoseconds)
        json.member("registrations_per_s", LoadRecord.perSecond(statistics.registered, statistics.rampTime))
        json.member("cpu_each_s", seconds: record.rampCPU(statistics), places: 9)
        json.member("hold_s", seconds: statistics.holdTime?.inNanoseconds)
        json.member("held_registrations", statistics.registrationsHeld)
        json.member(
            "held_registrations_per_s", LoadRecord.perSecond(statistics.registrationsHeld, statistics.holdTime))
        json.member("held_cpu_each_s", seconds: record.holdCPU(statistics), places: 9)
        times("register_rtt", statistics.registerTime, &json)
        json.member("keepalives", statistics.keepAlives)
        json.member("keepalives_answered", statistics.keepAlivesAnswered)
        times("keepalive_rtt", statistics.keepAliveTime, &json)
        json.member("lost", statistics.lost)
        counts("losses", statistics.losses, &json)
        json.member("recovered", statistics.recovered)
        json.member("recovery_attempts", statistics.recoveryAttempts)
        times("recovery", statistics.recoveryTime, &json)
        json.member("retransmissions", statistics.retransmissions)
        json.member("challenges", statistics.challenges)
        json.member("requests_received", statistics.requests)
        json.member("ignored", statistics.ignored)
        json.member("removed", statistics.removed)
        json.member("may_remain", statistics.mayRemain)
        json.member("text", text)
        json.endObject()
    }

    private func counts(_ name: String, _ counts: [FleetCause: Int], _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        for (cause, count) in counts.sorted(by: { $0.key < $1.key }) { json.member(cause.code, count) }
        json.endObject()
    }

    private func times(_ name: String, _ times: TimeHistogram, _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.member("count", times.count)
        json.member("min_s", seconds: times.isEmpty ? nil : times.minimum, places: 9)
        for percent in [50, 90, 99] { json.member("p\(percent)_s", seconds: times.percentile(percent), places: 9) }
        json.member("max_s", seconds: times.isEmpty ? nil : times.maximum, places: 9)
        json.endObject()
    }
}
