import Testing

@testable import OutboundKit

/// What a client does after an answer that it got, over several flows: three times is a habit, once is nothing.
@Suite struct UnheededAnswersTests {
    private typealias Moments = [(Double, Timeline.Moment)]

    /// Flows one after the other, a hundred seconds each, and a last one that stays.
    private static func flows(_ count: Int, over transport: TransportProtocol = .tcp, _ rest: (Double) -> Moments)
        -> [Timeline]
    {
        (0...count).map { index in
            let start = Double(index) * 100
            var moments = Timeline.registered(at: start, timer: 20, cseq: index + 1)
            moments += index < count ? rest(start) : Timeline.pings([start + 18])
            return Timeline(
                flow: UInt32(index), transport: transport, clientPort: 40_000 + UInt16(index), moments: moments)
        }
    }

    private static func close(_ time: Double) -> (Double, Timeline.Moment) {
        (time, .event(.close(.fin), .fromClient))
    }

    private static func crlf(_ time: Double) -> (Double, Timeline.Moment) {
        (time, .event(.crlf(completesPair: false, ownSegment: false), .fromServer))
    }

    /// Pongs that take 12 s, and a last ping whose pong has not come when the client closes.
    private static func lateOnes(until end: Double) -> Timeline {
        .tcp(
            Timeline.registered(outbound: false) + [
                (20, .ping), (32, .pong), (40, .ping), (52, .pong), (60, .ping),
                (end, .event(.close(.fin), .fromClient)),
            ])
    }

    /// Answered pings, and a close ten seconds after the last.
    private static func deaf(_ count: Int) -> [Timeline] {
        flows(count) { Timeline.pings([$0 + 18, $0 + 35]) + [close($0 + 45.1)] }
    }

    private static func glued(at start: Double, cseq: Int) -> Moments {
        [
            (start, .register(regID: 1, callID: "a1", cseq: cseq, expires: nil)), crlf(start + 0.01),
            (start + 0.01, .answer(200, ["Require: outbound", "Flow-Timer: 60"], cseq: cseq, callID: "a1")),
        ]
    }

    private static func gluedFlows(_ count: Int, stays: Double) -> [Timeline] {
        (0...count).map { index in
            let start = Double(index) * 100
            var moments = glued(at: start, cseq: index + 1)
            if index < count { moments.append(close(start + stays)) }
            return Timeline(flow: UInt32(index), clientPort: 40_000 + UInt16(index), moments: moments)
        }
    }

    /// The whole schedule, although the first request was answered.
    private static func schedule(
        _ start: Double, more: STUNFacts.Flags = [.software], foreign: Bool = false
    ) -> Moments {
        let id = UInt64(start)
        var moments: Moments = [(start, .stun(id))]
        if foreign { moments.append((start + 0.005, .stunAnswer(id + 1_000_000, port: 9, [.cookie, .xorMapped]))) }
        moments.append((start + 0.01, .stunAnswer(id, port: 40_000, [.cookie, .xorMapped, more])))
        for later in [0.5, 1.5, 3.5, 7.5, 15.5, 31.5] { moments.append((start + later, .stun(id))) }
        return moments
    }

    private static let udp: Moments = Timeline.registered(timer: 60)

    /// One request, an answer without the cookie, and the next keep-alive as if all were well.
    private static func badAnswers(_ count: Int) -> [Timeline] {
        var moments = udp
        for number in 1...count {
            let at = Double(number) * 50
            moments.append((at, .stun(UInt64(number))))
            moments.append((at + 0.01, .stunAnswer(UInt64(number), port: 40_000, [.plainMapped])))
        }
        moments.append((Double(count + 1) * 50, .stun(999)))
        return [.udp(moments)]
    }

    private static func foreignAnswers(_ count: Int, registers: Bool) -> [Timeline] {
        var moments = udp
        for number in 1...count {
            let at = Double(number) * 50
            let id = UInt64(number)
            moments.append((at, .stun(id)))
            moments.append((at + 0.01, .stunAnswer(id + 1000, port: 9, [.cookie, .xorMapped])))
            moments.append((at + 0.02, .stunAnswer(id, port: 40_000, [.cookie, .xorMapped])))
            if registers { moments += Timeline.registered(at: at + 1, timer: 60, cseq: number + 1) }
        }
        return [.udp(moments)]
    }

