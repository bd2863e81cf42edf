@testable import OutboundKit

/// The codec over arrays: a span cannot pass through the expectation macros.
enum STUN {
    static func parse(_ octets: [UInt8]) throws -> STUNMessage { try STUNMessage.parse(octets.span.bytes) }

    static func facts(_ octets: [UInt8], isCut: Bool = false) -> STUNFacts? {
        STUNFacts.read(octets.span.bytes, isCut: isCut)
    }

    static func isMessage(_ octets: [UInt8]) -> Bool { STUNMessage.isMessage(octets.span.bytes) }
}
