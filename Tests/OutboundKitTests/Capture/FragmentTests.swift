import Testing

@testable import OutboundKit

/// IP packets in pieces: every order, copies, overlaps, and pieces that never come.
@Suite struct FragmentTests {
    static let datagram = CaptureBuilder.udp(
        CaptureBuilder.sip("REGISTER", body: String(repeating: "x", count: 900)), fromClient: true)

    /// A piece of `whole` as an IP packet.
    static func piece(
        _ range: Range<Int>, of whole: [UInt8], isIPv6: Bool = false, identification: UInt16 = 7, upper: UInt8 = 17,
        options: [UInt8] = []
    ) -> [UInt8] {
        let octets = Array(whole[range])
        let hasMore = range.upperBound < whole.count
        if isIPv6 {
            var header: [UInt8] = [upper, 0]
            header.appendBig16(UInt16(range.lowerBound) | (hasMore ? 1 : 0))
            header.appendBig32(UInt32(identification))
            // Hop-by-hop options come before the fragment header and stay in each piece.
            return PacketLayerTests.ipv6(0, [44, 0, 1, 4, 0, 0, 0, 0] + header + octets)
        }
        var packet: [UInt8] = [0x45 + UInt8(options.count / 4), 0]
        packet.appendBig16(UInt16(20 + options.count + octets.count))
        packet.appendBig16(identification)
        packet.appendBig16(UInt16(range.lowerBound / 8) | (hasMore ? 0x2000 : 0))
        packet += [64, upper, 0, 0] + CaptureBuilder.client + CaptureBuilder.server + options
        return packet + octets
    }

    static func capture(_ packets: [[UInt8]], milliseconds: Int = 10) -> [UInt8] {
        var capture = CaptureBuilder()
        for packet in packets {
            capture.record(CaptureBuilder.ethernet(packet, type: packet[0] >> 4 == 6 ? 0x86DD : 0x0800))
            capture.milliseconds += milliseconds - 10
        }
        return capture.bytes
    }

    struct Order: Sendable, CustomTestStringConvertible {
        let name: String
        let ranges: [Range<Int>]
        var testDescription: String { name }
    }

    static let end = datagram.count
    static let orders: [Order] = [
        Order(name: "in order", ranges: [0..<400, 400..<800, 800..<end]),
        Order(name: "last first", ranges: [800..<end, 400..<800, 0..<400]),
        Order(name: "middle last", ranges: [0..<400, 800..<end, 400..<800]),
        Order(name: "twice each", ranges: [0..<400, 0..<400, 400..<800, 400..<800, 800..<end, 800..<end]),
        Order(name: "overlaps that agree", ranges: [0..<480, 640..<end, 400..<800]),
        Order(name: "one within another", ranges: [400..<480, 240..<800, 800..<end, 0..<320]),
        Order(
            name: "pieces of eight", ranges: stride(from: 0, to: end, by: 8).map { $0..<min($0 + 8, end) }.reversed()),
    ]

    @Test(arguments: orders, [false, true])
    func reassembled(_ order: Order, isIPv6: Bool) {
        let packets = order.ranges.map { Self.piece($0, of: Self.datagram, isIPv6: isIPv6) }
        let (words, notAnalyzed, _) = EventLog.words(of: Self.capture(packets, milliseconds: 0))
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 end"])
        #expect(notAnalyzed.isEmpty)
    }

    @Test func headerOptionsStay() {
        let packets = [0..<400, 400..<Self.end].map {
            Self.piece($0, of: Self.datagram, options: $0.lowerBound == 0 ? [1, 1, 1, 0] : [])
        }
        #expect(EventLog.words(of: Self.capture(packets)).words.contains("f1 C sip REGISTER"))
    }

    /// The packet is of the time and frame of the piece that completed it.
    @Test func timeAndFrame() {
        struct Places: FlowEventSink {
            var places: [[Int64]] = []
            mutating func observe(_ event: borrowing FlowEvent) {
                places.append([Int64(event.frame), event.time.nanoseconds - 1_000_000_000_000_000])
            }
            mutating func end(_ flow: FlowID, at: Timestamp) {}
        }
        let packets = [400..<Self.end, 0..<400].map { Self.piece($0, of: Self.datagram) }
        var pipeline = CapturePipeline(sink: Places())
        #expect(pipeline.feedAll([Self.capture(packets)]) == nil)
        #expect(pipeline.sink.places == [[2, 10_000_000], [2, 10_000_000]])
    }

    @Test func segmentInPieces() {
        let segment = CaptureBuilder.tcp(CaptureBuilder.sip("OPTIONS"), fromClient: true, sequence: 9)
        let packets = [0..<80, 80..<segment.count].map { Self.piece($0, of: segment, upper: 6) }
        #expect(EventLog.words(of: Self.capture(packets)).words.contains("f1 C sip OPTIONS"))
    }

