/// A reg-id: which of its flows an instance registers (RFC 5626 §4.2, §10).
///
///     c-p-reg = "reg-id" EQUAL 1*DIGIT   ; 1 to (2^31 - 1)
public struct RegID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let range: ClosedRange<UInt32> = 1...0x7FFF_FFFF

    public let value: UInt32

    /// nil outside 1…2³¹−1.
    public init?(_ value: some BinaryInteger) {
        guard let narrow = UInt32(exactly: value), Self.range.contains(narrow) else { return nil }
        self.value = narrow
    }

    /// - Throws: `.missing` for an empty value, `.unexpected` for anything but digits, `.outOfRange` for 0 and for more
    ///   than 2³¹−1. Leading zeros are grammatical.
    public static func parse(_ text: some StringProtocol) throws(ParseError) -> RegID {
        var value: UInt64 = 0
        var offset = 0
        for octet in text.utf8 {
            guard ASCII.isDigit(octet) else { throw ParseError(.unexpected, at: offset, in: "reg-id") }
            // Held at a value above the range, so that any number of digits is read without overflow.
            value = min(value * 10 + UInt64(octet - ASCII.zero), UInt64(UInt32.max))
            offset += 1
        }
        guard offset > 0 else { throw ParseError(.missing, at: 0, in: "reg-id") }
        guard let regID = RegID(value) else { throw ParseError(.outOfRange, at: 0, in: "reg-id") }
        return regID
    }

    public static func < (left: RegID, right: RegID) -> Bool { left.value < right.value }
    public var description: String { String(value) }
}
