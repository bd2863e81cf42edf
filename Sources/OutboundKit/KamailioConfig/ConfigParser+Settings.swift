/// Global settings, and the sockets that Kamailio listens on.
extension ConfigParser {
    mutating func setting() {
        let place = place
        var name = token?.text ?? ""
        at += 1
        // A variable of a module in the configuration framework: `tm.fr_timer = 5`.
        while token?.isSign(".") == true, let part = ahead(1), part.kind == .word {
            name += "." + part.text
            at += 2
        }
        let isPath = name == "mpath" || name == "loadpath"
        guard takeSign("=") || isPath && token?.kind == .string else {
            object("'\(name.prefix(40))' is no setting that this program knows", at: place)
            if token?.isSign("{") == true { skipBraces() } else { skipToStatement() }
            return
        }
        if token?.isSign("{") == true {
            block(name, place)
            return
        }
        if name == "socket" { checkRelease("socket is a setting of Kamailio 5.7, and listen before", at: place) }
        let value = settingValue()
        checkValue(of: name, value)
        switch name {
        case "listen", "socket": listeners(value, place)
        default: config.settings.append(ConfigSetting(name: name, value: self.value(value), place: place))
        }
    }

    /// Kamailio knows no units there, no quotes, no variables and no capitals.
    private mutating func checkValue(of name: String, _ value: ArraySlice<ConfigToken>) {
        guard value.first?.isOfEnvironment != true else { return }
        if CoreSettings.numbers.contains(name) {
            guard value.count == 1, let only = value.first, only.kind != .number,
                only.kind != .word || !CoreSettings.switchWords.contains(only.text)
            else { return }
            object(wrong("\(name) takes a number, and \(only.shown) is none", only), at: only.place)
        } else if CoreSettings.strings.contains(name), let first = value.first, first.kind != .string {
            object(wrong("\(name) takes a string in quotes, and \(first.shown) has none", first), at: first.place)
        }
    }

    private func wrong(_ text: String, _ token: ConfigToken) -> ConfigProblem.Kind {
        token.kind == .word && ConfigOctet.isName(token.text) ? .undefined(text) : .refused(text)
    }

    /// Behind these a value goes on, on the next line too.
    private static let joiningSigns: Set = [",", ":", "=", "(", "[", "-", "+", "|", ".", "/"]

    /// The tokens that belong to a setting: the rest of its line, and further lines that cannot be settings of their own.
    private mutating func settingValue() -> ArraySlice<ConfigToken> {
        let start = at
        while let token {
            if token.kind == .word, at > start {
                let joins = tokens[at - 1].kind == .sign && Self.joiningSigns.contains(tokens[at - 1].text)
                // Another setting or a keyword of the top level ends this one.
                let begins =
                    ahead(1)?.isSign("=") == true || Self.routeKinds[token.text] != nil && isRoute
                    || ["loadmodule", "loadmodulex", "modparam", "modparamx", "cfgengine", "flags"].contains(token.text)
                if begins, !joins { break }
                if token.place.line != tokens[at - 1].place.line, !joins, token.isApart,
                    !["advertise", "name", "virtual", "ADVERTISE", "NAME"].contains(token.text)
                {
                    break
                }
            }
            if token.isSign(";") || token.isSign("{") || token.isSign("}") { break }
            at += 1
        }
        let value = tokens[start..<at]
        _ = takeSign(";")
        return value
    }

    /// `socket = { bind = udp:192.0.2.1:5060; advertise = …; }`: of other blocks only the beginning is noted.
    private mutating func block(_ name: String, _ place: ConfigPlace) {
        let start = at
        skipBraces()
        let inner = tokens[start..<at].dropFirst().dropLast()
        guard name == "socket" || name == "listen" else {
            config.settings.append(ConfigSetting(name: name, value: value(inner), place: place))
            return
        }
        checkRelease("a socket in braces came with Kamailio 5.7", at: place)
        guard let bind = inner.firstIndex(where: { $0.isWord("bind") }), bind + 2 < inner.endIndex else {
            object("a socket without bind", at: place)
            return
        }
        let rest = inner[(bind + 2)...]
        let bound = rest.prefix { !$0.isSign(";") }
        listeners(bound, place, isAdvertised: inner.contains { $0.isWord("advertise") })
    }

    private mutating func checkRelease(_ text: String, at place: ConfigPlace) {
        if refusesSocketBlocks { object(.refused(text), at: place) }
    }

    /// One of the blanks' pieces of a `listen`.
    private struct SocketWord {
        var text: String
        let place: ConfigPlace
        /// Whether it is a string, and nothing beside it.
        var isQuoted: Bool
        /// Whether a part of it is one.
        var hasString: Bool
    }

