import Testing

@testable import OutboundKit

/// Answers that come from another address than the requests went to (RFC 8489 §6.3), and requests without any.
@Suite struct STUNAnswerSourceTests {
    private static let times = (1...12).map { Double($0) * 25 }
    private static let asked = Timeline.udp(
        Timeline.registered(timer: 30) + times.map { ($0, .stun(UInt64($0))) }
            + Timeline.registered(at: 301, timer: 30, cseq: 2))

    /// The server's other address, which nothing was sent to.
    private static func answers(_ ids: [Double], isReversed: Bool = true, clientPort: UInt16 = 40_000) -> Timeline {
        var timeline = Timeline(
            flow: 1, transport: .udp, clientPort: clientPort,
            moments: ids.map { ($0 + 0.02, .stunAnswer(UInt64($0), port: clientPort, [.cookie, .xorMapped])) },
            isReversed: isReversed)
        timeline.serverHost = 2
        return timeline
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-STUN-013", "fail", "another address", [asked, answers(times)])
        RuleRow("OB-STUN-013", "fail", "whoever spoke first", [asked, answers(times, isReversed: false)])
        RuleRow("OB-STUN-013", "fail", "the last one is not answered", [asked, answers(times.dropLast())])
        RuleRow("OB-STUN-013", "pass", "answers to somebody else", [asked, answers(times.map { $0 + 1 })])
        RuleRow("OB-STUN-013", "pass", "to another port", [asked, answers(times, clientPort: 40_001)])
        RuleRow("OB-STUN-004", "warn", "the client goes on", [asked, answers(times)])
        RuleRow("OB-STUN-011", "skipped", "as OB-STUN-013", [asked, answers(times)])
        RuleRow("OB-STUN-011", "fail", "no answer at all", [asked])
    }

    @Test(arguments: rows) func row(_ row: RuleRow) throws { try row.check() }

    @Test func shardsAgree() throws { try Shards.expectAgreement([Self.asked, Self.answers(Self.times)]) }

    /// Each request has its own ID: none was sent again.
    @Test func requestsAreNotCountedAsOne() throws {
        let moments =
            Timeline.registered(timer: 30) + Timeline.stuns([20]) + Self.times.map { ($0, .stun(UInt64($0))) }
            + [(700, .stun(700)), (720, .stun(720))]
        let findings = try audit([.udp(moments)], end: 800).findings
        let failed = try #require(findings.first { $0.requirement == "OB-STUN-004" })
        #expect(failed.message.contains("in a row got no answer"), "\(failed.message)")
        let silent = try #require(findings.first { $0.requirement == "OB-STUN-011" })
        #expect(silent.message.hasPrefix("14 STUN transactions of 15 "), "\(silent.message)")
    }

    /// A packet that the network or the capture doubled is nobody's retransmission; a hurried client is.
    @Test func doubledPackets() throws {
        let flow = Timeline.registered(timer: 60)
        let doubled: [(Double, Timeline.Moment)] =
            [(50, .stun(1)), (50.008, .stun(1))] + [
                (50.03, .stunAnswer(1, port: 40_000, [.cookie, .xorMapped])), (50.031, .stun(1)),
            ]
        try RuleRow("OB-STUN-016", nil, "doubled", [.udp(flow + doubled)]).check()
        let hurried = (0..<6).map { (50 + Double($0) * 0.012, Timeline.Moment.stun(1)) }
        try RuleRow("OB-STUN-016", "warn", "hurried", [.udp(flow + hurried)]).check()
    }
}
