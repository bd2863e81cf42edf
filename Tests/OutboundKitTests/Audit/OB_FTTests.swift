import Testing

@testable import OutboundKit

@Suite struct OB_FTTests {
    private static func tcp(_ timer: Int, _ times: [Double], _ more: [(Double, Timeline.Moment)] = []) -> Timeline {
        .tcp(Timeline.registered(timer: timer) + Timeline.pings(times) + more)
    }

    /// An answer that tells no address, silence, and a REGISTER.
    private static func noAddress(until time: Double) -> Timeline {
        .udp(
            Timeline.registered(timer: 20) + [(18, .stun(5)), (18.1, .stunAnswer(5, port: 40_000, [.cookie]))]
                + Timeline.registered(at: time, timer: 20, cseq: 2) + Timeline.stuns([time + 15]))
    }

    /// The server closes a silent connection, and the client's end answers with FIN or RST.
    private static func lostByNAT(_ answer: FlowEvent.Closing) -> Timeline {
        tcp(20, [], [(36, .event(.close(.fin), .fromServer)), (36.01, .event(.close(answer), .fromClient))])
    }

    /// Ten intervals of 17 and 17.1 s in turn.
    private static let tenNearly: [Double] = [17, 34, 51.1, 68.1, 85.2, 102.2, 119.3, 136.3, 153.4, 170.4, 187.5]

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-FT-001", "pass", "a number", [tcp(20, [18])])
        RuleRow("OB-FT-001", "fail", "two fields", [.tcp(Timeline.registered(timer: 20, more: ["Flow-Timer: 30"]))])
        RuleRow("OB-FT-001", "fail", "no number", [.tcp(Timeline.registered(more: ["Flow-Timer: 2O"]))])
        RuleRow(
            "OB-FT-002", "warn", "without Require: outbound", [.tcp(Timeline.registered(timer: 20, outbound: false))])
        RuleRow("OB-FT-002", "pass", "with it", [tcp(20, [18])])