    /// The sockets of one `listen`, which may name several.
    private mutating func listeners(
        _ tokens: ArraySlice<ConfigToken>, _ place: ConfigPlace, isAdvertised: Bool = false
    ) {
        var words: [SocketWord] = []
        for token in tokens where !token.isSign(",") && !token.isSign("(") && !token.isSign(")") {
            if token.isApart || words.isEmpty {
                let isString = token.kind == .string
                words.append(
                    SocketWord(text: token.text, place: token.place, isQuoted: isString, hasString: isString))
            } else {
                words[words.count - 1].text += token.text
                if token.kind == .string { words[words.count - 1].hasString = true }
                words[words.count - 1].isQuoted = false
            }
        }
        // Several hosts of one socket: tcp:(192.0.2.1, 192.0.2.2):5060.
        let hasList = tokens.contains { $0.isSign("(") }
        if !hasList, let comma = tokens.first(where: { $0.isSign(",") }) {
            object(.refused("a comma between sockets, where a blank should be"), at: comma.place)
        }
        var index = 0
        while index < words.count {
            let word = words[index]
            let next = index + 1 < words.count ? words[index + 1].text.lowercased() : ""
            index += 1
            switch word.text.lowercased() {
            case "advertise":
                if index < words.count { checkSocket(words[index]) }
                index += 1
                continue
            case "name":
                if index >= words.count || !words[index].isQuoted {
                    object(.undefined("the name of a socket stands in quotes"), at: word.place)
                }
                index += 1
                continue
            case "virtual": continue
            default: break
            }
            if !hasList { checkSocket(word) }
            let scheme = word.text.prefix { $0 != ":" }.lowercased()
            let kind = ConfigListener.Kind(rawValue: scheme) ?? .any
            let isFirst = words.count > 1 && next == "advertise"
            config.listeners.append(
                ConfigListener(kind: kind, text: word.text, place: word.place, isAdvertised: isAdvertised || isFirst))
        }
    }

    private static let protocols: Set = ["udp", "tcp", "tls", "sctp", "UDP", "TCP", "TLS", "SCTP", "*"]

    private mutating func checkSocket(_ word: SocketWord) {
        if let fault = Self.fault(of: word) { object(fault, at: word.place) }
    }

    /// What is wrong with `[protocol:]host[:port]`, where the host may be an interface, and a string without its quotes.
    private static func fault(of word: SocketWord) -> ConfigProblem.Kind? {
        let text = word.text.prefix(60)
        // From the server's environment.
        if word.text.contains("$env(") { return nil }
        if text.contains(where: { $0 == "<" || $0 == ">" }) { return .refused("'\(text)' is no socket") }
        let parts = ConfigListener.parts(text)
        if let part = parts.first(where: { $0.contains("[") || $0.contains("]") }),
            !part.hasPrefix("[") || !part.hasSuffix("]")
                || IPAddress(String(part.dropFirst().dropLast()))?.isIPv6 != true
        {
            return .refused("'\(text)' is no socket: brackets hold an IPv6 address")
        }
        let isNamed = protocols.contains(parts[0])
        if word.isQuoted {
            guard parts.count == 2 || parts.count == 3, !parts.contains(""), isNamed || parts.count == 3 else {
                return nil
            }
            return .refused("'\(text)' is all in quotes, and Kamailio takes it for the name of a host")
        }
        if parts.count > 1, ["ws", "wss", "WS", "WSS"].contains(parts[0]) {
            return .refused("'\(parts[0])' is no protocol of a socket: WebSocket comes in over tcp or tls")
        }
        let rest = isNamed ? parts.dropFirst() : parts[...]
        // Without brackets an address has colons of its own; in quotes it may stand anywhere.
        let host = rest.joined(separator: ":")
        if rest.count > 2, IPAddress(host)?.isIPv6 == true {
            guard isNamed, host.hasPrefix("::"), !word.hasString else { return nil }
            return .refused("'\(text)' is no socket: behind a protocol an address that begins with :: has brackets")
        }
        if rest.isEmpty || rest.contains("") || rest.first == "*" {
            return word.hasString ? nil : .refused("'\(text)' is no socket: a part of it is missing")
        }
        if parts.count == 3, !isNamed {
            return .undefined("'\(parts[0])' is no protocol of a socket: udp, tcp, tls, sctp")
        }
        guard let port = rest.dropFirst().first else { return nil }
        if rest.count > 2 { return .refused("'\(text)' is no socket: there is something behind its port") }
        // A range of ports came with Kamailio 6.
        return port.utf8.allSatisfy(Self.isOfPorts) ? nil : .undefined("'\(port)' is no port")
    }

    private static func isOfPorts(_ octet: UInt8) -> Bool {
        ASCII.isDigit(octet) || octet == ASCII.minus || octet == UInt8(ascii: "*")
    }
}