    /// Every answer tells the same port, which is not the client's, and after each comes a REGISTER.
    private static func ownAddress(_ count: Int, registers: Bool) -> [Timeline] {
        var moments = udp
        for number in 1...count {
            let at = Double(number) * 50
            moments += Timeline.stuns([at], port: 40_001)
            if registers { moments += Timeline.registered(at: at + 1, timer: 60, cseq: number + 1) }
        }
        return [.udp(moments)]
    }

    private static var lossy: Timeline {
        var moments = udp
        for number in 1...12 {
            let at = Double(number) * 50
            moments += number % 4 == 0 ? schedule(at) : Timeline.stuns([at])
        }
        return .udp(moments)
    }

    /// A phone that is switched off: it removes its binding first.
    private static func removed(_ start: Double) -> Moments {
        let cseq = Int(start / 100) + 50
        var moments = Timeline.pings([start + 18])
        moments.append((start + 20, .register(regID: 1, callID: "a1", cseq: cseq, expires: 0)))
        moments.append((start + 20.1, .answer(200, [], cseq: cseq, callID: "a1")))
        moments.append(close(start + 28))
        return moments
    }

    private static var edge: AuditSettings {
        var settings = AuditSettings()
        settings.vantage = .edge
        return settings
    }

    @RuleRows static var rows: [RuleRow] {
        RuleRow(
            "OB-KA-006", "fail", "the registration runs out while the server is silent",
            [
                .tcp(
                    Timeline.registered(timer: 20, more: ["Expires: 60"]) + Timeline.pings([18, 35]) + [
                        (52, .ping), (55, .register(regID: 1, callID: "a1", cseq: 2, expires: nil)), (69, .ping),
                        (79.8, .pong), (79.8, .pong), (79.9, .answer(200, [], cseq: 2, callID: "a1")),
                    ])
            ])
        RuleRow(
            "OB-KA-020", "skipped", "silence beyond a short Flow-Timer",
            [.tcp(Timeline.registered(timer: 10) + [(16, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-KA-020", "warn", "silence within it",
            [.tcp(Timeline.registered(timer: 20) + [(16, .event(.close(.fin), .fromServer))])])
        RuleRow("OB-KA-010", "warn", "the last of late pongs may yet have come", [lateOnes(until: 71)])
        RuleRow("OB-KA-010", "fail", "the last one did not come when others had", [lateOnes(until: 75)])
        RuleRow("OB-KA-006", "warn", "three flows given up 10 s after an answered ping", deaf(3))
        RuleRow("OB-KA-006", "pass", "once: but for the one, all is well", deaf(0))
        RuleRow("OB-KA-006", "unknown", .configuration, "once", deaf(1))
        RuleRow(
            "OB-KA-006", "warn", "three flows closed right after a second pong",
            flows(3) { Timeline.pings([$0 + 18]) + [crlf($0 + 18.02), close($0 + 18.03)] })
        RuleRow(
            "OB-KA-006", "pass", "three flows left at another time",
            flows(3) { Timeline.pings([$0 + 18]) + [close($0 + 22)] })
        RuleRow(
            "OB-KA-006", "warn", "three flows given up 5 s after a ping",
            flows(3) { [($0 + 18, .ping), close($0 + 23)] })
        RuleRow(
            "OB-KA-006", "unknown", .configuration, "two of them", flows(2) { [($0 + 18, .ping), close($0 + 23)] })
        RuleRow(
            "OB-KA-006", "pass", "unregistered before it left",
            flows(3, removed))

        RuleRow("OB-KA-015", "warn", "200 behind a CRLF, given up at Timer F", gluedFlows(3, stays: 32))
        RuleRow("OB-KA-015", "unknown", .configuration, "once", gluedFlows(1, stays: 32))
        RuleRow("OB-KA-015", nil, "200 behind a CRLF, and the flow stays", gluedFlows(3, stays: 95))
        RuleRow(
            "OB-KA-015", "warn", "asked again and again on one flow",
            [.tcp((0..<4).flatMap { glued(at: Double($0) * 10, cseq: $0 + 1) })])

        RuleRow("OB-STUN-021", "warn", "SOFTWARE, and asked on", [.udp(udp + [50, 110, 170].flatMap { schedule($0) })])
        RuleRow("OB-STUN-021", "unknown", .configuration, "once, of one", [.udp(udp + schedule(50))])
        RuleRow("OB-STUN-021", nil, "answers lost now and then", [lossy])
        RuleRow(
            "OB-STUN-021", "pass", "SOFTWARE, and taken",
            [.udp(udp + [(50, .stun(7)), (50.1, .stunAnswer(7, port: 40_000, [.cookie, .xorMapped, .software]))])])
        RuleRow("OB-STUN-021", nil, "no more than the address", [.udp(udp + Timeline.stuns([50]))])
        RuleRow(
            "OB-STUN-015", "pass", "a request sent again is no ID used anew",
            [.udp(udp + [50, 110].flatMap { schedule($0) })])

        RuleRow("OB-STUN-023", "warn", "a REGISTER after each foreign answer", foreignAnswers(3, registers: true))
        RuleRow("OB-STUN-023", "unknown", .configuration, "after one", foreignAnswers(1, registers: true))
        RuleRow("OB-STUN-023", "pass", "foreign answers change nothing", foreignAnswers(3, registers: false))
        RuleRow("OB-STUN-023", "warn", "answers without the cookie are taken", badAnswers(3))
        RuleRow("OB-STUN-023", "unknown", .configuration, "one of them", badAnswers(1))
        RuleRow(
            "OB-STUN-023", "warn", "a foreign answer hides the right one",
            [.udp(udp + [50, 110, 170].flatMap { schedule($0, foreign: true) })])
        RuleRow("OB-STUN-023", nil, "no foreign answer", [.udp(udp + Timeline.stuns([50]))])

        RuleRow(
            "OB-STUN-006", "warn", "compared with the socket", ownAddress(4, registers: true), settings: edge)
        RuleRow(
            "OB-STUN-006", "unknown", .configuration, "once", ownAddress(2, registers: true), settings: edge)
        RuleRow("OB-STUN-006", "pass", "always another address", ownAddress(4, registers: false), settings: edge)
        RuleRow("OB-STUN-006", "pass", "behind a NAT: REGISTERs of its own accord", ownAddress(4, registers: true))

        RuleRow(
            "OB-STUN-027", "info", "sent again after its answer, and not answered again", [.udp(udp + schedule(50))])
        RuleRow(
            "OB-STUN-027", "pass", "answered again",
            [
                .udp(
                    udp + [
                        (50, .stun(7)), (50.6, .stunAnswer(7, port: 40_000, [.cookie, .xorMapped])), (50.7, .stun(7)),
                        (51.3, .stunAnswer(7, port: 40_000, [.cookie, .xorMapped])),
                    ])
            ])
        RuleRow("OB-STUN-027", nil, "never sent again", [.udp(udp + Timeline.stuns([50]))])
        RuleRow("OB-STUN-028", nil, "STUN stays where it is", [.udp(udp + Timeline.stuns([50]))])
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// STUN of a phone, and a transaction from the proxy to the next hop.
    static func forwarded(_ id: UInt64) throws -> Tape {
        var tape = Tape()
        let phone = Timeline.udp(udp + Timeline.stuns([50]))
        try phone.play(into: &tape)
        let onward = FlowEvent.Opening(
            transport: .udp, client: phone.server, server: TransportAddress(ip: IPAddress(v4: 0xC633_6409), port: 5060),
            kind: .datagram)
        let facts = STUNFacts(
            messageClass: .request, method: 1, transactionHigh: 1, transactionLow: id, flags: [.cookie],
            mappedAddress: nil, errorCode: 0)
        for what in [FlowEvent.What.open(onward), .stun(facts)] {
            tape.observe(
                FlowEvent(flow: FlowID(1), time: Timestamp(seconds: 51), direction: .fromClient, what: what))
        }
        return tape
    }

    /// The same transaction, and one of the proxy's own.
    @Test(arguments: [(UInt64(50_007), true), (3, false)])
    func stunGoesNoFurther(id: UInt64, isForwarded: Bool) throws {
        var ledger = FlowLedger()
        try Self.forwarded(id).play(into: &ledger)
        ledger.finish()
        let own = Judge().judge(ledger).findings.filter { $0.requirement == "OB-STUN-028" }
        #expect(own.map(\.verdict) == (isForwarded ? [.fail] : []))
    }
}
