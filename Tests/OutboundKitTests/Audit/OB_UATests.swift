import Testing

@testable import OutboundKit

/// What several REGISTERs of a flow show together.
@Suite struct OB_UATests {
    private typealias Moments = [(Double, Timeline.Moment)]

    private static func register(_ time: Double, _ cseq: Int, _ callID: String = "a1", regID: Int? = 1) -> Moments {
        [(time, .register(regID: regID, callID: callID, cseq: cseq, expires: nil))]
    }

    private static func answer(
        _ time: Double, _ cseq: Int, _ status: Int = 200, _ callID: String = "a1", _ more: [String] = []
    ) -> Moments {
        [(time, .answer(status, more, cseq: cseq, callID: callID))]
    }

    private static func copies(_ times: [Double]) -> [Timeline] { [.udp(times.flatMap { register($0, 1) })] }

    /// Refreshes `period` seconds apart; each 2xx lists another's contact before the own one.
    private static func refreshes(every period: Double, foreign: Int, own: Int = 3600) -> [Timeline] {
        let urn = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
        let contacts = [
            "Contact: <sip:alice@192.0.2.11>;expires=\(foreign)",
            "Contact: <sip:alice@192.0.2.7:40000;ob>;reg-id=1;+sip.instance=\"\(urn)\";expires=\(own)",
            "Require: outbound",
        ]
        return [
            .udp(
                (0..<5).flatMap { index in
                    let time = Double(index) * period
                    return register(time, index + 1) + answer(time + 0.01, index + 1, 200, "a1", contacts)
                })
        ]
    }

    /// Refreshes that ask for what the last 2xx granted.
    private static func shrinking(_ granted: [Int]) -> [Timeline] {
        var asked = 60
        var moments: Moments = []
        for (index, seconds) in granted.enumerated() {
            let time = Double(index) * 30
            moments.append((time, .register(regID: 1, callID: "a1", cseq: index + 1, expires: asked)))
            moments += answer(time + 0.01, index + 1, 200, "a1", ["Require: outbound", "Expires: \(seconds)"])
            asked = seconds
        }
        return [.udp(moments)]
    }

    /// A binding of one minute.
    private static let minute = Timeline.registered(timer: 20, more: ["Expires: 60"])

    private static func refreshed(at time: Double, cseq: Int = 2) -> Moments {
        Timeline.registered(at: time, timer: 20, cseq: cseq, more: ["Expires: 60"])
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-SIP-001", "warn", "after 0.1 s", copies([0, 0.1]))
        RuleRow("OB-SIP-001", "warn", "twelve times", copies((0..<12).map { Double($0) * 0.5 }))
        RuleRow("OB-SIP-001", nil, "Timer E", copies([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]))
        RuleRow("OB-SIP-001", nil, "a packet that was captured twice", copies([0, 0.002, 0.5, 0.502]))

        RuleRow("OB-UA-027", "warn", "by the other's 7 s", refreshes(every: 6, foreign: 7))
        RuleRow("OB-UA-027", "pass", "by its own lifetime", refreshes(every: 1800, foreign: 7))
        RuleRow("OB-UA-027", "pass", "every half minute, for the NAT", refreshes(every: 30, foreign: 40))
        RuleRow("OB-UA-027", "pass", "its own lifetime is as short", refreshes(every: 6, foreign: 7, own: 10))

        RuleRow(
            "OB-UA-027", "warn", "refreshed long after its end",
            [.tcp(minute + Timeline.pings([18, 36, 54, 72, 90, 108]) + refreshed(at: 110))])
        RuleRow(
            "OB-UA-027", "warn", "never refreshed",
            [.tcp(minute + Timeline.pings([18, 36, 54, 72, 90, 108]))], end: 120)
        RuleRow(
            "OB-UA-027", "pass", "refreshed in time",
            [.tcp(minute + Timeline.pings([18, 36, 54]) + refreshed(at: 55) + Timeline.pings([72, 90]))])
        RuleRow(
            "OB-UA-027", "pass", "slept, woke, pinged and registered",
            [.tcp(minute + Timeline.pings([18, 36, 54, 200]) + refreshed(at: 201))])
        RuleRow(
            "OB-UA-027", "pass", "asked in time, and got no answer",
            [
                .tcp(
                    minute + Timeline.pings([18, 36, 54]) + register(55, 2)
                        + Timeline.pings([72, 90, 108]) + refreshed(at: 110, cseq: 3))
            ])
        RuleRow(
            "OB-UA-027", nil, "a REGISTER that was not seen was answered",
            [
                .tcp(
                    minute + Timeline.pings([18, 36, 54]) + answer(55, 2, 200, "a1", ["Expires: 60"])
                        + Timeline.pings([72, 90, 108]))
            ])
        RuleRow("OB-UA-027", "warn", "each asks for what it got, and gets less", shrinking([60, 59, 58, 57, 56]))
        RuleRow("OB-UA-027", "pass", "less once or twice", shrinking([60, 59, 58, 58, 58]))
        RuleRow(
            "OB-UA-027", nil, "ended before a refresh was due", [.tcp(minute + Timeline.pings([18, 36, 54]))], end: 59)

        RuleRow("OB-REC-007", nil, "an end after 439", [.udp(register(0, 1) + answer(0.01, 1, 439))], end: 4000)
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }
}

/// Where a good phone must not be taken for a bad one.
@Suite struct FalseAlarmTests {
    private static let old: [(Double, Timeline.Moment)] = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5].flatMap { gap in
        [(50 + gap, Timeline.Moment.stun(1)), (50.01 + gap, .stunAnswer(1, port: 40_000, [.plainMapped]))]
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow(
            "OB-STUN-015", "pass", "an answer without the cookie is none",
            [.udp(Timeline.registered(timer: 120) + old + Timeline.registered(at: 130, timer: 120, cseq: 2))])
        RuleRow("OB-STUN-009", "fail", "the server's part of it", [.udp(Timeline.registered(timer: 120) + old)])
        RuleRow(
            "OB-KA-013", nil, "ob in Path is a sign too",
            [
                .tcp(
                    Timeline.registered(outbound: false, more: ["Path: <sip:x@198.51.100.1;lr;ob>"])
                        + [(50, .ping), (60.2, .event(.close(.fin), .fromClient))])
            ])
        RuleRow(
            "OB-FT-009", nil, "a Flow-Timer of one second",
            [.tcp(Timeline.registered(timer: 1) + Timeline.pings((1...40).map { Double($0) * 0.9 }))])
        RuleRow(
            "OB-REC-012", "fail", "a pong was missed, and the client left for good",
            [
                .tcp(
                    Timeline.registered(timer: 40) + Timeline.pings([38])
                        + [(75, .ping), (85.1, .event(.close(.fin), .fromClient))])
            ], end: 400)
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// Two pongs for each ping are the server's doing.
    @Test func theServersFaultIsNotThePhones() throws {
        let doubled = Timeline.pings([38, 75, 110]).flatMap { time, moment -> [(Double, Timeline.Moment)] in
            if case .pong = moment { [(time, moment), (time, moment)] } else { [(time, moment)] }
        }
        var ledger = FlowLedger()
        try Timeline.tcp(Timeline.registered(timer: 40) + doubled).play(into: &ledger)
        ledger.finish()
        let all = Judge().judge(ledger).findings.filter { $0.requirement == "OB-KA-003" }
        #expect(all.map(\.verdict.word) == ["warn"])
        let phones = Judge(of: .registeredPhones).judge(ledger).findings.filter { $0.verdict.word == "warn" }
        #expect(phones.isEmpty, "\(phones.map(\.message))")
    }
}
