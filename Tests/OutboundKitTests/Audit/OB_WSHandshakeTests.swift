import Testing

@testable import OutboundKit

/// OB-WS-005 and OB-WS-010 where something is wrong, and whom a Close frame with an error accuses.
@Suite struct OB_WSHandshakeTests {
    private typealias Moments = [(Double, Timeline.Moment)]

    private static let registered = Timeline.registered(timer: 20)

    private static func ws(_ moments: Moments, _ number: UInt32 = 0) -> Timeline {
        Timeline(flow: number, transport: .ws, clientPort: 40_000 + UInt16(number), moments: moments)
    }

    private static func refused(_ fault: WebSocketHandshake.ClientFault?, at time: Double = 0) -> Moments {
        [
            (
                time,
                .event(
                    .webSocketRefused(WebSocketRefusal(fault, path: "/ws", origin: nil)),
                    fault == nil ? .fromClient : .fromServer)
            )
        ]
    }

    private static func granted(at time: Double = 0, _ grantsSIP: Bool = true) -> Moments {
        [(time, .event(.webSocketHandshake(offersSIP: true, grantsSIP: grantsSIP), .fromServer))]
    }

    private static func fault(_ words: String, _ side: FlowEvent.Direction, at time: Double = 5) -> Moments {
        [(time, .event(.webSocketFault(.violation(words)), side))]
    }

    private static func closed(_ code: UInt16, at time: Double = 6) -> Moments {
        [
            (time, .event(.webSocketControl(.close(code)), .fromServer)), (time, .event(.close(.fin), .fromServer)),
        ]
    }

    private static let unmasked = fault("a client's frame is not masked", .fromClient)
    private static let forbidden = WebSocketHandshake.ClientFault.status(403, "Forbidden")
    private static let challenge = WebSocketHandshake.ClientFault.status(401, "Unauthorized")

    private static func midstream(_ moments: Moments) -> Timeline {
        var timeline = ws(moments)
        timeline.opening = .midstream
        return timeline
    }

    private static let gap: Moments = [(4, .event(.gap(20), .fromClient))]

    @RuleRows static var handshakes: [RuleRow] {
        RuleRow("OB-WS-005", "info", "403", [ws(refused(forbidden))])
        RuleRow("OB-WS-005", "info", "a page", [ws(refused(.status(200, "OK")))])
        RuleRow("OB-WS-005", "info", "no answer", [ws(refused(nil))])
        RuleRow(
            "OB-WS-005", "info", "no HTTP",
            [ws(refused(.notHTTP(ParseError(.unexpected, at: 0, in: "status-line"))))])
        RuleRow(
            "OB-WS-005", "info", "403, and another connection is granted",
            [ws(refused(forbidden)), ws(granted(at: 5) + Timeline.registered(at: 5), 1)])
        RuleRow("OB-WS-005", "info", "401 alone", [ws(refused(challenge))])
        RuleRow(
            "OB-WS-005", "info", "401, and then it is granted",
            [ws(refused(challenge)), ws(granted(at: 1) + Timeline.registered(at: 1), 1)])
        RuleRow(
            "OB-WS-005", "pass", "401, and granted on the same connection",
            [ws(refused(challenge) + granted(at: 1) + Timeline.registered(at: 1))])
        RuleRow(
            "OB-WS-005", "fail", "a wrong proof",
            [ws(granted() + refused(.field("Sec-WebSocket-Accept", "x")) + registered)])
        RuleRow(
            "OB-WS-005", "fail", "an extension that was not offered, and nothing behind it",
            [ws(granted() + refused(.field("Sec-WebSocket-Extensions", "permessage-deflate")))])
        RuleRow("OB-WS-005", "fail", "no sub-protocol", [ws(granted(at: 0, false) + refused(.subprotocol(nil)))])
        RuleRow("OB-KA-001", nil, "a flow that never was one", [ws(refused(forbidden))])
    }

    @RuleRows static var frames: [RuleRow] {
        RuleRow("OB-WS-010", "pass", "nothing wrong", [ws(granted() + registered)])
        RuleRow("OB-WS-010", "fail", "the client does not mask", [ws(granted() + registered + unmasked)])
        RuleRow(
            "OB-WS-010", "fail", "the server masks",
            [ws(granted() + registered + fault("a server's frame is masked", .fromServer))])
        RuleRow("OB-WS-010", "fail", "a gap behind it", [ws(granted() + registered + unmasked + [(9, gap[0].1)])])
        RuleRow("OB-WS-010", "unknown", .gap, "a gap", [ws(granted() + registered + gap)])
        RuleRow("OB-WS-010", "unknown", .late, "joined in the middle", [midstream(registered)])
        RuleRow(
            "OB-WS-010", "unknown", .half, "one direction",
            [ws([(0, .register(regID: 1, callID: "a", cseq: 1, expires: nil))])])
        RuleRow("OB-WS-010", nil, "TCP", [.tcp(registered)])
        RuleRow("OB-WS-010", nil, "no WebSocket at all", [ws(refused(forbidden))])
    }

