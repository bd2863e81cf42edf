import Testing

@testable import OutboundKit

/// HEP over TCP: a mirror's packets in a stream, however it is cut.
@Suite struct MirrorStreamTests {
    private static let packets = [
        TunnelTests.hep3(CaptureBuilder.sip("REGISTER")),
        TunnelTests.hep3(Array("a log line".utf8), kind: 100),
        TunnelTests.hep3(Array("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), fromClient: false),
        TunnelTests.hep3(CaptureBuilder.sip("OPTIONS")),
    ]
    private static let expected = [
        "f1 C open udp 192.0.2.10:40000 192.0.2.1:5060 datagram", "f1 C sip REGISTER", "f1 C gap ?", "f1 S sip 200",
        "f1 S gap ?", "f1 C sip OPTIONS", "f1 C gap ?", "f1 end",
    ]

    /// The stream in segments of these lengths, over and over; a length below zero is a segment that was not captured.
    private static func capture(_ octets: [UInt8], _ lengths: [Int], handshake: Bool = true) -> [UInt8] {
        var capture = CaptureBuilder()
        if handshake { capture.handshake(clientStart: 1001) }
        var start = 0
        var turn = 0
        while start < octets.count {
            let length = lengths[turn % lengths.count]
            let end = min(octets.count, start + abs(length))
            if length > 0 { capture.segment(Array(octets[start..<end]), sequence: UInt32(1001 + start)) }
            start = end
            turn += 1
        }
        return capture.bytes
    }

    private static func words(_ capture: [UInt8], _ limits: CaptureLimits = CaptureLimits()) -> [String] {
        EventLog.words(of: capture, limits: limits).words
    }

    @Test func whole() {
        let (words, notAnalyzed, error) = EventLog.words(of: Self.capture(Array(Self.packets.joined()), [65_000]))
        #expect(error == nil && words == Self.expected)
        #expect(notAnalyzed.map { "\($0.count) \($0.what)" } == ["3 packets mirrored by HEP"])
    }

    @Test(arguments: [[1], [2], [3], [5], [16], [17], [100], [700, 3, 41], [400]])
    func cutAnywhere(_ lengths: [Int]) {
        #expect(Self.words(Self.capture(Array(Self.packets.joined()), lengths)) == Self.expected)
    }

    /// Joined in the middle, it is known by a segment that begins with a packet.
    @Test func joinedInTheMiddle() {
        let first = Array(Self.packets[0].dropFirst(90))
        let octets = [first] + Self.packets.dropFirst()
        let lengths = [first.count] + Self.packets.dropFirst().map(\.count)
        let words = Self.words(Self.capture(Array(octets.joined()), lengths, handshake: false))
        #expect(words.filter { $0.contains(" sip ") } == ["f1 S sip 200", "f1 C sip OPTIONS"])
    }

    @Test func goesOnBehindAHole() {
        var capture = CaptureBuilder()
        capture.handshake(clientStart: 1001)
        var place: UInt32 = 1001
        for (number, packet) in (Self.packets + Self.packets).enumerated() {
            // The second half of one packet is missing, and its receiver has it.
            let count = number == 3 ? packet.count / 2 : packet.count
            capture.segment(Array(packet[..<count]), sequence: place)
            place += UInt32(packet.count)
        }
        capture.milliseconds += 40_000
        capture.segment(Self.packets[0], sequence: place)
        let words = Self.words(capture.bytes).filter { $0.contains(" sip ") }
        #expect(
            words == [
                "f1 C sip REGISTER", "f1 S sip 200", "f1 C sip REGISTER", "f1 S sip 200", "f1 C sip OPTIONS",
                "f1 C sip REGISTER",
            ])
    }

    /// What is unfinished has a limit, and what is no packet is passed over.
    @Test func bounded() {
        var limits = CaptureLimits()
        limits.mirroredOctets = 100
        let (words, notAnalyzed, _) = EventLog.words(
            of: Self.capture(Self.packets[0], [200, 1000]), limits: limits)
        #expect(words.isEmpty)
        #expect(notAnalyzed.contains { $0.what == "packets mirrored by HEP over TCP" })
        let broken = Self.packets[0] + Array(repeating: 0x41, count: 40)
        let seen = EventLog.words(of: Self.capture(broken + Self.packets[3], [broken.count, 5000]))
        #expect(seen.words.filter { $0.contains(" sip ") } == ["f1 C sip REGISTER", "f1 C sip OPTIONS"])
        #expect(seen.notAnalyzed.contains { $0.what == "pieces of HEP over TCP" && $0.count == 1 })
    }

    @Test func damaged() {
        var generator = SeededGenerator(seed: 11)
        let octets = Array(Self.packets.joined())
        for _ in 0..<400 {
            var changed = octets
            for _ in 0..<4 {
                let place = Int.random(in: 0..<changed.count, using: &generator)
                changed[place] = UInt8.random(in: 0...255, using: &generator)
            }
            let lengths = (0..<3).map { _ in Int.random(in: 1...600, using: &generator) }
            _ = Self.words(Self.capture(changed, lengths + [-Int.random(in: 1...90, using: &generator)]))
        }
    }

    /// A mirror in a mirror in a mirror, as nobody would set it up.
    @Test func withinOneAnother() {
        var packet = Self.packets[0]
        for _ in 0..<8 { packet = TunnelTests.hep3(packet, upper: 6) }
        let seen = EventLog.words(of: Self.capture(packet, [5000]))
        #expect(seen.notAnalyzed.contains { $0.what == "packets in too many tunnels" })
    }

    /// What the siptrace module of Kamailio 5.6.3 mirrored of eight registrations, with transport=tcp in its
    /// duplicate_uri.
    @Test func realMirror() throws {
        let seen = EventLog.words(of: try VectorFiles.bytes("HEP/kamailio-5.6.3-hep3-tcp.pcap"))
        #expect(seen.error == nil)
        #expect(seen.words.filter { $0.contains("open") }.count == 2)
        #expect(seen.words.filter { $0 == "f1 C sip REGISTER" }.count == 5)
        #expect(seen.words.filter { $0 == "f2 C sip REGISTER" }.count == 3)
        #expect(seen.notAnalyzed.map { "\($0.count) \($0.what)" } == ["8 packets mirrored by HEP"])
    }
}
