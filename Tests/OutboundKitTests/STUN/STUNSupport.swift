@testable import OutboundKit

/// SplitMix64: a seeded generator for tests.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The codec over arrays: a span cannot pass through the expectation macros.
enum STUN {
    static func parse(_ octets: [UInt8]) throws -> STUNMessage { try STUNMessage.parse(octets.span.bytes) }

    static func facts(_ octets: [UInt8], isCut: Bool = false) -> STUNFacts? {
        STUNFacts.read(octets.span.bytes, isCut: isCut)
    }

    static func isMessage(_ octets: [UInt8]) -> Bool { STUNMessage.isMessage(octets.span.bytes) }
}
