/// The statements and conditions of routing blocks.
extension ConfigParser {
    /// From an opening brace to behind its closing one.
    mutating func statementBlock() -> [ConfigStatement] {
        guard depth < limits.nesting else {
            object("blocks within each other, deeper than \(limits.nesting)")
            skipBraces()
            return []
        }
        depth += 1
        defer { depth -= 1 }
        let place = place
        _ = takeSign("{")
        var statements: [ConfigStatement] = []
        let first = at
        while let token {
            if token.isSign("}") {
                if at == first { object(.refused("a block with nothing in it, not even a semicolon"), at: place) }
                at += 1
                return statements
            }
            let before = at
            if let statement = statement() { statements.append(statement) }
            if at == before { at += 1 }
        }
        object("a block without its closing brace", at: place)
        return statements
    }

    /// A block or a single statement, as behind `if`.
    private mutating func body() -> [ConfigStatement] {
        if token?.isSign("{") == true { return statementBlock() }
        guard depth < limits.nesting else {
            object("statements within each other, deeper than \(limits.nesting)")
            skipStatement()
            return []
        }
        depth += 1
        defer { depth -= 1 }
        return statement().map { [$0] } ?? []
    }

    /// Nil for an empty statement, and for one that is not understood.
    private mutating func statement() -> ConfigStatement? {
        guard let token else { return nil }
        let place = token.place
        switch (token.kind, token.text) {
        case (.sign, ";"):
            at += 1
            return nil
        case (.sign, "{"):
            // Its statements stand where it stands.
            object(.refused("a block that belongs to no if, else, while or route"), at: place)
            return .condition(.value(.integer(1)), then: statementBlock(), otherwise: [], place)
        case (.word, "if"): return condition(place)
        case (.word, "while"):
            at += 1
            guard let test = expression() else { return lost(place) }
            checkNames(in: test, at: place)
            return .loop(test, body(), place)
        case (.word, "switch"): return choice(place)
        case (.word, "break"):
            at += 1
            guard takeSemicolon(isComplete: true) else { return lost(place) }
            return .breakOut(place)
        case (.word, "exit"), (.word, "drop"), (.word, "return"):
            at += 1
            var value: ConfigExpression?
            if self.token?.isSign("(") == true, ahead(1)?.isSign(")") == true {
                at += 2
            } else if !endsStatement {
                value = expression()
            }
            guard takeSemicolon() else { return lost(place) }
            checkNames(in: value, at: place)
            return .leave(token.text, value, place)
        default: return simple(place)
        }
    }

    private mutating func condition(_ place: ConfigPlace) -> ConfigStatement? {
        at += 1
        guard let test = expression() else { return lost(place) }
        checkNames(in: test, at: place)
        let then = body()
        // A stray semicolon between the block and `else` is common, and Kamailio takes it where it is a statement.
        var otherwise: [ConfigStatement] = []
        if token?.isWord("else") == true {
            at += 1
            otherwise = body()
        }
        return .condition(test, then: then, otherwise: otherwise, place)
    }

    private mutating func choice(_ place: ConfigPlace) -> ConfigStatement? {
        at += 1
        guard let subject = expression(), takeSign("{") else { return lost(place) }
        checkNames(in: subject, at: place)
        var cases: [ConfigCase] = []
        var hasDefault = false
        while let token, !token.isSign("}") {
            let before = at
            var label: ConfigExpression?
            var isPattern = false
            if token.isWord("case") {
                at += 1
                // A label may be a pattern: case /"^1":
                isPattern = takeSign("/")
                label = expression()
                if label == nil { return lost(place) }
                checkNames(in: label, at: token.place)
            } else if token.isWord("default") {
                if hasDefault { object(.refused("a second default in one switch"), at: token.place) }
                hasDefault = true
                at += 1
            } else {
                return lost(place)
            }
            _ = takeSign(":")
            var body: [ConfigStatement] = []
            while let token = self.token, !token.isSign("}"), !token.isWord("case"), !token.isWord("default") {
                let start = at
                if let statement = statement() { body.append(statement) }
                if at == start { at += 1 }
            }
            cases.append(ConfigCase(label: label, isPattern: isPattern, body: body))
            if at == before { at += 1 }
        }
        _ = takeSign("}")
        return .choice(subject, cases, place)
    }

    /// Functions of the core that are called without parentheses too.
    private static let bareCalls: Set = [
        "force_rport", "add_rport", "add_local_rport", "force_tcp_alias", "revert_uri", "set_forward_no_connect",
        "set_reply_no_connect", "set_forward_close", "set_reply_close",
    ]

