import Testing

@testable import OutboundKit

/// Random damage to the torture tests: never a trap, and framing that does not depend on the cuts.
@Suite struct MutationTests {
    static let corpus: [[UInt8]] = {
        let names = (try? VectorFiles.names(in: "Vectors/RFC4475", suffix: ".dat")) ?? []
        return names.compactMap { try? VectorFiles.bytes("Vectors/RFC4475/\($0)") } + [wire(registration)]
    }()

    private static func damage(_ octets: inout [UInt8], _ generator: inout SeededGenerator) {
        let telling: [UInt8] = [
            0, 0x0A, 0x0D, 0x20, 0x22, 0x25, 0x2C, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x40, 0x5B, 0x5C, 0xFF,
        ]
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !octets.isEmpty {
            let place = Int.random(in: 0..<octets.count, using: &generator)
            let octet = telling.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: octets[place] = octet
            case 1: octets.insert(octet, at: place)
            case 2: octets.remove(at: place)
            case 3: octets.removeSubrange(place..<min(octets.count, place + Int.random(in: 1...40, using: &generator)))
            default:
                let piece = octets[place..<min(octets.count, place + 30)]
                octets.insert(contentsOf: piece, at: Int.random(in: 0...octets.count, using: &generator))
            }
        }
    }

    @Test(arguments: 0..<40) func damagedDatagrams(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var message = SIPMessage()
        for original in Self.corpus {
            var octets = original
            Self.damage(&octets, &generator)
            try? MessageParser.parse(octets.span.bytes, into: &message)
            #expect(message.bytes.count <= octets.count, "seed \(seed)")
            #expect(touchEverything(message) >= 0, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<40) func damagedStreams(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(1000 + seed))
        var stream: [UInt8] = []
        for _ in 0..<3 {
            if Bool.random(using: &generator) { stream += [0x0D, 0x0A, 0x0D, 0x0A] }
            var octets = Self.corpus.randomElement(using: &generator) ?? []
            if Bool.random(using: &generator) { Self.damage(&octets, &generator) }
            stream += octets
        }
        ThreeFeeds.agree(on: stream, seed: UInt64(seed)) { frame($0, untilLost: true) }
    }
}
