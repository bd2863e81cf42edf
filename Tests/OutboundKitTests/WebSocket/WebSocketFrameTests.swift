import Testing

@testable import OutboundKit

@Suite struct WebSocketFrameTests {
    /// What a decoder and an assembler make of a stream; a fault is the last.
    enum Seen: Equatable {
        case frame(WebSocketFrame)
        case item(WebSocketAssembler.Item)
        case fault(UInt16)
    }

    static func decode(
        _ segments: [[UInt8]], masking: WebSocketFrameDecoder.Masking = .noted(isClient: true),
        limits: WebSocketLimits = .default, assembling: Bool = true
    ) -> [Seen] {
        var decoder = WebSocketFrameDecoder(masking: masking, limits: limits)
        var assembler = WebSocketAssembler(limits: limits)
        var seen: [Seen] = []
        for segment in segments {
            decoder.receive(segment.span.bytes)
            while let result = decoder.next() {
                do throws(WebSocketFault) {
                    let frame = try result.get()
                    guard assembling else {
                        seen.append(.frame(frame))
                        continue
                    }
                    if let item = try assembler.add(frame) { seen.append(.item(item)) }
                } catch {
                    return seen + [.fault(error.closeCode)]
                }
            }
        }
        return seen
    }

    struct Vector: CustomTestStringConvertible, Sendable {
        let name: String
        let wire: [UInt8]
        let frame: WebSocketFrame
        var maskingKey: UInt32?
        var testDescription: String { name }
    }

    static let hello = Array("Hello".utf8)

    /// The examples of RFC 6455 §5.7.
    static let vectors: [Vector] = [
        Vector(
            name: "single-frame unmasked text", wire: [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
            frame: WebSocketFrame(.text, hello)),
        Vector(
            name: "single-frame masked text",
            wire: [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
            frame: WebSocketFrame(.text, hello), maskingKey: 0x37fa_213d),
        Vector(
            name: "first fragment", wire: [0x01, 0x03, 0x48, 0x65, 0x6c],
            frame: WebSocketFrame(.text, Array("Hel".utf8), isFinal: false)),
        Vector(
            name: "last fragment", wire: [0x80, 0x02, 0x6c, 0x6f],
            frame: WebSocketFrame(.continuation, Array("lo".utf8))),
        Vector(
            name: "unmasked Ping", wire: [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], frame: WebSocketFrame(.ping, hello)
        ),
        Vector(
            name: "masked Pong", wire: [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
            frame: WebSocketFrame(.pong, hello), maskingKey: 0x37fa_213d),
        Vector(
            name: "256 octets binary", wire: [0x82, 0x7E, 0x01, 0x00] + [UInt8](repeating: 7, count: 256),
            frame: WebSocketFrame(.binary, [UInt8](repeating: 7, count: 256))),
        Vector(
            name: "64 KiB binary", wire: [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 7, count: 65_536),
            frame: WebSocketFrame(.binary, [UInt8](repeating: 7, count: 65_536))),
    ]

    @Test(arguments: vectors)
    func vector(_ vector: Vector) {
        #expect(vector.frame.encoded(maskingKey: vector.maskingKey) == vector.wire)
        // Octet by octet over the longest would only be slow.
        let seen =
            vector.wire.count < 1000
            ? ThreeFeeds.agree(on: vector.wire) { Self.decode($0, assembling: false) }
            : Self.decode([vector.wire], assembling: false)
        #expect(seen == [.frame(vector.frame)])
    }

    @Test func lengthsAtTheirBounds() {
        for count in [0, 1, 125, 126, 127, 65_535, 65_536] {
            let frame = WebSocketFrame(.binary, (0..<count).map { UInt8(truncatingIfNeeded: $0) })
            for key: UInt32? in [nil, 0x0102_0304, 0] {
                #expect(Self.decode([frame.encoded(maskingKey: key)], assembling: false) == [.frame(frame)])
            }
        }
    }

    @Test func manyFramesThroughThreeFeeds() {
        var generator = SeededGenerator(seed: 5)
        var stream: [UInt8] = []
        var expected: [Seen] = []
        for number in 0..<60 {
            let octets = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0x20...0x7E, using: &generator)
            }
            let key: UInt32? = number % 3 == 0 ? nil : UInt32.random(in: 0...UInt32.max, using: &generator)
            let middle = octets.count / 2
            if number % 4 == 0 {
                // A control frame between fragments (RFC 6455 §5.4).
                stream += WebSocketFrame(.text, Array(octets[..<middle]), isFinal: false).encoded(maskingKey: key)
                stream += WebSocketFrame(.ping, [UInt8(number)]).encoded(maskingKey: key)
                stream += WebSocketFrame(.continuation, Array(octets[middle...])).encoded(maskingKey: key)
                expected.append(.item(.ping([UInt8(number)])))
                expected.append(.item(.message(octets, isText: true)))
            } else {
                stream += WebSocketFrame(.binary, octets).encoded(maskingKey: key)
                expected.append(.item(.message(octets, isText: false)))
            }
        }
        #expect(ThreeFeeds.agree(on: stream, seed: 9) { Self.decode($0) } == expected)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let wire: [UInt8]
        let seen: [Seen]
        var masking = WebSocketFrameDecoder.Masking.noted(isClient: true)
        var limits = WebSocketLimits.default
        var testDescription: String { name }

        init(
            _ name: String, _ wire: [UInt8], _ seen: Seen...,
            masking: WebSocketFrameDecoder.Masking = .noted(isClient: true),
            limits: WebSocketLimits = .default
        ) {
            self.name = name
            self.wire = wire
            self.seen = seen
            self.masking = masking
            self.limits = limits
        }
    }

    static func text(_ octets: [UInt8]) -> Seen { .item(.message(octets, isText: true)) }

    static var tight: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.frameOctets = 8
        limits.messageOctets = 10
        return limits
    }

