/// A piece of a buffer as a pair of offsets: free to copy, to store and to send, unlike a span.
///
/// The offsets mean something only with the buffer that they were measured in.
public struct ByteSlice: Hashable, Sendable {
    @usableFromInline let lower: UInt32
    @usableFromInline let upper: UInt32

    /// - Precondition: 0 ≤ `range` and its end fits 32 bits; every decoder bounds its input far below that.
    @inlinable public init(_ range: Range<Int>) {
        lower = UInt32(range.lowerBound)
        upper = UInt32(range.upperBound)
    }

    /// The same for offsets that a decoder has just looked at, and so knows to fit.
    @inline(__always) init(_ start: Int, to end: Int) {
        lower = UInt32(truncatingIfNeeded: start)
        upper = UInt32(truncatingIfNeeded: end)
    }

    /// An empty piece at offset 0.
    public static let empty = ByteSlice(0..<0)

    @inlinable public var start: Int { Int(lower) }
    @inlinable public var end: Int { Int(upper) }
    @inlinable public var count: Int { Int(upper &- lower) }
    @inlinable public var isEmpty: Bool { lower == upper }
    @inlinable public var range: Range<Int> { Int(lower)..<Int(upper) }
}

extension RawSpan {
    /// The octets of `slice` as text; what is no UTF-8 becomes U+FFFD.
    public func string(_ slice: ByteSlice) -> String {
        string(slice.range)
    }

    /// The octets of `range` as text; what is no UTF-8 becomes U+FFFD.
    public func string(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The octets of `range` as an array of their own.
    public func array(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
