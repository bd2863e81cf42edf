import Testing

@testable import OutboundKit

@Suite struct IntervalTests {
    @Test(arguments: [
        ("0", UInt64(0)), ("120", 120), ("4294967296", 4_294_967_296), ("18446744073709551615", .max),
        ("18446744073709551616", .max), ("99999999999999999999999", .max), ("184467440737095516159", .max), ("020", 20),
    ])
    func flowTimers(_ text: String, _ seconds: UInt64) throws {
        #expect(try FlowTimer.parse(text).seconds == seconds)
    }

    @Test(arguments: ["", "-1", "+1", "1.5", "20;x", "20, 30", " 20"])
    func notFlowTimers(_ text: String) {
        #expect(throws: ParseError.self) { try FlowTimer.parse(text) }
    }

    struct Bounds: CustomTestStringConvertible, Sendable {
        let name: String
        let interval: KeepAliveInterval
        let lower: Double
        let upper: Double
        var testDescription: String { name }
    }

    @Test(arguments: [
        Bounds(
            name: "UDP", interval: .applicable(flowTimer: nil, transport: .udp), lower: 24, upper: 29),
        Bounds(name: "TLS", interval: .applicable(flowTimer: nil, transport: .tls), lower: 95, upper: 120),
        Bounds(
            name: "battery", interval: .applicable(flowTimer: nil, transport: .tcp, onBattery: true), lower: 672,
            upper: 840),
        Bounds(
            name: "Flow-Timer 120", interval: .applicable(flowTimer: FlowTimer(seconds: 120), transport: .tcp),
            lower: 96,
            upper: 120),
        Bounds(name: "Flow-Timer 0", interval: KeepAliveInterval(FlowTimer(seconds: 0)), lower: 1, upper: 1),
        Bounds(name: "Flow-Timer 1", interval: KeepAliveInterval(FlowTimer(seconds: 1)), lower: 1, upper: 1),
        Bounds(
            name: "Flow-Timer without end", interval: KeepAliveInterval(FlowTimer(seconds: .max)),
            lower: 1_717_986_917, upper: 2_147_483_647),
    ])
    func draws(_ row: Bounds) {
        var generator = SeededGenerator(seed: 4)
        var least = Int64.max
        var most = Int64.min
        for _ in 0..<10_000 {
            let drawn = row.interval.draw(using: &generator).inNanoseconds
            least = min(least, drawn)
            most = max(most, drawn)
        }
        let (lower, upper) = (Int64(row.lower * 1e9), Int64(row.upper * 1e9))
        #expect(least >= lower && most <= upper)
        // Over 10 000 draws the whole width is used: each end is reached to a hundredth of it.
        #expect(least - lower <= (upper - lower) / 100)
        #expect(upper - most <= (upper - lower) / 100)
    }

    /// Table 5a: W for 0…7 failures, in seconds.
    @Test(arguments: [
        (true, [0, 60, 120, 240, 480, 960, 1800, 1800]), (false, [0, 180, 360, 720, 1440, 1800, 1800, 1800]),
    ])
    func backoff(_ allFlowsFailed: Bool, _ bounds: [Int]) {
        let backoff = RecoveryBackoff()
        var generator = SeededGenerator(seed: 45)
        for (failures, bound) in bounds.enumerated() {
            let w = backoff.upperBound(consecutiveFailures: failures, allFlowsFailed: allFlowsFailed)
            #expect(w == .seconds(bound))
            var least = Duration.seconds(1_000_000)
            var most = Duration.zero
            for _ in 0..<10_000 {
                let drawn = backoff.draw(
                    consecutiveFailures: failures, allFlowsFailed: allFlowsFailed, using: &generator)
                least = min(least, drawn)
                most = max(most, drawn)
            }
            #expect(least >= w / 2 && least <= w * 51 / 100)
            #expect(most <= w && most >= w * 99 / 100)
        }
        #expect(backoff.upperBound(consecutiveFailures: .max, allFlowsFailed: allFlowsFailed) == .seconds(1800))
    }
}
