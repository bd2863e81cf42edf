/// A hash of octets for keys that live as long as the process: a folded multiplication for each eight octets, with
/// secrets drawn anew in each process, so that nobody can make keys that collide. On the
/// short pieces that messages consist of it is far cheaper than `Hasher`.
struct OctetHash {
    private var state: UInt64
    private let factor: UInt64

    /// Two words of the process's own secret, from the standard library's hash seed.
    private static let secret: (UInt64, UInt64) = (
        UInt64(truncatingIfNeeded: "seed".hashValue), UInt64(truncatingIfNeeded: "factor".hashValue) | 1
    )

    @inline(__always) init() {
        (state, factor) = Self.secret
    }

    @inline(__always) mutating func combine(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: factor)
        state = product.high ^ product.low &+ 0x9E37_79B9_7F4A_7C15
    }

    /// Takes the octets of `range` and their number, so that pieces cannot run into each other.
    mutating func combine(_ span: RawSpan, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= span.byteCount)
        var at = range.lowerBound
        let count = UInt64(truncatingIfNeeded: range.count)
        if count >= 8 {
            // The last word may repeat octets of the one before it.
            let last = range.upperBound &- 8
            while at < last {
                combine(unsafe span.unchecked64(at))
                at &+= 8
            }
            combine(unsafe span.unchecked64(last))
            combine(count)
            return
        }
        var rest = count << 56
        while at < range.upperBound {
            rest = (rest << 8 | rest >> 56) ^ UInt64(unsafe span.uncheckedOctet(at))
            at &+= 1
        }
        combine(rest)
    }

    /// The same with ASCII letters in lower case.
    mutating func combine(lowercased span: RawSpan, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= span.byteCount)
        var at = range.lowerBound
        while range.upperBound &- at >= 8 {
            combine(Self.lowercased(unsafe span.unchecked64(at)))
            at &+= 8
        }
        var rest: UInt64 = 0
        while at < range.upperBound {
            rest = rest << 8 | UInt64(ASCII.lowercased(unsafe span.uncheckedOctet(at)))
            at &+= 1
        }
        combine(rest)
        combine(UInt64(truncatingIfNeeded: range.count))
    }

    /// Eight octets at once: the upper bit of each tells whether it is a capital letter, and moves to where the cases
    /// differ.
    private static func lowercased(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = word & (ones &* 0x7F)
        let isLetter = (low &+ ones &* (0x80 - 0x41)) ^ (low &+ ones &* (0x80 - 0x5B))
        return word | (isLetter & ~word & ones << 7) >> 2
    }

    var value: Int { Int(truncatingIfNeeded: state ^ state >> 32) }
}
