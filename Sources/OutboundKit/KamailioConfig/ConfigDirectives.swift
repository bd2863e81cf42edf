/// The lines that begin with `#!` or `!!`.
extension ConfigLexer {
    private static let names: Set<String> = [
        "define", "def", "trydefine", "trydef", "redefine", "redef", "defexp", "defexps", "undefine", "undef",
        "tryundefine", "tryundef", "subst", "substdef", "substdefs", "ifdef", "ifndef", "ifexp", "else", "endif",
        "include_file", "import_file", "defenv", "defenvs", "trydefenv", "trydefenvs",
    ]

    /// Those that a Kamailio before 5.7 takes for comments.
    private static let expressions: Set<String> = ["ifexp", "defexp", "defexps"]

    /// The word behind `#!`, if it is a directive's.
    private var directive: String? {
        guard peek() == UInt8(ascii: "#") || peek() == UInt8(ascii: "!"), peek(1) == UInt8(ascii: "!") else {
            return nil
        }
        var ahead = 2
        var word: [UInt8] = []
        while let octet = peek(ahead), ConfigOctet.isName(octet), word.count < 16 {
            word.append(octet)
            ahead += 1
        }
        let name = ConfigOctet.text(word)
        guard Self.names.contains(name) else { return nil }
        switch name {
        case "else", "endif", "subst", "substdef", "substdefs", "include_file", "import_file": return name
        default: return peek(ahead).map(ConfigOctet.isEaten) == true ? name : nil
        }
    }

    var isDirectiveNext: Bool { directive != nil }

    /// Whether nothing but blanks and a line end is behind the word: `#!else # why` is a comment to Kamailio.
    private func endsLine(_ name: String) -> Bool {
        var ahead = 2 + name.utf8.count
        while let octet = peek(ahead), ConfigOctet.isEaten(octet) { ahead += 1 }
        return peek(ahead) == ASCII.lf
    }

    private mutating func skip(_ count: Int) { for _ in 0..<count { advance() } }

    private mutating func skipBlanks() { _ = take(while: ConfigOctet.isEaten) }

    private mutating func name() -> String {
        skipBlanks()
        return ConfigOctet.text(take(while: ConfigOctet.isName))
    }

    /// - Returns: false when it is a comment, of which nothing was read.
    mutating func readDirective() -> Bool {
        let place = place
        guard let name = directive else { return false }
        if hidesExpressions, Self.expressions.contains(name) {
            object(.expressionIsComment("#!\(name)"), at: place)
            return false
        }
        if name == "else" || name == "endif" {
            guard endsLine(name) else {
                object(.directiveIsComment("#!\(name)"), at: place)
                return false
            }
            skipLine()
            endOrTurn(name, place)
            return true
        }
        skip(2 + name.utf8.count)
        switch name {
        case "ifdef", "ifndef", "ifexp": condition(name, place)
        case "subst", "substdef", "substdefs": substitution(name, place)
        case "include_file", "import_file": include(isImport: name == "import_file", at: place)
        case "undefine", "undef", "tryundefine", "tryundef":
            definitions.undefine(self.name())
            skipLine()
        case "defenv", "defenvs", "trydefenv", "trydefenvs": environment(name)
        default: definition(name, place)
        }
        return true
    }

    private mutating func endOrTurn(_ name: String, _ place: ConfigPlace) {
        if name == "else" {
            if !conditions.otherwise() { object(.strayElse, at: place) }
        } else if !conditions.end() {
            object(.unbalancedConditions, at: place)
        }
    }

    private mutating func condition(_ name: String, _ place: ConfigPlace) {
        guard conditions.depth < limits.conditionDepth else {
            object(.limit("\(limits.conditionDepth) conditions within each other are the limit"), at: place)
            return
        }
        var holds = true
        if name == "ifexp" {
            if conditions.isReading { holds = expressionHolds(at: place) }
        } else {
            let tested = self.name()
            holds = definitions.isDefined(tested) == (name == "ifdef")
            if conditions.isReading, definitions.fromEnvironment.contains(tested) {
                object(
                    .notUnderstood(
                        "#!\(name) \(tested.prefix(40)): whether the server's environment has it is not known here (-A \(tested.prefix(40))=VALUE says so); it is read as if it had"
                    ), at: place)
            }
        }
        skipLine()
        conditions.begin(holds, place)
    }

