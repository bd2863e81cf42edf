import Testing

@testable import OutboundKit

@Suite struct HostileInputTests {
    private static let start = wire("OPTIONS sip:a SIP/2.0\n")

    @Test(arguments: [
        [], [0], [0x0A], [0x0D], Array(repeating: 0, count: 70_000), Array(repeating: 0xFF, count: 4096),
        Array(repeating: 0x0A, count: 65_535), start + Array(repeating: 0x20, count: 60_000),
        start + Array(repeating: 0x3A, count: 60_000),
        start + Array("Via".utf8) + Array(repeating: 0x41, count: 65_000),
        start + Array("\u{FFFF}: \u{0}\r\n\r\n".utf8), start + [0xC3, 0x28, 0x3A, 0x0D, 0x0A, 0x0D, 0x0A],
    ])
    func anErrorAndNoTrap(_ octets: [UInt8]) {
        #expect(parseError { _ = try parsed(octets) } != nil)
        ThreeFeeds.agree(on: Array(octets.prefix(3000)), randomCuts: 1) { frame($0, untilLost: true) }
    }

    @Test func invalidUTF8InValuesIsKept() throws {
        let message = try parsed(Self.start + Array("Subject: ".utf8) + [0xC3, 0x28, 0xFF] + wire("\nl: 0\n\n"))
        #expect(Array(message.bytes[message.headers[0].value.range]) == [0xC3, 0x28, 0xFF])
        #expect(message.text(message.headers[0].value) == "\u{FFFD}(\u{FFFD}")
    }

    @Test func limitsAreNamed() {
        var limits = SIPLimits()
        limits.headerFields = 3
        limits.headerOctets = 64
        limits.streamOctets = 400
        limits.datagramOctets = 300
        func code(_ text: String) -> ParseError? {
            parseError { _ = try parsed(wire("OPTIONS sip:a SIP/2.0\n" + text), limits: limits) }
        }
        #expect(code("a:1\nb:2\nc:3\n\n") == nil)
        #expect(code("a:1\nb:2\nc:3\nd:4\n\n") == ParseError(.limit, at: 38, in: ""))
        #expect(code("a:" + String(repeating: "x", count: 62) + "\n\n") == nil)
        #expect(code("a:" + String(repeating: "x", count: 63) + "\n\n") == ParseError(.limit, at: 23, in: ""))
        #expect(
            code("a:" + String(repeating: "x", count: 40) + "\n " + String(repeating: "y", count: 40) + "\n\n")?.code
                == .limit)
        #expect(code(String(repeating: "x", count: 300))?.code == .limit)
        for text in [
            "a:1\nb:2\nc:3\nd:4\n\n", "a:" + String(repeating: "x", count: 63) + "\n\n",
            "a:" + String(repeating: "x", count: 62) + "\nl: 0\n\n",
            "a:" + String(repeating: "x", count: 500), "l: 390\n\n" + String(repeating: "x", count: 390),
        ] {
            ThreeFeeds.agree(on: wire("OPTIONS sip:a SIP/2.0\n" + text + "\n")) {
                frame($0, limits: limits, untilLost: true)
            }
        }
    }

    /// A header that never ends must not grow in memory, whether it is one line or a million.
    @Test(arguments: ["x", "a: b\r\n", "a:\r\n b\r\n", " \r\n"]) func endlessHeader(_ piece: String) {
        var framer = StreamFramer()
        framer.receive(Self.start.span.bytes)
        let segment = Array(String(repeating: piece, count: 1400 / piece.utf8.count).utf8)
        var malformed: [ParseError] = []
        var most = 0
        for _ in 0..<1500 {
            framer.receive(segment.span.bytes)
            while let output = framer.next() {
                if case .malformed(let error) = output { malformed.append(error) }
            }
            most = max(most, framer.buffer.count)
        }
        #expect(malformed.count == 1 && malformed.first?.code == .limit)
        #expect(most <= Int(SIPLimits.default.streamOctets) + segment.count)
        framer.receive(wire("\n" + registration).span.bytes)
        #expect(framer.next().map(Framed.init) == .message(String(decoding: wire(registration), as: UTF8.self)))
    }

    @Test func garbageIsNotKept() {
        var framer = StreamFramer()
        let segment = [UInt8](repeating: 0x41, count: 1400)
        var most = 0
        var dropped = 0
        for _ in 0..<1000 {
            framer.receive(segment.span.bytes)
            while let output = framer.next() {
                if case .unrecognized(let count) = output { dropped += count }
            }
            most = max(most, framer.buffer.count)
        }
        #expect(most <= 1400 && dropped == 1_400_000)
    }

    @Test func aMillionHeaderFields() {
        var octets = Self.start
        for _ in 0..<1_000_000 { octets.append(contentsOf: [0x61, 0x3A, 0x0D, 0x0A]) }
        #expect(parseError { _ = try parsed(octets) }?.code == .limit)
        #expect(frame([octets]) == [.malformed(ParseError(.limit, at: 23 + 4 * 512, in: ""))])
    }
}
