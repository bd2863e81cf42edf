import ArgumentParser

/// A time on the command line: `90`, `90s`, `1.5m`, `2h`; seconds without a unit.
struct TimeSpan: ExpressibleByArgument, Hashable {
    let duration: Duration

    init?(argument: String) {
        var digits = Substring(argument)
        var factor = 1.0
        switch digits.last {
        case "s": digits.removeLast()
        case "m":
            digits.removeLast()
            factor = 60
        case "h":
            digits.removeLast()
            factor = 3600
        default: break
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 || $0 == 46 }),
            let number = Double(digits), number * factor <= 1e9
        else { return nil }
        duration = .milliseconds(Int64(number * factor * 1000))
    }

    var seconds: Double { Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18 }
}
