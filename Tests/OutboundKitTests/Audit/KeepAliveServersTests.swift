import Testing

@testable import OutboundKit

/// Who never said that it does outbound, nor agreed to keep-alives, owes no answer to one.
@Suite struct KeepAliveServersTests {
    private static let plain = Timeline.registered(outbound: false)
    private static let refresh: [(Double, Timeline.Moment)] = [(150, .options)]
    private static let muted: [(Double, Timeline.Moment)] =
        [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5].map { (50 + $0, .stun(1)) }
        + Timeline.registered(at: 150, outbound: false, cseq: 2)
    private static let pings: [(Double, Timeline.Moment)] =
        [(30, .ping), (60, .ping)] + Timeline.registered(at: 150, outbound: false, cseq: 2)

    /// Another phone, from another host, of the same server.
    private static func other(_ moments: [(Double, Timeline.Moment)]) -> Timeline {
        Timeline(flow: 1, transport: .tcp, clientPort: 40_001, moments: moments, clientHost: 8)
    }

    static let rows = [
        RuleRow("OB-STUN-011", "unknown", .configuration, "no sign of either", [.udp(plain + muted)]),
        RuleRow("OB-KA-010", "unknown", .configuration, "on a stream", [.tcp(plain + pings)]),
        RuleRow(
            "OB-KA-010", "unknown", .late, "no 2xx was seen", [.tcp([(0, .options)] + [(1, .pong)] + pings.prefix(2))]),
        RuleRow(
            "OB-KA-010", "fail", "keep in Via", [.tcp(Timeline.registered(outbound: false, more: ["keep=0"]) + pings)]),
        RuleRow(
            "OB-STUN-011", "fail", "the server does outbound for another phone",
            [.udp(plain + muted), other(Timeline.registered(timer: 60))]),
        RuleRow(
            "OB-KA-010", "fail", "it answers another phone's pings",
            [.tcp(plain + pings), other(plain + [(9, .ping), (9.1, .pong)])]),
        RuleRow(
            "OB-KA-010", "unknown", .configuration, "the other phone has no sign either",
            [.tcp(plain + pings), other(plain)]),
    ]

    @Test(arguments: rows) func rule(_ row: RuleRow) throws {
        try row.check()
        try Shards.expectAgreement(row.timelines)
    }
}
