import Testing

@testable import OutboundKit

/// The entry point over real connections and handshakes, whole and with octets changed.
@Suite struct LayersFuzzTests {
    private static let heads: [[UInt8]] = {
        let request = Array((CapturedWebSocketTests.request + CapturedWebSocketTests.deflate + "\r\n").utf8)
        let answer = Array(
            (CapturedWebSocketTests.answer + CapturedWebSocketTests.deflate + "Sec-WebSocket-Protocol: sip\r\n\r\n")
                .utf8)
        let frame = WebSocketFrame(.text, CapturedWebSocketTests.compressedPing, isCompressed: true)
        let handshake = pieces(request, fromClient: true) + pieces(answer, fromClient: false)
        let frames = pieces(frame.encoded(maskingKey: 7), fromClient: true)
        return [[2] + handshake + frames, [3] + frames, [1] + hello(true) + hello(false)]
    }()

    /// In pieces of 8 octets, as the entry point takes them; the last is filled up with zeros.
    private static func pieces(_ octets: [UInt8], fromClient: Bool) -> [UInt8] {
        stride(from: 0, to: octets.count, by: 8).flatMap { start in
            let part = Array(octets[start...].prefix(8))
            return [fromClient ? 0x01 : 0x81] + part + [UInt8](repeating: 0, count: 8 - part.count)
        }
    }

    /// A record with the hello that the entry point's secrets belong to.
    private static func hello(_ fromClient: Bool) -> [UInt8] {
        let random = [UInt8](repeating: 0x41, count: 32)
        let body: [UInt8] =
            [3, 3] + random + (fromClient ? [0, 0, 2, 0x13, 0x01, 1, 0] : [0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 3, 4])
        let message = [fromClient ? 1 : 2, 0, 0, UInt8(body.count)] + body
        let record = [22, 3, 3, 0, UInt8(message.count)] + message
        let application: [UInt8] = [23, 3, 3, 0, 30] + [UInt8](repeating: 9, count: 30)
        return pieces(record + application, fromClient: fromClient)
    }

    @Test func entryRunsOverMutations() {
        var generator = SeededGenerator(seed: 21)
        for seed in Self.heads {
            LayersFuzz.run(seed.span.bytes)
            for _ in 0..<300 {
                var changed = seed
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    changed[Int.random(in: 1..<changed.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                LayersFuzz.run(changed.span.bytes)
            }
        }
        for _ in 0..<500 {
            let count = Int.random(in: 2...200, using: &generator)
            let octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            LayersFuzz.run(octets.span.bytes)
        }
    }
}