    /// A call or an assignment.
    private mutating func simple(_ place: ConfigPlace) -> ConfigStatement? {
        guard let target = expression() else { return lost(place) }
        if takeSign("=") {
            guard let value = expression() else { return lost(place) }
            // Two names side by side may be something that this program does not know.
            let isName = if case .word = value { true } else { false }
            guard takeSemicolon(isComplete: !isName) else { return lost(place) }
            checkNames(in: value, at: place)
            switch target {
            case .variable(let name), .word(let name): return .assignment(variable: name, value, place)
            default: return lost(place)
            }
        }
        let isCall =
            switch target {
            case .call: true
            case .word(let name): Self.bareCalls.contains(name)
            default: false
            }
        guard takeSemicolon(isComplete: isCall) else { return lost(place) }
        switch target {
        case .call: return .expression(target, place)
        case .word(let name) where Self.bareCalls.contains(name):
            return .expression(.call(ConfigCall(name: name, arguments: [], place: place)), place)
        // A name may be defined where this program cannot look.
        case .word: object("a statement near '\(tokens[at - 2].text.prefix(40))'", at: place)
        default: object(.refused("an expression where a statement should be"), at: place)
        }
        return .expression(target, place)
    }

    private var endsStatement: Bool {
        token?.isSign(";") == true || token?.isSign("}") == true || token?.isWord("else") == true
    }

    /// The semicolon behind a statement; that one is missing where its block ends is Kamailio's own complaint.
    /// - Parameter isComplete: whether the statement takes nothing more, so that a name or variable begins the next one.
    private mutating func takeSemicolon(isComplete: Bool = false) -> Bool {
        if takeSign(";") { return true }
        let beginsNext = token?.kind == .word || token?.kind == .variable
        guard endsStatement || isComplete && beginsNext else { return false }
        object(.refused("a statement without its semicolon"), at: tokens[at - 1].place)
        return true
    }

    private mutating func lost(_ place: ConfigPlace) -> ConfigStatement? {
        object("a statement near \(token?.shown ?? "the end")", at: place)
        skipStatement()
        return nil
    }

    /// To behind the next semicolon, over blocks; never out of the block that it stands in.
    private mutating func skipStatement() {
        while let token {
            if token.isSign("}") { return }
            if token.isSign("{") {
                skipBraces()
                return
            }
            at += 1
            if token.isSign(";") { return }
        }
    }

    // MARK: Expressions

    /// Nil where none begins, or where it is nested too deep.
    mutating func expression() -> ConfigExpression? { disjunction() }

    private mutating func disjunction() -> ConfigExpression? {
        guard depth < limits.nesting else { return nil }
        depth += 1
        defer { depth -= 1 }
        guard var left = conjunction() else { return nil }
        var count = 0
        while isOperator("||", "or"), count < limits.nesting {
            at += 1
            count += 1
            guard let right = conjunction() else { return nil }
            left = .or(left, right)
        }
        return left
    }

    private mutating func conjunction() -> ConfigExpression? {
        guard var left = comparison() else { return nil }
        var count = 0
        while isOperator("&&", "and"), count < limits.nesting {
            at += 1
            count += 1
            guard let right = comparison() else { return nil }
            left = .and(left, right)
        }
        return left
    }

    private func isOperator(_ sign: String, _ word: String) -> Bool {
        token?.isSign(sign) == true || token?.isWord(word) == true
    }

    private static let comparisons: Set<String> = [
        "==", "!=", "=~", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>",
    ]
    private static let comparisonWords: Set<String> = ["eq", "ne", "ieq", "ine", "seq", "sne", "mod"]

    private mutating func comparison() -> ConfigExpression? {
        guard var left = operand() else { return nil }
        var count = 0
        while let sign = token, count < limits.nesting,
            sign.kind == .sign && Self.comparisons.contains(sign.text)
                || sign.kind == .word && Self.comparisonWords.contains(sign.text)
        {
            at += 1
            count += 1
            guard let right = operand() else { return nil }
            left = .operation(sign.text, left, right)
        }
        return left
    }

    private mutating func operand() -> ConfigExpression? {
        guard let token, depth < limits.nesting else { return nil }
        depth += 1
        defer { depth -= 1 }
        if token.isSign(":") || ahead(1)?.isSign(":") == true, let address = bareAddress() { return address }
        switch token.kind {
        case .string:
            at += 1
            return .value(.string(token.text))
        case .number:
            let place = at
            at += 1
            // An address without quotes: 192.0.2.0/24.
            while self.token?.isSign(".") == true || self.token?.isSign("/") == true, let next = ahead(1),
                next.kind == .number, !next.isApart
            {
                at += 2
            }
            return .value(value(tokens[place..<at]))
        case .variable:
            at += 1
            return .variable(token.text)
        case .select:
            at += 1
            return .word(token.text)
        case .word: return wordOperand(token)
        case .sign: return signOperand(token)
        }
    }

