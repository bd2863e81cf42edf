import Testing

@testable import OutboundKit

@Suite struct OB_WSTests {
    private static let registered: [(Double, Timeline.Moment)] = Timeline.registered(timer: 20)

    private static func ws(_ moments: [(Double, Timeline.Moment)]) -> Timeline {
        Timeline(transport: .ws, moments: moments)
    }

    /// Ping frames of one end at `times`, each answered 20 ms later.
    private static func frames(
        _ times: [Double], by side: FlowEvent.Direction = .fromClient, answered: Bool = true
    ) -> [(Double, Timeline.Moment)] {
        times.flatMap { time -> [(Double, Timeline.Moment)] in
            let ping: (Double, Timeline.Moment) = (time, .event(.webSocketControl(.ping), side))
            return answered ? [ping, (time + 0.02, .event(.webSocketControl(.pong), side.opposite))] : [ping]
        }
    }

    private static let good = ws(registered + frames([18, 35, 54, 71, 90, 107]))
    private static let byServer = ws(registered + frames([11, 22, 33, 44, 55], by: .fromServer) + [(60, .options)])

    /// CRLFCRLF of the server in messages of their own, each answered by the client with a CRLF 20 ms later.
    private static func crlfs(_ times: [Double]) -> [(Double, Timeline.Moment)] {
        times.flatMap { time -> [(Double, Timeline.Moment)] in
            [
                (time, .event(.crlf(completesPair: true, ownSegment: true), .fromServer)),
                (time + 0.02, .event(.crlf(completesPair: false, ownSegment: true), .fromClient)),
            ]
        }
    }

    private static let crlfsByServer = ws(registered + crlfs([4, 8, 12, 16, 20, 24, 28]))

    private static func frame(_ time: Double, _ control: FlowEvent.WebSocketControl) -> (Double, Timeline.Moment) {
        (time, .event(.webSocketControl(control), .fromServer))
    }

    /// The server closes with `code`, `delay` after the first ping.
    private static func closed(_ code: UInt16, after delay: Double = 0.001, outbound: Bool = true) -> Timeline {
        ws(
            [agreement(true, true)] + Timeline.registered(timer: outbound ? 20 : nil, outbound: outbound)
                + [(18, .ping), frame(18 + delay, .close(code)), (18 + delay, .event(.close(.fin), .fromServer))])
    }

    /// Pings every 16.7 s, where 10 s were asked for, and never a pong.
    private static let deadFlow = ws(
        Timeline.registered(timer: 10) + [8.3, 25, 41.7, 58.4].map { ($0, Timeline.Moment.ping) })

    /// WebSockets that the server closes soon after the 200, each made anew after `wait` seconds.
    private static func storm(_ count: Int, wait: Double, over transport: TransportProtocol = .ws) -> [Timeline] {
        (0..<count).map { index in
            let start = Double(index) * (2 + wait)
            return Timeline(
                flow: UInt32(index), transport: transport, clientPort: 40_000 + UInt16(index),
                moments: Timeline.registered(at: start, timer: 20, cseq: index + 1)
                    + [(start + 2, .event(.close(.fin), .fromServer))])
        }
    }

    private static let deadPings = ws(registered + frames([18, 36, 54], answered: false))

    private static func agreement(_ offers: Bool, _ grants: Bool) -> (Double, Timeline.Moment) {
        (0, .event(.webSocketHandshake(offersSIP: offers, grantsSIP: grants), .fromServer))
    }

    /// Pings without a pong, while the server answers a REGISTER.
    private static let ignored: [(Double, Timeline.Moment)] =
        [(18, .ping)] + Timeline.registered(at: 20, timer: 20, cseq: 2) + [(36, .ping), (54, .ping)]

    private static var midstream: Timeline {
        var timeline = good
        timeline.opening = .midstream
        return timeline
    }