    /// RFC 6455 §7.4.1: 1002, 1003, 1007 and 1009 say that the other end is to blame.
    @RuleRows static var closes: [RuleRow] {
        RuleRow("OB-KA-020", "warn", "1001", [ws(granted() + registered + closed(1001))])
        RuleRow(
            "OB-KA-020", "skipped", "1002 after a frame without mask",
            [ws(granted() + registered + unmasked + closed(1002))])
        RuleRow(
            "OB-KA-020", "skipped", "nothing but FIN after it",
            [ws(granted() + registered + unmasked + [(6, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-KA-020", "warn", "FIN long after it",
            [ws(granted() + registered + unmasked + [(20, .event(.close(.fin), .fromServer))])])
        RuleRow("OB-FT-006", "skipped", "of Flow-Timer too", [ws(granted() + registered + unmasked + closed(1002))])
        RuleRow("OB-KA-020", "warn", "1002 to frames in order", [ws(granted() + registered + closed(1002))])
        RuleRow(
            "OB-KA-020", "warn", "1002 after a fault of its own",
            [ws(granted() + registered + fault("a server's frame is masked", .fromServer) + closed(1002))])
        RuleRow("OB-KA-020", "unknown", .gap, "1002 after a gap", [ws(granted() + registered + gap + closed(1002))])
        RuleRow("OB-KA-020", "unknown", .late, "1007 midstream", [midstream(registered + closed(1007))])
        RuleRow(
            "OB-KA-020", "unknown", .configuration, "1009: how much is too much is the server's affair",
            [ws(granted() + registered + closed(1009))])
        RuleRow(
            "OB-FT-006", "unknown", .configuration, "of Flow-Timer too", [ws(granted() + registered + closed(1009))])
    }

    static var rows: [RuleRow] { handshakes + frames + closes }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }

    /// Which client, which server, which status, how often, and what to do.
    @Test func whatIsSaid() throws {
        var attempts = (0..<6).map { Self.ws(Self.refused(Self.forbidden, at: Double($0) * 10), UInt32($0)) }
        attempts[5].clientHost = 8
        let list = try audit(attempts)
        #expect(list.counts.info == 2 && list.counts.fail == 0 && list.counts.unknown == 0)
        let finding = try #require(list.findings.first { $0.verdict == .info })
        #expect(finding.subject == "f1")
        #expect(
            finding.message
                == "5 WebSocket handshakes for SIP from 192.0.2.7 to 198.51.100.1:5060 were refused with 403 Forbidden in 40.000 s. None from there was granted after that, as far as was seen."
        )
        #expect(finding.evidence.count == 4)
        #expect(finding.evidence.first?.observed == "192.0.2.7:40000, GET /ws: the server answers 403 Forbidden")
        #expect(finding.evidence.first?.frame == 2)
        #expect(finding.advice?.hasPrefix("Check the path that the phones ask for") == true)
        var ledger = FlowLedger()
        try attempts[0].play(into: &ledger)
        ledger.finish()
        #expect(FlowSummary(try #require(ledger.flows.first), end: 9).role == "no WebSocket: 403")
    }

    /// A refusal is an attempt that failed, as a refused connection is; what a client does after a challenge is none.
    @Test func refusalsAreFailures() throws {
        let lost = Self.ws(Self.granted() + Self.registered + [(30, .event(.close(.fin), .fromServer))])
        func verdicts(_ refusal: (Double) -> Moments) throws -> [String] {
            let attempts = [31, 62, 130.0].enumerated().map { Self.ws(refusal($0.element), UInt32($0.offset + 1)) }
            return try audit([lost] + attempts, end: 600).findings.filter {
                $0.requirement?.text.hasPrefix("OB-REC") == true
            }.map { "\($0.requirement?.text ?? "") \($0.verdict.word)" }
        }
        let connections = try verdicts { [($0, .event(.close(.refused), .fromServer))] }
        #expect(try verdicts { Self.refused(.status(503, "Service Unavailable"), at: $0) } == connections)
        #expect(try verdicts { Self.refused(nil, at: $0) } == connections)
        #expect(!connections.contains { $0.hasSuffix("fail") })
        #expect(try verdicts { Self.refused(Self.challenge, at: $0) } != connections)
    }

    /// What servers do is not in question where phones are judged.
    @Test func phonesOnly() throws {
        var ledger = FlowLedger()
        try Self.ws(
            Self.granted() + Self.registered + Self.fault("a server's frame is masked", .fromServer)
                + Self.refused(.subprotocol(nil))
        ).play(into: &ledger)
        ledger.finish()
        #expect(Judge(of: .registeredPhones).judge(ledger).counts.fail == 0)
    }
}
