/// Round-trip times, summed up as ping(8) does. All in nanoseconds.
public struct RTTSummary: Sendable, Hashable {
    /// How many times the percentiles are taken from: the latest ones, when there are more.
    public static let sampleLimit = 1 << 20

    public private(set) var count = 0
    public private(set) var minimum: Int64 = .max
    public private(set) var maximum: Int64 = 0
    private var mean = 0.0
    private var squares = 0.0
    private var samples: [Int64] = []

    public init() {}

    /// - Parameter nanoseconds: below 0, as a clock that was set back would give, counts as 0.
    public mutating func add(_ nanoseconds: Int64) {
        let value = max(0, nanoseconds)
        if samples.count < Self.sampleLimit {
            samples.append(value)
        } else {
            samples[count % Self.sampleLimit] = value
        }
        count += 1
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        // Welford's way: no difference of large sums.
        let delta = Double(value) - mean
        mean += delta / Double(count)
        squares += delta * (Double(value) - mean)
    }

    public var isEmpty: Bool { count == 0 }

    public var average: Int64 { Int64(mean) }

    /// Of the population, as ping's mdev.
    public var standardDeviation: Int64 { count == 0 ? 0 : Int64((squares / Double(count)).squareRoot()) }

    /// The values below which `percents` of the times lie (nearest rank); empty when there are none.
    ///
    /// - Precondition: each of `percents` is 1…100.
    public func percentiles(_ percents: [Int]) -> [Int64] {
        guard !samples.isEmpty else { return [] }
        let sorted = samples.sorted()
        return percents.map { percent in
            precondition((1...100).contains(percent))
            return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
        }
    }
}
