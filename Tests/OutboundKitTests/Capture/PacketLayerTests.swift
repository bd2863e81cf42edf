import Testing

@testable import OutboundKit

/// Link layers, IPv4 and IPv6 headers.
@Suite struct PacketLayerTests {
    struct Frame: Sendable, CustomTestStringConvertible {
        var name: String
        var link: UInt32
        var head: [UInt8]
        var testDescription: String { name }
    }

    static let frames: [Frame] = [
        Frame(name: "Ethernet", link: 1, head: CaptureBuilder.ethernet([])),
        Frame(name: "802.1Q", link: 1, head: CaptureBuilder.ethernet([], tags: [0x8100])),
        Frame(name: "802.1ad with 802.1Q", link: 1, head: CaptureBuilder.ethernet([], tags: [0x88A8, 0x8100])),
        Frame(name: "0x9100 with 802.1Q", link: 1, head: CaptureBuilder.ethernet([], tags: [0x9100, 0x8100])),
        Frame(name: "Linux cooked", link: 113, head: [UInt8](repeating: 0, count: 14) + [8, 0]),
        Frame(
            name: "Linux cooked, tagged", link: 113,
            head: [UInt8](repeating: 0, count: 14) + [0x81, 0, 0, 1, 8, 0]),
        Frame(name: "Linux cooked 2", link: 276, head: [8, 0] + [UInt8](repeating: 0, count: 18)),
        Frame(
            name: "802.2 with SNAP", link: 1,
            head: CaptureBuilder.ethernet([], type: 400) + [0xAA, 0xAA, 3, 0, 0, 0, 8, 0]),
        Frame(
            name: "802.2 with SNAP behind a tag", link: 1,
            head: CaptureBuilder.ethernet([0xAA, 0xAA, 3, 0, 0, 0, 8, 0], type: 400, tags: [0x8100])),
        Frame(
            name: "Linux cooked, 802.2 with SNAP", link: 113,
            head: [UInt8](repeating: 0, count: 14) + [0, 4, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0]),
        Frame(name: "raw", link: 101, head: []),
        Frame(name: "DLT_RAW 12", link: 12, head: []),
        Frame(name: "DLT_RAW 14", link: 14, head: []),
        Frame(name: "IPv4", link: 228, head: []),
        Frame(name: "NULL, little-endian", link: 0, head: [2, 0, 0, 0]),
        Frame(name: "NULL, big-endian", link: 0, head: [0, 0, 0, 2]),
        Frame(name: "LOOP", link: 108, head: [0, 0, 0, 2]),
    ]

    @Test(arguments: frames)
    func link(_ frame: Frame) {
        var capture = CaptureBuilder(link: frame.link)
        let packet = capture.ipv4(
            17, CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true), fromClient: true)
        // Frame padding must not become payload.
        capture.record(frame.head + packet + [0xEE, 0xEE])
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 end"])
        #expect(notAnalyzed.isEmpty)
    }

    @Test func whatIsNotRead() {
        var arp = CaptureBuilder()
        arp.record(CaptureBuilder.ethernet([UInt8](repeating: 0, count: 28), type: 0x0806))
        #expect(EventLog.words(of: arp.bytes).notAnalyzed.isEmpty)
        // Spanning tree, and SNAP with an organization's own protocol, which has IP's number.
        var bridge = CaptureBuilder()
        let packet = TunnelTests.inner(&bridge)
        bridge.record(CaptureBuilder.ethernet([0x42, 0x42, 3] + packet, type: 300))
        bridge.record(CaptureBuilder.ethernet([0xAA, 0xAA, 3, 0, 0, 0xC, 8, 0] + packet, type: 300))
        bridge.record(CaptureBuilder.ethernet([0xAA, 0xAA, 3, 0, 0, 0, 8], type: 300))
        #expect(EventLog.words(of: bridge.bytes).words.isEmpty)
        var pppoe = CaptureBuilder()
        pppoe.record(CaptureBuilder.ethernet([UInt8](repeating: 0, count: 28), type: 0x8864))
        #expect(EventLog.words(of: pppoe.bytes).notAnalyzed.map(\.what) == ["encapsulated packets"])
        var usb = CaptureBuilder(link: 147)
        usb.record([1, 2, 3])
        usb.record([1, 2, 3])
        #expect(
            EventLog.words(of: usb.bytes).notAnalyzed == [
                NotAnalyzed(what: "packets of link type 147", count: 2, why: "link type not read")
            ])
        var short = CaptureBuilder()
        short.record([1, 2, 3])
        #expect(EventLog.words(of: short.bytes).notAnalyzed.map(\.count) == [1])
    }

    @Test func ipv4Options() {
        var capture = CaptureBuilder()
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true)
        capture.record(
            CaptureBuilder.ethernet(capture.ipv4(17, datagram, fromClient: true, options: [1, 1, 1, 1, 1, 1, 1, 0])))
        #expect(EventLog.words(of: capture.bytes).words.contains("f1 C sip REGISTER"))
    }

    static func ipv6(_ next: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var packet: [UInt8] = [0x60, 0, 0, 0]
        packet.appendBig16(UInt16(payload.count))
        packet += [next, 64]
        packet += [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [2]
        packet += [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        return packet + payload
    }

    static let extensionHeaders: [(UInt8, [UInt8])] = [
        (17, []), (0, [17, 0, 0, 0, 0, 0, 0, 0]),
        (60, [43, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0]),
        (51, [17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), (44, [17, 0, 0, 0, 1, 2, 3, 4]),
    ]

    @Test(arguments: extensionHeaders)
    func ipv6Extensions(next: UInt8, headers: [UInt8]) {
        var capture = CaptureBuilder()
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true)
        capture.record(CaptureBuilder.ethernet(Self.ipv6(next, headers + datagram), type: 0x86DD))
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.first == "f1 C open udp [2001:db8::2]:40000 [2001:db8::1]:5060 datagram")
        #expect(words.contains("f1 C sip REGISTER"))
        #expect(notAnalyzed.isEmpty)
    }

    @Test func ipv6Fragments() {
        var capture = CaptureBuilder()
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true)
        let first = Self.ipv6(44, [17, 0, 0, 1, 0, 0, 0, 9] + datagram.prefix(96))
        let later = Self.ipv6(44, [17, 0, 0, 96, 0, 0, 0, 9] + datagram.dropFirst(96))
        capture.record(CaptureBuilder.ethernet(first, type: 0x86DD))
        capture.record(CaptureBuilder.ethernet(later, type: 0x86DD))
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 end"])
        #expect(notAnalyzed.isEmpty)
    }

    @Test func flowTableKeepsWhatItHolds() {
        var table = FlowTable()
        var held: [UInt64: Int] = [:]
        var generator = SeededGenerator(seed: 3)
        func key(_ number: UInt64) -> FlowKey {
            var key = FlowKey()
            key.lowEndLow = number % 50
            key.ports = number
            return key
        }
        for _ in 0..<40_000 {
            let number = UInt64.random(in: 0..<3000, using: &generator)
            // Few hashes, so that chains are long and wrap around the table's end.
            let probe = key(number)
            if let index = held[number], Bool.random(using: &generator) {
                table.remove(index)
                held[number] = nil
            } else if held[number] == nil {
                var entry = FlowEntry()
                entry.kind = .datagram
                held[number] = table.insert(entry, probe, hash: probe.hash)
            }
            #expect(table.find(probe, hash: probe.hash) == held[number] ?? -1)
        }
        #expect(table.count == held.count)
        for (number, index) in held { #expect(table.find(key(number), hash: key(number).hash) == index) }
    }
}
