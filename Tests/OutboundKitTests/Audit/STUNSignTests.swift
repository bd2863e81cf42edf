import Testing

@testable import OutboundKit

/// STUN before a sign of support, and after the sign was taken back (OB-STUN-007).
@Suite struct STUNSignTests {
    /// STUN and, half a minute later, the first REGISTER.
    private static let early = Timeline.udp(
        Timeline.stuns([2000, 2020]) + Timeline.registered(at: 2030, timer: 60) + Timeline.stuns([2050]))

    /// A server that speaks to another host, at `time`: the capture runs.
    private static func other(_ time: Double, _ more: [(Double, Timeline.Moment)] = [], host: UInt32 = 8) -> Timeline {
        let text =
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKo\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        return Timeline(
            flow: 1, transport: .udp, clientPort: 40_001, moments: [(time, .text(text, .fromServer))] + more,
            clientHost: host)
    }

    private static func with(_ change: (inout AuditSettings) -> Void) -> AuditSettings {
        var settings = AuditSettings()
        change(&settings)
        return settings
    }

    private static let refreshedWithout =
        Timeline.registered(timer: 60) + Timeline.stuns([50])
        + Timeline.registered(at: 100, outbound: false, cseq: 2)

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-STUN-007", "fail", "long after the capture began", [early, other(0)])
        RuleRow("OB-STUN-007", "unknown", .late, "soon after the capture began", [early, other(1500)])
        RuleRow("OB-STUN-007", "unknown", .late, "no server was heard before", [early])
        RuleRow(
            "OB-STUN-007", "unknown", .late, "the host had STUN before",
            [early, other(0, Timeline.stuns([100]), host: 7)])
        RuleRow(
            "OB-STUN-007", "unknown", .late, "the account was registered before",
            [early, other(0, Timeline.registered(at: 1, timer: 60))])
        RuleRow(
            "OB-STUN-007", "unknown", .late, "a NAT may give another port", [early, other(0)],
            settings: with { $0.vantage = .edge })
        RuleRow(
            "OB-STUN-007", "pass", "as configured", [early, other(0)], settings: with { $0.stunIsConfigured = true })
        RuleRow(
            "OB-STUN-007", "pass", "the next one after a 2xx without a sign",
            [.udp(refreshedWithout + Timeline.stuns([150]))])
        RuleRow(
            "OB-STUN-007", "warn", "on and on after a 2xx without a sign",
            [.udp(refreshedWithout + Timeline.stuns([150, 200, 250]))])
        RuleRow(
            "OB-STUN-007", "pass", "the sign comes back",
            [.udp(refreshedWithout + Timeline.registered(at: 120, timer: 60, cseq: 3) + Timeline.stuns([170, 220]))])
        RuleRow(
            "OB-STUN-007", "fail", "a display name that looks like ob",
            [
                .udp(
                    Timeline.registered(
                        outbound: false, more: ["Path: \"x;ob>\" <sip:a;ob@edge.example.com;lr;obx=1>"])
                        + Timeline.stuns([15]))
            ])
    }

    @Test(arguments: rows) func row(_ row: RuleRow) throws { try row.check() }

    @Test func displayNamesHideNoOB() throws {
        let message = try written(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKo\r\nCSeq: 1 REGISTER\r\n"
                + "Path: \"x\" <sip:a@b;lr>, \"y;ob>\" <sip:a@edge.example.com;lr;ob>\r\nContent-Length: 0\r\n\r\n")
        #expect(RegistrationReader.pathHasOB(message))
    }

    @Test func shardsAgree() throws {
        try Shards.expectAgreement([Self.early, Self.other(0)])
        try Shards.expectAgreement([Self.early, Self.other(0, Timeline.stuns([100]), host: 7)])
    }
}
