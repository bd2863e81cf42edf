import OutboundKit

/// What an edge that judged nobody says at its end.
enum EdgeSummary {
    static func text(_ snapshot: EdgeSnapshot) -> String {
        let counters = snapshot.counters
        let granted = counters.registrations.filter { (200..<300).contains($0.key) }.values.reduce(0, +)
        let refused = counters.registrations.values.reduce(0, +) - granted
        let pings = counters.crlfPings + counters.webSocketPings + counters.stunRequests
        return """
            \(counters.flowsOpened) flows, \(granted) registrations granted, \(refused) not, \(pings) keep-alives, \
            \(counters.requestsForwarded) requests forwarded, \(counters.failovers) fail-overs
            """
    }
}