    private static let stun = STUNFacts(
        messageClass: .request, method: 1, transactionHigh: 1, transactionLow: 2, flags: [.cookie], mappedAddress: nil,
        errorCode: 0)

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-WS-007", "warn", "made anew at once, again and again", storm(7, wait: 0.1))
        RuleRow("OB-WS-007", "pass", "made anew three times", storm(4, wait: 0.1))
        RuleRow("OB-WS-007", "pass", "with waits", storm(7, wait: 40))
        RuleRow("OB-WS-007", nil, "a storm over TCP has rows of its own", storm(7, wait: 0.1, over: .tcp))
        RuleRow("OB-WS-007", nil, "never lost", [good])
        RuleRow(
            "OB-WS-007", "warn", "Pings go on without a Pong", [deadPings], end: 80)
        RuleRow(
            "OB-WS-007", nil, "the client gives up",
            [ws(registered + frames([18], answered: false) + [(28.2, .event(.close(.fin), .fromClient))])])
        RuleRow(
            "OB-WS-007", nil, "its Pong may be among what is missing",
            [
                ws(
                    registered + frames([18], answered: false) + [(20, .event(.gap(2), .fromServer))]
                        + frames([36, 54]))
            ])
        RuleRow("OB-WS-008", "fail", "STUN", [ws(registered + [(18, .event(.stun(stun), .fromClient))])])
        RuleRow("OB-WS-008", "pass", "none", [good])
        RuleRow("OB-WS-008", nil, "TCP", [.tcp(registered + [(18, .event(.stun(stun), .fromClient))])])
        RuleRow(
            "OB-STUN-001", nil, "on a WebSocket it is OB-WS-008",
            [ws(registered + [(18, .event(.stun(stun), .fromClient))])])
        RuleRow("OB-WS-002", "fail", "none, and the server is judged", [deadPings], end: 80)
        RuleRow("OB-WS-002", "pass", "each Ping answered", [good])
        RuleRow(
            "OB-WS-002", "fail", "no Pong",
            [ws(registered + frames([18], answered: false) + [(40, .event(.webSocketControl(.ping), .fromClient))])])
        RuleRow(
            "OB-WS-002", "unknown", .cut, "ends before a Pong is due", [ws(registered + frames([18], answered: false))],
            end: 19)
        RuleRow("OB-WS-002", "pass", "the server pings", [byServer])
        RuleRow(
            "OB-WS-002", "fail", "the client sends frames and no Pong",
            [ws(registered + frames([18, 36], by: .fromServer, answered: false) + [(30, .options), (60, .options)])])
        RuleRow(
            "OB-WS-002", "fail", "more often than a Pong may take",
            [
                ws(
                    registered + frames([5, 10], by: .fromServer, answered: false) + [(12, .options)]
                        + frames([15, 20], by: .fromServer, answered: false))
            ])
        RuleRow(
            "OB-WS-002", "pass", "one Pong for three Pings",
            [
                ws(
                    registered + frames([5, 10], by: .fromServer, answered: false) + frames([14], by: .fromServer)
                        + [(30, .options)])
            ])
        RuleRow(
            "OB-WS-002", "unknown", .cut, "ends before the client's Pong is due",
            [ws(registered + frames([18], by: .fromServer, answered: false))], end: 19)
        RuleRow("OB-WS-003", "pass", "CRLF answers CRLF", [ws(registered + Timeline.pings([18, 35]))])
        RuleRow("OB-WS-003", "fail", "no answer, while SIP is answered", [ws(registered + ignored)])
        RuleRow("OB-WS-003", nil, "a server that is silent", [ws(registered + [(18, .ping), (36, .ping)])])
        RuleRow("OB-KA-010", "fail", "that is OB-KA-010", [ws(registered + [(18, .ping), (36, .ping)])])
        RuleRow("OB-KA-010", nil, "that is OB-WS-003", [ws(registered + ignored)])
        RuleRow(
            "OB-WS-003", "warn", "no answer, and none promised",
            [
                ws(
                    Timeline.registered(outbound: false) + [(18, .ping)]
                        + Timeline.registered(at: 20, outbound: false, cseq: 2) + [(36, .ping)])
            ])
        RuleRow("OB-WS-003", "unknown", .cut, "ends before a pong is due", [ws(registered + [(18, .ping)])], end: 19)
        RuleRow("OB-WS-003", nil, "Pings are none of its business", [good])
        RuleRow("OB-WS-004", "pass", "each for itself", [good])
        RuleRow(
            "OB-WS-004", "warn", "a ping before the start-line",
            [ws([(0, .event(.gluedCRLF(4), .fromClient))] + registered)])
        RuleRow(
            "OB-WS-004", "fail", "two messages in one",
            [ws([(0, .event(.gluedCRLF(4), .fromClient))] + registered + [(5, .event(.gluedCRLF(0), .fromServer))])])
        RuleRow("OB-WS-004", nil, "TCP", [.tcp(registered)])
        RuleRow("OB-WS-005", "pass", "agreed", [ws([agreement(true, true)] + registered)])
        RuleRow("OB-WS-005", "fail", "not granted", [ws([agreement(true, false)] + registered)])
        RuleRow("OB-WS-005", "fail", "not offered", [ws([agreement(false, false)] + registered)])
        RuleRow("OB-WS-005", "unknown", .late, "joined in the middle", [midstream])
        RuleRow(
            "OB-WS-002", "pass", "a Pong that nobody asked for",
            [ws(registered + [(5, .event(.webSocketControl(.pong), .fromServer))] + frames([18, 35]))])
        RuleRow("OB-WS-009", "pass", "Pings of the client", [good])
        RuleRow("OB-WS-009", "pass", "CRLFs of the client", [ws(registered + Timeline.pings([18, 35, 54]))])
        RuleRow("OB-WS-009", "warn", "Pings of the server alone", [byServer])
        RuleRow("OB-WS-009", nil, "nothing owed", [ws(Timeline.registered(outbound: false) + frames([18]))])
        RuleRow("OB-KA-001", "pass", "Pings of the client keep alive", [good])
        RuleRow("OB-KA-001", "skipped", "only the server pings", [byServer])
        RuleRow("OB-KA-010", nil, "Pings are no CRLFs", [good])
        RuleRow("OB-FT-004", "fail", "Pings too far apart", [ws(registered + frames([18, 55, 73]))])
        RuleRow("OB-FT-004", "pass", "Pings in time", [good])

