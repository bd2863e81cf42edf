import ArgumentParser

/// Octets on the command line: `256M`, `2G`; a number alone is refused, since few would mean octets.
struct MemorySize: ExpressibleByArgument, Hashable {
    /// What a run cannot do without.
    static let least = 48 << 20

    let octets: Int

    init?(argument: String) {
        let shift: Int
        switch argument.last {
        case "M", "m": shift = 20
        case "G", "g": shift = 30
        default: return nil
        }
        let digits = argument.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = Int(digits),
            number <= 1 << 20
        else { return nil }
        octets = number << shift
    }
}
