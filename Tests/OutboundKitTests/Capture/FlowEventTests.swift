import Testing

@testable import OutboundKit

/// Which packets become flows, and what is said of them.
@Suite struct FlowEventTests {
    typealias Builder = CaptureBuilder

    static let stunRequest: [UInt8] =
        [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12)
    static let stunSuccess: [UInt8] =
        [1, 1, 0, 12, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12)
        + [0, 0x20, 0, 8, 0, 1, 0xBD, 0x52, 0xE1, 0x12, 0xA6, 0x48]
    static let rtp: [UInt8] = [0x80, 0, 0, 1] + [UInt8](repeating: 0x55, count: 160)

    @Test func mediaLeavesNoTrace() {
        var capture = Builder()
        for _ in 0..<100 { capture.datagram(Self.rtp) }
        capture.datagram([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        capture.datagram(Builder.pong)
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.isEmpty)
        #expect(notAnalyzed.isEmpty)
    }

    /// One packet of media on a flow of STUN tells what the flow is.
    @Test func mediaWhosePortsWereProbed() {
        var capture = Builder()
        capture.datagram(Self.stunRequest)
        for _ in 0..<5 { capture.datagram(Self.rtp) }
        let (words, _, _) = EventLog.words(of: capture.bytes)
        #expect(words.filter { $0.contains(" other ") }.count == 1, "\(words)")
    }

    /// The first octets of a STUN message, and its attributes, that is none of a SIP keep-alive.
    struct OtherSTUN: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let type: UInt16
        var attributes: [UInt8] = []
    }

    static let otherSTUN: [OtherSTUN] = [
        OtherSTUN(
            testDescription: "a check of ICE", type: 0x0001,
            attributes: [0x80, 0x22, 0, 2, 0x61, 0x62, 0, 0] + [0, 6, 0, 3, 0x61, 0x3A, 0x62, 0]),
        OtherSTUN(
            testDescription: "its answer", type: 0x0101, attributes: [0, 8, 0, 20] + [UInt8](repeating: 1, count: 20)),
        OtherSTUN(testDescription: "ICE's consent", type: 0x0011),
        OtherSTUN(testDescription: "Allocate of TURN", type: 0x0003, attributes: [0, 0x19, 0, 4, 17, 0, 0, 0]),
        OtherSTUN(testDescription: "NAT discovery", type: 0x0001, attributes: [0, 3, 0, 4, 0, 0, 0, 6]),
    ]

