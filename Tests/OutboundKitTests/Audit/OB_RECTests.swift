import Testing

@testable import OutboundKit

@Suite struct OB_RECTests {
    private static func attempt(
        _ time: Double, _ cseq: Int, _ status: Int? = 500, _ more: [String] = [], callID: String = "a1"
    ) -> [(Double, Timeline.Moment)] {
        let request: [(Double, Timeline.Moment)] = [
            (time, .register(regID: 1, callID: callID, cseq: cseq, expires: nil))
        ]
        guard let status else { return request }
        return request + [(time + 0.01, .answer(status, more, cseq: cseq, callID: callID))]
    }

    /// Attempts over connections of their own, each closed before the answer.
    private static func hungUp(_ times: [Double], by end: FlowEvent.Direction = .fromServer) -> [Timeline] {
        times.enumerated().map { index, time in
            Timeline(
                flow: UInt32(index), clientPort: 40_000 + UInt16(index),
                moments: attempt(time, index + 1, nil) + [(time + 0.1, .event(.close(.fin), end))])
        }
    }

    /// Attempts that fail, each with a Call-ID of its own, all from the same port.
    private static func again(
        _ transport: TransportProtocol, _ times: [Double], _ headers: [String] = []
    ) -> Timeline {
        Timeline(
            transport: transport,
            moments: times.enumerated().flatMap { attempt($1, 1, 503, headers, callID: "again\($0)") })
    }

    /// A refresh that is to come a minute later.
    private static let refreshed =
        Timeline.registered(timer: 60) + attempt(50, 2, 503, ["Retry-After: 60"])

    /// A REGISTER by Timer E (RFC 3261 §17.1.2.2).
    private static func unanswered(_ start: Double, _ cseq: Int) -> [(Double, Timeline.Moment)] {
        [0, 0.5, 1.5, 3.5, 7.5].flatMap { attempt(start + $0, cseq, nil) }
    }

    /// Attempts that fail, each with a Call-ID of its own on a connection of its own.
    private static func anew(_ times: [Double], from number: Int = 0, _ headers: [String] = []) -> [Timeline] {
        times.enumerated().map { index, time in
            let (flow, callID) = (number + index, "new\(number + index)")
            return Timeline(
                flow: UInt32(flow), clientPort: 40_000 + UInt16(flow),
                moments: [
                    (time, .register(regID: 1, callID: callID, cseq: 1, expires: nil)),
                    (time + 0.01, .answer(503, headers, cseq: 1, callID: callID)),
                ])
        }
    }

    /// A REGISTER with credentials that is challenged once more.
    private static func challenged(_ time: Double, _ cseq: Int, stale: Bool = false) -> [(Double, Timeline.Moment)] {
        let challenge = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\"" + (stale ? ", stale=true" : "")
        return [
            (time, .authorized(cseq: cseq, callID: "a1")),
            (time + 0.01, .answer(401, [challenge], cseq: cseq, callID: "a1")),
        ]
    }

    private static func attempts(_ times: [Double], _ status: Int? = 500) -> [Timeline] {
        [.udp(times.enumerated().flatMap { attempt($1, $0 + 1, status) })]
    }

