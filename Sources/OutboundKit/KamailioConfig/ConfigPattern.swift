/// A POSIX extended regular expression, as `#!subst` takes it: matched by trying, within a budget. Configurations come from
/// strangers, and the host's own engine can be made to take all memory.
struct ConfigPattern: Sendable {
    private indirect enum Node: Sendable {
        case octet(UInt8)
        case any
        case oneOf(Set<UInt8>, isNegated: Bool)
        case start
        case end
        case group(Node, Int)
        case sequence([Node])
        case choice([Node])
        case many(Node, from: Int, to: Int)
    }

    struct Match: Sendable {
        let range: Range<Int>
        /// The whole, then the groups in their order; nil for one that took no part.
        let groups: [Range<Int>?]
    }

    private let root: Node
    private let groupCount: Int
    private let ignoresCase: Bool
    /// The expression without any operator: the common case, and needs no trying.
    private let literal: [UInt8]?

    /// - Returns: nil for an expression that is wrong, or that this engine does not know.
    init?(_ expression: [UInt8], ignoringCase: Bool) {
        var parser = Parser(
            octets: ignoringCase ? expression.map(ASCII.lowercased) : expression, ignoresCase: ignoringCase)
        guard expression.count <= 1024, let root = parser.choice(depth: 0), parser.at == parser.octets.count else {
            return nil
        }
        self.root = root
        groupCount = parser.groups
        ignoresCase = ignoringCase
        literal = expression.contains(where: { Self.operators.contains($0) }) ? nil : parser.octets
    }

    private static let operators: Set<UInt8> = Set("\\^$.[]|()*+?{}".utf8)

    /// The first match at or behind `from`; nil for none.
    /// - Parameter budget: steps that may still be made; what is used is taken off.
    /// - Throws: `TooHard` when the budget is spent before it is known.
    func first(in original: [UInt8], from: Int, budget: inout Int) throws(TooHard) -> Match? {
        let text = ignoresCase ? original.map(ASCII.lowercased) : original
        guard from <= text.count else { return nil }
        for start in from...text.count {
            budget -= 1
            if budget < 0 { throw TooHard() }
            if let literal {
                if start < text.count, text[start] == literal.first, text[start...].starts(with: literal) {
                    return Match(range: start..<start + literal.count, groups: [start..<start + literal.count])
                }
                continue
            }
            var trial = Trial(text: text, groups: Array(repeating: nil, count: groupCount + 1))
            let end = trial.run([root], start)
            // A step of trying allocates, and takes as long as many octets that are only compared.
            budget -= 20 * (trial.steps + 1)
            if trial.isSpent { throw TooHard() }
            if let end {
                trial.groups[0] = start..<end
                return Match(range: start..<end, groups: trial.groups)
            }
        }
        return nil
    }

    struct TooHard: Error {}

    private struct Trial {
        let text: [UInt8]
        var groups: [Range<Int>?]
        var steps = 0
        var depth = 0
        var isSpent: Bool { steps > 20_000 || depth > 200 }

        /// Matches the nodes one behind the other.
        /// - Returns: the end of the match; nil for none.
        mutating func run(_ nodes: ArraySlice<Node>, _ at: Int) -> Int? {
            steps += 1
            depth += 1
            // The depth that was too much stays, as the sign of it.
            guard !isSpent else { return nil }
            let end = step(nodes, at)
            if !isSpent { depth -= 1 }
            return end
        }

