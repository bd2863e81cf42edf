/// The members `fleet` and `totals` of the JSON report.
enum FleetJSON {
    static func fleet(_ json: inout JSONWriter, _ report: AuditReport) {
        json.key("fleet")
        json.beginObject()
        json.key("outages")
        json.beginArray()
        for outage in report.fleet.outages { self.outage(&json, outage) }
        json.endArray()
        json.key("rhythms")
        json.beginArray()
        for rhythm in report.fleet.rhythms { self.rhythm(&json, rhythm) }
        json.endArray()
        json.key("user_agents")
        json.beginArray()
        for row in UserAgentTable(report).rows { agent(&json, row) }
        json.endArray()
        json.endObject()
    }

    static func totals(_ json: inout JSONWriter, _ report: AuditReport) {
        json.key("totals")
        json.beginObject()
        json.member("flows", report.flowCount)
        json.member("packets", report.packets)
        json.member("packets_left_out", report.leftOut)
        json.member("tls_decrypted", report.decrypted)
        json.endObject()
    }

    private static func edge(_ json: inout JSONWriter, _ edge: FleetEdge) {
        json.member("transport", edge.transport.description)
        json.member("server", edge.address.description)
    }

    private static func outage(_ json: inout JSONWriter, _ outage: EdgeOutage) {
        json.beginObject()
        edge(&json, outage.edge)
        json.member("start", Timestamp(nanoseconds: outage.start).description)
        json.member("end", Timestamp(nanoseconds: outage.end).description)
        json.member("flows_before", outage.alive)
        json.member("flows_lost", outage.lost.sum)
        json.key("lost_by")
        json.beginObject()
        json.member("fin", outage.lost.fin)
        json.member("rst", outage.lost.rst)
        json.member("icmp", outage.lost.icmp)
        json.member("silence", outage.lost.silent)
        json.endObject()
        json.member("only_address", outage.onlyAddress?.description)
        json.member("watched_s", seconds: outage.watched)
        json.member("phones_back", outage.returned)
        json.member("attempts", outage.attempts)
        json.member("attempts_in_worst_second", outage.peak)
        json.member("worst_second", outage.peak > 0 ? Timestamp(nanoseconds: outage.peakAt).description : nil)
        json.member("back_within_two_seconds", outage.densest)
        json.member("half_back_s", seconds: outage.returned > 0 ? outage.half : nil)
        json.member("nine_tenths_back_s", seconds: outage.returned > 0 ? outage.mostly : nil)
        json.endObject()
    }

    private static func rhythm(_ json: inout JSONWriter, _ rhythm: EdgeRhythm) {
        json.beginObject()
        edge(&json, rhythm.edge)
        json.member("kind", rhythm.kind == .registration ? "registration" : "keep-alive")
        json.member("period_s", seconds: rhythm.period)
        json.member("window_s", seconds: rhythm.window)
        json.member("flows", rhythm.flows)
        json.member("flows_together", rhythm.together)
        json.member("last", Timestamp(nanoseconds: rhythm.lastAt).description)
        json.key("user_agents")
        json.beginArray()
        for agent in rhythm.agents {
            json.beginObject()
            json.member("user_agent", agent.name)
            json.member("flows", agent.flows)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func agent(_ json: inout JSONWriter, _ row: UserAgentTable.Row) {
        json.beginObject()
        json.member("user_agent", row.name)
        json.member("flows", row.flows)
        json.member("fail", row.fail)
        json.member("warn", row.warn)
        json.member("unknown", row.unknown)
        json.member("info", row.info)
        json.member("ok", row.ok)
        json.member("refused", row.refused)
        json.member("pings", row.pings)
        json.member("pongs", row.pongs)
        json.endObject()
    }
}
