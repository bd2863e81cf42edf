/// Names, substitutions and conditions: what `#!` lines have said so far.
struct ConfigDefinitions: Sendable {
    /// How a name got its value.
    enum Style: Sendable { case define, tryDefine, redefine }

    private(set) var values: [String: [UInt8]] = [:]
    private(set) var substitutions: [ConfigSubstitution] = []
    /// Steps of matching that are left for all strings together: beyond it strings stay as they are.
    private var budget = 20_000_000
    private(set) var isSpent = false
    /// The names by which a Kamailio tells its release are known.
    var hasVersion = false

    /// Names that are defined only where the server's environment has them.
    var fromEnvironment: Set<String> = []

    func isDefined(_ name: String) -> Bool { values[name] != nil }

    /// What a word stands for; nil for one that is not defined, or has no value.
    func value(of name: String) -> [UInt8]? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// - Returns: false when Kamailio refuses it, since the name is defined already.
    mutating func define(_ name: String, _ value: [UInt8], _ style: Style) -> Bool {
        if values[name] != nil {
            switch style {
            case .define: return false
            // Where the environment has nothing, this is the value.
            case .tryDefine where fromEnvironment.contains(name): fromEnvironment.remove(name)
            case .tryDefine: return true
            case .redefine: fromEnvironment.remove(name)
            }
        }
        values[name] = value
        return true
    }

    mutating func undefine(_ name: String) {
        values[name] = nil
        fromEnvironment.remove(name)
    }

    mutating func add(_ substitution: ConfigSubstitution) { substitutions.append(substitution) }

    /// A string with all substitutions applied, in their order.
    mutating func substituted(_ text: [UInt8], limit: Int) -> [UInt8] {
        var text = text
        for substitution in substitutions where !isSpent {
            do throws(ConfigPattern.TooHard) {
                let result = try substitution.applied(to: text, budget: &budget)
                // A rule that doubles a string, applied again and again, would fill any memory.
                if result.count <= limit { text = result } else { isSpent = true }
            } catch {
                isSpent = true
            }
        }
        return text
    }
}

/// The stack of `#!ifdef`s that are open.
struct ConfigConditions: Sendable {
    private struct Level {
        let place: ConfigPlace
        /// Whether the surrounding part is read.
        let isLive: Bool
        var isTaken: Bool
    }
    private var levels: [Level] = []

    var depth: Int { levels.count }
    var isReading: Bool { levels.last.map { $0.isLive && $0.isTaken } ?? true }
    /// Where the innermost open one began.
    var openPlace: ConfigPlace? { levels.last?.place }

    mutating func begin(_ holds: Bool, _ place: ConfigPlace) {
        levels.append(Level(place: place, isLive: isReading, isTaken: holds))
    }

    /// - Returns: false without a condition that is open.
    mutating func otherwise() -> Bool {
        guard !levels.isEmpty else { return false }
        levels[levels.count - 1].isTaken.toggle()
        return true
    }

    mutating func end() -> Bool { levels.popLast() != nil }
}
