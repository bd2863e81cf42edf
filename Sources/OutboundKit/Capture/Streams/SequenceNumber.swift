/// A TCP sequence number: a place in a stream, modulo 2³² (RFC 9293 §3.4).
struct SequenceNumber: Hashable, Sendable {
    let rawValue: UInt32

    @inline(__always) init(_ rawValue: UInt32) { self.rawValue = rawValue }

    @inline(__always) static func + (place: SequenceNumber, count: Int) -> SequenceNumber {
        SequenceNumber(place.rawValue &+ UInt32(truncatingIfNeeded: count))
    }

    /// How far this place lies behind `other`: negative when it lies before it. Places more than 2³¹ apart cannot be
    /// told from nearer ones.
    @inline(__always) func distance(from other: SequenceNumber) -> Int {
        Int(Int32(bitPattern: rawValue &- other.rawValue))
    }
}
