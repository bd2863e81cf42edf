/// Names that stand for nothing. What is defined was replaced before, so that a bare word is either one of the core's own or
/// what Kamailio's grammar refuses: a name whose `#!define` is missing, or text without its quotes.
extension ConfigParser {
    /// What the core compares, and which words may stand on the other side.
    private static let subjects: [String: Set<String>?] = {
        let transports: Set = ["udp", "tcp", "tls", "sctp", "ws", "wss", "UDP", "TCP", "TLS", "SCTP", "WS", "WSS"]
        let families: Set = ["inet", "inet6", "INET", "INET6"]
        var subjects: [String: Set<String>?] = [:]
        // A method, a host: any word.
        for name in ["method", "src_ip", "dst_ip", "snd_ip", "to_ip", "myself"] { subjects[name] = .some(nil) }
        for name in ["proto", "snd_proto", "to_proto"] { subjects[name] = transports }
        for name in ["af", "snd_af", "to_af"] { subjects[name] = families }
        for name in [
            "uri", "status", "from_uri", "to_uri", "src_port", "dst_port", "snd_port", "to_port", "max_len",
        ] {
            subjects[name] = []
        }
        return subjects
    }()

    /// Beside these an address stands without quotes, and nowhere else.
    private static let addresses: Set = ["src_ip", "dst_ip", "snd_ip", "to_ip"]

    /// Functions that take a name: of a host, a route, a flag.
    private static let namesTakers: Set = [
        "forward", "forward_tcp", "forward_udp", "forward_tls", "forward_sctp", "force_send_socket",
        "set_advertised_address", "route", "routes", "setflag", "resetflag", "isflagset", "setavpflag", "resetavpflag",
        "isavpflagset",
    ]

    mutating func checkNames(of call: ConfigCall) {
        if call.name == "route", case .words(let name)? = call.arguments.first, let first = name.utf8.first,
            ConfigOctet.isNameStart(first), let sign = name.first(where: { "-.".contains($0) }),
            name.utf8.allSatisfy({ ConfigOctet.isName($0) || [ASCII.dot, UInt8(ascii: "-")].contains($0) })
        {
            objectToName(name, "\(sign)", at: call.place)
        }
        guard !Self.namesTakers.contains(call.name) else { return }
        if call.name == "udp_mtu_try_proto" {
            let isWord =
                if case .words(let text)? = call.arguments.first { Self.mtuProtocols.contains(text) } else { false }
            if !isWord || call.arguments.count != 1 {
                object(.undefined("udp_mtu_try_proto() takes udp, tcp, tls or sctp, without quotes"), at: call.place)
            }
            return
        }
        for argument in call.arguments { checkName(argument, at: call.place) }
    }

    private static let mtuProtocols: Set = ["udp", "tcp", "tls", "sctp", "UDP", "TCP", "TLS", "SCTP"]

    /// Functions of the core that rewrite the request's URI, with a string as their only argument, and with a number.
    private static let stringTakers: Set = [
        "rewritehost", "sethost", "seth", "rewritehostport", "sethostport", "sethp", "rewritehostporttrans",
        "sethostporttrans", "sethpt", "rewriteport", "setport", "setp", "rewriteuser", "setuser", "setu",
        "rewriteuserpass", "setuserpass", "setup", "rewriteuri", "seturi", "prefix",
    ]
    private static let numberTakers: Set = ["strip", "strip_tail"]

    /// Their arguments are no expressions: Kamailio's grammar takes what they are made for, and nothing that stands for it.
    mutating func checkArgument(of call: ConfigCall) {
        let takesString = Self.stringTakers.contains(call.name)
        guard takesString || Self.numberTakers.contains(call.name) else { return }
        if call.arguments.count == 1 {
            switch call.arguments[0] {
            case .string where takesString: return
            case .integer(let number) where !takesString && number >= 0: return
            // What a bare word should have been is said of it, and so of a number that is none.
            case .words(let text) where !text.isEmpty && text.utf8.allSatisfy(ConfigOctet.isName): return
            default: break
            }
        }
        let what = takesString ? "one string, in quotes" : "one number, without quotes"
        object(.refused("\(call.name)() takes \(what)"), at: call.place)
    }

    /// A value that is a bare word.
    mutating func checkName(_ value: ConfigValue, at place: ConfigPlace) {
        guard case .words(let text) = value else { return }
        checkName(text, at: place)
    }

    /// What stands where a value is wanted.
    mutating func checkNames(in expression: ConfigExpression?, at place: ConfigPlace) {
        switch expression {
        case .word(let text): checkName(text, at: place)
        case .not(let inner): checkNames(in: inner, at: place)
        case .and(let left, let right), .or(let left, let right):
            checkNames(in: left, at: place)
            checkNames(in: right, at: place)
        // if (!uri == myself) is common: Kamailio negates the comparison.
        case .operation(_, .word(let left), .word(let right)), .operation(_, .not(.word(let left)), .word(let right)):
            checkName(left, at: place)
            if let words = Self.subjects[left] {
                if words?.contains(right) != false { return }
            }
            checkName(right, at: place)
        case .operation(_, .word(let left), .value), .operation(_, .not(.word(let left)), .value):
            if Self.addresses.contains(left) { return }
            guard case .operation(_, _, let right) = expression else { return }
            checkName(left, at: place)
            checkNames(in: right, at: place)
        case .operation(_, let left, .word("myself")):
            checkNames(in: left, at: place)
            guard refusedNames.insert("myself").inserted else { return }
            object(.refused("myself beside a variable, where only uri, src_ip and their likes may stand"), at: place)
        case .operation(_, let left, let right):
            checkNames(in: left, at: place)
            checkNames(in: right, at: place)
        case .value(.words(let text)) where text.utf8.first.map(ASCII.isDigit) == true && text.contains("."):
            guard refusedNames.insert(text).inserted else { return }
            object(.undefined("'\(text.prefix(40))' is not in quotes"), at: place)
        // A call was looked at where it was read.
        case .call, .variable, .value, nil: break
        }
    }

    /// A name with points, such as that of a host: Kamailio's grammar has these in few places, and quotes elsewhere.
    private static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 && text.utf8.first.map(ConfigOctet.isNameStart) == true
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(ConfigOctet.isName) }
    }

    private mutating func checkName(_ text: String, at place: ConfigPlace) {
        guard ConfigOctet.isName(text) || Self.isHost(text), Self.subjects[text] == nil,
            !CoreSettings.switchWords.contains(text),
            refusedNames.insert(text).inserted
        else { return }
        let isNothing = text.lowercased() == "null"
        object(
            .undefined(
                "'\(text.prefix(40))' is neither defined nor in quotes"
                    + (isNothing ? " (nothing is $null)" : "")),
            at: place)
    }
}