    /// The client had sent its REGISTER again before the answer to the first one reached it.
    private static let removedTwice: [Timeline] = [
        .udp(
            Timeline.registered(timer: 60) + [
                (30, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
                (30.1, .answer(200, [], cseq: 2, callID: "a1")),
                (30.5, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
            ])
    ]
    private static let refusedTwice: [Timeline] = [
        .udp(
            attempt(0, 1) + [(0.5, .register(regID: 1, callID: "a1", cseq: 1, expires: nil))] + attempt(40, 2))
    ]

    /// As a phone sends it that is switched off.
    private static func removal(_ time: Double, _ cseq: Int, _ status: Int? = 500) -> [(Double, Timeline.Moment)] {
        [(time, .register(regID: 1, callID: "a1", cseq: cseq, expires: 0))]
            + (status.map { [(time + 0.01, .answer($0, [], cseq: cseq, callID: "a1"))] } ?? [])
    }
    private static let lostAndRemoved: [Timeline] = [
        .tcp(lost), Timeline(flow: 1, clientPort: 40_001, moments: removal(62, 2, nil)),
    ]

    private static var known: AuditSettings {
        var settings = AuditSettings()
        settings.recoveryTimesAreKnown = true
        return settings
    }

    private static let lost: [(Double, Timeline.Moment)] =
        Timeline.registered(timer: 60) + Timeline.pings([50]) + [(60, .event(.close(.fin), .fromServer))]

    private static let silent: [(Double, Timeline.Moment)] =
        Timeline.registered(timer: 60) + Timeline.pings([30]) + [(100, .event(.close(.fin), .fromServer))]

    /// Another phone has a connection from the same address, which the run did not see made.
    private static let neighbours: [Timeline] =
        [
            Timeline(flow: 9, clientPort: 40_900, moments: [(0, .ping), (0.1, .pong)], opening: .midstream), .tcp(lost),
        ]
        + (1...4).map { index in
            Timeline(
                flow: UInt32(index), clientPort: 41_000 + UInt16(index),
                moments: [(65 + Double(index) * 2, .event(.close(.refused), .fromServer))])
        }

    private static func later(_ time: Double, regID: Int = 1) -> Timeline {
        Timeline(
            flow: 1, clientPort: 40_001,
            moments: Timeline.registered(at: time, regID: regID, timer: 60, cseq: 9) + Timeline.pings([time + 50]))
    }

    /// A flow that is registered at ten times `index` seconds, and closed five seconds later.
    private static func closedAtOnce(_ index: Int) -> Timeline {
        let start = Double(index * 10)
        return Timeline(
            flow: UInt32(index), clientPort: 40_000 + UInt16(index),
            moments: Timeline.registered(at: start, timer: 40, cseq: index + 1)
                + [(start + 5, .event(.close(.fin), .fromServer))])
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-REC-003", "pass", "30 to 60 s, then 60 to 120 s", attempts([0, 40, 130]))
        RuleRow("OB-REC-003", "warn", "the second wait is as short as the first", attempts([0, 40, 80]))
        RuleRow("OB-REC-003", "fail", "the same with known settings", attempts([0, 40, 80]), settings: known)
        RuleRow(
            "OB-REC-003", nil, "a challenge is no failure",
            [.udp(attempt(0, 1, 401) + attempt(0.1, 2, 200, ["Require: outbound"]))])
        RuleRow("OB-REC-003", "pass", "no answer: 32 s and a wait", [.udp(unanswered(0, 1) + unanswered(70, 2))])
        RuleRow(
            "OB-REC-006", "fail", "no answer, and again 4 s after Timer F", [.udp(unanswered(0, 1) + unanswered(36, 2))]
        )
        RuleRow(
            "OB-REC-006", nil, "no answer, and then to another server",
            [
                .udp(unanswered(0, 1)),
                Timeline(
                    flow: 1, transport: .udp, serverPort: 5070, moments: attempt(33, 2, 200, ["Require: outbound"])),
            ])
        RuleRow(
            "OB-REC-004", nil, "of refreshes only the client's direction was seen",
            attempts([0, 280, 560, 840, 1120], nil))
        RuleRow("OB-REC-003", nil, "nor does it tell of a wait that was too long", attempts([0, 1800], nil))
        RuleRow("OB-REC-007", nil, "nor of one that gave up", attempts([0], nil), end: 2400)
        RuleRow("OB-REC-007", "warn", "sent again and again, and then no more", [.udp(unanswered(0, 1))], end: 2400)
        RuleRow(
            "OB-REC-004", nil, "answers cut by the snapshot length",
            [
                .udp(
                    [0, 280, 560, 840, 1120].enumerated().flatMap {
                        attempt($1, $0 + 1, nil) + [($1 + 0.1, .event(.cutSIP, .fromServer))]
                    })
            ])
        RuleRow(
            "OB-REC-004", nil, "the same on a connection",
            [.tcp([0, 280, 560, 840, 1120].enumerated().flatMap { attempt($1, $0 + 1, nil) })])
        RuleRow(
            "OB-REC-006", nil, "nor on one that a new one followed",
            [
                .tcp(attempt(0, 1, nil)),
                Timeline(flow: 1, clientPort: 40_001, moments: attempt(45, 1, nil)),
            ])
        RuleRow(
            "OB-REC-006", "fail", "a challenge to the credentials that answered one is a failure",
            [.tcp(attempt(0, 1, 401) + challenged(0.1, 2) + attempt(0.2, 3, 401))])
        RuleRow(
            "OB-REC-006", nil, "unless they are taken the next time",
            [.tcp(attempt(0, 1, 401) + challenged(0.1, 2) + attempt(0.2, 3, 200, ["Require: outbound"]))])
        RuleRow(
            "OB-REC-006", nil, "unless the nonce was too old",
            [.tcp(attempt(0, 1, 401) + challenged(0.1, 2, stale: true) + attempt(0.2, 3, 200, ["Require: outbound"]))])
        RuleRow("OB-REC-004", "fail", "constant period", attempts([0, 65, 130, 195, 260]))
        RuleRow("OB-REC-004", "pass", "growing", attempts([0, 40, 130, 300]))
        RuleRow("OB-REC-006", "fail", "first retry after 5 s", attempts([0, 5]))
        RuleRow("OB-REC-006", "fail", "2 s after the server hung up", hungUp([0, 2, 4, 6, 8]))
        RuleRow("OB-REC-004", "fail", "and again and again", hungUp([0, 2, 4, 6, 8]))
        RuleRow("OB-REC-006", "pass", "40 s after the server hung up", hungUp([0, 40]))
        RuleRow("OB-REC-006", nil, "the phone itself hung up", hungUp([0, 2], by: .fromClient))
        RuleRow("OB-REC-006", "pass", "after 34 s", attempts([0, 34]))
        RuleRow("OB-REC-006", nil, "a removal that fails is no retry", [.udp(attempt(0, 1) + removal(2, 2))])
        RuleRow("OB-REC-007", nil, "nor does who sends one give up", [.udp(attempt(0, 1) + removal(2, 2))], end: 2400)
        RuleRow(
            "OB-UA-012", nil, "nor need it wait as a 503 asks",
            [.udp(attempt(0, 1, 503, ["Retry-After: 20"]) + removal(2, 2, 503))])
        RuleRow("OB-REC-008", nil, "a removal soon after the loss", lostAndRemoved)
        RuleRow("OB-REC-007", nil, "and nobody comes back after it", lostAndRemoved, end: 2400)
        RuleRow(
            "OB-REC-006", "fail", "the same again 5 s after 420, which corrects nothing",
            [.tcp(attempt(0, 1, 420) + attempt(5, 2, 420))])
        RuleRow(
            "OB-REC-006", nil, "another lifetime 5 s after 423",
            [
                .tcp(
                    attempt(0, 1, 423) + [
                        (5, .register(regID: 1, callID: "a1", cseq: 2, expires: 7200)),
                        (5.1, .answer(200, ["Require: outbound"], cseq: 2, callID: "a1")),
                    ])
            ])
        RuleRow("OB-REC-007", "warn", "gives up", attempts([0]), end: 2400)
        RuleRow("OB-REC-007", nil, "the capture is too short to say", attempts([0]), end: 1200)
        RuleRow(
            "OB-REC-007", nil, "a removal sent again after its answer is no attempt", removedTwice, end: 2400)
        RuleRow("OB-REC-006", "pass", "nor is a REGISTER that crossed with its refusal", refusedTwice)
        RuleRow(
            "OB-REC-008", "warn", "no keep-alive was ever answered",
            [
                .tcp(Timeline.registered(timer: 40) + [(16, .event(.close(.fin), .fromServer))]),
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: Timeline.registered(at: 50, timer: 40, cseq: 2) + [(66, .event(.close(.fin), .fromServer))]
                ),
                Timeline(flow: 2, clientPort: 40_002, moments: Timeline.registered(at: 100, timer: 40, cseq: 3)),
            ])
        RuleRow(
            "OB-REC-008", "pass", "a removal soon after a loss is no recovery",
            [
                .tcp(Timeline.registered(timer: 40) + [(16, .event(.close(.fin), .fromServer))]),
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: Timeline.registered(at: 50, timer: 40, cseq: 2) + [(66, .event(.close(.fin), .fromServer))]
                ),
                Timeline(
                    flow: 2, clientPort: 40_002,
                    moments: [
                        (70, .register(regID: 1, callID: "a1", cseq: 3, expires: 0)),
                        (70.01, .answer(200, [], cseq: 3, callID: "a1")),
                    ]),
            ])
        RuleRow("OB-REC-008", "fail", "a loop", (0..<4).map(closedAtOnce))
        RuleRow(
            "OB-UA-012", "fail", "sooner than Retry-After",
            [.udp(attempt(0, 1, 503, ["Retry-After: 300"]) + attempt(60, 2, 200))])
        RuleRow(
            "OB-UA-012", "fail", "a refresh of a good flow, too",
            [
                .tcp(
                    Timeline.registered(timer: 60) + attempt(50, 2, 503, ["Retry-After: 60"]) + attempt(56, 3, 200))
            ])
        RuleRow(
            "OB-UA-012", nil, "which may be removed sooner",
            [
                .tcp(
                    Timeline.registered(timer: 60) + attempt(50, 2, 503, ["Retry-After: 60"]) + [
                        (56, .register(regID: 1, callID: "a1", cseq: 3, expires: 0))
                    ])
            ])
        RuleRow(
            "OB-UA-012", nil, "nor does it hold any longer when a REGISTER that was under way was granted",
            [
                .tcp(
                    Timeline.registered(timer: 60) + attempt(50, 2, nil) + attempt(50.5, 3, nil) + [
                        (51, .answer(503, ["Retry-After: 300"], cseq: 2, callID: "a1")),
                        (51.1, .answer(200, ["Require: outbound"], cseq: 3, callID: "a1")),
                    ] + attempt(100, 4, 200))
            ])
        RuleRow(
            "OB-UA-012", "warn", "that of a 500",
            [.udp(attempt(0, 1, 500, ["Retry-After: 300"]) + attempt(60, 2, 200))])
        RuleRow(
            "OB-UA-012", "warn", "that of a 500 to a refresh",
            [
                .tcp(
                    Timeline.registered(timer: 60) + attempt(50, 2, 500, ["Retry-After: 60"]) + attempt(56, 3, 200))
            ])
        RuleRow(
            "OB-UA-012", "pass", "that of a 500 kept",
            [.udp(attempt(0, 1, 500, ["Retry-After: 12"]) + attempt(13, 2, 200))])
        RuleRow(
            "OB-REC-006", nil, "who tries when a 500 says so",
            [.udp(attempt(0, 1, 500, ["Retry-After: 12"]) + attempt(13, 2, 200))])
        RuleRow(
            "OB-REC-003", "pass", "and waits as long as it says",
            [.udp(attempt(0, 1, 500, ["Retry-After: 400"]) + attempt(401, 2, 200))])
        RuleRow(
            "OB-UA-012", "pass", "Retry-After kept",
            [.udp(attempt(0, 1, 503, ["Retry-After: 30"]) + attempt(45, 2, 200))])
        RuleRow(
            "OB-REC-003", nil, "refused connections may be another phone's behind the same NAT", neighbours, end: 600)
        RuleRow("OB-REC-012", "unknown", .identity, "so that an attempt may be among them", neighbours, end: 600)
        RuleRow("OB-REC-012", "fail", "none was refused", Array(neighbours.prefix(2)), end: 600)
        RuleRow("OB-REC-010", "pass", "a good flow repaired after 40 s", [.tcp(lost), later(100)])
        RuleRow("OB-REC-010", "info", "after 110 s", [.tcp(lost), later(170)])
        RuleRow("OB-REC-001", "fail", "another reg-id after the loss", [.tcp(lost), later(100, regID: 2)])
        RuleRow(
            "OB-REC-001", nil, "the refresh of another flow that the run did not see made",
            [
                .tcp(lost),
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: Timeline.registered(at: 100, regID: 2, timer: 60, cseq: 9, callID: "b"),
                    opening: .midstream),
            ])
        RuleRow(
            "OB-REC-001", "fail", "another reg-id on the flow of the refusal",
            [
                .udp(
                    Timeline.registered(timer: 60) + [(10, .register(regID: 1, callID: "a1", cseq: 2, expires: 0))]
                        + [(10.1, .answer(200, [], cseq: 2, callID: "a1"))] + attempt(20, 3)
                        + Timeline.registered(at: 60, regID: 2, timer: 60, cseq: 4))
            ])
        RuleRow("OB-REC-001", "pass", "the same reg-id", [.tcp(lost), later(100)])
        RuleRow("OB-REC-012", "fail", "no REGISTER for five minutes", [.tcp(lost)], end: 400)
        RuleRow(
            "OB-REC-012", "unknown", .side, "the client had fallen silent before the close", [.tcp(silent)], end: 900)
        RuleRow(
            "OB-FT-004", "unknown", .side, "so that its silence may have had another reason", [.tcp(silent)], end: 900)
        RuleRow(
            "OB-REC-012", "fail", "it closes its end, and so is still there",
            [.tcp(silent + [(100.1, .event(.close(.fin), .fromClient))])], end: 900)
        RuleRow(
            "OB-FT-004", "fail", "and should not have been silent",
            [.tcp(silent + [(100.1, .event(.close(.fin), .fromClient))])], end: 900)
        RuleRow("OB-FT-004", "fail", "no more than one that comes back at once", [.tcp(silent), later(130)])
        RuleRow(
            "OB-FT-004", "unknown", .side, "one that comes back after ten minutes was started anew",
            [.tcp(silent), later(700)])
        RuleRow("OB-REC-012", "unknown", .cut, "the capture ends", [.tcp(lost)], end: 100)
        RuleRow("OB-REC-012", "pass", "a REGISTER follows", [.tcp(lost), later(100)])
        RuleRow(
            "OB-REG-010", "fail", "Require: outbound without reg-id", [.tcp(Timeline.registered(regID: nil, timer: 20))]
        )
        RuleRow("OB-REG-010", "pass", "a plain registration", [.tcp(Timeline.registered(regID: nil, outbound: false))])
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// A phone that is switched off and on, or starts anew by itself.
    @RuleRows static var restarts: [RuleRow] {
        RuleRow("OB-REC-006", "unknown", .side, "started anew 21 s after a 503", anew([0, 21]))
        RuleRow("OB-REC-006", "fail", "and again 5 s after each: a loop", anew([0, 5, 10, 15]))
        RuleRow(
            "OB-REC-006", "fail", "the same Call-ID on another connection",
            [.tcp(attempt(0, 1)), Timeline(flow: 1, clientPort: 40_001, moments: attempt(21, 2))])
        RuleRow("OB-REC-006", "unknown", .side, "from the same port over datagrams", [again(.udp, [0, 21])])
        RuleRow("OB-REC-006", "fail", "and again 5 s after each from the same port", [again(.udp, [0, 5, 10, 15])])
        RuleRow("OB-REC-006", "fail", "another Call-ID on one connection", [again(.tcp, [0, 21])])
        RuleRow(
            "OB-UA-012", "unknown", .side, "from the same port before Retry-After is over",
            [again(.udp, [0, 21], ["Retry-After: 300"])])
        RuleRow(
            "OB-UA-012", "unknown", .side, "after a refresh that got one",
            [.udp(refreshed + attempt(56, 1, 200, [], callID: "b1"))])
        RuleRow(
            "OB-UA-012", "unknown", .side, "and on another connection",
            [
                .tcp(refreshed),
                Timeline(flow: 1, clientPort: 40_001, moments: attempt(56, 1, 200, [], callID: "b1")),
            ])
        RuleRow(
            "OB-UA-012", "fail", "which the same connection rules out",
            [.tcp(refreshed + attempt(56, 1, 200, [], callID: "b1"))])
        RuleRow(
            "OB-REC-006", "pass", "started anew later", [.tcp(attempt(0, 1) + attempt(40, 2))] + anew([55], from: 1))
        RuleRow(
            "OB-REC-003", "pass", "the failures before are forgotten",
            [.tcp(attempt(0, 1) + attempt(40, 2))] + [
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: [55.0, 95].enumerated().flatMap { index, time in
                        [
                            (time, Timeline.Moment.register(regID: 1, callID: "b1", cseq: index + 1, expires: nil)),
                            (time + 0.01, .answer(503, [], cseq: index + 1, callID: "b1")),
                        ]
                    })
            ])
        RuleRow(
            "OB-REC-003", "warn", "waits do not grow, with a Call-ID and a connection for each", anew([0, 40, 85, 125]))
        RuleRow(
            "OB-UA-012", "unknown", .side, "started anew before Retry-After is over",
            anew([0, 21], ["Retry-After: 300"]))
        RuleRow(
            "OB-UA-012", "fail", "and again: a loop", anew([0, 21, 42], ["Retry-After: 300"]))
    }

    @Test(arguments: restarts) func restart(_ row: RuleRow) throws { try row.check() }

    /// One of two flows down, waits that fit the low base time: the case of a real user agent.
    @Test func lowBaseWhileAnotherFlowLives() throws {
        let alive = Timeline(
            flow: 5, clientPort: 41_000, serverPort: 5062,
            moments: Timeline.registered(regID: 2, timer: 60, callID: "b")
                + Timeline.pings(stride(from: 50.0, to: 700, by: 55).map { $0 }))
        let down = (1...3).map { index in
            Timeline(
                flow: UInt32(index), clientPort: 40_000 + UInt16(index),
                moments: [([0, 112.0, 200.7, 411][index], .event(.close(.refused), .fromServer))])
        }
        let list = try audit([alive, .tcp(Self.lost)] + down, end: 700)
        #expect(list.findings.first { $0.requirement == "OB-REC-005" }?.verdict == .warn)
    }
}

