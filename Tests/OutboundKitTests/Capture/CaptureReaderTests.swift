import Testing

@testable import OutboundKit

/// pcap and pcapng in every byte order and clock, read in whatever pieces.
@Suite struct CaptureReaderTests {
    struct Packet: Equatable, CustomStringConvertible {
        var time: Int64
        var octets: [UInt8]
        var wire: Int
        var link: UInt16
        var description: String { "\(time) \(Hex.encode(octets)) of \(wire), link \(link)" }
    }

    /// Numbers in one byte order.
    struct Order: Sendable {
        let isBig: Bool
        func u16(_ value: UInt16) -> [UInt8] {
            let little = [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
            return isBig ? little.reversed() : little
        }
        func u32(_ value: UInt32) -> [UInt8] {
            let little = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
            return isBig ? little.reversed() : little
        }
        func u64(_ value: UInt64) -> [UInt8] {
            let (high, low) = (u32(UInt32(truncatingIfNeeded: value >> 32)), u32(UInt32(truncatingIfNeeded: value)))
            return isBig ? high + low : low + high
        }
        func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
            let padded = body + [UInt8](repeating: 0, count: -body.count & 3)
            let length = u32(UInt32(padded.count + 12))
            return u32(type) + length + padded + length
        }
        func section() -> [UInt8] {
            block(0x0A0D_0D0A, u32(0x1A2B_3C4D) + u16(1) + u16(0) + [UInt8](repeating: 255, count: 8))
        }
        func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
            u16(code) + u16(UInt16(value.count)) + value + [UInt8](repeating: 0, count: -value.count & 3)
        }
        func interface(_ link: UInt16, snap: UInt32 = 0, options: [UInt8] = []) -> [UInt8] {
            block(1, u16(link) + u16(0) + u32(snap) + options + (options.isEmpty ? [] : u32(0)))
        }
        func enhanced(_ interface: UInt32, ticks: UInt64, _ octets: [UInt8], wire: UInt32) -> [UInt8] {
            let time = u32(UInt32(truncatingIfNeeded: ticks >> 32)) + u32(UInt32(truncatingIfNeeded: ticks))
            return block(6, u32(interface) + time + u32(UInt32(octets.count)) + u32(wire) + octets)
        }
    }

    static func read(_ pieces: [[UInt8]]) -> (packets: [Packet], error: CaptureError?, unread: Int) {
        var reader = CaptureReader(limits: CaptureLimits())
        var window: [UInt8] = []
        var packets: [Packet] = []
        var record = CaptureRecord()
        var skip = 0
        for piece in pieces {
            window += piece
            let dropped = min(skip, window.count)
            window.removeFirst(dropped)
            skip -= dropped
            var offset = 0
            do throws(CaptureError) {
                while skip == 0, try reader.next(in: window.span.bytes, at: &offset, into: &record) {
                    let octets = Array(window[record.start..<record.start + record.captured])
                    packets.append(Packet(time: record.time, octets: octets, wire: record.wire, link: record.link))
                }
            } catch {
                return (packets, error, window.count - offset)
            }
            if reader.skippable > 0, skip == 0 {
                let now = min(reader.skippable, window.count - offset)
                skip = reader.skippable - now
                offset += now
                reader.skip(reader.skippable)
            }
            window.removeFirst(offset)
        }
        return (packets, nil, window.count)
    }

    static let first = Packet(time: 1_000_000_000_123_456_000, octets: [1, 2, 3], wire: 3, link: 1)
    static let second = Packet(time: 1_000_000_001_000_001_000, octets: [4, 5], wire: 70, link: 1)

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func pcap(isBig: Bool, isNano: Bool) {
        let order = Order(isBig: isBig)
        let unit: Int64 = isNano ? 1 : 1000
        var file = order.u32(isNano ? 0xA1B2_3C4D : 0xA1B2_C3D4) + order.u16(2) + order.u16(4)
        file += order.u32(0) + order.u32(0) + order.u32(65_535) + order.u32(1)
        for packet in [Self.first, Self.second] {
            file += order.u32(UInt32(packet.time / 1_000_000_000))
            file += order.u32(UInt32(packet.time % 1_000_000_000 / unit))
            file += order.u32(UInt32(packet.octets.count)) + order.u32(UInt32(packet.wire)) + packet.octets
        }
        #expect(ThreeFeeds.agree(on: file) { Self.read($0).packets } == [Self.first, Self.second])
    }

    @Test(arguments: [false, true])
    func pcapng(isBig: Bool) {
        let order = Order(isBig: isBig)
        let microseconds = UInt64(Self.first.time / 1000)
        var file = order.section() + order.interface(1)
        file += order.block(10, [UInt8](repeating: 9, count: 200)) + order.block(0x0BAD, [1, 2, 3, 4, 5])
        file += order.enhanced(0, ticks: microseconds, Self.first.octets, wire: 3)
        // Nanoseconds and an offset of 10 s; 1/1024 s; picoseconds.
        file += order.interface(101, options: order.option(9, [9]) + order.option(14, order.u64(10)))
        file += order.interface(101, options: order.option(9, [0x8A]))
        file += order.interface(101, options: order.option(9, [12]))
        file += order.enhanced(1, ticks: 5, [1], wire: 1) + order.enhanced(2, ticks: 1536, [2], wire: 1)
        file += order.enhanced(3, ticks: 7_000_000, [3], wire: 1)
        // An obsolete Packet Block, and a Simple Packet Block, which has no time.
        let time = order.u32(UInt32(microseconds >> 32)) + order.u32(UInt32(truncatingIfNeeded: microseconds))
        file += order.block(2, order.u16(0) + order.u16(0) + time + order.u32(2) + order.u32(9) + [7, 7])
        file += order.block(3, order.u32(3) + [8, 8, 8])
        // Another section, in the other order, with its own interfaces.
        let other = Order(isBig: !isBig)
        file += other.section() + other.interface(113, snap: 2) + other.block(3, other.u32(5) + [6, 6])
        let expected = [
            Self.first, Packet(time: 10_000_000_005, octets: [1], wire: 1, link: 101),
            Packet(time: 1_500_000_000, octets: [2], wire: 1, link: 101),
            Packet(time: 7000, octets: [3], wire: 1, link: 101),
            Packet(time: Self.first.time, octets: [7, 7], wire: 9, link: 1),
            Packet(time: Self.first.time, octets: [8, 8, 8], wire: 3, link: 1),
            Packet(time: Self.first.time, octets: [6, 6], wire: 5, link: 113),
        ]
        #expect(ThreeFeeds.agree(on: file) { Self.read($0).packets } == expected)
    }

    @Test func extremeClocksSaturate() {
        let order = Order(isBig: false)
        for resolution in UInt8.min...UInt8.max {
            var interface = PcapngInterface(link: 1, snapLength: 0)
            interface.setResolution(resolution)
            interface.setOffset(seconds: .min)
            #expect(interface.nanoseconds(.max) >= 0)
            interface.setOffset(seconds: -9_000_000_000)
            _ = interface.nanoseconds(0)
        }
        let file = order.section() + order.interface(1, options: order.option(9, [0]))
        #expect(Self.read([file + order.enhanced(0, ticks: .max, [1], wire: 1)]).packets.first?.time == .max)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var octets: [UInt8]
        var code: CaptureError.Code
        var text: String
        var testDescription: String { name }
    }

    static let little = Order(isBig: false)
    static let header = CaptureBuilder().bytes

    static let faults: [Fault] = [
        Fault(name: "empty", octets: [], code: .empty, text: "is empty"),
        Fault(
            name: "text", octets: Array("hello world".utf8), code: .format(magic: 0x6865_6C6C, known: nil),
            text: "begins with 68656c6c"),
        Fault(name: "cut in the file header", octets: Array(header.prefix(20)), code: .cut, text: "octet 0"),
        Fault(name: "cut in a record header", octets: header + [1, 2, 3], code: .cut, text: "octet 24"),
        Fault(
            name: "cut in a packet", octets: header + CaptureBuilder.littleEndian([1, 1, 9, 9]) + [1],
            code: .cut, text: "after 0 whole packets"),
        Fault(
            name: "an impossible packet", octets: header + CaptureBuilder.littleEndian([1, 1, 0x7FFF_FFFF, 9]),
            code: .damaged("a packet of 2147483647 octets is not possible"), text: "octet 32"),
        Fault(
            name: "no magic in a section", octets: little.block(0x0A0D_0D0A, [1, 2, 3, 4, 1, 0, 0, 0]),
            code: .damaged("a section header without byte-order magic"), text: "octet 8"),
        Fault(
            name: "an odd block", octets: little.section() + little.u32(9) + little.u32(13) + [0, 0, 0, 0],
            code: .damaged("a block of 13 octets is not possible"), text: "octet 32"),
        Fault(
            name: "two lengths",
            octets: little.section() + little.interface(1) + little.u32(6) + little.u32(36)
                + [UInt8](repeating: 0, count: 24) + little.u32(40),
            code: .damaged("a block's two lengths differ"), text: "octet 80"),
        Fault(
            name: "a huge packet block",
            octets: little.section() + little.u32(6) + little.u32(0x7FFF_FFF0) + [0, 0, 0, 0],
            code: .damaged("a packet block of 2147483632 octets is too large"), text: "octet 32"),
        Fault(
            name: "a block of no length", octets: little.section() + little.u32(5) + little.u32(0) + [0, 0, 0, 0],
            code: .damaged("a block of 0 octets is not possible"), text: "octet 32"),
        Fault(
            name: "a block that says it is longer than the file",
            octets: little.section() + little.interface(1) + little.u32(6) + little.u32(4000) + [0, 0, 0, 0],
            code: .cut, text: "octet"),
        Fault(
            name: "a cut block that is passed over",
            octets: little.section() + little.u32(9) + little.u32(400)
                + [0, 0, 0, 0], code: .cut, text: "octet"),
    ]

    @Test(arguments: faults)
    func fault(_ fault: Fault) {
        let (_, _, error) = EventLog.words(of: fault.octets)
        #expect(error?.code == fault.code)
        let described = error.map { CaptureError($0.code, path: "x.pcap", offset: $0.offset).description } ?? ""
        #expect(described.hasPrefix("x.pcap"))
        if fault.code != .cut { #expect(described.contains(fault.text), "\(described)") }
    }

    /// A packet that cannot be read costs nobody else anything: of an interface that is described only later, of one that
    /// is not there, longer than its block, in a block too short for its fields.
    @Test func unreadablePacketsArePassedOver() {
        let order = Self.little
        var packet = CaptureBuilder()
        let sip = packet.ipv4(
            17, CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true), fromClient: true)
        var file = order.section() + order.block(3, order.u32(3) + [1, 2, 3]) + order.interface(101)
        file += order.enhanced(1, ticks: 5, sip, wire: UInt32(sip.count)) + order.block(6, order.u32(0))
        file += order.block(
            6, order.u32(0) + order.u32(0) + order.u32(5) + order.u32(0x7FFF_FFFF) + order.u32(9) + [1, 2, 3, 4])
        file += order.interface(101) + order.enhanced(1, ticks: 9, sip, wire: UInt32(sip.count))
        let (words, notAnalyzed, error) = EventLog.words(of: file)
        #expect(error == nil)
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 end"])
        #expect(notAnalyzed.map(\.what) == ["packets passed over"])
        #expect(notAnalyzed.map(\.count) == [4])
    }

    @Test func filesOfTheSystem() throws {
        var pipeline = CapturePipeline(sink: EventLog())
        #expect(throws: CaptureError.self) { try pipeline.read(path: "/nonexistent/capture.pcap") }
        #expect(throws: CaptureError.self) { try pipeline.read(path: "/") }
    }
}
