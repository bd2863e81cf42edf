/// Builds the tree from the tokens. Whatever does not fit is skipped to the next place where a statement can begin, and
/// listed: a wrong guess of this parser must not become an accusation.
struct ConfigParser {
    let tokens: [ConfigToken]
    let limits: ConfigLimits
    var at = 0
    var depth = 0
    var config: KamailioConfig
    /// The names of modules that are loaded above, by their names in small letters.
    private var loaded: [String: String] = [:]
    /// Files of modules as they were named, without `.so`.
    private var loadedFiles: Set<String> = []
    /// Flags and names that were used and do not exist: each is said once.
    var refusedNames: Set<String> = []
    /// The release is one that knows neither `socket` nor a socket in braces.
    var refusesSocketBlocks = false
    /// What kind of block is being read.
    var block = ConfigRoute.Kind.request
    /// Routes that have a name, as they are written.
    private var titles: Set<String> = []

    init(tokens: [ConfigToken], limits: ConfigLimits, config: KamailioConfig) {
        self.tokens = tokens
        self.limits = limits
        self.config = config
    }

    var token: ConfigToken? { at < tokens.count ? tokens[at] : nil }
    func ahead(_ count: Int) -> ConfigToken? { at + count < tokens.count ? tokens[at + count] : nil }
    var place: ConfigPlace { token?.place ?? tokens.last?.place ?? ConfigPlace(file: 0, line: 1) }

    mutating func takeSign(_ sign: String) -> Bool {
        guard token?.isSign(sign) == true else { return false }
        at += 1
        return true
    }

    mutating func object(_ text: String, at place: ConfigPlace? = nil) {
        object(.notUnderstood(text), at: place ?? self.place)
    }

    mutating func object(_ kind: ConfigProblem.Kind, at place: ConfigPlace) {
        guard config.problems.count < limits.problems else { return }
        config.problems.append(ConfigProblem(kind, place))
    }

    // MARK: Top level

    mutating func run() -> KamailioConfig {
        while let token {
            let before = at
            switch (token.kind, token.text) {
            case (.word, "loadmodule"), (.word, "loadmodulex"): loadModule()
            case (.word, "modparam"), (.word, "modparamx"): moduleParameter()
            case (.word, "flags"), (.word, "bool"), (.word, "avpflags"): flagNames()
            case (.word, "cfgengine"): engine()
            case (.word, let word) where Self.routeKinds[word] != nil && isRoute: route()
            case (.word, _): setting()
            case (.sign, ";"): at += 1
            default:
                object("\(token.shown) where a setting, a module or a route should begin")
                skipToStatement()
            }
            if at == before { at += 1 }
        }
        for token in tokens {
            if let name = token.variableName, config.variables[name] == nil { config.variables[name] = token.place }
        }
        return config
    }

    static let routeKinds: [String: ConfigRoute.Kind] = [
        "route": .route, "request_route": .request, "branch_route": .branch, "failure_route": .failure,
        "onreply_route": .onreply, "reply_route": .onreply, "onsend_route": .onsend, "event_route": .event,
    ]

    var isRoute: Bool { ahead(1)?.isSign("{") == true || ahead(1)?.isSign("[") == true }

    /// Over what is not understood, to a word that begins something, on a line of its own.
    mutating func skipToStatement() {
        let line = place
        at += 1
        while let token {
            if token.isSign("{") {
                skipBraces()
                return
            }
            if token.kind == .word, token.place != line { return }
            at += 1
        }
    }

    /// From an opening brace to behind its closing one.
    mutating func skipBraces() {
        var open = 0
        while let token {
            at += 1
            if token.isSign("{") { open += 1 }
            if token.isSign("}") { open -= 1 }
            if open <= 0 { return }
        }
    }