    /// An IPv6 address without brackets, and the length of its prefix: 2001:db8::/32.
    private mutating func bareAddress() -> ConfigExpression? {
        var text = ""
        var end = at
        while end < tokens.count, end == at || !tokens[end].isApart, text.utf8.count < 46,
            [.word, .number].contains(tokens[end].kind) || tokens[end].isSign(":") || tokens[end].isSign(".")
        {
            text += tokens[end].text
            end += 1
        }
        guard let address = IPAddress(text), address.isIPv6 else { return nil }
        let value = value(tokens[at..<end])
        at = end
        if token?.isSign("/") == true, ahead(1)?.kind == .number { at += 2 }
        return .value(value)
    }

    private mutating func wordOperand(_ token: ConfigToken) -> ConfigExpression? {
        at += 1
        switch token.text {
        case "not": return operand().map(ConfigExpression.not)
        case "defined", "strlen", "strempty", "selval":
            if self.token?.isSign("(") == true { break }
            return operand().map { .operation(token.text, $0, .value(.integer(1))) }
        default: break
        }
        guard takeSign("(") else {
            // A name with parts, such as a socket or a host: sip.example.com.
            var text = token.text
            while self.token?.isSign(".") == true || self.token?.isSign(":") == true, self.token?.isApart == false,
                let next = ahead(1), next.kind == .word || next.kind == .number, !next.isApart
            {
                text += (self.token?.text ?? "") + next.text
                at += 2
            }
            return .word(text)
        }
        guard let arguments = arguments() else { return nil }
        let call = ConfigCall(name: token.text, arguments: arguments, place: token.place)
        checkNames(of: call)
        checkFlag(of: call)
        checkArgument(of: call)
        checkBlock(of: call)
        return .call(call)
    }

    /// These functions of path and rr are for requests: where they stand in another block, Kamailio does not start (an
    /// event_route takes all). In a route that such a block calls they may stand.
    private mutating func checkBlock(of call: ConfigCall) {
        let refusing: Set<ConfigRoute.Kind> =
            switch call.name {
            case "add_path", "add_path_received", "loose_route": [.branch, .failure, .onreply, .onsend]
            case "record_route": [.onreply, .onsend]
            default: []
            }
        guard refusing.contains(block) else { return }
        object(.refused("\(call.name)() cannot be used in \(block.rawValue)"), at: call.place)
    }

    /// The core's functions on a message's flags take one of 32, by its number or by a name that `flags` has declared above.
    private mutating func checkFlag(of call: ConfigCall) {
        guard ["setflag", "resetflag", "isflagset"].contains(call.name), let flag = call.arguments.first else { return }
        switch flag {
        case .integer(let number) where !(0...31).contains(number):
            guard refusedNames.insert("\(number)").inserted else { return }
            object(.refused("there is no flag \(number), only 0 to 31"), at: call.place)
        case .string(let name), .words(let name):
            let isName = name.utf8.allSatisfy(ConfigOctet.isName)
            guard isName, config.flags[name] == nil, refusedNames.insert(name).inserted else { return }
            object(.undeclaredFlag(String(name.prefix(40))), at: call.place)
        case .integer: break
        }
    }

    private mutating func signOperand(_ token: ConfigToken) -> ConfigExpression? {
        switch token.text {
        case "!":
            at += 1
            return operand().map(ConfigExpression.not)
        case "[":
            // An IPv6 address, and the length of its prefix: [2001:db8::]/32.
            let start = at
            while let token = self.token, token.place.line == tokens[start].place.line, !token.isSign("]") { at += 1 }
            guard takeSign("]") else { return nil }
            if self.token?.isSign("/") == true, ahead(1)?.kind == .number { at += 2 }
            return .value(value(tokens[start..<at]))
        case "-", "~":
            at += 1
            guard let inner = operand() else { return nil }
            if token.text == "-", case .value(.integer(let number)) = inner { return .value(.integer(0 &- number)) }
            return .operation(token.text, inner, .value(.integer(0)))
        case "(":
            at += 1
            // A cast: (int)$var(x).
            if let type = self.token, type.isWord("int") || type.isWord("str"), ahead(1)?.isSign(")") == true {
                at += 2
                return operand()
            }
            guard let inner = expression() else { return nil }
            // An assignment in parentheses is a value: mostly a comparison that lacks a sign.
            if takeSign("=") {
                guard let value = expression(), takeSign(")") else { return nil }
                return .operation("=", inner, value)
            }
            return takeSign(")") ? inner : nil
        default: return nil
        }
    }
}
