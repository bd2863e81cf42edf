import Testing

@testable import OutboundKit

@Suite struct OB_STUNTests {
    private static let flow: [(Double, Timeline.Moment)] = Timeline.registered(timer: 60)
    private static let good: STUNFacts.Flags = [.cookie, .xorMapped]

    /// Seven requests on the schedule of RFC 8489, none answered.
    private static func muted(at start: Double, id: UInt64) -> [(Double, Timeline.Moment)] {
        [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5].map { (start + $0, .stun(id)) }
    }

    private static let oneOfThreeLost: Timeline = {
        var moments = flow
        for index in 1...9 {
            let time = Double(index) * 25
            if index % 3 == 0 {
                moments.append((time, .stun(UInt64(index))))
            } else {
                moments += Timeline.stuns([time])
            }
        }
        return .udp(moments)
    }()
    private static let answeredUnderOtherIDs: Timeline = {
        var moments = flow
        for index in 1...16 {
            let time = Double(index) * 25
            moments.append((time, .stun(UInt64(index))))
            moments.append((time + 0.02, .stunAnswer(UInt64(index) + 100, port: 40_001, good)))
        }
        return .udp(moments)
    }()
    /// Requests that are sent once each, and not answered.
    private static func lost(_ times: [Double]) -> [(Double, Timeline.Moment)] {
        times.map { ($0, .stun(UInt64($0))) }
    }
    private static let unanswered = Timeline.udp(
        flow + (1...16).map { (Double($0) * 25, .stun(UInt64($0))) } + Timeline.registered(at: 401, timer: 60, cseq: 2))

    /// The same at a shorter interval, so that the ordinary refresh comes soon after they have made a failure together.
    private static let passedOver = Timeline.udp(
        Timeline.registered(timer: 6) + lost((1...9).map { Double($0) * 6 })
            + Timeline.registered(at: 56, timer: 6, cseq: 2) + Timeline.stuns([61]))

    /// STUN of the same host to the same port, from another one.
    private static func beside(_ times: [Double]) -> Timeline {
        Timeline(flow: 1, transport: .udp, clientPort: 40_001, moments: Timeline.stuns(times, port: 40_001))
    }
    private static let atEdge: AuditSettings = {
        var settings = AuditSettings()
        settings.vantage = .edge
        return settings
    }()

    private static let plain = Timeline.registered(outbound: false)

