import Testing

@testable import OutboundKit

/// How often chance looks like a token. The generator is seeded, so these are counts, not odds.
@Suite struct TokenDetectorTests {
    private func rates(_ count: Int, _ make: (inout SeededGenerator) -> String) -> [String: Double] {
        var random = SeededGenerator(seed: 5626)
        var hits: [String: Int] = [:]
        for _ in 0..<count {
            let text = Array(make(&random).utf8)
            for candidate in TokenDetector.candidates(text.span.bytes) where candidate.format != .rfc5626 {
                hits["\(candidate.format) \(candidate.confidence.rawValue)", default: 0] += 1
            }
        }
        return hits.mapValues { Double($0) / Double(count) }
    }

    private static func base64(_ size: Int, _ random: inout SeededGenerator) -> String {
        Base64.encode((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private static func letters(_ alphabet: String, _ size: Int, _ random: inout SeededGenerator) -> String {
        let all = Array(alphabet)
        return String((0..<size).map { _ in all[Int.random(in: 0..<all.count, using: &random)] })
    }

    @Test func randomIPv4Size() {
        let rates = rates(20_000) { Self.base64(23, &$0) }
        #expect((0.014...0.024).contains(rates["kamailio medium"] ?? 0))
        #expect((0.003...0.009).contains(rates["kamailio low"] ?? 0))
        #expect((0.006...0.014).contains(rates["flexisip medium"] ?? 0))
    }

    @Test func randomIPv6Size() {
        let rates = rates(20_000) { Self.base64(47, &$0) }
        #expect((rates["kamailio high"] ?? 0) < 0.002)
        #expect((0.015...0.031).contains(rates["kamailio low"] ?? 0))
        #expect((rates["flexisip high"] ?? 0) < 0.001)
    }

    @Test(arguments: [(12, 0.002), (16, 0.002), (20, 0.002), (24, 0.0005), (28, 0.0005), (32, 0.0005), (48, 0)])
    func randomOtherSizes(_ row: (size: Int, most: Double)) {
        let rates = rates(10_000) { Self.base64(row.size, &$0) }
        #expect(rates.allSatisfy { $0.key == "resiprocate low" && $0.value <= row.most }, "\(rates)")
    }

    @Test func namesAndNumbers() {
        let lower = "abcdefghijklmnopqrstuvwxyz"
        #expect(rates(2000) { Self.letters("0123456789abcdef", 32, &$0) }.isEmpty)
        #expect(rates(2000) { Self.letters("0123456789abcdef", 40, &$0) }.isEmpty)
        #expect(rates(2000) { Self.letters(lower + "0123456789", 8, &$0) }.isEmpty)
        #expect(rates(2000) { Self.letters(lower + "0123456789", 16, &$0) }.isEmpty)
        #expect(rates(500) { Self.letters("0123456789", 10, &$0) } == ["oversip-conn low": 1, "bono low": 1])
        let bono = rates(4000) { Self.letters(lower, Int.random(in: 3...12, using: &$0), &$0) }
        #expect(bono.keys.allSatisfy { $0 == "bono low" || $0 == "oversip-conn low" })
        #expect((0.08...0.12).contains(bono["bono low"] ?? 0))
        let handles = rates(500) { Self.letters(lower + "0123456789-_", 22, &$0) }
        #expect(handles["sipplane low"] == 1)
    }

    /// A low match never hides that it is no token as far as can be told.
    @Test(arguments: ["6505551234", "abcdefghij", "abcdefghijklmnopqrstuv"])
    func shapesAreNoTokens(_ text: String) {
        let result = FlowTokenExaminer([("key", [1, 2, 3])]).examine(text)
        #expect(result.format == nil)
        #expect(!result.candidates.isEmpty)
        #expect(result.authenticated == nil)
        #expect(result.error != nil)
    }
}
