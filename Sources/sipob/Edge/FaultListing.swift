import OutboundKit

/// The list of faults: what each does, what a good phone does then, and which requirements are tried.
enum FaultListing {
    static var text: String {
        Fault.Kind.allCases.map { kind in
            let entry = kind.entry
            var lines = ["\(kind.rawValue)\(parameter(entry.parameter))", "    \(entry.what)"]
            lines.append("    A good phone: \(entry.expects)")
            if !entry.provokes.isEmpty { lines.append("    Tries     \(names(entry.provokes))") }
            if !entry.breaks.isEmpty { lines.append("    Breaks    \(names(entry.breaks))") }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    private static func names(_ ids: [Requirement.ID]) -> String { ids.map(\.text).joined(separator: " ") }

    /// How the value is written, and what it is when none is given.
    private static func parameter(_ parameter: Fault.Parameter) -> String {
        switch parameter {
        case .none: ""
        case .seconds(let value): "[=seconds]  (\(Double(value) / 1000))"
        case .count(let value): "[=n]  (\(value))"
        case .countAndManner(let value): "[=n[:fin|rst|silent]]  (\(value):fin)"
        case .secondsAndManner(let value): "[=seconds[:fin|rst|silent]]  (\(Double(value) / 1000):fin)"
        }
    }
}
