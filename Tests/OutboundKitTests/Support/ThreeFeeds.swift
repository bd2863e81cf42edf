import Testing

/// Feeds a stream decoder the same octets whole, octet by octet, and cut at seeded random places: what comes out must
/// not depend on the cuts.
enum ThreeFeeds {
    /// The three ways, and how to name them in a failure.
    static func segments(of octets: [UInt8], seed: UInt64, randomCuts: Int = 3) -> [(name: String, segments: [[UInt8]])]
    {
        var feeds = [(name: "whole", segments: [octets]), (name: "octet by octet", segments: octets.map { [$0] })]
        var generator = SeededGenerator(seed: seed)
        for round in 0..<randomCuts {
            let wanted = Int.random(in: 1...max(1, octets.count / 20), using: &generator)
            let places = (0..<wanted).map { _ in Int.random(in: 0...octets.count, using: &generator) }.sorted()
            var pieces: [[UInt8]] = []
            var from = 0
            for place in places + [octets.count] {
                pieces.append(Array(octets[from..<place]))
                from = place
            }
            feeds.append((name: "seed \(seed), cut \(round)", segments: pieces))
        }
        return feeds
    }

    /// Runs `decode` over the segments of each feed and expects the same outputs of all.
    ///
    /// - Parameter decode: makes a decoder, gives it the segments one by one, and returns all that came out.
    /// - Returns: the outputs of the first feed, the whole.
    @discardableResult
    static func agree<Output: Equatable>(
        on octets: [UInt8], seed: UInt64 = 1, randomCuts: Int = 3, sourceLocation: SourceLocation = #_sourceLocation,
        decode: ([[UInt8]]) -> [Output]
    ) -> [Output] {
        var first: [Output]?
        for (name, segments) in segments(of: octets, seed: seed, randomCuts: randomCuts) {
            let outputs = decode(segments)
            guard let expected = first else {
                first = outputs
                continue
            }
            guard outputs != expected else { continue }
            let place = zip(outputs, expected).prefix { $0 == $1 }.count
            let (have, want) = (outputs.dropFirst(place).first, expected.dropFirst(place).first)
            Issue.record(
                "fed \(name): output \(place) of \(outputs.count) is \(brief(have)), but fed whole \(brief(want))",
                sourceLocation: sourceLocation)
        }
        return first ?? []
    }

    private static func brief<Output>(_ output: Output?) -> String {
        output.map { String(String(describing: $0).prefix(160)) } ?? "missing"
    }
}
