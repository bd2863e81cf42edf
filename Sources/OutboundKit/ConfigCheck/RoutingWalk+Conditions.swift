/// What a call depends on, also by way of a flag or a variable that was set elsewhere.
extension RoutingWalk {
    /// Whether one of the conditions looks for one of these words (in small letters), so that it holds where the word is
    /// found; with `anyWay`, also where it is not.
    func looks(_ guards: [RoutingGuard], for words: [String], anyWay: Bool = false) -> Bool {
        looks(guards, words, anyWay, depth: 0)
    }

    private func looks(_ guards: [RoutingGuard], _ words: [String], _ anyWay: Bool, depth: Int) -> Bool {
        guards.contains { looks($0.expression, $0.holds, words, anyWay, depth) }
    }

    private func looks(
        _ expression: ConfigExpression, _ holds: Bool, _ words: [String], _ anyWay: Bool, _ depth: Int
    ) -> Bool {
        switch expression {
        case .not(let inner): return looks(inner, !holds, words, anyWay, depth)
        // Of several conditions one that looks is enough: what the others are for is not known here.
        case .and(let left, let right), .or(let left, let right):
            return looks(left, holds, words, anyWay, depth) || looks(right, holds, words, anyWay, depth)
        case .operation(let sign, let left, let right):
            // A difference from nothing is what is looked for.
            let isTurned = ["!=", "ne", "ine", "sne"].contains(sign) != (Self.isNothing(left) || Self.isNothing(right))
            guard isTurned != holds || anyWay else { return false }
            return [left, right].contains { $0.contains { mentions($0, words, anyWay, depth) } }
        case .call, .variable, .word, .value:
            return (holds || anyWay) && mentions(expression, words, anyWay, depth)
        }
    }

    private static func isNothing(_ side: ConfigExpression) -> Bool {
        switch side {
        case .variable(let name): name == "$null"
        case .value(let value): value.text.isEmpty || value.number == 0
        default: false
        }
    }

    private func mentions(_ part: ConfigExpression, _ words: [String], _ anyWay: Bool, _ depth: Int) -> Bool {
        func has(_ text: String) -> Bool {
            let text = text.lowercased()
            return words.contains { text.contains($0) }
        }
        switch part {
        case .value(let value): return has(value.text)
        case .word(let text): return has(text)
        case .variable(let name): return has(name) || isSet(name, words, anyWay, depth)
        case .call(let call):
            if call.arguments.contains(where: { has($0.text) }) { return true }
            guard let setter = Self.setters[call.name], let flag = call.arguments.first else { return false }
            return depth < 4
                && calls(setter).contains {
                    $0.call.arguments.first == flag && looks($0.guards, words, anyWay, depth: depth + 1)
                }
        case .not, .and, .or, .operation: return false
        }
    }

    private static let setters = [
        "isflagset": "setflag", "isbflagset": "setbflag", "issflagset": "setsflag", "isxflagset": "setxflag",
    ]

    private func isSet(_ variable: String, _ words: [String], _ anyWay: Bool, _ depth: Int) -> Bool {
        depth < 4
            && assignments.contains { one in
                one.variable == variable
                    && (one.value.contains { mentions($0, words, anyWay, depth + 1) }
                        || looks(one.guards, words, anyWay, depth: depth + 1))
            }
    }
}
