/// Writes flow events as lines of JSON. Octets leave in pieces, so that a log of any length needs no memory.
public struct EventLineWriter: FlowEventSink {
    private static let pieceOctets = 65_536

    private var json = JSONWriter()
    private let survey: EventSurvey
    private let deliver: ([UInt8]) -> Void

    /// Writes the lines on the whole run, which shards need before its events.
    ///
    /// - Parameters:
    ///   - survey: of all flows that will come.
    ///   - deliver: takes the next octets of the log.
    public init(survey: EventSurvey, deliver: @escaping ([UInt8]) -> Void) {
        self.survey = survey
        self.deliver = deliver
        RunLines.begin(survey.run, at: survey.start, &json)
        endLine()
        for (word, servers) in [
            (RunLines.outboundServer, survey.run.outboundServers),
            (RunLines.keepAliveServer, survey.run.keepAliveServers),
        ] {
            for server in servers.sorted(by: { $0.description < $1.description }) {
                RunLines.begin(word, server, at: survey.start, &json)
                endLine()
            }
        }
        for server in survey.run.stunServers.sorted(by: { $0.description < $1.description }) {
            RunLines.begin(server, at: survey.start, &json)
            endLine()
        }
        for dialled in survey.run.dialledPhones.sorted(by: {
            ($0.phone.description, $0.dialler.description) < ($1.phone.description, $1.dialler.description)
        }) {
            RunLines.begin(dialled, at: survey.start, &json)
            endLine()
        }
        for outage in survey.run.outages {
            RunLines.begin(outage, &json)
            endLine()
        }
        for attempt in survey.run.hiddenAttempts {
            RunLines.begin(attempt, &json)
            endLine()
        }
        for finding in survey.run.findings {
            RunLines.begin(finding, survey, &json)
            endLine()
        }
    }

    public mutating func observe(_ event: borrowing FlowEvent) {
        head(event.flow, event.time)
        if event.frame != 0 { json.member("frame", event.frame) }
        json.member("from", event.direction == .fromClient ? "client" : "server")
        body(event.what)
        endLine()
    }

    public mutating func end(_ flow: FlowID, at time: Timestamp) {
        head(flow, time)
        json.member("event", "end")
        endLine()
    }

    public mutating func miss(at time: Timestamp) {
        json.beginObject()
        json.member("key", EventRecord.sharedKey)
        json.member("time_ns", time.nanoseconds)
        json.member("event", EventRecord.missing)
        endLine()
    }

    /// What concerns whole fleets, the last line, and what is left in the buffer.
    public mutating func finish(_ summary: CaptureSummary) {
        FleetLines.write(survey.fleet, at: summary.lastTime, &json)
        json.beginObject()
        json.member("key", EventRecord.sharedKey)
        json.member("time_ns", summary.lastTime.nanoseconds)
        json.member("event", "capture")
        json.member("packets", summary.packets)
        if summary.leftOut > 0 { json.member("packets_left_out", summary.leftOut) }
        if summary.decrypted > 0 { json.member("tls_decrypted", summary.decrypted) }
        json.key("not_analyzed")
        json.beginArray()
        for missing in summary.notAnalyzed {
            json.beginObject()
            json.member("what", missing.what)
            json.member("count", missing.count)
            json.member("why", missing.why)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.newline()
        deliver(json.drain())
    }

    private mutating func head(_ flow: FlowID, _ time: Timestamp) {
        json.beginObject()
        json.member("key", survey.keys[flow])
        json.member("flow", flow.description)
        json.member("time_ns", time.nanoseconds)
    }

    private mutating func endLine() {
        json.endObject()
        json.newline()
        if json.bytes.count >= Self.pieceOctets { deliver(json.drain()) }
    }

    private mutating func body(_ what: FlowEvent.What) {
        switch what {
        case .open(let opening):
            json.member("event", "open")
            json.member("transport", opening.transport.description)
            json.member("client", opening.client.description)
            json.member("server", opening.server.description)
            json.member("kind", EventWords.word(opening.kind, EventWords.kinds))
            if opening.isAnswered { json.member("answered", true) }
        case .sip(let message): sip(message)
        case .beginsSIP: json.member("event", "begins-sip")
        case .cutSIP: json.member("event", "cut-sip")
        case .malformedSIP(let error):
            json.member("event", "malformed-sip")
            json.key("error")
            defect(error)
        case .crlf(let completesPair, let ownSegment):
            json.member("event", "crlf")
            json.member("completes_pair", completesPair)
            json.member("own_segment", ownSegment)
        case .repeatedPing: json.member("event", "repeated-ping")
        case .crlfDatagram(let length):
            json.member("event", "crlf-datagram")
            json.member("octets", length)
        case .otherDatagram(let length, let first):
            json.member("event", "other-datagram")
            json.member("octets", length)
            if let first { json.member("first", first) }
        case .stun(let facts): stun(facts)
        case .gap(let count):
            json.member("event", "gap")
            if let count { json.member("octets", count) }
        case .unrecognized(let count):
            json.member("event", "unrecognized")
            json.member("octets", count)
        case .webSocketControl(let control): webSocket(control)
        case .webSocketHandshake(let offersSIP, let grantsSIP):
            json.member("event", "ws-handshake")
            json.member("offers_sip", offersSIP)
            json.member("grants_sip", grantsSIP)
        case .webSocketRefused(let refusal): WebSocketLines.members(refusal, &json)
        case .webSocketFault(let fault): WebSocketLines.members(fault, &json)
        case .gluedCRLF(let count):
            json.member("event", "ws-glued-crlf")
            json.member("octets", count)
        case .encrypted: json.member("event", "encrypted")
        case .icmpError(let type, let code):
            json.member("event", "icmp-error")
            json.member("type", type)
            json.member("code", code)
        case .close(let closing):
            json.member("event", "close")
            json.member("how", EventWords.word(closing, EventWords.closings))
        }
    }

    private mutating func sip(_ message: SIPMessage) {
        json.member("event", "sip")
        if let text = String(validating: message.bytes, as: UTF8.self) {
            json.member("text", text)
        } else {
            json.member("base64", Base64.encode(message.bytes))
        }
        guard !message.defects.isEmpty else { return }
        json.key("defects")
        json.beginArray()
        for defect in message.defects { self.defect(defect) }
        json.endArray()
    }

    private mutating func defect(_ error: ParseError) {
        json.beginObject()
        json.member("code", EventWords.word(error.code, EventWords.codes))
        json.member("offset", error.offset)
        json.member("rule", error.rule.description)
        if error.bound > 0 { json.member("bound", Int(error.bound)) }
        json.endObject()
    }

    private mutating func stun(_ facts: STUNFacts) {
        json.member("event", "stun")
        json.member("class", EventWords.word(facts.messageClass, EventWords.stunClasses))
        json.member("method", facts.method)
        var id: [UInt8] = []
        id.appendBig32(facts.transactionHigh)
        id.appendBig64(facts.transactionLow)
        json.member("transaction", Hex.encode(id))
        json.key("flags")
        json.beginArray()
        for (flag, word) in EventWords.stunFlags where facts.flags.contains(flag) { json.value(word) }
        json.endArray()
        if let mapped = facts.mappedAddress { json.member("mapped", mapped.description) }
        if facts.errorCode != 0 { json.member("error", facts.errorCode) }
    }

    private mutating func webSocket(_ control: FlowEvent.WebSocketControl) {
        switch control {
        case .ping: json.member("event", "ws-ping")
        case .pong: json.member("event", "ws-pong")
        case .close(let status):
            json.member("event", "ws-close")
            if let status { json.member("status", status) }
        }
    }
}
