import Testing

@testable import OutboundKit

/// The fuzzing entry point over a corpus of vectors, and each of them cut, flipped and stretched.
@Suite struct FlowTokenFuzzTests {
    @Test func corpus() {
        var random = SeededGenerator(seed: 23)
        var read = 0
        for vector in FlowTokenVector.all {
            for text in [vector.token, vector.header ?? vector.token] {
                let octets = Array(text.utf8)
                read += FlowTokenFuzz.run(octets.span.bytes)
                for _ in 0..<8 {
                    var changed = octets
                    changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                    FlowTokenFuzz.run(changed.span.bytes)
                    changed.insert(0, at: Int.random(in: 0..<changed.count, using: &random))
                    FlowTokenFuzz.run(changed.span.bytes)
                    FlowTokenFuzz.run(Array(octets[..<Int.random(in: 0..<octets.count, using: &random)]).span.bytes)
                }
            }
        }
        #expect(read > 200)
    }

    @Test func octetsUnderTheText() {
        // Every length, so that each layout's reader sees its sizes filled with chance, 0 and 0xFF.
        var random = SeededGenerator(seed: 42)
        for size in 0...110 {
            for filler in [UInt8?.some(0), .some(0xFF), nil, nil, nil] {
                var octets = (0..<size).map { _ in filler ?? UInt8.random(in: 0...255, using: &random) }
                FlowTokenFuzz.run(Array(Base64.encode(octets).utf8).span.bytes)
                if size > 4 { octets.replaceSubrange(0..<3, with: Array("ibm".utf8)) }
                FlowTokenFuzz.run(Array(Base64.encode(octets).utf8).span.bytes)
            }
        }
    }

    @Test func hostileInputs() {
        let million = 1 << 20
        for octets in [
            [], [0], Array(repeating: 0, count: 32), Array(repeating: UInt8(ascii: "A"), count: million),
            Array(repeating: UInt8(ascii: "="), count: million), Array(repeating: UInt8(ascii: "%"), count: 1000),
            Array(String(repeating: "sip:a@b;", count: 20_000).utf8),
            Array(String(repeating: "<sip:", count: 50_000).utf8),
            Array(String(repeating: "sip:x@y\n", count: 20_000).utf8),
            Array(("Path: <sip:" + String(repeating: "a", count: million) + "@h;lr>").utf8),
            Array(("<sip:t@h" + String(repeating: ";p=v", count: 50_000) + ">").utf8),
        ] {
            FlowTokenFuzz.run(octets.span.bytes)
        }
    }
}
