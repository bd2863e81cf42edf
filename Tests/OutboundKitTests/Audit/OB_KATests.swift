import Testing

@testable import OutboundKit

@Suite struct OB_KATests {
    private static let stream: [(Double, Timeline.Moment)] = Timeline.registered(timer: 20)
    private static let good = Timeline.tcp(stream + Timeline.pings([18, 35, 54, 71, 90, 107]))
    private static let removal: [(Double, Timeline.Moment)] = [
        (10, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)), (10.01, .answer(200, [], cseq: 2, callID: "a1")),
    ]
    private static let silent = FlowEvent.What.gap(10)
    private static let nul = [(15.0, Timeline.Moment.event(.otherDatagram(length: 4, first: 0), .fromClient))]

    private static let singles = Timeline.tcp(
        stream
            + (1...10).map {
                (Double($0) * 18, .event(.crlf(completesPair: $0 % 2 == 0, ownSegment: true), .fromClient))
            })
    /// Single CRLFs behind a ping that waits for its pong.
    private static func halvesBehindPing(_ more: [(Double, Timeline.Moment)]) -> Timeline {
        .tcp(stream + [(18, .ping), (20, .halfPing(ownSegment: true)), (24, .halfPing(ownSegment: true))] + more)
    }
    private static let bothPing = Timeline.tcp(
        (stream + Timeline.pings([18, 36, 54, 71, 90, 107]) + Timeline.serverPings([12, 30, 53.7, 60, 90.3]))
            .sorted { $0.0 < $1.0 })
    private static let serverFirst = Timeline(
        moments: Timeline.serverPings([1, 4]) + Timeline.registered(at: 5, timer: 20) + Timeline.pings([23, 40, 59]),
        opening: .midstream, isReversed: true)
    private static let serverFirstSTUN = Timeline(
        transport: .udp,
        moments: [
            (
                1,
                .event(
                    .stun(
                        STUNFacts(
                            messageClass: .request, method: 1, transactionHigh: 9, transactionLow: 9, flags: [.cookie],
                            mappedAddress: nil, errorCode: 0)), .fromServer)
            )
        ]
            + Timeline.registered(at: 5, timer: 20) + Timeline.stuns([23, 40, 59]),
        isReversed: true)

    /// A binding that runs out after `lifetime` seconds.
    private static func granted(_ lifetime: Int) -> [(Double, Timeline.Moment)] {
        [
            (0, .register(regID: 1, callID: "a1", cseq: 1, expires: lifetime)),
            (
                0.01,
                .answer(200, ["Require: outbound", "Flow-Timer: 20", "Expires: \(lifetime)"], cseq: 1, callID: "a1")
            ),
        ]
    }

    /// A stream whose beginning was not seen.
    private static func midstream(_ moments: [(Double, Timeline.Moment)]) -> Timeline {
        Timeline(moments: moments, opening: .midstream)
    }

    /// A ping that TCP sends again after so many seconds.
    private static func repeated(_ time: Double, _ after: [Double]) -> [(Double, Timeline.Moment)] {
        [(time, .ping)] + after.map { (time + $0, .event(.repeatedPing, .fromClient)) }
    }

    private static let stillRepeated =
        (repeated(18, [0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4]) + [(36, .ping), (54, .ping)])
        .sorted { $0.0 < $1.0 }

    /// A server that sends its own pings each so many seconds, and no pong ever.
    private static func pinger(_ period: Int) -> [Timeline] {
        let own = Timeline.serverPings(stride(from: period, to: 250, by: period).map { Double($0) + 0.4 })
        let pings = stride(from: 18.2, to: 250, by: 18.7).map { ($0, Timeline.Moment.ping) }
        return [.tcp((stream + own + pings).sorted { $0.0 < $1.0 })]
    }

    /// The server closes a flow, and the client sends its ping before it knows: an RST, and the next
    /// connection at once.
    private static let crossing = [
        Timeline.tcp(
            stream + Timeline.pings([18, 36]) + [
                (54, .event(.close(.fin), .fromServer)), (54.01, .ping), (54.02, .event(.close(.rst), .fromServer)),
            ]),
        Timeline(
            flow: 1, clientPort: 40_001,
            moments: Timeline.registered(at: 54.2, timer: 20, cseq: 2) + Timeline.pings([72, 90, 108])),
    ]

    /// A message of the server.
    private static let news = "MESSAGE sip:a@example.com SIP/2.0\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"

    @RuleRows static var rows: [RuleRow] {
        RuleRow(
            "OB-KEEP-007", "info", "pings go on after the removal",
            [.tcp(stream + removal + Timeline.pings([18, 35, 54, 71, 90, 107]))])
        RuleRow("OB-KEEP-007", "pass", "one more ping", [.tcp(stream + removal + Timeline.pings([18]))])
        RuleRow(
            "OB-KEEP-007", "pass", "a call goes on",
            [.tcp(stream + removal + Timeline.pings([18, 35, 54, 71, 90, 107]) + [(108, .options)])])
        RuleRow("OB-KEEP-007", nil, "nothing was removed", [good])
        RuleRow("OB-KA-001", "pass", "pings go out", [good])
        RuleRow(
            "OB-KA-001", "fail", "no ping, closed after 60 s",
            [.tcp(stream + [(60, .event(.close(.fin), .fromServer))])])
        RuleRow(
            "OB-KA-001", "unknown", .cut, "registered anew long after a removal",
            [.udp(stream + removal + Timeline.registered(at: 900, timer: 20, callID: "b1") + [(905, .options)])])
        RuleRow(
            "OB-KA-001", "fail", "and silent before the removal already",
            [
                .udp(
                    stream + [
                        (60, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
                        (60.01, .answer(200, [], cseq: 2, callID: "a1")),
                    ]
                        + Timeline.registered(at: 900, timer: 20, callID: "b1"))
            ])
        RuleRow(
            "OB-KA-001", "unknown", .cut, "registered anew long after the binding had run out",
            [.udp(granted(60) + Timeline.registered(at: 900, timer: 20, callID: "b1"))])
        RuleRow(
            "OB-KA-001", "fail", "a refresh ten seconds after the binding had run out is late, and no new beginning",
            [.udp(granted(60) + Timeline.registered(at: 70, timer: 20, cseq: 2))])
        RuleRow(
            "OB-KA-001", "skipped", "outbound was taken back by a later 2xx",
            [.tcp(stream + Timeline.registered(at: 1, outbound: false, cseq: 2) + [(900, .options)])])
        RuleRow(
            "OB-KA-001", "unknown", .half, "one direction, and not one keep-alive",
            [
                .udp([
                    (0, .register(regID: 1, callID: "a1", cseq: 1, expires: 300)),
                    (280, .register(regID: 1, callID: "a1", cseq: 2, expires: 300)),
                ])
            ])
        RuleRow("OB-KA-001", "fail", "no ping, still used for requests", [.tcp(stream + [(70, .options)])])
        RuleRow("OB-KA-001", "unknown", .cut, "the capture ends early", [.tcp(stream)], end: 5)
        RuleRow("OB-KA-001", "unknown", .late, "no REGISTER seen", [midstream(Timeline.pings([1, 18, 36]))])
        RuleRow("OB-KA-001", "unknown", .late, "nor on a datagram flow", [.udp(Timeline.stuns([1, 18, 36]))])
        RuleRow("OB-KA-001", nil, "seen from the handshake on, without REGISTER", [.tcp(Timeline.pings([1, 18, 36]))])
        RuleRow(
            "OB-KA-001", "unknown", .gap, "the same with octets missing",
            [.tcp([(0.5, .event(silent, .fromClient))] + Timeline.pings([1, 18, 36]))])
        RuleRow("OB-KA-001", "unknown", .encrypted, "TLS", [.tcp([(0, .event(.encrypted, .fromClient))])])
        RuleRow(
            "OB-KA-001", "unknown", .cut, "SIP cut by the snapshot length",
            [.tcp([(0, .event(.cutSIP, .fromClient))] + Timeline.pings([10, 25]))])
        RuleRow(
            "OB-KA-001", "unknown", .gap, "octets are missing",
            [.tcp(stream + [(30, .event(silent, .fromClient)), (70, .options)])])
        RuleRow(
            "OB-KA-001", nil, "outbound was not granted",
            [.tcp(Timeline.registered(outbound: false) + [(900, .options)])])
        RuleRow(
            "OB-KA-001", "unknown", .cut, "on battery 840 s are fine", [.tcp(Timeline.registered() + [(800, .options)])]
        )

        RuleRow(
            "OB-KA-002", "fail", "CRLFCRLF over UDP",
            [.udp(Timeline.registered(timer: 20) + [(15, .event(.crlfDatagram(4), .fromClient))])])
        RuleRow(
            "OB-KA-002", "info", "the same without outbound",
            [.udp(Timeline.registered(outbound: false) + [(15, .event(.crlfDatagram(4), .fromClient))])])
        RuleRow(
            "OB-KA-002", "unknown", "the same where no REGISTER was seen",
            [.udp([(0, .options), (15, .event(.crlfDatagram(4), .fromClient))])])
        RuleRow(
            "OB-KA-002", "info", "NUL octets without outbound",
            [.udp(Timeline.registered(outbound: false) + nul)])
        RuleRow(
            "OB-KA-002", "warn", "NUL octets",
            [.udp(Timeline.registered(timer: 20) + nul)])
        RuleRow("OB-KA-002", "pass", "STUN", [.udp(Timeline.registered(timer: 20) + Timeline.stuns([15, 33]))])

        RuleRow("OB-KA-003", "pass", "double CRLFs", [good])
        RuleRow(
            "OB-KA-003", "warn", "single CRLFs 10 s apart",
            [
                .tcp(
                    stream + [
                        (10, .halfPing(ownSegment: true)),
                        (20, .event(.crlf(completesPair: true, ownSegment: true), .fromClient)), (20.1, .pong),
                        (30, .options),
                    ])
            ])
        RuleRow(
            "OB-KA-003", "unknown", .gap, "pongs to pings that may be missing",
            [
                .tcp(
                    stream + Timeline.pings([18, 35])
                        + [(40, .event(silent, .fromClient)), (54, .pong), (72, .pong), (90, .pong)])
            ])
        RuleRow(
            "OB-KA-003", "warn", "the server answers with CRLFCRLF",
            [
                .tcp(
                    stream
                        + [18, 35, 54].flatMap { time in
                            [(time, .ping)]
                                + [false, true].map {
                                    (time + 0.02, .event(.crlf(completesPair: $0, ownSegment: true), .fromServer))
                                }
                        })
            ])
        RuleRow("OB-FT-004", "fail", "single CRLFs 18 s apart are a ping every 36 s at best", [singles])
        RuleRow("OB-KA-006", "unknown", .cut, "none of which waits for a pong", [singles])
        RuleRow("OB-KA-010", "unknown", .cut, "nor owes the server one", [singles])
        RuleRow("OB-KA-003", "pass", "both ends ping", [bothPing])
        RuleRow("OB-KA-006", "pass", "and each pong is taken for what it is", [bothPing])
        RuleRow("OB-KA-010", "pass", "on both sides", [bothPing])
        RuleRow("OB-KA-012", "pass", "so that none is left over", [bothPing])
        RuleRow("OB-FT-004", "pass", "and no interval is cut in two", [bothPing])
        RuleRow("OB-KA-010", "pass", "the server's ping was the first thing seen", [serverFirst])
        RuleRow("OB-FT-004", "pass", "and its client is found by the REGISTER", [serverFirst])
        RuleRow("OB-STUN-011", "pass", "the same over datagrams", [serverFirstSTUN])
        RuleRow("OB-FT-004", "pass", "where its request was a STUN request", [serverFirstSTUN])
        RuleRow(
            "OB-KA-003", nil, "of the server's pongs alone nothing is said about the client",
            [
                Timeline(
                    moments: [
                        (0, .pong), (18, .pong), (35, .pong),
                        (36, .answer(200, ["Require: outbound"], cseq: 9, callID: "a")), (54, .pong),
                    ], opening: .midstream, isReversed: true)
            ])
        RuleRow(
            "OB-KA-003", "pass", "a ping in two segments",
            [
                .tcp(
                    stream + [
                        (10, .halfPing(ownSegment: true)),
                        (10.2, .event(.crlf(completesPair: true, ownSegment: true), .fromClient)), (10.3, .pong),
                    ])
            ])

        RuleRow("OB-KA-005", "unknown", .encrypted, "TLS", [.tcp([(0, .event(.encrypted, .fromClient))])])

        RuleRow("OB-KA-006", "pass", "all answered", [good])
        RuleRow(
            "OB-KA-006", "pass", "a late pong just in time",
            [.tcp(stream + [(18, .ping), (28.2, .pong), (30, .options)])])
        RuleRow(
            "OB-KA-006", "pass", "the 10 s end inside a message, and the pong is right behind it",
            [
                .tcp(
                    stream + [
                        (18, .ping), (27.5, .event(.beginsSIP, .fromServer)), (29.5, .options),
                        (31, .text(news, .fromServer)), (31.1, .pong), (35, .ping), (35.1, .pong),
                    ])
            ])
        RuleRow(
            "OB-KA-006", "fail", "or it is not",
            [
                .tcp(
                    stream + [
                        (18, .ping), (27.5, .event(.beginsSIP, .fromServer)),
                        (31, .text(news, .fromServer)), (35, .ping), (35.1, .pong),
                    ])
            ])
        RuleRow(
            "OB-KA-006", "fail", "the message has begun too late",
            [
                .tcp(
                    stream + [
                        (18, .ping), (28.2, .event(.beginsSIP, .fromServer)),
                        (31, .text(news, .fromServer)), (31.1, .pong), (35, .ping), (35.1, .pong),
                    ])
            ])
        RuleRow(
            "OB-KA-006", "fail", "it was over before",
            [
                .tcp(
                    stream + [
                        (18, .ping), (25, .event(.beginsSIP, .fromServer)),
                        (27, .text(news, .fromServer)), (35, .ping), (35.1, .pong),
                    ])
            ])
        RuleRow(
            "OB-KA-006", "fail", "goes on after a missed pong",
            [.tcp(stream + [(18, .ping), (35, .ping), (35.1, .pong)])])
        RuleRow(
            "OB-KA-006", "fail", "registers anew over the same connection after a missed pong",
            [
                .tcp(
                    stream + [(18, .ping), (18.1, .event(.crlf(completesPair: false, ownSegment: true), .fromClient))]
                        + Timeline.registered(at: 29, timer: 20, cseq: 2) + Timeline.pings([47]))
            ])
        RuleRow(
            "OB-KA-006", "pass", "closes after a missed pong",
            [.tcp(stream + [(18, .ping), (28.1, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-006", "unknown", .gap, "a hole where the pong was",
            [.tcp(stream + [(18, .ping), (19, .event(silent, .fromServer)), (35, .ping), (35.1, .pong)])])
        RuleRow("OB-KA-006", "unknown", .cut, "nothing after the missed pong", [.tcp(stream + [(18, .ping)])], end: 60)
        RuleRow(
            "OB-KA-006", nil, "outbound was not granted",
            [.tcp(Timeline.registered(outbound: false) + [(18, .ping), (35, .ping)])])

        RuleRow(
            "OB-KA-008", "pass", "95 to 120 s",
            [.tcp(Timeline.registered() + Timeline.pings([100, 200, 310, 410, 525, 640]))])
        RuleRow(
            "OB-KA-008", "fail", "constant",
            [.tcp(Timeline.registered() + Timeline.pings([100, 200, 300, 400, 500, 600]))])
        RuleRow(
            "OB-KA-008", "warn", "outside the windows",
            [.tcp(Timeline.registered() + Timeline.pings([100, 300, 480, 700, 890, 1080]))])
        RuleRow(
            "OB-KA-008", "pass", "a refresh takes a ping along, 60 s after the last one",
            [
                .tcp(
                    Timeline.registered() + Timeline.pings([100, 200, 310]) + [
                        (370, .pingAlong(callID: "a1", cseq: 2)), (370.02, .pong),
                        (370.03, .answer(200, ["Require: outbound"], cseq: 2, callID: "a1")),
                    ] + Timeline.pings([480, 590, 705]))
            ])
        RuleRow(
            "OB-KA-008", "warn", "one taken along too late is late all the same",
            [
                .tcp(
                    Timeline.registered() + Timeline.pings([100, 200, 310]) + [
                        (570, .pingAlong(callID: "a1", cseq: 2)), (570.02, .pong),
                        (570.03, .answer(200, ["Require: outbound"], cseq: 2, callID: "a1")),
                    ] + Timeline.pings([680, 790, 905]))
            ])
        RuleRow(
            "OB-KA-008", "info", "a ping of its own after 60 s is still more often than asked",
            [.tcp(Timeline.registered() + Timeline.pings([100, 200, 310, 370, 480, 590, 705]))])
        RuleRow("OB-KA-008", "unknown", .cut, "too few", [.tcp(Timeline.registered() + Timeline.pings([100, 210]))])

        RuleRow("OB-KA-010", "pass", "all answered", [good])
        RuleRow(
            "OB-KA-010", "fail", "one never answered, silent server",
            [.tcp(stream + [(18, .ping), (28.1, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-010", "fail", "given up after 9.5 s: the client's ten, less the tolerance",
            [.tcp(stream + [(18, .ping), (27.5, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-010", "unknown", .cut, "given up sooner: a pong might still have come",
            [.tcp(stream + [(18, .ping), (27.4, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-010", "fail", "halves of a ping put off no pong that is due",
            [halvesBehindPing([(30, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-006", "fail", "nor the end of a flow that goes on without it",
            [halvesBehindPing([(31, .options)])])
        RuleRow(
            "OB-KA-010", "pass", "two pings that wait while the phone registers keep their places",
            [
                .tcp(
                    stream + [(18, .ping), (18.2, .ping)] + Timeline.registered(at: 18.3, timer: 20, cseq: 2)
                        + [(18.6, .pong), (18.7, .pong)])
            ])
        RuleRow("OB-KA-010", "warn", "answered after 15 s", [.tcp(stream + [(18, .ping), (33, .pong)])])
        RuleRow(
            "OB-KA-010", "fail", "one left out, and the others answered at once",
            [.tcp(stream + [(18, .ping)] + Timeline.pings([36, 54, 72, 90]))])
        RuleRow(
            "OB-KA-010", "unknown", .gap, "a hole",
            [.tcp(stream + [(18, .ping), (19, .event(silent, .fromServer)), (35, .ping), (35.1, .pong)])])
        RuleRow(
            "OB-KA-010", "unknown", .gap, "a hole, and the next ping soon after it",
            [
                .tcp(
                    stream + [(18, .ping), (18.1, .event(silent, .fromServer))] + Timeline.pings([22, 27, 32, 37]))
            ])
        RuleRow(
            "OB-KA-010", "pass", "one pong behind a hole, which tells nothing of the time it took",
            [.tcp(stream + [(18, .ping), (19, .event(silent, .fromServer)), (22, .pong)])])
        RuleRow("OB-KA-010", "unknown", .half, "one direction", [.tcp([(1, .ping), (20, .ping)])])
        RuleRow(
            "OB-KA-010", "unknown", .side, "TCP still sends the ping again when the client gives up",
            [.tcp(stream + repeated(18, [0.2, 0.6, 1.4, 3, 6.2]) + [(28.1, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-010", "unknown", .side, "the client goes on, and so does TCP",
            [.tcp(stream + stillRepeated)], end: 70)
        RuleRow(
            "OB-KA-006", "fail", "which the client must not, whatever the reason",
            [.tcp(stream + stillRepeated)], end: 70)
        RuleRow(
            "OB-KA-010", "fail", "sent again once, and then no more: it had been acknowledged",
            [.tcp(stream + repeated(18, [0.2]) + [(28.1, .event(.close(.rst), .fromClient))])])
        RuleRow(
            "OB-KA-010", "pass", "the pong comes right behind the one that got through",
            [.tcp(stream + repeated(18, [0.2, 0.6, 1.4, 3, 6.2, 9]) + [(27.1, .pong)] + Timeline.pings([36]))])
        RuleRow(
            "OB-KA-010", "pass", "even where the client should have given up before",
            [.tcp(stream + repeated(18, [0.2, 0.6, 1.4, 3, 6.2, 12.6]) + [(30.7, .pong)] + Timeline.pings([36]))])
        RuleRow(
            "OB-KA-010", "warn", "the pong comes 11 s behind it",
            [.tcp(stream + repeated(18, [0.2, 0.6, 1.4, 3]) + [(32, .pong)] + Timeline.pings([36]))])
        RuleRow(
            "OB-KA-010", "fail", "another ping was not sent again, and got no pong",
            [
                .tcp(
                    stream + [(18, .ping)] + repeated(36, [0.2, 0.6, 1.4, 3, 6.2])
                        + [(47, .event(.close(.rst), .fromClient))])
            ])
        RuleRow("OB-KA-010", "fail", "a server that only pings", pinger(30))
        RuleRow("OB-KA-010", "fail", "and does so more often", pinger(15))
        RuleRow("OB-KA-010", "fail", "and always before the pong would be late", pinger(9))
        RuleRow("OB-KA-006", "fail", "where the client goes on all the same", pinger(9))
        RuleRow("OB-KA-012", "pass", "none of its CRLFs is a pong", pinger(9))
        RuleRow("OB-KA-010", "pass", "a server that pings, and answers too", [bothPing])
        RuleRow(
            "OB-KA-010", "warn", "two pings that are answered at once, late",
            [
                .tcp(
                    stream + Timeline.pings([18]) + [(36, .ping), (41, .ping), (44, .pong), (44, .pong)]
                        + Timeline.pings([54]))
            ])
        RuleRow(
            "OB-KA-010", "warn", "a server that answers with two CRLFs, and is slow once",
            [
                .tcp(
                    stream
                        + [18.0, 36, 54, 72].flatMap { time -> [(Double, Timeline.Moment)] in
                            let pong = time == 54 ? time + 2 : time + 0.02
                            return [(time, .ping), (pong, .pong), (pong, .pong)]
                        })
            ])
        RuleRow("OB-KA-006", "pass", "a ping that crosses with the server's FIN", crossing)
        RuleRow("OB-KA-010", "pass", "which owes no pong any more", crossing)
        RuleRow(
            "OB-KA-010", "pass", "nor does it while no RST follows",
            [.tcp(stream + Timeline.pings([18]) + [(30, .event(.close(.fin), .fromServer)), (36, .ping)])], end: 60)
        RuleRow(
            "OB-KA-010", "unknown", .cut, "an RST behind the client's FIN ends the wait for good",
            [
                .tcp(
                    stream + [
                        (18, .ping), (19, .event(.close(.fin), .fromClient)),
                        (19.1, .event(.close(.rst), .fromServer)),
                    ])
            ], end: 60)
        RuleRow("OB-KA-010", "unknown", .cut, "ends at once", [.tcp(stream + [(18, .ping)])], end: 19)

        RuleRow(
            "OB-KA-012", "warn", "more pongs than pings", [.tcp(stream + Timeline.pings([18, 35]) + [(40, .pong)])])
        RuleRow(
            "OB-KA-014", "fail", "a storm of pongs",
            [.tcp(stream + Timeline.pings([18]) + (0..<20).map { (20 + Double($0) * 3, .pong) })])
        RuleRow(
            "OB-KA-013", "warn", "dropped without outbound",
            [.tcp(Timeline.registered(outbound: false) + [(18, .ping), (28, .event(.close(.fin), .fromClient))])])
        RuleRow(
            "OB-KA-013", nil, "closed long after the first of several unanswered pings",
            [
                .tcp(
                    Timeline.registered(outbound: false)
                        + [(18, .ping), (45, .ping), (71, .ping), (80, .event(.close(.fin), .fromClient))])
            ])
        RuleRow(
            "OB-KA-013", nil, "closed after the registration was removed",
            [
                .tcp(
                    Timeline.registered(outbound: false) + [(1, .ping)] + removal
                        + [(11, .event(.close(.fin), .fromClient))])
            ])
        RuleRow(
            "OB-KA-006", "skipped", "pings before outbound was agreed on",
            [
                .tcp(
                    Timeline.registered(outbound: false) + [(1, .ping), (11.8, .ping)]
                        + Timeline.registered(at: 12, cseq: 2) + [(15, .options)] + Timeline.pings([30, 110]))
            ])
        RuleRow(
            "OB-KA-006", "skipped", "removed before the pong was due",
            [.tcp(stream + [(5, .ping)] + removal + [(12, .ping), (20, .ping)])])
        RuleRow(
            "OB-KA-015", "fail", "REGISTER behind a CRLF draws 400",
            [
                .tcp([
                    (0, .halfPing(ownSegment: true)),
                    (0.1, .register(regID: 1, callID: "a", cseq: 1, expires: nil)),
                    (0.2, .answer(400, [], cseq: 1, callID: "a")),
                ])
            ])
        RuleRow(
            "OB-KA-020", nil, "the binding had moved to another connection",
            [
                .tcp(stream),
                Timeline(flow: 1, clientPort: 40_001, moments: Timeline.registered(at: 7, timer: 20, cseq: 2)),
                Timeline(flow: 0, moments: [(9, .event(.close(.fin), .fromServer))]),
            ])
        RuleRow(
            "OB-KA-020", "pass", "a REGISTER that crosses with the FIN is not the last message before it",
            [
                .tcp(
                    stream + Timeline.pings([18, 36]) + [
                        (50, .event(.close(.fin), .fromServer)),
                        (50.01, .register(regID: 1, callID: "a1", cseq: 2, expires: nil)),
                    ])
            ])
        RuleRow(
            "OB-KA-020", "warn", "server closes 10 s after the 200",
            [.tcp(stream + [(10, .event(.close(.fin), .fromServer))])])
    }

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }
}
