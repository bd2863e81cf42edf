/// An expression of `#!ifexp`, `#!defexp` and `#!defexps`, as Kamailio computes it from release 5.7 on: numbers are floats of
/// 32 bits; the value of a name is a string, 1 for a name without a value, and 0 for one that is not defined.
///
/// That makes for surprises which are kept: with `#!define N 5`, `N + 1` is "51", `1 + N` is 6, `N > 10` compares text, and
/// `N * 2` cannot be computed.
struct DefineExpression {
    enum Value: Equatable {
        case number(Float)
        case text([UInt8])
    }

    enum Failure: Error, Equatable {
        /// Kamailio cannot compute it: a condition does not hold, a name stays without value.
        case refused
        /// What Kamailio makes of it is not known here: why.
        case notKnown(String)
    }

    /// Parentheses, signs and powers within each other.
    private static let depth = 64
    static let mostOctets = 4096

    enum Operator: String {
        case power = "**"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
        case plus = "+"
        case minus = "-"
        case left = "<<"
        case right = ">>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
        case bitAnd = "&"
        case bitOr = "|"
        case bitXor = "^"
        case and = "&&"
        case or = "||"
        case assign = "="
        case comma = ","

        /// The smaller, the tighter it binds. `^` binds less than `|`, unlike in C.
        var rank: Int {
            switch self {
            case .power, .multiply, .divide, .remainder: 2
            case .plus, .minus: 3
            case .left, .right: 4
            case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: 5
            case .bitAnd: 6
            case .bitOr: 7
            case .bitXor: 8
            case .and: 9
            case .or: 10
            case .assign: 11
            case .comma: 12
            }
        }
    }

    enum Token {
        case number(Float)
        case text([UInt8])
        case name(String)
        case sign(UInt8)
        case binary(Operator)
        case open
        case close
    }

    indirect enum Node {
        case value(Value)
        case name(String)
        case sign(UInt8, Node)
        case binary(Operator, Node, Node)
    }

    private let octets: [UInt8]
    /// Octets that a string may have. Without a bound each line of a file doubles what the one before has made.
    let longestText: Int
    let names: (String) -> Value?
    var at = 0
    /// An operand has ended: what follows is an operator or a closing parenthesis.
    private var isBehindOperand = false
    private var tokens: [Token] = []
    private var next = 0

    /// - Parameter longestText: octets that a string may have on the way; more is not known.
    /// - Parameter names: what a name stands for; nil where only Kamailio knows.
    static func compute(
        _ octets: [UInt8], longestText: Int = ConfigLimits().stringOctets, names: @escaping (String) -> Value?
    ) throws(Failure) -> Value {
        guard octets.count <= mostOctets else { throw .notKnown("it is longer than \(mostOctets) octets") }
        var expression = DefineExpression(octets: octets, longestText: longestText, names: names)
        while let token = try expression.token() { expression.tokens.append(token) }
        // Nothing at all counts as 0.
        guard !expression.tokens.isEmpty else { return .number(0) }
        let node = try expression.binary(rank: 12, depth: 0)
        guard expression.next == expression.tokens.count else { throw .refused }
        return try expression.value(of: node)
    }

    init(octets: [UInt8], longestText: Int, names: @escaping (String) -> Value?) {
        self.octets = octets
        self.longestText = longestText
        self.names = names
    }

    /// Whether a condition with that value holds.
    static func holds(_ value: Value) -> Bool {
        switch value {
        case .number(let number): number != 0
        case .text(let text): !text.isEmpty
        }
    }

    /// The value as a definition has it: whole numbers, the rest cut off; negative ones come out without their sign, as
    /// numbers of 64 bits.
    static func definition(_ value: Value) throws(Failure) -> [UInt8] {
        switch value {
        case .text(let text): return text
        case .number(let number):
            guard number.isFinite, number.magnitude < 9e18 else { throw .notKnown("its number is beyond all bounds") }
            return Array("\(UInt64(bitPattern: Int64(number)))".utf8)
        }
    }

    // MARK: Words

    private static func beginsName(_ octet: UInt8) -> Bool {
        octet >= ASCII.at && octet != UInt8(ascii: "^") && octet != UInt8(ascii: "|") || octet == UInt8(ascii: "$")
    }

    private static func isInName(_ octet: UInt8) -> Bool {
        beginsName(octet) || octet == UInt8(ascii: "#") || ASCII.isDigit(octet)
    }

