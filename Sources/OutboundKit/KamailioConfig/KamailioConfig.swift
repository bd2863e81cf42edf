/// A value of a setting or a parameter, as far as it can be known without running Kamailio.
public enum ConfigValue: Sendable, Hashable {
    case integer(Int)
    case string(String)
    /// Words and signs as they stand, such as `udp:192.0.2.1:5060` or a name that means something to its setting.
    case words(String)

    /// The number, also of a string of digits; `yes` and `no` and their likes are 1 and 0. Nil for what is none, such as one
    /// beyond the 32 bits of Kamailio's own numbers: what it makes of that is not known here.
    public var number: Int? {
        let number: Int? =
            switch self {
            case .integer(let number): number
            case .string(let text): Int(text)
            case .words(let text):
                switch text.lowercased() {
                case "yes", "true", "on", "enable": 1
                case "no", "false", "off", "disable": 0
                default: nil
                }
            }
        return number.flatMap { Int32(exactly: $0) }.map { Int($0) }
    }

    public var text: String {
        switch self {
        case .integer(let number): String(number)
        case .string(let text), .words(let text): text
        }
    }

    var isString: Bool { if case .string = self { true } else { false } }

    /// Whether only a running Kamailio knows it.
    public var isComputed: Bool { text.contains("$") }
}

/// A global setting, such as `tcp_connection_lifetime=30`.
public struct ConfigSetting: Sendable {
    public let name: String
    public let value: ConfigValue
    public let place: ConfigPlace
}

