import Testing

@testable import OutboundKit

/// The fuzz entry function over the vectors, each also with a changed octet, so that it cannot rot.
@Suite struct WebSocketFuzzTests {
    @Test func entryRunsOverTheVectors() {
        var generator = SeededGenerator(seed: 12)
        for row in WebSocketFrameTests.rows {
            // Masked as a client's, with a key that changes nothing.
            let masked = row.wire.count > 1 ? [row.wire[0], row.wire[1] | 0x80, 0, 0, 0, 0] + row.wire[2...] : row.wire
            for octets in [row.wire, masked, WebSocketFuzz.handshake] {
                WebSocketFuzz.run(([3] + octets).span.bytes)
                var changed = [3] + octets
                changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
                WebSocketFuzz.run(changed.span.bytes)
            }
        }
    }
}
