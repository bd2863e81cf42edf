import OutboundKit

/// What an edge that judged nobody says at its end.
enum EdgeSummary {
    static func text(_ snapshot: EdgeSnapshot) -> String {
        let counters = snapshot.counters
        let granted = counters.registrations.filter { (200..<300).contains($0.key) }.values.reduce(0, +)
        let refused = counters.registrations.values.reduce(0, +) - granted
        let pings = counters.crlfPings + counters.webSocketPings + counters.stunRequests
        return """
            \(counted(counters.flowsOpened, "flow")), \(counted(granted, "registration")) granted, \(refused) not, \(counted(pings, "keep-alive")), \
            \(counted(counters.requestsForwarded, "request")) forwarded, \(counted(counters.failovers, "fail-over"))
            """
    }
}
