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
        let value = settingValue()
        checkValue(of: name, value)
        switch name {
        case "listen", "socket": listeners(value, place)
        default: config.settings.append(ConfigSetting(name: name, value: self.value(value), place: place))
        }
    }

    /// Kamailio knows no units there, no quotes, no variables and no capitals.
    private mutating func checkValue(of name: String, _ value: ArraySlice<ConfigToken>) {
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
        guard let bind = inner.firstIndex(where: { $0.isWord("bind") }), bind + 2 < inner.endIndex else {
            object("a socket without bind", at: place)
            return
        }
        let rest = inner[(bind + 2)...]
        let bound = rest.prefix { !$0.isSign(";") }
        listeners(bound, place, isAdvertised: inner.contains { $0.isWord("advertise") })
    }

    /// One of the blanks' pieces of a `listen`.
    private struct SocketWord {
        var text: String
        let place: ConfigPlace
        /// Whether it is a string, and nothing beside it.
        var isQuoted: Bool
    }

    /// The sockets of one `listen`, which may name several.
    private mutating func listeners(
        _ tokens: ArraySlice<ConfigToken>, _ place: ConfigPlace, isAdvertised: Bool = false
    ) {
        var words: [SocketWord] = []
        for token in tokens where !token.isSign(",") && !token.isSign("(") && !token.isSign(")") {
            if token.isApart || words.isEmpty {
                words.append(SocketWord(text: token.text, place: token.place, isQuoted: token.kind == .string))
            } else {
                words[words.count - 1].text += token.text
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

    /// `[protocol:]host[:port]`, where the host may be an interface, and a string without its quotes.
    private mutating func checkSocket(_ word: SocketWord) {
        let text = word.text.prefix(60)
        if text.contains(where: { $0 == "<" || $0 == ">" }) {
            return object(.refused("'\(text)' is no socket"), at: word.place)
        }
        if let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]"),
            IPAddress(String(text[text.index(after: open)..<close]))?.isIPv6 != true
        {
            return object(.refused("'\(text)' is no socket: brackets hold an IPv6 address"), at: word.place)
        }
        // An IPv6 address has brackets, or more colons than this.
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3, !text.contains("["), !parts.contains("") else { return }
        let isNamed = Self.protocols.contains(parts[0])
        if word.isQuoted {
            guard isNamed || parts.count == 3 else { return }
            return object(
                .refused("'\(text)' is all in quotes, and Kamailio takes it for the name of a host"), at: word.place)
        }
        if ["ws", "wss", "WS", "WSS"].contains(parts[0]) {
            return object(
                .refused("'\(parts[0])' is no protocol of a socket: WebSocket comes in over tcp or tls"), at: word.place
            )
        }
        if parts.count == 3, !isNamed {
            return object(.undefined("'\(parts[0])' is no protocol of a socket: udp, tcp, tls, sctp"), at: word.place)
        }
        // A range of ports came with Kamailio 6.
        guard parts.count == 3 || !isNamed, parts.last?.utf8.allSatisfy(Self.isOfPorts) == false else { return }
        object(.undefined("'\(parts[parts.count - 1])' is no port"), at: word.place)
    }

    private static func isOfPorts(_ octet: UInt8) -> Bool {
        ASCII.isDigit(octet) || octet == ASCII.minus || octet == UInt8(ascii: "*")
    }
}
