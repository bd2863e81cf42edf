/// What one exchange shows of the edge proxy (RFC 5626 §5).
extension ExchangeRules {
    static let edge: [any ExchangeRule.Type] = [
        OB_EP_001.self, OB_EP_002.self, OB_EP_005.self, OB_EP_006.self, OB_EP_008.self, OB_EP_016.self, OB_EP_019.self,
        OB_EP_022.self,
    ]

    /// Why the first hop's Path cannot be judged; nil when it can.
    private static func noPath(_ x: ExchangeView) -> Judgement? {
        guard x.request.regIDText != nil else { return .skipped("the REGISTER has no reg-id") }
        // There the request itself has the Path.
        if x.vantage == .core { return nil }
        guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
        if x.exchange.firstHop == .registrar { return .skipped("the registrar itself is the first hop") }
        // The next try shows it.
        if answer.status == 401 || answer.status == 407 { return .skipped("a challenge gives no Path back") }
        guard answer.isSuccess else {
            return .unknown(.side, "only a 2xx gives the Path back, and this is \(answer.line)")
        }
        guard answer.pathIsReadable else { return .unknown(.side, "the Path of the response cannot be read") }
        return nil
    }

    /// What stands in a Path that breaks the grammar: of the request between proxies, of the 2xx before the edge.
    private static func unreadablePath(_ x: ExchangeView) -> String? {
        let message = x.vantage == .core ? x.request.message : x.success?.message
        guard let message, (try? message.nameAddrs(.path)) == nil else { return nil }
        return message.shown(.path, "Path")
    }

    /// An IPv6 address without brackets as a URI's host (RFC 3261 §25.1: IPv6reference).
    private static func hasBareIPv6(_ text: String) -> Bool {
        text.contains(/sips?:(?:[^@<>;]*@)?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*/)
    }

