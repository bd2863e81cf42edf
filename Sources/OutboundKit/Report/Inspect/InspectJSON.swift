/// The document of `inspect --json`: the frame of all commands, and each message with what was found in it.
public struct InspectJSON: AuditDocument {
    private let report: InspectReport
    private let run: ReportRun

    public init(_ report: InspectReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, run)
        json.key("messages")
        json.beginArray()
        for entry in report.entries {
            message(&json, entry)
            if json.bytes.count > 1 << 16 { write(json.drain()) }
        }
        json.endArray()
        JSONFrame.findings(&json, report.entries.lazy.flatMap(\.notable))
        json.member("notes", report.notes)
        JSONFrame.summary(&json, report.counts)
        JSONFrame.exit(&json, code: report.exit.code, reason: report.exit.reason)
        json.endObject()
        json.newline()
        write(json.drain())
    }

    private func message(_ json: inout JSONWriter, _ entry: InspectReport.Entry) {
        let facts = entry.facts
        json.beginObject()
        json.member("subject", entry.inspection.subject)
        json.member("source", entry.source)
        json.member("line", entry.origin.line)
        json.member("dump", entry.origin.dump)
        json.member("repairs", entry.origin.repairs.map(\.sentence))
        json.member("start_line", facts.startLine)
        json.member("kind", facts.kind)
        json.member("violated", entry.inspection.isViolated(strict: report.isStrict))
        json.member("incomplete", entry.inspection.isIncomplete)
        headers(&json, facts)
        json.key("malformed")
        json.beginArray()
        for piece in entry.inspection.malformed { malformed(&json, piece, entry) }
        json.endArray()
        json.key("tokens")
        json.beginArray()
        for token in entry.inspection.tokens { self.token(&json, token, entry) }
        json.endArray()
        json.member("assumptions", entry.inspection.assumptions)
        json.key("decisions")
        json.beginArray()
        for decision in entry.inspection.decisions { self.decision(&json, decision) }
        json.endArray()
        json.member("difference", entry.inspection.difference)
        json.key("registrars")
        json.beginArray()
        for view in entry.inspection.registrars { registrar(&json, view) }
        json.endArray()
        json.endObject()
    }

    // MARK: What it says

    private func headers(_ json: inout JSONWriter, _ facts: MessageFacts) {
        json.member("vias", facts.viaCount)
        json.member("first_hop", facts.message.isRequest ? facts.isFromClient : nil)
        json.key("top_via")
        if let via = facts.vias.first { self.via(&json, via) } else { json.null() }
        json.member("supported", facts.supported)
        json.member("require", facts.require)
        json.member("proxy_require", facts.proxyRequire)
        json.member("unsupported", facts.unsupported)
        json.key("contacts")
        json.beginArray()
        for contact in facts.contacts { self.contact(&json, contact) }
        json.endArray()
        for (name, values) in [("path", facts.path), ("route", facts.route), ("record_route", facts.recordRoute)] {
            json.key(name)
            json.beginArray()
            for value in values {
                json.beginObject()
                json.member("uri", PrintableText.of(value.uri.description))
                json.member("ob", value.uri.hasParameter("ob"))
                json.member("lr", value.uri.hasParameter("lr"))
                json.endObject()
            }
            json.endArray()
        }
        json.member("flow_timer", facts.flowTimer)
    }

    private func via(_ json: inout JSONWriter, _ via: Via) {
        json.beginObject()
        json.member("transport", via.transportName)
        json.member("sent_by", via.sentBy)
        parameter(&json, "rport", via.rport)
        json.member("received", via.received)
        parameter(&json, "keep", via.keep)
        json.endObject()
    }

    /// null when it is absent, true when it has no value, else its value.
    private func parameter(_ json: inout JSONWriter, _ name: String, _ state: ParameterState) {
        json.key(name)
        switch state {
        case .absent: json.null()
        case .empty: json.value(true)
        case .value(let text): json.value(PrintableText.of(text))
        }
    }

    private func contact(_ json: inout JSONWriter, _ contact: Contact) {
        json.beginObject()
        json.member("uri", contact.uri.map { PrintableText.of($0.description) } ?? "*")
        json.member("ob", contact.uri?.hasParameter("ob") ?? false)
        json.member("gr", contact.uri?.parameter("gr"))
        json.member("reg_id", contact.regID)
        json.member("instance", contact.instance)
        json.member("expires_s", contact.expires)
        json.member("pub_gruu", contact.pubGRUU)
        json.member("temp_gruu", contact.tempGRUU)
        json.endObject()
    }

    // MARK: What was found

    private func place(_ json: inout JSONWriter, _ line: Int, _ column: Int, _ entry: InspectReport.Entry) {
        let own = entry.origin.dump == nil ? (entry.origin.line, 1) : (line, column)
        let place = entry.origin.place(line: line, column: column) ?? own
        json.member("line", place.line)
        json.member("column", place.column)
    }

    private func malformed(_ json: inout JSONWriter, _ piece: MalformedPiece, _ entry: InspectReport.Entry) {
        json.beginObject()
        place(&json, piece.line, piece.column, entry)
        json.member("octet", piece.offset)
        json.member("rule", piece.rule)
        json.member("message", piece.message)
        json.member("observed", piece.observed)
        json.member("expected", piece.expected)
        json.member("section", piece.section)
        json.member("tolerated", piece.isTolerated)
        json.endObject()
    }

    private func token(_ json: inout JSONWriter, _ token: InspectedToken, _ entry: InspectReport.Entry) {
        let found = token.assessment
        json.beginObject()
        json.member("place", token.place.rawValue)
        place(&json, token.line, token.column, entry)
        json.member("token", token.text)
        json.member("format", found.format?.rawValue)
        json.member("transport", found.token?.transport?.description)
        json.member("local", found.token?.local?.description)
        json.member("remote", found.token?.remote?.description)
        json.member("authenticated", found.authenticated)
        json.member("key", found.key)
        json.member("weaknesses", found.weaknesses.map(\.rawValue))
        json.member("damage", found.damage.map(\.rawValue))
        json.member("error", found.error)
        json.member("direction", token.direction?.way.rawValue)
        json.endObject()
    }

    private func decision(_ json: inout JSONWriter, _ decision: OutboundDecision) {
        json.beginObject()
        json.member("authority", decision.authority.rawValue)
        json.member("applied", decision.isApplied)
        json.member("action", decision.action?.rawValue)
        json.member("sentence", decision.action?.sentence ?? decision.open)
        json.key("steps")
        json.beginArray()
        for step in decision.steps {
            json.beginObject()
            json.member("question", step.question)
            json.member("answer", step.answer)
            json.member("source", step.source)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func registrar(_ json: inout JSONWriter, _ view: RegistrarView) {
        json.beginObject()
        json.member("way", view.way.rawValue)
        json.member("status", view.status)
        json.member("reason", view.reason)
        json.member("outbound", view.grantsOutbound)
        json.member("fields", view.fields)
        json.member("meaning", view.meaning)
        json.endObject()
    }
}