        private mutating func step(_ nodes: ArraySlice<Node>, _ at: Int) -> Int? {
            guard let node = nodes.first else { return at }
            let rest = nodes.dropFirst()
            switch node {
            case .octet(let octet): return at < text.count && text[at] == octet ? run(rest, at + 1) : nil
            case .any: return at < text.count && text[at] != ASCII.lf ? run(rest, at + 1) : nil
            case .oneOf(let set, let isNegated):
                guard at < text.count, set.contains(text[at]) != isNegated else { return nil }
                if isNegated, text[at] == ASCII.lf { return nil }
                return run(rest, at + 1)
            case .start: return at == 0 || text[at - 1] == ASCII.lf ? run(rest, at) : nil
            case .end: return at == text.count || text[at] == ASCII.lf ? run(rest, at) : nil
            case .sequence(let inner): return run(ArraySlice(inner + rest), at)
            case .choice(let options):
                // The longest of them all, as POSIX has it, and not the first.
                var best: (end: Int, groups: [Range<Int>?])?
                let before = groups
                for option in options {
                    groups = before
                    if let end = run(ArraySlice([option] + rest), at), end > (best?.end ?? -1) { best = (end, groups) }
                }
                groups = best?.groups ?? before
                return best?.end
            case .group(let inner, let number):
                // Where it ends is known only when what follows fits as well: the inner part is tried by itself.
                let before = groups
                guard let end = run(ArraySlice([inner]), at) else { return nil }
                groups[number] = at..<end
                if let whole = run(rest, end) { return whole }
                groups = before
                return run(ArraySlice([inner] + rest), at)
            case .many(let inner, let from, let to):
                if to > 0 {
                    let more = Node.many(inner, from: max(0, from - 1), to: to == .max ? to : to - 1)
                    let before = groups
                    if let once = run(ArraySlice([inner]), at) {
                        // Nothing, as often as is asked for.
                        if once == at, from > 0 { return run(rest, at) }
                        if once > at, let end = run(ArraySlice([more] + rest), once) { return end }
                    }
                    groups = before
                }
                return from == 0 ? run(rest, at) : nil
            }
        }

        init(text: [UInt8], groups: [Range<Int>?]) {
            self.text = text
            self.groups = groups
        }

        mutating func run(_ nodes: [Node], _ at: Int) -> Int? { run(ArraySlice(nodes), at) }
    }

    private struct Parser {
        let octets: [UInt8]
        let ignoresCase: Bool
        var at = 0
        var groups = 0
        /// What glibc takes (`RE_DUP_MAX`) is more than any configuration has.
        static let mostCounts = 255

        init(octets: [UInt8], ignoresCase: Bool) {
            self.octets = octets
            self.ignoresCase = ignoresCase
        }

        private var next: UInt8? { at < octets.count ? octets[at] : nil }

        mutating func choice(depth: Int) -> Node? {
            guard depth < 16 else { return nil }
            var options: [Node] = []
            repeat {
                if !options.isEmpty { at += 1 }
                guard let option = sequence(depth: depth) else { return nil }
                options.append(option)
            } while next == UInt8(ascii: "|")
            return options.count == 1 ? options[0] : .choice(options)
        }

        private mutating func sequence(depth: Int) -> Node? {
            var nodes: [Node] = []
            while let octet = next, octet != UInt8(ascii: "|"), octet != ASCII.closeParen || depth == 0 {
                guard var node = atom(depth: depth) else { return nil }
                while let sign = next, let counts = repetition(sign) {
                    node = .many(node, from: counts.0, to: counts.1)
                }
                nodes.append(node)
            }
            return .sequence(nodes)
        }

        private mutating func repetition(_ sign: UInt8) -> (Int, Int)? {
            switch sign {
            case ASCII.star: at += 1; return (0, .max)
            case ASCII.plus: at += 1; return (1, .max)
            case ASCII.question: at += 1; return (0, 1)
            case UInt8(ascii: "{"): return counted()
            default: return nil
            }
        }

        /// `{n}`, `{n,}`, `{n,m}` and `{,m}`; nil, and nothing taken, for anything else.
        private mutating func counted() -> (Int, Int)? {
            let start = at
            at += 1
            let from = count()
            var to = from
            if next == ASCII.comma {
                at += 1
                to = count()
                if from == nil, to == nil { at = start; return nil }
                if to == nil { to = .max }
            }
            let lowest = from ?? 0
            guard next == UInt8(ascii: "}"), let highest = to, lowest <= highest, lowest <= Self.mostCounts,
                highest == .max || highest <= Self.mostCounts
            else {
                at = start
                return nil
            }
            at += 1
            return (lowest, highest)
        }

        private mutating func count() -> Int? {
            let start = at
            while let octet = next, ASCII.isDigit(octet), at - start < 6 { at += 1 }
            return Int(ConfigOctet.text(octets[start..<at]))
        }