    @Test(arguments: [false, true])
    func contradictionDropsAll(isIPv6: Bool) {
        var other = Self.datagram
        other[420] ^= 1
        let packets = [
            Self.piece(0..<480, of: Self.datagram, isIPv6: isIPv6), Self.piece(400..<800, of: other, isIPv6: isIPv6),
            Self.piece(400..<800, of: Self.datagram, isIPv6: isIPv6),
            Self.piece(800..<Self.end, of: Self.datagram, isIPv6: isIPv6),
        ]
        let (words, notAnalyzed, _) = EventLog.words(of: Self.capture(packets))
        #expect(words.isEmpty)
        #expect(notAnalyzed.map(\.what) == ["contradicting IP fragments"])
        #expect(notAnalyzed.map(\.count) == [4])
    }

    @Test func twoEndsContradict() {
        let packets = [
            Self.piece(800..<Self.end, of: Self.datagram), Self.piece(800..<848, of: Array(Self.datagram[..<848])),
            Self.piece(0..<800, of: Self.datagram),
        ]
        #expect(EventLog.words(of: Self.capture(packets)).words.isEmpty)
    }

    /// A first piece tells that there was a message, at the latest when the others have not come in 30 s.
    @Test func neverComplete() {
        let first = Self.piece(0..<400, of: Self.datagram)
        let (words, notAnalyzed, _) = EventLog.words(of: Self.capture([first]))
        #expect(words.dropFirst() == ["f1 C cutSIP", "f1 end"])
        #expect(
            notAnalyzed == [NotAnalyzed(what: "IP fragments", count: 1, why: "others of the same datagram are missing")]
        )
        let later = Self.piece(400..<Self.end, of: Self.datagram)
        #expect(EventLog.words(of: Self.capture([later])).words.isEmpty)
        var capture = CaptureBuilder()
        capture.record(CaptureBuilder.ethernet(first))
        capture.milliseconds += 29_000
        capture.datagram(CaptureBuilder.sip("INFO"))
        capture.milliseconds += 1_100
        capture.datagram(CaptureBuilder.sip("OPTIONS"))
        capture.record(CaptureBuilder.ethernet(later))
        #expect(
            EventLog.words(of: capture.bytes).words.dropFirst() == [
                "f1 C sip INFO", "f1 C cutSIP", "f1 C sip OPTIONS", "f1 end",
            ])
    }

    /// One that waits outlasts any number that are completed after it.
    @Test func oneWaitsAmongMany() {
        var limits = CaptureLimits()
        limits.fragmentedDatagrams = 4
        var packets = [Self.piece(0..<400, of: Self.datagram, identification: 1)]
        for number in 2..<400 {
            packets += [0..<400, 400..<Self.end].map {
                Self.piece($0, of: Self.datagram, identification: UInt16(number))
            }
        }
        packets.append(Self.piece(400..<Self.end, of: Self.datagram, identification: 1))
        let (words, notAnalyzed, _) = EventLog.words(of: Self.capture(packets), limits: limits)
        #expect(words.filter { $0 == "f1 C sip REGISTER" }.count == 399)
        #expect(notAnalyzed.isEmpty)
    }

    /// The snapshot length cut a piece: what there is counts, and the message is known to be cut.
    @Test func cutPieces() {
        var capture = CaptureBuilder()
        for range in [0..<400, 400..<Self.end] {
            capture.record(CaptureBuilder.ethernet(Self.piece(range, of: Self.datagram)), captured: 200)
        }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C cutSIP", "f1 end"])
        #expect(notAnalyzed.map(\.what) == ["packets cut by the snapshot length"])
    }

    @Test func impossiblePieces() {
        var beyond = Self.piece(0..<400, of: Self.datagram)
        (beyond[6], beyond[7]) = (0x1F, 0xFF)
        var odd = Self.piece(0..<400, of: Self.datagram)
        odd[3] -= 3
        let (words, notAnalyzed, _) = EventLog.words(of: Self.capture([beyond, odd]))
        #expect(words.isEmpty)
        #expect(notAnalyzed.map(\.count) == [2])
    }

    /// Pieces without end: memory stays within the limits, and what had to go is counted.
    @Test func flood() {
        var limits = CaptureLimits()
        limits.fragmentedDatagrams = 100
        limits.fragmentOctets = 20_000
        limits.fragments = 16
        var packets: [[UInt8]] = []
        for number in 0..<3000 {
            packets.append(
                Self.piece(0..<400, of: Self.datagram, isIPv6: number % 2 == 1, identification: UInt16(number)))
        }
        for number in 0..<40 { packets.append(Self.piece(number * 8..<number * 8 + 8, of: Self.datagram)) }
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        #expect(pipeline.feedAll([Self.capture(packets, milliseconds: 0)]) == nil)
        #expect(!pipeline.fragments.isOverfull)
        pipeline.finish()
        #expect(pipeline.fragments.nextTime == .max)
        let counts = pipeline.notAnalyzed.filter { $0.what.hasPrefix("IP fragments") }.map(\.count)
        #expect(counts.reduce(0, +) > 3000)
        #expect(pipeline.sink.words.contains("f1 C cutSIP"))
    }
}
