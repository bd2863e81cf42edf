import Testing

@testable import OutboundKit

/// Segments in, events out: what a stream says must not depend on how its segments travelled.
@Suite struct StreamReassemblyTests {
    /// A segment: a range of the client's octets, and what is odd about it.
    struct Segment: Sendable {
        var range: Range<Int>
        var isFIN = false
        init(_ range: Range<Int>, fin: Bool = false) {
            self.range = range
            isFIN = fin
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var segments: [Segment]
        var start: UInt32 = 1001
        var expected: [String] = ["sip REGISTER", "crlf own", "crlf pair own", "sip OPTIONS"]
        var testDescription: String { name }
    }

    static let register = CaptureBuilder.sip("REGISTER")
    static let options = CaptureBuilder.sip("OPTIONS", body: "abc")
    static let stream = register + CaptureBuilder.ping + options
    static let a = register.count
    static let b = register.count + 4
    static let end = stream.count

    static let rows: [Row] = [
        Row(name: "in order", segments: [.init(0..<a), .init(a..<b), .init(b..<end)]),
        Row(name: "last two swapped", segments: [.init(0..<a), .init(b..<end), .init(a..<b)]),
        Row(name: "all reversed", segments: [.init(b..<end), .init(a..<b), .init(0..<a)]),
        Row(
            name: "every segment twice",
            segments: [
                .init(0..<a), .init(0..<a), .init(a..<b), .init(a..<b), .init(b..<end), .init(b..<end),
            ], expected: ["sip REGISTER", "crlf own", "crlf pair own", "repeated ping", "sip OPTIONS"]),
        Row(
            name: "retransmitted in a larger segment",
            segments: [
                .init(0..<a), .init(a..<b), .init(0..<b), .init(b..<end),
            ]),
        Row(name: "overlap with new octets behind", segments: [.init(0..<a), .init(a..<b), .init(10..<end)]),
        Row(
            name: "early, then covered by a larger one",
            segments: [
                .init(0..<a), .init(b..<end), .init(a..<b), .init(0..<end),
            ]),
        Row(
            name: "sequence numbers wrap inside the first message",
            segments: [.init(0..<a), .init(b..<end), .init(a..<b)], start: UInt32.max - 20),
        Row(
            name: "sequence numbers wrap at a boundary",
            segments: [.init(0..<a), .init(a..<b), .init(b..<end)], start: 0 &- UInt32(register.count)),
        Row(
            name: "early FIN", segments: [.init(0..<a), .init(b..<end, fin: true), .init(a..<b)],
            expected: ["sip REGISTER", "crlf own", "crlf pair own", "sip OPTIONS", "close fin"]),
        Row(
            name: "FIN twice",
            segments: [
                .init(0..<a), .init(a..<b), .init(b..<end, fin: true), .init(end..<end, fin: true),
            ], expected: ["sip REGISTER", "crlf own", "crlf pair own", "sip OPTIONS", "close fin"]),
        Row(
            name: "keep-alive probes of 0 and 1 octets before the edge",
            segments: [
                .init(0..<a), .init(a - 1..<a - 1), .init(a - 1..<a), .init(a..<b), .init(b - 1..<b), .init(b..<end),
            ]),
        Row(
            name: "ping glued to the message behind", segments: [.init(0..<a), .init(a..<end)],
            expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "ping glued to the message before", segments: [.init(0..<b), .init(b..<end)],
            expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "half a ping glued to the message before", segments: [.init(0..<a + 2), .init(a + 2..<end)],
            expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "half a message glued to the one before",
            segments: [.init(0..<b + 9), .init(b + 9..<end - 2), .init(end - 2..<end)],
            expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "all in one segment", segments: [.init(0..<end)],
            expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "ping in single octets",
            segments: [
                .init(0..<a), .init(a..<a + 1), .init(a + 1..<a + 2), .init(a + 2..<a + 3), .init(a + 3..<b),
                .init(b..<end),
            ], expected: ["sip REGISTER", "crlf", "crlf pair", "sip OPTIONS"]),
        Row(
            name: "the ping was not captured", segments: [.init(0..<a), .init(b..<end)],
            expected: ["sip REGISTER", "gap 4", "sip OPTIONS"]),
        Row(
            name: "half a message was not captured", segments: [.init(50..<a), .init(a..<b), .init(b..<end)],
            expected: ["gap 50", "crlf own", "crlf pair own", "sip OPTIONS"]),
        Row(
            name: "octets before the FIN were not captured",
            segments: [.init(0..<a), .init(a..<b), .init(end..<end, fin: true)],
            expected: ["sip REGISTER", "crlf own", "crlf pair own", "gap \(end - b)", "close fin"]),
    ]

