import OutboundKit

/// The JSON document of a run: the common frame with one flow, and beside it the messages, the tokens and the result.
struct RegisterTestJSON {
    let record: RegistrationRecord
    let plan: RegisterTestPlan
    let findings: [Finding]
    let outcome: RegisterTestOutcome
    let tokens: TokenReader
    let started: Timestamp
    let ended: Timestamp

    func document() -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(
            &json, command: "register-test", version: sipobVersion, started: started,
            duration: ended.nanoseconds(since: started))
        json.key("flows")
        json.beginArray()
        if let flow = record.flow { write(flow, &json) }
        json.endArray()
        writeMessages(&json)
        writeTokens(&json)
        writeResult(&json)
        JSONFrame.findings(&json, findings)
        JSONFrame.notAnalyzed(&json, ignored)
        JSONFrame.summary(&json, VerdictCounts(findings))
        JSONFrame.exit(&json, code: outcome.code, reason: outcome.reason)
        json.endObject()
        json.newline()
        return json.bytes
    }

    private func write(_ flow: Flow, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", "f1")
        json.member("transport", flow.transport.description)
        json.member("client", flow.local.description)
        json.member("server", flow.remote.description)
        json.tls(record.tls)
        json.key("registrations")
        json.beginArray()
        if let (grant, _) = record.bound {
            json.beginObject()
            json.member("aor", plan.addressOfRecord.description)
            json.member("instance", plan.instance.urn)
            json.member("reg_id", plan.regID.value)
            json.member("outbound", grant.isOutbound)
            json.member("flow_timer_s", FlowTimer.number(grant.flowTimerSeconds))
            json.member("expires_s", grant.own?.expires)
            json.member("path", grant.path.map(\.description))
            json.endObject()
        }
        json.endArray()
        writeKeepAlive(&json)
        json.member("mapped_changes", 0)
        json.member("ended", flowEnd)
        json.endObject()
    }

    private func writeKeepAlive(_ json: inout JSONWriter) {
        json.key("keepalive")
        json.beginObject()
        let answered = record.keepAlives.filter { $0.isAnswered }
        let kind =
            switch record.keepAlives.first?.technique {
            case .stun: "stun"
            case .crlf: "crlf"
            case .webSocketPing: "ws"
            case nil: "none"
            }
        json.member("kind", kind)
        json.member("pings", record.keepAlives.count)
        json.member("pongs", answered.count)
        for name in ["interval_min_s", "interval_median_s", "interval_max_s"] {
            json.member(name, seconds: nil)
        }
        json.member("answer_max_s", seconds: answered.map(\.elapsed.inNanoseconds).max())
        json.endObject()
    }

    /// How the flow ended, in the words of the frame. We close it ourselves, unless the server did before.
    private var flowEnd: String {
        for entry in record.entries {
            if case .close(let closing) = entry.event.what { return closing == .rst ? "server-rst" : "server-fin" }
            if case .webSocketControl(.close) = entry.event.what { return "server-fin" }
        }
        return record.flow?.transport.isStream == true ? "client-fin" : "open"
    }

    private func writeMessages(_ json: inout JSONWriter) {
        json.key("messages")
        json.beginArray()
        for entry in record.entries {
            let (kind, summary) = Self.summary(entry.event.what)
            guard let kind else { continue }
            json.beginObject()
            json.member("time", entry.event.time.description)
            json.member("direction", entry.event.direction == .fromClient ? "sent" : "received")
            json.member("kind", kind)
            json.member("summary", summary)
            json.member("attempt", entry.attempt)
            json.key("lines")
            json.beginArray()
            if case .sip(let message) = entry.event.what {
                for line in Redaction.lines(message) { json.value(line) }
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private static func summary(_ what: FlowEvent.What) -> (kind: String?, summary: String) {
        switch what {
        case .sip(let message): ("sip", message.startLine)
        case .stun(let facts): ("stun", "Binding \(facts.messageClass)")
        case .crlf(let completesPair, _): ("crlf", completesPair ? "CRLF, the second of two" : "CRLF")
        case .webSocketControl(.ping): ("ws", "Ping")
        case .webSocketControl(.pong): ("ws", "Pong")
        case .webSocketControl(.close(let code)): ("ws", "Close\(code.map { " \($0)" } ?? "")")
        default: (nil, "")
        }
    }

    private func writeTokens(_ json: inout JSONWriter) {
        json.key("tokens")
        json.beginArray()
        for value in record.bound?.grant.path ?? [] {
            guard let user = value.uri.user, let assessment = tokens.assess(value.uri) else { continue }
            json.beginObject()
            json.member("token", user)
            json.member("format", assessment.format?.rawValue)
            json.member("transport", assessment.token?.transport?.description)
            json.member("local", assessment.token?.local?.description)
            json.member("remote", assessment.token?.remote?.description)
            json.member("authenticated", assessment.authenticated)
            json.member("key", assessment.key)
            json.member("weaknesses", assessment.weaknesses.map(\.rawValue))
            json.member("error", assessment.error)
            json.endObject()
        }
        json.endArray()
    }

    private func writeResult(_ json: inout JSONWriter) {
        json.key("result")
        json.beginObject()
        json.member("registered", record.bound?.grant.own != nil)
        json.member("outbound", record.bound.map(\.grant.isOutbound))
        json.member("reflexive_address", record.bound?.grant.reflexiveAddress?.description)
        let remains = record.mayRemain || record.isStillListed
        let binding =
            record.isKept
            ? record.isUnbound ? "none" : "kept"
            : remains ? "may-remain" : record.removed == nil ? "none" : "removed"
        json.member("binding", binding)
        json.member("text", outcome.headline)
        json.endObject()
    }

    private var ignored: [NotAnalyzed] {
        record.ignored.sorted { $0.value > $1.value }.map { reason, count in
            let isAnswer = if case .unframed = reason { true } else { false }
            return NotAnalyzed(
                what: IgnoredWords.text(reason), count: count,
                why: isAnswer ? "what it carries cannot be told" : "it belongs to no request of this run")
        }
    }
}