    /// Media flows of phones with ICE, and TURN clients, are no flows of SIP; SIP on the same addresses is.
    @Test(arguments: otherSTUN) func stunOfOtherUses(_ message: OtherSTUN) {
        var capture = Builder()
        let head = [UInt8(message.type >> 8), UInt8(message.type & 255), 0, UInt8(message.attributes.count)]
        let stun = head + [0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 9, count: 12) + message.attributes
        for _ in 0..<3 { capture.datagram(stun) }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.isEmpty)
        #expect(notAnalyzed.map(\.what) == ["STUN messages on flows without SIP"] && notAnalyzed.first?.count == 3)
        capture.datagram(Builder.sip("REGISTER"))
        capture.datagram(Self.stunRequest)
        #expect(EventLog.words(of: capture.bytes).words.contains("f1 C stun request"))
    }

    @Test func datagramFlow() {
        var capture = Builder()
        capture.datagram([0, 0, 0, 0])
        capture.datagram(Self.stunSuccess, fromClient: false)
        capture.datagram(Builder.sip("REGISTER"))
        capture.datagram(Self.stunRequest)
        capture.datagram(Builder.ping)
        capture.datagram(Array("hello".utf8))
        capture.datagram([])
        capture.datagram(Array("REGISTER sip:example.com SIP/2.0\r\nVia".utf8))
        let (words, _, _) = EventLog.words(of: capture.bytes)
        #expect(
            words == [
                "f1 S open udp 192.0.2.10:40000 192.0.2.1:5060 datagram".replacing("f1 S", with: "f1 C"),
                "f1 S stun success", "f1 C sip REGISTER", "f1 C stun request", "f1 C crlfDatagram 4",
                "f1 C other 5", "f1 C other 0", "f1 C malformedSIP", "f1 end",
            ])
    }

    /// A capture that begins with the server's OPTIONS or CRLFs, which keep a flow alive, or with the phone's answer.
    @Test(arguments: [
        (Builder.sip("OPTIONS"), false, "f1 S sip OPTIONS"), (Builder.ping, false, "f1 S crlfDatagram 4"),
        (Array("SIP/2.0 200 OK\r\nVia: a\r\n\r\n".utf8), true, "f1 C sip 200"),
    ])
    func serverSpeaksFirst(_ row: (octets: [UInt8], fromClient: Bool, word: String)) {
        var capture = Builder()
        capture.datagram(row.octets, fromClient: row.fromClient)
        capture.datagram(Builder.ping)
        #expect(
            EventLog.words(of: capture.bytes).words == [
                "f1 C open udp 192.0.2.10:40000 192.0.2.1:5060 datagram", row.word, "f1 C crlfDatagram 4", "f1 end",
            ])
    }

    @Test func cutDatagrams() {
        var capture = Builder()
        capture.datagram(Builder.sip("REGISTER"), captured: 14 + 20 + 8 + 30)
        capture.datagram(Self.stunSuccess, fromClient: false, captured: 14 + 20 + 8 + 24)
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C cutSIP", "f1 S stun success cut", "f1 end"])
        #expect(notAnalyzed.map(\.count) == [2])
    }

    /// Their beginning is told once for each.
    @Test func messagesOfSeveralSegments() {
        var capture = Builder()
        capture.handshake()
        capture.segment(Builder.sip("OPTIONS"), sequence: 1001)
        let octets = Builder.sip("MESSAGE", body: "0123456789") + Builder.sip("NOTIFY") + Builder.pong
        let ends = [1, 40, 60, Builder.sip("MESSAGE", body: "0123456789").count + 1, octets.count]
        for (start, end) in zip([0] + ends, ends) {
            capture.segment(
                Array(octets[start..<end]), fromClient: false, sequence: 5001 + UInt32(start), acknowledgement: 1001)
        }
        var pipeline = CapturePipeline(sink: EventLog())
        #expect(pipeline.feedAll([capture.bytes]) == nil)
        pipeline.finish()
        #expect(pipeline.sink.begun == ["f1 S", "f1 S"])
        #expect(
            pipeline.sink.words.dropFirst() == [
                "f1 C sip OPTIONS", "f1 S sip MESSAGE", "f1 S sip NOTIFY", "f1 S crlf", "f1 end",
            ])
    }

    @Test func cutStreamKeepsItsPings() {
        var capture = Builder()
        capture.handshake()
        let register = Builder.sip("REGISTER")
        capture.segment(register, sequence: 1001, captured: 14 + 20 + 20 + 40)
        capture.segment(Builder.ping, sequence: 1001 + UInt32(register.count))
        let (words, _, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C cutSIP", "f1 C crlf own", "f1 C crlf pair own", "f1 end"])
    }

    @Test func duplicatesAreOne() {
        var capture = Builder()
        capture.datagram(Self.stunRequest)
        let once = capture.bytes
        let record = Array(once.dropFirst(24))
        let (words, notAnalyzed, _) = EventLog.words(of: once + record)
        #expect(words.filter { $0.contains("stun") }.count == 1)
        #expect(notAnalyzed.map(\.what) == ["packets captured twice"])
    }

    /// A router's two interfaces, where datagrams bear no identification: equal octets are one, others are not.
    @Test func duplicatesWithoutIdentification() {
        var capture = Builder()
        var copies: [[UInt8]] = []
        for (method, ttl) in [("REGISTER", UInt8(64)), ("REGISTER", 63), ("OPTIONS", 64), ("OPTIONS", 63)] {
            var packet = capture.ipv4(17, Builder.udp(Builder.sip(method), fromClient: true), fromClient: true)
            (packet[4], packet[5], packet[8]) = (0, 0, ttl)
            copies.append(packet)
        }
        for packet in copies {
            capture.record(Builder.ethernet(packet))
            capture.milliseconds -= 10
        }
        // The same later is a retransmission.
        capture.milliseconds += 500
        capture.record(Builder.ethernet(copies[3]))
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 C sip OPTIONS", "f1 C sip OPTIONS", "f1 end"])
        #expect(notAnalyzed.map(\.count) == [2])
    }

    @Test func fragmentsAreCountedAndTheFirstTold() {
        var capture = Builder()
        let whole = Builder.udp(Builder.sip("REGISTER"), fromClient: true)
        let first = capture.ipv4(17, Array(whole.prefix(120)), fromClient: true, fragment: 0x2000)
        let second = capture.ipv4(17, Array(whole.dropFirst(120)), fromClient: true, fragment: 15)
        capture.record(Builder.ethernet(first))
        capture.record(Builder.ethernet(second))
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C cutSIP", "f1 end"])
        #expect(notAnalyzed.map(\.what) == ["IP fragments"])
        #expect(notAnalyzed.map(\.count) == [2])
    }

    @Test func connectionsAndTheirEnds() {
        var capture = Builder()
        // Refused.
        capture.segment([], sequence: 99, flags: 0x02)
        capture.segment([], fromClient: false, sequence: 0, acknowledgement: 100, flags: 0x14)
        // The same ports again, this time with an answer; SYN repeated.
        capture.segment([], sequence: 1000, flags: 0x02)
        capture.segment([], sequence: 1000, flags: 0x02)
        capture.segment([], fromClient: false, sequence: 5000, acknowledgement: 1001, flags: 0x12)
        capture.segment(Builder.ping, sequence: 1001)
        capture.segment(Builder.pong, fromClient: false, sequence: 5001)
        capture.segment([], fromClient: false, sequence: 5003, flags: 0x11)
        capture.segment([], sequence: 1005, flags: 0x11)
        capture.segment([], sequence: 1005, flags: 0x11)
        // And again, without the ends of the one before; reset by the client.
        capture.segment([], sequence: 70_000, flags: 0x02)
        capture.segment(Builder.sip("REGISTER"), sequence: 70_001)
        capture.segment([], sequence: 70_001, flags: 0x04)
        capture.segment([], sequence: 70_001, flags: 0x04)
        let open = "open tcp 192.0.2.10:40000 192.0.2.1:5060 handshake"
        #expect(
            EventLog.words(of: capture.bytes).words == [
                "f1 C \(open)", "f1 S close refused", "f1 end", "f2 C \(open)", "f2 C crlf own", "f2 C crlf pair own",
                "f2 S crlf own", "f2 S close fin", "f2 C close fin", "f2 end", "f3 C \(open)", "f3 C sip REGISTER",
                "f3 C close rst", "f3 end",
            ])
    }

    private static let opened = "open tcp 192.0.2.10:40000 192.0.2.1:5060 handshake"

    /// A client that was started anew takes the ports of a connection that the server still has: a mere acknowledgement
    /// (RFC 5961 §4.2), an RST, and the same SYN again, which is missing in the second capture.
    @Test(arguments: [true, false]) func challengedSYN(isSYNSeen: Bool) {
        var capture = Builder()
        capture.handshake()
        capture.segment(Builder.ping, sequence: 1001)
        capture.segment([], sequence: 70_000, flags: 0x02)
        capture.segment([], fromClient: false, sequence: 5001, acknowledgement: 1005, flags: 0x10)
        capture.segment([], sequence: 1005, flags: 0x04)
        if isSYNSeen { capture.segment([], sequence: 70_000, flags: 0x02) }
        capture.segment([], fromClient: false, sequence: 90_000, acknowledgement: 70_001, flags: 0x12)
        capture.segment(Builder.sip("REGISTER"), sequence: 70_001)
        #expect(
            EventLog.words(of: capture.bytes).words == [
                "f1 C \(Self.opened)", "f1 C crlf own", "f1 C crlf pair own", "f1 end", "f2 C \(Self.opened)",
                "f2 C sip REGISTER", "f2 end",
            ])
    }

    /// A client that sends the refused SYN again, as some systems do, may find that the server is there by now.
    @Test func refusedAndThenTaken() {
        var capture = Builder()
        for _ in 0..<2 {
            capture.segment([], sequence: 99, flags: 0x02)
            capture.segment([], fromClient: false, sequence: 0, acknowledgement: 100, flags: 0x14)
        }
        capture.segment([], sequence: 99, flags: 0x02)
        capture.segment([], fromClient: false, sequence: 5000, acknowledgement: 100, flags: 0x12)
        capture.segment(Builder.sip("REGISTER"), sequence: 100)
        #expect(
            EventLog.words(of: capture.bytes).words == [
                "f1 C \(Self.opened)", "f1 S close refused", "f1 end", "f2 C \(Self.opened)", "f2 C sip REGISTER",
                "f2 end",
            ])
    }

    /// Of a ping that TCP sends again each time is told, but for the copies of a capture on two interfaces.
    @Test func repeatedPings() {
        var capture = Builder()
        capture.handshake()
        capture.segment(Builder.ping, sequence: 1001)
        capture.milliseconds -= 10
        capture.segment(Builder.ping, sequence: 1001)
        capture.milliseconds += 200
        capture.segment(Builder.ping, sequence: 1001)
        // With what was sent since.
        capture.segment(Builder.ping + Builder.ping, sequence: 1001)
        capture.segment([13], sequence: 1008)
        #expect(
            EventLog.words(of: capture.bytes).words == [
                "f1 C \(Self.opened)", "f1 C crlf own", "f1 C crlf pair own", "f1 C repeated ping",
                "f1 C repeated ping",
                "f1 C crlf own", "f1 C crlf pair own", "f1 end",
            ])
    }

    /// A SYN that nobody answers makes no flow, and is told of where SIP was to be expected.
    @Test(arguments: [(1000, 4, 1), (1000, 1, 0), (100, 4, 0)])
    func nobodyAnswers(_ row: (acknowledgement: UInt32, seconds: Int, told: Int)) {
        var capture = Builder()
        capture.segment([], sequence: 99, flags: 0x02)
        capture.milliseconds += row.seconds * 1000
        if row.acknowledgement == 100 {
            capture.segment([], fromClient: false, sequence: 0, acknowledgement: 100, flags: 0x14)
        } else {
            capture.segment([], sequence: 99, flags: 0x02)
        }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.isEmpty == (row.acknowledgement != 100))
        #expect(notAnalyzed.map(\.what) == (row.told > 0 ? ["TCP connections to the ports 5060 and 5061"] : []))
        #expect(notAnalyzed.map(\.count) == (row.told > 0 ? [row.told] : []))
    }

    @Test func midstreamFlows() {
        var capture = Builder()
        capture.segment(Builder.pong, fromClient: false, sequence: 9000)
        capture.segment(Builder.ping, sequence: 100)
        capture.segment(Builder.pong, fromClient: false, sequence: 9002)
        capture.segment(Builder.sip("OPTIONS"), fromClient: false, sequence: 9004)
        let words = EventLog.words(of: capture.bytes).words
        #expect(words.first == "f1 C open tcp 192.0.2.10:40000 192.0.2.1:5060 midstream")
        #expect(words.contains("f1 C crlf pair own"))
        #expect(words.contains("f1 S sip OPTIONS"))
    }

    @Test func otherStreams() {
        var tls = Builder()
        tls.handshake()
        tls.segment([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0], sequence: 1001)
        tls.segment([0x17, 3, 3, 0, 1, 0], sequence: 1011)
        #expect(
            EventLog.words(of: tls.bytes).words == [
                "f1 C open tls 192.0.2.10:40000 192.0.2.1:5060 handshake", "f1 C encrypted", "f1 end",
            ])
        #expect(EventLog.words(of: tls.bytes).notAnalyzed.map(\.what) == ["TLS connections"])

        var web = Builder()
        web.handshake()
        web.segment(
            Array("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n".utf8), sequence: 1001)
        #expect(EventLog.words(of: web.bytes).words.isEmpty)
        #expect(EventLog.words(of: web.bytes).notAnalyzed.isEmpty)

        var mail = Builder()
        mail.handshake()
        mail.segment(Array("220 mail.example.com ESMTP\r\n".utf8), fromClient: false, sequence: 5001)
        mail.segment(Builder.ping, sequence: 1001)
        #expect(EventLog.words(of: mail.bytes).words.isEmpty)
    }

    @Test func icmpErrorsNameTheirFlow() {
        var capture = Builder()
        let register = Builder.udp(Builder.sip("REGISTER"), fromClient: true)
        let sent = capture.ipv4(17, register, fromClient: true)
        capture.record(Builder.ethernet(sent))
        let error = capture.ipv4(1, [3, 3, 0, 0, 0, 0, 0, 0] + sent.prefix(28), fromClient: false)
        capture.record(Builder.ethernet(error))
        #expect(
            EventLog.words(of: capture.bytes).words.dropFirst() == ["f1 C sip REGISTER", "f1 C icmp 3 3", "f1 end"])
    }

    @Test func closedAndSilentFlowsAreForgotten() {
        var capture = Builder()
        capture.datagram(Self.stunRequest)
        capture.milliseconds += 7 * 3_600_000
        for _ in 0..<40 { capture.datagram(Self.rtp, fromClient: false) }
        capture.datagram(Self.stunRequest)
        // A packet of the flow itself keeps it; it is the sweep that forgets, before the next one.
        let words = EventLog.words(of: capture.bytes).words
        #expect(words.filter { $0.contains("open") }.count == 1)
    }
}