        private mutating func atom(depth: Int) -> Node? {
            guard let octet = next else { return nil }
            at += 1
            switch octet {
            case ASCII.dot: return .any
            case UInt8(ascii: "^"): return .start
            case UInt8(ascii: "$"): return .end
            case ASCII.openBracket: return set()
            case ASCII.backslash:
                guard let escaped = next, !ConfigOctet.isName(escaped) else { return nil }
                at += 1
                return .octet(escaped)
            case ASCII.openParen:
                groups += 1
                let number = groups
                guard number <= 9, let inner = choice(depth: depth + 1), next == ASCII.closeParen else { return nil }
                at += 1
                return .group(inner, number)
            case ASCII.star, ASCII.plus, ASCII.question, UInt8(ascii: "{"): return nil
            default: return .octet(octet)
            }
        }

        private mutating func set() -> Node? {
            var isNegated = false
            if next == UInt8(ascii: "^") { isNegated = true; at += 1 }
            var members: Set<UInt8> = []
            var isFirst = true
            while let octet = next, octet != ASCII.closeBracket || isFirst {
                isFirst = false
                at += 1
                if octet == ASCII.openBracket, let kind = next, [ASCII.colon, ASCII.dot, ASCII.equal].contains(kind) {
                    // Collating elements, [.x.] and [=x=], are left to the real thing.
                    guard kind == ASCII.colon, let octets = characterClass() else { return nil }
                    members.formUnion(octets)
                    continue
                }
                if next == ASCII.minus, at + 1 < octets.count, octets[at + 1] != ASCII.closeBracket {
                    let last = octets[at + 1]
                    guard octet <= last else { return nil }
                    members.formUnion(octet...last)
                    at += 2
                } else {
                    members.insert(octet)
                }
            }
            guard next == ASCII.closeBracket else { return nil }
            at += 1
            return .oneOf(members, isNegated: isNegated)
        }

        /// `:alpha:]` of a set, in the C locale.
        private mutating func characterClass() -> [UInt8]? {
            let start = at + 1
            guard let colon = octets[min(start, octets.count)...].firstIndex(of: ASCII.colon), colon + 1 < octets.count,
                octets[colon + 1] == ASCII.closeBracket
            else { return nil }
            let name = ConfigOctet.text(octets[start..<colon])
            at = colon + 2
            func all(_ test: (UInt8) -> Bool) -> [UInt8] { (0..<0x80).filter(test) }
            let isLower: (UInt8) -> Bool = { (0x61...0x7A).contains($0) }
            let isUpper: (UInt8) -> Bool = { (0x41...0x5A).contains($0) }
            switch name {
            case "alpha": return all(ASCII.isAlpha)
            case "digit": return all(ASCII.isDigit)
            case "alnum": return all { ASCII.isAlpha($0) || ASCII.isDigit($0) }
            case "lower": return all { isLower($0) || ignoresCase && isUpper($0) }
            case "upper": return all { isUpper($0) || ignoresCase && isLower($0) }
            case "xdigit": return all(ASCII.isHexDigit)
            case "space": return all { $0 == ASCII.space || (0x09...0x0D).contains($0) }
            case "blank": return all(ASCII.isBlank)
            case "cntrl": return all { $0 < 0x20 || $0 == 0x7F }
            case "print": return all { (0x20...0x7E).contains($0) }
            case "graph": return all { (0x21...0x7E).contains($0) }
            case "punct": return all { (0x21...0x7E).contains($0) && !ASCII.isAlpha($0) && !ASCII.isDigit($0) }
            default: return nil
            }
        }
    }
}

extension ConfigValue {
    /// Whether the value, taken for an expression, matches in `text`; nil when only a running Kamailio knows, or the
    /// expression is none that is known here.
    func matches(_ text: String, ignoringCase: Bool = true) -> Bool? {
        // A dollar at the end of an alternative is the end of the text, elsewhere the beginning of a variable.
        let octets = Array(self.text.utf8)
        let isVariable = octets.indices.contains { at in
            octets[at] == UInt8(ascii: "$") && at + 1 < octets.count && !Array("|)".utf8).contains(octets[at + 1])
        }
        guard !isVariable, let pattern = ConfigPattern(octets, ignoringCase: ignoringCase) else { return nil }
        var budget = 10_000
        do throws(ConfigPattern.TooHard) {
            return try pattern.first(in: Array(text.utf8), from: 0, budget: &budget) != nil
        } catch {
            return nil
        }
    }
}
