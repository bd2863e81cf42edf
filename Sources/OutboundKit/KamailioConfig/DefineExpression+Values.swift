import Glibc

/// What expressions are worth.
extension DefineExpression {
    func value(of node: Node) throws(Failure) -> Value {
        switch node {
        case .value(let value): return value
        case .name(let name):
            guard let value = names(name) else { throw .notKnown("\(name) is known to Kamailio alone") }
            return value
        case .sign(let sign, let inner):
            let number = try self.number(try value(of: inner))
            switch sign {
            case ASCII.minus: return .number(-number)
            case UInt8(ascii: "!"): return .number(number == 0 ? 1 : 0)
            default: return .number(Float(~(try Self.whole(number))))
            }
        case .binary(let sign, let left, let right): return try value(of: sign, left, right)
        }
    }

    private func value(of sign: Operator, _ left: Node, _ right: Node) throws(Failure) -> Value {
        switch sign {
        case .and, .or:
            let first = try truth(left)
            if (first != 0) == (sign == .or) { return .number(first) }
            return .number(try truth(right))
        case .assign, .comma: throw .notKnown("it assigns or lists values")
        case .plus:
            let (first, second) = (try value(of: left), try value(of: right))
            guard case .text(let text) = first else { return .number(try number(first) + converted(second)) }
            let end = try Self.shown(second)
            guard text.count + end.count <= longestText else {
                throw .notKnown("it makes a string of more than \(longestText) octets")
            }
            return .text(text + end)
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
            return .number(try isTrue(sign, try value(of: left), try value(of: right)) ? 1 : 0)
        default: return .number(try number(sign, try number(try value(of: left)), try number(try value(of: right))))
        }
    }

    /// The operators that take numbers alone.
    private func number(_ sign: Operator, _ left: Float, _ right: Float) throws(Failure) -> Float {
        switch sign {
        case .power: return powf(left, right)
        case .multiply: return left * right
        case .divide:
            guard right != 0 else { throw .refused }
            return left / right
        case .remainder: return fmodf(left, right)
        case .minus: return left - right
        default: break
        }
        let (first, second) = (try Self.whole(left), try Self.whole(right))
        switch sign {
        case .bitAnd: return Float(first & second)
        case .bitOr: return Float(first | second)
        case .bitXor: return Float(first ^ second)
        default:
            // Elsewhere C leaves it to the compiler.
            guard (0..<32).contains(second), first >= 0 else { throw .notKnown("it shifts by a strange count") }
            return Float(sign == .left ? first << second : first >> second)
        }
    }

    private func isTrue(_ sign: Operator, _ left: Value, _ right: Value) throws(Failure) -> Bool {
        let order: (less: Bool, equal: Bool)
        if case .text(let first) = left {
            let second = try Self.shown(right)
            order = (first.lexicographicallyPrecedes(second), first == second)
        } else {
            let first = try number(left)
            // No number is like no other: only != holds. A name that is not defined is 0, so NAME != "" always does.
            if case .text(let text) = right, !Self.isNumber(text) { return sign == .notEqual }
            let second = try converted(right)
            order = (first < second, first == second)
        }
        return switch sign {
        case .less: order.less
        case .lessOrEqual: order.less || order.equal
        case .greater: !order.less && !order.equal
        case .greaterOrEqual: !order.less
        case .equal: order.equal
        default: !order.equal
        }
    }

    /// An operand of `&&` and `||`. Of a string Kamailio takes what happens to lie in its memory.
    private func truth(_ node: Node) throws(Failure) -> Float {
        guard case .number(let number) = try value(of: node) else {
            throw .notKnown("&& and || take numbers, and one side is a string; compare it, as in NAME == \"1\"")
        }
        guard !number.isNaN else { throw .notKnown("one side is no number") }
        return number
    }

    private func number(_ value: Value) throws(Failure) -> Float {
        guard case .number(let number) = value else { throw .refused }
        return number
    }

    private static func isNumber(_ text: [UInt8]) -> Bool {
        text.contains(where: ASCII.isDigit) && text.allSatisfy { ASCII.isDigit($0) || $0 == ASCII.dot }
            && text.count(where: { $0 == ASCII.dot }) < 2
    }

    /// A string behind a number is read as one.
    private func converted(_ value: Value) throws(Failure) -> Float {
        switch value {
        case .number(let number): return number
        case .text(let text):
            var reader = DefineExpression(octets: text, longestText: longestText) { _ in nil }
            guard let first = text.first, ASCII.isDigit(first), let number = try? reader.number(),
                reader.at == text.count
            else { throw .notKnown("it computes with a string that is no number") }
            return number
        }
    }

    /// A number behind a string is written as one.
    private static func shown(_ value: Value) throws(Failure) -> [UInt8] {
        switch value {
        case .text(let text): return text
        case .number(let number):
            guard number.isFinite, number.magnitude < 9e18, number == number.rounded(.towardZero) else {
                throw .notKnown("it makes a string of a number with decimals")
            }
            return Array("\(Int64(number))".utf8)
        }
    }

    private static func whole(_ number: Float) throws(Failure) -> Int32 {
        guard number.magnitude < 2_147_483_648 else { throw .notKnown("it has a number beyond 32 bits") }
        return Int32(number)
    }
}
