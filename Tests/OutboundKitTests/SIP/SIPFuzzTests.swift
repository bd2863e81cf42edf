import Testing

@testable import OutboundKit

/// The fuzz entry functions over the vectors, so that they cannot rot.
@Suite struct SIPFuzzTests {
    @Test func entriesRunOverTheCorpus() {
        #expect(MutationTests.corpus.count == 51)
        for octets in MutationTests.corpus {
            SIPFuzz.parse(octets.span.bytes)
            SIPFuzz.frame(([7] + octets + [0x0D, 0x0A, 0x0D, 0x0A] + octets).span.bytes)
        }
    }
}
