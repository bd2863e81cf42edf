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

    static var document: [UInt8] {
        ListDocument.octets("edge", "faults", Fault.Kind.allCases) { json, kind in
            let entry = kind.entry
            json.beginObject()
            json.member("name", kind.rawValue)
            json.member("value", value(entry.parameter))
            json.member("what", entry.what)
            json.member("good_phone", entry.expects)
            json.member("tries", entry.provokes.map(\.text))
            json.member("breaks", entry.breaks.map(\.text))
            json.endObject()
        }
    }

    /// The value that holds where none is given.
    private static func value(_ parameter: Fault.Parameter) -> String? {
        switch parameter {
        case .none: nil
        case .seconds(let value): "\(Double(value) / 1000)"
        case .count(let value): "\(value)"
        case .countAndManner(let value): "\(value):fin"
        case .secondsAndManner(let value): "\(Double(value) / 1000):fin"
        }
    }

    private static func names(_ ids: [Requirement.ID]) -> String { ids.map(\.text).joined(separator: " ") }

    /// How the value is written, and what it is when none is given.
    private static func parameter(_ parameter: Fault.Parameter) -> String {
        let form =
            switch parameter {
            case .none: ""
            case .seconds: "[=seconds]"
            case .count: "[=n]"
            case .countAndManner: "[=n[:fin|rst|silent]]"
            case .secondsAndManner: "[=seconds[:fin|rst|silent]]"
            }
        return value(parameter).map { "\(form)  (\($0))" } ?? form
    }
}