@Suite struct FlowLedgerTests {
    @Test func medianIsExactForFewAndBoundedForMany() {
        var sample = IntervalSample()
        for value in [30, 10, 20] as [Int64] { sample.add(value * 1_000_000_000) }
        #expect(sample.median == 20_000_000_000)
        for value in 0..<10_000 { sample.add(Int64(value) * 1_000_000) }
        #expect(sample.count == 10_003)
        #expect(abs((sample.median ?? 0) - 5_000_000_000) < 750_000_000)
    }

    @Test func copiesOnTheOtherSideOfARelayAreNotJudged() throws {
        let moments = Timeline.registered(timer: 20) + [(100, Timeline.Moment.options)]
        let outside = Timeline(flow: 1, transport: .udp, clientPort: 41_000, insidePort: 40_000, moments: moments)
        let list = try audit([.udp(moments), outside])
        #expect(Set(list.findings.filter { $0.verdict == .fail }.map(\.subject)) == ["f1"])
    }

    /// Both sides of a back-to-back user agent that passes instance-id and reg-id on: the phone is on one of them.
    @Test func whatItsNextHopRegistersIsNotThePhones() throws {
        var ledger = FlowLedger()
        for round in 0..<3 {
            let start = Double(round) * 300
            let (cseq, callID) = (round + 1, "a1")
            var phone = Timeline.udp([(start, .register(regID: 1, callID: callID, cseq: cseq, expires: nil))])
            try phone.play(into: &ledger)
            var core = Timeline.udp(Timeline.registered(at: start + 0.005, outbound: false, cseq: cseq, callID: "b"))
            (core.flow, core.clientHost, core.serverHost) = (1, 99, 2)
            try core.play(into: &ledger)
            phone.moments =
                [
                    (start + 0.02, .answer(200, ["Require: outbound", "Flow-Timer: 20"], cseq: cseq, callID: callID))
                ] + Timeline.stuns(stride(from: start + 18, to: start + 299, by: 17.5).map { $0 })
            try phone.play(into: &ledger)
        }
        ledger.finish()
        #expect(!ledger.flows[1].isUserAgentFlow && ledger.flows[0].isUserAgentFlow)
        let findings = Judge().judge(ledger, keeping: .all).findings
        #expect(findings.first { $0.requirement == "OB-FT-004" }?.verdict == .pass)
        #expect(findings.allSatisfy { $0.subject == FlowID(0).description })
    }