    private mutating func loadModule() {
        let place = place
        at += 1
        let isBracketed = takeSign("(")
        guard let name = token, name.kind == .string else {
            object("loadmodule without the name of a module", at: place)
            return
        }
        at += 1
        if isBracketed {
            while let token, !token.isSign(")"), token.place == name.place || token.isSign(",") { at += 1 }
            _ = takeSign(")")
        } else if takeSign(",") {
            at += 1
        }
        let file = name.text.hasSuffix(".so") ? String(name.text.dropLast(3)) : name.text
        let short = file.split(separator: "/").last.map(String.init) ?? file
        // The same name in two folders may be two files.
        if !loadedFiles.insert(file).inserted { object(.refused("the module \(short) is loaded already"), at: place) }
        config.modules.append(ConfigModule(name: short, place: place))
        let small = short.lowercased()
        if loaded[small] == nil { loaded[small] = short }
    }

    private mutating func moduleParameter() {
        let place = place
        let takesVariables = token?.text == "modparamx"
        at += 1
        guard takeSign("("), let pieces = argumentTokens(), pieces.count >= 3 else {
            object("modparam without module, name and value", at: place)
            return
        }
        let arguments = pieces.map { value($0) }
        for argument in arguments { checkName(argument, at: place) }
        if pieces.count > 3 { object(.refused("modparam with more than module, name and value"), at: place) }
        let variable = pieces[2].count == 1 ? pieces[2].first : nil
        let isTaken = variable?.isOfEnvironment == true || takesVariables && variable?.kind == .variable
        if !Self.isParameterValue(pieces[2]), !isTaken {
            object(.refused("the value of a modparam is one string or number, not an expression"), at: place)
        }
        guard case .string(let modules) = arguments[0], case .string(let name) = arguments[1] else {
            // A bare word was named above.
            let isName = arguments.prefix(2).contains { ConfigOctet.isName($0.text) && !$0.isString }
            if !isName { object("modparam whose module or name is no string", at: place) }
            return
        }
        for module in self.modules(modules, at: place) {
            config.parameters.append(
                ConfigParameter(
                    module: module, name: name, value: arguments[2], place: place,
                    isBehindModule: loaded[module.lowercased()] != nil))
        }
    }

    /// A string, a number with or without its sign, or a word that may stand for one.
    private static func isParameterValue(_ tokens: ArraySlice<ConfigToken>) -> Bool {
        let isNegative = tokens.count == 2 && tokens.first?.isSign("-") == true
        guard let last = tokens.last, tokens.count == 1 || isNegative else { return false }
        switch last.kind {
        case .number, .word: return true
        case .string: return !isNegative
        case .variable, .select, .sign: return false
        }
    }

    /// The modules that a `modparam` is for. Its first argument is an expression, matched without regard to capitals
    /// against the names of the modules that are loaded above; names that none of them has stay as they are.
    private mutating func modules(_ text: String, at place: ConfigPlace) -> [String] {
        let isList = text.utf8.allSatisfy {
            ConfigOctet.isName($0) || $0 == ASCII.minus || $0 == UInt8(ascii: "|")
        }
        if isList {
            return text.split(separator: "|").prefix(64).map { name in
                loaded[name.lowercased()] ?? String(name)
            }
        }
        guard let pattern = ConfigPattern(Array("^(\(text))$".utf8), ignoringCase: true) else {
            object("the modules of a modparam, '\(text.prefix(40))'", at: place)
            return []
        }
        var budget = 100_000
        let matching = config.modules.map(\.name).filter { name in
            (try? pattern.first(in: Array(name.utf8), from: 0, budget: &budget)) ?? nil != nil
        }
        if budget < 0 { object("the modules of a modparam take too long to find", at: place) }
        return matching.isEmpty ? [text] : matching
    }

    /// `flags FLAG_ONE:1, FLAG_TWO;`
    private mutating func flagNames() {
        at += 1
        while let name = token, name.kind == .word {
            at += 1
            var number: Int?
            if takeSign(":") {
                number = token.flatMap { self.number($0) }
                at += 1
            }
            config.flags[name.text] = .some(number)
            guard takeSign(",") else { break }
        }
        _ = takeSign(";")
    }