    enum OB_EP_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            if let answer = x.answer, answer.status == 439, x.exchange.firstHop == .edge {
                return .warn(
                    "the registrar says that the first hop keeps no flow", saw: answer.line, expected: "Path with ob",
                    "DX-REG-01")
            }
            if let text = unreadablePath(x) {
                return .fail(
                    "the Path cannot be read", saw: text, expected: "Path: <sip:token@edge;lr;ob>",
                    hasBareIPv6(text) ? "DX-TOK-08" : "DX-TOK-10")
            }
            if let reason = noPath(x) { return reason }
            if !x.path.isEmpty { return .pass("the edge added itself to Path") }
            if x.vantage == .core {
                guard x.request.viaCount > 1 else { return .skipped("no proxy stands before the registrar") }
                return .fail(
                    "the edge forwarded the REGISTER without a Path of its own",
                    saw: x.request.message.shown(.path, "Path"), expected: "Path: <sip:token@edge;lr;ob>", "DX-REG-12")
            }
            guard x.request.offersPath else { return .skipped("the client does not list path in Supported") }
            guard x.exchange.firstHop == .edge else {
                return .unknown(.configuration, "no Path came back: perhaps no edge proxy stands before the registrar")
            }
            return .warn(
                "no Path came back: the edge added none, or the registrar does not copy it", saw: "no Path",
                expected: "Path with the edge's URI", "DX-REG-12")
        }
    }

    enum OB_EP_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-002"
        static let party = Party.server

        /// Neither a token nor `received` tells the edge where a phone is whose Contact has a private address.
        private static func leadsNowhere(_ uri: SIPURI, _ x: ExchangeView) -> Bool {
            let contact = x.request.own?.uri.flatMap { IPAddress($0.host) }
            return contact?.isPrivate == true && !uri.hasParameter("received")
        }

        static func judge(_ x: ExchangeView) -> Judgement {
            if let reason = noPath(x) { return reason }
            guard let first = x.path.last else { return .skipped("there is no Path to look at") }
            if first.uri.user != nil {
                return .pass("the first hop's Path URI has a user part that can be a flow token")
            }
            let known = ["lr", "ob", "transport", "r2", "received", "maddr", "ttl", "comp", "sigcomp-id"]
            let other = first.uri.parameters.first { parameter in
                parameter.value != nil && !known.contains { ASCII.equalsIgnoringCase($0, parameter.name) }
            }
            if let other { return .pass("the flow token may be the URI parameter \(other.name)") }
            return .warn(
                "the first hop's Path URI has no place for a flow token", saw: "\(first)",
                expected: "<sip:token@edge;lr;ob>", leadsNowhere(first.uri, x) ? "DX-TOK-12" : "DX-REG-12")
        }
    }

    enum OB_EP_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-005"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            if let reason = noPath(x) { return reason }
            guard let first = x.path.last else { return .skipped("there is no Path to look at") }
            if first.uri.hasParameter("ob") { return .pass("the first hop's Path URI has ob") }
            if first.hasParameter("ob") {
                return .fail(
                    "ob stands outside the angle brackets, where it is no URI parameter", saw: "\(first)",
                    expected: "<sip:token@edge;lr;ob>")
            }
            guard x.request.offersOutbound else { return .skipped("the client does not list outbound") }
            return .fail(
                "the first hop's Path URI lacks ob", saw: "\(first)", expected: "<sip:token@edge;lr;ob>", "DX-REG-12")
        }
    }

    enum OB_EP_006: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            if let reason = noPath(x) { return reason }
            guard let first = x.path.last else { return .skipped("there is no Path to look at") }
            let later = x.path.dropLast(x.firstHopValues).filter { $0.uri.hasParameter("ob") }
            guard let wrong = later.first else {
                return first.uri.hasParameter("ob")
                    ? .pass("no other Path value than the first hop's has ob") : .skipped("no Path value has ob")
            }
            return .fail(
                "a proxy that is not the first hop added ob", saw: "\(wrong)",
                expected: "ob on the last Path value alone")
        }
    }

    enum OB_EP_008: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-008"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard !x.path.isEmpty else { return .skipped("there is no Path to look at") }
            guard let wrong = x.path.first(where: { !$0.uri.hasParameter("lr") }) else {
                return .pass("every Path URI has lr")
            }
            return .fail("a Path URI lacks lr", saw: "\(wrong)", expected: "<sip:…;lr>")
        }
    }

    enum OB_EP_016: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-016"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let route = (try? x.request.message.nameAddrs(.route))?.first, route.uri.user == nil else {
                return .skipped("the REGISTER has no Route without a token")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            // 403 is also what registrars say to a user they do not want, or to a wrong password (RFC 3261 §10.3).
            if answer.status == 403 {
                return .unknown(.configuration, "403 may refuse the user as well as the Route without a token")
            }
            guard answer.status == 430 else {
                return .pass("a Route without a token was taken off, and the request went on")
            }
            return .warn(
                "a Route without a token was refused as if its token were wrong", saw: answer.line,
                expected: "the request goes on without that Route")
        }
    }

    enum OB_EP_019: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-019"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if x.request.regIDText != nil, x.request.offersOutbound {
                return .skipped("the REGISTER asks for outbound, so 439 would be in order")
            }
            guard answer.status == 439 else { return .pass("no 439 to a REGISTER that does not ask for outbound") }
            let lacks = x.request.regIDText == nil ? "reg-id" : "outbound in Supported"
            return .fail(
                "439 to a REGISTER without \(lacks)", saw: answer.line, expected: "any other answer", "DX-REG-01")
        }
    }

    enum OB_EP_022: ExchangeRule {
        static let requirement: Requirement.ID = "OB-EP-022"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.vantage != .core, x.exchange.firstHop != .registrar else {
                return .skipped("no edge proxy stands between the two sides of this exchange")
            }
            guard x.request.asksForOutbound, let success = x.success else {
                return .skipped("no outbound registration was made")
            }
            guard success.grantsOutbound, success.path.last?.uri.hasParameter("ob") == true,
                success.own?.regID != nil, success.own?.instance != nil
            else { return .unknown(.half, "what the edge passed on shows only behind it") }
            return .pass("reg-id, instance and the option tag reached the registrar, Require and Path came back")
        }
    }
}
