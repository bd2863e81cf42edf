/// A request of which conditions are asked.
struct RoutingRequest {
    let method: String
    /// Of a phone that sends it, in capitals; nil where it may come over any, and from anybody.
    let transport: String?
}

/// What conditions say about a request.
enum RoutingLogic {
    /// The sign by which a label that is an expression is compared: unlike `=~` it knows capitals from small letters.
    static let patternLabel = "case"

    /// Whether it holds for a request of that method outside of any dialog if it is REGISTER; nil when it cannot be told.
    static func truth(_ expression: ConfigExpression, _ request: RoutingRequest) -> Bool? {
        switch expression {
        case .call(let call):
            switch call.name {
            case "is_method":
                guard case .string(let list)? = call.arguments.first, !list.contains("$") else { return nil }
                return list.split { $0 == "|" || $0 == " " }.contains { $0.uppercased() == request.method }
            case "has_totag": return request.method == "REGISTER" ? false : nil
            default: return nil
            }
        case .variable, .word: return nil
        case .value(let value): return value.number.map { $0 != 0 }
        case .not(let inner): return truth(inner, request).map { !$0 }
        case .and(let left, let right):
            let (left, right) = (truth(left, request), truth(right, request))
            if left == false || right == false { return false }
            return left == true && right == true ? true : nil
        case .or(let left, let right):
            let (left, right) = (truth(left, request), truth(right, request))
            if left == true || right == true { return true }
            return left == false && right == false ? false : nil
        case .operation(let sign, let left, let right): return comparison(sign, left, right, request)
        }
    }

    private static func comparison(
        _ sign: String, _ left: ConfigExpression, _ right: ConfigExpression, _ request: RoutingRequest
    ) -> Bool? {
        if let transport = request.transport {
            if let answer = ofTransport(sign, left, right, transport) ?? ofTransport(sign, right, left, transport) {
                return answer
            }
            if isPlace(left, right) || isPlace(right, left) { return sign == "==" ? false : sign == "!=" ? true : nil }
        }
        let method = request.method
        let isTurned = isMethod(right)
        let (subject, other) = isTurned ? (right, left) : (left, right)
        guard isMethod(subject), case .value(let value) = other else { return nil }
        switch sign {
        case "==", "!=":
            guard !value.isComputed else { return nil }
            // The core's own word ignores capitals, the variable does not.
            let isSame = subject == .word("method") ? value.text.uppercased() == method : value.text == method
            return isSame == (sign == "==")
        case "=~": return isTurned ? nil : value.matches(method)
        case patternLabel: return value.matches(method, ignoringCase: false)
        default: return nil
        }
    }

    private static func isMethod(_ side: ConfigExpression) -> Bool {
        [.variable("$rm"), .variable("$(rm)"), .word("method")].contains(side)
    }

    private static func ofTransport(
        _ sign: String, _ side: ConfigExpression, _ other: ConfigExpression, _ transport: String
    ) -> Bool? {
        guard [.word("proto"), .variable("$proto"), .variable("$pr")].contains(side) else { return nil }
        let text: String
        switch other {
        case .word(let word): text = word
        case .value(let value) where !value.isComputed: text = value.text
        default: return nil
        }
        switch sign {
        case "==": return text.uppercased() == transport
        case "!=": return text.uppercased() != transport
        default: return nil
        }
    }

    /// The sender's address against a single one: that is a server's, since those of phones nobody knows beforehand.
    private static func isPlace(_ side: ConfigExpression, _ other: ConfigExpression) -> Bool {
        guard [.word("src_ip"), .variable("$si")].contains(side) else { return false }
        return switch other {
        // Of an IPv6 address the length of its prefix is not kept.
        case .word(let text): IPAddress(text)?.isIPv6 == false
        case .value(let value): IPAddress(value.text)?.isIPv6 == false
        default: false
        }
    }
}