    /// The address of another network: the Call-ID is the phone's, and not one that a proxy made up.
    @Test(arguments: [("a1", true), ("b1", false)])
    func aSecondAddressIsNoNextHop(callID: String, isPhone: Bool) throws {
        var ledger = FlowLedger()
        let first = Timeline.udp([(0, .register(regID: 1, callID: "a1", cseq: 1, expires: nil))])
        try first.play(into: &ledger)
        var second = Timeline.udp(Timeline.registered(at: 0.1, cseq: 2, callID: callID))
        (second.flow, second.clientHost) = (1, 99)
        try second.play(into: &ledger)
        ledger.finish()
        #expect(ledger.flows[1].isUserAgentFlow == isPhone)
    }

    @Test func selection() {
        #expect(RuleSelection(only: ["OB-FT-*"]).includes("OB-FT-004"))
        #expect(!RuleSelection(only: ["OB-FT-*"], skip: ["*-004"]).includes("OB-FT-004"))
        #expect(RuleSelection.unmatched(["OB-XX-*", "OB-KA-0??"]) == ["OB-XX-*"])
        // A diagnosis is one of its own, or a cause of others.
        #expect(RuleSelection.unmatched(["DX-REG-2*", "DX-KA-09", "DX-XX-*"]) == ["DX-KA-09", "DX-XX-*"])
        #expect(RuleSelection.remarks.allSatisfy { DiagnosisTable[$0] != nil })
        // What the tokens of several registrations show together is asked for as anything else is.
        #expect(RuleSelection(only: ["OB-EP-003"]).judged(withExchanges: true) == ["OB-EP-003"])
        #expect(RuleSelection.unmatched(["OB-EP-003"], withExchanges: true).isEmpty)
        #expect(RuleSelection.unmatched(["OB-EP-003"]) == ["OB-EP-003"])
    }

    @Test(arguments: Judge.requirements) func everyRuleHasItsRow(_ requirement: Requirement.ID) {
        #expect(RequirementTable[requirement] != nil)
    }
}
