import Testing

@testable import OutboundKit

/// Eight octets at a time must find what one at a time finds.
@Suite struct OctetScanTests {
    @Test(arguments: ["keep", "ob", "expires"] as [StaticString])
    func parametersAreFoundWhereTheyStand(_ name: StaticString) {
        let letters = Array(";;;kKoOeEbpPx=\u{1B}K\u{3A};keep;OB;Expires".utf8)
        let wanted = [ASCII.semicolon] + Array(name.description.utf8)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let octets = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                letters[Int.random(in: letters.indices, using: &generator)]
            }
            let start = Int.random(in: 0...octets.count, using: &generator)
            let end = Int.random(in: start...octets.count, using: &generator)
            let expected = (start..<max(start, end - wanted.count + 1)).first { place in
                octets[place..<place + wanted.count].map(ASCII.lowercased) == wanted
            }
            let found = octets.span.bytes.place(ofParameter: name, from: start, to: end)
            #expect(found == expected ?? -1, "\(octets) \(start) \(end)")
        }
    }

    @Test func hashesInLowerCaseDifferWhereLettersDo() {
        func hash(_ octets: [UInt8]) -> Int {
            var hash = OctetHash()
            hash.combine(lowercased: octets.span.bytes, 0..<octets.count)
            return hash.value
        }
        for place in 0..<19 {
            var octets = [UInt8](repeating: UInt8(ascii: "Q"), count: 19)
            for octet in UInt8.min...UInt8.max {
                octets[place] = octet
                let lower = octets.map(ASCII.lowercased)
                #expect(hash(octets) == hash(lower))
                octets[place] = octet ^ 0x20
                #expect((hash(octets) == hash(lower)) == (octets.map(ASCII.lowercased) == lower))
            }
        }
    }
}