    @Test(arguments: rows)
    func row(_ row: Row) {
        var capture = CaptureBuilder()
        capture.handshake(clientStart: row.start)
        // Something that makes the flow known from the other side, so that a hole at its beginning can be told.
        if row.expected.first == "gap 50" {
            capture.segment(
                CaptureBuilder.sip("NOTIFY"), fromClient: false, sequence: 5001, acknowledgement: row.start)
        }
        for segment in row.segments {
            capture.segment(
                Array(Self.stream[segment.range]), sequence: row.start &+ UInt32(segment.range.lowerBound),
                flags: segment.isFIN ? 0x19 : 0x18)
        }
        let (words, notAnalyzed, error) = EventLog.words(of: capture.bytes)
        #expect(error == nil)
        #expect(notAnalyzed.isEmpty)
        let client = words.filter { $0.hasPrefix("f1 C ") && !$0.contains(" open ") }.map { String($0.dropFirst(5)) }
        #expect(client == row.expected)
        #expect(words.first == "f1 C open tcp 192.0.2.10:40000 192.0.2.1:5060 handshake")
        #expect(words.last == "f1 end")
    }

    /// Every two cuts of the stream, sent in each of the six orders, give the same messages and pings.
    @Test func anyCutsInAnyOrder() {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let cuts = (0..<2).map { _ in Int.random(in: 0...Self.end, using: &generator) }.sorted()
            let pieces = [0..<cuts[0], cuts[0]..<cuts[1], cuts[1]..<Self.end]
            let order = orders[Int.random(in: 0..<6, using: &generator)]
            var capture = CaptureBuilder()
            let start = UInt32.random(in: 0...UInt32.max, using: &generator)
            capture.handshake(clientStart: start)
            for index in order where !pieces[index].isEmpty {
                capture.segment(Array(Self.stream[pieces[index]]), sequence: start &+ UInt32(pieces[index].lowerBound))
            }
            let words = EventLog.words(of: capture.bytes).words.map { $0.replacing(" own", with: "") }
            #expect(
                words.dropFirst() == [
                    "f1 C sip REGISTER", "f1 C crlf", "f1 C crlf pair", "f1 C sip OPTIONS", "f1 end",
                ], "cuts \(cuts), order \(order), start \(start)")
        }
    }

    @Test func earlyDataBeyondTheLimitIsAGap() {
        var limits = CaptureLimits()
        limits.earlySegments = 3
        var capture = CaptureBuilder()
        capture.handshake()
        capture.segment(Self.register, sequence: 1001)
        let missing = 1001 + UInt32(Self.register.count)
        for index in 0..<5 { capture.segment(CaptureBuilder.ping, sequence: missing + 100 + UInt32(4 * index)) }
        let words = EventLog.words(of: capture.bytes, limits: limits).words.map { String($0.dropFirst(5)) }
        #expect(words.filter { $0 == "gap 100" }.count == 1)
        #expect(words.filter { $0 == "crlf pair own" }.count == 5)
        #expect(words.firstIndex(of: "gap 100") == 2)
    }

    @Test func acknowledgedOctetsAreNotWaitedFor() {
        var capture = CaptureBuilder()
        capture.handshake()
        capture.segment(Self.register, sequence: 1001)
        let next = 1001 + UInt32(Self.register.count)
        capture.segment(CaptureBuilder.ping, sequence: next + 4)
        capture.segment(CaptureBuilder.pong, fromClient: false, sequence: 5001, acknowledgement: next + 8)
        capture.segment(CaptureBuilder.ping, sequence: next + 8)
        let words = EventLog.words(of: capture.bytes).words.map { String($0.dropFirst(3)) }
        #expect(
            words.dropFirst() == [
                "C sip REGISTER", "C gap 4", "C crlf own", "C crlf pair own", "S crlf own", "C crlf own",
                "C crlf pair own", "end",
            ])
    }

    @Test func placement() {
        var stream = TCPReassembler()
        stream.start(at: SequenceNumber(UInt32.max - 1))
        #expect(stream.placement(of: SequenceNumber(UInt32.max - 1), count: 4, window: 100) == .next(skip: 0))
        #expect(stream.placement(of: SequenceNumber(UInt32.max - 3), count: 4, window: 100) == .next(skip: 2))
        #expect(stream.placement(of: SequenceNumber(UInt32.max - 5), count: 4, window: 100) == .old)
        #expect(stream.placement(of: SequenceNumber(2), count: 4, window: 100) == .early(4))
        #expect(stream.placement(of: SequenceNumber(2000), count: 4, window: 100) == .stray)
        stream.advance(4)
        #expect(stream.next == SequenceNumber(2))
    }
}
