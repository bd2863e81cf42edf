import OutboundKit

extension JSONWriter {
    /// The members that tell round-trip times, the same for every ping; null where nothing was answered.
    mutating func roundTrips(_ rtt: RTTSummary) {
        member("rtt_min_s", seconds: rtt.isEmpty ? nil : rtt.minimum, places: 9)
        member("rtt_avg_s", seconds: rtt.isEmpty ? nil : rtt.average, places: 9)
        member("rtt_max_s", seconds: rtt.isEmpty ? nil : rtt.maximum, places: 9)
        member("rtt_stddev_s", seconds: rtt.isEmpty ? nil : rtt.standardDeviation, places: 9)
        let percentiles = rtt.percentiles([50, 90, 95, 99])
        for (place, name) in ["rtt_p50_s", "rtt_p90_s", "rtt_p95_s", "rtt_p99_s"].enumerated() {
            member(name, seconds: percentiles.isEmpty ? nil : percentiles[place], places: 9)
        }
    }
}