/// A socket that Kamailio listens on.
public struct ConfigListener: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable { case udp, tcp, tls, sctp, any }
    public let kind: Kind
    /// As it stands: `udp:192.0.2.1:5060`.
    public let text: String
    public let place: ConfigPlace
    public let isAdvertised: Bool

    init(kind: Kind, text: String, place: ConfigPlace, isAdvertised: Bool) {
        self.kind = kind
        self.text = text
        self.place = place
        self.isAdvertised = isAdvertised
    }

    /// The parts of `[protocol:]host[:port]`. Colons within brackets belong to the address.
    static func parts(_ text: some StringProtocol) -> [String] {
        var parts: [String] = [""]
        var isBracketed = false
        for character in text {
            if character == "[" { isBracketed = true }
            if character == "]" { isBracketed = false }
            if character == ":", !isBracketed {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    /// A socket as `kamailio -l` takes it: `[protocol:]host[:port]`, with an IPv6 address in brackets.
    /// - Returns: nil for another protocol, and for a port that is none.
    public init?(commandLine text: String) {
        var parts = Self.parts(text)
        let named = parts.count > 1 ? Kind(rawValue: parts[0].lowercased()) : nil
        let kind = named == .any ? nil : named
        if kind != nil { parts.removeFirst() }
        guard parts.count <= 2, parts.first?.isEmpty == false else { return nil }
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(ASCII.isDigit), UInt16(parts[1]) != nil else { return nil }
        }
        self.init(kind: kind ?? .any, text: text, place: ConfigPlace(file: 0, line: 1), isAdvertised: false)
    }
}

/// `loadmodule`.
public struct ConfigModule: Sendable {
    /// Without folder and `.so`.
    public let name: String
    public let place: ConfigPlace
}

/// `modparam`.
public struct ConfigParameter: Sendable {
    /// One module; `modparam("a|b", …)` is two of these.
    public let module: String
    public let name: String
    public let value: ConfigValue
    public let place: ConfigPlace
    /// Whether its module is loaded above it, in this file or another, as Kamailio demands.
    public let isBehindModule: Bool
}

/// A block of routing logic.
public struct ConfigRoute: Sendable {
    public enum Kind: String, Sendable, Hashable {
        case request = "request_route"
        case route
        case branch = "branch_route"
        case failure = "failure_route"
        case onreply = "onreply_route"
        case onsend = "onsend_route"
        case event = "event_route"
    }
    public let kind: Kind
    /// Empty for those without one.
    public let name: String
    public let body: [ConfigStatement]
    public let place: ConfigPlace

    /// As it is written: `route[RELAY]`.
    public var title: String { name.isEmpty ? kind.rawValue : "\(kind.rawValue)[\(name)]" }
}

/// A function with its arguments.
public struct ConfigCall: Sendable, Hashable {
    public let name: String
    public let arguments: [ConfigValue]
    public let place: ConfigPlace
}

/// A condition or a value in the routing logic.
public indirect enum ConfigExpression: Sendable, Hashable {
    case call(ConfigCall)
    case variable(String)
    /// `@via[2]`, or a word of the core such as `method`, `src_ip`, `myself`.
    case word(String)
    case value(ConfigValue)
    case not(ConfigExpression)
    case and(ConfigExpression, ConfigExpression)
    case or(ConfigExpression, ConfigExpression)
    /// Any other operator between two.
    case operation(String, ConfigExpression, ConfigExpression)

    /// Every call in it.
    public var calls: [ConfigCall] {
        switch self {
        case .call(let call): [call]
        case .variable, .word, .value: []
        case .not(let inner): inner.calls
        case .and(let left, let right), .or(let left, let right), .operation(_, let left, let right):
            left.calls + right.calls
        }
    }

    /// Whether a part of it satisfies `test`.
    public func contains(_ test: (ConfigExpression) -> Bool) -> Bool {
        if test(self) { return true }
        return switch self {
        case .call, .variable, .word, .value: false
        case .not(let inner): inner.contains(test)
        case .and(let left, let right), .or(let left, let right), .operation(_, let left, let right):
            left.contains(test) || right.contains(test)
        }
    }
}

/// One step of the routing logic.
public indirect enum ConfigStatement: Sendable {
    case expression(ConfigExpression, ConfigPlace)
    case assignment(variable: String, ConfigExpression, ConfigPlace)
    case condition(ConfigExpression, then: [ConfigStatement], otherwise: [ConfigStatement], ConfigPlace)
    case loop(ConfigExpression, [ConfigStatement], ConfigPlace)
    case choice(ConfigExpression, [ConfigCase], ConfigPlace)
    /// `exit`, `drop` and `return`: what follows is not reached.
    case leave(String, ConfigExpression?, ConfigPlace)
    case breakOut(ConfigPlace)

    public var place: ConfigPlace {
        switch self {
        case .expression(_, let place), .assignment(_, _, let place), .condition(_, _, _, let place),
            .loop(_, _, let place), .choice(_, _, let place), .leave(_, _, let place), .breakOut(let place):
            place
        }
    }

    /// Every call in it, whether it is reached or not.
    public var calls: [ConfigCall] {
        switch self {
        case .expression(let expression, _), .assignment(_, let expression, _): expression.calls
        case .condition(let test, let then, let otherwise, _): test.calls + (then + otherwise).flatMap(\.calls)
        case .loop(let test, let body, _): test.calls + body.flatMap(\.calls)
        case .choice(let subject, let cases, _):
            subject.calls + cases.flatMap { ($0.label?.calls ?? []) + $0.body.flatMap(\.calls) }
        case .leave(_, let value, _): value?.calls ?? []
        case .breakOut: []
        }
    }
}

/// One `case` of a `switch`.
public struct ConfigCase: Sendable {
    /// Nil for `default`.
    public let label: ConfigExpression?
    /// Whether the label is an expression to match, as in `case /"^1":`.
    public let isPattern: Bool
    public let body: [ConfigStatement]
}

/// A configuration, read.
public struct KamailioConfig: Sendable {
    /// The paths of all files, the first one first.
    public let files: [String]
    public var settings: [ConfigSetting] = []
    public var listeners: [ConfigListener] = []
    public var modules: [ConfigModule] = []
    public var parameters: [ConfigParameter] = []
    public var routes: [ConfigRoute] = []
    /// The names of pseudo-variables outside of strings, such as `rU` of `$(rU{s.len})`, with where each stands first.
    public var variables: [String: ConfigPlace] = [:]
    /// Names of flags with their numbers; nil where Kamailio gives the number.
    public var flags: [String: Int?] = [:]
    /// The language of `cfgengine`, when the routing logic stands in a script.
    public var engine: String?
    public var enginePlace: ConfigPlace?
    public var problems: [ConfigProblem] = []
    /// Names that are defined at the end, with their values.
    public var definitions: [String: String] = [:]
    private let contents: [[UInt8]]
    /// Where the lines of each file begin: a report may show any number of them.
    private let starts: [[UInt32]]

    init(files: [String], contents: [[UInt8]]) {
        self.files = files
        self.contents = contents
        starts = contents.map { octets in
            [0] + octets.indices.lazy.filter { octets[$0] == ASCII.lf }.map { UInt32($0 + 1) }
        }
    }

    /// A line of a file without its end and the blanks around it; nil if there is none.
    public func line(_ place: ConfigPlace, maximum: Int = 120) -> String? {
        guard contents.indices.contains(place.file), starts[place.file].indices.contains(place.line - 1) else {
            return nil
        }
        let start = Int(starts[place.file][place.line - 1])
        let line = Array(contents[place.file][start...].prefix(maximum * 4).prefix { $0 != ASCII.lf })
        let text = ConfigOctet.text(line).drop { $0 == " " || $0 == "\t" }
        let end = text.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }.map { text[...$0] } ?? ""
        return end.count > maximum ? String(end.prefix(maximum - 1)) + "…" : String(end)
    }

    /// `file:line`.
    public func words(_ place: ConfigPlace) -> String {
        "\(files.indices.contains(place.file) ? files[place.file] : "-"):\(place.line)"
    }

    /// The last value of a global setting: that one counts.
    public func setting(_ names: String...) -> ConfigSetting? { settings.last { names.contains($0.name) } }

    public func module(_ name: String) -> ConfigModule? { modules.first { $0.name == name } }

    /// The last value of a module's parameter: that one counts.
    public func parameter(_ module: String, _ name: String) -> ConfigParameter? {
        parameters.last { $0.module == module && $0.name == name }
    }
}
