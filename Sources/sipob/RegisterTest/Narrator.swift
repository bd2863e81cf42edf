import OutboundKit

/// Tells a person, as it happens, what is sent, what comes back, and what it means.
final class Narrator {
    enum Mode {
        /// Nothing: for JSON and `--quiet`.
        case silent
        case summary
        /// Every message in full, credentials hidden.
        case trace
    }

    private let mode: Mode
    private let style: TextStyle
    private let tokens: TokenReader
    private let plan: RegisterTestPlan
    private var start: Timestamp?
    private var lastRequest: SIPMessage?
    /// Nonces that requests were let pass with.
    private var served: Set<String> = []
    private var pings = 0
    private var flow: Flow?
    /// What the answers said already; it is not said twice.
    private var told: Set<String> = []

    init(_ mode: Mode, plan: RegisterTestPlan, tokens: TokenReader, style: TextStyle) {
        self.mode = mode
        self.plan = plan
        self.tokens = tokens
        self.style = style
    }

    func begin() {
        let way = plan.usesEdge ? "through the edge proxy" : "straight to the registrar"
        say(style.bold("Registering \(plan.addressOfRecord) \(way) \(plan.target)"))
        say("  instance \(plan.instance), reg-id \(plan.regID)")
    }

    func opened(_ flow: Flow, _ tls: TLSInfo?) {
        self.flow = flow
        say("  flow \(flow)" + (tls.map { " (\($0.version), \($0.cipher))" } ?? ""))
        if let complaint = tls?.complaint { say("  TLS peer not verified (--insecure): \(complaint)") }
    }

    func note(_ text: String) { say("  \(text)") }

    func skippedKeepAlive(_ why: String) {
        say("")
        say("No keep-alive sent: \(why).")
    }

    func heard(_ event: RegistrationSession.Event) {
        switch event {
        case .observed(let event, let attempt): observed(event, attempt: attempt)
        case .opened(let server):
            let software = server.map { ", server \"\(Redaction.visible($0))\"" } ?? ""
            say("  WebSocket open, subprotocol sip\(software)")
        case .keptAlive(let outcome): keptAlive(outcome)
        case .ignored(let reason): say("  (\(IgnoredWords.text(reason)), left aside)")
        case .registered, .unregistered, .entered, .credentialsWanted, .failed: break
        }
    }

    private func observed(_ event: FlowEvent, attempt: Int) {
        if case .open = event.what { return }
        start = start ?? event.time
        switch (event.what, event.direction) {
        case (.sip(let message), .fromClient) where message.isRequest:
            sent(message, attempt: attempt, at: event.time)
        case (.sip(let message), .fromServer) where !message.isRequest:
            received(message, at: event.time)
        case (.sip(let message), _):
            say("")
            let what = message.isRequest ? "a request to the test's contact" : "our answer to it"
            headline(event, message.startLine, note: what)
            trace(message)
        case (.stun, .fromClient):
            pings += 1
            if pings > 1 {
                say("\(offset(event.time))  -> the same STUN request again, number \(pings): no answer so far")
            } else {
                say("")
                headline(event, "STUN Binding request", note: "the keep-alive of a UDP flow")
            }
        case (.stun(let facts), .fromServer):
            headline(event, "STUN Binding \(facts.messageClass == .success ? "response" : "error response")")
        case (.crlf(completesPair: false, let ownSegment), .fromClient):
            // Else it is the first half of a ping.
            guard ownSegment else { return }
            headline(event, "CRLF", note: "our pong: CRLFCRLF that does not come at once is the server's own ping")
        case (.crlf, .fromClient):
            say("")
            let isFrame = flow?.transport.isWebSocket == true
            headline(
                event, "CRLF CRLF",
                note: isFrame
                    ? "a ping in a frame of its own, as browsers send it" : "a ping, the keep-alive of a stream flow")
        case (.crlf, .fromServer):
            headline(event, "CRLF")
        case (.webSocketControl(let control), _): controlFrame(control, event)
        case (.close(let closing), .fromServer):
            headline(event, closing == .rst ? "connection reset" : "connection closed")
        case (.icmpError, _):
            say("\(offset(event.time))  <- ICMP: nobody listens at \(plan.target)")
        default:
            break
        }
    }