    /// The condition of `#!ifexp`: the rest of the line.
    private mutating func expressionHolds(at place: ConfigPlace) -> Bool {
        let text = take(while: { $0 != ASCII.lf })
        do throws(DefineExpression.Failure) {
            return DefineExpression.holds(try compute(text))
        } catch {
            switch error {
            case .refused:
                object(.badExpression("#!ifexp"), at: place)
                return false
            case .notKnown(let why):
                object(.notUnderstood("#!ifexp: \(why); it is read as if the condition held"), at: place)
                return true
            }
        }
    }

    private func compute(_ text: [UInt8]) throws(DefineExpression.Failure) -> DefineExpression.Value {
        try DefineExpression.compute(text, longestText: limits.stringOctets) { [definitions] name in
            guard definitions.isDefined(name) else {
                let isOfKamailio = name.hasPrefix("KAMAILIO_") && name != "KAMAILIO_" || name == "OS_NAME"
                return isOfKamailio && !definitions.hasVersion ? nil : .number(0)
            }
            guard let value = definitions.value(of: name) else { return .number(1) }
            // What only a running Kamailio knows, such as an environment variable.
            if value.starts(with: "$env(".utf8) || value.starts(with: "$def(".utf8) { return nil }
            let isQuoted =
                value.count >= 2 && (value[0] == ASCII.quote || value[0] == UInt8(ascii: "'"))
                && value.last == value[0]
            return .text(isQuoted ? Array(value[1..<(value.count - 1)]) : value)
        }
    }

    /// In a part that is left out only conditions count, and they do so anywhere, even in what looks like a comment.
    mutating func skipCondition() {
        while let octet = peek(), !conditions.isReading {
            let place = place
            if octet == UInt8(ascii: "#") || octet == UInt8(ascii: "!"), let name = directive {
                if name == "else" || name == "endif" {
                    if endsLine(name) {
                        skipLine()
                        endOrTurn(name, place)
                    } else {
                        object(.directiveIsComment("#!\(name)"), at: place)
                        advance()
                    }
                    continue
                }
                if name == "ifdef" || name == "ifndef" || name == "ifexp" && !hidesExpressions {
                    skip(2 + name.utf8.count)
                    condition(name, place)
                    continue
                }
            }
            advance()
        }
    }

    private mutating func definition(_ directive: String, _ place: ConfigPlace) {
        let name = name()
        skipBlanks()
        var value: [UInt8] = []
        while let octet = peek(), octet != ASCII.lf {
            advance()
            if octet == ASCII.backslash, peek() == ASCII.lf { advance() } else { value.append(octet) }
            if value.count > limits.stringOctets {
                object(.limit("definitions are cut at \(limits.stringOctets) octets"), at: place)
                skipLine()
                break
            }
        }
        guard !name.isEmpty else {
            object(.notUnderstood("#!\(directive) without a name"), at: place)
            return
        }
        guard definitions.values.count < limits.defines else {
            object(.limit("\(limits.defines) definitions are the limit, Kamailio's too"), at: place)
            return
        }
        if directive.hasPrefix("defexp") {
            value = expression(directive, name, value, place)
        }
        let style: ConfigDefinitions.Style =
            directive.hasPrefix("try") ? .tryDefine : directive.hasPrefix("re") ? .redefine : .define
        if !directive.hasPrefix("defexp"), Self.hasComment(value) { object(.commentInDefine(name), at: place) }
        if !definitions.define(name, value, style) { object(.definedTwice(name), at: place) }
    }

    /// The value that `#!defexp` gives to its name: computed, and for `#!defexps` in quotes.
    private mutating func expression(
        _ directive: String, _ name: String, _ text: [UInt8], _ place: ConfigPlace
    ) -> [UInt8] {
        do throws(DefineExpression.Failure) {
            let value = try DefineExpression.definition(try compute(text))
            return directive == "defexps" ? [ASCII.quote] + value + [ASCII.quote] : value
        } catch {
            switch error {
            case .refused:
                // The name is defined all the same, without a value.
                object(.badExpression("#!\(directive) \(name)"), at: place)
                return []
            case .notKnown(let why):
                object(.notUnderstood("#!\(directive) \(name): \(why)"), at: place)
                return Array("$def(\(name))".utf8)
            }
        }
    }