    private mutating func token() throws(Failure) -> Token? {
        while at < octets.count, octets[at] <= ASCII.space { at += 1 }
        // The rest is a comment.
        guard at < octets.count, octets[at] != UInt8(ascii: "#") else { return nil }
        let octet = octets[at]
        if octet == ASCII.openParen || octet == ASCII.closeParen {
            guard isBehindOperand == (octet == ASCII.closeParen) else {
                // A call: Kamailio has no functions, and falls over.
                throw octet == ASCII.openParen ? .notKnown("it calls a function") : .notKnown("it has ()")
            }
            at += 1
            return octet == ASCII.openParen ? .open : .close
        }
        if ASCII.isDigit(octet) || octet == ASCII.quote || octet == UInt8(ascii: "'") || Self.beginsName(octet) {
            guard !isBehindOperand else { throw .refused }
            isBehindOperand = true
            if ASCII.isDigit(octet) { return .number(try number()) }
            if !Self.beginsName(octet) { return .text(try text()) }
            let start = at
            while at < octets.count, Self.isInName(octets[at]) { at += 1 }
            return .name(ConfigOctet.text(octets[start..<at]))
        }
        guard isBehindOperand else {
            guard octet == ASCII.minus || octet == UInt8(ascii: "!") || octet == UInt8(ascii: "^") else {
                throw .refused
            }
            at += 1
            // Kamailio gives up at one blank behind a sign, and passes over more.
            if at < octets.count, octets[at] <= ASCII.space, at + 1 >= octets.count || octets[at + 1] > ASCII.space {
                throw .refused
            }
            return .sign(octet)
        }
        isBehindOperand = false
        return .binary(try operation())
    }

    mutating func number() throws(Failure) -> Float {
        var number: Float = 0
        var divisions = 0
        var points = 0
        while at < octets.count, ASCII.isDigit(octets[at]) || octets[at] == ASCII.dot {
            if octets[at] == ASCII.dot {
                points += 1
            } else {
                number = number * 10 + Float(octets[at] - ASCII.zero)
                if points > 0 { divisions += 1 }
            }
            at += 1
        }
        guard points < 2 else { throw .refused }
        for _ in 0..<divisions { number /= 10 }
        return number
    }

    private mutating func text() throws(Failure) -> [UInt8] {
        let quote = octets[at]
        at += 1
        var text: [UInt8] = []
        while at < octets.count, octets[at] != quote {
            var octet = octets[at]
            at += 1
            if octet == ASCII.backslash, at < octets.count {
                octet = octets[at]
                at += 1
                switch octet {
                case UInt8(ascii: "n"): octet = ASCII.lf
                case UInt8(ascii: "r"): octet = ASCII.cr
                case UInt8(ascii: "t"): octet = ASCII.tab
                default: break
                }
            }
            text.append(octet)
        }
        guard at < octets.count else { throw .refused }
        at += 1
        return text
    }

    /// The longest operator that begins here.
    private mutating func operation() throws(Failure) -> Operator {
        var found: Operator?
        var end = at
        while end < octets.count, end < at + 2, octets[end] > ASCII.space, !Self.isInName(octets[end]) {
            end += 1
            guard let longer = Operator(rawValue: ConfigOctet.text(octets[at..<end])) else { continue }
            found = longer
        }
        guard let found else { throw .refused }
        at += found.rawValue.utf8.count
        return found
    }

    // MARK: Grammar

    /// Operators of that rank and tighter ones.
    private mutating func binary(rank: Int, depth: Int) throws(Failure) -> Node {
        guard depth < Self.depth else { throw .notKnown("it has too many parentheses") }
        var left = rank <= 2 ? try signed(depth: depth) : try binary(rank: rank - 1, depth: depth)
        while next < tokens.count, case .binary(let sign) = tokens[next], sign.rank == rank {
            next += 1
            // Powers alone are taken from the right.
            let right =
                sign == .power
                ? try binary(rank: 2, depth: depth + 1)
                : rank <= 2 ? try signed(depth: depth) : try binary(rank: rank - 1, depth: depth)
            left = .binary(sign, left, right)
        }
        return left
    }

    private mutating func signed(depth: Int) throws(Failure) -> Node {
        guard next < tokens.count else { throw .refused }
        guard depth < Self.depth else { throw .notKnown("it has too many signs") }
        let token = tokens[next]
        next += 1
        switch token {
        case .number(let number): return .value(.number(number))
        case .text(let text): return .value(.text(text))
        case .name(let name): return .name(name)
        case .sign(let sign): return .sign(sign, try signed(depth: depth + 1))
        case .open:
            let inner = try binary(rank: 12, depth: depth + 1)
            guard next < tokens.count, case .close = tokens[next] else { throw .refused }
            next += 1
            return inner
        case .close, .binary: throw .refused
        }
    }
}
