import OutboundKit

/// The readable report of a run under load.
struct LoadText {
    let statistics: FleetStatistics
    let record: LoadRecord
    let plan: LoadPlan

    func lines() -> [String] {
        let settings = plan.settings
        var lines = [""]
        var first = "registered \(statistics.registered) of \(settings.count)"
        if let time = statistics.rampTime {
            first += " in \(seconds(time)) s"
            if let rate = LoadRecord.perSecond(statistics.registered, time) { first += ", \(rate) registrations/s" }
            if let cpu = record.rampCPU(statistics) { first += ", \(Self.microseconds(cpu)) us CPU each" }
        }
        lines.append(first)
        if let time = statistics.holdTime, time > .zero { lines.append(held(time)) }
        if !statistics.registerTime.isEmpty { lines.append(times("REGISTER  ", statistics.registerTime)) }
        if !statistics.keepAliveTime.isEmpty { lines.append(times("keep-alive", statistics.keepAliveTime)) }
        if statistics.keepAlives > 0 {
            let kind =
                settings.transport.isWebSocket
                ? "WebSocket Pings" : settings.transport.isStream ? "CRLF pings" : "STUN keep-alives"
            lines.append("\(statistics.keepAlives) \(kind), \(statistics.keepAlivesAnswered) answered")
        }
        if statistics.failed > 0 { lines.append("failed to register: \(Self.causes(statistics.failures))") }
        if statistics.lost > 0 { lines += losses }
        if statistics.retransmissions > 0 {
            lines.append("\(counted(statistics.retransmissions, "request")) sent again")
        }
        if statistics.ignored > 0 {
            lines.append(
                "\(counted(statistics.ignored, "message")) could not be read, or answered no request of this run")
        }
        if statistics.withoutOutbound > 0 {
            lines.append(
                "\(counted(statistics.withoutOutbound, "flow")) registered without outbound (no Require: outbound in the 2xx)"
            )
        }
        lines.append(bindings)
        return lines
    }

    private func held(_ time: Duration) -> String {
        var line = "held for \(seconds(time)) s, at most \(statistics.peak) at a time"
        guard statistics.registrationsHeld > 0 else { return line }
        line += "; \(counted(statistics.registrationsHeld, "registration")) meanwhile"
        guard plan.settings.floods else { return line }
        if let rate = LoadRecord.perSecond(statistics.registrationsHeld, time) { line += ", \(rate) a second" }
        if let cpu = record.holdCPU(statistics) { line += ", \(Self.microseconds(cpu)) us CPU each" }
        return line
    }

    private var losses: [String] {
        var lines = ["lost: \(Self.causes(statistics.losses))"]
        let times = statistics.recoveryTime
        if !times.isEmpty {
            let three = [times.minimum, times.percentile(50) ?? 0, times.maximum]
                .map { DecimalSeconds.text($0, places: 3) }
            lines.append(
                "recovered: \(statistics.recovered) of \(statistics.lost), first/median/last "
                    + "\(three.joined(separator: "/")) s after the loss, \(counted(statistics.recoveryAttempts, "attempt"))"
            )
        } else {
            lines.append("recovered: none of \(statistics.lost), \(counted(statistics.recoveryAttempts, "attempt"))")
        }
        return lines
    }

    private var bindings: String {
        if plan.settings.keepsBindings { return "the bindings are kept (--keep-binding)" }
        let remains =
            statistics.mayRemain > 0
            ? "; \(statistics.mayRemain) may remain for up to \(plan.settings.expiresSeconds) s: their removal was not confirmed"
            : ""
        return "removed \(counted(statistics.removed, "binding"))\(remains)"
    }

    /// `7: 4 refused with 503, 3 reset by the server`.
    static func causes(_ counts: [FleetCause: Int]) -> String {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let words = sorted.map { cause, count -> String in
            if case .host(let number) = cause { return "\(count) \(TransportError.words(number))" }
            return "\(count) \(cause)"
        }
        return words.joined(separator: ", ")
    }

    private func times(_ name: String, _ times: TimeHistogram) -> String {
        let five = [
            times.minimum, times.percentile(50) ?? 0, times.percentile(90) ?? 0, times.percentile(99) ?? 0,
            times.maximum,
        ]
        .map { DecimalSeconds.text($0 &* 1000, places: 3) }
        return "\(name) min/median/p90/p99/max = \(five.joined(separator: "/")) ms"
    }

    private func seconds(_ time: Duration) -> String { DecimalSeconds.text(time.inNanoseconds, places: 3) }

    private static func microseconds(_ nanoseconds: Int64) -> String {
        DecimalSeconds.text(nanoseconds &* 1_000_000, places: 1)
    }
}
