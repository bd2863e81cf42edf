/// Times in nanoseconds, counted in classes that are each 1/64 wide: hours of load need no more memory than seconds.
public struct TimeHistogram: Sendable {
    private static let fraction = 6

    public private(set) var count = 0
    public private(set) var minimum: Int64 = .max
    public private(set) var maximum: Int64 = 0
    private var classes: [UInt32] = []

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// Below 0 counts as 0.
    mutating func add(_ time: Duration) {
        let value = max(0, time.inNanoseconds)
        count += 1
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        let place = Self.place(UInt64(value))
        if place >= classes.count {
            classes.append(contentsOf: repeatElement(0, count: place + 1 - classes.count))
        }
        classes[place] &+= 1
    }

    /// The value below which `percent` of the times lie (nearest rank), to 1.6 %; nil without any.
    ///
    /// - Precondition: `percent` is 1…100.
    public func percentile(_ percent: Int) -> Int64? {
        precondition((1...100).contains(percent))
        guard count > 0 else { return nil }
        let rank = max(1, (count * percent + 99) / 100)
        if rank == count { return maximum }
        var seen = 0
        for (place, number) in classes.enumerated() {
            seen += Int(number)
            if seen >= rank { return min(max(Self.middle(place), minimum), maximum) }
        }
        return maximum
    }

    /// The class of a value: its leading bit, and the six bits after it.
    private static func place(_ value: UInt64) -> Int {
        guard value >> fraction > 0 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - fraction + 1) << fraction + Int(value >> UInt64(exponent - fraction) & 63)
    }

    private static func middle(_ place: Int) -> Int64 {
        guard place >> fraction > 0 else { return Int64(place) }
        let shift = place >> fraction - 1
        let lower = Int64(64 + place & 63) << Int64(shift)
        return lower + Int64(1) << Int64(shift) / 2
    }
}
