import OutboundKit

/// The readable output: ping's lines, then statistics and findings.
struct StunPingText {
    let goals: [StunPingGoal]
    let style: TextStyle
    let verbose: Bool

    func opening(_ goal: StunPingGoal, from local: TransportAddress) -> String {
        let end = goal.name == goal.remote.description ? goal.name : "\(goal.name) (\(goal.remote))"
        return "STUN-PING \(end) from \(local): Binding requests over UDP"
    }

    func line(_ event: STUNProber.Event, from index: Int) -> String? {
        let server = goals[index].remote.description
        switch event {
        case .answered(let answer):
            guard answer.kind == .ping || verbose else { return nil }
            return answered(answer, server)
        case .retransmitted(let sequence, let sends):
            guard verbose else { return nil }
            return "\(server): \(name(sequence)) no answer yet, request \(sends) sent"
        case .lost(let loss):
            guard loss.kind == .ping || verbose else { return nil }
            return "\(server): \(name(loss.sequence)) \(bad("no answer")): \(words(loss))"
        case .mappedAddressChanged(let old, let new, _, let silence):
            return bad("FLOW FAILED")
                + " \(server): mapped address changed from \(old) to \(new), \(seconds(silence, 1)) s after the answer before"
        case .late(let sequence, let isDuplicate):
            return "\(server): \(name(sequence)) " + (isDuplicate ? "answered once more" : "answered too late")
        case .ignored(.malformed(let error)): return "\(server): a datagram that is no STUN message: \(error)"
        case .malformedAnswer(let sequence, let error):
            return "\(server): \(name(sequence)) \(bad("malformed answer")): \(error)"
        case .ignored: return "\(server): a STUN message that answers none of our requests, ignored"
        case .answerFromElsewhere(let sequence, let address):
            return "\(address): \(name(sequence)) \(bad("answer from another address")) than \(server), ignored"
        case .networkError(let error): return verbose || !error.isHard ? "\(server): \(error)" : nil
        case .sip(let event): return sip(event, server)
        }
    }

    private func answered(_ answer: STUNProber.Answer, _ server: String) -> String {
        var text = "\(counted(answer.message.bytes.count, "octet")) from \(server): \(name(answer.sequence))"
        if answer.isSuccess {
            switch (answer.mappedAddress, answer.message.xorMappedAddress) {
            case (let address?, .some): text += " mapped=\(address)"
            case (let address?, nil): text += " MAPPED-ADDRESS=\(address) (not XOR)"
            case (nil, _): text += " no mapped address"
            }
        } else {
            let code = answer.message.errorCode?.description ?? "without ERROR-CODE"
            text += " " + bad("error \(Redaction.visible(code))")
        }
        text += " time=\(milliseconds(answer.timing.elapsed.inNanoseconds)) ms"
        if !answer.timing.isRoundTrip { text += " (\(counted(answer.timing.sends, "request")))" }
        if answer.sequence == 1 || verbose, let software = answer.message.software {
            text += " software=\"\(Redaction.visible(software))\""
        }
        return text
    }

    private func sip(_ event: OptionsCheck.Event, _ server: String) -> String {
        switch event {
        case .answered(let answer):
            let source = answer.sourceAddress.map { "received/rport=\($0)" } ?? "no received and rport"
            return "SIP from \(server): OPTIONS \(answer.status) \(Redaction.visible(answer.reason)) \(source)"
                + " time=\(milliseconds(answer.elapsed.inNanoseconds)) ms"
        case .unanswered(let sends): return "SIP: OPTIONS to \(server) not answered (\(counted(sends, "request")))"
        case .otherMessage(let line): return "SIP from \(server), set aside: \(Redaction.visible(line))"
        case .malformed(let error): return "SIP from \(server), not parsable: \(error)"
        }
    }

    private func words(_ loss: STUNProber.Loss) -> String {
        let requests = counted(loss.timing.sends, "request")
        switch loss.reason {
        case .silence, .timeout: return "\(requests) in \(seconds(loss.timing.elapsed, 1)) s"
        case .malformed(let error): return "malformed: \(error)"
        case .network(let error): return error.description
        }
    }

    /// The colour of what should not be.
    private func bad(_ text: String) -> String { style.isColored ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }

    private func name(_ sequence: Int) -> String { sequence == 0 ? "check" : "seq=\(sequence)" }

    private func milliseconds(_ nanoseconds: Int64) -> String {
        DecimalSeconds.text(nanoseconds.multipliedReportingOverflow(by: 1000).partialValue, places: 3)
    }

    private func microseconds(_ nanoseconds: Int64) -> String {
        DecimalSeconds.text(nanoseconds &* 1_000_000, places: 1)
    }

    private func seconds(_ duration: Duration, _ places: Int) -> String {
        DecimalSeconds.text(duration.inNanoseconds, places: places)
    }

    /// Loss among the probes that came to an end; those still open when it was interrupted are told apart.
    func closing(_ result: StunPingRun.Result) -> [String] {
        let seen = result.seen
        var lines = ["", "--- \(result.goal.name) stun-ping statistics ---"]
        let done = seen.answered + seen.lost
        var counts = "\(counted(seen.sent, "probe")), \(seen.answered) answered"
        if done > 0 { counts += ", \(100 * seen.lost / done) % lost" }
        if seen.sent > done { counts += ", \(seen.sent - done) still open" }
        counts +=
            ", \(counted(seen.retransmissions, "retransmission")), time \(seconds(seen.ended - seen.started, 3)) s"
        lines.append(counts)
        let elsewhere = seen.firstElsewhere.map { " from another address or port, \($0.address), ignored" } ?? ""
        for (count, noun, rest) in [
            (seen.answersFromElsewhere, "answer", elsewhere),
            (seen.lateAnswers, "late or repeated answer", ""),
            (seen.foreignAnswers, "STUN message", " of other transactions"),
            (seen.malformed, "malformed STUN message", ""), (seen.otherDatagrams, "other datagram", ""),
            (seen.errorResponses, "error response", ""),
        ] where count > 0 { lines.append(counted(count, noun) + rest) }
        let rtt = seen.roundTrips
        if !rtt.isEmpty {
            let four = [rtt.minimum, rtt.average, rtt.maximum, rtt.standardDeviation].map(milliseconds)
            lines.append("rtt min/avg/max/stddev = \(four.joined(separator: "/")) ms")
            let percentiles = rtt.percentiles([50, 90, 95, 99]).map(microseconds)
            lines.append("rtt median/p90/p95/p99 = \(percentiles.joined(separator: "/")) us")
        }
        if let mapped = seen.mappedAddress {
            let nat = mapped == result.local ? "the socket's own: no NAT on the way" : "the socket has \(result.local)"
            lines.append("mapped address \(mapped) (\(nat))")
        }
        lines += FindingLines(style: style, verbose: verbose).lines(result.findings)
        return lines
    }

    /// For `--quiet`.
    func verdict(_ result: StunPingRun.Result) -> String {
        let worst = result.findings.min { $0.verdict.rank < $1.verdict.rank }
        var text = "\(result.goal.name): \(result.seen.answered) of \(counted(result.seen.sent, "probe")) answered"
        if let other = result.seen.firstElsewhere, result.seen.answered == 0 {
            text += ", \(other.address) answers instead"
        }
        if let mapped = result.seen.mappedAddress { text += ", mapped address \(mapped)" }
        if let worst, worst.verdict.rank <= Verdict.warn.rank {
            text += "; \(worst.verdict.word) \(worst.requirement?.text ?? "") \(worst.message)"
        }
        return text
    }
}