    /// Whether `#` or `//` stands in the value outside of strings.
    private static func hasComment(_ value: [UInt8]) -> Bool {
        var quote: UInt8?
        for (index, octet) in value.enumerated() {
            if let open = quote {
                if octet == open { quote = nil }
            } else if octet == ASCII.quote || octet == UInt8(ascii: "'") {
                quote = octet
            } else if octet == UInt8(ascii: "#") {
                return true
            } else if octet == ASCII.slash, index > 0, value[index - 1] == ASCII.slash {
                return true
            }
        }
        return false
    }

    private mutating func environment(_ directive: String) {
        skipBlanks()
        let text = ConfigOctet.text(take(while: { !ConfigOctet.isEaten($0) && $0 != ASCII.lf }))
        let name = String(text.prefix { $0 != "=" })
        guard !name.isEmpty else { return }
        // The environment of the server is not this one: the value stays what only Kamailio knows, unless -A gave it.
        let quote = directive.hasSuffix("s") ? "\"" : ""
        guard !definitions.isDefined(name) else { return }
        _ = definitions.define(name, Array("\(quote)$env(\(name))\(quote)".utf8), .define)
        if directive.hasPrefix("try") { definitions.fromEnvironment.insert(name) }
    }

    private mutating func substitution(_ directive: String, _ place: ConfigPlace) {
        while let octet = peek(), ConfigOctet.isEaten(octet) || octet == ASCII.lf { advance() }
        guard peek() == ASCII.quote || peek() == UInt8(ascii: "'") else {
            object(.badSubstitution, at: place)
            return
        }
        let text = Array(readString().utf8)
        guard definitions.substitutions.count < limits.substitutions else {
            object(.limit("\(limits.substitutions) substitutions are the limit"), at: place)
            return
        }
        do throws(ConfigSubstitution.Failure) {
            let rule = try ConfigSubstitution(text)
            definitions.add(rule)
            guard directive != "subst" else { return }
            let quote: [UInt8] = directive == "substdefs" ? [ASCII.quote] : []
            let name = ConfigOctet.text(rule.pattern)
            if !definitions.define(name, quote + rule.replacement + quote, .define) {
                object(.definedTwice(name), at: place)
            }
        } catch {
            object(
                error == .wrong
                    ? .badSubstitution : .notUnderstood("#!\(directive): strings are read without this substitution"),
                at: place)
        }
    }

    // MARK: Files

    mutating func include(isImport: Bool, at place: ConfigPlace) {
        skipBlanks()
        let octets = take(while: { !ConfigOctet.isEaten($0) && $0 != ASCII.lf })
        let text = Array(definitions.substituted(octets, limit: 4096))
        guard text.count >= 3, text.first == ASCII.quote, text.last == ASCII.quote else {
            object(
                .notUnderstood("the name of an included file stands in double quotes, and nothing else with it"),
                at: place)
            return
        }
        let name = ConfigOctet.text(text[1..<(text.count - 1)])
        guard frames.count(where: { !$0.isExpansion }) <= limits.includeDepth else {
            object(.includeTooDeep(name), at: place)
            return
        }
        // Kamailio looks where it was started, then beside the file that includes; where it was started is not known here.
        var paths = [name]
        if !name.hasPrefix("/"), place.file < files.count, let slash = files[place.file].lastIndex(of: "/") {
            paths.insert(String(files[place.file][...slash]) + name, at: 0)
        }
        var refusal = "there is no such file here"
        for path in paths {
            switch read(path) {
            case .octets(let octets):
                _ = open(path, octets)
                return
            case .unreadable(let words): refusal = words
            case .missing: continue
            }
        }
        object(isImport ? .importMissing(name) : .includeMissing(name, why: refusal), at: place)
    }
}