    /// In the order of the sections of the Autobahn test suite.
    static let rows: [Row] = [
        Row("empty text", [0x81, 0], text([])),
        Row("empty Ping", [0x89, 0], .item(.ping([]))),
        Row(
            "Ping of 125", [0x89, 125] + [UInt8](repeating: 0xFE, count: 125),
            .item(.ping([UInt8](repeating: 0xFE, count: 125)))),
        Row("Ping of 126", [0x89, 126, 0, 126], .fault(1002)),
        Row("unasked Pong", [0x8A, 1, 7, 0x81, 0], .item(.pong([7])), text([])),
        Row("RSV1", [0xC1, 0], .fault(1002)),
        Row("RSV2 after a good frame", [0x81, 0, 0xA1, 0], text([]), .fault(1002)),
        Row("RSV3 in a Ping", [0x99, 0], .fault(1002)),
        Row("opcode 3", [0x83, 0], .fault(1002)),
        Row("opcode 7", [0x87, 0], .fault(1002)),
        Row("opcode 11", [0x8B, 0], .fault(1002)),
        Row("opcode 15", [0x8F, 0], .fault(1002)),
        Row("fragmented Ping", [0x09, 0], .fault(1002)),
        Row("fragmented Close", [0x08, 0], .fault(1002)),
        Row("two fragments", [0x01, 1, 0x61, 0x80, 1, 0x62], text([0x61, 0x62])),
        Row(
            "Ping between fragments", [0x01, 1, 0x61, 0x89, 1, 9, 0x80, 1, 0x62], .item(.ping([9])), text([0x61, 0x62])),
        Row("continuation of nothing", [0x80, 0], .fault(1002)),
        Row("unfinished continuation of nothing", [0x00, 0], .fault(1002)),
        Row("text inside a fragmented text", [0x01, 1, 0x61, 0x81, 1, 0x62], .fault(1002)),
        Row("continuation after the end", [0x01, 0, 0x80, 0, 0x80, 0], text([]), .fault(1002)),
        Row("empty fragments", [0x01, 0, 0x00, 0, 0x80, 0], text([])),
        Row("UTF-8", [0x81, 10] + Array("κόσμε".utf8), text(Array("κόσμε".utf8))),
        Row("a character over two fragments", [0x01, 1, 0xCE, 0x80, 1, 0xBA], text([0xCE, 0xBA])),
        Row("half a character", [0x81, 1, 0xCE], .fault(1007)),
        Row("invalid UTF-8 is seen before the end", [0x01, 1, 0xFF], .fault(1007)),
        Row("surrogate", [0x81, 3, 0xED, 0xA0, 0x80], .fault(1007)),
        Row("overlong", [0x81, 2, 0xC0, 0x80], .fault(1007)),
        Row("overlong in three", [0x81, 3, 0xE0, 0x9F, 0xBF], .fault(1007)),
        Row("above U+10FFFF", [0x81, 4, 0xF4, 0x90, 0x80, 0x80], .fault(1007)),
        Row("U+10FFFF", [0x81, 4, 0xF4, 0x8F, 0xBF, 0xBF], text([0xF4, 0x8F, 0xBF, 0xBF])),
        Row("binary need not be UTF-8", [0x82, 1, 0xFF], .item(.message([0xFF], isText: false))),
        Row("Close without body", [0x88, 0], .item(.close(WebSocketClose(code: nil)))),
        Row("Close of one octet", [0x88, 1, 3], .fault(1002)),
        Row("Close 1000", [0x88, 2, 0x03, 0xE8], .item(.close(.normal))),
        Row(
            "Close with a reason", [0x88, 4, 0x03, 0xE9, 0x6F, 0x6B],
            .item(.close(WebSocketClose(code: 1001, reason: "ok")))),
        Row("Close with a bad reason", [0x88, 3, 0x03, 0xE8, 0xFF], .fault(1007)),
        Row("Close 999", [0x88, 2, 0x03, 0xE7], .fault(1002)),
        Row("Close 1005", [0x88, 2, 0x03, 0xED], .fault(1002)),
        Row("Close 1006", [0x88, 2, 0x03, 0xEE], .fault(1002)),
        Row("Close 1015", [0x88, 2, 0x03, 0xF7], .fault(1002)),
        Row("Close 2999", [0x88, 2, 0x0B, 0xB7], .fault(1002)),
        Row("Close 3000", [0x88, 2, 0x0B, 0xB8], .item(.close(WebSocketClose(code: 3000)))),
        Row("Close 5000", [0x88, 2, 0x13, 0x88], .fault(1002)),
        Row("unmasked frame of a client", [0x81, 0], .fault(1002), masking: .required),
        Row("masked frame of a server", [0x81, 0x80], .fault(1002), masking: .forbidden),
        Row("masked and empty", [0x81, 0x80, 1, 2, 3, 4], text([]), masking: .required),
        Row("length not in its shortest form, 16 bits", [0x82, 126, 0, 125], .fault(1002)),
        Row("length not in its shortest form, 64 bits", [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .fault(1002)),
        Row("Ping of 126 octets", [0x89, 126, 0, 126], .fault(1002)),
        Row("Ping of 65536 octets", [0x89, 127, 0, 0, 0, 0, 0, 1, 0, 0], .fault(1002)),
        Row("length of 64 bits", [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .fault(1002)),
        Row("length beyond memory", [0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .fault(1009)),
        Row("frame limit", [0x82, 9], .fault(1009), limits: tight),
        Row(
            "message limit", [0x02, 8] + [UInt8](repeating: 0, count: 8) + [0x80, 3, 0, 0, 0], .fault(1009),
            limits: tight),
        Row(
            "at the message limit", [0x02, 8] + [UInt8](repeating: 0, count: 8) + [0x80, 2, 0, 0],
            .item(.message([UInt8](repeating: 0, count: 10), isText: false)), limits: tight),
    ]

    @Test(arguments: rows)
    func rule(_ row: Row) {
        let seen = ThreeFeeds.agree(on: row.wire) { Self.decode($0, masking: row.masking, limits: row.limits) }
        #expect(seen == row.seen)
    }

    @Test func utf8CheckAgreesWithTheLibrary() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let octets = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator) | (Bool.random(using: &generator) ? 0x80 : 0)
            }
            var check = UTF8Check()
            let isValid = check.accepts(octets) && check.isComplete
            #expect(isValid == (String(validating: octets, as: UTF8.self) != nil), "\(octets)")
        }
    }

    @Test func longReasonsAreCut() {
        let close = WebSocketClose(code: 1002, reason: String(repeating: "ü", count: 100))
        #expect(close.payload.count == 124)
        #expect(close.description.hasPrefix("1002 protocol error: "))
    }
}
