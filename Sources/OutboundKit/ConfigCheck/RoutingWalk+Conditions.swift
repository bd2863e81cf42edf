/// What a call depends on, also by way of a flag or a variable that was set elsewhere.
extension RoutingWalk {
    /// A search for one of these words (in small letters) in conditions that hold where the word is found; with `anyWay`,
    /// also in those that hold where it is not.
    func search(for words: [String], anyWay: Bool = false) -> ConditionSearch {
        ConditionSearch(walk: self, words: words, anyWay: anyWay)
    }
}

struct ConditionSearch {
    private let walk: RoutingWalk
    private let words: [String]
    private let anyWay: Bool
    /// Flags, variables and routes that were followed: each once, since they may be set from one another, and not without end.
    private var followed: Set<String> = []
    private var steps = 0

    private static let maximumFollowed = 64
    /// Conditions that are looked at, for all calls together.
    private static let maximumSteps = 200_000

    fileprivate init(walk: RoutingWalk, words: [String], anyWay: Bool) {
        self.walk = walk
        self.words = words
        self.anyWay = anyWay
    }

    /// Whether the call depends on one of the words; also said where that takes too long to find out.
    mutating func finds(_ site: CallSite) -> Bool {
        followed = []
        return looks(site.path)
    }

    private mutating func looks(_ path: RoutingPath) -> Bool {
        for one in walk.guards(path) {
            steps += 1
            if steps > Self.maximumSteps || looks(one.expression, one.holds) { return true }
        }
        return false
    }

    private mutating func looks(_ expression: ConfigExpression, _ holds: Bool) -> Bool {
        switch expression {
        case .not(let inner): return looks(inner, !holds)
        // Of several conditions one that looks is enough: what the others are for is not known here.
        case .and(let left, let right), .or(let left, let right): return looks(left, holds) || looks(right, holds)
        case .operation(let sign, let left, let right):
            // A difference from nothing is what is looked for.
            let isTurned = ["!=", "ne", "ine", "sne"].contains(sign) != (Self.isNothing(left) || Self.isNothing(right))
            guard isTurned != holds || anyWay else { return false }
            return hasMention(left) || hasMention(right)
        case .call, .variable, .word, .value:
            return (holds || anyWay) && mentions(expression)
        }
    }

    private static func isNothing(_ side: ConfigExpression) -> Bool {
        switch side {
        case .variable(let name): name == "$null"
        case .value(let value): value.text.isEmpty || value.number == 0
        default: false
        }
    }

    /// Whether a part of the expression mentions one of the words.
    private mutating func hasMention(_ expression: ConfigExpression) -> Bool {
        expression.contains { mentions($0) }
    }

    private mutating func mentions(_ part: ConfigExpression) -> Bool {
        switch part {
        case .value(let value): return has(value.text)
        case .word(let text): return has(text)
        case .variable(let name): return has(name) || isSet(name)
        case .call(let call):
            if call.arguments.contains(where: { has($0.text) }) { return true }
            guard let argument = call.arguments.first else { return false }
            if call.name == "route" { return asks(argument.text) }
            return Self.setters[call.name].map { isSet(argument, by: $0) } ?? false
        case .not, .and, .or, .operation: return false
        }
    }

    private func has(_ text: String) -> Bool {
        let text = text.lowercased()
        return words.contains { text.contains($0) }
    }

    private static let setters = [
        "isflagset": "setflag", "isbflagset": "setbflag", "issflagset": "setsflag", "isxflagset": "setxflag",
    ]

    private mutating func isSet(_ flag: ConfigValue, by setter: String) -> Bool {
        guard follows("\(setter) \(flag.text)") else { return false }
        for path in walk.flags[setter]?[flag] ?? [] {
            steps += 1
            if steps > Self.maximumSteps || looks(path) { return true }
        }
        return false
    }

    /// Whether a route whose result is asked for looks for one of the words itself.
    private mutating func asks(_ route: String) -> Bool {
        guard follows("route \(route)") else { return false }
        for test in walk.testsOfRoutes["route[\(route)]"] ?? [] {
            steps += 1
            if steps > Self.maximumSteps || hasMention(test) { return true }
        }
        return false
    }

    private mutating func isSet(_ variable: String) -> Bool {
        guard follows(variable) else { return false }
        for one in walk.assignments[variable] ?? [] {
            steps += 1
            if steps > Self.maximumSteps || hasMention(one.value) || looks(one.path) { return true }
        }
        return false
    }

    /// Whether that flag, variable or route is one to follow, for the first time.
    private mutating func follows(_ name: String) -> Bool {
        followed.count < Self.maximumFollowed && followed.insert(name).inserted
    }
}