        RuleRow("OB-WS-009", "warn", "CRLFCRLF of the server alone, each answered", [crlfsByServer])
        RuleRow("OB-KA-001", "skipped", "those are no keep-alives of the client", [crlfsByServer])
        RuleRow("OB-FT-004", "skipped", "nor are they judged for their time", [crlfsByServer])
        RuleRow("OB-WS-003", nil, "and nobody asked the server for a pong", [crlfsByServer])
        RuleRow("OB-KA-010", nil, "in no way", [crlfsByServer])
        RuleRow("OB-KA-006", nil, "nor the client", [crlfsByServer])
        RuleRow("OB-KA-003", nil, "a pong is no half of a ping", [crlfsByServer])
        RuleRow("OB-WS-002", nil, "a message of CRLFCRLF is no Ping frame", [crlfsByServer])
        RuleRow(
            "OB-WS-003", "pass", "both ends ping", [ws(registered + crlfs([4, 8, 12]) + Timeline.pings([18, 35]))])
        RuleRow(
            "OB-WS-003", "fail", "a ping of the server is no pong",
            [
                ws(
                    registered
                        + [18, 36, 54].flatMap { time -> [(Double, Timeline.Moment)] in
                            [
                                (time, .ping),
                                (time + 0.02, .event(.crlf(completesPair: true, ownSegment: true), .fromServer)),
                            ]
                        } + [(70, .options)])
            ])
        RuleRow(
            "OB-KA-003", "warn", "single CRLFs as keep-alives",
            [ws(registered + [18, 36, 54].map { ($0, .halfPing(ownSegment: true)) } + [(60, .options)])])

