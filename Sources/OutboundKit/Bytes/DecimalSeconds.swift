/// Nanoseconds as decimal seconds, printed from the integer so that no rounding of binary fractions shows.
public enum DecimalSeconds {
    /// `18.250` for 18 250 000 000 with 3 `places`; rounds half up.
    public static func text(_ nanoseconds: Int64, places: Int = 6) -> String {
        precondition((0...9).contains(places))
        var unit: Int64 = 1_000_000_000
        for _ in 0..<places { unit /= 10 }
        let negative = nanoseconds < 0
        let magnitude = nanoseconds.magnitude
        let rounded = (magnitude + UInt64(unit / 2)) / UInt64(unit)
        var scale: UInt64 = 1
        for _ in 0..<places { scale *= 10 }
        let whole = rounded / scale
        let sign = negative && rounded != 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let digits = String(rounded % scale)
        return "\(sign)\(whole).\(String(repeating: "0", count: places - digits.count))\(digits)"
    }
}