    private func controlFrame(_ control: FlowEvent.WebSocketControl, _ event: FlowEvent) {
        switch (control, event.direction) {
        case (.ping, .fromClient):
            say("")
            headline(event, "WebSocket Ping", note: "a keep-alive of a WebSocket flow")
        case (.ping, .fromServer): headline(event, "WebSocket Ping", note: "the server's own; answered")
        // Our answer was told with the Ping.
        case (.pong, .fromClient): break
        case (.pong, .fromServer): headline(event, "WebSocket Pong")
        case (.close(let code), _): headline(event, "WebSocket Close\(code.map { " \($0)" } ?? "")")
        }
    }

    private func sent(_ message: SIPMessage, attempt: Int, at time: Timestamp) {
        if attempt > 1 {
            say("\(offset(time))  -> the same REGISTER again, number \(attempt): no final answer so far")
            return
        }
        let previous = lastRequest
        lastRequest = message
        say("")
        say("\(offset(time))  -> " + style.bold(message.startLine))
        if mode == .trace { return trace(message) }
        show(RequestMeaning.points(message, after: previous))
    }

    private func received(_ message: SIPMessage, at time: Timestamp) {
        say("\(offset(time))  <- " + style.bold(style.status(message)))
        let meaning = AnswerMeaning(message, to: lastRequest, served: served, on: flow, plan: plan, tokens: tokens)
        if message.statusCode >= 200, ![401, 407].contains(message.statusCode), let lastRequest {
            served.formUnion(ChallengeReading.nonces(in: lastRequest))
        }
        show([Point(meaning.sentence, nil)])
        if mode == .trace { trace(message) }
        let fresh = meaning.points.filter { told.insert($0.fact).inserted }
        show(fresh)
        if fresh.count < meaning.points.count, mode == .summary { say("           (the rest as before)") }
    }

    private func keptAlive(_ outcome: KeepAliveOutcome) {
        show([Point(KeepAliveMeaning.sentence(outcome), nil)])
    }

    private func show(_ points: [Point]) {
        guard mode != .silent else { return }
        for point in points { say(style.point(point, indent: 11)) }
    }

    private func trace(_ message: SIPMessage) {
        guard mode == .trace else { return }
        for line in Redaction.lines(message) { say("           | \(line)") }
    }

    private func headline(_ event: FlowEvent, _ text: String, note: String? = nil) {
        let arrow = event.direction == .fromClient ? "->" : "<-"
        say("\(offset(event.time))  \(arrow) " + style.bold(text) + (note.map { "  (\($0))" } ?? ""))
    }

    /// Seconds since the first event.
    private func offset(_ time: Timestamp) -> String {
        let text = DecimalSeconds.text(time.nanoseconds(since: start ?? time), places: 3)
        return String(repeating: " ", count: max(0, 7 - text.utf8.count)) + text
    }

    private func say(_ line: String) {
        guard mode != .silent else { return }
        Terminal.print(line)
    }
}

/// A fact and, where it is not plain, what it means.
struct Point {
    let fact: String
    let meaning: String?

    init(_ fact: String, _ meaning: String?) {
        // What a server wrote must not steer the terminal.
        self.fact = Redaction.visible(fact)
        self.meaning = meaning.map(Redaction.visible)
    }
}

extension SIPMessage {
    /// The start-line as text; control characters made visible.
    var startLine: String {
        let line =
            isRequest
            ? "\(text(startLineText)) \(text(requestURI))" : "\(statusCode) \(text(startLineText))"
        return Redaction.visible(line)
    }
}
