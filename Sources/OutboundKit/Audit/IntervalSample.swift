/// How many intervals, the shortest and the longest: all that a stretch under one duty is judged on.
struct IntervalRange: Sendable {
    // The count last: what follows in a record may stand right behind it.
    private(set) var shortest = Int64.max
    private(set) var longest = Int64.min
    private(set) var count: UInt32 = 0

    @inline(__always) mutating func add(_ interval: Int64) {
        if interval < shortest { shortest = interval }
        if interval > longest { longest = interval }
        count &+= 1
    }
}

/// Intervals between keep-alives: how many, the shortest, the longest, and a sample for the median. Fixed in size, so
/// that a flow of months costs what a flow of minutes costs.
public struct IntervalSample: Sendable {
    private static let room = 16

    /// Nanoseconds; meaningless while `count` is 0.
    public private(set) var shortest = Int64.max
    public private(set) var longest = Int64.min
    public private(set) var count: UInt32 = 0
    private var keptCount: UInt8 = 0
    private var strideBits: UInt8 = 0
    /// Microseconds, every `stride`-th interval; when full, every second one is dropped and the stride doubles.
    private var kept = InlineArray<16, UInt32>(repeating: 0)
    private var stride: UInt32 { @inline(__always) get { 1 &<< UInt32(strideBits) } }

    public init() {}

    @inline(__always) mutating func add(_ interval: Int64) {
        if interval < shortest { shortest = interval }
        if interval > longest { longest = interval }
        // The stride is a power of two.
        if count & (stride &- 1) == 0 { keep(interval) }
        count &+= 1
    }

    private mutating func keep(_ interval: Int64) {
        if Int(keptCount) == Self.room {
            for index in 0..<Self.room / 2 { kept[index] = kept[2 * index] }
            keptCount = UInt8(Self.room / 2)
            // Four thousand million intervals do not come to pass; they would be sampled at the last stride.
            strideBits = min(strideBits + 1, 31)
            guard count & (stride &- 1) == 0 else { return }
        }
        kept[Int(keptCount)] = UInt32(clamping: interval / 1000)
        keptCount += 1
    }

    /// The sampled intervals in nanoseconds, each with the number of intervals that it stands for.
    func forEach(_ body: (_ interval: Int64, _ weight: Int) -> Void) {
        for index in 0..<Int(keptCount) { body(Int64(kept[index]) * 1000, Int(stride)) }
    }

    /// The interval, in nanoseconds, near which nearly all lie: at least `share` per cent of the sample within `percent`
    /// of it, or within `floor` nanoseconds. nil where there is none, which shows after a few comparisons: no sorting.
    func steadyInterval(share: Int, percent: Int64, floor: Int64) -> Int64? {
        let most = Int(keptCount) * (100 - share) / 100
        // One of three is no stray, or the sample is not steady.
        for pivot in 0..<min(3, Int(keptCount)) {
            let centre = Int64(kept[pivot])
            let slack = max(floor / 1000, centre / 100 * percent)
            var strays = 0
            for index in 0..<Int(keptCount) where abs(Int64(kept[index]) - centre) > slack {
                strays += 1
                if strays > most { break }
            }
            if strays <= most { return centre * 1000 }
        }
        return nil
    }

    /// The median in nanoseconds (to the microsecond), exact up to 16 intervals; nil without any.
    public var median: Int64? {
        guard keptCount > 0 else { return nil }
        let sorted = (0..<Int(keptCount)).map { kept[$0] }.sorted()
        let middle = sorted.count / 2
        let value =
            sorted.count % 2 == 1 ? Int64(sorted[middle]) : (Int64(sorted[middle - 1]) + Int64(sorted[middle])) / 2
        return value * 1000
    }
}
