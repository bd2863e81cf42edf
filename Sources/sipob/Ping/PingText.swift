import OutboundKit

/// The readable output of crlf-ping and ws-ping: ping's lines, then statistics and findings.
struct PingText {
    /// `crlf-ping` or `ws-ping`.
    let command: String
    let style: TextStyle
    let verbose: Bool

    func opening(_ goal: PingGoal, from flow: Flow, _ tls: TLSInfo?) -> String {
        let end = goal.name == goal.end ? goal.name : "\(goal.name) (\(goal.end))"
        return "\(command.uppercased()) \(end) from \(flow.local) over \(goal.transport.description.uppercased())"
            + (tls.map { " (\($0.version), \($0.cipher))" } ?? "")
            + (tls?.complaint.map { "\n" + bad("TLS peer not verified (--insecure)") + ": \($0)" } ?? "")
    }

    func line(_ event: StreamProbe.Event, from goal: PingGoal) -> String? {
        let server = goal.end
        switch event {
        case .opened(let name, let elapsed):
            let software = name.map { " server=\"\(Redaction.visible($0))\"" } ?? ""
            return "\(server): WebSocket open, subprotocol sip, time=\(milliseconds(elapsed)) ms\(software)"
        case .answered(let answer):
            let name = answer.sequence == 0 ? "ping after the half-sent message" : "seq=\(answer.sequence)"
            var text = "pong from \(server): \(name)"
            if answer.form != .whole, answer.form != .pingFrame { text += " \(answer.form)" }
            if answer.form == .double { text += " pongs=\(answer.pongs)" }
            return text + " time=\(milliseconds(answer.elapsed)) ms"
        case .lost(let loss):
            let why =
                switch loss.reason {
                case .timeout: "no pong in \(seconds(loss.elapsed, 1)) s"
                case .flow(let flow): "connection \(flow.words) after \(seconds(loss.elapsed, 3)) s"
                case .abandoned: "not waited for: connection ended here after \(seconds(loss.elapsed, 3)) s"
                }
            return "\(server): seq=\(loss.sequence) \(bad(why))"
        case .late(let sequence, let elapsed):
            return "\(server): seq=\(sequence) answered too late, after \(seconds(elapsed, 3)) s"
        case .note(let note): return "\(server): \(words(note))"
        case .checked(let result): return "\(server): \(words(result))"
        case .finished(let seen): return ending(seen.ending).map { "\(server): \(bad("FLOW FAILED")) \($0)" }
        }
    }

    private func words(_ note: StreamProbe.Note) -> String {
        switch note {
        case .earlyPong(let sequence): "seq=\(sequence) \(bad("pong before the ping was whole"))"
        case .doubledPong: bad("CRLFCRLF instead of a single CRLF")
        case .strayCRLF: bad("a CRLF that answers no ping")
        case .serverPing: "the server pings; answered"
        case .sip(let line): "SIP, set aside: \(Redaction.visible(line))"
        case .unreadable(let why): bad(Redaction.visible(why))
        case .foreignPong: "a Pong that answers none of our Pings"
        case .otherMessage(let count): "a WebSocket message of \(counted(count, "octet")), no SIP"
        }
    }

    private func words(_ result: StreamProbe.CheckResult) -> String {
        let what =
            switch result.check {
            case .options: "OPTIONS"
            case .crlfBeforeOptions: "CRLF and OPTIONS"
            case .halfMessage: "OPTIONS in two halves"
            }
        if let status = result.status {
            return "\(what): \(status) \(Redaction.visible(result.reason)) time=\(milliseconds(result.elapsed)) ms"
        }
        if let loss = result.flowLoss { return "\(what): \(bad("connection \(loss.words)"))" }
        return "\(what): \(bad("no answer")) in \(seconds(result.ended - result.started, 1)) s"
    }

    /// What ended a connection that had worked; nil when it ended as it should.
    func ending(_ ending: StreamProbe.Ending) -> String? {
        switch ending {
        case .complete, .handshake: nil
        case .pongTimeout: "no pong within 10 s"
        case .flow(let loss): "the connection was \(loss.words)"
        case .webSocketClosed(let close): "the server closed the WebSocket: \(Redaction.visible(close.description))"
        case .webSocketFault(let fault) where fault.isOwnLimit: "it was ended here: \(fault)"
        case .webSocketFault(let fault): "the server broke the WebSocket protocol: \(fault)"
        }
    }

    /// Statistics and findings; those still open when it was interrupted are told apart.
    func closing(_ result: PingResult) -> [String] {
        let seen = result.seen
        var lines = ["", "--- \(result.goal.name) \(command) statistics ---"]
        let done = seen.answered + seen.lost
        var counts = "\(counted(seen.sent, "ping")), \(seen.answered) answered"
        if done > 0 { counts += ", \(100 * seen.lost / done) % lost" }
        if seen.sent > done { counts += ", \(seen.sent - done) still open" }
        lines.append(counts + ", time \(seconds(seen.ended - seen.started, 3)) s")
        for (count, noun, rest) in [
            (seen.lateAnswers, "late pong", ""), (seen.strayCRLFs, "CRLF", " in answer to no ping"),
            (seen.foreignPongs, "Pong", " in answer to none of our Pings"),
            (seen.serverPings, "ping", " of the server's own, answered"), (seen.otherMessages, "other message", ""),
        ] where count > 0 { lines.append(counted(count, noun) + rest) }
        let rtt = seen.roundTrips
        if !rtt.isEmpty {
            let four = [rtt.minimum, rtt.average, rtt.maximum, rtt.standardDeviation].map {
                milliseconds(.nanoseconds($0))
            }
            lines.append("rtt min/avg/max/stddev = \(four.joined(separator: "/")) ms")
            let percentiles = rtt.percentiles([50, 90, 95, 99]).map {
                DecimalSeconds.text($0 &* 1_000_000, places: 1)
            }
            lines.append("rtt median/p90/p95/p99 = \(percentiles.joined(separator: "/")) us")
        }
        return lines + FindingLines(style: style, verbose: verbose).lines(result.findings)
    }

    /// For `--quiet`.
    func verdict(_ result: PingResult) -> String {
        let worst = result.findings.min { $0.verdict.rank < $1.verdict.rank }
        var text = "\(result.goal.name): \(result.seen.answered) of \(counted(result.seen.sent, "ping")) answered"
        if let words = ending(result.seen.ending) { text += ", \(words)" }
        if let worst, worst.verdict.rank <= Verdict.warn.rank {
            text += "; \(worst.verdict.word) \(worst.requirement?.text ?? "") \(worst.message)"
        }
        return text
    }

    /// The colour of what should not be.
    private func bad(_ text: String) -> String { style.isColored ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }

    private func milliseconds(_ duration: Duration) -> String {
        DecimalSeconds.text(duration.inNanoseconds.multipliedReportingOverflow(by: 1000).partialValue, places: 3)
    }

    private func seconds(_ duration: Duration, _ places: Int) -> String {
        DecimalSeconds.text(duration.inNanoseconds, places: places)
    }
}