    private mutating func engine() {
        config.enginePlace = place
        at += 1
        _ = takeSign("=")
        guard let token, token.kind == .string || token.kind == .word else { return }
        at += 1
        if !["native", "default"].contains(token.text) { config.engine = token.text }
    }

    // MARK: Values

    /// The value that tokens spell.
    mutating func value(_ tokens: ArraySlice<ConfigToken>) -> ConfigValue {
        if tokens.count == 1, let only = tokens.first {
            switch only.kind {
            case .string: return .string(only.text)
            case .number: return number(only).map(ConfigValue.integer) ?? .words(only.text)
            case .word, .variable, .select, .sign: return .words(only.text)
            }
        }
        if tokens.count == 2, tokens.first?.isSign("-") == true, let last = tokens.last, let number = number(last) {
            return .integer(-number)
        }
        var text = ""
        for token in tokens.prefix(256) {
            text += (token.isApart && !text.isEmpty ? " " : "") + token.text
        }
        return .words(text)
    }

    /// Nil for what is no number to Kamailio, and for one that it cuts; both are listed.
    private mutating func number(_ token: ConfigToken) -> Int? {
        switch ConfigNumber(token.text) {
        case .fits(let number): return number
        case .isBeyond:
            object(.numberBeyond(String(token.text.prefix(40))), at: token.place)
            return nil
        case nil:
            if token.kind == .number {
                let why = token.text.hasPrefix("0x") ? "" : ": a leading zero makes it octal"
                object(.refused("\(token.text.prefix(40)) is no number\(why)"), at: token.place)
            }
            return nil
        }
    }

    /// Behind an opening parenthesis, to behind its closing one.
    /// - Returns: nil when it is not closed before something that cannot be inside.
    mutating func arguments() -> [ConfigValue]? { argumentTokens()?.map { value($0) } }

    /// The same, by the tokens of each.
    private mutating func argumentTokens() -> [ArraySlice<ConfigToken>]? {
        var values: [ArraySlice<ConfigToken>] = []
        var start = at
        var open = 0
        while let token {
            if token.isSign("(") { open += 1 }
            if token.isSign(")") {
                if open == 0 {
                    if at > start { values.append(tokens[start..<at]) }
                    at += 1
                    return values
                }
                open -= 1
            }
            if token.isSign(","), open == 0 {
                values.append(tokens[start..<at])
                start = at + 1
            }
            if token.isSign(";") || token.isSign("{") || token.isSign("}") { return nil }
            at += 1
        }
        return nil
    }

    // MARK: Routes

    /// The name of a route that is no word.
    mutating func objectToName(_ name: String, _ sign: String, at place: ConfigPlace) {
        let shown = name.prefix(40)
        object(.refused("the route's name \(shown) has a '\(sign)' and must be in quotes, \"\(shown)\""), at: place)
    }

    private mutating func route() {
        let place = place
        var kind = token.flatMap { Self.routeKinds[$0.text] } ?? .route
        at += 1
        var name = ""
        if takeSign("[") {
            var sign: String?
            while let token, !token.isSign("]"), !token.isSign("{") {
                if token.isSign("-") || token.isSign(".") { sign = token.text }
                name += token.text
                at += 1
            }
            if let sign, kind != .event { objectToName(name, sign, at: place) }
            _ = takeSign("]")
        }
        // `route` without a name, and `route[0]`, are the old way to write request_route.
        if kind == .route, name.isEmpty || name == "0" {
            kind = .request
            name = ""
        }
        guard token?.isSign("{") == true else {
            object("a route without its block", at: place)
            return
        }
        block = kind
        let route = ConfigRoute(kind: kind, name: name, body: statementBlock(), place: place)
        if !name.isEmpty, !titles.insert(route.title).inserted {
            object(.refused("\(String(route.title.prefix(60))) is there already"), at: place)
        }
        config.routes.append(route)
    }
}
