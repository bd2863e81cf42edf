/// Where a moment lies in a picture, and which moments the axis names.
struct TimeAxis {
    struct Tick {
        let x: String
        let label: String
    }

    /// Nanoseconds since the epoch.
    let start: Int64
    let end: Int64
    private let left: Int
    private let right: Int

    /// A single moment gets a second of room, so that it can be drawn.
    init(from start: Int64, to end: Int64, left: Int, right: Int) {
        self.start = start
        self.end = max(end, start &+ 1_000_000_000)
        self.left = left
        self.right = right
    }

    private var span: Double { Double(end &- start) }

    private func tenths(_ time: Int64) -> Int {
        let share = Double(min(max(time, start), end) &- start) / span
        return left * 10 + Int(share * Double((right - left) * 10))
    }

    private static func text(_ tenths: Int) -> String { "\(tenths / 10).\(tenths % 10)" }

    /// The abscissa of `time`, kept within the picture.
    func x(_ time: Int64) -> String { Self.text(tenths(time)) }

    /// The same as a number.
    func position(_ time: Int64) -> Double { Double(tenths(time)) / 10 }

    /// The width from `from` to `to`; at least a hair, so that it can be seen.
    func width(_ from: Int64, _ to: Int64) -> String { Self.text(max(5, tenths(to) - tenths(from))) }

    func isInLaterHalf(_ time: Int64) -> Bool { Double(time &- start) > span / 2 }

    /// Steps that people count in, in seconds.
    private static let steps: [Int64] = [
        1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
    ]

    private var step: Int64 {
        let whole = (end &- start) / 1_000_000_000
        return Self.steps.first { whole / $0 <= 11 } ?? max(1, whole / 11)
    }

    private enum Unit { case seconds, minutes, hours }

    private var unit: Unit {
        let whole = (end &- start) / 1_000_000_000
        return whole <= 240 ? .seconds : whole <= 7200 ? .minutes : .hours
    }

    var ticks: [Tick] {
        let whole = (end &- start) / 1_000_000_000
        return Swift.stride(from: Int64(0), through: whole, by: Int(step)).map { second in
            Tick(x: x(start &+ second &* 1_000_000_000), label: label(second))
        }
    }

    private func label(_ second: Int64) -> String {
        func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return switch unit {
        case .seconds: "\(second)"
        case .minutes: "\(second / 60):\(padded(second % 60))"
        case .hours: "\(second / 3600):\(padded(second / 60 % 60))"
        }
    }

    /// What the numbers below the axis are.
    var caption: String {
        let name =
            switch unit {
            case .seconds: "seconds"
            case .minutes: "minutes:seconds"
            case .hours: "hours:minutes"
            }
        return "\(name) after \(Timestamp(nanoseconds: start))"
    }
}
