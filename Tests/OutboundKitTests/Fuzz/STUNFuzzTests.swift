import Testing

@testable import OutboundKit

/// The fuzzing entry point over the RFC's vectors, each of them cut, flipped and stretched, and over chance.
@Suite struct STUNFuzzTests {
    @Test func corpus() {
        var random = SeededGenerator(seed: 5769)
        var read = 0
        for vector in RFC5769Vector.all {
            let octets = vector.octets
            read += STUNFuzz.run(octets.span.bytes)
            for count in 0..<octets.count { STUNFuzz.run(Array(octets[..<count]).span.bytes) }
            for index in octets.indices {
                for _ in 0..<4 {
                    var changed = octets
                    changed[index] = UInt8.random(in: 0...255, using: &random)
                    STUNFuzz.run(changed.span.bytes)
                }
            }
        }
        #expect(read == 18)
    }

    /// Heads that hold, over attributes of chance.
    @Test func attributesOfChance() {
        var random = SeededGenerator(seed: 8489)
        let types: [UInt16] = [1, 6, 8, 9, 10, 0x1C, 0x20, 0x24, 0x8022, 0x8023, 0x8028, 0x7FFF, 0xC0DE]
        for _ in 0..<5000 {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                let length = Int.random(in: 0...24, using: &random)
                body.appendBig16(types.randomElement(using: &random) ?? 1)
                body.appendBig16(UInt16(length))
                body.append(contentsOf: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
                body.append(contentsOf: repeatElement(0, count: -length & 3))
            }
            var octets: [UInt8] = []
            octets.appendBig16([0x0001, 0x0011, 0x0101, 0x0111].randomElement(using: &random) ?? 1)
            octets.appendBig16(UInt16(body.count))
            octets.appendBig32(Bool.random(using: &random) ? STUNMessage.cookie : 7)
            octets.append(contentsOf: (0..<12).map { _ in UInt8.random(in: 0...255, using: &random) })
            STUNFuzz.run((octets + body).span.bytes)
        }
    }

    @Test func hostileInputs() {
        var many: [UInt8] = [1, 1]
        many.appendBig16(65_532)
        many.appendBig32(STUNMessage.cookie)
        many.append(contentsOf: repeatElement(0, count: 12 + 65_532))
        var long = many
        long[20] = 0x80
        long[21] = 0x22
        long[22] = 0xFF
        long[23] = 0xF8
        for octets in [[], [0], [UInt8](repeating: 0, count: 20), [UInt8](repeating: 0xFF, count: 65_535), many, long] {
            STUNFuzz.run(octets.span.bytes)
        }
    }
}