        RuleRow(
            "OB-WS-002", "unknown", .side, "no Pong, and nothing else of the client",
            [ws(registered + frames([4, 8, 12, 16, 20], by: .fromServer, answered: false))], end: 40)
        RuleRow(
            "OB-WS-002", "unknown", .side, "nor when the server has closed",
            [
                ws(
                    registered + frames([4, 8, 12, 16], by: .fromServer, answered: false)
                        + [(40, .event(.close(.fin), .fromServer))])
            ])
        RuleRow(
            "OB-WS-002", "unknown", .cut, "the server closes before a Pong is due",
            [
                ws(
                    registered + frames([18], by: .fromServer, answered: false)
                        + [(19, .options), (20, .event(.close(.fin), .fromServer))])
            ], end: 60)
        RuleRow(
            "OB-WS-002", "unknown", .gap, "the Pong may be missing",
            [
                ws(
                    registered + frames([18], by: .fromServer, answered: false)
                        + [(19, .event(.gap(8), .fromClient)), (60, .options)])
            ])
        RuleRow(
            "OB-WS-002", "fail", "a client that comes back without one",
            [ws(registered + frames([4, 8, 12, 16], by: .fromServer, answered: false) + [(40, .options)])], end: 60)

        RuleRow("OB-WS-003", "fail", "a ping is answered by Close 1002", [closed(1002)])
        RuleRow("OB-KA-010", nil, "which is OB-WS-003", [closed(1002)])
        RuleRow("OB-WS-003", "warn", "where nothing was promised", [closed(1002, outbound: false)])
        RuleRow("OB-WS-003", "unknown", .cut, "a server that goes away just then", [closed(1001)])
        RuleRow("OB-WS-003", "unknown", .cut, "and one that has something else against it", [closed(1002, after: 3)])
        RuleRow(
            "OB-FT-004", "skipped", "nothing was due before the end",
            [ws(registered + [(5, .event(.close(.fin), .fromClient))])])
        RuleRow("OB-FT-004", "skipped", "too far apart when the flow had failed", [deadFlow])
        RuleRow("OB-KA-006", "fail", "and went on", [deadFlow])
    }

    /// A log of events may say anything: frames of WebSockets on datagrams, and datagrams on WebSockets.
    @Test(arguments: [TransportProtocol.udp, .ws, .wss, .tcp, .sctp])
    func eventsOfAnotherTransport(_ transport: TransportProtocol) throws {
        let more: [(Double, Timeline.Moment)] = [
            (60, .event(.crlfDatagram(4), .fromClient)),
            (61, .event(.otherDatagram(length: 4, first: 0), .fromClient)),
            (62, .event(.icmpError(type: 3, code: 3), .fromClient)),
        ]
        let moments =
            Self.registered + [(18, .stun(1))] + Self.frames([19, 20, 21], answered: false)
            + [(22, .stun(2)), (22.1, .stunAnswer(2, port: 40_000, [.cookie, .xorMapped]))]
            + Self.frames([40, 41]) + Timeline.pings([50, 51]) + more + Timeline.stuns([80])
        let timeline = Timeline(transport: transport, moments: moments)
        var ledger = FlowLedger()
        try timeline.play(into: &ledger)
        ledger.finish()
        let flow = try #require(ledger.flows.first)
        // On datagrams only STUN transactions are keep-alives.
        if !transport.isStream { #expect(flow.kind == .stun && flow.pings == 3 && flow.waiting == 0) }
        #expect(Judge().judge(ledger).counts.fail > 0)
    }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }

    /// An edge that plays dead is not told that it answers nothing, and its phones are all the same.
    @Test func onlyThePhoneIsJudged() throws {
        var ledger = FlowLedger()
        try Self.deadPings.play(into: &ledger)
        ledger.finish()
        let findings = Judge(of: .registeredPhones).judge(ledger).findings.filter { $0.verdict.word != "pass" }
        #expect(findings.contains { $0.requirement == "OB-WS-007" && $0.verdict.word == "warn" })
        #expect(!findings.contains { $0.requirement == "OB-WS-002" })
    }

    /// What helps on TCP may be of no use on a WebSocket, and a page in a browser has neither Pings nor, often, a switch.
    @Test(
        arguments: [
            ("OB-KA-010", [(18.0, .ping), (36, .ping)], "DX-WS-01", "ws_crlf_pingpong", "tcp_crlf_ping"),
            ("OB-WS-003", Self.ignored, "DX-WS-01", "or send Pings itself", "let the client send"),
            ("OB-KA-001", [(60.0, .options)], "DX-KA-01", "socket.send('\\r\\n\\r\\n')", "Switch keep-alives on"),
        ] as [(Requirement.ID, [(Double, Timeline.Moment)], Diagnosis.ID, String, String)])
    func adviceFitsBrowsers(
        _ requirement: Requirement.ID, _ moments: [(Double, Timeline.Moment)], _ diagnosis: Diagnosis.ID,
        _ words: String,
        _ useless: String
    ) throws {
        var ledger = FlowLedger()
        try Self.ws(Self.registered + moments).play(into: &ledger)
        ledger.advance(to: Timestamp(seconds: 120))
        ledger.finish()
        let finding = try #require(Judge().judge(ledger).findings.first { $0.requirement == requirement })
        #expect(finding.verdict.word == "fail" && finding.diagnosis == diagnosis)
        let advice = finding.advice ?? ""
        #expect(advice.contains(words) && !advice.contains(useless), "\(advice)")
    }

    /// Pongs with other payloads are no sign of a server that keeps dead flows (DX-WS-02).
    @Test(arguments: [true, false]) func foreignPongs(_ areSent: Bool) throws {
        let strange: [(Double, Timeline.Moment)] =
            areSent ? [18.01, 36.01, 54.01].map { ($0, .event(.unrecognized(8), .fromServer)) } : []
        var ledger = FlowLedger()
        let moments = Self.registered + Self.frames([18, 36, 54], answered: false) + strange + [(70, .options)]
        try Self.ws(moments).play(into: &ledger)
        ledger.finish()
        let finding = try #require(Judge().judge(ledger).findings.first { $0.requirement == "OB-WS-002" })
        #expect(finding.verdict.word == "fail" && finding.diagnosis == (areSent ? nil : "DX-WS-02"))
        #expect(finding.message.contains("3 answers of the server carried no Ping's payload") == areSent)
    }

    /// Which of the two it was that ended the WebSocket does not show any more.
    @Test(arguments: [(TransportProtocol.ws, "Close frame or FIN of the server"), (.tcp, "FIN of the server")])
    func serverCloses(_ transport: TransportProtocol, _ words: String) throws {
        let moments = Self.registered + [(10, .event(.close(.fin), .fromServer))]
        var ledger = FlowLedger()
        try Timeline(transport: transport, moments: moments).play(into: &ledger)
        ledger.finish()
        let finding = Judge().judge(ledger).findings.first { $0.requirement == "OB-KA-020" }
        #expect(finding?.evidence.first?.observed == words)
    }

    @Test func summary() throws {
        var ledger = FlowLedger(settings: AuditSettings())
        try Self.good.play(into: &ledger)
        let flow = try #require(ledger.flows.first)
        let summary = FlowSummary(flow, end: 120_000_000_000)
        #expect(summary.keepAlive == "ws")
        #expect((summary.pings, summary.pongs) == (6, 6))
    }
}