    /// The answer to a request that opens a dialog.
    private static func called(
        _ status: Int, _ method: String = "INVITE", keep: String = "keep=30",
        from direction: FlowEvent.Direction = .fromServer
    ) -> [(Double, Timeline.Moment)] {
        let text = """
            SIP/2.0 \(status) Whatever\r
            Via: SIP/2.0/UDP 192.0.2.7:40000;branch=z9hG4bKc;\(keep)\r
            From: <sip:alice@example.com>;tag=1\r
            To: <sip:bob@example.com>;tag=2\r
            Call-ID: c\r
            CSeq: 1 \(method)\r
            Content-Length: 0\r
            \r

            """
        return [(5, .text(text, direction))]
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-STUN-013", "pass", "over the flow of SIP", [.udp(flow + Timeline.stuns([50, 105]))])
        RuleRow("OB-STUN-013", "fail", "from another port", [.udp(flow), beside([30, 55, 80])])
        RuleRow(
            "OB-STUN-013", "unknown", .late, "it may have gone on before the capture",
            [.udp(flow), beside([20, 45, 70])])
        RuleRow(
            "OB-STUN-013", "unknown", .side, "the NAT's port may be another one", [.udp(flow), beside([20, 45, 70])],
            settings: atEdge)
        RuleRow("OB-STUN-013", nil, "it asked for the public address and no more", [.udp(flow), beside([20, 20.6])])
        RuleRow(
            "OB-STUN-013", nil, "it began before the registration",
            [.udp(flow.map { ($0.0 + 30, $0.1) }), beside([20, 45, 70])])
        RuleRow(
            "OB-STUN-013", nil, "two phones behind one address",
            [.udp(flow), beside([20, 45, 70]), Timeline(flow: 2, transport: .udp, clientPort: 40_002, moments: flow)])
        RuleRow(
            "OB-STUN-013", nil, "to another server",
            [
                .udp(flow),
                Timeline(
                    flow: 1, transport: .udp, clientPort: 40_001, serverPort: 3478,
                    moments: Timeline.stuns([20, 45, 70])),
            ])

        RuleRow("OB-STUN-001", "fail", "STUN over TCP", [.tcp(flow + [(15, .stun(1))])])
        RuleRow("OB-STUN-001", "pass", "none", [.tcp(flow + Timeline.pings([50]))])
        RuleRow("OB-STUN-001", nil, "TURN, and never SIP", [.tcp([(15, .stun(1))])])
        RuleRow(
            "OB-STUN-003", "pass", "24 to 29 s",
            [.udp(Timeline.registered() + Timeline.stuns([25, 50, 78, 104, 132, 157]))])
        RuleRow(
            "OB-STUN-003", "warn", "45 s", [.udp(Timeline.registered() + Timeline.stuns([25, 50, 95, 120, 146, 172]))])
        RuleRow(
            "OB-STUN-003", "warn", "constant",
            [.udp(Timeline.registered() + Timeline.stuns([25, 50, 75, 100, 125, 150]))])
        RuleRow("OB-STUN-003", "unknown", .cut, "too few", [.udp(Timeline.registered() + Timeline.stuns([25, 50]))])

        RuleRow("OB-STUN-004", "pass", "all answered", [.udp(flow + Timeline.stuns([50, 105]))])
        RuleRow(
            "OB-STUN-004", "fail", "no REGISTER for 300 s",
            [.udp(flow + muted(at: 50, id: 1) + Timeline.stuns([170, 225, 280, 335, 390]))])
        RuleRow(
            "OB-STUN-004", "pass", "two that are sent once each are lost in a row",
            [.udp(flow + [(25, .stun(1)), (50, .stun(2))] + Timeline.stuns([75, 100]))])
        RuleRow(
            "OB-STUN-004", "pass", "nor do three and another three make a row where a REGISTER was answered in between",
            [
                .udp(
                    flow + lost([25, 50, 75]) + Timeline.registered(at: 90, timer: 60, cseq: 2) + lost([100, 125])
                        + Timeline.stuns([150]))
            ])
        RuleRow(
            "OB-STUN-011", "pass", "an error response is an answer, and ends the row",
            [
                .udp(
                    flow + lost([25, 50, 75, 100]) + [(100.1, .stunError(100, 500, [.cookie, .errorCode]))]
                        + lost([125, 150]) + Timeline.stuns([175]))
            ])
        RuleRow(
            "OB-STUN-004", "pass", "REGISTER after 60 s",
            [.udp(flow + muted(at: 50, id: 1) + Timeline.registered(at: 150, timer: 60, cseq: 2))])
        RuleRow(
            "OB-STUN-004", "pass", "REGISTER on another port",
            [
                .udp(flow + muted(at: 50, id: 1)),
                Timeline(
                    flow: 1, transport: .udp, clientPort: 40_002,
                    moments: Timeline.registered(at: 150, timer: 60, cseq: 2) + Timeline.stuns([160, 400], port: 1)),
            ])
        RuleRow(
            "OB-STUN-004", "unknown", .side, "one request, and never a sign of the client again",
            [.udp(flow + Timeline.stuns([50]) + [(100, .stun(5))])], end: 900)
        RuleRow("OB-STUN-011", "fail", "requests that are sent once each, and never answered", [unanswered])
        RuleRow("OB-STUN-004", "fail", "of which the client makes nothing", [unanswered])
        RuleRow("OB-STUN-004", "unknown", .side, "whether a refresh is the answer to it", [passedOver])
        RuleRow("OB-REC-008", nil, "which is no retry", [passedOver])
        RuleRow("OB-REC-003", nil, "and no wait", [passedOver])
        RuleRow(
            "OB-STUN-004", "pass", "an error is an answer",
            [
                .udp(
                    flow + [(50, .stun(1)), (50.1, .stunError(1, 500, [.cookie, .errorCode]))]
                        + Timeline.registered(at: 100, timer: 60, cseq: 2))
            ])
        RuleRow(
            "OB-STUN-004", "pass", "one of three lost, and the next one answered", [oneOfThreeLost])
        RuleRow("OB-STUN-004", "unknown", .cut, "too soon to tell", [.udp(flow + [(25, .stun(5))])], end: 40)
        RuleRow("OB-STUN-004", "unknown", .cut, "the capture ends", [.udp(flow + muted(at: 50, id: 1))], end: 120)

        RuleRow(
            "OB-STUN-005", "fail", "STUN goes on after an error",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunError(1, 500, [.cookie, .errorCode])), (105, .stun(2))])])
        RuleRow(
            "OB-STUN-005", "pass", "REGISTER follows",
            [
                .udp(
                    flow + [(50, .stun(1)), (50.1, .stunError(1, 500, [.cookie, .errorCode]))]
                        + Timeline.registered(at: 90, timer: 60, cseq: 2) + Timeline.stuns([91]))
            ])

        RuleRow("OB-STUN-006", "pass", "unchanged", [.udp(flow + Timeline.stuns([50, 105]))])
        RuleRow(
            "OB-STUN-006", "fail", "changed and ignored",
            [.udp(flow + Timeline.stuns([50]) + Timeline.stuns([105, 160, 215, 270, 325], port: 41_000))])
        RuleRow(
            "OB-STUN-006", "pass", "changed, then REGISTER",
            [
                .udp(
                    flow + Timeline.stuns([50]) + Timeline.stuns([105], port: 41_000)
                        + Timeline.registered(at: 140, timer: 60, cseq: 2) + Timeline.stuns([141, 195], port: 42_000))
            ])
        RuleRow(
            "OB-STUN-006", "unknown", .cut, "the capture ends",
            [.udp(flow + Timeline.stuns([50]) + Timeline.stuns([105], port: 41_000))])

        RuleRow(
            "OB-STUN-007", "fail", "no sign in the 2xx",
            [.udp(Timeline.registered(outbound: false) + Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "pass", "Path with ob",
            [
                .udp(
                    Timeline.registered(outbound: false, more: ["Path: <sip:t@edge.example.com;lr;ob>"])
                        + Timeline.stuns([15]))
            ])
        RuleRow(
            "OB-STUN-007", "fail", "ob behind the bracket is no sign",
            [
                .udp(
                    Timeline.registered(outbound: false, more: ["Path: <sip:t@edge.example.com;lr>;ob"])
                        + Timeline.stuns([15]))
            ])
        RuleRow("OB-STUN-007", "unknown", .late, "no REGISTER seen", [.udp(Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "pass", "keep in the 2xx to an INVITE", [.udp(plain + called(200) + Timeline.stuns([15]))])
        RuleRow("OB-STUN-007", "pass", "keep while it rings", [.udp(plain + called(183) + Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "pass", "keep in the 2xx to a SUBSCRIBE",
            [.udp(plain + called(200, "SUBSCRIBE") + Timeline.stuns([15]))])
        RuleRow("OB-STUN-007", "fail", "a refused call", [.udp(plain + called(486) + Timeline.stuns([15]))])
        RuleRow("OB-STUN-007", "fail", "100 says nothing", [.udp(plain + called(100) + Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "fail", "keep without a number",
            [.udp(plain + called(200, keep: "keep") + Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "fail", "the client's own answer",
            [.udp(plain + called(200, from: .fromClient) + Timeline.stuns([15]))])
        RuleRow(
            "OB-STUN-007", "fail", "STUN before the call", [.udp(plain + Timeline.stuns([1]) + called(200))])

        RuleRow("OB-STUN-009", "pass", "XOR-MAPPED-ADDRESS", [.udp(flow + Timeline.stuns([50]))])
        RuleRow(
            "OB-STUN-009", "fail", "MAPPED-ADDRESS alone",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .plainMapped]))])])
        RuleRow(
            "OB-STUN-009", "unknown", .late, "no SIP on the flow",
            [.udp([(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .plainMapped]))])])
        RuleRow(
            "OB-STUN-009", nil, "cut by the capture",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .cut]))])])
        RuleRow("OB-STUN-010", "unknown", .side, "behind a NAT", [.udp(flow + Timeline.stuns([50], port: 41_000))])
        RuleRow(
            "OB-STUN-010", "fail", "wrong at the server's side", [.udp(flow + Timeline.stuns([50], port: 41_000))],
            settings: edge)
        RuleRow("OB-STUN-010", "pass", "the source", [.udp(flow + Timeline.stuns([50]))])

        RuleRow(
            "OB-STUN-011", "fail", "SIP is answered, STUN never",
            [.udp(flow + muted(at: 50, id: 1) + Timeline.registered(at: 150, timer: 60, cseq: 2))])
        RuleRow(
            "OB-STUN-011", "warn", "an outage",
            [
                .udp(
                    flow + Timeline.stuns([5]) + muted(at: 50, id: 1) + Timeline.registered(at: 150, timer: 60, cseq: 2)
                        + Timeline.stuns([151]))
            ])
        RuleRow("OB-STUN-011", "pass", "answered", [.udp(flow + Timeline.stuns([50]))])
        RuleRow("OB-STUN-011", "unknown", .half, "one direction", [.udp(muted(at: 50, id: 1))])
        RuleRow("OB-STUN-011", "unknown", .cut, "ends at once", [.udp(flow + [(50, .stun(1))])], end: 51)
        RuleRow(
            "OB-STUN-011", "unknown", .late, "some answered in time, others never, and no SIP",
            [.udp(Timeline.stuns([5]) + muted(at: 50, id: 1) + Timeline.stuns([120]))])

        RuleRow(
            "OB-STUN-012", "fail", "401 to a bare request",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunError(1, 401, [.cookie, .errorCode]))])])
        RuleRow(
            "OB-STUN-011", "skipped", "errors alone",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunError(1, 400, [.cookie, .errorCode]))])])
        RuleRow(
            "OB-STUN-015", "fail", "wrong length",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .xorMapped, .badLength]))])])
        RuleRow(
            "OB-STUN-015", "warn", "ID used again",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, good)), (100, .stun(1))])])
        RuleRow("OB-STUN-016", "pass", "on schedule", [.udp(flow + muted(at: 50, id: 1))])
        RuleRow("OB-STUN-016", "warn", "every second", [.udp(flow + (0..<7).map { (50 + Double($0), .stun(1)) })])
        RuleRow(
            "OB-STUN-016", "unknown", .late, "every second, and no SIP",
            [.udp((0..<7).map { (50 + Double($0), .stun(1)) })])
        RuleRow(
            "OB-STUN-016", "warn", "nine requests",
            [.udp(flow + muted(at: 50, id: 1) + [(145.5, .stun(1))] + [(273.5, .stun(1))])])
        RuleRow("OB-STUN-016", "warn", "sixteen in a row, each sent once", [unanswered])
        RuleRow("OB-STUN-016", nil, "one in three, each sent once", [oneOfThreeLost])
        RuleRow("OB-STUN-016", nil, "answers under other IDs", [answeredUnderOtherIDs])
        RuleRow(
            "OB-STUN-019", "warn", "goes on after ICMP",
            [
                .udp(
                    flow + [
                        (50, .stun(1)), (50.01, .event(.icmpError(type: 3, code: 3), .fromClient)), (50.5, .stun(1)),
                    ])
            ])
        RuleRow(
            "OB-STUN-020", "fail", "420 without the list",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunError(1, 420, [.cookie, .errorCode]))])])
        RuleRow(
            "OB-STUN-022", "fail", "no ERROR-CODE",
            [.udp(flow + [(50, .stun(1)), (50.1, .stunError(1, 0, [.cookie]))])])
        RuleRow(
            "OB-STUN-025", "fail", "wrong CRC",
            [
                .udp(
                    flow + [
                        (50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .xorMapped, .badFingerprint])),
                    ])
            ])
    }

    private static var edge: AuditSettings {
        var settings = AuditSettings()
        settings.vantage = .edge
        return settings
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// Of several changes, each is told with its own times: the open one is the last.
    @Test func eachChangeByItself() throws {
        let changes =
            Timeline.stuns([50]) + Timeline.stuns([105], port: 41_000)
            + Timeline.registered(at: 140, timer: 60, cseq: 2) + Timeline.stuns([141, 195], port: 42_000)
            + Timeline.stuns([250], port: 43_000)
        let list = try audit([.udp(Self.flow + changes)], end: 260)
        let finding = try #require(list.findings.first { $0.requirement == "OB-STUN-006" })
        #expect(finding.verdict == .unknown(.cut))
        #expect(finding.message.contains("port 42000 to 43000); what was seen ends 9.980 s later"))
        #expect(finding.evidence.map(\.time?.nanoseconds) == [250_020_000_000, 105_020_000_000])
        let all = Timeline.registered(at: 300, timer: 60, cseq: 3) + Timeline.stuns([301], port: 44_000)
        #expect(
            try audit([.udp(Self.flow + changes + all)]).findings.first { $0.requirement == "OB-STUN-006" }?.verdict
                == .pass)
        let late = Timeline.stuns([300, 350, 400, 450, 500], port: 43_000)
        let failed = try audit([.udp(Self.flow + changes + late)]).findings.first { $0.requirement == "OB-STUN-006" }
        #expect(failed?.verdict == .fail && failed?.message.contains("port 42000 to 43000") == true)
    }

    /// A log of events may name any time: the deadlines behind the last one that there is are nobody's end.
    @Test func theLastMomentsThatATimeCanName() throws {
        let whole = Self.muted(at: 9_223_372_000, id: 1) + Self.lost([9_223_372_036])
        let long = Self.lost([1]) + [(4_000_000_000, .stun(1))] + [5, 6, 7, 8, 9].map { ($0 * 1e9, .stun(1)) }
        for moments in [whole, Self.lost([9_223_372_035, 9_223_372_036]), long + Self.lost([9_223_372_036])] {
            #expect(try !audit([.udp(Self.flow + moments)]).findings.isEmpty)
        }
    }
}
