import Testing

@testable import OutboundKit

/// The fuzz entry function over the torture messages and their mutants, so that it cannot rot.
@Suite struct EdgeFuzzTests {
    @Test func entryRunsOverTheCorpus() throws {
        var generator = SeededGenerator(seed: 5)
        var rig = try EdgeRig()
        var corpus = MutationTests.corpus
        corpus.append(Array(rig.registerText("alice").utf8))
        corpus.append(Array(rig.request("INVITE", "sip:alice@example.com").utf8))
        corpus.append([13, 10, 13, 10])
        corpus.append(STUNMessageWriter(.bindingRequest, STUNTransactionID(high: 1, low: 2)).message)
        for _ in 0..<300 {
            var script: [UInt8] = []
            for _ in 0..<12 {
                var octets = corpus.randomElement(using: &generator) ?? []
                if Bool.random(using: &generator), !octets.isEmpty {
                    octets[Int.random(in: 0..<octets.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                let control = UInt8.random(in: 0...255, using: &generator)
                // Cut into pieces of at most 1020 octets, a multiple of four each.
                for start in stride(from: 0, to: octets.count, by: 1020) {
                    var piece = Array(octets[start..<min(start + 1020, octets.count)])
                    piece += repeatElement(10, count: -piece.count & 3)
                    script += [control & 0xF3, UInt8(piece.count / 4)] + piece
                }
            }
            EdgeFuzz.run(script.span.bytes)
        }
    }
}
