/// The value of a Date field (RFC 3261 §20.17), made once a second.
struct SIPDateText: Sendable {
    private var second: Int64 = .min
    private var text = ""

    /// `Sat, 13 Nov 2010 23:29:00 GMT`.
    mutating func text(at now: Timestamp) -> String {
        let second = now.nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            text = Self.text(of: now)
        }
        return text
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func text(of now: Timestamp) -> String {
        // RFC 3339 text has all numbers in fixed places; 1970-01-01 was a Thursday.
        let digits = Array(now.description)
        let day = Int(max(0, now.nanoseconds) / 86_400_000_000_000 % 7)
        guard digits.count >= 19, let month = Int(String(digits[5...6])), months.indices.contains(month - 1) else {
            return "\(days[0]), 01 Jan 1970 00:00:00 GMT"
        }
        let year = String(digits[0...3])
        return "\(days[day]), \(String(digits[8...9])) \(months[month - 1]) \(year) \(String(digits[11...18])) GMT"
    }
}