        RuleRow("OB-FT-004", "pass", "80 to 100 %", [tcp(20, [18, 35, 54, 71])])
        RuleRow("OB-FT-004", "pass", "20.013 s is timer grain", [tcp(20, [20.013, 38])])
        RuleRow("OB-FT-004", "fail", "25 s", [tcp(20, [18, 43, 60])])
        RuleRow("OB-FT-004", "fail", "the first one is late", [tcp(20, [40, 58])])
        RuleRow(
            "OB-FT-004", "warn", "replaced by traffic", [tcp(20, [18], [(30, .options), (43, .ping), (43.1, .pong)])])
        RuleRow(
            "OB-FT-004", "fail", "the silence before the traffic is too long by itself",
            [tcp(20, [18], [(44, .options), (54, .ping), (54.1, .pong)])])
        RuleRow(
            "OB-FT-004", "fail", "and so is the one behind it",
            [tcp(20, [18], [(20, .options), (54, .ping), (54.1, .pong)])])
        RuleRow(
            "OB-FT-004", "unknown", .gap, "a hole in between",
            [tcp(20, [18], [(30, .event(.gap(4), .fromClient)), (43, .ping), (43.1, .pong)])])
        RuleRow("OB-FT-004", "unknown", .side, "a wait behind an answer without an address", [noAddress(until: 58)])
        RuleRow("OB-FT-004", "unknown", .side, "the NAT had lost the connection", [lostByNAT(.rst)])
        RuleRow("OB-KA-001", "unknown", .side, "the NAT had lost the connection", [lostByNAT(.rst)])
        RuleRow("OB-FT-004", "fail", "the client was there", [lostByNAT(.fin)])
        RuleRow("OB-KA-001", "fail", "the client was there", [lostByNAT(.fin)])
        RuleRow(
            "OB-REC-008", nil, "when the NAT lost the connection is not known",
            [
                lostByNAT(.rst),
                Timeline(flow: 1, clientPort: 40_001, moments: Timeline.registered(at: 47, timer: 20, cseq: 2)),
            ])
        RuleRow("OB-FT-004", "fail", "which is longer than any", [noAddress(until: 400)])
        RuleRow("OB-FT-004", "unknown", .cut, "the last interval is open", [tcp(20, [18, 35])], end: 90)
        RuleRow(
            "OB-FT-004", "unknown", .late, "no 2xx seen",
            [Timeline(moments: Timeline.pings([1, 60, 140]), opening: .midstream)])
        RuleRow(
            "OB-FT-004", "fail", "keep=20 is a duty as Flow-Timer is (OB-KEEP-004)",
            [.tcp(Timeline.registered(outbound: false, more: ["keep=20"]) + Timeline.pings([18, 60]))])
        RuleRow(
            "OB-FT-004", "pass", "and ends with a refresh that has no keep (OB-KEEP-007)",
            [
                .tcp(
                    Timeline.registered(outbound: false, more: ["keep=20"]) + Timeline.pings([18])
                        + Timeline.registered(at: 30, outbound: false, cseq: 2) + Timeline.pings([90]))
            ])
        RuleRow("OB-FT-004", nil, "nobody registered", [.tcp(Timeline.pings([1, 60, 140]))])
        RuleRow(
            "OB-FT-004", "pass", "nothing is due after the removal",
            [
                tcp(
                    20, [18],
                    [
                        (30, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
                        (30.1, .answer(200, [], cseq: 2, callID: "a1")), (90, .ping),
                    ])
            ])
        RuleRow("OB-FT-004", "fail", "21.5 s at the edge of the client", [tcp(20, [18, 39.5])])
        RuleRow("OB-FT-004", "pass", "21.5 s seen behind the network", [tcp(20, [18, 39.5])], settings: edge)
        RuleRow(
            "OB-FT-004", "pass", "a retransmission counts as traffic",
            [
                .udp(
                    Timeline.registered(timer: 20) + Timeline.stuns([15]) + [
                        (33, .stun(99)), (33.5, .stun(99)), (34.5, .stun(99)), (36.5, .stun(99)), (40.5, .stun(99)),
                        (40.6, .stunAnswer(99, port: 40_000, [.cookie, .xorMapped])),
                        (56, .stun(100)), (56.1, .stunAnswer(100, port: 40_000, [.cookie, .xorMapped])),
                    ])
            ])
        RuleRow(
            "OB-FT-004", "pass", "a Flow-Timer beyond all years",
            [.tcp(Timeline.registered(more: ["Flow-Timer: 99999999999999999999"]) + Timeline.pings([60, 190]))])

        RuleRow("OB-FT-005", "pass", "random", [tcp(20, [18, 35, 54, 71, 90, 107])])
        RuleRow("OB-FT-005", "info", "more often than asked", [tcp(20, [18, 20, 35, 54, 71, 90])])
        RuleRow("OB-FT-005", "warn", "constant", [tcp(20, [17, 34, 51, 68, 85, 102, 119])])
        RuleRow(
            "OB-FT-005", "pass", "five random intervals may lie within 1 %",
            [tcp(20, [17, 34.1, 51.1, 68.25, 85.25, 102.35])])
        RuleRow(
            "OB-FT-005", "warn", "five within 0.5 % do not",
            [tcp(20, [17, 34.01, 51.01, 68.03, 85.03, 102.04])])
        RuleRow(
            "OB-FT-005", "warn", "nor do ten within 1 %",
            [tcp(20, tenNearly)])
        RuleRow(
            "OB-FT-005", "warn", "constant but for one of twenty",
            [tcp(20, (1...20).map { Double($0) * 18 - ($0 > 10 ? 1.5 : 0) })])
        RuleRow(
            "OB-FT-005", "pass", "not so where they are spread over 5 %",
            [tcp(20, (1...20).map { Double($0) * 18 + Double($0 % 5) * 0.22 })])
        RuleRow("OB-FT-005", "unknown", .cut, "too few", [tcp(20, [18, 35])])
        RuleRow(
            "OB-FT-005", "unknown", .cut, "constant, and never five under one Flow-Timer",
            [
                .tcp(
                    Timeline.registered(timer: 20) + Timeline.pings([17, 34, 51, 68])
                        + Timeline.registered(at: 70, timer: 21, cseq: 2) + Timeline.pings([85, 102, 119]))
            ])

        RuleRow(
            "OB-FT-006", "fail", "FIN half a minute after the 2xx (DX-FT-11)",
            [tcp(60, [], [(30.5, .event(.close(.fin), .fromServer))])])
        RuleRow("OB-FT-006", "fail", "FIN within the timer", [tcp(40, [], [(16, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-FT-006", "skipped", "the binding had moved to another connection",
            [
                .tcp(Timeline.registered(timer: 40)),
                Timeline(flow: 1, clientPort: 40_001, moments: Timeline.registered(at: 7, timer: 40, cseq: 2)),
                Timeline(flow: 0, moments: [(9, .event(.close(.fin), .fromServer))]),
            ])
        RuleRow(
            "OB-FT-006", "skipped", "it had been taken away",
            [
                tcp(
                    40, [],
                    [
                        (6, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
                        (6.01, .answer(200, [], cseq: 2, callID: "a1")), (15, .event(.close(.fin), .fromServer)),
                    ])
            ])
        RuleRow(
            "OB-FT-004", "pass", "started anew with another Call-ID, after an hour",
            [
                .udp(
                    Timeline.registered(timer: 20) + Timeline.stuns([18, 35, 54])
                        + Timeline.registered(at: 3000, timer: 20, callID: "b1") + Timeline.stuns([3018, 3035]))
            ])
        RuleRow(
            "OB-FT-004", "pass", "the same soon after a keep-alive",
            [
                .udp(
                    Timeline.registered(timer: 20) + Timeline.stuns([18, 35, 54])
                        + Timeline.registered(at: 68, timer: 20, callID: "b1") + Timeline.stuns([86, 103]))
            ])
        RuleRow(
            "OB-FT-004", "fail", "a refresh with the same Call-ID explains nothing",
            [
                .udp(
                    Timeline.registered(timer: 20) + Timeline.stuns([18, 35, 54])
                        + Timeline.registered(at: 3000, timer: 20, cseq: 2) + Timeline.stuns([3018, 3035]))
            ])
        RuleRow("OB-FT-006", "pass", "FIN after it", [tcp(10, [], [(16, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-FT-006", "info", "it tolerated longer silence of another flow",
            [
                tcp(40, [], [(16, .event(.close(.fin), .fromServer))]),
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: Timeline.registered(timer: 40) + [(58, .event(.close(.fin), .fromServer))]),
            ])
        RuleRow(
            "OB-FT-006", "info", "it had tolerated longer silence",
            [tcp(20, [18, 36], [(41, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-FT-006", "info", "RST in answer to a ping",
            [tcp(20, [18], [(36, .ping), (36.001, .event(.close(.rst), .fromServer))])])
        RuleRow(
            "OB-FT-006", "info", "several flows close together",
            [
                tcp(40, [], [(16, .event(.close(.fin), .fromServer))]),
                Timeline(
                    flow: 1, clientPort: 40_001,
                    moments: Timeline.registered(regID: 2, timer: 40, callID: "b") + [
                        (16.2, .event(.close(.fin), .fromServer))
                    ]),
            ])

        RuleRow(
            "OB-FT-007", "fail", "keeps the old timer",
            [
                .tcp(
                    Timeline.registered(timer: 40) + Timeline.pings([35, 70])
                        + Timeline.registered(at: 80, timer: 20, cseq: 2) + Timeline.pings([105, 141, 178, 215]))
            ])
        RuleRow(
            "OB-FT-007", nil, "takes the new one",
            [
                .tcp(
                    Timeline.registered(timer: 40) + Timeline.pings([35, 70])
                        + Timeline.registered(at: 80, timer: 20, cseq: 2) + Timeline.pings([88, 106, 124, 142]))
            ])
        RuleRow("OB-FT-009", "fail", "a flood", [tcp(20, (0..<40).map { 10 + Double($0) / 4 })])
        RuleRow(
            "OB-FT-010", "info", "closed after the timer", [tcp(10, [], [(16, .event(.close(.fin), .fromServer))])])
    }

    private static var edge: AuditSettings {
        var settings = AuditSettings()
        settings.vantage = .edge
        return settings
    }

    /// The time from the 2xx to the first ping counts among them.
    /// Who is an end of the flows himself knows that nothing came until he left. Only a phone that was heard before may have
    /// been switched off.
    @Test(
        arguments: [([], true, "fail"), ([], false, "unknown"), ([18, 36], true, "unknown")]
            as [([Double], Bool, String)])
    func theEndThatWatched(pings: [Double], endsFlows: Bool, word: String) throws {
        var sink = AuditSink(judgesExchanges: true)
        var tape = Tape()
        try Self.tcp(20, pings).play(into: &tape)
        tape.play(into: &sink)
        sink.advance(to: Timestamp(seconds: 100))
        sink.finish(endsFlows: endsFlows)
        let finding = Judge().judge(sink).findings.first { $0.requirement == "OB-FT-004" }
        #expect(finding?.verdict.word == word, "\(finding?.message ?? "")")
    }

    @Test func theLongestGap() throws {
        let finding = try audit([Self.tcp(20, [60, 85])]).findings.first { $0.requirement == "OB-FT-004" }
        #expect(finding?.message == "2 gaps longer than the Flow-Timer of 20 s; intervals up to 59.990 s.")
    }

    /// The Flow-Timer that held when the gap was.
    @Test func theTimerOfTheGap() throws {
        let changed = Self.tcp(6, [15], Timeline.registered(at: 20, timer: 20, cseq: 2) + Timeline.pings([25]))
        let finding = try audit([changed]).findings.first { $0.requirement == "OB-FT-004" }
        #expect(finding?.message == "1 gap longer than the Flow-Timer of 6 s; intervals up to 14.990 s.")
    }

    /// Too large a number is called that, and no other number stands for it.
    @Test func aTimerThatIsTooLarge() throws {
        let timeline = Timeline.tcp(
            Timeline.registered(more: ["Flow-Timer: 99999999999999999999"]) + Timeline.pings([40])
                + [(100, .event(.close(.fin), .fromServer))])
        let findings = try audit([timeline]).findings
        let passed = findings.first { $0.requirement == "OB-FT-004" }
        #expect(passed?.message == "No gap above the Flow-Timer that is too large.")
        #expect(findings.contains { $0.requirement == "OB-FT-006" && $0.verdict == .fail })
        for finding in findings {
            let text = finding.message + finding.evidence.map { $0.observed + ($0.expected ?? "") }.joined()
            #expect(!text.contains("18446744073709551615") && !text.contains("429496729"), "\(text)")
        }
    }

    /// What an end knows of itself has both directions: it said nothing.
    @Test func silenceOfItsOwnIsNotHalf() throws {
        var findings: [[Finding]] = []
        for frame in [UInt64(0), 1] {
            var ledger = FlowLedger()
            var tape = Tape()
            try Timeline.tcp([(0, .register(regID: 1, callID: "a1", cseq: 1, expires: nil))]).play(into: &tape)
            for event in tape.sorted.events {
                ledger.observe(
                    FlowEvent(
                        flow: event.flow, time: event.time, frame: frame == 0 ? 0 : event.frame,
                        direction: event.direction, what: event.what))
            }
            ledger.finish()
            findings.append(Judge().judge(ledger).findings.filter { $0.requirement == "OB-FT-004" })
        }
        #expect(findings[0].isEmpty)
        #expect(findings[1].map(\.verdict) == [.unknown(.half)])
    }

    /// Half a minute after the 2xx it is the transaction's end, and not an idle timeout.
    @Test(arguments: [(30.5, 60, "DX-FT-11"), (16, 40, "DX-FT-05")])
    func whyTheServerClosed(at time: Double, timer: Int, diagnosis: String) throws {
        let closed = Self.tcp(timer, [], [(time, .event(.close(.fin), .fromServer))])
        let finding = try audit([closed]).findings.first { $0.requirement == "OB-FT-006" }
        #expect(finding?.diagnosis?.text == diagnosis)
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// Kamailio's registrar leaves a NUL where the line of three digits should end.
    @Test func aTimerThatIsCut() throws {
        let line = "Flow-Timer: 120\r\0Server: kamailio (5.6.3 (x86_64/linux))"
        let findings = try audit([.tcp(Timeline.registered(more: [line]))]).findings
        let finding = findings.first { $0.requirement == "OB-FT-001" }
        #expect(finding?.verdict == .fail && finding?.diagnosis == "CFG-REG-12")
    }
}
